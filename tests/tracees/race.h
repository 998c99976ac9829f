/* SPDX-License-Identifier: MIT */
/*
 * A race goes on for so many seconds, for so many tries in at most so many seconds, or to its first escape: its last
 * arguments are SECONDS, TRIES/SECONDS, or "once" SECONDS. It says what it came to in one line (tests/attack/attack.h
 * reads it).
 *
 * What the calls came to tells whether anything was raced: they must have seen what is permitted and what is not, in
 * turns.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RACE_LEAST 20 /* tries, and one that went through, on a machine with no time for us */
#define RACE_PATIENCE_NS 15000000000LL

static long long race_end_ns;
static int race_once;
static long race_limit = LONG_MAX, race_tries, race_escapes;
static long race_wrong; /* results or registers that are not as they must be */
static long race_done;  /* calls that went through */
static long race_turns; /* of these, those that came after one that did not */
static int race_was_refused;

static long long race_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void race_begin(int argc, char **argv)
{
	char *seconds = argv[argc - 1], *slash = strchr(seconds, '/');

	race_once = argc > 2 && !strcmp(argv[argc - 2], "once");
	if (slash) {
		race_limit = atol(seconds);
		seconds = slash + 1;
	}
	race_end_ns = race_now_ns() + atoi(seconds) * 1000000000LL;
}

static int race_goes_on(void)
{
	long long over_ns = race_now_ns() - race_end_ns;
	int has_begun = race_tries >= RACE_LEAST && race_turns;

	if ((race_once && race_escapes) || race_tries >= race_limit ||
	    (over_ns >= 0 && (has_begun || over_ns > RACE_PATIENCE_NS)))
		return 0;
	race_tries++;
	return 1;
}

/* Counted without care where several threads do it: what matters is whether it is none. */
static inline void race_saw(int went_through)
{
	race_done += went_through;
	race_turns += went_through && race_was_refused;
	race_was_refused = !went_through;
}

static void race_say(void)
{
	printf("%ld tries %ld escapes %ld wrong %ld done %ld turns\n", race_tries, race_escapes, race_wrong, race_done,
	       race_turns);
	fflush(stdout);
}
