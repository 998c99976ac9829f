/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_PTRACE_H
#define FST_TRACER_PTRACE_H

/*
 * Every ptrace(2) request that flagstop makes, typed. All return 0 or a negative errno; -ESRCH means that the tracee is
 * gone (or was killed while it was stopped), which is normal and never a reason to let anything through.
 */

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#include <arch/layout.h>
#include <flagstop/program.h>

/* Newer than the C library's headers may be: linux/ptrace.h. */
enum fst_stop_kind {
	FST_STOP_SIGNAL, /* signal-delivery-stop */
	FST_STOP_GROUP,  /* group-stop: job control */
	FST_STOP_EVENT,  /* PTRACE_EVENT_STOP that is none: a new child's first, or after a LISTEN */
	FST_STOP_CHILD,  /* fork, vfork, clone: the parent's stop; the child has one of its own */
	FST_STOP_EXEC,
	FST_STOP_EXIT,
	FST_STOP_SECCOMP,
	FST_STOP_SYSCALL, /* on entry to a call, or on exit; the status does not tell which */
	FST_STOP_OTHER,   /* one that we did not ask for */
};

/* A wait status, decoded once. */
struct fst_stop {
	enum fst_stop_kind kind;
	int signal; /* of signal-delivery-stops and group-stops */
};
struct fst_stop fst_stop_decode(int status);

/* Stops that are asked for beside those that every session needs. */
enum fst_wanted_stops {
	FST_WANT_EXITS = 1,
	FST_WANT_FLAGGED = 2, /* SECCOMP_RET_TRACE */
};
int fst_ptrace_seize(pid_t tid, unsigned wanted);

int fst_ptrace_resume(pid_t tid, int signal);
/* Up to the next syscall-stop: the next entry to a call, or the exit from this one. */
int fst_ptrace_resume_to_syscall(pid_t tid, int signal);
/* Up to the next entry to a call, which is then not carried out. */
int fst_ptrace_resume_to_skipped_call(pid_t tid, int signal);
int fst_ptrace_listen(pid_t tid);
int fst_ptrace_message(pid_t tid, unsigned long *ret_message);

/* The call that a tracee was stopped at (not at its exit), and RET_DATA of the filter that asked for the stop. */
struct fst_call_stop {
	struct flagstop_data data;
	uint32_t ret_data;
	enum fst_call_place place; /* 0: at no call */
	uint64_t sp;
};
/* PTRACE_GET_SYSCALL_INFO (5.3): -EIO or -EINVAL where the kernel has none. */
int fst_ptrace_call(pid_t tid, struct fst_call_stop *ret_call);

struct fst_registers {
	const struct fst_layout *layout;
	_Alignas(8) unsigned char set[FST_REGSET_MAX_BYTES];
};
int fst_ptrace_registers(pid_t tid, struct fst_registers *ret_registers);
int fst_ptrace_set_registers(pid_t tid, const struct fst_registers *registers);

/* Changes the number of the call, for layouts whose number is not in the register set. */
int fst_ptrace_set_number(pid_t tid, const struct fst_layout *layout, uint32_t nr);

/* The number of the call that a signal came in, which may be an earlier one's. -EOPNOTSUPP: the registers have it. */
int fst_ptrace_signalled_number(pid_t tid, const struct fst_layout *layout, uint32_t *ret_nr);

/* By PTRACE_SET_SYSCALL_INFO (6.16): -EIO where there is none. At a seccomp stop or syscall-entry-stop. */
int fst_ptrace_set_first_argument(pid_t tid, uint64_t value);

int fst_ptrace_siginfo(pid_t tid, siginfo_t *ret_info);
int fst_ptrace_set_siginfo(pid_t tid, const siginfo_t *info);
/* Blocks all signals but this one. */
int fst_ptrace_block_all_but(pid_t tid, int signal);
/* Which signals are blocked, a bit each. */
int fst_ptrace_mask(pid_t tid, uint64_t *ret_mask);
int fst_ptrace_set_mask(pid_t tid, uint64_t mask);

/* For a look: nothing happens to the tracee when we end. Wait for its stop, and detach with the signal it brought. */
int fst_ptrace_visit(pid_t tid);
int fst_ptrace_interrupt(pid_t tid);
int fst_ptrace_detach(pid_t tid, int signal);
/* How many instructions filter `index` (0: the oldest) has; they are copied when `insns` is given. -ENOENT: no such. */
int fst_ptrace_filter(pid_t tid, unsigned long index, struct flagstop_insn *insns);

#endif
