/* SPDX-License-Identifier: MIT */
/*
 * Decides whether all threads of a process can have one thread's filters, and gives them those. All or nothing: who
 * asks has looked at all before any is changed, and nobody runs in between, since nothing is resumed.
 *
 * NO_NEW_PRIVS is the kernel's, which gives it to nobody but the thread that asks. So the others owe it: before the
 * next call of theirs is made, they ask (emulate.c).
 */
#include <tracer/seccomp/seccomp.h>

pid_t fst_sync_obstacle(const struct fst_confined *caller, const struct fst_member *members, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct fst_confined *thread = members[i].thread;

		if (thread->mode == FST_MODE_STRICT || !fst_filter_is_ancestor(thread->newest, caller->newest))
			return members[i].tid;
	}
	return 0;
}

void fst_sync_apply(const struct fst_confined *caller, const struct fst_member *members, size_t count,
		    bool no_new_privs)
{
	for (size_t i = 0; i < count; i++) {
		struct fst_confined *thread = members[i].thread;
		bool owes = thread->owes_no_new_privs || (no_new_privs && !members[i].has_no_new_privs);

		fst_confined_copy(thread, caller);
		thread->owes_no_new_privs = owes;
	}
}
