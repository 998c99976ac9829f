/* SPDX-License-Identifier: MIT */
#ifndef BENCH_H
#define BENCH_H

/*
 * What is compared, one thing a file:
 *
 *     main.c       options, and the order of things
 *     ways.c       the ways to make a call that are compared
 *     rows.c       ways × where × tracees, and the rounds over them
 *     worker.c     the process whose calls are timed, and how it is told to
 *     reference.c  hand-written filters and tracers, without the library
 *     pin.c        what the one of them does that pins a path
 *     notify.c     hand-written user notification
 *     session.c    through the library
 *     peers.c      through other programs
 *     account.c    what a call takes, counted: system calls, switches, stops
 *     commands.c   how long `flagstop run` takes to start and end
 *     memory.c     what the tracer's process holds
 *     stats.c      numbers made of samples
 *     machine.c    what it ran on
 *     output.c     the table, the CSV, the JSON
 *     compare.c    two runs
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <flagstop/flagstop.h>
#include <jansson.h>

struct settings {
	unsigned seconds; /* for the rounds over all rows */
	unsigned rounds;  /* of starts */
	bool quick;
	unsigned tracees;       /* at most so many in a row */
	int cpu, other;         /* that calls are timed on; another one, or -1 */
	const char *flagstop;   /* the command */
	const char *json, *csv; /* files, or NULL */
	const char *compare;    /* an earlier run's JSON, or NULL */
	const char *only;       /* rows whose names hold this, and those that they are compared with; or NULL */
};

/* ---- stats.c --------------------------------------------------------------------------------- */

/* Samples grow as they come; rounds are marked, so that what slows one round falls out of ratios. */
struct samples {
	float *ns;
	size_t count, room;
	double *rounds; /* the median of each */
	size_t round_count;
};

void samples_add(struct samples *samples, const float *ns, size_t count);
void samples_release(struct samples *samples);
/* Nearest rank, of samples that are sorted by samples_sort. */
void samples_sort(struct samples *samples);
double samples_percentile(const struct samples *samples, double percent);
/* Of the ratios within the rounds: the median, and half the width of an interval that holds it in 19 runs of 20. */
double ratio_to(const struct samples *samples, const struct samples *base, double *ret_noise);
double median_of(double *values, size_t count);
double median_difference(const double *samples, const double *bases, unsigned count);

uint64_t now_ns(void);

/* ---- worker.c -------------------------------------------------------------------------------- */

enum call { CALL_GETPPID,
	    CALL_OPEN,
	    CALL_IO,    /* a byte written and a byte read; `write` is what is flagged */
	    CALL_START, /* a program started and waited for; `execve` is */
	    CALL_COUNT };

#define SAMPLES_MAX 256 /* of one request */

/* The mode of the opens that are timed, which no kernel reads: others than those are the loader's. */
#define OPEN_MARK 0x4242

struct request {
	uint32_t samples; /* 0: end */
	uint32_t batch;   /* calls that are timed together */
};

struct reply {
	int64_t answer; /* of the last call */
	float ns[SAMPLES_MAX];
};

/* A process that makes calls when it is told to, and whatever watches it. */
struct subject {
	int fd; /* to the worker; -1: none */
	int worker_fd;
	char numbers[5][12];
	char self[4096];
	pid_t process; /* our child: the worker itself, or its tracer; 0: none */
	struct flagstop_policy *policy;
	struct flagstop_session *session;
	uint64_t calls;          /* that it made, each of those that are hot */
	uint32_t samples, batch; /* of a round */
};

struct row;

/* Makes the pair of sockets; worker_fd alone outlives an exec. 0 or a negative errno. */
int subject_open(struct subject *subject);
/* What the worker's process executes: this program, as `worker …`. */
#define WORKER_ARGUMENTS 8
void subject_argv(struct subject *subject, const struct row *row, char *argv[WORKER_ARGUMENTS + 1]);
/* Ours is the last end of worker_fd that is not the worker's. */
void subject_close_worker_fd(struct subject *subject);
int subject_run(struct subject *subject, uint32_t samples, uint32_t batch, struct reply *ret_reply);
void subject_stop(const struct subject *subject);

int worker_main(char **argv);

/* ---- ways.c, reference.c, notify.c, session.c, peers.c ----------------------------------------- */

enum where { SAME,
	     OTHER,
	     FLOATING };
extern const char *const where_names[];

