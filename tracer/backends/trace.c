/* SPDX-License-Identifier: MIT */
/*
 * Filters in the kernel, which flag what they cannot decide: one stop a flagged call, none for all others. Knows that
 * other filters may be there, whose flags are none of ours.
 */
#include <errno.h>
#include <signal.h>

#include <tracer/tracer.h>

static int resume(const struct fst_tracer *tracer, struct fst_tracee *tracee, int signal)
{
	/* A call that makes a child is not over at its event. */
	bool pinned = tracee->changes && fst_pin_awaits_syscall_stop(&tracee->changes->pin);
	bool to_exit = tracee->sentence || tracee->unfinished || pinned;

	(void)tracer;
	return to_exit ? fst_ptrace_resume_to_syscall(tracee->tid, signal) : fst_ptrace_resume(tracee->tid, signal);
}

static int skip(struct fst_tracer *tracer, struct fst_tracee *tracee, int64_t result)
{
	(void)tracer;
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
		tracee->trap = *call;
		tracee->trap_value = (int)verdict.value;
	} else {
		tracee->condemned = true;
	}
	return 0;
}

static void handle_flagged(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	struct fst_judged judged = { .verdict = { FLAGSTOP_ACTION_KILL_PROCESS, 0 }, .layers = fst_layers_of(tracee) };
	int r = fst_look_at_call(tracer, tracee, FST_STOP_SECCOMP, &judged.call);

	if (r == -ESRCH)
		return;
	if (r || judged.call.place != FST_PLACE_SECCOMP || tracee->condemned) {
		kill(tracee->tid, SIGKILL); /* what cannot be judged, or should be dead, makes no call */
		return;
	}
	if (!tracer->executed) { /* our own child, which only has its exit left to make */
		fst_verdict_resume(tracer, tracee, 0);
		return;
	}
	if (tracer->pins && !fst_facts_is_new_call(tracer, tracee, &judged.call))
		return;
	if (fst_carry_handle(tracer, tracee, &judged))
		return;
	if (!fst_facts_handle(tracer, tracee, &judged))
		fst_stops_settle(tracer, tracee, &judged, fst_stops_judge(tracer, &judged, NULL));
}

static void handle_call(struct fst_tracer *tracer, struct fst_tracee *tracee, enum fst_stop_kind kind)
{
	if (kind == FST_STOP_SECCOMP) {
		handle_flagged(tracer, tracee);
		return;
	}
	if (tracee->sentence) {
		fst_sentence_go_on(tracer, tracee);
		return;
	}
	if (tracer->pins && tracee->changes->pin.state == FST_PIN_EXIT)
		fst_paths_exit(tracer->paths, &tracee->changes->paths);
	if (tracer->pins && fst_pin_exit(tracer->pins, &tracee->changes->pin))
		return;
	int r = fst_verdict_finish(tracee);
	if (r == -ESRCH)
		return;
	if (r)
		kill(tracee->tid, SIGKILL);
	fst_verdict_resume(tracer, tracee, 0);
}

const struct fst_backend fst_backend_trace = {
	.id = FLAGSTOP_BACKEND_TRACE,
	.filters = true,
	.stops = FST_WANT_FLAGGED,
	.resume = resume,
	.handle_call = handle_call,
	.skip = skip,
	.condemn = poison,
};
