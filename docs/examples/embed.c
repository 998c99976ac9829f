/* SPDX-License-Identifier: MIT */
/*
 * A program that runs another one under a policy, decides about its questions, and tells what happened.
 *
 *     cc embed.c $(pkg-config --cflags --libs flagstop) -o embed
 *     ./embed sh -c 'cd /; id -ru'
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <flagstop/flagstop.h>

static const char policy_text[] = "default allow\n"
				  "deny EACCES socket when domain in {AF_INET, AF_INET6}\n"
				  "return 4242 getuid\n"
				  "ask chdir\n";

static int complain(const struct flagstop_error *error)
{
	char text[2048];

	flagstop_error_format(error, text, sizeof(text));
	fprintf(stderr, "embed: %s\n", text);
	return 125;
}

/* Called while the session is waited for; the thread that asks waits, others go on. */
static struct flagstop_answer answer(const struct flagstop_question *question, void *context)
{
	unsigned *questions = context;

	printf("question %u: %s (line %u of the policy)\n", ++*questions, question->call, question->rule.line);
	if (*questions == 1)
		return (struct flagstop_answer){ .verdict = { FLAGSTOP_ACTION_ALLOW, 0 } };
	return (struct flagstop_answer){ .verdict = { FLAGSTOP_ACTION_DENY, EACCES }, .always = 1 };
}

static void print_events(const struct flagstop_session *session)
{
	char verdict[64];

	for (size_t i = 0; i < flagstop_session_event_count(session); i++) {
		const struct flagstop_event *event = flagstop_session_event(session, i);

		flagstop_verdict_format(event->verdict, verdict, sizeof(verdict));
		printf("%llu x %s: %s (%s:%u)\n", (unsigned long long)event->count, event->call, verdict,
		       event->rule.file, event->rule.line);
	}
}

static int run(const struct flagstop_policy *policy, char **argv)
{
	struct flagstop_session_options options = FLAGSTOP_SESSION_OPTIONS_INIT;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_session *session;
	struct flagstop_summary summary;
	unsigned questions = 0;

	options.argv = argv;
	options.ask = answer;
	options.context = &questions;
	if (flagstop_session_start(policy, &options, &session, &error))
		return complain(&error);
	if (flagstop_session_wait(session, &error)) {
		flagstop_session_free(session);
		return complain(&error);
	}
	print_events(session);
	flagstop_session_summary(session, &summary);
	flagstop_session_free(session);
	return summary.signal ? 128 + summary.signal : summary.exit_code;
}

int main(int argc, char **argv)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_policy *policy;
	int status;

	if (argc < 2) {
		fprintf(stderr, "Usage: embed PROGRAM [ARG...]\n");
		return 125;
	}
	setvbuf(stdout, NULL, _IOLBF, 0); /* the program writes there, too: in the order in which things happen */
	policy = flagstop_policy_new();
	if (!policy)
		return 125;
	if (flagstop_policy_add_text(policy, "policy", policy_text, strlen(policy_text), &error))
		status = complain(&error);
	else
		status = run(policy, argv + 1);
	flagstop_policy_free(policy);
	return status;
}
