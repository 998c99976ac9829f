/* SPDX-License-Identifier: MIT */
/* The error object: what is kept, what is cut, and how it is printed. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <filters/error.h>

static struct flagstop_error error;

static int start(void **state)
{
	(void)state;
	error = (struct flagstop_error)FLAGSTOP_ERROR_INIT;
	return 0;
}

static void expect_text(const char *expected)
{
	char text[2048];

	assert_int_equal(flagstop_error_format(&error, text, sizeof(text)), strlen(expected));
	assert_string_equal(text, expected);
}

static void place(unsigned column, unsigned columns, const char *source)
{
	fst_error_place(&error, "demo.fs", 3, column, columns, source, strlen(source));
}

static void error__set_returns_the_code_and_keeps_it(void **state)
{
	(void)state;
	assert_int_equal(fst_error_set(&error, -EBADMSG, "no call is named '%s'", "opennat"),
			 -EBADMSG);
	assert_int_equal(error.code, -EBADMSG);
	assert_string_equal(error.message, "no call is named 'opennat'");
}

static void error__null_object_is_allowed(void **state)
{
	(void)state;
	assert_int_equal(fst_error_set(NULL, -ENOMEM, "x"), -ENOMEM);
	fst_error_hint(NULL, "x");
	fst_error_place(NULL, "f", 1, 1, 1, "x", 1);
	assert_int_equal(flagstop_error_format(NULL, NULL, 0), 0);
}

static void error__shorter_object_is_left_alone(void **state)
{
	struct flagstop_error before;

	(void)state;
	error.struct_bytes = sizeof(error) - 1;
	before = error;
	assert_int_equal(fst_error_set(&error, -EINVAL, "x"), -EINVAL);
	fst_error_hint(&error, "x");
	fst_error_place(&error, "f", 1, 1, 1, "x", 1);
	assert_memory_equal(&error, &before, sizeof(error));
}

static void error__set_forgets_what_was_before(void **state)
{
	(void)state;
	fst_error_set(&error, -EBADMSG, "first");
	fst_error_hint(&error, "hint");
	place(2, 3, "source");
	fst_error_set(&error, -EINVAL, "second");
	assert_int_equal(error.struct_bytes, sizeof(error));
	expect_text("second");
}

static void error__message_is_never_empty(void **state)
{
	(void)state;
	fst_error_set(&error, -EINVAL, "%s", "");
	assert_true(error.message[0]);
}

static void error__long_message_is_cut(void **state)
{
	char message[1000];

	(void)state;
	memset(message, 'm', sizeof(message) - 1);
	message[sizeof(message) - 1] = '\0';
	fst_error_set(&error, -EINVAL, "%s", message);
	fst_error_hint(&error, "%s", message);
	assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
	assert_int_equal(strlen(error.hint), sizeof(error.hint) - 1);
}

static void error__control_bytes_never_get_through(void **state)
{
	char text[1024];
	const char source[] = "a\033[2Jb\rc\302\233d";

	(void)state;
	fst_error_set(&error, -EINVAL, "m\033[2J\n\177 \302\233");
	fst_error_hint(&error, "h\033\302\200");
	fst_error_place(&error, "f\033\n\302\237", 1, 1, 1, source, sizeof(source) - 1);
	flagstop_error_format(&error, text, sizeof(text));
	for (const char *at = text; *at; at++)
		assert_true(*at == '\n' || (*at >= 0x20 && *at < 0x7f));
}

static void error__names_in_other_alphabets_stay(void **state)
{
	(void)state;
	fst_error_set(&error, -ENOENT, "no file is named 'caf\303\251.fs'");
	assert_string_equal(error.message, "no file is named 'caf\303\251.fs'");
}

static void format__is_what_a_compiler_writes(void **state)
{
	(void)state;
	fst_error_set(&error, -EBADMSG, "no call is named 'opennat'");
	fst_error_hint(&error, "did you mean 'openat'?");
	place(7, 7, "allow opennat\nallow read");
	expect_text("demo.fs:3:7: no call is named 'opennat'\n"
		    "  3 | allow opennat\n"
		    "    |       ^~~~~~~\n"
		    "did you mean 'openat'?");
}

static void format__gutter_is_as_wide_as_the_line_number(void **state)
{
	(void)state;
	fst_error_set(&error, -EBADMSG, "m");
	fst_error_place(&error, "f", 1234, 2, 0, "abc", 3);
	expect_text("f:1234:2: m\n"
		    "  1234 | abc\n"
		    "       |  ^");
}

static void format__message_alone_is_one_line(void **state)
{
	(void)state;
	fst_error_set(&error, -ENOMEM, "no memory");
	expect_text("no memory");
}

static void format__file_without_line_is_named(void **state)
{
	(void)state;
	fst_error_set(&error, -ENOENT, "no such file");
	fst_error_place(&error, "x.fs", 0, 0, 0, NULL, 0);
	expect_text("x.fs: no such file");
}

static void format__line_without_source_is_named(void **state)
{
	(void)state;
	fst_error_set(&error, -EINVAL, "m");
	fst_error_place(&error, "x.bpf", 5, 0, 0, NULL, 0);
	expect_text("x.bpf:5: m");
}

static void format__line_without_column_has_no_caret(void **state)
{
	(void)state;
	fst_error_set(&error, -EINVAL, "m");
	place(0, 0, "abc");
	expect_text("demo.fs:3: m\n  3 | abc");
}

static void format__counts_what_does_not_fit(void **state)
{
	char whole[1024], part[20];
	size_t bytes;

	(void)state;
	fst_error_set(&error, -EBADMSG, "no call is named 'opennat'");
	place(7, 7, "allow opennat");
	bytes = flagstop_error_format(&error, NULL, 0);
	assert_int_equal(flagstop_error_format(&error, whole, sizeof(whole)), bytes);
	assert_int_equal(strlen(whole), bytes);
	for (size_t size = 1; size <= sizeof(part); size++) {
		memset(part, '#', sizeof(part));
		assert_int_equal(flagstop_error_format(&error, part, size), bytes);
		assert_int_equal(strlen(part), size - 1);
		assert_memory_equal(part, whole, size - 1);
		for (size_t i = size; i < sizeof(part); i++)
			assert_int_equal(part[i], '#');
	}
}

static void format__caret_outside_of_the_source_is_harmless(void **state)
{
	(void)state;
	fst_error_set(&error, -EINVAL, "m");
	place(1, 1, "abc");
	error.caret = UINT_MAX;
	error.columns = UINT_MAX;
	expect_text("demo.fs:3:1: m\n  3 | abc\n    |    ^");
}

static void place__caret_may_stand_behind_the_line(void **state)
{
	(void)state;
	fst_error_set(&error, -EBADMSG, "a call is missing");
	place(7, 1, "allow \n");
	expect_text("demo.fs:3:7: a call is missing\n"
		    "  3 | allow \n"
		    "    |       ^");
}

static void place__column_far_behind_the_line_is_drawn_back(void **state)
{
	(void)state;
	fst_error_set(&error, -EBADMSG, "m");
	place(4000000000u, 4000000000u, "abc");
	assert_int_equal(error.caret, 3);
}

static void place__marks_end_with_the_line(void **state)
{
	(void)state;
	fst_error_set(&error, -EBADMSG, "m");
	place(2, 100, "abc");
	expect_text("demo.fs:3:2: m\n  3 | abc\n    |  ^~");
}

static void place__column_means_at_least_one_byte(void **state)
{
	(void)state;
	fst_error_set(&error, -EBADMSG, "m");
	place(1, 0, "abc");
	assert_int_equal(error.columns, 1);
}

static void place__tab_is_one_blank_so_that_the_caret_fits(void **state)
{
	(void)state;
	fst_error_set(&error, -EBADMSG, "m");
	place(2, 3, "\tabc");
	expect_text("demo.fs:3:2: m\n  3 |  abc\n    |  ^~~");
}

static void place__each_foreign_byte_is_one_question_mark(void **state)
{
	(void)state;
	fst_error_set(&error, -EBADMSG, "m");
	place(3, 1, "\303\251x");
	assert_string_equal(error.source, "??x");
	assert_int_equal(error.caret, 2);
}

static void place__source_need_not_end_in_zero(void **state)
{
	const char source[4] = { 'a', 'b', 'c', 'd' };

	(void)state;
	fst_error_set(&error, -EBADMSG, "m");
	fst_error_place(&error, "f", 1, 1, 1, source, 2);
	assert_string_equal(error.source, "ab");
}

static void place__long_file_name_is_cut(void **state)
{
	char name[1000];

	(void)state;
	memset(name, 'f', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	fst_error_set(&error, -EBADMSG, "m");
	fst_error_place(&error, name, 1, 1, 1, "x", 1);
	assert_int_equal(strlen(error.file), sizeof(error.file) - 1);
}

/* Wherever the meant bytes are in a long line: they are shown, and the caret is below the first of them. */
static void place__long_line_is_cut_around_the_column(void **state)
{
	char line[4096];

	(void)state;
	for (unsigned offset = 0; offset < sizeof(line); offset += 7) {
		memset(line, '-', sizeof(line));
		memcpy(line + offset, "MEANT",
		       offset + 5 <= sizeof(line) ? 5 : sizeof(line) - offset);
		fst_error_set(&error, -EBADMSG, "m");
		fst_error_place(&error, "f", 1, offset + 1, 5, line, sizeof(line));
		assert_in_range(strlen(error.source), 100, sizeof(error.source) - 1);
		assert_in_range(error.caret, 0, strlen(error.source) - 1);
		assert_int_equal(error.source[error.caret], 'M');
		if (offset + 5 <= sizeof(line))
			assert_memory_equal(error.source + error.caret, "MEANT", 5);
		assert_true(!strncmp(error.source, "...", 3) == (error.caret != offset));
		/* what fits is shown from the line's beginning */
		if (offset + 5 + 3 < sizeof(error.source))
			assert_int_equal(error.caret, offset);
	}
}

