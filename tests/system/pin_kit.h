/* SPDX-License-Identifier: MIT */
#ifndef FST_TESTS_PIN_KIT_H
#define FST_TESTS_PIN_KIT_H

/*
 * A sandbox of one rule, on the tracer's own pieces, for programs of this host and its 32-bit ones: no path with
 * "secret" in it is opened, executed, or made a link of. With KIT_NAIVE it checks the string in place and lets the
 * kernel read it again, as one writes it first. So it is with mmap where its arguments lie in memory: nothing replaces
 * the window by force.
 */

#include "harness.h"

enum kit_way {
	KIT_PIN,      /* by the stub */
	KIT_PIN_EXIT, /* as if every process had a filter of its own */
	KIT_NAIVE,
};

struct kit {
	enum kit_way way;
	bool unguarded;        /* without the window's program */
	unsigned interrupt_us; /* > 0: the program is interrupted that often, by nobody's signal */
	char *const *argv;
	/* Afterwards. */
	int status; /* of the program, as waitpid has it */
	long stops, pinned, denied, restarts, forged, attached, refused, fixed, slots_left;
	char reason[160]; /* of the last refusal to pin */
	char out[32 * 1024];
};

/* Runs the program of argv[0] to its end. Returns its exit status, or 128 and the signal. */
int kit_run(struct kit *kit);
/* Whether this kernel has what it takes; else kit_run skips the test. */
bool kit_can_run(void);
/* The number behind `name` in what it printed; fails if there is none. */
long kit_number(const struct kit *kit, const char *name);

#endif
