/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_CALL_H
#define FST_TRACER_CALL_H

/*
 * Changes to the call that a tracee is stopped at, by what they mean; arch/layout.h knows how they are made. All
 * return 0 (or what is said) or a negative errno; -ESRCH as ptrace.h has it.
 */

#include <tracer/ptrace.h>

/* What can be set right only once the call is over. */
struct fst_call_rest {
	bool has_result, has_number;
	int64_t result;
	uint32_t nr;
};

/*
 * The call is not made, and gives this result (errors are negative). 1: something is left to be done at the exit
 * stop: resume with fst_ptrace_resume_to_syscall, and call fst_call_finish there, the tracee's next stop if it
 * lives. *ret_rest is written with 1.
 *
 * A filter is asked again about number -1 where the stop is a syscall-entry-stop, or the ABI has no -1 (s390x).
 */
int fst_call_skip(pid_t tid, enum fst_call_place place, int64_t result, struct fst_call_rest *ret_rest);

/* Another call is made, with the same arguments. The filters are asked about it (since 4.8). 0 or 1, as above. */
int fst_call_renumber(pid_t tid, uint32_t nr, struct fst_call_rest *ret_rest);

/* At a stop before the call: the registers, with the first argument where the call's instruction found it. */
int fst_call_registers(pid_t tid, struct fst_registers *ret_registers);

/*
 * At an exit stop: puts the registers of that call's entry back, and has the call made again, as after a signal.
 * -EOPNOTSUPP where that cannot be. fst_call_has_again tells, at a stop before a call, whether another one can be made
 * in its place and then this one: 0 or that.
 */
int fst_call_again(pid_t tid, const struct fst_registers *at_entry);
int fst_call_has_again(pid_t tid);

/* It becomes that one of its ABI, with the first `count` arguments; all registers are to be put back at its exit. */
int fst_call_become(pid_t tid, const struct flagstop_data *call, const char *name, const uint64_t args[6],
		    unsigned count);

/*
 * Changes the arguments whose bits are set. -EOPNOTSUPP where that cannot be: then nothing was changed. The
 * tracee finds the new values in its registers after the call, unless they are put back at the exit stop.
 */
int fst_call_set_arguments(pid_t tid, unsigned bits, const uint64_t args[6]);

/* The same of a call by any gate; *ret_before is what fst_call_put_back puts back, at any later stop. */
struct fst_call_before {
	unsigned bits; /* 0: nothing */
	const struct fst_layout *layout;
	uint64_t args[6];
};
int fst_call_replace_arguments(pid_t tid, const struct flagstop_data *call, unsigned bits, const uint64_t args[6],
			       struct fst_call_before *ret_before);
int fst_call_put_back(pid_t tid, const struct fst_call_before *before);

/* Whether argument n can be changed at this stop: 0 or -EOPNOTSUPP. Changes nothing. */
int fst_call_can_set_argument(pid_t tid, unsigned n);

/* At an exit stop. */
int fst_call_finish(pid_t tid, const struct fst_call_rest *rest);
int fst_call_set_result(pid_t tid, int64_t result);
int fst_call_result(pid_t tid, int64_t *ret_result);

#endif
