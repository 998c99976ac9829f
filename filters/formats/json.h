/* SPDX-License-Identifier: MIT */
#ifndef FST_FORMATS_JSON_H
#define FST_FORMATS_JSON_H

/*
 * JSON with places: the JSON library reads the text and says what it means; where each value stands is found by a
 * scan of the same text in the same order.
 */

#include <jansson.h>

#include <filters/formats/format.h>

struct fst_json {
	json_t *root;
	struct fst_reading *reading;
	struct fst_json_value {
		const json_t *value;
		size_t offset, bytes;
	} * values; /* in the order of the addresses */
	unsigned count;
};

/* Hangs on reading->scratch and frees the JSON values with it. */
int fst_json_load(struct fst_reading *reading, struct fst_json **ret_json);
/* Where a value stands. true, false and null are shared by the library: they have no place of their own. */
struct fst_spot fst_json_spot(const struct fst_json *json, const json_t *value);
/* An integer from 0 to 2^64 - 1, also where the library's own integers end. 0, or -EBADMSG with the error filled. */
int fst_json_u64(const struct fst_json *json, const json_t *value, const char *what, uint64_t *ret_number);
/* The member, NULL when it is missing or null; *ret_r is set when it has another type than `type`. */
json_t *fst_json_member(const struct fst_json *json, const json_t *object, const char *key, json_type type, int *ret_r);

#endif
