/* SPDX-License-Identifier: MIT */
/*
 * seccomp(2) and the two operations of prctl(2): which errno in which order, as kernel/seccomp.c (6.18) has them, and
 * what the thread carries afterwards. Of user notification it knows nothing, like a kernel before 5.0. Reads memory
 * through who asks, and copies once: what is checked is what is installed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include <linux/seccomp.h>
#include <talloc.h>

#include <tracer/seccomp/seccomp.h>

/* Not in every C library's headers: linux/seccomp.h 5.7. */
#define TSYNC_ESRCH (1u << 4)
#define FLAGS_KNOWN \
	(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW | TSYNC_ESRCH)

/* struct sock_fprog, in both widths. */
struct program {
	uint16_t count;
	uint64_t insns;
};

static int copy_head(const struct fst_world *world, uint64_t address, struct program *ret_program)
{
	unsigned char bytes[16] = { 0 };
	size_t word = world->is_narrow ? 4 : 8;
	uint32_t narrow;
	int r = world->copy(world->context, address, bytes, 2 * word);

	if (r)
		return r;
	memcpy(&ret_program->count, bytes, sizeof(ret_program->count));
	memcpy(&narrow, bytes + 4, sizeof(narrow));
	memcpy(&ret_program->insns, bytes + 8, sizeof(ret_program->insns));
	if (world->is_narrow)
		ret_program->insns = narrow;
	return 0;
}

static int copy_filter(const struct fst_world *world, const struct program *program, struct fst_filter **ret_filter)
{
	size_t bytes = program->count * sizeof(struct flagstop_insn);
	struct flagstop_insn *insns = talloc_size(world->filters, bytes);
	int r = insns ? world->copy(world->context, program->insns, insns, bytes) : -ENOMEM;

	if (!r)
		r = fst_filter_new(world->filters, insns, program->count, ret_filter);
	talloc_free(insns);
	return r;
}

/* Everything that can be told without regard to what the thread has already. */
static int prepare(const struct fst_world *world, uint64_t address, bool *ret_no_new_privs,
		   struct fst_filter **ret_filter)
{
	struct program program;
	bool admin;
	int r = copy_head(world, address, &program);

	if (r)
		return r;
	if (!program.count || program.count > FLAGSTOP_PROGRAM_MAX_INSNS)
		return -EINVAL;
	r = world->privileges(world->context, ret_no_new_privs, &admin);
	if (r)
		return r;
	if (!*ret_no_new_privs && !admin)
		return -EACCES;
	if (!program.insns)
		return -EINVAL;
	return copy_filter(world, &program, ret_filter);
}

static int64_t attach_to_all(const struct fst_world *world, struct fst_confined *thread, struct fst_filter *filter,
			     uint32_t flags, bool no_new_privs)
{
	struct fst_member *members;
	size_t count;
	int r = world->members(world->context, &members, &count);

	if (r)
		return r;
	for (size_t i = 0; i < count && no_new_privs && !world->can_owe; i++)
		if (!members[i].has_no_new_privs)
			return -EINVAL; /* as where TSYNC is not known */
	pid_t obstacle = fst_sync_obstacle(thread, members, count);
	if (obstacle)
		return flags & TSYNC_ESRCH ? -ESRCH : obstacle;
	fst_filter_attach(filter, thread);
	fst_sync_apply(thread, members, count, no_new_privs);
	return 0;
}

static int64_t attach(const struct fst_world *world, struct fst_confined *thread, struct fst_filter *filter,
		      uint32_t flags, bool no_new_privs)
{
	if (thread->mode == FST_MODE_STRICT)
		return -EINVAL;
	if (!fst_filter_fits(filter, thread))
		return -ENOMEM;
	if (flags & SECCOMP_FILTER_FLAG_TSYNC)
		return attach_to_all(world, thread, filter, flags, no_new_privs);
	fst_filter_attach(filter, thread);
	return 0;
}

static int64_t set_filter(const struct fst_world *world, struct fst_confined *thread, uint32_t flags,
			  uint64_t address)
{
	struct fst_filter *filter;
	bool no_new_privs;

	if (flags & ~FLAGS_KNOWN)
		return -EINVAL;
	int r = prepare(world, address, &no_new_privs, &filter);
	if (r)
		return r;
	int64_t result = attach(world, thread, filter, flags, no_new_privs);
	if (result)
		fst_filter_release(filter);
	return result;
}

static int set_strict(struct fst_confined *thread)
{
	if (thread->mode == FST_MODE_FILTER)
		return -EINVAL;
	thread->mode = FST_MODE_STRICT;
	return 0;
}

static int is_available(const struct fst_world *world, uint64_t address)
{
	static const uint32_t known[] = {
		SECCOMP_RET_KILL_PROCESS,
		SECCOMP_RET_KILL_THREAD,
		SECCOMP_RET_TRAP,
		SECCOMP_RET_ERRNO,
		SECCOMP_RET_TRACE,
		SECCOMP_RET_LOG,
		SECCOMP_RET_ALLOW,
	};
	uint32_t action;
	int r = world->copy(world->context, address, &action, sizeof(action));

	if (r)
		return r;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (action == known[i])
			return 0;
	return -EOPNOTSUPP;
}

int64_t fst_seccomp_call(const struct fst_world *world, struct fst_confined *thread, const uint64_t args[6])
{
	uint32_t operation = (uint32_t)args[0], flags = (uint32_t)args[1];

	switch (operation) {
	case SECCOMP_SET_MODE_STRICT:
		return flags || args[2] ? -EINVAL : set_strict(thread);
	case SECCOMP_SET_MODE_FILTER:
		return set_filter(world, thread, flags, args[2]);
	case SECCOMP_GET_ACTION_AVAIL:
		return flags ? -EINVAL : is_available(world, args[2]);
	default: /* GET_NOTIF_SIZES (5.0) among them */
		return -EINVAL;
	}
}

bool fst_seccomp_prctl(const struct fst_world *world, struct fst_confined *thread, const uint64_t args[6],
		       int64_t *ret_result)
{
	uint32_t operation = (uint32_t)args[0];

	if (operation == PR_GET_SECCOMP)
		*ret_result = thread->mode;
	else if (operation == PR_SET_SECCOMP && args[1] == SECCOMP_MODE_STRICT)
		*ret_result = set_strict(thread);
	else if (operation == PR_SET_SECCOMP && args[1] == SECCOMP_MODE_FILTER)
		*ret_result = set_filter(world, thread, 0, args[2]);
	else if (operation == PR_SET_SECCOMP)
		*ret_result = -EINVAL;
	return operation == PR_GET_SECCOMP || operation == PR_SET_SECCOMP;
}
