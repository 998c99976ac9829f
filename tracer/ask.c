/* SPDX-License-Identifier: MIT */
/*
 * Calls that wait for an answer. A question goes to the caller's process, the tracee stays where it is, all others
 * go on. Without anybody to ask the answer is EPERM. Does not know what is asked, or how.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include <talloc.h>

#include <tracer/tracer.h>

static const struct flagstop_verdict refusal = { FLAGSTOP_ACTION_DENY, EPERM };

static void carry_out(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct fst_judged *judged,
		      struct flagstop_verdict verdict)
{
	struct fst_judged answered = *judged;

	answered.verdict = verdict;
	fst_stops_record(tracer, tracee->tid, &answered);
	fst_verdict_apply(tracer, tracee, &judged->call.data, verdict);
}

static const struct flagstop_verdict *recall(const struct fst_tracer *tracer, const struct fst_judged *judged)
{
	for (const struct fst_remembered *m = tracer->remembered; m; m = m->next)
		if (m->rule == judged->rule && m->arch == judged->call.data.arch && m->nr == judged->call.data.nr)
			return &m->verdict;
	return NULL;
}

static int send_question(struct fst_tracer *tracer, const struct fst_question *q)
{
	const struct flagstop_data *call = &q->judged.call.data;
	struct flagstop_rule rule;

	fst_rule_describe(q->judged.rule, tracer->policy->layers[q->judged.layer]->layer, q->judged.layer, &rule);
	const char *text = fst_stops_describe(tracer, q->tid, call, true);
	fst_stops_take_stack(tracer, q->tid);
	struct fst_message message = {
		.type = FST_MESSAGE_ASK,
		.id = q->id,
		.tid = q->tid,
		.line = rule.line,
		.column = rule.column,
		.layer = rule.layer,
	};
	const char *const texts[] = { text, rule.file, rule.text, tracer->stack_text };
	return fst_wire_send(tracer->fd, &message, texts, 4);
}

static void remember(struct fst_tracer *tracer, const struct fst_judged *judged, struct flagstop_verdict verdict)
{
	struct fst_remembered *m = talloc_zero(tracer, struct fst_remembered);

	if (!m) /* it is asked again */
		return;
	*m = (struct fst_remembered){ judged->rule, judged->call.data.arch, judged->call.data.nr, verdict,
				      tracer->remembered };
	tracer->remembered = m;
}

static void unlink_question(struct fst_tracer *tracer, const struct fst_question *q)
{
	struct fst_question **at = &tracer->questions;

	while (*at && *at != q)
		at = &(*at)->next;
	if (*at)
		*at = q->next;
}

/* It may have been killed, or have come to execute, and the stop that says so is yet to be waited for. */
static bool waits_still(const struct fst_tracer *tracer, struct fst_tracee *tracee, const struct fst_question *q)
{
	struct fst_call_stop now;
	enum fst_call_place place = q->judged.call.place;
	enum fst_stop_kind kind = place == FST_PLACE_SECCOMP ? FST_STOP_SECCOMP : FST_STOP_SYSCALL;
	bool in_call = tracee->in_call;

	tracee->in_call = false; /* if it stands where it stood, that is before the call; some kernels tell no side */
	int r = fst_look_at_call(tracer, tracee, kind, &now);
	tracee->in_call = in_call;
	if (r && r != -ESRCH)
		kill(tracee->tid, SIGKILL);
	return !r && now.place == place && now.data.nr == q->judged.call.data.nr;
}

static void settle(struct fst_tracer *tracer, struct fst_question *q, struct flagstop_verdict verdict)
{
	struct fst_tracee *tracee = q->tid ? fst_stops_find(tracer, q->tid) : NULL;

	unlink_question(tracer, q);
	if (tracee && tracee->question == q) {
		tracee->question = NULL;
		if (waits_still(tracer, tracee, q))
			carry_out(tracer, tracee, &q->judged, verdict);
	}
	talloc_free(q);
}

/* The caller has one question at a time: many would fill its socket, and then nobody would look after the others. */
static void ask_next(struct fst_tracer *tracer)
{
	while (!tracer->awaited && tracer->questions) {
		struct fst_question *q = tracer->questions;
		const struct flagstop_verdict *known = recall(tracer, &q->judged);

		if (known)
			settle(tracer, q, *known);
		else if (send_question(tracer, q))
			settle(tracer, q, refusal);
		else
			tracer->awaited = q->id;
	}
}

void fst_ask_question(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct fst_judged *judged)
{
	const struct flagstop_verdict *known = recall(tracer, judged);
	struct fst_question **last = &tracer->questions;
	struct fst_question *q = NULL;

	if (!known && tracer->options->ask)
		q = talloc_zero(tracer, struct fst_question);
	if (!q) {
		carry_out(tracer, tracee, judged, known ? *known : refusal);
		return;
	}
	if (tracee->changes && tracee->changes->paths.pending &&
	    fst_paths_keep(tracer->paths, &tracee->changes->paths)) {
		talloc_free(q);
		carry_out(tracer, tracee, judged, refusal);
		return;
	}
	q->id = ++tracer->last_question;
	q->tid = tracee->tid;
	q->judged = *judged;
	while (*last)
		last = &(*last)->next;
	*last = q;
	tracee->question = q;
	ask_next(tracer);
}

void fst_ask_answer(struct fst_tracer *tracer, const struct fst_message *message)
{
	struct fst_question *q = tracer->questions;
	struct flagstop_verdict verdict = message->answer.verdict;

	if (!q || !tracer->awaited || q->id != tracer->awaited || q->id != message->id)
		return;
	/* The answer was asked for: an answer that is none refuses. */
	if (verdict.action == FLAGSTOP_ACTION_ASK || !flagstop_action_name(verdict.action))
		verdict = refusal;
	if (message->answer.always)
		remember(tracer, &q->judged, verdict);
	tracer->awaited = 0;
	settle(tracer, q, verdict);
	ask_next(tracer);
}

/* A question that the caller has is kept for its answer, which may be meant for later calls, too. */
void fst_ask_forget(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	struct fst_question *q = tracee->question;

	tracee->question = NULL;
	if (!q)
		return;
	q->tid = 0;
	if (q->id == tracer->awaited)
		return;
	unlink_question(tracer, q);
	talloc_free(q);
}
