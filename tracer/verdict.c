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

static void resume_or_end(pid_t tid, int r)
{
	if (!r || r == -ESRCH)
		return;
	end(tid);
	fst_ptrace_resume(tid, 0); /* nothing else ends the stop of its exit, where it may be already */
}

void fst_verdict_resume(pid_t tid, int signal)
{
	resume_or_end(tid, fst_ptrace_resume(tid, signal));
}

/* 0 or 1 of a change to the call: 1 has something left for the exit stop. */
static void resume_call(struct fst_tracee *tracee, int r)
{
	tracee->unfinished = r == 1;
	if (tracee->unfinished)
		resume_or_end(tracee->tid, fst_ptrace_resume_to_syscall(tracee->tid, 0));
	else
		fst_verdict_resume(tracee->tid, 0);
}

void fst_verdict_finish(struct fst_tracee *tracee)
{
	int r = tracee->unfinished ? fst_call_finish(tracee->tid, &tracee->rest) : 0;

	tracee->unfinished = false;
	if (r == -ESRCH)
		return;
	if (r)
		end(tracee->tid);
	fst_verdict_resume(tracee->tid, 0);
}

static int skip(struct fst_tracee *tracee, int64_t result)
{
	return fst_call_skip(tracee->tid, FST_PLACE_SECCOMP, result, &tracee->rest);
}

static int poison(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct flagstop_data *call,
		  struct flagstop_verdict verdict)
{
	enum fst_poison which = verdict.action == FLAGSTOP_ACTION_TRAP ? FST_POISON_TRAP :
		verdict.action == FLAGSTOP_ACTION_KILL_THREAD          ? FST_POISON_KILL_THREAD :
									 FST_POISON_KILL_PROCESS;
	struct fst_call_rest unused; /* there is no exit stop: a signal comes first */
	int r = fst_call_renumber(tracee->tid, tracer->keys.poison + which, &unused);

	if (r < 0)
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

	if (tracee->paths.pending && verdict.action < FLAGSTOP_ACTION_ASK) {
		fst_paths_commit(tracer->paths, &tracee->paths);
		return;
	}
	if (tracee->paths.pending)
		fst_paths_drop(tracer->paths, &tracee->paths);
	switch (verdict.action) {
	case FLAGSTOP_ACTION_ALLOW:
	case FLAGSTOP_ACTION_LOG:
	case FLAGSTOP_ACTION_TRACE:
	case FLAGSTOP_ACTION_REWRITE:
		if (fst_rewrite_apply(tracer, tracee, call))
			return;
		r = 0;
		break;
	case FLAGSTOP_ACTION_DENY:
		r = skip(tracee, -verdict.value);
		break;
	case FLAGSTOP_ACTION_RETURN:
		r = skip(tracee, verdict.value);
		break;
	default:
		r = poison(tracer, tracee, call, verdict);
		break;
	}
	if (r == -ESRCH)
		return;
	if (r < 0)
		end(tracee->tid);
	else
		resume_call(tracee, r);
}

/* Native signal frames have the program's number in these registers; ours has the poison one. */
static void correct_number(struct fst_registers *registers, uint32_t nr)
{
	const struct fst_layout *l = registers->layout;

	if (l->trap_shows_number) {
		fst_layout_set(l, registers->set, l->result, nr);
		fst_layout_set(l, registers->set, l->nr, UINT64_MAX);
	} else if (l->number_way == FST_NUMBER_IN_REGSET && l->nr != l->result) {
		fst_layout_set(l, registers->set, l->nr, nr);
	}
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
	/* The kernel has put the registers back as they were (syscall_rollback), but for the number. */
	if (!r)
		r = fst_ptrace_registers(tracee->tid, &registers);
	if (!r) {
		correct_number(&registers, tracee->trap_nr);
		r = fst_ptrace_set_registers(tracee->tid, &registers);
	}
	if (r && r != -ESRCH)
		end(tracee->tid);
}
