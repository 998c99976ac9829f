/* SPDX-License-Identifier: MIT */
/* Policies in files: what an include means, and that no file costs more than the limits say. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <talloc.h>

#include <cmocka.h>

#include <filters/policy/ast.h>

#include "test_parse.h"

#define P "abi x86_64\n"

struct place {
	char directory[64];
	char path[192];
	int working_directory;
};

/* Each test gets a directory of its own, which is the working directory as well. */
static int make_directory(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return -1;
	snprintf(place->directory, sizeof(place->directory), "/tmp/test_parse_files.XXXXXX");
	place->working_directory = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = place;
	return place->working_directory < 0 || !mkdtemp(place->directory) || chdir(place->directory);
}

static int remove_directory(void **state)
{
	static const char *const names[] = { "sub/b.fs", "sub/c.fs", "sub", "a.fs", "b.fs", "c.fs", "empty.fs" };
	struct place *place = *state;
	char name[32];
	unsigned i;
	int r;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		(void)remove(names[i]);
	for (i = 0; i < 32; i++) {
		snprintf(name, sizeof(name), "f%u.fs", i);
		(void)remove(name);
	}
	r = fchdir(place->working_directory) || rmdir(place->directory);
	close(place->working_directory);
	free(place);
	return r;
}

static void put_bytes(const char *name, const char *text, size_t bytes)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, bytes, file), bytes);
	assert_int_equal(fclose(file), 0);
}

static void put(const char *name, const char *text)
{
	put_bytes(name, text, strlen(text));
}

static void check(const char *path, const char *expected)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_layer *layer = NULL;
	struct dump dump = { .bytes = 0 };
	int r = fst_parse_file(NULL, path, &layer, &error);

	if (r)
		print_error("%s:%u:%u: %s\n", error.file, error.line, error.column, error.message);
	assert_int_equal(r, 0);
	assert_string_equal(layer->name, strcmp(path, "-") ? path : "<stdin>");
	dump_layer(&dump, layer);
	assert_string_equal(dump.text, expected);
	talloc_free(layer);
}

static void check_error(const char *path, int code, const char *message, const char *hint, const char *file,
			unsigned line, unsigned column)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_layer *layer = NULL;
	void *parent = talloc_new(NULL);
	int r = fst_parse_file(parent, path, &layer, &error);

	assert_string_equal(error.message, message);
	assert_string_equal(error.hint, hint);
	assert_int_equal(r, code);
	assert_string_equal(error.file, file);
	assert_int_equal(error.line, line);
	assert_int_equal(error.column, column);
	assert_null(layer);
	assert_int_equal(talloc_total_blocks(parent), 1);
	talloc_free(parent);
}

static void file__is_a_policy(void **state)
{
	(void)state;
	put("a.fs", P "allow read\n");
	check("a.fs", "allow x86_64{read}\n");
}

static void file__empty_is_a_policy(void **state)
{
	(void)state;
	put("a.fs", "");
	check("a.fs", "");
}

static void file__missing(void **state)
{
	(void)state;
	check_error("a.fs", -ENOENT, "cannot read 'a.fs': there is no such file", "", "a.fs", 0, 0);
}

static void file__directory(void **state)
{
	(void)state;
	assert_int_equal(mkdir("sub", 0700), 0);
	check_error("sub", -EIO, "cannot read 'sub': it is a directory", "", "sub", 0, 0);
}

static void include__stands_for_the_rules_of_the_file(void **state)
{
	(void)state;
	put("a.fs", P "allow read\ninclude \"b.fs\"\nallow write\ninclude \"b.fs\"");
	put("b.fs", "log open");
	check("a.fs", "allow x86_64{read}\nlog x86_64{open}\nallow x86_64{write}\nlog x86_64{open}\n");
}

