/* SPDX-License-Identifier: MIT */
#ifndef FST_ARCH_NEAR_H
#define FST_ARCH_NEAR_H

/* The name nearest in spelling to what somebody wrote. */

#include <stddef.h>

struct fst_near {
	const char *wanted;
	size_t wanted_bytes;
	unsigned limit;   /* candidates must be nearer than this */
	const char *best; /* NULL: nothing is near */
};

struct fst_near fst_near_init(const char *wanted);

/* Takes the candidate when it is nearer than all that were offered before. */
void fst_near_offer(struct fst_near *near, const char *candidate);

#endif
