/* SPDX-License-Identifier: MIT */
/*
 * Policies that somebody wrote to hurt, or by accident: `check` says where the trouble is, soon, and `run` runs
 * nothing.
 * What the parser makes of every kind of mistake is test_parse.c's.
 */

#include "test_cli.h"

#define SOON_MS 10000 /* on a machine that does other things as well */
#define ENDLESS_BYTES UINT64_C(100000000)

static void assert_soon(const struct run *run)
{
	if (run->took_ms > SOON_MS)
		fail_msg("took %llu ms", (unsigned long long)run->took_ms);
}

/* A complaint as a compiler's: place, line, and a caret right under where the line is shown. */
static void assert_points(const struct run *run, const char *place)
{
	char start[128];
	const char *line, *caret;

	snprintf(start, sizeof(start), "flagstop: %s: ", place);
	if (strncmp(run->err, start, strlen(start)))
		fail_msg("'%s' does not begin:\n%.2000s", start, run->err);
	line = strchr(run->err, '\n');
	assert_non_null(line);
	caret = strchr(line + 1, '\n');
	assert_non_null(caret);
	assert_non_null(strchr(line, '|'));
	caret = strchr(caret, '|');
	assert_non_null(caret);
	assert_int_equal(caret[1 + strspn(caret + 1, " ")], '^');
}

static void refuse(struct run *run, const char *file, const char *place)
{
	struct run program = RUN_INIT;

	RUN(run, "check", (char *)file);
	assert_status(run, 1);
	assert_string_equal(run->out, "");
	if (place)
		assert_points(run, place);
	assert_soon(run);
	run_free(run);
	RUN(&program, "run", "-p", (char *)file, "--", "/bin/touch", "made");
	assert_status(&program, 125);
	assert_int_equal(access("made", F_OK), -1);
	run_free(&program);
}

/* ---- in one file ------------------------------------------------------------------------------------------------ */

static const struct {
	const char *name, *text, *place;
	size_t bytes; /* 0: strlen(text) */
} texts[] = {
	{ "text__unknown_call", "default allow\nallow opennat\n", "h.fs:2:7", 0 },
	{ "text__truncated_in_a_rule", "default allow\nallow socket when domain ==", "h.fs:2:28", 0 },
	{ "text__truncated_in_a_set", "default allow\nallow (read\n", "h.fs:2:7", 0 },
	{ "text__truncated_in_a_list", "allow socket when domain in {1,\n2,", "h.fs:1:29", 0 },
	{ "text__truncated_in_a_string", "include \"a", "h.fs:1:9", 0 },
	{ "text__zero_byte", "default allow\nallow re\0ad\n", "h.fs:2:9", 26 },
	{ "text__control_byte", "default allow\nallow \033[31mread\n", "h.fs:2:7", 0 },
	{ "text__other_encoding", "\xff\xfe"
				  "d\0e\0f\0a\0u\0l\0t\0",
	  "h.fs:1:4", 16 },
	{ "text__condition_that_contradicts_itself", "allow close when fd == 1 and fd == 2\n", "h.fs:1:18", 0 },
};

static void check_text(void **state)
{
	size_t i = *(const size_t *)*state;
	struct run run = RUN_INIT;

	write_bytes("h.fs", texts[i].text, texts[i].bytes ? texts[i].bytes : strlen(texts[i].text));
	refuse(&run, "h.fs", texts[i].place);
}

static void binary__is_refused_at_its_first_byte_that_is_no_text(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	refuse(&run, FLAGSTOP, FLAGSTOP ":1:1");
	refuse(&run, "/dev/zero", "/dev/zero:1:1");
}

static void unknown_call__comes_with_a_suggestion(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("h.fs", "default allow\nallow opennat\n");
	RUN(&run, "check", "h.fs");
	assert_holds(run.err, "\ndid you mean 'openat'?\n");
	run_free(&run);
}

/* ---- too much --------------------------------------------------------------------------------------------------- */

static void line__of_100_mb_is_refused_after_4096_bytes(void **state)
{
	static char piece[100000];
	struct run run = { .input = piece, .input_bytes = sizeof(piece), .input_times = ENDLESS_BYTES / sizeof(piece) };

	(void)state;
	memset(piece, 'a', sizeof(piece));
	RUN(&run, "check", "-");
	assert_status(&run, 1);
	assert_points(&run, "<stdin>:1:4097");
	assert_soon(&run);
	run_free(&run);
}

