/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_GLOB_H
#define FST_FILTERS_GLOB_H

/*
 * Globs: `?` is any byte and `*` any number of them, `**` as well; `[a-z]` and `[!a-z]` are one byte of a class (so
 * that `[*]` is a star). In paths all of them but `**` stop at a slash. Matching takes time in proportion to both
 * lengths.
 */

#include <stdbool.h>
#include <stddef.h>

#define FST_GLOB_MAX_TOKENS 256

struct fst_glob;

/* -EBADMSG with *ret_at, the offset of a class that does not end; -E2BIG; -ENOMEM. */
int fst_glob_new(void *parent, const char *text, size_t bytes, struct fst_glob **ret_glob, size_t *ret_at);

/* What stands before the first byte that is special. */
size_t fst_glob_plain_bytes(const char *text, size_t bytes);

bool fst_glob_matches(const struct fst_glob *glob, bool is_path, const char *text, size_t bytes);

#endif
