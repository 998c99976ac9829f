/* SPDX-License-Identifier: MIT */
/*
 * A race goes on for so many seconds, or to its first escape: its last arguments are SECONDS, or "once" SECONDS. It
 * says what it came to in one line (tests/attack/attack.h reads it).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RACE_LEAST 20 /* tries, and one that went through, on a machine with no time for us */
#define RACE_PATIENCE_NS 15000000000LL

static long long race_end_ns;
static int race_once, race_may_be_refused;
static long race_tries, race_escapes;
static long race_wrong; /* results or registers that are not as they must be */
static long race_done;  /* calls that went through */

static long long race_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void race_begin(int argc, char **argv)
{
	race_once = argc > 2 && !strcmp(argv[argc - 2], "once");
	race_end_ns = race_now_ns() + atoi(argv[argc - 1]) * 1000000000LL;
}

static int race_goes_on(void)
{
	long long over_ns = race_now_ns() - race_end_ns;
	int has_begun = race_tries >= RACE_LEAST && (race_done || race_may_be_refused);

	if ((race_once && race_escapes) || (over_ns >= 0 && (has_begun || over_ns > RACE_PATIENCE_NS)))
		return 0;
	race_tries++;
	return 1;
}

static void race_say(void)
{
	printf("%ld tries %ld escapes %ld wrong %ld done\n", race_tries, race_escapes, race_wrong, race_done);
	fflush(stdout);
}