static void lines__of_100_mb_are_refused_after_1_mb(void **state)
{
	static const char line[] = "# sixty-three bytes of comment, and one more that ends the line\n";
	struct run run = { .input = line, .input_times = ENDLESS_BYTES / 64 };

	(void)state;
	RUN(&run, "check", "-");
	assert_status(&run, 1);
	assert_holds(run.err, "larger than 1048576 bytes");
	assert_soon(&run);
	run_free(&run);
}

static void repeat(const char *path, const char *before, const char *piece, unsigned count, const char *after)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(before, file);
	for (unsigned i = 0; i < count; i++)
		fputs(piece, file);
	fputs(after, file);
	assert_int_equal(fclose(file), 0);
}

#define EITHER -1
#define ALL_ABIS "abi x86_64 i386 x32 aarch64 arm riscv64 ppc64le s390x loongarch64\n"

/* Few bytes that would mean much work. */
static const struct {
	const char *name, *before, *piece, *after;
	unsigned count;
	int status; /* of check: 1, or 0 where it is merely odd; EITHER, as large as it becomes */
} bombs[] = {
	{ "bomb__parentheses", "allow ", "(", "read\n", 4000, 1 },
	{ "bomb__not", "allow read when ", "not ", "fd\n", 1000, 1 },
	{ "bomb__minus", "allow read when fd == ", "-", "1\n", 4000, 1 },
	{ "bomb__tests", "allow read when ", "fd or\\\n", "fd\n", 100000, 1 },
	{ "bomb__alternatives", "allow read when ", "(fd == 1 or fd == 2) and\\\n", "fd == 3 and fd == 4\n", 40, 0 },
	{ "bomb__alternatives_of_every_call", ALL_ABIS "allow @known when ", "(arg0 >= 1 or arg0 >= 2) and\\\n",
	  "arg2 == 3 and arg2 == 4\n", 14, EITHER },
	{ "bomb__values_of_every_call", ALL_ABIS "allow @known when arg0 in {", "1, 3, 5, 7, 9, 11, 13, 15,\n",
	  "17}\n", 120, 1 },
	{ "bomb__values_in_a_list", "allow read when fd in {", "1,\n", "2}\n", 60000, 1 },
	{ "bomb__conditions_of_every_call", ALL_ABIS, "deny @known when arg0 == 5\n", "", 20000, 1 },
	{ "bomb__groups_of_groups", "", "group @a = @known + @known - @known\n", "", 10000, 1 },
	{ "bomb__rules", "", "log @known\n", "", 90000, 1 },
};

static void check_bomb(void **state)
{
	size_t i = *(const size_t *)*state;
	struct run run = RUN_INIT;

	repeat("h.fs", bombs[i].before, bombs[i].piece, bombs[i].count, bombs[i].after);
	RUN(&run, "check", "h.fs");
	assert_status(&run, bombs[i].status == EITHER ? run.status & 1 : bombs[i].status);
	assert_soon(&run);
	if (bombs[i].status > 0)
		assert_holds(run.err, "flagstop: h.fs:");
	run_free(&run);
}

/* ---- includes --------------------------------------------------------------------------------------------------- */

static void include__loop_is_refused_with_its_way(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("a.fs", "include \"b.fs\"\n");
	write_text("b.fs", "# b\ninclude \"a.fs\"\n");
	RUN(&run, "check", "a.fs");
	assert_status(&run, 1);
	assert_points(&run, "b.fs:2:9");
	assert_holds(run.err, "include loop: a.fs includes b.fs includes a.fs");
	run_free(&run);
	write_text("self.fs", "include \"self.fs\"\n");
	refuse(&run, "self.fs", "self.fs:1:9");
}

static void include__of_what_is_not_there_is_the_policy_s_mistake(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("a.fs", "default allow\ninclude \"none.fs\"\n");
	refuse(&run, "a.fs", "a.fs:2:9");
}

