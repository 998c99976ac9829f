/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_TOGETHER_H
#define FST_TRACER_TOGETHER_H

/*
 * A stop's price is where the tracer runs: waking it on another CPU costs several times what all the rest does. So a
 * thread that stops often, and the tracer, are brought to one CPU for as long as that lasts, by their affinity masks.
 *
 *     32 stops, nearly all of them one thread's, in 20 ms   both on the CPU that the tracer is on
 *     32 stops with others' among them, or in over 40 ms      masks as they were
 *
 * The program must not see its mask changed. It is put back before a call that shows or sets masks or scheduling
 * (FST_TOGETHER_GUARDS flags these), at exec, at a signal that dumps core, and a child's at its first stop. Whoever
 * reads /proc/TID/status, or another's mask, sees it.
 *
 * Never together: threads of real-time or deadline classes, and no more once the program set a mask itself.
 */

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <flagstop/program.h>
#include <tracer/wait.h>

#define FST_TOGETHER_WINDOW 32 /* stops */
#define FST_TOGETHER_FAST_NS 20000000
#define FST_TOGETHER_SLOW_NS 40000000
#define FST_TOGETHER_LOOKS 4 /* calls that show or need the masks */

/* Rules for the guards' layer: the calls are flagged, and allowed. */
#define FST_TOGETHER_GUARDS "trace sched_getaffinity sched_setaffinity sched_setscheduler sched_setattr\n"

/* Masks of machines with more CPUs cannot be read, and threads there are left alone. */
struct fst_together_mask {
	cpu_set_t cpus;
	bool whole; /* nobody narrowed it: put back as all CPUs there can be, or it would stay behind its cpuset */
};

struct fst_together {
	struct fst_wait *wait;
	bool off;
	int looks[FST_TOGETHER_LOOKS];
	pid_t candidate; /* the thread whose stops are counted */
	unsigned its_stops, stops;
	uint64_t since_ns;
	pid_t with;    /* the thread that is on our CPU; 0: none */
	pid_t refused; /* a thread that cannot be */
	int prefers;   /* a CPU that no other tracer of ours takes; -1: there is none */
	uint64_t times;
	bool moved_it, moved_us, knows_ours, has_moved;
	cpu_set_t one;  /* the CPU */
	cpu_set_t used; /* all that were one, over time */
	cpu_set_t all;  /* that the machine, and what confines us, lets us have */
	struct fst_together_mask its, ours;
};

void fst_together_init(struct fst_together *together, struct fst_wait *wait, bool off);

/* A thread is stopped. Before it goes on. */
void fst_together_stopped(struct fst_together *together, pid_t tid);
/* It is a thread's first stop. */
void fst_together_born(struct fst_together *together, pid_t tid);
/* It is about to make this call. */
void fst_together_call(struct fst_together *together, const struct flagstop_data *call);
/* It executed, and had another tid before, perhaps. */
void fst_together_exec(struct fst_together *together, pid_t former, pid_t tid);
void fst_together_gone(struct fst_together *together, pid_t tid);
/* A signal is about to be delivered to it. */
void fst_together_signal(struct fst_together *together, pid_t tid, int signal);
/*
 * It goes to another tracer of ours, worker `index`: not with us any more. From now on that one and we keep to
 * different CPUs; its, or -1.
 */
int fst_together_share(struct fst_together *together, pid_t tid, unsigned index);
/* No real-time thread, which would keep us from running, and no deadline thread. */
bool fst_together_is_ordinary(pid_t tid);
/* Time has passed. */
void fst_together_tick(struct fst_together *together);

#endif
