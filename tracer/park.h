/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_PARK_H
#define FST_TRACER_PARK_H

/*
 * A process goes from one tracer to another. The kernel has no way to hand it over: in between it is traced by nobody,
 * its flagged calls would fail with ENOSYS, and it would outlive us. So it must run no instruction of its own then.
 *
 *     giver   at a flagged call: shmat() of a page of ours in its place; all signals blocked; pc to a loop in that
 *             page; PTRACE_DETACH
 *     tracee  goes round. If nobody comes, its loop ends in a call that its filters kill it for (arch/park.h)
 *     taker   PTRACE_SEIZE, PTRACE_INTERRUPT; the call again, and at its stop shmdt() in its place; signals as they
 *             were; the call again, which is judged as any other
 *
 * Nothing of the page is the tracee's: it is mapped for reading and executing only, by register arguments that hold a
 * secret (filters/bpf/window.h), and a process with one thread has nobody to take it away. Where it cannot be mapped
 * the process stays where it is; whatever fails later kills it.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <filters/bpf/compile.h>
#include <filters/bpf/window.h>
#include <tracer/ptrace.h>

struct fst_park; /* a session's page */

struct fst_parked {
	pid_t tid;
	uint64_t address; /* of the page, in it */
	uint64_t mask;    /* its signals */
	struct fst_registers own;
};

/* On `parent`. `keys`: with a window_secret. -ENOSYS where this architecture or kernel has nothing to park on. */
int fst_park_new(void *parent, const struct fst_session_keys *keys, struct fst_park **ret_park);
/* Of the program that keeps tracees from the page. */
void fst_park_plan(const struct fst_park *park, struct fst_window_plan *ret_plan);

/* Whether the process may be handed over at this call, a seccomp stop: `filters` are all that it may carry. */
bool fst_park_may(const struct fst_park *park, pid_t tid, const struct fst_call_stop *call, unsigned filters);
/* Whether we might trace it, were it not another's. */
bool fst_park_may_take(int pidfd);

enum fst_park_end {
	FST_PARK_DONE,
	FST_PARK_NOT,     /* it cannot be; it was resumed, and makes its call again */
	FST_PARK_STOPPED, /* it came to another stop, or its end: *ret_status is still to be dealt with */
	FST_PARK_GONE,    /* killed, or it will be told */
};

/* The giver's part. */
enum fst_park_end fst_park_give(const struct fst_park *park, pid_t tid, struct fst_parked *ret_parked, int *ret_status);
/*
 * The taker's, `wanted` as fst_ptrace_seize has it. DONE: it is traced, resumed, and its next seccomp stop is for
 * fst_park_leave. Otherwise it is gone, and that was nobody of ours if its pidfd says so.
 */
enum fst_park_end fst_park_take(const struct fst_park *park, const struct fst_parked *parked, int pidfd,
				unsigned wanted);
/* DONE: all is as it was, and it makes its call again. */
enum fst_park_end fst_park_leave(const struct fst_park *park, const struct fst_parked *parked, int *ret_status);

#endif
