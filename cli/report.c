/* SPDX-License-Identifier: MIT */
/* What a session did, for people and for programs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

static bool is_denial(const struct flagstop_event *e)
{
	return e->verdict.action >= FLAGSTOP_ACTION_DENY;
}

static void print_event(const struct flagstop_event *e)
{
	char verdict[64], rule[512];
	const char *style = styled(stderr, is_denial(e) ? RED : YELLOW), *plain = styled(stderr, PLAIN);

	flagstop_verdict_format(e->verdict, verdict, sizeof(verdict));
	fprintf(stderr, "%8llu× %s%s%s  %s%s%s\n", (unsigned long long)e->count, styled(stderr, BOLD), e->call, plain,
		style, verdict, plain);
	format_rule(&e->rule, rule, sizeof(rule));
	fprintf(stderr, "          rule  %s\n", rule);
	fprintf(stderr, "          as    %s\n", e->example);
	if (*e->stack) {
		fprintf(stderr, "          from\n");
		print_indented(stderr, "            ", e->stack);
	}
}

void print_report(const struct flagstop_session *session)
{
	size_t count = flagstop_session_event_count(session);
	struct flagstop_summary s;
	uint64_t denied = 0;

	flagstop_session_summary(session, &s);
	if (!count)
		return;
	for (size_t i = 0; i < count; i++)
		if (is_denial(flagstop_session_event(session, i)))
			denied += flagstop_session_event(session, i)->count;
	fprintf(stderr, "%sflagstop:%s %llu calls denied; %llu stops, %llu of them flagged calls, in %llu threads\n",
		styled(stderr, BOLD), styled(stderr, PLAIN), (unsigned long long)denied, (unsigned long long)s.stops,
		(unsigned long long)s.calls_flagged, (unsigned long long)s.tracees);
	for (size_t i = 0; i < count; i++)
		print_event(flagstop_session_event(session, i));
	if (s.events_lost)
		fprintf(stderr, "          and %llu more, of too many kinds to be kept apart\n",
			(unsigned long long)s.events_lost);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static json_t *json_of_stack(const char *stack)
{
	json_t *list = json_array();

	while (*stack) {
		size_t bytes = strcspn(stack, "\n");

		json_array_append_new(list, json_of_text(stack, bytes));
		stack += bytes + (stack[bytes] == '\n');
	}
	return list;
}

static json_t *json_of_event(const struct flagstop_event *e)
{
	json_t *object = json_pack("{s:s, s:s, s:I, s:o, s:I, s:i}", "call", e->call, "abi", flagstop_abi_name(e->abi),
				   "nr", (json_int_t)e->nr, "example", json_of_text(e->example, strlen(e->example)),
				   "count", (json_int_t)e->count, "tid", (int)e->tid);

	json_add_verdict(object, e->verdict);
	json_add_rule(object, &e->rule);
	json_object_set_new(object, "stack", json_of_stack(e->stack));
	return object;
}

static json_t *json_of_events(const struct flagstop_session *session, bool denials)
{
	json_t *list = json_array();

	for (size_t i = 0; i < flagstop_session_event_count(session); i++) {
		const struct flagstop_event *e = flagstop_session_event(session, i);

		if (is_denial(e) == denials)
			json_array_append_new(list, json_of_event(e));
	}
	return list;
}

static json_t *json_of_session(const struct flagstop_session *session, int status)
{
	struct flagstop_summary s;

	flagstop_session_summary(session, &s);
	json_t *object = json_pack("{s:i, s:b, s:b, s:I, s:I, s:I, s:I}", "exit", status, "core_dumped", s.core_dumped,
				   "traced", s.traced, "stops", (json_int_t)s.stops, "calls_flagged",
				   (json_int_t)s.calls_flagged, "tracees", (json_int_t)s.tracees, "events_lost",
				   (json_int_t)s.events_lost);

	json_object_set_new(object, "backend",
			    json_string(s.backend == FLAGSTOP_BACKEND_PTRACE ? "ptrace" : "trace"));
	json_object_set_new(object, "handed_over", json_integer((json_int_t)s.handed_over));
	json_object_set_new(object, "signal", s.signal ? json_integer(s.signal) : json_null());
	json_object_set_new(object, "denied", json_of_events(session, true));
	json_object_set_new(object, "allowed", json_of_events(session, false));
	return object;
}

int write_json_report(const struct flagstop_session *session, const char *path, int status)
{
	json_t *object = json_of_session(session, status);
	FILE *out = strcmp(path, "-") ? fopen(path, "we") : stdout;
	int failed = !out || json_dumpf(object, out, JSON_INDENT(2)) || fputc('\n', out) == EOF;

	if (out && (out == stdout ? fflush(out) : fclose(out)))
		failed = 1;
	if (failed)
		fprintf(stderr, "flagstop: %s: %s\n", path, strerror(errno));
	json_decref(object);
	return failed;
}
