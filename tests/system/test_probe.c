/* SPDX-License-Identifier: MIT */
/*
 * What `probe` finds, and what it says of the reasons, where a filter or a tracer above takes a feature away: so that
 * no other kernel is needed.
 */
#include "test_cli.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/seccomp.h>

#include <flagstop/flagstop.h>

#define POOR FLAGSTOP_TRACEES_DIR "/poor"

/* The answer on a feature. */
static json_t *find(json_t *answer, const char *feature)
{
	json_t *list = json_object_get(answer, "features");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(json_text(json_array_get(list, i), "feature"), feature))
			return json_array_get(list, i);
	fail_msg("nothing is said of %s", feature);
	return NULL;
}

static bool is_there(json_t *answer, const char *feature)
{
	return json_is_true(json_object_get(find(answer, feature), "there"));
}

/* Where a filter above denies it. */
static json_t *probe_without(struct run *run, const char *denied)
{
	char *argv[] = { (char *)POOR, (char *)denied, "--", (char *)FLAGSTOP, "probe", "--json", NULL };

	run_command(run, argv);
	assert_status(run, 0);
	return json_of(run->out);
}

static void probe__answers_for_every_feature(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	RUN(&run, "probe", "--json");
	assert_status(&run, 0);
	json_t *answer = json_of(run.out), *list = json_object_get(answer, "features");
	assert_int_equal(json_array_size(list), FLAGSTOP_FEATURE_COUNT);
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *o = json_array_get(list, i);
		bool there = json_is_true(json_object_get(o, "there"));

		assert_true(*json_text(o, "feature") && *json_text(o, "purpose"));
		assert_true(*json_text(o, "instead") && *json_text(o, "cost"));
		assert_int_equal(there, !json_number(o, "error"));
		assert_int_equal(there, !*json_text(o, "reason"));
	}
	json_decref(answer);
	run_free(&run);
}

static void probe__says_all_of_it_in_words(void **state)
{
	struct run words = RUN_INIT, run = RUN_INIT;

	(void)state;
	RUN(&words, "probe");
	RUN(&run, "probe", "--json");
	json_t *answer = json_of(run.out), *list = json_object_get(answer, "features");
	for (size_t i = 0; i < json_array_size(list); i++) {
		assert_holds(words.out, json_text(json_array_get(list, i), "feature"));
		assert_holds(words.out, json_text(json_array_get(list, i), "purpose"));
		assert_holds(words.out, json_text(json_array_get(list, i), "instead"));
		assert_holds(words.out, json_text(json_array_get(list, i), "cost"));
		assert_holds(words.out, json_text(json_array_get(list, i), "reason"));
	}
	assert_holds(words.out, json_text(answer, "backend"));
	json_decref(answer);
	run_free(&words);
	run_free(&run);
}

struct denial {
	const char *name, *feature, *denied, *reason, *backend;
};

#define FILTER "a filter above"

static const struct denial denials[] = {
	/* PR_GET_SECCOMP is denied as well: nothing tells it from a kernel without. */
	{ "probe__finds_denied__filters", "seccomp-filter", "no-seccomp", "the kernel does not have it", "ptrace" },
	{ "probe__finds_denied__flags", "ret-trace", "no-seccomp", "the kernel does not have it", "ptrace" },
	{ "probe__finds_denied__tracing", "ptrace-seize", "no-tracing", FILTER, "none" },
	{ "probe__finds_denied__what_tells_the_call", "syscall-info", "no-call-info", FILTER, "trace" },
	{ "probe__finds_denied__the_listener", "no-other-listener", "listener", FILTER " has the one", "ptrace" },
	{ "probe__finds_denied__copies", "read-memory", "no-copies", FILTER, "trace" },
	{ "probe__finds_denied__shared_memory", "shared-memory", "no-shared-memory", FILTER, "trace" },
	{ "probe__finds_denied__resolving", "openat2", "no-resolving", FILTER, "trace" },
	{ "probe__finds_denied__affinity", "affinity", "no-affinity", FILTER, "trace" },
};

/* The program is asked for after the flag, and is nowhere. */
static bool knows_listeners(void)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, NULL) < 0 &&
		errno == EFAULT;
}

/* Below a filter, every call is judged only where the kernel tells beginnings from ends. */
static const char *backend_below(json_t *before, const char *backend)
{
	return strcmp(backend, "ptrace") || is_there(before, "syscall-info") ? backend : "none";
}

static void is_found(void **state)
{
	const struct denial *denial = *state;
	struct run all = RUN_INIT, run = RUN_INIT;

	RUN(&all, "probe", "--json");
	json_t *before = json_of(all.out);
	if (!is_there(before, denial->feature) || strcmp(json_text(before, "backend"), "trace")) {
		print_message("it is not there to begin with\n");
		skip();
	}
	if (!strcmp(denial->denied, "listener") && !knows_listeners()) {
		print_message("this kernel knows no listeners\n");
		skip();
	}
	json_t *answer = probe_without(&run, denial->denied);
	assert_false(is_there(answer, denial->feature));
	assert_holds(json_text(find(answer, denial->feature), "reason"), denial->reason);
	assert_true(*json_text(find(answer, denial->feature), "remedy"));
	assert_string_equal(json_text(answer, "backend"), backend_below(before, denial->backend));
	json_decref(before);
	json_decref(answer);
	run_free(&all);
	run_free(&run);
}

static void probe__finds_the_tracer_above(void **state)
{
	struct run run = { .env = { "ASAN_OPTIONS=detect_leaks=0" } }; /* which would trace */

	(void)state;
	write_text("traced.fs", "default allow\ntrace getppid\n");
	RUN(&run, "run", "-p", "traced.fs", "--", FLAGSTOP, "probe", "--json");
	assert_status(&run, 0);
	json_t *answer = json_of(run.out);
	assert_false(is_there(answer, "ptrace-seize"));
	assert_holds(json_text(find(answer, "ptrace-seize"), "reason"), "another tracer");
	assert_string_equal(json_text(answer, "backend"), "none");
	json_decref(answer);
	run_free(&run);
}

int main(void)
{
	struct CMUnitTest tests[COUNT(denials) + 3] = {
		cmocka_unit_test(probe__answers_for_every_feature),
		cmocka_unit_test(probe__says_all_of_it_in_words),
		cmocka_unit_test(probe__finds_the_tracer_above),
	};

	for (size_t i = 0; i < COUNT(denials); i++)
		tests[3 + i] = (struct CMUnitTest){ .name = denials[i].name,
						    .test_func = is_found,
						    .initial_state = (void *)&denials[i] };
	return cmocka_run_group_tests(tests, cli_setup, cli_teardown);
}
