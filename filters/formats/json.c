/* SPDX-License-Identifier: MIT */
/*
 * JSON with places. Refuses what is nested too deep before the library recurses into it, and duplicate names, which
 * would leave it to chance what a profile means. Knows no format.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <talloc.h>

#include <filters/formats/json.h>

/* ---- where the values stand: a scan of a text that the library found to be right ------------------------------- */

struct scan {
	const char *text;
	size_t bytes, at;
};

static void skip_blanks(struct scan *s)
{
	while (s->at < s->bytes && strchr(" \t\r\n,:", s->text[s->at]))
		s->at++;
}

static void skip_string(struct scan *s)
{
	for (s->at++; s->at < s->bytes && s->text[s->at] != '"'; s->at++)
		if (s->text[s->at] == '\\')
			s->at++;
	s->at++;
}

static void skip_plain(struct scan *s)
{
	while (s->at < s->bytes && !strchr(" \t\r\n,:]}", s->text[s->at]))
		s->at++;
}

static int note_place(struct fst_json *json, const json_t *value, size_t offset, size_t bytes)
{
	if (!(json->count & (json->count - 1))) {
		struct fst_json_value *values = talloc_realloc(json, json->values, struct fst_json_value,
							       json->count ? 2 * json->count : 1);

		if (!values)
			return fst_read_no_memory(json->reading);
		json->values = values;
	}
	json->values[json->count++] = (struct fst_json_value){ value, offset, bytes };
	return 0;
}

static int place(struct fst_json *json, struct scan *s, const json_t *value);

static int place_members(struct fst_json *json, struct scan *s, const json_t *object)
{
	int r = 0;

	for (void *iter = json_object_iter((json_t *)object); iter && !r;
	     iter = json_object_iter_next((json_t *)object, iter)) {
		skip_blanks(s);
		skip_string(s);
		r = place(json, s, json_object_iter_value(iter));
	}
	return r;
}

/* The library keeps the order of an object's members. */
static int place(struct fst_json *json, struct scan *s, const json_t *value)
{
	size_t offset;
	int r;

	skip_blanks(s);
	offset = s->at;
	if (json_is_object(value) || json_is_array(value)) {
		s->at++;
		r = note_place(json, value, offset, 1);
		if (!r && json_is_object(value))
			r = place_members(json, s, value);
		for (size_t i = 0; !r && i < json_array_size(value); i++)
			r = place(json, s, json_array_get(value, i));
		skip_blanks(s);
		s->at++;
		return r;
	}
	if (json_is_string(value))
		skip_string(s);
	else
		skip_plain(s);
	return note_place(json, value, offset, s->at - offset);
}

static int by_address(const void *a, const void *b)
{
	const struct fst_json_value *x = a, *y = b;

	return (x->value > y->value) - (x->value < y->value);
}

static int check_nesting(struct fst_reading *reading)
{
	struct scan s = { reading->text, reading->bytes, 0 };
	unsigned depth = 0;

	while (s.at < s.bytes) {
		char c = s.text[s.at];

		if (c == '"') {
			skip_string(&s);
			continue;
		}
		if (c == '[' || c == '{')
			depth++;
		if ((c == ']' || c == '}') && depth)
			depth--;
		if (depth > FLAGSTOP_CONVERT_MAX_NESTING) {
			struct fst_spot spot = fst_spot_at(reading->name, s.text, s.bytes, s.at, 1);

			return fst_read_fail(reading, &spot, -E2BIG, "nested deeper than %d levels",
					     FLAGSTOP_CONVERT_MAX_NESTING);
		}
		s.at++;
	}
	return 0;
}

static int release(struct fst_json *json)
{
	json_decref(json->root);
	return 0;
}

int fst_json_load(struct fst_reading *reading, struct fst_json **ret_json)
{
	struct fst_json *json = talloc_zero(reading->scratch, struct fst_json);
	struct scan s = { reading->text, reading->bytes, 0 };
	json_error_t error;
	int r = json ? check_nesting(reading) : fst_read_no_memory(reading);

	if (r)
		return r;
	json->reading = reading;
	/* Whole numbers beyond the library's own become reals; their digits are read from the text. */
	json->root =
		json_loadb(reading->text, reading->bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
	if (!json->root) {
		size_t offset = error.position > 0 ? (size_t)error.position - 1 : 0;
		struct fst_spot spot = fst_spot_at(reading->name, reading->text, reading->bytes, offset, 1);

		return fst_read_fail(reading, &spot, -EBADMSG, "this is no JSON: %.120s", error.text);
	}
	talloc_set_destructor(json, release);
	r = place(json, &s, json->root);
	if (r)
		return r;
	qsort(json->values, json->count, sizeof(*json->values), by_address);
	*ret_json = json;
	return 0;
}

static const struct fst_json_value *find(const struct fst_json *json, const json_t *value)
{
	struct fst_json_value key = { .value = value };

	return bsearch(&key, json->values, json->count, sizeof(key), by_address);
}

struct fst_spot fst_json_spot(const struct fst_json *json, const json_t *value)
{
	const struct fst_json_value *found = find(json, value);

	if (!found)
		return (struct fst_spot){ .file = json->reading->name };
	return fst_spot_at(json->reading->name, json->reading->text, json->reading->bytes, found->offset, found->bytes);
}

int fst_json_u64(const struct fst_json *json, const json_t *value, const char *what, uint64_t *ret_number)
{
	const struct fst_json_value *found = find(json, value);
	struct fst_spot spot = fst_json_spot(json, value);
	char digits[24], *end;
	bool fits = found && json_is_number(value) && found->bytes < sizeof(digits);

	if (fits) {
		memcpy(digits, json->reading->text + found->offset, found->bytes);
		digits[found->bytes] = '\0';
		errno = 0;
		*ret_number = strtoull(digits, &end, 10);
		fits = !*end && !errno && digits[0] != '-';
	}
	return fits ?
		0 :
		fst_read_fail(json->reading, &spot, -EBADMSG, "%s is a whole number from 0 to 2^64 - 1", what);
}

static const char *name_of_type(json_type type)
{
	switch (type) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "a string";
	default:
		return "a number";
	}
}

json_t *fst_json_member(const struct fst_json *json, const json_t *object, const char *key, json_type type, int *ret_r)
{
	json_t *value = json_object_get(object, key);

	if (!value || json_is_null(value))
		return NULL;
	/* Whole numbers were read as reals. */
	if (json_typeof(value) != (type == JSON_INTEGER ? JSON_REAL : type)) {
		struct fst_spot spot = fst_json_spot(json, value);

		if (!spot.text)
			spot = fst_json_spot(json, object);
		*ret_r = fst_read_fail(json->reading, &spot, -EBADMSG, "expected %s as \"%s\"", name_of_type(type),
				       key);
		return NULL;
	}
	return value;
}