static void include__is_relative_to_the_file_that_includes(void **state)
{
	struct place *place = *state;

	assert_int_equal(mkdir("sub", 0700), 0);
	put("a.fs", P "include \"sub/b.fs\"\n");
	put("sub/b.fs", "include \"c.fs\"\n");
	put("sub/c.fs", "allow read\n");
	check("a.fs", "allow x86_64{read}\n");
	snprintf(place->path, sizeof(place->path), "%s/a.fs", place->directory);
	assert_int_equal(chdir("/"), 0);
	check(place->path, "allow x86_64{read}\n");
	assert_int_equal(chdir(place->directory), 0);
}

static void include__may_be_absolute(void **state)
{
	struct place *place = *state;

	assert_int_equal(mkdir("sub", 0700), 0);
	snprintf(place->path, sizeof(place->path), P "include \"%s/c.fs\"\n", place->directory);
	put("sub/b.fs", place->path);
	put("c.fs", "allow read\n");
	check("sub/b.fs", "allow x86_64{read}\n");
}

static void include__of_a_text_is_relative_to_the_directory_given(void **state)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_layer *layer = NULL;

	(void)state;
	assert_int_equal(mkdir("sub", 0700), 0);
	put("sub/b.fs", "allow read\n");
	assert_int_equal(fst_parse_text(NULL, "t", "include \"b.fs\"", 14, "sub", &layer, &error), 0);
	assert_string_equal(layer->rules[0].place.file, "sub/b.fs");
	talloc_free(layer);
	assert_int_equal(fst_parse_text(NULL, "t", "include \"b.fs\"", 14, NULL, &layer, &error), -EBADMSG);
}

static void include__minus_is_a_file_of_that_name(void **state)
{
	(void)state;
	put("a.fs", P "include \"-\"\n");
	check_error("a.fs", -EBADMSG, "cannot read '-': there is no such file", "", "a.fs", 2, 9);
}

static void include__groups_are_known_behind_it(void **state)
{
	(void)state;
	put("a.fs", P "include \"b.fs\"\nallow @mine\n");
	put("b.fs", "group @mine = read\n");
	check("a.fs", "allow x86_64{read}\n");
}

static void include__missing_is_said_where_the_statement_stands(void **state)
{
	(void)state;
	put("a.fs", P "\n  include \"b.fs\"\n");
	check_error("a.fs", -EBADMSG, "cannot read 'b.fs': there is no such file", "", "a.fs", 3, 11);
}

static void include__mistake_in_it_says_from_where(void **state)
{
	(void)state;
	put("a.fs", P "include \"b.fs\"\n");
	put("b.fs", "include \"c.fs\"\n");
	put("c.fs", "# c\nallow ()\n");
	check_error("a.fs", -EBADMSG, "expected a call, a @group or '(', not ')'",
		    "included from b.fs:1", "c.fs", 2, 8);
}

static void include__mistake_with_a_hint_keeps_it(void **state)
{
	(void)state;
	put("a.fs", P "include \"b.fs\"\n");
	put("b.fs", "alow read\n");
	check_error("a.fs", -EBADMSG, "no statement begins with 'alow'", "did you mean 'allow'?", "b.fs", 1, 1);
}

static void include__leaves_no_descriptor_open(void **state)
{
	int before = dup(STDERR_FILENO), after;

	(void)state;
	close(before);
	put("a.fs", P "include \"b.fs\"\ninclude \"b.fs\"\n");
	put("b.fs", "allow read\n");
	check("a.fs", "allow x86_64{read}\nallow x86_64{read}\n");
	put("b.fs", "allow\n");
	check_error("a.fs", -EBADMSG, "expected a call, a @group or '(', but the line ends",
		    "included from a.fs:2", "b.fs",
		    1, 6);
	after = dup(STDERR_FILENO);
	close(after);
	assert_int_equal(before, after);
}

/* Fifteen files of the greatest size and the one that includes them pass, the sixteenth is too much. */
static void include__is_16_mib_in_all(void **state)
{
	char *text = malloc(FLAGSTOP_POLICY_MAX_BYTES), includes[512] = P;
	unsigned i;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', FLAGSTOP_POLICY_MAX_BYTES);
	put_bytes("b.fs", text, FLAGSTOP_POLICY_MAX_BYTES);
	free(text);
	for (i = 0; i < 16; i++) {
		size_t bytes = strlen(includes);

		if (i == 15) {
			put("a.fs", includes);
			check("a.fs", "");
		}
		snprintf(includes + bytes, sizeof(includes) - bytes, "include \"b.fs\"\n");
	}
	put("a.fs", includes);
	check_error("a.fs", -E2BIG, "all files together are larger than 16777216 bytes", "", "a.fs", 17, 9);
}

