/* SPDX-License-Identifier: MIT */
/*
 * One stop of one tracee: what it is, and what is done about it. Knows the order in which the kernel reports things,
 * and that any tracee may be gone at any time. Judges calls by asking the evaluator.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <talloc.h>

#include <tracer/describe.h>
#include <tracer/tracer.h>

/* ---- who is traced ---------------------------------------------------------------------------------------------- */

struct fst_tracee *fst_stops_find(struct fst_tracer *tracer, pid_t tid)
{
	struct fst_tracee *tracee = NULL;

	HASH_FIND_INT(tracer->tracees, &tid, tracee);
	return tracee;
}

/*
 * A thread is known from its own first stop on, never from its parent's event: that may be told after the child's end
 * (waitpid has no order), and would bring back a thread that is gone for ever.
 */
static struct fst_tracee *find_or_add(struct fst_tracer *tracer, pid_t tid)
{
	struct fst_tracee *tracee = fst_stops_find(tracer, tid);

	if (tracee)
		return tracee;
	tracee = talloc_zero(tracer, struct fst_tracee);
	if (!tracee)
		return NULL;
	tracee->tid = tid;
	tracee->changes = tracer->pins ? talloc_zero(tracee, struct fst_changes) : NULL;
	tracee->unhashed = tracer->pins && !tracee->changes;
	if (!tracee->unhashed)
		HASH_ADD_INT(tracer->tracees, tid, tracee);
	if (tracee->unhashed) {
		talloc_free(tracee);
		return NULL;
	}
	fst_together_born(&tracer->together, tid);
	tracer->summary.tracees++;
	if (tracee->changes) {
		tracee->changes->pin.tid = tid;
		fst_pin_born(tracer->pins, &tracee->changes->pin);
	}
	return tracee;
}

static void drop(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	fst_ask_forget(tracer, tracee);
	fst_emulation_ended(tracer, tracee);
	if (tracer->memory)
		fst_memory_forget(tracer->memory, tracee->tid);
	if (tracer->pins) {
		fst_paths_gone(tracer->paths, &tracee->changes->paths);
		fst_pin_gone(tracer->pins, &tracee->changes->pin);
	}
	fst_together_gone(&tracer->together, tracee->tid);
	HASH_DEL(tracer->tracees, tracee);
	talloc_free(tracee);
}

void fst_stops_let_go(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	drop(tracer, tracee);
}

struct fst_tracee *fst_stops_adopt(struct fst_tracer *tracer, pid_t tid)
{
	struct fst_tracee *tracee = find_or_add(tracer, tid);

	if (tracee)
		tracer->summary.tracees--; /* it was counted where it came from */
	return tracee;
}

/*
 * A thread that executes gets the leader's tid. When it dies before it could tell of that, by a signal or because
 * the new image was no good, nobody reports the end of the tid that it had.
 */
static void drop_vanished(struct fst_tracer *tracer)
{
	struct fst_tracee *tracee, *next;

	HASH_ITER(hh, tracer->tracees, tracee, next)
	{
		if (kill(tracee->tid, 0) && errno == ESRCH)
			drop(tracer, tracee);
	}
}

/* ---- what is told ----------------------------------------------------------------------------------------------- */

void fst_stops_take_stack(struct fst_tracer *tracer, pid_t tid)
{
	struct fst_registers registers;

	tracer->stack_text[0] = '\0';
	if (!tracer->options->stacks || !tracer->stack || fst_ptrace_registers(tid, &registers))
		return;
	struct fst_stack_request request = { tid, registers.set, registers.layout->regset_bytes };
	/* Without a stack the denial is reported all the same. */
	fst_stack_capture(tracer->stack, &request, tracer->stack_text, sizeof(tracer->stack_text));
}

/* NULL: nothing. */
static const struct fst_gathered *what_is_known(struct fst_tracer *tracer, pid_t tid)
{
	const struct fst_tracee *tracee = fst_stops_find(tracer, tid);

	if (tracer->told)
		return tracer->told;
	return tracee && tracee->changes ? tracee->changes->paths.pending : NULL;
}

const char *fst_stops_describe(struct fst_tracer *tracer, pid_t tid, const struct flagstop_data *call, bool strings)
{
	struct fst_stack *reader = strings && tracer->options->stacks ? tracer->stack : NULL;

	fst_describe_call(reader, tid, call, what_is_known(tracer, tid), tracer->call_text, sizeof(tracer->call_text));
	size_t used = strlen(tracer->call_text);
	if (tracer->reason)
		snprintf(tracer->call_text + used, sizeof(tracer->call_text) - used, " (%s)", tracer->reason);
	return tracer->call_text;
}

