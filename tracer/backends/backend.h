/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_BACKEND_H
#define FST_TRACER_BACKEND_H

/*
 * A way to stop a tracee at its calls, before they are carried out, and to have them not carried out. What a call is
 * worth is none of its business: that is the policy's, the same everywhere.
 *
 *             the kernel decides    a call stops                       a kill is
 *     trace   what scalars decide   when a filter of ours flags it     the filter's, by a poison number
 *     ptrace  nothing               each, on entry and on exit         a signal (sentence.c)
 */

#include <stdbool.h>
#include <stdint.h>

#include <flagstop/session.h>
#include <tracer/ptrace.h>

struct fst_tracer;
struct fst_tracee;

struct fst_backend {
	enum flagstop_backend id;
	bool filters;   /* the policy's programs are installed */
	unsigned stops; /* enum fst_wanted_stops */
	/* Lets it go until the next stop that the backend wants. */
	int (*resume)(const struct fst_tracer *tracer, struct fst_tracee *tracee, int signal);
	/* A stop that is FST_STOP_SECCOMP or FST_STOP_SYSCALL. */
	void (*handle_call)(struct fst_tracer *tracer, struct fst_tracee *tracee, enum fst_stop_kind kind);
	/* Both at a stop before the call is carried out; the tracee is resumed by the caller. 0 or a negative errno. */
	int (*skip)(struct fst_tracer *tracer, struct fst_tracee *tracee, int64_t result);
	int (*condemn)(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct flagstop_data *call,
		       struct flagstop_verdict verdict);
};

extern const struct fst_backend fst_backend_trace;
extern const struct fst_backend fst_backend_ptrace;

#endif
