/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_WORKERS_H
#define FST_TRACER_WORKERS_H

/*
 * More tracers than one, each a process that owns its tracees and shares nothing: the kernel ties a tracee to the
 * thread that traces it, and one is all that several hot tracees on several CPUs can wait for.
 *
 *     tracer ──┬── fork, before the program ──► worker 1 …      policy, keys and page are copies
 *              ├── control: offers, and who was parked ──►      a process goes over once, at a flagged call (park.h),
 *              └── report ◄── what it counted                   when it and others are hot; its children stay with it
 *
 * The program itself stays, so that its status and the signals for it need no messenger. Whichever of the tracers
 * dies, all die: workers by a parent-death signal, the tracer when it reaps one, and what they trace by EXITKILL; what
 * is parked at that moment by the code that it runs.
 *
 * Not where a session has more than counts to keep: questions, rules on memory, layers of `on exec`, emulated filters.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <flagstop/program.h>

#define FST_WORKERS_MAX 7 /* beside the tracer */

/*
 * Rules for the guards' layer: flagged, and allowed. Whoever has memory in common with a process that it does not wait
 * for could take the page away from it.
 */
#define FST_WORKERS_GUARDS \
	"trace clone when flags & CLONE_VM and not flags & CLONE_VFORK and not flags & CLONE_THREAD\n"

struct flagstop_policy;
struct flagstop_programs;
struct fst_tracer;
struct fst_tracee;
struct fst_workers;

/*
 * Before the policy is guarded and the program is there. Returns in each worker, too. Where it cannot be, there are
 * none.
 */
void fst_workers_start(struct fst_tracer *tracer, const struct flagstop_policy *policy);
bool fst_workers_is_one(const struct fst_tracer *tracer);
/* Adds their pids to those that no call may be aimed at. Returns how many; of FST_WORKERS_MAX. */
size_t fst_workers_pids(const struct fst_tracer *tracer, int *pids);
/* Adds the program that they need; once all others are there. 0 or -ENOMEM. */
int fst_workers_add_program(struct fst_tracer *tracer, struct flagstop_programs *programs);
/* The descriptors that are to stay open; of 2 × FST_WORKERS_MAX. */
size_t fst_workers_fds(const struct fst_tracer *tracer, int *fds);

/* A call that the guards wanted to be seen. */
void fst_workers_call(struct fst_tracer *tracer, const struct flagstop_data *call);

/* At a seccomp stop. True: the tracee is somebody else's now, or was resumed, or is gone. */
bool fst_workers_deal_with(struct fst_tracer *tracer, struct fst_tracee *tracee);

/* ---- the tracer's end of things --------------------------------------------------------------------------------- */

/* Descriptors that can be read when a worker reports; of FST_WORKERS_MAX. */
size_t fst_workers_reports(const struct fst_tracer *tracer, int *fds);
/* Takes what they reported so far. */
void fst_workers_collect(struct fst_tracer *tracer);
/* Whether it was one of them whose status that is. */
bool fst_workers_reaped(struct fst_tracer *tracer, pid_t tid, int status);
/* Nobody is traced here any more. True: others may be. */
bool fst_workers_go_on(struct fst_tracer *tracer);

/* ---- a worker's ------------------------------------------------------------------------------------------------- */

/* Once the policy is guarded: where messages come from. */
int fst_workers_control(const struct fst_tracer *tracer);
/* Takes what there is to be read. */
void fst_workers_receive(struct fst_tracer *tracer);
void fst_workers_report(struct fst_tracer *tracer);

#endif