void fst_stops_record(struct fst_tracer *tracer, pid_t tid, const struct fst_judged *judged)
{
	const struct flagstop_data *call = &judged->call.data;
	struct fst_event event = {
		.abi = flagstop_abi_of_call(call->arch, call->nr),
		.nr = call->nr,
		.verdict = judged->verdict,
		.rule = judged->rule,
		.layer = judged->layer,
		.tid = tid,
		.stack = tracer->stack_text,
		.subject = "",
	};
	/* What is allowed, or pretended, is not worth the helper's start. */
	bool told_in_full = judged->verdict.action >= FLAGSTOP_ACTION_DENY;

	tracer->stack_text[0] = '\0';
	if (told_in_full)
		fst_stops_take_stack(tracer, tid);
	/* Of what was judged by what it points to, each is told. */
	if (told_in_full && what_is_known(tracer, tid))
		event.subject = fst_stops_describe(tracer, tid, call, true);
	/* What cannot be told apart is counted as lost. */
	if (fst_events_add(tracer->events, &event) != 1)
		return;
	fst_events_describe(tracer->events,
			    *event.subject ? event.subject : fst_stops_describe(tracer, tid, call, told_in_full));
}

void fst_stops_refuse(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct fst_judged *judged,
		      const char *reason)
{
	tracer->summary.calls_flagged++;
	tracer->reason = reason;
	fst_stops_record(tracer, tracee->tid, judged);
	tracer->reason = NULL;
	fst_verdict_apply(tracer, tracee, &judged->call.data, judged->verdict);
}

/* ---- calls ------------------------------------------------------------------------------------------------------ */

bool fst_stops_judge(struct fst_tracer *tracer, struct fst_judged *judged, const struct flagstop_facts *facts)
{
	struct flagstop_facts with_layers;
	bool flagged;

	if (tracer->has_exec_layers) {
		with_layers = facts ? *facts : (struct flagstop_facts)FLAGSTOP_FACTS_INIT;
		with_layers.layers_known = 1;
		with_layers.layers = judged->layers;
		facts = &with_layers;
	}
	judged->verdict = fst_policy_judge(tracer->policy, &judged->call.data, facts, tracer->options->report,
					   &judged->rule, &judged->layer, &flagged);
	return flagged;
}

void fst_stops_count(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct fst_judged *judged,
		     bool flagged)
{
	/* Kills and traps are never flagged: a filter carries them out, where there is one. */
	bool reports_all = tracer->options->report == FLAGSTOP_REPORT_ALL;
	bool told = flagged || (reports_all && judged->verdict.action >= FLAGSTOP_ACTION_TRAP);

	tracer->summary.calls_flagged += flagged;
	if (told && judged->verdict.action >= FLAGSTOP_ACTION_TRACE)
		fst_stops_record(tracer, tracee->tid, judged);
}

/*
 * Was the stop asked for by a filter of the program's own? It then outlives nobody's tracer: the call gets what it
 * would get without one, ENOSYS, unless our policy refuses it anyway. RET_DATA is the newest filter's
 * (kernel/seccomp.c), so another value than ours shows a newer filter; a program that forges ours only gives up its
 * own filter.
 */
static bool is_foreign(const struct fst_tracer *tracer, const struct fst_judged *judged, bool flagged)
{
	return judged->call.place == FST_PLACE_SECCOMP && (!flagged || judged->call.ret_data != tracer->trace_data);
}

/* A call that the tracer itself wanted to see, and that nobody is told of. */
static bool is_watched(const struct fst_tracer *tracer, const struct fst_judged *judged)
{
	return judged->verdict.action == FLAGSTOP_ACTION_TRACE &&
		tracer->policy->layers[judged->layer]->in_kernel;
}

void fst_stops_settle(struct fst_tracer *tracer, struct fst_tracee *tracee, struct fst_judged *judged, bool flagged)
{
	static const struct flagstop_verdict no_tracer = { FLAGSTOP_ACTION_DENY, ENOSYS };

	/* It was flagged for what it carried it in. */
	flagged |= tracee->carried;
	/* The window's program flags some that the policy does not. */
	if (fst_pins_have_window(tracer->pins))
		flagged |= fst_pin_watches(tracer->pins, &tracee->changes->pin, &judged->call.data) ||
			fst_facts_watches(tracer, tracee, &judged->call.data);
	if (is_foreign(tracer, judged, flagged) && judged->verdict.action < FLAGSTOP_ACTION_RETURN) {
		fst_verdict_apply(tracer, tracee, &judged->call.data, no_tracer);
		return;
	}
	fst_together_call(&tracer->together, &judged->call.data);
	if (tracer->workers)
		fst_workers_call(tracer, &judged->call.data);
	if (is_watched(tracer, judged)) {
		fst_verdict_resume(tracer, tracee, 0);
		return;
	}
	if (judged->verdict.action == FLAGSTOP_ACTION_ASK) {
		tracer->summary.calls_flagged++;
		fst_ask_question(tracer, tracee, judged);
		return;
	}
	fst_stops_count(tracer, tracee, judged, flagged || judged->call.place == FST_PLACE_SECCOMP);
	fst_verdict_apply(tracer, tracee, &judged->call.data, judged->verdict);
}

