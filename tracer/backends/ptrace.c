/* SPDX-License-Identifier: MIT */
/*
 * Every call stops, on entry and on exit, and is judged on entry: ptrace(2) alone, where there are no filters, or where
 * one from outside has a listener, which outranks flags but not this stop (it comes before all filters).
 *
 *     allowed                      entry, exit
 *     denied                       entry (the number becomes -1), exit
 *     denied, after some denials   one stop: PTRACE_SYSEMU skips the call whatever we say
 *     allowed, after some denials  that one stop, exit, and the call is made again: entry, exit
 *
 * seccomp(2) is emulated here (seccomp/emulate.h), also where the kernel has it: a filter in the kernel would be asked
 * about the number -1, not about the call that is denied.
 */
#include <errno.h>
#include <signal.h>

#include <tracer/tracer.h>

/* Denials in a row after which the next call is taken to be denied as well. */
#define RUN_OF_DENIALS 3

static int resume(const struct fst_tracer *tracer, struct fst_tracee *tracee, int signal)
{
	tracee->skipping = false;
	if (!tracer->executed) /* our own child makes calls before it executes, which are not judged */
		return fst_ptrace_resume(tracee->tid, signal);
	return fst_ptrace_resume_to_syscall(tracee->tid, signal);
}

/* After the end of a call that was denied. */
static void resume_denied(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	if (tracee->denials >= RUN_OF_DENIALS && !tracer->no_skipped_calls) {
		int r = fst_ptrace_resume_to_skipped_call(tracee->tid, 0);

		tracee->skipping = !r;
		if (!r || r == -ESRCH)
			return;
		tracer->no_skipped_calls = true;
	}
	fst_verdict_resume(tracer, tracee, 0);
}

/*
 * A filter above us sees the number -1, and may answer that with an errno of its own: then the result is set once more,
 * when the call is left.
 */
static int skip(struct fst_tracer *tracer, struct fst_tracee *tracee, int64_t result)
{
	int r = fst_call_skip(tracee->tid, FST_PLACE_ENTRY, result, &tracee->rest);

	tracee->denials += tracee->denials < RUN_OF_DENIALS;
	if (r == 1) /* there are no exits from calls that PTRACE_SYSEMU skips */
		tracer->no_skipped_calls = true;
	if (r || !tracer->filtered_above || tracee->skipping)
		return r;
	tracee->rest = (struct fst_call_rest){ .has_result = true, .result = result };
	return 1;
}

/* At a stop of a call that will be skipped though it should not: the call is made again. */
static void make_again(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	struct fst_registers registers;
	int r = fst_call_registers(tracee->tid, &registers);

	if (!r)
		r = fst_call_again(tracee->tid, &registers);
	tracee->denials = 0;
	if (r && r != -ESRCH)
		kill(tracee->tid, SIGKILL);
	else
		fst_verdict_resume(tracer, tracee, 0);
}

/* The program has its own registers again. True: it goes on. */
static bool finish_pinned(struct fst_tracer *tracer, struct fst_changes *changes)
{
	if (changes->pin.state == FST_PIN_EXIT)
		fst_paths_exit(tracer->paths, &changes->paths);
	return fst_pin_exit(tracer->pins, &changes->pin);
}

static void handle_exit(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	bool denied = tracee->denials > 0;

	if (tracee->emulated.repaying) {
		fst_emulation_repaid(tracer, tracee);
		return;
	}
	fst_emulation_bore(tracer, tracee);
	tracee->in_call = false;
	if (tracer->pins && finish_pinned(tracer, tracee->changes))
		return;
	fst_rewrite_put_back(tracee);
	int r = fst_verdict_finish(tracee);

	if (r && r != -ESRCH)
		kill(tracee->tid, SIGKILL);
	else if (denied)
		resume_denied(tracer, tracee);
	else
		fst_verdict_resume(tracer, tracee, 0);
}

