/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_CHOOSE_H
#define FST_TRACER_CHOOSE_H

#include <stdbool.h>

#include <flagstop/session.h>

struct fst_choice {
	enum flagstop_backend backend; /* what `auto` takes */
	/* Why it is not `trace`: what who wants that is told. 0: it is. */
	int error;
	const char *message, *hint;
};

/* `flags`: calls will be flagged, which is more to ask of the kernel. Makes a child or two where it has to try. */
struct fst_choice fst_choose_backend(bool flags);

/* Whether all tracees carry a filter from outside. */
bool fst_choose_is_filtered(void);
/*
 * Whether the stops where each call makes two can be told apart. Before 4.8 filters come before the stop on entry, and
 * what they deny may have an exit without an entry: taken for one, it would have the next call's entry taken for the
 * exit, and nobody would judge that call. Only the kernel's word (5.3) helps, or that there is no filter.
 */
bool fst_choose_tells_entries(void);

#endif
