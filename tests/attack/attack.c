/* SPDX-License-Identifier: MIT */
/* Decides when a race is lost, and how that is told. */
#include "attack.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *attack_seconds(void)
{
	const char *said = getenv("FLAGSTOP_ATTACK_SECONDS");

	return said ? said : "1";
}

int attack_setup(void **state)
{
	int r = harness_setup(state);

	alarm(alarm(0) + 4 * (unsigned)strtoul(attack_seconds(), NULL, 10));
	return r;
}

static struct attack_score read_score(const char *text)
{
	struct attack_score score = { 0 };

	if (sscanf(text, "%ld tries %ld escapes %ld wrong %ld done", &score.tries, &score.escapes, &score.wrong,
		   &score.done) != 4)
		fail_msg("no score: %s", text);
	return score;
}

static struct attack_score settle(const char *name, const char *naive, const char *confined)
{
	struct attack_score before = read_score(naive), now = read_score(confined);

	print_message("attack: %-32s naive check: %ld escapes in %ld tries; flagstop: %ld escapes in %ld\n", name,
		      before.escapes, before.tries, now.escapes, now.tries);
	assert_true(before.escapes > 0);
	assert_int_equal(now.escapes, 0);
	assert_int_equal(now.wrong, 0);
	assert_true(now.tries > 5); /* it did attack */
	return now;
}

void attack_settle(const char *name, const char *naive, const char *confined)
{
	struct attack_score now = settle(name, naive, confined);

	assert_true(now.done > 0); /* what was permitted was done */
}

void attack_settle_refused(const char *name, const char *naive, const char *confined)
{
	struct attack_score now = settle(name, naive, confined);

	assert_int_equal(now.done, 0);
}