static void include__mistake_is_shown_where_it_is(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("a.fs", "include \"b.fs\"\n");
	write_text("b.fs", "\nallow opennat\n");
	RUN(&run, "check", "a.fs");
	assert_status(&run, 1);
	assert_points(&run, "b.fs:2:7");
	run_free(&run);
}

static void include__of_many_levels_ends(void **state)
{
	struct run run = RUN_INIT;
	char name[32], text[64];

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "n%u.fs", i);
		snprintf(text, sizeof(text), "include \"n%u.fs\"\n", i + 1);
		write_text(name, text);
	}
	write_text("n40.fs", "allow read\n");
	refuse(&run, "n0.fs", "n16.fs:1:9");
}

/* Each level includes the next twice: 2^15 files. */
static void include__of_many_files_ends(void **state)
{
	struct run run = RUN_INIT;
	char name[32], text[64];

	(void)state;
	for (unsigned i = 0; i < 15; i++) {
		snprintf(name, sizeof(name), "m%u.fs", i);
		snprintf(text, sizeof(text), "include \"m%u.fs\"\ninclude \"m%u.fs\"\n", i + 1, i + 1);
		write_text(name, text);
	}
	write_text("m15.fs", "log read\n");
	refuse(&run, "m0.fs", NULL);
}

/* ---- programs --------------------------------------------------------------------------------------------------- */

static void program__of_a_policy_is_no_filter(void **state)
{
	struct run run = RUN_INIT;

	(void)state;
	write_text("h.fs", "default allow\nallow read\n12345");
	RUN(&run, "disasm", "h.fs");
	assert_status(&run, 1);
	assert_string_equal(run.out, "");
	run_free(&run);
	RUN(&run, "emulate", FLAGSTOP, "read");
	assert_int_not_equal(run.status, 0);
	assert_true(run.status < 128);
	run_free(&run);
}

static void call__that_is_too_long_is_refused(void **state)
{
	static char text[100001];
	struct run run = RUN_INIT;

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	write_text("h.fs", "default allow\n");
	RUN(&run, "explain", "h.fs", text);
	assert_int_not_equal(run.status, 0);
	assert_true(run.status < 128);
	run_free(&run);
	RUN(&run, "compile", "-o", "h.bpf", "h.fs");
	run_free(&run);
	RUN(&run, "emulate", "h.bpf", text);
	assert_status(&run, 2);
	run_free(&run);
	RUN(&run, "calls", text);
	assert_status(&run, 1);
	run_free(&run);
}

static const struct CMUnitTest laws[] = {
	cmocka_unit_test(binary__is_refused_at_its_first_byte_that_is_no_text),
	cmocka_unit_test(unknown_call__comes_with_a_suggestion),
	cmocka_unit_test(line__of_100_mb_is_refused_after_4096_bytes),
	cmocka_unit_test(lines__of_100_mb_are_refused_after_1_mb),
	cmocka_unit_test(include__loop_is_refused_with_its_way),
	cmocka_unit_test(include__of_what_is_not_there_is_the_policy_s_mistake),
	cmocka_unit_test(include__mistake_is_shown_where_it_is),
	cmocka_unit_test(include__of_many_levels_ends),
	cmocka_unit_test(include__of_many_files_ends),
	cmocka_unit_test(program__of_a_policy_is_no_filter),
	cmocka_unit_test(call__that_is_too_long_is_refused),
};

int main(void)
{
	static struct CMUnitTest tests[COUNT(laws) + COUNT(texts) + COUNT(bombs)];
	static size_t numbers[COUNT(texts) > COUNT(bombs) ? COUNT(texts) : COUNT(bombs)];
	size_t count = 0;

	for (size_t i = 0; i < COUNT(numbers); i++)
		numbers[i] = i;
	for (size_t i = 0; i < COUNT(texts); i++)
		tests[count++] = (struct CMUnitTest){ texts[i].name, check_text, NULL, NULL, &numbers[i] };
	for (size_t i = 0; i < COUNT(bombs); i++)
		tests[count++] = (struct CMUnitTest){ bombs[i].name, check_bomb, NULL, NULL, &numbers[i] };
	for (size_t i = 0; i < COUNT(laws); i++)
		tests[count++] = laws[i];
	return cmocka_run_group_tests(tests, cli_setup, cli_teardown);
}
