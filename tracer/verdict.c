/* SPDX-License-Identifier: MIT */
/*
 * Carries out a verdict on a tracee that stands at a seccomp stop, in that one stop. Fails closed: a verdict that
 * cannot be applied ends the tracee. Does not judge.
 */
#include <errno.h>
#include <signal.h>

#include <tracer/tracer.h>

static void end(pid_t tid)
{
	kill(tid, SIGKILL);
}

void fst_verdict_resume(pid_t tid, int signal)
{
	int r = fst_ptrace_resume(tid, signal);

	if (!r || r == -ESRCH)
		return;
	end(tid);
	fst_ptrace_resume(tid, 0); /* nothing else ends the stop of its exit, where it may be already */
}

/* The kernel skips a call whose number is negative, and leaves the result alone (kernel/seccomp.c, RET_TRACE). */
static int skip(pid_t tid, int64_t result)
{
	struct fst_registers registers;
	int r = fst_ptrace_registers(tid, &registers);

	if (r)
		return r;
	fst_layout_set(registers.layout, registers.set, registers.layout->nr, UINT64_MAX);
	fst_layout_set(registers.layout, registers.set, registers.layout->result, (uint64_t)result);
	return fst_ptrace_set_registers(tid, &registers);
}

static int poison(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct flagstop_data *call,
		  struct flagstop_verdict verdict)
{
	struct fst_registers registers;
	enum fst_poison which = verdict.action == FLAGSTOP_ACTION_TRAP ? FST_POISON_TRAP :
		verdict.action == FLAGSTOP_ACTION_KILL_THREAD          ? FST_POISON_KILL_THREAD :
									 FST_POISON_KILL_PROCESS;
	int r = fst_ptrace_registers(tracee->tid, &registers);

	if (r)
		return r;
	fst_layout_set(registers.layout, registers.set, registers.layout->nr, tracer->keys.poison + which);
	r = fst_ptrace_set_registers(tracee->tid, &registers);
	if (r)
		return r;
	if (which == FST_POISON_TRAP) {
		tracee->trapped = true;
		tracee->trap_nr = call->nr;
		tracee->trap_value = (int)verdict.value;
	} else {
		tracee->condemned = true;
	}
	return 0;
}

void fst_verdict_apply(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct flagstop_data *call,
		       struct flagstop_verdict verdict)
{
	int r;

	switch (verdict.action) {
	case FLAGSTOP_ACTION_ALLOW:
	case FLAGSTOP_ACTION_LOG:
	case FLAGSTOP_ACTION_TRACE:
		r = 0;
		break;
	case FLAGSTOP_ACTION_DENY:
		r = skip(tracee->tid, -verdict.value);
		break;
	case FLAGSTOP_ACTION_RETURN:
		r = skip(tracee->tid, verdict.value);
		break;
	default:
		r = poison(tracer, tracee, call, verdict);
		break;
	}
	if (r == -ESRCH)
		return;
	if (r)
		end(tracee->tid);
	else
		fst_verdict_resume(tracee->tid, 0);
}

void fst_verdict_correct_trap(struct fst_tracee *tracee)
{
	struct fst_registers registers;
	siginfo_t info;
	int r;

	tracee->trapped = false;
	r = fst_ptrace_siginfo(tracee->tid, &info);
	if (!r) {
		info.si_errno = tracee->trap_value;
		info.si_syscall = (int)tracee->trap_nr;
		r = fst_ptrace_set_siginfo(tracee->tid, &info);
	}
	/* The kernel has put the number back where the result goes (syscall_rollback): the poison one. */
	if (!r)
		r = fst_ptrace_registers(tracee->tid, &registers);
	if (!r) {
		fst_layout_set(registers.layout, registers.set, registers.layout->result, tracee->trap_nr);
		fst_layout_set(registers.layout, registers.set, registers.layout->nr, UINT64_MAX);
		r = fst_ptrace_set_registers(tracee->tid, &registers);
	}
	if (r && r != -ESRCH)
		end(tracee->tid);
}
