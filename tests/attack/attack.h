/* SPDX-License-Identifier: MIT */
#ifndef FST_TESTS_ATTACK_H
#define FST_TESTS_ATTACK_H

/*
 * What the attacks that are races have in common. Each is made twice: against a naive check, up to its first escape,
 * and against flagstop for as long as was asked for (FLAGSTOP_ATTACK_SECONDS, and FLAGSTOP_ATTACK_TRIES, which end it
 * earlier), in which nothing may escape.
 */

#include "../system/harness.h"

#define ATTACK_NAIVE_SECONDS "30" /* at most */

/* What tests/tracees/race.h says. */
struct attack_score {
	long tries, escapes, wrong, done, turns;
};

/* Instead of harness_setup: a race's time comes on top of a test's. */
int attack_setup(void **state);
/* For flagstop's turn, as race.h takes it: a second unless said. */
const char *attack_limit(void);
/*
 * Fails unless the naive check was got around and flagstop was not, nothing was wrong, and what was permitted went
 * through and what was not did not, in turns: else nothing was raced. Says all that in one line that begins with
 * "attack: " (tests/run.py shows these again at the end). `naive` is "" where there can be no such check.
 */
void attack_settle(const char *name, const char *naive, const char *confined);

#endif
