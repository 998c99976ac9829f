/* SPDX-License-Identifier: MIT */
/*
 * What the documents say is tried: examples are run, and names are looked up. Knows how examples are marked, not
 * what is in them. A mark stands on a line of its own, right before a literal block, as `.\" test: WORD` or `<!--
 * test: WORD -->`:
 *
 *     policy [NAME]   passes `flagstop check`; the other examples of the document find it as the file NAME
 *     wrong           is refused by `flagstop check`
 *     shell           lines that begin with `$ ` are run by one shell, and print the lines that follow; there, `...` is
 *                     any text, and alone on its line any number of lines
 *     program         is a C program that compiles without a warning and ends with 0
 */
#include "harness.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOT FLAGSTOP_BUILD_DIR "/../.."
#define MAX_EXAMPLES 256
#define MAX_OUTPUT_BYTES (512 * 1024)
#define COUNT(list) (sizeof(list) / sizeof(*(list)))

/* Where examples are, and how many there are at the least: a mark that is lost would otherwise take its test along. */
static const struct document {
	const char *name;
	unsigned examples;
} documents[] = {
	{ "docs/flagstop.1", 12 },
	{ "docs/libflagstop.3", 1 },
	{ "docs/flagstop-policy.5", 6 },
	{ "docs/threat-model.md", 4 },
	{ "docs/design.md", 2 },
	{ "README.md", 2 },
};
static const char *const prose[] = { "README.md", "CONTRIBUTING.md", "SECURITY.md", "NEWS.md", "docs/*.md" };

struct example {
	const struct document *document;
	unsigned line;
	const char *folder;
	char kind[16], file[64];
	char *law, *text;
	size_t text_bytes;
};

static struct example examples[MAX_EXAMPLES];
static unsigned example_count;
static char folders[COUNT(documents)][64];

/* ---- files ------------------------------------------------------------------------------------------------------ */

static char *read_whole(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;

	if (!file || (getdelim(&text, &size, '\0', file) < 0 && ferror(file))) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	fclose(file);
	return text ? text : strdup("");
}

