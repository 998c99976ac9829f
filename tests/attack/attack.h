/* SPDX-License-Identifier: MIT */
#ifndef FST_TESTS_ATTACK_H
#define FST_TESTS_ATTACK_H

/*
 * What the attacks that are races have in common. Each is made twice: against a naive check, up to its first escape,
 * and against flagstop for as long as was asked for (FLAGSTOP_ATTACK_SECONDS), in which nothing may escape.
 */

#include "../system/harness.h"

#define ATTACK_NAIVE_SECONDS "30" /* at most */

/* What tests/tracees/race.h says. */
struct attack_score {
	long tries, escapes, wrong, done;
};

/* Instead of harness_setup: a race's time comes on top of a test's. */
int attack_setup(void **state);
/* For flagstop's turn; 1 unless said. */
const char *attack_seconds(void);
/*
 * Fails unless the naive check was got around and flagstop was not, nothing was wrong, and something was done. Says
 * both in one line that begins with "attack: " (tests/run.py shows these again at the end).
 */
void attack_settle(const char *name, const char *naive, const char *confined);
/* The same where nothing at all may be done. */
void attack_settle_refused(const char *name, const char *naive, const char *confined);

#endif