static void include__second_default_names_the_first(void **state)
{
	(void)state;
	put("a.fs", P "include \"b.fs\"\ndefault allow\n");
	put("b.fs", "default kill\n");
	check_error("a.fs", -EBADMSG, "'default' was given before, at b.fs:1", "", "a.fs", 3, 1);
}

static void include__of_itself_is_a_loop(void **state)
{
	(void)state;
	put("a.fs", P "include \"./a.fs\"\n");
	check_error("a.fs", -EBADMSG, "include loop: a.fs includes ./a.fs", "", "a.fs", 2, 9);
}

static void include__loop_shows_the_chain(void **state)
{
	(void)state;
	put("a.fs", P "include \"b.fs\"\n");
	put("b.fs", "\ninclude \"c.fs\"\n");
	put("c.fs", "include \"b.fs\"\n");
	check_error("a.fs", -EBADMSG, "include loop: a.fs includes b.fs includes c.fs includes b.fs",
		    "included from b.fs:2", "c.fs", 1, 9);
}

/* f0.fs includes f1.fs, and so on; the last is f<depth>.fs. */
static void put_chain(unsigned depth)
{
	char name[32], text[64];
	unsigned i;

	for (i = 0; i <= depth; i++) {
		snprintf(name, sizeof(name), "f%u.fs", i);
		if (i < depth)
			snprintf(text, sizeof(text), "include \"f%u.fs\"\n", i + 1);
		else
			snprintf(text, sizeof(text), P "allow read\n");
		put(name, text);
	}
}

static void include__is_16_deep_at_most(void **state)
{
	(void)state;
	put_chain(FLAGSTOP_POLICY_MAX_INCLUDE_DEPTH);
	check("f0.fs", "allow x86_64{read}\n");
	put_chain(FLAGSTOP_POLICY_MAX_INCLUDE_DEPTH + 1);
	check_error("f0.fs", -E2BIG, "includes are nested deeper than 16 files",
		    "included from f15.fs:1", "f16.fs", 1, 9);
}

/*
 * Files that include the next one twice would otherwise be read 2^16 times. f1,
	f2 and f3 are the first three includes,
 * and f3's own are 2 + 4 + … + 128 = 254: the last of these is one too many,
	at the end of the second branch each time.
 */
static void include__is_256_in_all(void **state)
{
	char name[32], text[64];
	unsigned i;

	(void)state;
	for (i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "f%u.fs", i);
		snprintf(text, sizeof(text), "include \"f%u.fs\"\ninclude \"f%u.fs\"\n", i + 1, i + 1);
		put(name, text);
	}
	put("f10.fs", "");
	check("f4.fs", "");
	check_error("f0.fs", -E2BIG, "more than 256 includes", "included from f8.fs:2", "f9.fs", 2, 9);
}

static void file__of_1_mib_and_a_byte_is_too_large(void **state)
{
	size_t bytes = FLAGSTOP_POLICY_MAX_BYTES + 1;
	char *text = malloc(bytes);

	(void)state;
	assert_non_null(text);
	memset(text, '\n', bytes);
	put_bytes("a.fs", text, bytes - 1);
	check("a.fs", "");
	put_bytes("a.fs", text, bytes);
	check_error("a.fs", -E2BIG, "the policy is larger than 1048576 bytes", "", "a.fs", 0, 0);
	free(text);
}

static void file__binary_is_told_by_its_first_such_byte(void **state)
{
	(void)state;
	put_bytes("a.fs", "allow read\n\x7f"
			  "ELF\0\0",
		  17);
	check_error("a.fs", -EBADMSG, "not a text file: byte 0x7f", "", "a.fs", 2, 1);
	put_bytes("a.fs", "a\0b", 3);
	check_error("a.fs", -EBADMSG, "not a text file: byte 0x00", "", "a.fs", 1, 2);
}

