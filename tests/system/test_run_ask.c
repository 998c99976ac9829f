/* SPDX-License-Identifier: MIT */
/* Calls that wait for an answer: what each answer does, and that nobody else waits. */
#include "harness.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ASK "default allow\ntrace getpgid\nask getppid\n"

struct asker {
	struct flagstop_answer answer;
	struct run *run;
	unsigned asked;
	char call[128], rule[128];
	unsigned line;
};

static struct flagstop_answer answer(const struct flagstop_question *question, void *context)
{
	struct asker *a = context;

	a->asked++;
	snprintf(a->call, sizeof(a->call), "%s", question->call);
	snprintf(a->rule, sizeof(a->rule), "%s", question->rule.text);
	a->line = question->rule.line;
	return a->answer;
}

static void prepare(struct run *run, struct asker *a, void **state,
		    struct flagstop_answer (*callback)(const struct flagstop_question *, void *))
{
	a->run = run;
	run->options.stacks = 0;
	run->options.report = *(const enum flagstop_report *)*state;
	run->options.ask = callback;
	run->options.context = a;
}

static void ask__tells_call_and_rule(void **state)
{
	struct asker a = { .answer = { { FLAGSTOP_ACTION_ALLOW, 0 }, 0 } };
	struct run run = RUN_INIT("default allow\nask getpgid\n");

	prepare(&run, &a, state, answer);
	run_whole(&run, "call", "getpgid", "0x7fffffff", NULL);
	assert_string_equal(run.out, "-3\n");
	assert_int_equal(a.asked, 1);
	assert_string_equal(a.call, "getpgid(2147483647)");
	assert_string_equal(a.rule, "ask getpgid");
	assert_int_equal(a.line, 2);
	run_free(&run);
}

static void ask__allowed_once_is_asked_again(void **state)
{
	struct asker a = { .answer = { { FLAGSTOP_ACTION_ALLOW, 0 }, 0 } };
	struct run run = RUN_INIT(ASK);

	prepare(&run, &a, state, answer);
	run_whole(&run, "storm", "5", NULL);
	assert_string_equal(run.out, "refused 0\n");
	assert_int_equal(a.asked, 5);
	run_free(&run);
}

static void ask__allowed_always_is_asked_once(void **state)
{
	struct asker a = { .answer = { { FLAGSTOP_ACTION_ALLOW, 0 }, 1 } };
	struct run run = RUN_INIT(ASK);

	prepare(&run, &a, state, answer);
	run_whole(&run, "storm", "5", NULL);
	assert_string_equal(run.out, "refused 0\n");
	assert_int_equal(a.asked, 1);
	run_free(&run);
}

/* Questions that were on their way when "always" was said are answered by it. */
static void ask__allowed_always_answers_those_who_wait_already(void **state)
{
	struct asker a = { .answer = { { FLAGSTOP_ACTION_ALLOW, 0 }, 1 } };
	struct run run = RUN_INIT(ASK);

	prepare(&run, &a, state, answer);
	run_whole(&run, "threads", "20", NULL);
	assert_string_equal(run.out, "refused 0\n");
	assert_int_equal(a.asked, 1);
	run_free(&run);
}

static void ask__denied_always_is_asked_once(void **state)
{
	struct asker a = { .answer = { { FLAGSTOP_ACTION_DENY, EACCES }, 1 } };
	struct run run = RUN_INIT(ASK);

	prepare(&run, &a, state, answer);
	run_whole(&run, "storm", "5", NULL);
	assert_string_equal(run.out, "refused 5\n");
	assert_int_equal(a.asked, 1);
	assert_int_equal(run_count(&run, "getppid", FLAGSTOP_ACTION_DENY), 5);
	run_free(&run);
}

static void ask__denied_gets_that_errno(void **state)
{
	struct asker a = { .answer = { { FLAGSTOP_ACTION_DENY, ENOSPC }, 0 } };
	struct run run = RUN_INIT(ASK);

	prepare(&run, &a, state, answer);
	run_whole(&run, "call", "getppid", NULL);
	assert_string_equal(run.out, "-28\n");
	run_free(&run);
}

