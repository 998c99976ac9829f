/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_EVENTS_H
#define FST_TRACER_EVENTS_H

/* What happened, counted: equal calls (same call, verdict, rule and stack) are one event. */

#include <stdint.h>
#include <sys/types.h>

#include <filters/policy/policy.h>

#define FST_EVENTS_MAX 4096 /* a tracee can make up as many different calls as it likes */

struct fst_event {
	enum flagstop_abi abi;
	uint32_t nr;
	struct flagstop_verdict verdict;
	const struct fst_rule *rule;
	unsigned layer;
	pid_t tid;
	const char *stack;
	const char *subject; /* what else tells it apart: the call in words, where it was judged by paths; else "" */
	const char *example; /* "", or what fst_events_describe said of the first one */
};

struct fst_events;

struct fst_events *fst_events_new(void *parent);

/*
 * Counts one call (its `example` is not looked at). 1 when it is the first of its kind, 0 when not, -ENOMEM or -E2BIG
 * when it could not be told apart from others and was only counted as lost.
 */
int fst_events_add(struct fst_events *events, const struct fst_event *event);
/* The same of so many calls that somebody else counted. */
int fst_events_add_many(struct fst_events *events, const struct fst_event *event, uint64_t count);

/* Says what the call that was counted last looked like. */
void fst_events_describe(struct fst_events *events, const char *example);

/* In the order of their first occurrence. *ret_count is how often. NULL behind the last. */
const struct fst_event *fst_events_get(const struct fst_events *events, size_t index, uint64_t *ret_count);

uint64_t fst_events_lost(const struct fst_events *events);

#endif
