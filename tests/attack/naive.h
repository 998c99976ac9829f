/* SPDX-License-Identifier: MIT */
#ifndef FST_TESTS_NAIVE_H
#define FST_TESTS_NAIVE_H

/*
 * A sandbox as one writes it first: one filter that asks for a stop at mkdir, by its x86_64 number, and a tracer that
 * follows forks and refuses. Each attack is shown to succeed here before it is shown to fail against flagstop.
 */

#include <sys/types.h>

enum naive_verdict {
	NAIVE_DENY,    /* EPERM at every stop */
	NAIVE_BY_DATA, /* the rule is what the filter said: 7 is EPERM, all else is allowed */
	NAIVE_KILL,    /* SIGKILL */
};

/* Runs it to its end; its output in `out`. The exit status of the program, or 128 and the signal. */
int naive_run(enum naive_verdict verdict, char *const *argv, char *out, size_t size);

#endif
