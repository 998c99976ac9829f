/* SPDX-License-Identifier: MIT */
#ifndef FST_ARCH_TEXT_H
#define FST_ARCH_TEXT_H

/* What snprintf(3) does, spread over several calls: everything is counted, what fits is written. */

#include <stddef.h>

struct fst_text {
	char *text; /* may be NULL when size is 0 */
	size_t size;
	size_t bytes; /* that the whole text needs so far, without the terminating zero */
};

void fst_text_put(struct fst_text *output, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
