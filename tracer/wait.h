/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_WAIT_H
#define FST_TRACER_WAIT_H

/*
 * Which child has something to tell.
 *
 * waitpid(-1) looks at the children one by one until it finds one that stopped: with thousands of sleeping ones that is
 * most of a stop's price. So where there are many, the siginfo of SIGCHLD says who it was, and waitpid asks that one
 * alone. SIGCHLD is one signal, however many it is sent for: while one is pending, others are lost. Therefore the few
 * that stopped often lately are asked as well, and all of them now and then, for a bounded share of the time.
 *
 *     few tracees     waitpid(-1)                             SIGCHLD is not even sent (SA_NOCLDSTOP)
 *     many            sigwaitinfo(), waitpid(the one named)   and a scan by waitpid(-1) at a tick
 *
 * All of the thread's children are waited for. SIGCHLD must be blocked, with the default action; SIGALRM is its own.
 */

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FST_WAIT_MANY 64 /* from how many tracees on */
#define FST_WAIT_HOT 8   /* that are asked without having been named */
#define FST_WAIT_PATIENCE 16
#define FST_WAIT_TICK_NS 5000000

struct fst_wait {
	bool by_signal; /* many tracees */
	bool unsure;    /* a SIGCHLD came since the last scan, and may have stood for several */
	bool scanning;
	size_t scanned; /* how many this scan found */
	bool wants_ticks;
	uint64_t tick_ns;        /* the timer's period; 0: it is off */
	uint64_t scan_ns;        /* what the last scan cost, from its first question to its last */
	uint64_t asked_ns;       /* the same of the one that is going on */
	pid_t hot[FST_WAIT_HOT]; /* the last ones that stopped, the very last first */
	unsigned unnamed;        /* how many in a row were found without asking for signals */
	/* Few: whose turn it was, how often in a row, and after how often others are asked for. */
	pid_t last;
	unsigned in_a_row, patience;
	pid_t held; /* its stop was found already, and is told next; 0: none */
	int held_status;
	bool hidden; /* a signal came to nothing: another one's may have been lost for it */
};

/* Once, before the first wait. */
void fst_wait_init(struct fst_wait *wait);

/*
 * The next child that stopped or ended, and how, as waitpid(-1, ret_status, __WALL | WUNTRACED) has it; -1 when there
 * is no child. 0: a tick.
 */
pid_t fst_wait_next(struct fst_wait *wait, size_t tracees, int *ret_status);

/*
 * With ticks, fst_wait_next comes back with 0 now and then while nothing happens, each FST_WAIT_TICK_NS or sooner.
 * Without, it does so rarely. System calls may end with EINTR while there are ticks.
 */
void fst_wait_want_ticks(struct fst_wait *wait, bool want);

uint64_t fst_wait_now_ns(void);

#endif
