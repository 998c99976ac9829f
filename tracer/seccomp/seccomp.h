/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_SECCOMP_H
#define FST_TRACER_SECCOMP_H

/*
 * seccomp(2) for programs that confine themselves where the kernel's own is not used: in the `ptrace` backend. What is
 * mirrored is kernel/seccomp.c of 6.18, as of a kernel without user notification.
 *
 *     tree.c     the filters, and what a thread's say to a call
 *     calls.c    seccomp(2) and prctl(2): the checks, in the kernel's order
 *     tsync.c    one filter for all threads of a process
 *     emulate.c  what these need of a stopped thread; the only one here that knows tracees
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <flagstop/policy.h>
#include <flagstop/program.h>

/* ---- filters ----------------------------------------------------------------------------------------------------- */

/*
 * A session's. Beyond that many bytes of filters no more are taken (-ENOMEM): where each thread has its own, a thread's
 * limit bounds nothing.
 */
#define FST_FILTERS_MAX_BYTES (64u << 20)
struct fst_filters {
	size_t count, bytes; /* that are alive */
};

/* One of a tree that grows towards its leaves: each was added to what a thread had then. Counted references. */
struct fst_filter;

/* What linux/seccomp.h calls SECCOMP_MODE_*. */
enum fst_mode {
	FST_MODE_NONE,
	FST_MODE_STRICT,
	FST_MODE_FILTER,
};

struct fst_confined {
	enum fst_mode mode;
	bool owes_no_new_privs;    /* another thread's TSYNC gave it that, and the kernel was not told yet */
	struct fst_filter *newest; /* holds a reference */
};

/* Has one reference, the caller's. 0; -EINVAL as the kernel refuses a program; -ENOMEM. */
int fst_filter_new(struct fst_filters *filters, const struct flagstop_insn *insns, size_t count,
		   struct fst_filter **ret_filter);
void fst_filter_release(struct fst_filter *filter); /* takes NULL */
/* Whether it may come on top of what the thread has (MAX_INSNS_PER_PATH). */
bool fst_filter_fits(const struct fst_filter *filter, const struct fst_confined *thread);
/* No filter is everybody's ancestor, and each is its own. */
bool fst_filter_is_ancestor(const struct fst_filter *filter, const struct fst_filter *of);
/* Gives the caller's reference to the thread. */
void fst_filter_attach(struct fst_filter *filter, struct fst_confined *thread);

void fst_confined_copy(struct fst_confined *to, const struct fst_confined *from);
void fst_confined_release(struct fst_confined *thread);
bool fst_confined_equal(const struct fst_confined *a, const struct fst_confined *b);

/*
 * What its mode says to a call; the strictest of all filters, the newest among equals. A verdict, and the action's rank
 * among those of a policy: TRACE and USER_NOTIF, which nobody hears, deny with ENOSYS but outrank no denial. In strict
 * mode, KILL_THREAD means SIGKILL. ALLOW: nothing is said against it.
 */
struct fst_said {
	struct flagstop_verdict verdict;
	enum flagstop_action outranks; /* and all that is weaker */
};
struct fst_said fst_confined_say(const struct fst_confined *thread, const struct flagstop_data *call);

/* ---- TSYNC ------------------------------------------------------------------------------------------------------- */

/* Another thread of the caller's process. */
struct fst_member {
	pid_t tid; /* as the caller would see it */
	struct fst_confined *thread;
	bool has_no_new_privs;
};

/* The first one that cannot be given what the caller has and gets, or 0. */
pid_t fst_sync_obstacle(const struct fst_confined *caller, const struct fst_member *members, size_t count);
/* Nothing fails here. */
void fst_sync_apply(const struct fst_confined *caller, const struct fst_member *members, size_t count,
		    bool no_new_privs);

/* ---- calls ------------------------------------------------------------------------------------------------------- */

/* What calls ask of the world; `context` is handed to each. */
struct fst_world {
	void *context;
	struct fst_filters *filters;
	bool is_narrow; /* 32-bit pointers in the caller's structures */
	bool can_owe;   /* NO_NEW_PRIVS can be given to other threads */
	/* All bytes or a negative errno. */
	int (*copy)(void *context, uint64_t address, void *to, size_t bytes);
	/* NO_NEW_PRIVS, and whether it may add filters without: 0 or a negative errno. */
	int (*privileges)(void *context, bool *ret_no_new_privs, bool *ret_admin);
	/* The other threads; what it points to lives until the call is answered. */
	int (*members)(void *context, struct fst_member **ret_members, size_t *ret_count);
};

/* Each as the kernel: 0, a positive result or a negative errno, and the thread changed when it is not negative. */
int64_t fst_seccomp_call(const struct fst_world *world, struct fst_confined *thread, const uint64_t args[6]);
/* Of prctl(2), two operations; false: it is another one, and the kernel's. */
bool fst_seccomp_prctl(const struct fst_world *world, struct fst_confined *thread, const uint64_t args[6],
		       int64_t *ret_result);

#endif
