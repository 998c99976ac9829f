/* SPDX-License-Identifier: MIT */
/* `compile --optimize` and `--frequencies`, and the figures that show what they did. */

#include "test_cli.h"

static const char policy[] = "abi x86_64 i386\n"
			     "default deny EPERM\n"
			     "allow @system-service\n"
			     "trap chroot pivot_root when arg0 == 0\n";

/* The one field of the first ABI's, or of the one that is named. */
static double stat_of(char *const options[4], const char *field)
{
	struct run run = RUN_INIT;
	char *argv[12] = { FLAGSTOP, "compile", "--format=stats", "--json", "--arch=x86_64" };
	size_t count = 5;

	for (size_t i = 0; i < 4 && options[i]; i++)
		argv[count++] = options[i];
	argv[count] = "p.fs";
	run_command(&run, argv);
	assert_status(&run, 0);
	json_t *list = json_of(run.out), *value = json_object_get(json_array_get(list, 0), field);
	assert_true(json_is_number(value));
	double number = json_number_value(value);
	json_decref(list);
	run_free(&run);
	return number;
}

static void optimize__trades_instructions_for_what_runs(void **state)
{
	char *size[4] = { "--optimize=size" }, *speed[4] = { "-O", "speed" }, *both[4] = { "--optimize", "both" };
	char *none[4] = { NULL };

	(void)state;
	write_text("p.fs", policy);
	assert_true(stat_of(size, "insns") < stat_of(speed, "insns"));
	assert_true(stat_of(speed, "executed_mean") < stat_of(size, "executed_mean"));
	assert_true(stat_of(both, "insns") == stat_of(none, "insns"));
	assert_true(stat_of(none, "executed_worst") >= stat_of(none, "executed_mean"));
	assert_true(stat_of(none, "executed_weighted") == stat_of(none, "executed_mean"));
}

/* What a session counted is what the next program is made for. */
static void frequencies__are_what_run_counted(void **state)
{
	struct run run = RUN_INIT;
	char *options[4] = { "--frequencies", "counts.json" }, *none[4] = { NULL };

	(void)state;
	write_text("p.fs", policy);
	write_text("count.fs", "default allow\ntrace getppid clock_nanosleep\n");
	RUN(&run, "run", "-p", "count.fs", "--json", "counts.json", "--", "/bin/sh", "-c", "sleep 0");
	assert_status(&run, 0);
	run_free(&run);
	assert_true(stat_of(options, "executed_weighted") < stat_of(none, "executed_mean"));
}

static void frequencies__are_counts_by_name(void **state)
{
	char *options[4] = { "-F", "counts.json" }, *none[4] = { NULL };

	(void)state;
	write_text("p.fs", policy);
	write_text("counts.json", "{\"calls\": {\"futex\": 90, \"read\": 5, \"no_such_call\": 7}}");
	/* architecture, its load, the number's, a comparison or a few, a return */
	assert_true(stat_of(options, "executed_weighted") < 6);
	assert_true(stat_of(options, "executed_weighted") < stat_of(none, "executed_mean"));
}

static void frequencies__are_lines_as_minijail_has_them(void **state)
{
	char *options[4] = { "-F", "counts.frequency" }, *none[4] = { NULL };

	(void)state;
	write_text("p.fs", policy);
	write_text("counts.frequency", "# counted yesterday\n\nfutex: 90\n\tread :5 # few\r\nno_such_call: 7");
	assert_true(stat_of(options, "executed_weighted") < 6);
	assert_true(stat_of(options, "executed_weighted") < stat_of(none, "executed_mean"));
}

static void frequencies__that_are_none_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{}",
		"{\"calls\": 7}",
		"{\"calls\": {\"read\": \"often\"}}",
		"{\"calls\": {\"read\": -1}}",
		"{\"allowed\": [{\"count\": 3}]}",
		"{\"denied\": [7]}",
		"{\"allowed\": [{\"call\": \"read\"}]}",
		"read\n",
		"read: often\n",
		"read: -1\n",
		"read: 1 2\n",
		": 1\n",
		"read: 99999999999999999999\n",
	};
	struct run run = RUN_INIT;

	(void)state;
	write_text("p.fs", policy);
	for (size_t i = 0; i < COUNT(texts); i++) {
		write_text("counts.json", texts[i]);
		RUN(&run, "compile", "-F", "counts.json", "p.fs");
		if (run.status != 2)
			fail_msg("'%s': %d", texts[i], run.status);
		assert_string_equal(run.out, "");
		assert_holds(run.err, "counts.json");
		run_free(&run);
	}
	RUN(&run, "compile", "-F", "none.json", "p.fs");
	assert_status(&run, 2);
	run_free(&run);
	RUN(&run, "compile", "--optimize=much", "p.fs");
	assert_status(&run, 2);
	run_free(&run);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(optimize__trades_instructions_for_what_runs),
		cmocka_unit_test(frequencies__are_what_run_counted),
		cmocka_unit_test(frequencies__are_counts_by_name),
		cmocka_unit_test(frequencies__are_lines_as_minijail_has_them),
		cmocka_unit_test(frequencies__that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, cli_setup, cli_teardown);
}
