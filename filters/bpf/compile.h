/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_COMPILE_H
#define FST_FILTERS_COMPILE_H

/* What a session needs beyond flagstop_policy_compile. */

#include <filters/policy/policy.h>

/*
 * A poison number is one that no call has. When the tracer decides a kill or a trap, it changes the stopped call's
 * number to one of these and lets go: the kernel looks a second time (since 4.8) and carries it out itself, so that
 * status, core flag, and the forcing of a blocked SIGSYS are its own (EXPERIMENTS: poison numbers).
 */
enum fst_poison {
	FST_POISON_KILL_PROCESS,
	FST_POISON_KILL_THREAD,
	FST_POISON_TRAP,
	FST_POISON_COUNT,
};

struct fst_session_keys {
	/*
	 * seccomp() and execve() with these values in args[4] and args[5], which neither reads, are allowed by every
	 * program: the child installs the rest of the stack and executes the program, whatever the policy says of
	 * these calls. Random, known to nobody, gone with the child's old memory and registers after the exec.
	 */
	uint64_t secret[2];
	/*
	 * The same for the shmat() that brings the window into a process (filters/bpf/window.h); zeros: none. A sibling
	 * may read it in /proc/TID/syscall: the window's program sees to it that nothing else comes of it.
	 */
	uint64_t window_secret[2];
	/* The same of other ABIs (bits) that map it in 32-bit address spaces, whose registers are as narrow. */
	unsigned narrow_abis;
	uint64_t narrow_secret[2];
	bool parks;      /* and for the shmdt() that takes a segment away again (tracer/park.h) */
	uint32_t poison; /* the first of FST_POISON_COUNT numbers; 0: none */
};

/* How a program says a verdict that the kernel carries out by itself; what is no action of ours must not pass. */
uint32_t fst_compile_action(struct flagstop_verdict verdict);

/* `keys` may be NULL. The poison numbers are in the program of the guards, the last layer. */
int fst_compile(const struct flagstop_policy *policy, const struct flagstop_compile_options *options,
		const struct fst_session_keys *keys, struct flagstop_programs **ret_programs,
		struct flagstop_error *reterr_error);

/* Lists of programs from elsewhere. _new: NULL without memory. _add copies a program that was checked; 0 or -ENOMEM. */
struct flagstop_programs *fst_programs_new(void);
int fst_programs_add(struct flagstop_programs *programs, const struct flagstop_insn *insns, size_t count);

#endif
