/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_EMULATE_H
#define FST_TRACER_EMULATE_H

/*
 * Being seccomp(2) for tracees whose every call stops. What a program installs narrows what the policy allows, as a
 * filter that came later would: of both verdicts the stricter counts, the program's among equals.
 */

#include <tracer/seccomp/seccomp.h>

struct fst_tracer;
struct fst_tracee;
struct fst_judged;
struct fst_registers;

/* A session's; NULL where the kernel's own is used. */
struct fst_emulation {
	struct fst_filters *filters;
	int seccomp, prctl, births[4]; /* indices of calls */
	/* Threads that are in a call which may have made a child that nobody was told of yet. */
	unsigned bearing;
	/* What those had that ended in it. Their children wait until nobody else can be the parent. */
	struct fst_confined lost;
	bool has_lost, lost_differ;
};

/* A tracee's, zero at first. */
struct fst_emulated {
	struct fst_confined confined;
	bool bears;
	struct fst_registers *repaying; /* as they were at the call that is put off; NULL: none is */
};

struct fst_emulation *fst_emulation_new(void *parent);

/* Before a call is made. True: the thread's own mode decides, and its verdict replaces that of `judged`. */
bool fst_emulation_judge(const struct fst_tracer *tracer, const struct fst_tracee *tracee, struct fst_judged *judged);
/* Carries such a verdict out. */
void fst_emulation_carry_out(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct fst_judged *judged);
/* A call that is allowed, and not answered here: one that makes a child may be told of later than the child is seen. */
void fst_emulation_lets_go(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct flagstop_data *call);
/* Of a call that is allowed. True: it is not for the kernel, and has that result. */
bool fst_emulation_answer(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct flagstop_data *call,
			  int64_t *ret_result);

/* NO_NEW_PRIVS that is owed: before a call is made, which becomes another one; true: that goes on now. */
bool fst_emulation_repays(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct flagstop_data *call);
/* At the exit stop of that: the call that was put off is made. */
void fst_emulation_repaid(struct fst_tracer *tracer, struct fst_tracee *tracee);

/* The call that it was in is over, or told of its child. */
void fst_emulation_bore(struct fst_tracer *tracer, struct fst_tracee *tracee);
/* At the exec stop; `former`: the thread that executed, where that had another tid. False: it is killed. */
bool fst_emulation_executed(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct fst_tracee *former);
/* It is gone, but still to be found. */
void fst_emulation_ended(struct fst_tracer *tracer, struct fst_tracee *tracee);
/* Those that wait for their parents' event get what those had, once nobody lives who could tell of them. */
void fst_emulation_settle(struct fst_tracer *tracer);

#endif
