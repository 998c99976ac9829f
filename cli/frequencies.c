/* SPDX-License-Identifier: MIT */
/*
 * How often calls were made, from a file: what `run --json` writes, or counts by name, as JSON or as lines of
 * minijail's frequency files. Decides which of them count for which ABI; calls that the tables do not know are passed
 * over.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define MAX_BYTES (64 << 20)

static int add(struct frequency_list *list, unsigned call, enum flagstop_abi abi, json_int_t count)
{
	struct flagstop_frequency *larger;

	if (flagstop_call_number(call, abi) < 0)
		return 0;
	larger = realloc(list->frequencies, (list->count + 1) * sizeof(*larger));
	if (!larger)
		return -ENOMEM;
	list->frequencies = larger;
	larger[list->count++] = (struct flagstop_frequency){ abi, call, (uint64_t)count };
	return 0;
}

/* `abi` may be NULL: the count is taken for each ABI. */
static int add_count(struct frequency_list *list, const char *name, const char *abi, json_int_t count)
{
	int call = flagstop_call_find(name), r = 0;

	for (int i = 0; i < FLAGSTOP_ABI_COUNT && !r && call >= 0; i++)
		if (!abi || flagstop_abi_find(abi) == i)
			r = add(list, (unsigned)call, i, count);
	return r;
}

static int add_named(struct frequency_list *list, const char *name, const char *abi, const json_t *count)
{
	if (!name || !json_is_integer(count) || json_integer_value(count) < 0)
		return -EINVAL;
	return add_count(list, name, abi, json_integer_value(count));
}

static int add_events(struct frequency_list *list, const json_t *events)
{
	size_t i;
	json_t *event;
	int r = 0;

	json_array_foreach(events, i, event) if (!r)
		r = add_named(list, json_string_value(json_object_get(event, "call")),
			      json_string_value(json_object_get(event, "abi")), json_object_get(event, "count"));
	return r;
}

static int add_counts(struct frequency_list *list, json_t *counts)
{
	const char *name;
	json_t *count;
	int r = 0;

	json_object_foreach(counts, name, count) if (!r)
		r = add_named(list, name, NULL, count);
	return r;
}

static int read_object(struct frequency_list *list, const json_t *file)
{
	json_t *denied = json_object_get(file, "denied"), *allowed = json_object_get(file, "allowed");
	json_t *calls = json_object_get(file, "calls");
	int r;

	if (!json_is_array(denied) && !json_is_array(allowed) && !json_is_object(calls))
		return -EINVAL;
	r = add_events(list, denied);
	if (!r)
		r = add_events(list, allowed);
	return r ? r : add_counts(list, calls);
}

static int read_json(struct frequency_list *list, const char *path, const char *text, size_t bytes)
{
	json_error_t error;
	json_t *file = json_loadb(text, bytes, 0, &error);
	int r = file ? read_object(list, file) : -EINVAL;

	if (!file)
		fprintf(stderr, "flagstop: %s:%d:%d: %s\n", path, error.line, error.column, error.text);
	else if (r == -EINVAL)
		fprintf(stderr,
			"flagstop: %s: counts are what `run --json` writes, or {\"calls\": {\"read\": 7}}\n",
			path);
	json_decref(file);
	return r;
}

/* `read: 4000`, and nothing behind it but blanks. */
static int read_line(struct frequency_list *list, char *line)
{
	char *colon = strchr(line, ':'), *end, *name = line + strspn(line, " \t\r");
	unsigned long long count;

	if (!*name)
		return 0;
	if (!colon)
		return -EINVAL;
	*colon++ = '\0';
	name[strcspn(name, " \t")] = '\0';
	colon += strspn(colon, " \t");
	if (!*name || !isdigit((unsigned char)*colon))
		return -EINVAL;
	errno = 0;
	count = strtoull(colon, &end, 10);
	if (errno || count > INT64_MAX || end[strspn(end, " \t\r")])
		return -EINVAL;
	return add_count(list, name, NULL, (json_int_t)count);
}

static int read_lines(struct frequency_list *list, const char *path, char *text, size_t bytes)
{
	unsigned number = 1;
	int r = strlen(text) == bytes ? 0 : -EINVAL; /* not a text */

	for (char *next, *line = text; line && !r; line = next, number++) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line[strcspn(line, "#")] = '\0';
		r = read_line(list, line);
	}
	if (r == -EINVAL)
		fprintf(stderr, "flagstop: %s:%u: a line of counts is as `read: 7`\n", path,
			number > 1 ? number - 1 : 1);
	return r;
}

int read_frequencies(const char *path, struct frequency_list *ret_list)
{
	struct frequency_list list = { NULL, 0 };
	size_t bytes;
	char *text = read_file(path, MAX_BYTES, &bytes);
	int r = -EINVAL;

	if (text && strchr("{[", text[strspn(text, " \t\r\n")]))
		r = read_json(&list, path, text, bytes);
	else if (text)
		r = read_lines(&list, path, text, bytes);
	if (r && r != -EINVAL)
		fprintf(stderr, "flagstop: %s: %s\n", path, strerror(-r));
	free(text);
	if (r) {
		free(list.frequencies);
		return r;
	}
	*ret_list = list;
	return 0;
}