static void ask__returned_gets_that_value(void **state)
{
	struct asker a = { .answer = { { FLAGSTOP_ACTION_RETURN, 0x1234567890 }, 0 } };
	struct run run = RUN_INIT(ASK);

	prepare(&run, &a, state, answer);
	run_whole(&run, "call", "getppid", NULL);
	/* A register's worth. */
	assert_string_equal(run.out, sizeof(long) == 8 ? "78187493520\n" : "878082192\n");
	run_free(&run);
}

static void ask__answered_with_a_question_is_denied(void **state)
{
	struct asker a = { .answer = { { FLAGSTOP_ACTION_ASK, 0 }, 0 } };
	struct run run = RUN_INIT(ASK);

	prepare(&run, &a, state, answer);
	run_whole(&run, "call", "getppid", NULL);
	assert_string_equal(run.out, "-1\n");
	run_free(&run);
}

static void ask__killed_is_the_kernels_kill(void **state)
{
	struct asker a = { .answer = { { FLAGSTOP_ACTION_KILL_PROCESS, 0 }, 0 } };
	struct run run = RUN_INIT(ASK);

	prepare(&run, &a, state, answer);
	run_whole(&run, "thread_call", NULL);
	run_assert_signalled(&run, SIGSYS);
	assert_string_equal(run.out, "");
	assert_int_equal(run_count(&run, "getppid", FLAGSTOP_ACTION_KILL_PROCESS), 1);
	run_free(&run);
}

static void ask__killed_thread_is_that_thread_alone(void **state)
{
	struct asker a = { .answer = { { FLAGSTOP_ACTION_KILL_THREAD, 0 }, 0 } };
	struct run run = RUN_INIT(ASK);

	prepare(&run, &a, state, answer);
	run_whole(&run, "thread_call", NULL);
	run_assert_exited(&run, 0);
	assert_string_equal(run.out, "survived\n");
	run_free(&run);
}

/* ---- meanwhile -------------------------------------------------------------------------------------------------- */

static struct flagstop_answer answer_after_signs_of_life(const struct flagstop_question *question, void *context)
{
	struct asker *a = context;
	char line[64];

	(void)question;
	if (!a->asked) { /* every thread that asks is made before this line */
		harness_read_line(a->run->from, line, sizeof(line));
		assert_string_equal(line, "asking");
	}
	for (int i = 0; !a->asked && i < 3; i++) {
		run_say(a->run, ".");
		harness_read_line(a->run->from, line, sizeof(line));
		assert_string_equal(line, "going on");
	}
	if (!a->asked++) {
		close(a->run->to);
		a->run->to = -1;
	}
	return a->answer;
}

static void check_others_go_on(void **state, const char *threads)
{
	struct asker a = { .answer = { { FLAGSTOP_ACTION_ALLOW, 0 }, 0 } };
	struct run run = RUN_INIT(ASK);
	char expected[32];

	prepare(&run, &a, state, answer_after_signs_of_life);
	run_start(&run, "asker", threads, NULL);
	assert_int_equal(flagstop_session_wait(run.session, &run.error), 0); /* in there questions are answered */
	run_finish(&run);
	snprintf(expected, sizeof(expected), "allowed %s\n", threads);
	assert_string_equal(run.out, expected);
	assert_int_equal(a.asked, atoi(threads));
	assert_int_equal(run_count(&run, "getpgid", FLAGSTOP_ACTION_TRACE), 1 + 3);
	run_free(&run);
}

static void ask__others_go_on_while_one_waits(void **state)
{
	check_others_go_on(state, "1");
}

/* More questions than a socket holds. */
static void ask__others_go_on_while_600_wait(void **state)
{
	check_others_go_on(state, "600");
}

static struct flagstop_answer answer_getpgid_always(const struct flagstop_question *question, void *context)
{
	static const struct flagstop_answer always = { { FLAGSTOP_ACTION_ALLOW, 0 }, 1 };

