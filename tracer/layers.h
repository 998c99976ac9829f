/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_LAYERS_H
#define FST_TRACER_LAYERS_H

/*
 * Which layers of `on exec` are in force for whom: a thread has those of the thread that made it, and what each exec
 * adds. The same of filters that a program gave itself where seccomp is emulated (seccomp/emulate.h).
 *
 * The parent's event and the child's first stop come in any order (ptrace(2)), and only the event tells who the parent
 * is. So where there is such a thing, a child that stops first waits for its parent's event. Nothing of this is
 * done for other sessions.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct fst_tracer;
struct fst_tracee;
struct fst_confined;

struct fst_layers_thread {
	uint32_t in_force;
	bool known;   /* whose child it is was told, or it is the program */
	bool waiting; /* it stands at its first stop */
	bool untold;  /* it did not wait, and its parent's event is still to come */
};

/* For judging what it does: all, as long as nobody knows. */
uint32_t fst_layers_of(const struct fst_tracee *tracee);
/* A child's event, at its parent's stop. */
void fst_layers_told(struct fst_tracer *tracer, struct fst_tracee *parent);
/* A stop that means nothing by itself, as the first is. False: it has to wait, and must not be resumed. */
bool fst_layers_may_go_on(struct fst_tracer *tracer, struct fst_tracee *tracee);
/* What a child will have that was told of and has not come yet; NULL: there is none of that tid. */
struct fst_confined *fst_layers_expected(struct fst_tracer *tracer, pid_t tid);
/* Gives that, and all layers, to all that wait for a parent's event; NULL: they are killed. */
void fst_layers_adopt(struct fst_tracer *tracer, const struct fst_confined *confined);
/* At the exec stop. */
void fst_layers_executed(struct fst_tracer *tracer, struct fst_tracee *tracee);
/* At any thread's end, `killed` by a signal. */
void fst_layers_ended(struct fst_tracer *tracer, pid_t tid, bool killed);

#endif
