/* SPDX-License-Identifier: MIT */
#ifndef BENCH_H
#define BENCH_H

/*
 * What is compared, one thing a file:
 *
 *     main.c       options, and the order of things
 *     rows.c       which ways to make a call are compared, and the rounds over them
 *     worker.c     the process whose calls are timed, and how it is told to
 *     reference.c  hand-written filters and tracers, without the library
 *     session.c    the same through the library
 *     commands.c   how long `flagstop run` takes to start and end
 *     memory.c     what the tracer's process holds
 *     stats.c      numbers made of samples
 *     output.c     the table, and the JSON
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <flagstop/flagstop.h>
#include <jansson.h>

struct settings {
	unsigned rounds;
	int cpu;              /* that calls are timed on, for tracer and tracee alike */
	const char *flagstop; /* the command */
	bool json;
};

/* ---- stats.c --------------------------------------------------------------------------------- */

struct summary {
	double median, p10, p90, min;
};

/* Of `count` samples, which it sorts. */
struct summary summarize(double *samples, unsigned count);

/* The median over the rounds of sample / base, or sample - base: what slows a round falls out. */
double median_ratio(const double *samples, const double *bases, unsigned count);
double median_difference(const double *samples, const double *bases, unsigned count);

uint64_t now_ns(void);

/* ---- worker.c -------------------------------------------------------------------------------- */

/* A process that makes calls when it is told to, and whatever watches it. */
struct subject {
	int fd; /* to the worker; -1: none */
	int worker_fd;
	char worker_fd_text[12];
	pid_t process; /* our child: the worker itself, or its tracer; 0: none */
	struct flagstop_policy *policy;
	struct flagstop_session *session;
};

struct reply {
	uint64_t ns;
	int64_t answer; /* of the last call */
};

/* Makes the pair of sockets; worker_fd alone outlives an exec. 0 or a negative errno. */
int subject_open(struct subject *subject);
/* What the worker's process executes: this program, as `worker FD`. */
void subject_argv(struct subject *subject, char *argv[4]);
/* Ours is the last end of worker_fd that is not the worker's. */
void subject_close_worker_fd(struct subject *subject);
/* Has it make `calls` calls. 0 or a negative errno. */
int subject_run(const struct subject *subject, uint32_t calls, struct reply *ret_reply);
void subject_stop(const struct subject *subject);

int worker_main(int fd);

/* ---- reference.c, session.c ------------------------------------------------------------------ */

struct row {
	const char *name;
	const char *title;
	const char *against; /* the row that it is compared with, besides native; or NULL */
	uint32_t calls;      /* a round */
	int64_t answer;      /* that every call must get; 0: a pid */
	unsigned stops;      /* that every call must make */
	bool floats;         /* on any CPU, as programs are that nobody pins */
	int (*start)(const struct row *row, struct subject *subject);
	/* Ends it. *ret_stops: how many it made, to be held against what it should have made. */
	int (*end)(const struct row *row, struct subject *subject, uint64_t *ret_stops);
	/* of sessions */
	const char *policy;
	enum flagstop_report report;
	int stacks;
};

int start_native(const struct row *row, struct subject *subject);
int start_minimal_filter(const struct row *row, struct subject *subject);
int start_libseccomp_filter(const struct row *row, struct subject *subject);
int end_process(const struct row *row, struct subject *subject, uint64_t *ret_stops);
int start_ret_trace(const struct row *row, struct subject *subject);
int start_ret_trace_info(const struct row *row, struct subject *subject);
int start_ptrace_syscall(const struct row *row, struct subject *subject);
int end_hand_written_tracer(const struct row *row, struct subject *subject, uint64_t *ret_stops);

int start_session(const struct row *row, struct subject *subject);
int end_session(const struct row *row, struct subject *subject, uint64_t *ret_stops);

/* ---- what is measured: each adds to `report`, and says on standard error what failed. 0 or -1  */

int measure_calls(const struct settings *settings, json_t *report);
int measure_commands(const struct settings *settings, json_t *report);
int measure_memory(const struct settings *settings, json_t *report);

int sleepers_main(int fd, unsigned count);

/* ---- output.c -------------------------------------------------------------------------------- */

void add_machine(const struct settings *settings, json_t *report);
json_t *json_of_summary(const char *name, const char *title, struct summary s);
void progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
int print_report(const json_t *report, bool as_json);

/* A policy as a file that others can open: its path, good while we live. NULL: that failed. */
const char *policy_file(const char *text);

#endif
