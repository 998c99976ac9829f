/* SPDX-License-Identifier: MIT */
/* Decides when a race is lost, and how that is told. */
#include "attack.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TURNS_OF_TRIES 10000 /* at least: on one CPU, and on a busy machine, they take a time slice each */

static long said(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : otherwise;
}

const char *attack_limit(void)
{
	static char limit[48];
	long tries = said("FLAGSTOP_ATTACK_TRIES", 0), seconds = said("FLAGSTOP_ATTACK_SECONDS", 1);

	if (tries)
		snprintf(limit, sizeof(limit), "%ld/%ld", tries, seconds);
	else
		snprintf(limit, sizeof(limit), "%ld", seconds);
	return limit;
}

int attack_setup(void **state)
{
	int r = harness_setup(state);

	alarm(alarm(0) + 4 * (unsigned)said("FLAGSTOP_ATTACK_SECONDS", 1));
	return r;
}

static struct attack_score read_score(const char *text)
{
	struct attack_score score = { 0 };

	if (sscanf(text, "%ld tries %ld escapes %ld wrong %ld done %ld turns", &score.tries, &score.escapes,
		   &score.wrong, &score.done, &score.turns) != 5)
		fail_msg("no score: %s", text);
	return score;
}

static struct attack_score settle(const char *name, const char *naive, const char *confined)
{
	struct attack_score before = { 0 }, now = read_score(confined);

	if (*naive)
		before = read_score(naive);
	print_message("attack: %-32s naive check: %ld escapes in %ld tries; flagstop: %ld escapes in %ld "
		      "(%ld done, %ld turns)\n",
		      name, before.escapes, before.tries, now.escapes, now.tries, now.done, now.turns);
	assert_true(before.escapes > 0 || !*naive);
	assert_int_equal(now.escapes, 0);
	assert_int_equal(now.wrong, 0);
	assert_true(now.tries > 5); /* it did attack */
	return now;
}

void attack_settle(const char *name, const char *naive, const char *confined)
{
	struct attack_score now = settle(name, naive, confined);

	assert_true(now.turns > now.tries / TURNS_OF_TRIES); /* both came to be judged, again and again */
}
