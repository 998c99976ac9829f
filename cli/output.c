/* SPDX-License-Identifier: MIT */
/* How things look: colour, errors, JSON. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

const char *styled(FILE *stream, enum style style)
{
	static const char *const codes[] = { "\033[0m", "\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[33m" };
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if ((no_color && *no_color) || !term || !strcmp(term, "dumb") || !isatty(fileno(stream)))
		return "";
	return codes[style];
}

void print_error(const struct flagstop_error *error)
{
	char text[2048];

	flagstop_error_format(error, text, sizeof(text));
	fprintf(stderr, "%sflagstop:%s %s\n", styled(stderr, RED), styled(stderr, PLAIN), text);
}

int finish_output(int status)
{
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "flagstop: standard output: %s\n", strerror(errno));
		return EXIT_TROUBLE;
	}
	return status;
}

int finish_json(json_t *value, int status)
{
	int failed = !value || json_dumpf(value, stdout, JSON_INDENT(2)) || putchar('\n') == EOF;

	json_decref(value);
	if (failed)
		fputs("flagstop: the JSON text could not be written\n", stderr);
	return failed ? EXIT_TROUBLE : finish_output(status);
}

json_t *json_of_text(const char *text, size_t bytes)
{
	json_t *string = json_stringn(text, bytes);
	char *plain = string ? NULL : strndup(text, bytes);

	for (char *at = plain; at && *at; at++)
		if ((unsigned char)*at > 0x7f)
			*at = '?';
	if (plain)
		string = json_string(plain);
	free(plain);
	return string;
}

json_t *json_of_error(const struct flagstop_error *error)
{
	json_t *object = json_object();

	json_object_set_new(object, "message", json_of_text(error->message, strlen(error->message)));
	json_object_set_new(object, "hint", json_of_text(error->hint, strlen(error->hint)));
	json_object_set_new(object, "code", json_integer(error->code));
	if (error->line) {
		json_object_set_new(object, "file", json_of_text(error->file, strlen(error->file)));
		json_object_set_new(object, "line", json_integer(error->line));
		json_object_set_new(object, "column", json_integer(error->column));
	}
	return object;
}

void json_add_verdict(json_t *object, struct flagstop_verdict verdict)
{
	json_object_set_new(object, "verdict", json_string(flagstop_action_name(verdict.action)));
	if (verdict.action == FLAGSTOP_ACTION_DENY) {
		const char *name = flagstop_errno_name((int)verdict.value);

		json_object_set_new(object, "errno", name ? json_string(name) : json_integer(verdict.value));
		json_object_set_new(object, "errno_number", json_integer(verdict.value));
	} else {
		json_object_set_new(object, "errno", json_null());
	}
	if (verdict.action == FLAGSTOP_ACTION_RETURN || verdict.action == FLAGSTOP_ACTION_TRAP)
		json_object_set_new(object, "value", json_integer(verdict.value));
}

void json_add_rule(json_t *object, const struct flagstop_rule *rule)
{
	json_object_set_new(object, "file", json_of_text(rule->file, strlen(rule->file)));
	json_object_set_new(object, "line", json_integer(rule->line));
	json_object_set_new(object, "rule", json_of_text(rule->text, strlen(rule->text)));
	json_object_set_new(object, "layer", json_integer(rule->layer));
}

void print_indented(FILE *stream, const char *indent, const char *text)
{
	while (*text) {
		int bytes = (int)strcspn(text, "\n");

		fprintf(stream, "%s%.*s\n", indent, bytes, text);
		text += bytes + (text[bytes] == '\n');
	}
}

#define SHOWN_BYTES 100

/* How much of the text is shown before something is left out: up to a blank, so that no name is cut. */
static int shown_bytes(const char *text)
{
	int bytes = SHOWN_BYTES;

	if (strlen(text) <= SHOWN_BYTES)
		return (int)strlen(text);
	while (bytes > 1 && text[bytes] != ' ')
		bytes--;
	return bytes > 1 ? bytes : SHOWN_BYTES;
}

void format_rule(const struct flagstop_rule *rule, char *text, size_t size)
{
	int head = shown_bytes(rule->text), tail;
	const char *when = strstr(rule->text + head, " when ");
	char line[16] = "";

	if (!when || !rule->text[head])
		when = "";
	tail = shown_bytes(when);
	if (rule->line)
		snprintf(line, sizeof(line), ":%u", rule->line);
	snprintf(text, size, "%s%s: %.*s%s%.*s%s", rule->file, line, head, rule->text, rule->text[head] ? " …" : "",
		 tail, when, when[tail] ? " …" : "");
}