static bool is_denial(struct flagstop_verdict verdict)
{
	return verdict.action == FLAGSTOP_ACTION_DENY || verdict.action == FLAGSTOP_ACTION_RETURN;
}

/*
 * `by_itself`: it is the program's own filter that refuses the call, or the window's program, which are told to
 * nobody.
 */
static void handle_skipped(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct fst_judged *judged,
			   bool flagged, bool by_itself)
{
	if (!is_denial(judged->verdict) || tracee->emulated.confined.owes_no_new_privs) {
		make_again(tracer, tracee);
		return;
	}
	if (!by_itself)
		fst_stops_count(tracer, tracee, judged, flagged);
	int r = skip(tracer, tracee,
		     judged->verdict.action == FLAGSTOP_ACTION_DENY ? -judged->verdict.value : judged->verdict.value);
	if (r && r != -ESRCH)
		kill(tracee->tid, SIGKILL);
	else
		resume_denied(tracer, tracee);
}

/* The window's program, a filter where there are filters: newer than the layers', and so first among equals. */
static bool touches_window(const struct fst_tracer *tracer, struct fst_judged *judged)
{
	int error = tracer->pins ? fst_pin_refuses(tracer->pins, &judged->call.data) : 0;

	if (!error || judged->verdict.action > FLAGSTOP_ACTION_DENY)
		return false;
	judged->verdict = (struct flagstop_verdict){ FLAGSTOP_ACTION_DENY, error };
	return true;
}

static void handle_entry(struct fst_tracer *tracer, struct fst_tracee *tracee, struct fst_judged *judged)
{
	bool flagged = fst_stops_judge(tracer, judged, NULL);
	bool by_itself = touches_window(tracer, judged);

	by_itself |= fst_emulation_judge(tracer, tracee, judged); /* which looks at each call */
	if (tracee->condemned || !tracee->layers.known) {         /* it should be dead, or wait, and makes no call */
		kill(tracee->tid, SIGKILL);
		return;
	}
	if (tracer->pins && !fst_facts_is_new_call(tracer, tracee, &judged->call))
		return;
	if (tracee->skipping) {
		handle_skipped(tracer, tracee, judged, flagged, by_itself);
		return;
	}
	tracee->in_call = true;
	tracee->expected = FST_PLACE_EXIT;
	if (!is_denial(judged->verdict))
		tracee->denials = 0;
	if (fst_emulation_repays(tracer, tracee, &judged->call.data))
		return;
	if (!by_itself && fst_carry_handle(tracer, tracee, judged))
		return;
	if (fst_facts_handle(tracer, tracee, judged))
		return;
	if (by_itself)
		fst_emulation_carry_out(tracer, tracee, judged);
	else
		fst_stops_settle(tracer, tracee, judged, flagged);
}

static void handle_call(struct fst_tracer *tracer, struct fst_tracee *tracee, enum fst_stop_kind kind)
{
	struct fst_judged judged = { .verdict = { FLAGSTOP_ACTION_KILL_PROCESS, 0 }, .layers = fst_layers_of(tracee) };
	int r = 0;

	judged.call.place = tracee->expected;
	tracee->expected = 0;
	if (tracee->sentence) {
		fst_sentence_go_on(tracer, tracee);
		return;
	}
	if (judged.call.place != FST_PLACE_EXIT)
		r = fst_look_at_call(tracer, tracee, kind, &judged.call);
	if (r == -ESRCH)
		return;
	if (!r && judged.call.place == FST_PLACE_EXIT)
		handle_exit(tracer, tracee);
	else if (!r && judged.call.place == FST_PLACE_ENTRY)
		handle_entry(tracer, tracee, &judged);
	else
		kill(tracee->tid, SIGKILL); /* what cannot be judged makes no call */
}

const struct fst_backend fst_backend_ptrace = {
	.id = FLAGSTOP_BACKEND_PTRACE,
	.resume = resume,
	.handle_call = handle_call,
	.skip = skip,
	.condemn = fst_sentence_begin,
};
