/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_ERROR_H
#define FST_FILTERS_ERROR_H

/* Fills a public error object. All return `code`, so that `return fst_error_set(...)` reads as what it does. */

#include <flagstop/error.h>

/* Resets the object and sets code and message. `error` may be NULL. */
int fst_error_set(struct flagstop_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Adds the hint to an error that was set before. */
void fst_error_hint(struct flagstop_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Adds the place: the file's name, the 1-based line and column, and the text of that line (which need not end in a zero
 * byte), out of which a piece around the column is copied.
 */
void fst_error_place(struct flagstop_error *error, const char *file, unsigned line, unsigned column, unsigned columns,
		     const char *source, size_t source_bytes);

#endif