struct row {
	const char *name;
	const char *title;
	const char *reference; /* the row, of the same place, that is the least that this could cost; or NULL */
	enum call call;
	const char *setup; /* what the worker does to itself before it begins, or NULL */
	unsigned places;   /* bits: 1 << SAME … */
	bool crowd;        /* with many tracees, too */
	unsigned hot;      /* so many tracees make calls at once, none sleeps; 0: one does */
	bool counted;      /* what its calls take is counted as well (account.c) */
	bool slow;         /* to start: not in a quick run */
	bool optional;     /* what it needs may be missing: the row is left out then, and said so */
	int64_t answer;    /* that every call must get; 0: none that is an error */
	unsigned stops;    /* that every call must make; 0: none */
	bool uncounted;    /* nobody can tell how many stops it made */
	int (*start)(const struct row *row, struct subject *subject);
	/* Ends it. *ret_stops: how many it made, to be held against what it should have made. */
	int (*end)(const struct row *row, struct subject *subject, uint64_t *ret_stops);
	/* of sessions */
	const char *policy;
	enum flagstop_report report;
	bool unpinned;
	unsigned workers;
	enum flagstop_backend backend;
	/* of peers */
	const char *const *argv;
	/* of one place; set by rows.c */
	enum where where;
	int worker_cpu; /* -1: as it comes */
	unsigned tracees;
};

extern const struct row ways[];
extern const size_t way_count;

int start_native(const struct row *row, struct subject *subject);
int start_allow(const struct row *row, struct subject *subject);
int start_allow_arguments(const struct row *row, struct subject *subject);
int start_errno(const struct row *row, struct subject *subject);
int start_log(const struct row *row, struct subject *subject);
int end_process(const struct row *row, struct subject *subject, uint64_t *ret_stops);
int start_ret_trace(const struct row *row, struct subject *subject);
int start_ret_trace_info(const struct row *row, struct subject *subject);
int start_ret_trace_registers(const struct row *row, struct subject *subject);
int start_ret_trace_rewrite(const struct row *row, struct subject *subject);
int start_ret_trace_skip(const struct row *row, struct subject *subject);
int start_ret_trace_pin(const struct row *row, struct subject *subject);
int start_ptrace_syscall(const struct row *row, struct subject *subject);
int start_ptrace_sysemu(const struct row *row, struct subject *subject);
int end_hand_written_tracer(const struct row *row, struct subject *subject, uint64_t *ret_stops);

int start_notify_continue(const struct row *row, struct subject *subject);
int start_notify_reply(const struct row *row, struct subject *subject);
int start_notify_sync(const struct row *row, struct subject *subject);
int start_notify_addfd(const struct row *row, struct subject *subject);

int start_session(const struct row *row, struct subject *subject);
int end_session(const struct row *row, struct subject *subject, uint64_t *ret_stops);
/* As a user without rights. Its end is a hand-written tracer's. */
int start_session_of_nobody(const struct row *row, struct subject *subject);

int start_peer(const struct row *row, struct subject *subject);

/* ---- rows.c, for one row by itself ------------------------------------------------------------- */

/* `row` with its place set. 0 or a negative errno; the subject is to be abandoned either way. */
int row_start(const struct settings *settings, const struct row *row, struct subject *subject);
void row_abandon(struct subject *subject);
bool row_is_wanted(const struct settings *settings, const struct row *way);

/* ---- pin.c ------------------------------------------------------------------------------------- */

#define WINDOW_FD 200 /* in the worker, which maps it and closes it */
int pin_prepare(void);
int pin_map(void);
void pin_path(pid_t tid);

/* ---- what is measured: each adds to `report`, and says on standard error what failed. 0 or -1  */

int measure_calls(const struct settings *settings, json_t *report);
int measure_account(const struct settings *settings, json_t *report);
int measure_commands(const struct settings *settings, json_t *report);
int measure_memory(const struct settings *settings, json_t *report);

int sleepers_main(int fd, unsigned count);

/* ---- machine.c, output.c, compare.c ------------------------------------------------------------ */

json_t *describe_machine(const struct settings *settings);
void progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
int print_report(const json_t *report, const struct settings *settings);
/* Says which rows are faster or slower than in the file's run; 1 when one is slower, -1 when it cannot be read. */
int compare_runs(const json_t *report, const char *path);

/* A policy as a file that others can open: its path, good while we live. NULL: that failed. */
const char *policy_file(const char *text);

#endif
