/* SPDX-License-Identifier: MIT */
/*
 * Carries out a verdict on a tracee that stands at a stop before its call, in the way of the backend. Fails closed: a
 * verdict that cannot be applied ends the tracee. Does not judge.
 */
#include <errno.h>
#include <signal.h>

#include <tracer/tracer.h>

static void end(pid_t tid)
{
	kill(tid, SIGKILL);
}

void fst_verdict_resume(const struct fst_tracer *tracer, struct fst_tracee *tracee, int signal)
{
	int r = tracer->backend->resume(tracer, tracee, signal);

	if (!r || r == -ESRCH)
		return;
	end(tracee->tid);
	/* Nothing else ends the stop of its exit, where it may be already. */
	fst_ptrace_resume(tracee->tid, 0);
}

int fst_verdict_finish(struct fst_tracee *tracee)
{
	int r = tracee->unfinished ? fst_call_finish(tracee->tid, &tracee->rest) : 0;

	tracee->unfinished = false;
	return r;
}

void fst_verdict_apply(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct flagstop_data *call,
		       struct flagstop_verdict verdict)
{
	bool pending = tracee->changes && tracee->changes->paths.pending;
	struct flagstop_data made = *call;
	int64_t result;
	int r;

	if (pending && verdict.action < FLAGSTOP_ACTION_ASK) {
		fst_emulation_lets_go(tracer, tracee, call);
		fst_paths_commit(tracer->paths, &tracee->changes->paths);
		return;
	}
	if (pending)
		fst_paths_drop(tracer->paths, &tracee->changes->paths);
	switch (verdict.action) {
	case FLAGSTOP_ACTION_ALLOW:
	case FLAGSTOP_ACTION_LOG:
	case FLAGSTOP_ACTION_TRACE:
	case FLAGSTOP_ACTION_REWRITE:
		if (fst_rewrite_apply(tracer, tracee, &made))
			return;
		r = fst_emulation_answer(tracer, tracee, &made, &result) ?
			tracer->backend->skip(tracer, tracee, result) :
			0;
		break;
	case FLAGSTOP_ACTION_DENY:
		r = tracer->backend->skip(tracer, tracee, -verdict.value);
		break;
	case FLAGSTOP_ACTION_RETURN:
		r = tracer->backend->skip(tracer, tracee, verdict.value);
		break;
	default:
		r = tracer->backend->condemn(tracer, tracee, call, verdict);
		break;
	}
	tracee->unfinished = r == 1;
	if (r == -ESRCH)
		return;
	if (r < 0)
		end(tracee->tid);
	else
		fst_verdict_resume(tracer, tracee, 0);
}

/* Native signal frames have the program's number in these registers; ours has the poison one. */
static void correct_number(struct fst_registers *registers, uint32_t nr)
{
	const struct fst_layout *l = registers->layout;

	if (l->trap_shows_number) {
		/* Sign-extended: -1 was -1 in the whole register. */
		fst_layout_set(l, registers->set, l->result, (uint64_t)(int64_t)(int32_t)nr);
		fst_layout_set(l, registers->set, l->nr, UINT64_MAX);
	} else if (l->number_way == FST_NUMBER_IN_REGSET && l->nr != l->result) {
		fst_layout_set(l, registers->set, l->nr, nr);
	}
}

void fst_verdict_correct_trap(struct fst_tracee *tracee)
{
	struct fst_registers registers;
	siginfo_t info = { .si_signo = SIGSYS, .si_code = FST_SENT_BY_FILTER };
	int r;

	tracee->trapped = false;
	info.si_errno = tracee->trap_value;
	info.si_call_addr = (void *)(uintptr_t)tracee->trap.instruction_pointer;
	info.si_syscall = (int)tracee->trap.nr;
	info.si_arch = tracee->trap.arch;
	r = fst_ptrace_set_siginfo(tracee->tid, &info);
	/* The kernel has put the registers back as they were (syscall_rollback), but for the number. */
	if (!r)
		r = fst_ptrace_registers(tracee->tid, &registers);
	if (!r) {
		correct_number(&registers, tracee->trap.nr);
		r = fst_ptrace_set_registers(tracee->tid, &registers);
	}
	if (r && r != -ESRCH)
		end(tracee->tid);
}