/* ---- what the kernel decided by itself --------------------------------------------------------------------------- */

static bool is_kill(struct fst_tracer *tracer, struct fst_judged *judged)
{
	fst_stops_judge(tracer, judged, NULL);
	return judged->verdict.action >= FLAGSTOP_ACTION_KILL_THREAD;
}

/* One thread of several dies without a signal: what the kernel noted is an earlier call's, and none to kill for. */
static bool judge_killed(struct fst_tracer *tracer, const struct fst_tracee *tracee, const struct fst_layout *layout,
			 struct fst_judged *judged)
{
	uint32_t *nr = &judged->call.data.nr, in_register = *nr;

	if (!fst_ptrace_signalled_number(tracee->tid, layout, nr) && is_kill(tracer, judged))
		return true;
	*nr = in_register;
	return is_kill(tracer, judged);
}

static bool judge_trapped(struct fst_tracer *tracer, struct fst_judged *judged)
{
	fst_stops_judge(tracer, judged, NULL);
	return judged->verdict.action == FLAGSTOP_ACTION_TRAP;
}

/*
 * A thread that a filter killed (status SIGSYS) still has its registers and memory at its exit stop; a trap shows in
 * the SIGSYS that is about to be delivered, whose siginfo has the call. Which rule it was, the evaluator knows.
 */
static void report_kernel_verdict(struct fst_tracer *tracer, const struct fst_tracee *tracee, const siginfo_t *trap)
{
	struct fst_judged judged = { .layers = fst_layers_of(tracee) };
	struct fst_registers registers;
	pid_t tid = tracee->tid;

	if (fst_ptrace_registers(tid, &registers))
		return;
	const struct fst_layout *l = registers.layout;
	struct flagstop_data *call = &judged.call.data;
	/* Without the kernel's word it is taken for a call of the process's own ABI: only the report depends on it. */
	if (fst_ptrace_call(tid, &judged.call))
		call->arch = flagstop_abi_audit_arch(l->abi);
	call->nr = trap ? (uint32_t)trap->si_syscall : (uint32_t)fst_layout_get(l, registers.set, l->nr);
	call->arch = trap ? trap->si_arch : call->arch;
	for (unsigned i = 0; i < 6; i++)
		call->args[i] = fst_layout_get(l, registers.set, l->args[i]);
	if (trap ? judge_trapped(tracer, &judged) : judge_killed(tracer, tracee, l, &judged))
		fst_stops_record(tracer, tid, &judged);
}

