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

#endif