static void place__uncut_line_has_no_dots(void **state)
{
	char line[sizeof(error.source)];

	(void)state;
	memset(line, 'x', sizeof(line));
	fst_error_set(&error, -EBADMSG, "m");
	fst_error_place(&error, "f", 1, 1, 1, line, sizeof(line) - 1);
	assert_null(strchr(error.source, '.'));
	assert_int_equal(strlen(error.source), sizeof(line) - 1);
	fst_error_place(&error, "f", 1, 1, 1, line, sizeof(line));
	assert_string_equal(error.source + strlen(error.source) - 3, "...");
}

#define LAW(function) cmocka_unit_test_setup(function, start)

int main(void)
{
	static const struct CMUnitTest error_laws[] = {
		LAW(error__set_returns_the_code_and_keeps_it),
		LAW(error__null_object_is_allowed),
		LAW(error__shorter_object_is_left_alone),
		LAW(error__set_forgets_what_was_before),
		LAW(error__message_is_never_empty),
		LAW(error__long_message_is_cut),
		LAW(error__control_bytes_never_get_through),
		LAW(error__names_in_other_alphabets_stay),
		LAW(format__is_what_a_compiler_writes),
		LAW(format__gutter_is_as_wide_as_the_line_number),
		LAW(format__message_alone_is_one_line),
		LAW(format__file_without_line_is_named),
		LAW(format__line_without_source_is_named),
		LAW(format__line_without_column_has_no_caret),
		LAW(format__counts_what_does_not_fit),
		LAW(format__caret_outside_of_the_source_is_harmless),
		LAW(place__caret_may_stand_behind_the_line),
		LAW(place__column_far_behind_the_line_is_drawn_back),
		LAW(place__marks_end_with_the_line),
		LAW(place__column_means_at_least_one_byte),
		LAW(place__tab_is_one_blank_so_that_the_caret_fits),
		LAW(place__each_foreign_byte_is_one_question_mark),
		LAW(place__source_need_not_end_in_zero),
		LAW(place__long_file_name_is_cut),
		LAW(place__long_line_is_cut_around_the_column),
		LAW(place__uncut_line_has_no_dots),
	};

	return cmocka_run_group_tests(error_laws, NULL, NULL);
}
