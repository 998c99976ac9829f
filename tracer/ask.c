/* SPDX-License-Identifier: MIT */
/*
 * Calls that wait for an answer. A question goes to the caller's process, the tracee stays where it is, all others go on.
 * Without anybody to ask the answer is EPERM. Does not know what is asked, or how.
 */
#include <errno.h>
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
	int abi = flagstop_abi_of_call(call->arch, call->nr);
	struct flagstop_rule rule;
	char text[512];

	fst_rule_describe(q->judged.rule, tracer->policy->layers[q->judged.layer]->layer, q->judged.layer, &rule);
	flagstop_call_format(abi, call->nr, call->args, text, sizeof(text));
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

void fst_ask_question(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct fst_judged *judged)
{
	const struct flagstop_verdict *known = recall(tracer, judged);
	struct fst_question *q;

	if (known || !tracer->options->ask) {
		carry_out(tracer, tracee, judged, known ? *known : refusal);
		return;
	}
	q = talloc_zero(tracer, struct fst_question);
	if (q) {
		q->id = ++tracer->last_question;
		q->tid = tracee->tid;
		q->judged = *judged;
	}
	if (!q || send_question(tracer, q)) {
		talloc_free(q);
		carry_out(tracer, tracee, judged, refusal);
		return;
	}
	q->next = tracer->questions;
	tracer->questions = q;
	tracee->question = q;
}

static void unlink_question(struct fst_tracer *tracer, const struct fst_question *q)
{
	struct fst_question **at = &tracer->questions;

	while (*at && *at != q)
		at = &(*at)->next;
	if (*at)
		*at = q->next;
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

void fst_ask_answer(struct fst_tracer *tracer, const struct fst_message *message)
{
	struct fst_question *q = tracer->questions;
	struct flagstop_verdict verdict = message->answer.verdict;
	struct fst_tracee *tracee;

	while (q && q->id != message->id)
		q = q->next;
	if (!q) /* its tracee died meanwhile */
		return;
	/* The answer was asked for: an answer that is none refuses. */
	if (verdict.action == FLAGSTOP_ACTION_ASK || !flagstop_action_name(verdict.action))
		verdict = refusal;
	unlink_question(tracer, q);
	if (message->answer.always)
		remember(tracer, &q->judged, verdict);
	tracee = fst_stops_find(tracer, q->tid);
	if (tracee && tracee->question == q) {
		tracee->question = NULL;
		carry_out(tracer, tracee, &q->judged, verdict);
	}
	talloc_free(q);
}

void fst_ask_forget(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	if (!tracee->question)
		return;
	unlink_question(tracer, tracee->question);
	talloc_free(tracee->question);
	tracee->question = NULL;
}