/* The pieces of a file are read at fixed sizes: a line end that is cut in two is still one. */
static void file__crlf_may_fall_between_two_reads(void **state)
{
	static char text[2 * 8192 + 64];
	size_t i;

	(void)state;
	memset(text, '#', sizeof(text));
	for (i = 1023; i < sizeof(text); i += 1024)
		text[i] = '\n';
	text[8191] = '\r';
	text[8192] = '\n';
	put_bytes("a.fs", text, sizeof(text));
	check("a.fs", "");
	text[8192] = '#';
	put_bytes("a.fs", text, sizeof(text));
	check_error("a.fs", -EBADMSG, "not a text file: byte 0x0d inside a line", "", "a.fs", 8, 1024);
}

/* Makes `fd` standard input for as long as `run` takes. */
static void with_stdin(int fd, void (*run)(void))
{
	int saved = dup(STDIN_FILENO);

	assert_true(dup2(fd, STDIN_FILENO) == STDIN_FILENO);
	run();
	if (saved >= 0) {
		assert_true(dup2(saved, STDIN_FILENO) == STDIN_FILENO);
		close(saved);
	} else {
		close(STDIN_FILENO);
	}
}

static void check_stdin(void)
{
	check("-", "allow x86_64{read}\n");
}

static void check_stdin_error(void)
{
	check_error("-", -E2BIG, "line 1 is longer than 4096 bytes",
		    "a line that ends in '\\' continues on the next one",
		    "<stdin>", 1, 4097);
}

static void file__minus_is_standard_input(void **state)
{
	static const char text[] = P "allow read";
	int pipefd[2];

	(void)state;
	assert_int_equal(pipe(pipefd), 0);
	assert_int_equal(write(pipefd[1], text, sizeof(text) - 1), sizeof(text) - 1);
	close(pipefd[1]);
	with_stdin(pipefd[0], check_stdin);
	close(pipefd[0]);
}

static void file__endless_line_is_not_read_to_its_end(void **state)
{
	static char text[32768];
	int pipefd[2], left = 0;

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(pipe(pipefd), 0);
	assert_int_equal(write(pipefd[1], text, sizeof(text)), sizeof(text));
	with_stdin(pipefd[0], check_stdin_error); /* the writing end is open: more could come for ever */
	assert_int_equal(ioctl(pipefd[0], FIONREAD, &left), 0);
	assert_true(left >= (int)sizeof(text) - 8192);
	close(pipefd[0]);
	close(pipefd[1]);
}

#define LAW(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		LAW(file__is_a_policy),
		LAW(file__empty_is_a_policy),
		LAW(file__missing),
		LAW(file__directory),
		LAW(include__stands_for_the_rules_of_the_file),
		LAW(include__is_relative_to_the_file_that_includes),
		LAW(include__may_be_absolute),
		LAW(include__of_a_text_is_relative_to_the_directory_given),
		LAW(include__minus_is_a_file_of_that_name),
		LAW(include__groups_are_known_behind_it),
		LAW(include__missing_is_said_where_the_statement_stands),
		LAW(include__mistake_in_it_says_from_where),
		LAW(include__mistake_with_a_hint_keeps_it),
		LAW(include__leaves_no_descriptor_open),
		LAW(include__is_16_mib_in_all),
		LAW(include__second_default_names_the_first),
		LAW(include__of_itself_is_a_loop),
		LAW(include__loop_shows_the_chain),
		LAW(include__is_16_deep_at_most),
		LAW(include__is_256_in_all),
		LAW(file__of_1_mib_and_a_byte_is_too_large),
		LAW(file__binary_is_told_by_its_first_such_byte),
		LAW(file__crlf_may_fall_between_two_reads),
		LAW(file__minus_is_standard_input),
		LAW(file__endless_line_is_not_read_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