	return strstr(question->call, "getpgid") ? always : answer_after_signs_of_life(question, context);
}

static void ask__allowed_always_does_not_wait_behind_another_question(void **state)
{
	struct asker a = { .answer = { { FLAGSTOP_ACTION_ALLOW, 0 }, 0 } };
	struct run run = RUN_INIT("default allow\nask getpgid\nask getppid\n");

	prepare(&run, &a, state, answer_getpgid_always);
	run_start(&run, "asker", "2", NULL);
	assert_int_equal(flagstop_session_wait(run.session, &run.error), 0);
	run_finish(&run);
	assert_string_equal(run.out, "allowed 2\n");
	run_free(&run);
}

static struct flagstop_answer kill_first(const struct flagstop_question *question, void *context)
{
	struct asker *a = context;

	if (!a->asked++)
		kill(question->tid, SIGKILL);
	return a->answer;
}

static void ask__of_whom_is_killed_meanwhile_is_forgotten(void **state)
{
	struct asker a = { .answer = { { FLAGSTOP_ACTION_DENY, EPERM }, 0 } };
	struct run run = RUN_INIT(ASK);

	prepare(&run, &a, state, kill_first);
	run_whole(&run, "storm", "3", NULL);
	assert_string_equal(run.out, "refused 2\n"); /* the first one died, and was not refused */
	assert_int_equal(a.asked, 3);
	run_free(&run);
}

static struct flagstop_answer answer_after_exec(const struct flagstop_question *question, void *context)
{
	static const struct flagstop_answer allow = { { FLAGSTOP_ACTION_ALLOW, 0 }, 0 };
	struct asker *a = context;
	char line[64];

	(void)question;
	if (a->asked++)
		return a->answer;
	run_say(a->run, "x");
	harness_read_line(a->run->from, line, sizeof(line));
	assert_string_equal(line, "executed");
	return allow; /* for a thread that is no more */
}

/* The thread that executed has the tid of the one that waited: its answer must not be taken for the other's. */
static void ask__of_a_thread_that_anothers_exec_ends_is_forgotten(void **state)
{
	struct asker a = { .answer = { { FLAGSTOP_ACTION_DENY, EPERM }, 0 } };
	struct run run = RUN_INIT(ASK);

	prepare(&run, &a, state, answer_after_exec);
	run_start(&run, "asked_exec", NULL);
	assert_int_equal(flagstop_session_wait(run.session, &run.error), 0);
	run_finish(&run);
	assert_string_equal(run.out, "refused 1\n");
	assert_int_equal(a.asked, 2);
	run_free(&run);
}

static const struct CMUnitTest laws[] = {
	LAW_IN_BOTH(ask__tells_call_and_rule),
	LAW_IN_BOTH(ask__allowed_once_is_asked_again),
	LAW_IN_BOTH(ask__allowed_always_is_asked_once),
	LAW_IN_BOTH(ask__allowed_always_answers_those_who_wait_already),
	LAW_IN_BOTH(ask__denied_always_is_asked_once),
	LAW_IN_BOTH(ask__denied_gets_that_errno),
	LAW_IN_BOTH(ask__returned_gets_that_value),
	LAW_IN_BOTH(ask__answered_with_a_question_is_denied),
	LAW_IN_BOTH(ask__killed_is_the_kernels_kill),
	LAW_IN_BOTH(ask__killed_thread_is_that_thread_alone),
	LAW_IN_BOTH(ask__others_go_on_while_one_waits),
	LAW_IN_BOTH(ask__others_go_on_while_600_wait),
	LAW_IN_BOTH(ask__allowed_always_does_not_wait_behind_another_question),
	LAW_IN_BOTH(ask__of_whom_is_killed_meanwhile_is_forgotten),
	LAW_IN_BOTH(ask__of_a_thread_that_anothers_exec_ends_is_forgotten),
};

int main(void)
{
	return RUN_LAWS(laws);
}
