/* SPDX-License-Identifier: MIT */
/*
 * How often calls were made, from a file: what `run --json` writes, or counts by name. Decides which of them count for
 * which ABI; calls that the tables do not know are passed over.
 */
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
static int add_named(struct frequency_list *list, const char *name, const char *abi, const json_t *count)
{
	int call = name ? flagstop_call_find(name) : -EINVAL, r = 0;

	if (!name || !json_is_integer(count) || json_integer_value(count) < 0)
		return -EINVAL;
	if (call < 0)
		return 0;
	for (int i = 0; i < FLAGSTOP_ABI_COUNT && !r; i++)
		if (!abi || flagstop_abi_find(abi) == i)
			r = add(list, (unsigned)call, i, json_integer_value(count));
	return r;
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

int read_frequencies(const char *path, struct frequency_list *ret_list)
{
	struct frequency_list list = { NULL, 0 };
	json_error_t error;
	size_t bytes;
	char *text = read_file(path, MAX_BYTES, &bytes);
	json_t *file = text ? json_loadb(text, bytes, 0, &error) : NULL;
	int r = file ? read_object(&list, file) : -EINVAL;

	if (text && !file)
		fprintf(stderr, "flagstop: %s:%d:%d: %s\n", path, error.line, error.column, error.text);
	else if (r == -EINVAL && text)
		fprintf(stderr,
			"flagstop: %s: counts are what `run --json` writes, or {\"calls\": {\"read\": 7}}\n", path);
	else if (r && text)
		fprintf(stderr, "flagstop: %s: %s\n", path, strerror(-r));
	json_decref(file);
	free(text);
	if (r) {
		free(list.frequencies);
		return r;
	}
	*ret_list = list;
	return 0;
}
