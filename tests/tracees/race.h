/* SPDX-License-Identifier: MIT */
/*
 * A race goes on for so many seconds, or to its first escape: its last arguments are SECONDS, or "once" SECONDS. It
 * says what it came to in one line (tests/attack/attack.h reads it).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static time_t race_end;
static int race_once;
static long race_tries, race_escapes;

static void race_begin(int argc, char **argv)
{
	race_once = argc > 2 && !strcmp(argv[argc - 2], "once");
	race_end = time(NULL) + atoi(argv[argc - 1]);
}

static int race_goes_on(void)
{
	if (time(NULL) >= race_end || (race_once && race_escapes))
		return 0;
	race_tries++;
	return 1;
}

/* `wrong`: results or registers that are not as they must be; `done`: calls that went through. */
static void race_say(long wrong, long done)
{
	printf("%ld tries %ld escapes %ld wrong %ld done\n", race_tries, race_escapes, wrong, done);
	fflush(stdout);
}