static void write_whole(const char *folder, const char *name, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "we");
	if (!file || fputs(text, file) == EOF || fclose(file)) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static void remove_folders(void)
{
	for (unsigned i = 0; i < COUNT(folders); i++)
		nftw(folders[i], remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- finding examples -------------------------------------------------------------------------------------------- */

static void append(struct example *e, const char *text, size_t bytes)
{
	memcpy(e->text + e->text_bytes, text, bytes);
	e->text_bytes += bytes;
	e->text[e->text_bytes] = '\0';
}

/* A line of literal text of a man page, as it is read. */
static void append_roff(struct example *e, const char *line, size_t bytes)
{
	static const struct {
		const char *escape, *means;
	} escapes[] = { { "\\&", "" }, { "\\-", "-" }, { "\\e", "\\" }, { "\\(aq", "'" }, { "\\(ga", "`" } };

	for (const char *at = line; at < line + bytes;) {
		unsigned i = 0;

		while (i < COUNT(escapes) && strncmp(at, escapes[i].escape, strlen(escapes[i].escape)))
			i++;
		append(e, i < COUNT(escapes) ? escapes[i].means : at,
		       i < COUNT(escapes) ? strlen(escapes[i].means) : 1);
		at += i < COUNT(escapes) ? strlen(escapes[i].escape) : 1;
	}
	append(e, "\n", 1);
}

static const char *next_line(const char *at)
{
	at += strcspn(at, "\n");
	return at + (*at == '\n');
}

static const char *read_roff_block(const char *at, struct example *e)
{
	while (*at && strncmp(at, ".Bd -literal", 12))
		at = next_line(at);
	for (at = next_line(at); *at && strncmp(at, ".Ed", 3); at = next_line(at))
		if (*at != '.')
			append_roff(e, at, strcspn(at, "\n"));
	return at;
}

/* A block is what is indented by four. */
static const char *read_markdown_block(const char *at, struct example *e)
{
	while (*at == '\n')
		at++;
	while (!strncmp(at, "    ", 4) || *at == '\n') {
		size_t bytes = (size_t)(next_line(at) - at), indent = *at == '\n' ? 0 : 4;

		append(e, at + indent, bytes - indent);
		at += bytes;
	}
	while (e->text_bytes > 1 && e->text[e->text_bytes - 2] == '\n')
		e->text[--e->text_bytes] = '\0';
	return at;
}

static bool is_mark(const char *at, struct example *e)
{
	char line[160];

	snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
	return sscanf(line, ".\\\" test: %15s %63[a-z0-9_./-]", e->kind, e->file) >= 1 ||
		sscanf(line, "<!-- test: %15s %63[a-z0-9_./]", e->kind, e->file) >= 1;
}

static void keep(struct example *e, const struct document *document, unsigned line)
{
	const char *slash = strrchr(document->name, '/');
	int r = asprintf(&e->law, "example__%s_of_%s_line_%u", e->kind, slash ? slash + 1 : document->name, line);

	if (r < 0)
		exit(1);
	e->document = document;
	e->line = line;
	e->folder = folders[document - documents];
	if (*e->file)
		write_whole(e->folder, e->file, e->text);
	example_count++;
}

static void find_examples(const struct document *document)
{
	char path[256];
	unsigned line = 1, before = example_count;

	snprintf(path, sizeof(path), "%s/%s", ROOT, document->name);
	char *whole = read_whole(path);
	for (const char *at = whole; *at; line++) {
		struct example *e = &examples[example_count];

		memset(e, 0, sizeof(*e));
		if (!is_mark(at, e)) {
			at = next_line(at);
			continue;
		}
		e->text = calloc(1, strlen(whole) + 1);
		if (!e->text || example_count == MAX_EXAMPLES - 1)
			exit(1);
		const char *end = *at == '.' ? read_roff_block(at, e) : read_markdown_block(next_line(at), e);
		keep(e, document, line);
		for (at = next_line(at); at < end; at = next_line(at))
			line++;
	}
	free(whole);
	if (example_count - before < document->examples) {
		fprintf(stderr, "%s has %u examples; there were %u\n", path, example_count - before,
			document->examples);
		exit(1);
	}
}

/* ---- running them ------------------------------------------------------------------------------------------------ */

struct outcome {
	int status; /* as waitpid has it */
	char text[MAX_OUTPUT_BYTES];
};

/* Both its outputs are one, as on a terminal. */
static void run_shell(const char *folder, const char *script, struct outcome *ret_outcome)
{
	int out[2];

	write_whole(folder, ".script", script);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	fflush(stdout);
	pid_t tid = fork();
	assert_true(tid >= 0);
	if (!tid) {
		char path[1024];

		snprintf(path, sizeof(path), "%s:%s", FLAGSTOP_BUILD_DIR, getenv("PATH"));
		dup2(out[1], 1);
		dup2(out[1], 2);
		signal(SIGPIPE, SIG_DFL);
		/* The leak checker traces its own process, which fails inside a session. */
		if (setenv("PATH", path, 1) || setenv("LC_ALL", "C", 1) || chdir(folder) ||
		    setenv("ASAN_OPTIONS", "detect_leaks=0", 1))
			_exit(98);
		execl("/bin/sh", "sh", ".script", NULL);
		_exit(98);
	}
	close(out[1]);
	harness_read_all(out[0], ret_outcome->text, sizeof(ret_outcome->text));
	close(out[0]);
	assert_int_equal(waitpid(tid, &ret_outcome->status, 0), tid);
}

static struct outcome outcome; /* too large for a stack */

static void check_policy(const struct example *e, int status)
{
	write_whole(e->folder, ".policy", e->text);
	run_shell(e->folder, "exec flagstop check .policy\n", &outcome);
	if (!WIFEXITED(outcome.status) || WEXITSTATUS(outcome.status) != status)
		fail_msg("%s:%u:\n%s", e->document->name, e->line, outcome.text);
}

static void example_policy(void **state)
{
	check_policy(*state, 0);
}

static void example_wrong(void **state)
{
	check_policy(*state, 1);
}

static void example_program(void **state)
{
	const struct example *e = *state;
	/* A sanitized library wants its run-time in the program, too. */
	const char *sanitizer = strstr(FLAGSTOP_BUILD_DIR, "-asan") ? "-fsanitize=address" : "";
	char script[1024];

	write_whole(e->folder, "example.c", e->text);
	snprintf(script, sizeof(script),
		 "cc -std=c11 -O1 -Wall -Wextra -Werror %s -I %s/include -o example example.c %s/libflagstop.so.0 "
		 "-Wl,-rpath,%s && ./example\n",
		 sanitizer, ROOT, FLAGSTOP_BUILD_DIR, FLAGSTOP_BUILD_DIR);
	run_shell(e->folder, script, &outcome);
	if (outcome.status)
		fail_msg("%s:%u: wait status %#x\n%s", e->document->name, e->line, outcome.status, outcome.text);
}

/* ---- sessions ---------------------------------------------------------------------------------------------------- */

#define END_OF_COMMAND "\036\n"

/* One shell for all commands, so that `$?` and variables are those of the one before. */
static void write_script(const char *session, char *script, size_t size)
{
	size_t used = 0;

	for (const char *at = session; *at; at = next_line(at)) {
		if (strncmp(at, "$ ", 2))
			continue;
		used += snprintf(script + used, size - used, "%.*s\n_s=$?; printf '\\036\\n'; (exit $_s)\n",
				 (int)strcspn(at + 2, "\n"), at + 2);
		assert_true(used < size);
	}
}

static bool line_matches(const char *pattern, size_t pattern_bytes, const char *line, size_t bytes)
{
	if (!pattern_bytes)
		return !bytes;
	if (pattern_bytes >= 3 && !strncmp(pattern, "...", 3)) {
		for (size_t skipped = 0; skipped <= bytes; skipped++)
			if (line_matches(pattern + 3, pattern_bytes - 3, line + skipped, bytes - skipped))
				return true;
		return false;
	}
	return bytes && *pattern == *line && line_matches(pattern + 1, pattern_bytes - 1, line + 1, bytes - 1);
}

/* Do the lines of `text` up to `end` match those that the session has up to its next command? */
static bool lines_match(const char *expected, const char *text, const char *end)
{
	if (!*expected || !strncmp(expected, "$ ", 2))
		return text == end;
	size_t bytes = strcspn(expected, "\n"), indent = strspn(expected, " ");
	if (bytes == indent + 3 && !strncmp(expected + indent, "...", 3)) {
		for (;; text = next_line(text)) {
			if (lines_match(next_line(expected), text, end))
				return true;
			if (text == end)
				return false;
		}
	}
	return text < end && line_matches(expected, bytes, text, strcspn(text, "\n")) &&
		lines_match(next_line(expected), next_line(text), end);
}

static void example_shell(void **state)
{
	const struct example *e = *state;
	char script[8192] = "";
	unsigned commands = 0;

	write_script(e->text, script, sizeof(script));
	run_shell(e->folder, script, &outcome);
	const char *printed = outcome.text;
	for (const char *at = e->text; *at; at = next_line(at)) {
		if (strncmp(at, "$ ", 2))
			continue;
		const char *end = strstr(printed, END_OF_COMMAND);
		if (!end || !lines_match(next_line(at), printed, end))
			fail_msg("%s:%u: %.*s\nprints\n%.*s", e->document->name, e->line, (int)strcspn(at, "\n"), at,
				 end ? (int)(end - printed) : (int)strlen(printed), printed);
		printed = end + strlen(END_OF_COMMAND);
		commands++;
	}
	assert_true(commands);
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static unsigned mistakes;

static void complain(const char *where, const char *what, const char *name, int bytes)
{
	print_error("%s: %s: %.*s\n", where, what, bytes, name);
	mistakes++;
}

/* Calls `look` with the part of each match that is the expression's last group. */
static void each_match(const char *where, const char *text, const char *expression,
		       void (*look)(const char *where, const char *name, int bytes, void *context), void *context)
{
	regmatch_t match[4];
	regex_t regex;
	int flags = 0;

	assert_int_equal(regcomp(&regex, expression, REG_EXTENDED | REG_NEWLINE), 0);
	while (!regexec(&regex, text, COUNT(match), match, flags)) {
		const regmatch_t *name = &match[regex.re_nsub];

		look(where, text + name->rm_so, name->rm_eo - name->rm_so, context);
		text += match[0].rm_eo;
		flags = REG_NOTBOL;
	}
	regfree(&regex);
}

/* A pattern that no file has is no mistake: a folder may be empty yet. */
static void each_file(const char *const *patterns, unsigned count, void (*look)(const char *path, void *context),
		      void *context)
{
	for (unsigned i = 0; i < count; i++) {
		char pattern[256];
		glob_t found;

		snprintf(pattern, sizeof(pattern), "%s/%s", ROOT, patterns[i]);
		if (glob(pattern, 0, NULL, &found))
			continue;
		for (size_t k = 0; k < found.gl_pathc; k++)
			look(found.gl_pathv[k], context);
		globfree(&found);
	}
}

/* Names are as seen from the root; what begins with no room of ours is not meant for us. */
static void look_up_path(const char *document, const char *name, int bytes, void *context)
{
	char path[512];
	glob_t found;

	(void)context;
	snprintf(path, sizeof(path), "%s/%.*s", ROOT, (int)strcspn(name, "/"), name);
	if (access(path, F_OK) || !strncmp(name, "build/", 6)) /* nor what this very build may not have made */
		return;
	snprintf(path, sizeof(path), "%s/%.*s", ROOT, bytes, name);
	if (glob(path, 0, NULL, &found))
		complain(document, "there is no such file", name, bytes);
	else
		globfree(&found);
}

static void look_up_paths(const char *path, void *context)
{
	char *text = read_whole(path);

	each_match(path, text,
		   "`([a-z.]+/[A-Za-z0-9_./*-]*)`",
		   look_up_path, context);
	free(text);
}

static void documents__name_files_that_exist(void **state)
{
	(void)state;
	mistakes = 0;
	each_file(prose, COUNT(prose), look_up_paths, NULL);
	assert_int_equal(mistakes, 0);
}

struct sources {
	char *text;
	size_t bytes;
};

static void append_source(const char *path, void *context)
{
	struct sources *sources = context;
	char *text = read_whole(path);
	size_t bytes = strlen(text);

	sources->text = realloc(sources->text, sources->bytes + bytes + 1);
	assert_non_null(sources->text);
	memcpy(sources->text + sources->bytes, text, bytes + 1);
	sources->bytes += bytes;
	free(text);
}

static bool has_word(const char *text, const char *word, int bytes)
{
	char name[256];

	snprintf(name, sizeof(name), "%.*s", bytes, word);
	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
		if ((at == text || (!isalnum(at[-1]) && at[-1] != '_')) && !isalnum(at[bytes]) && at[bytes] != '_')
			return true;
	return false;
}

static void look_up_test(const char *document, const char *name, int bytes, void *context)
{
	const struct sources *sources = context;

	if (!has_word(sources->text, name, bytes))
		complain(document, "there is no such test", name, bytes);
}

static void look_up_tests(const char *path, void *context)
{
	char *text = read_whole(path);

	each_match(path, text, "`([a-z0-9_]+__[a-z0-9_]+)`", look_up_test, context);
	free(text);
}

static void documents__name_tests_that_exist(void **state)
{
	static const char *const tests[] = { "tests/unit/test_*.c", "tests/system/test_*.c", "tests/attack/*.c",
					     "tests/lint/*.py" };
	struct sources sources = { 0 };

	(void)state;
	mistakes = 0;
	each_file(tests, COUNT(tests), append_source, &sources);
	assert_non_null(sources.text);
	each_file(prose, COUNT(prose), look_up_tests, &sources);
	free(sources.text);
	assert_int_equal(mistakes, 0);
}

static void look_up_function(const char *header, const char *name, int bytes, void *context)
{
	if (!has_word(context, name, bytes))
		complain(header, "libflagstop(3) does not tell of", name, bytes);
}

static void look_up_functions(const char *path, void *context)
{
	char *text = read_whole(path);

	/* A declaration begins its line, and has a blank or a star before the name. */
	each_match(path, text, "^[a-z][a-z0-9_ *]*[ *](flagstop_[a-z0-9_]+)\\(", look_up_function, context);
	free(text);
}

static void libflagstop_3__tells_of_every_function(void **state)
{
	static const char *const headers[] = { "include/flagstop/*.h" };
	char *page = read_whole(ROOT "/docs/libflagstop.3");

	(void)state;
	mistakes = 0;
	each_file(headers, COUNT(headers), look_up_functions, page);
	free(page);
	assert_int_equal(mistakes, 0);
}

/* ---- the command's page ------------------------------------------------------------------------------------------ */

/* From the heading of a sub-command to the next heading; NULL when there is none. */
static char *section_of(const char *page, const char *name, int bytes)
{
	char heading[64];

	snprintf(heading, sizeof(heading), "\n.Ss flagstop %.*s\n", bytes, name);
	const char *at = strstr(page, heading);
	if (!at)
		return NULL;
	at += strlen(heading);
	regex_t next;
	regmatch_t match;
	assert_int_equal(regcomp(&next, "^\\.S[hs] ", REG_EXTENDED | REG_NEWLINE), 0);
	bool is_last = regexec(&next, at, 1, &match, 0);
	regfree(&next);
	return is_last ? strdup(at) : strndup(at, (size_t)match.rm_so);
}

static void look_up_option(const char *name, const char *option, int bytes, void *context)
{
	char wanted[80];

	snprintf(wanted, sizeof(wanted), "Fl -%.*s", bytes, option);
	if (strncmp(option, "usage", 5) && strncmp(option, "help", 4) && !strstr(context, wanted))
		complain(name, "flagstop(1) does not tell of the option --", option, bytes);
}

static void look_up_command(const char *folder, const char *name, int bytes, void *context)
{
	char script[128], command[64];
	char *section = section_of(context, name, bytes);
	static struct outcome help;

	if (!section) {
		complain("flagstop(1)", "has no section of the command", name, bytes);
		return;
	}
	snprintf(command, sizeof(command), "%.*s", bytes, name);
	snprintf(script, sizeof(script), "exec flagstop %s --help\n", command);
	run_shell(folder, script, &help);
	assert_int_equal(help.status, 0);
	each_match(command, help.text, "^ +(-., )?--([a-z-]+)", look_up_option, section);
	free(section);
}

static void flagstop_1__tells_of_every_command(void **state)
{
	char *page = read_whole(ROOT "/docs/flagstop.1");

	(void)state;
	mistakes = 0;
	run_shell(folders[0], "exec flagstop --help\n", &outcome);
	assert_int_equal(outcome.status, 0);
	each_match(folders[0], outcome.text, "^  ([a-z]+) ", look_up_command, page);
	free(page);
	assert_int_equal(mistakes, 0);
}

/* ---- what must be told ------------------------------------------------------------------------------------------- */

static bool is_guarded(const struct flagstop_policy *policy, unsigned call)
{
	struct flagstop_way way;
	unsigned ways = flagstop_policy_ways(policy, flagstop_abi_native(), call, 0, &way, 1);

	return ways && way.verdict.action != FLAGSTOP_ACTION_ALLOW;
}

static void threat_model__tells_of_every_call_that_is_guarded(void **state)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	char *page = read_whole(ROOT "/docs/threat-model.md");
	const int pids[] = { 4242, -4242 };
	unsigned guarded = 0;

	(void)state;
	mistakes = 0;
	assert_int_equal(flagstop_policy_add_guards(policy, pids, COUNT(pids), &error), 0);
	for (unsigned call = 0; call < flagstop_call_count(); call++) {
		const char *name = flagstop_call_name(call);

		if (!is_guarded(policy, call))
			continue;
		guarded++;
		if (!has_word(page, name, (int)strlen(name)))
			complain("docs/threat-model.md", "does not tell of", name, (int)strlen(name));
	}
	assert_true(guarded > 10);
	assert_int_equal(mistakes, 0);
	flagstop_policy_free(policy);
	free(page);
}

/* A block of statements with no mark in front of it would not be tried. */
static void look_for_unmarked(const struct document *document)
{
	char path[256], before[512] = "";

	snprintf(path, sizeof(path), "%s/%s", ROOT, document->name);
	char *text = read_whole(path);
	for (const char *at = text; *at; at = next_line(at)) {
		bool begins = !strncmp(at, "    ", 4) && strncmp(before, "    ", 4);

		if (begins && strncmp(before, "<!-- test: ", 11) &&
		    (!strncmp(at + 4, "default ", 8) || !strncmp(at + 4, "allow ", 6) || !strncmp(at + 4, "deny ", 5) ||
		     !strncmp(at + 4, "$ ", 2)))
			complain(document->name, "an example that is not tried", at + 4, (int)strcspn(at + 4, "\n"));
		if (*at != '\n')
			snprintf(before, sizeof(before), "%.*s", (int)strcspn(at, "\n"), at);
	}
	free(text);
}

static void documents__mark_their_examples(void **state)
{
	(void)state;
	mistakes = 0;
	for (unsigned i = 0; i < COUNT(documents); i++)
		look_for_unmarked(&documents[i]);
	assert_int_equal(mistakes, 0);
}

static void check_installed(const char *path, void *context)
{
	char script[512];
	unsigned *count = context;

	snprintf(script, sizeof(script), "exec flagstop check '%s'\n", path);
	run_shell(folders[0], script, &outcome);
	if (outcome.status)
		complain(path, "is wrong", outcome.text, (int)strlen(outcome.text));
	(*count)++;
}

static void policies__that_are_installed_pass_check(void **state)
{
	static const char *const policies[] = { "share/policies/*.fs" };
	unsigned count = 0;

	(void)state;
	mistakes = 0;
	each_file(policies, COUNT(policies), check_installed, &count);
	assert_true(count > 0);
	assert_int_equal(mistakes, 0);
}

static void check_form(const char *path, void *context)
{
	char script[512];

	(void)context;
	snprintf(script, sizeof(script), "groff -mdoc -ww -z -Tutf8 '%s'\n", path);
	run_shell(folders[0], script, &outcome);
	if (*outcome.text)
		complain(path, "is wrong", outcome.text, (int)strlen(outcome.text));
}

static void man_pages__are_formatted_without_a_warning(void **state)
{
	static const char *const pages[] = { "docs/*.[135]" };

	(void)state;
	run_shell(folders[0], "command -v groff\n", &outcome);
	if (outcome.status) {
		print_message("groff is not installed\n");
		skip();
	}
	mistakes = 0;
	each_file(pages, COUNT(pages), check_form, NULL);
	assert_int_equal(mistakes, 0);
}

/*
 * ---- all of them
 * --------------------------------------------------------------------------------------------------
 */

static const struct CMUnitTest laws[] = {
	LAW(documents__mark_their_examples),
	LAW(documents__name_files_that_exist),
	LAW(documents__name_tests_that_exist),
	LAW(flagstop_1__tells_of_every_command),
	LAW(libflagstop_3__tells_of_every_function),
	LAW(threat_model__tells_of_every_call_that_is_guarded),
	LAW(policies__that_are_installed_pass_check),
	LAW(man_pages__are_formatted_without_a_warning),
};

static CMUnitTestFunction function_of(const struct example *e)
{
	static const struct {
		const char *kind;
		CMUnitTestFunction function;
	} kinds[] = {
		{ "policy", example_policy },
		{ "wrong", example_wrong },
		{ "shell", example_shell },
		{ "program", example_program },
	};

	for (unsigned i = 0; i < COUNT(kinds); i++)
		if (!strcmp(kinds[i].kind, e->kind))
			return kinds[i].function;
	fprintf(stderr, "%s:%u: no kind of example is named '%s'\n", e->document->name, e->line, e->kind);
	exit(1);
}

int main(void)
{
	struct CMUnitTest tests[COUNT(laws) + MAX_EXAMPLES];

	atexit(remove_folders);
	for (unsigned i = 0; i < COUNT(documents); i++) {
		snprintf(folders[i], sizeof(folders[i]), "/tmp/flagstop-docs-XXXXXX");
		if (!mkdtemp(folders[i]))
			return 1;
		find_examples(&documents[i]);
	}
	memcpy(tests, laws, sizeof(laws));
	for (unsigned i = 0; i < example_count; i++)
		tests[COUNT(laws) + i] = (struct CMUnitTest)LAW_WITH(examples[i].law, function_of(&examples[i]),
								     &examples[i]);
	return _cmocka_run_group_tests("laws", tests, COUNT(laws) + example_count, NULL, NULL);
}
