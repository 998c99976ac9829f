/* SPDX-License-Identifier: MIT */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

/*
 * What the sub-commands share. Each takes its own argc and argv (argv[0] is "flagstop run" and the like) and returns
 * the exit status.
 */

#include <argp.h>
#include <stdbool.h>
#include <stdio.h>

#include <flagstop/flagstop.h>
#include <jansson.h>

/* Exit statuses that are not the program's own. */
enum {
	EXIT_WRONG = 1,      /* the answer is no: the policy or program is wrong */
	EXIT_TROUBLE = 2,    /* it could not be found out: no such file, a usage error, no memory */
	EXIT_FLAGSTOP = 125, /* run: flagstop itself failed */
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
	EXIT_SIGNALLED = 128, /* + the signal */
};

struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

int command_run(int argc, char **argv);
int command_check(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_compile(int argc, char **argv);
int command_disasm(int argc, char **argv);
int command_emulate(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_merge(int argc, char **argv);
int command_dump(int argc, char **argv);
int command_convert(int argc, char **argv);
int command_calls(int argc, char **argv);
int command_probe(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_version(int argc, char **argv);

/* ---- output.c --------------------------------------------------------------------------------------------------- */

/* "" or an escape sequence, as the stream is a terminal that wants colours or not. */
enum style { PLAIN,
	     BOLD,
	     DIM,
	     RED,
	     GREEN,
	     YELLOW };
const char *styled(FILE *stream, enum style style);

/* Writes the error as a compiler would, on standard error. */
void print_error(const struct flagstop_error *error);

/* Writes `value` and takes it; standard output is flushed and checked. Returns `status`, or EXIT_TROUBLE. */
int finish_json(json_t *value, int status);
int finish_output(int status);

/* What is no UTF-8 (names of files, of symbols, of what tracees open) is no JSON: its bytes become '?'. */
json_t *json_of_text(const char *text, size_t bytes);
json_t *json_of_error(const struct flagstop_error *error);
/* "verdict", "errno", "value" as they belong together. */
void json_add_verdict(json_t *object, struct flagstop_verdict verdict);
void json_add_rule(json_t *object, const struct flagstop_rule *rule);

/* Writes lines of `text`, each behind `indent`. */
void print_indented(FILE *stream, const char *indent, const char *text);
/* "look.fs:5: deny EACCES @links". Of a long list of calls the first ones are shown, and the condition behind it. */
void format_rule(const struct flagstop_rule *rule, char *text, size_t size);

/* ---- options.c -------------------------------------------------------------------------------------------------- */

/* Parses options with argp; usage errors end the process with `failure`, --help with 0. */
void parse_options(const struct argp *argp, int argc, char **argv, unsigned flags, int failure, void *input);

/* An ABI's name, or ends with a usage error. */
enum flagstop_abi parse_abi(const char *name, struct argp_state *state);
enum flagstop_report parse_report(const char *name, struct argp_state *state);

/* Reads a whole file ("-": standard input) of at most `limit` bytes. NULL and a message on standard error. */
char *read_file(const char *path, size_t limit, size_t *ret_bytes);

/* ---- frequencies.c ---------------------------------------------------------------------------------------------- */

struct frequency_list {
	struct flagstop_frequency *frequencies; /* free(3) */
	size_t count;
};

/*
 * Reads how often calls were made: "denied" and "allowed" as `run --json` writes them, or "calls": {name: count}; or
 * lines `name: count`, as minijail's frequency files have them. 0, or a negative errno after a message on standard
 * error.
 */
int read_frequencies(const char *path, struct frequency_list *ret_list);

/* ---- policies.c ------------------------------------------------------------------------------------------------- */

/* Layers in the order of the command line: -p, --promise and --unveil. An argp child. */
struct layer_list {
	struct layer {
		const char *text;
		int option; /* 'p' a file, 'P' promises, 'U' what is unveiled */
	} * layers;
	size_t count;
};
extern const struct argp layer_argp;

/* The policy of these layers; NULL after an error was printed. */
struct flagstop_policy *load_layers(const struct layer_list *list, struct flagstop_error *reterr_error);

/* ---- report.c, ask.c: for run ----------------------------------------------------------------------------------- */

void print_report(const struct flagstop_session *session);
int write_json_report(const struct flagstop_session *session, const char *path, int status);
struct flagstop_answer ask_on_terminal(const struct flagstop_question *question, void *context);

#endif