static void handle_exit_event(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	unsigned long status;

	if (tracer->backend->filters && !tracee->condemned && !fst_ptrace_message(tracee->tid, &status) &&
	    WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		report_kernel_verdict(tracer, tracee, NULL);
	fst_verdict_resume(tracer, tracee, 0);
}

static void handle_signal(struct fst_tracer *tracer, struct fst_tracee *tracee, int signal)
{
	siginfo_t info;

	if (tracer->pins && fst_pin_signal(tracer->pins, &tracee->changes->pin, signal))
		signal = 0;
	fst_together_signal(&tracer->together, tracee->tid, signal);
	if (signal == SIGSYS && tracee->trapped)
		fst_verdict_correct_trap(tracee);
	else if (signal == SIGSYS && tracer->backend->filters && tracer->options->report == FLAGSTOP_REPORT_ALL &&
		 !fst_ptrace_siginfo(tracee->tid, &info) && info.si_code == FST_SENT_BY_FILTER)
		report_kernel_verdict(tracer, tracee, &info);
	fst_verdict_resume(tracer, tracee, signal);
}

/* ---- processes -------------------------------------------------------------------------------------------------- */

/* Of the parent. The child may have been here already. */
static void handle_child(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	unsigned long child;

	if (tracer->pins && !fst_ptrace_message(tracee->tid, &child)) {
		const struct fst_tracee *known = fst_stops_find(tracer, (pid_t)child);

		if (!known || known->layers.waiting)
			fst_pin_bears(tracer->pins, &tracee->changes->pin, (pid_t)child);
	}
	fst_layers_told(tracer, tracee);
	fst_verdict_resume(tracer, tracee, 0);
}

/* Where an exec leaves registers as they were, the start's secret is in two of them (spawn.c). */
static void forget_start(pid_t tid)
{
	struct fst_registers registers;
	int r = fst_ptrace_registers(tid, &registers);

	if (!r && fst_layout_forget(registers.layout, registers.set))
		r = fst_ptrace_set_registers(tid, &registers);
	if (r && r != -ESRCH)
		kill(tid, SIGKILL);
}

/* After exec from a thread that did not lead, the leader's tid is the caller's, and every other one is gone. */
static void handle_exec(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	unsigned long former;

	if (fst_ptrace_message(tracee->tid, &former)) {
		drop_vanished(tracer);
		former = (unsigned long)tracee->tid;
	}
	fst_together_exec(&tracer->together, (pid_t)former, tracee->tid);
	struct fst_tracee *gone = (pid_t)former == tracee->tid ? NULL : fst_stops_find(tracer, (pid_t)former);
	if (!fst_emulation_executed(tracer, tracee, gone))
		return;
	if (gone && tracer->pins)
		fst_paths_take_exec(&tracee->changes->paths, &gone->changes->paths);
	if (gone)
		drop(tracer, gone);
	/* The thread whose tid it took over may have been in the middle of something. */
	fst_ask_forget(tracer, tracee);
	if (tracer->memory)
		fst_memory_forget(tracer->memory, tracee->tid);
	if (tracer->pins) {
		if (!fst_facts_check_exec(tracer, tracee))
			return;
		fst_paths_forget(tracer->paths, &tracee->changes->paths);
		fst_paths_forget_rights(&tracee->changes->paths);
		fst_pin_exec(tracer->pins, &tracee->changes->pin);
	}
	fst_layers_executed(tracer, tracee);
	tracee->condemned = tracee->trapped = tracee->unfinished = false;
	tracee->rewritten.bits = 0;
	tracee->sentence = FST_SENTENCE_NONE;
	if (tracee->tid == tracer->program && !tracer->executed) {
		struct fst_call_stop unused;

		forget_start(tracee->tid);
		int r = fst_ptrace_call(tracee->tid, &unused);

		tracer->no_call_info = r == -EIO || r == -EINVAL || r == -ENOSYS;
		/* Whether a skipped call that is made again has a stop on exit first, only the kernel could tell. */
		tracer->no_skipped_calls = tracer->no_call_info || !fst_native_makes_calls_again();
		tracer->executed = true;
		fst_tracer_started(tracer);
	}
	fst_verdict_resume(tracer, tracee, 0);
}

static void handle_group_stop(pid_t tid)
{
	int r = fst_ptrace_listen(tid);

	if (r && r != -ESRCH)
		kill(tid, SIGKILL);
}

static void handle_stop(struct fst_tracer *tracer, struct fst_tracee *tracee, int status)
{
	struct fst_stop stop = fst_stop_decode(status);

	tracer->summary.stops++;
	fst_together_stopped(&tracer->together, tracee->tid);
	fst_look_note_stop(tracee, stop.kind);
	switch (stop.kind) {
	case FST_STOP_SECCOMP:
		if (tracer->workers && fst_workers_deal_with(tracer, tracee))
			break;
		tracer->backend->handle_call(tracer, tracee, stop.kind);
		break;
	case FST_STOP_SYSCALL:
		tracer->backend->handle_call(tracer, tracee, stop.kind);
		break;
	case FST_STOP_SIGNAL:
		handle_signal(tracer, tracee, stop.signal);
		break;
	case FST_STOP_GROUP:
		handle_group_stop(tracee->tid);
		break;
	case FST_STOP_CHILD:
		handle_child(tracer, tracee);
		break;
	case FST_STOP_EXEC:
		handle_exec(tracer, tracee);
		break;
	case FST_STOP_EXIT:
		handle_exit_event(tracer, tracee);
		break;
	default:
		if (fst_layers_may_go_on(tracer, tracee))
			fst_verdict_resume(tracer, tracee, 0);
		break;
	}
}

static void handle_end(struct fst_tracer *tracer, pid_t tid, int status)
{
	struct fst_tracee *tracee = fst_stops_find(tracer, tid);

	if (tid == tracer->program) {
		tracer->summary.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		tracer->summary.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
		tracer->summary.core_dumped = WIFSIGNALED(status) && WCOREDUMP(status);
	}
	fst_layers_ended(tracer, tid, WIFSIGNALED(status));
	if (tracee)
		drop(tracer, tracee);
	if (WIFSIGNALED(status))
		drop_vanished(tracer);
}

void fst_stops_handle(struct fst_tracer *tracer, pid_t tid, int status)
{
	struct fst_tracee *tracee;

	if (WIFEXITED(status) || WIFSIGNALED(status)) {
		handle_end(tracer, tid, status);
		return;
	}
	if (!WIFSTOPPED(status))
		return;
	tracee = find_or_add(tracer, tid);
	if (tracee)
		handle_stop(tracer, tracee, status);
	else
		kill(tid, SIGKILL); /* no memory to follow it: it must not run unfollowed */
}
