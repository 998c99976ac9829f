/* SPDX-License-Identifier: MIT */
/*
 * Decides which ways to make one call are compared, takes them in turns, and refuses a figure for a
 * row that did not do what it stands for: every call must have had the answer, and made the stops,
 * that it should.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define WARM_UP_ROUNDS 3

#define KERNEL_POLICY \
	"default allow\n" \
	"deny EPERM mount umount2 pivot_root chroot swapon swapoff reboot kexec_load " \
	"init_module finit_module delete_module settimeofday sethostname acct\n"

static const struct row rows[] = {
	{ .name = "native",
	  .title = "no filter",
	  .calls = 20000,
	  .start = start_native,
	  .end = end_process },
	{ .name = "minimal-filter",
	  .title = "hand-written filter, by number",
	  .calls = 20000,
	  .start = start_minimal_filter,
	  .end = end_process },
	{ .name = "libseccomp-filter",
	  .title = "libseccomp's filter, 14 rules",
	  .against = "minimal-filter",
	  .calls = 20000,
	  .start = start_libseccomp_filter,
	  .end = end_process },
	{ .name = "flagstop-kernel",
	  .title = "flagstop, report none: not flagged",
	  .against = "minimal-filter",
	  .calls = 20000,
	  .start = start_session,
	  .end = end_session,
	  .policy = KERNEL_POLICY,
	  .report = FLAGSTOP_REPORT_NONE },
	{ .name = "flagstop-unflagged",
	  .title = "flagstop, traced: not flagged",
	  .against = "minimal-filter",
	  .calls = 20000,
	  .start = start_session,
	  .end = end_session,
	  .policy = KERNEL_POLICY,
	  .report = FLAGSTOP_REPORT_ALL },
	{ .name = "ret-trace",
	  .title = "hand-written RET_TRACE loop",
	  .calls = 2000,
	  .stops = 1,
	  .start = start_ret_trace,
	  .end = end_hand_written_tracer },
	{ .name = "ret-trace-info",
	  .title = "the same, looking at the call",
	  .against = "ret-trace",
	  .calls = 2000,
	  .stops = 1,
	  .start = start_ret_trace_info,
	  .end = end_hand_written_tracer },
	{ .name = "flagstop-flagged",
	  .title = "flagstop: flagged, counted, allowed",
	  .against = "ret-trace",
	  .calls = 2000,
	  .stops = 1,
	  .start = start_session,
	  .end = end_session,
	  .policy = "default allow\ntrace getppid\n",
	  .report = FLAGSTOP_REPORT_ALL },
	{ .name = "flagstop-denied",
	  .title = "flagstop: flagged, counted, denied",
	  .against = "ret-trace",
	  .calls = 2000,
	  .answer = -EPERM,
	  .stops = 1,
	  .start = start_session,
	  .end = end_session,
	  .policy = "default allow\ndeny EPERM getppid\n",
	  .report = FLAGSTOP_REPORT_ALL },
	{ .name = "flagstop-stack",
	  .title = "flagstop: denied, with who called",
	  .against = "ret-trace",
	  .calls = 5,
	  .answer = -EPERM,
	  .stops = 1,
	  .start = start_session,
	  .end = end_session,
	  .policy = "default allow\ndeny EPERM getppid\n",
	  .report = FLAGSTOP_REPORT_ALL,
	  .stacks = 1 },
	{ .name = "ret-trace-floating",
	  .title = "hand-written RET_TRACE, any CPU",
	  .calls = 250,
	  .stops = 1,
	  .floats = true,
	  .start = start_ret_trace,
	  .end = end_hand_written_tracer },
	{ .name = "flagstop-floating",
	  .title = "flagstop: flagged, allowed, any CPU",
	  .against = "ret-trace-floating",
	  .calls = 250,
	  .stops = 1,
	  .floats = true,
	  .start = start_session,
	  .end = end_session,
	  .policy = "default allow\ntrace getppid\n",
	  .report = FLAGSTOP_REPORT_ALL },
	{ .name = "ptrace-syscall",
	  .title = "hand-written PTRACE_SYSCALL loop",
	  .against = "ret-trace",
	  .calls = 1000,
	  .stops = 2,
	  .start = start_ptrace_syscall,
	  .end = end_hand_written_tracer },
};
#define ROW_COUNT (sizeof(rows) / sizeof(*rows))

struct run {
	cpu_set_t one, any; /* the CPU that calls are timed on; all that we have */
	struct subject subjects[ROW_COUNT];
	double *ns[ROW_COUNT]; /* a call, one a round */
	unsigned rounds;
};

static int say(const struct row *row, const char *what, int error)
{
	fprintf(stderr, "flagstop-bench: %s: %s: %s\n", row->name, what, strerror(-error));
	return -1;
}

static int pin(struct run *run, int cpu)
{
	CPU_ZERO(&run->one);
	CPU_SET(cpu, &run->one);
	if (sched_getaffinity(0, sizeof(run->any), &run->any) ||
	    sched_setaffinity(0, sizeof(run->one), &run->one)) {
		fprintf(stderr, "flagstop-bench: CPU %d cannot be had: %s\n", cpu, strerror(errno));
		return -1;
	}
	return 0;
}

/* ---- starting and ending --------------------------------------------------------------------- */

static int start(struct run *run, size_t i)
{
	struct subject *subject = &run->subjects[i];
	int r = subject_open(subject);

	if (r)
		return say(&rows[i], "no socket", r);
	/* Tracer and worker inherit it. */
	if (rows[i].floats)
		sched_setaffinity(0, sizeof(run->any), &run->any);
	r = rows[i].start(&rows[i], subject);
	sched_setaffinity(0, sizeof(run->one), &run->one);
	subject_close_worker_fd(subject);
	return r ? say(&rows[i], "cannot be started", r) : 0;
}

static void abandon(struct subject *subject)
{
	if (subject->process > 0) {
		kill(subject->process, SIGKILL);
		waitpid(subject->process, NULL, 0);
	}
	flagstop_session_free(subject->session);
	flagstop_policy_free(subject->policy);
	if (subject->fd >= 0)
		close(subject->fd);
}

static int end(struct run *run, size_t i)
{
	const struct row *row = &rows[i];
	uint64_t stops, least = (uint64_t)row->stops * row->calls * (run->rounds + WARM_UP_ROUNDS);
	int r = row->end(row, &run->subjects[i], &stops);

	if (r)
		return say(row, "did not end well", r);
	/* A few more belong to the messages of a tracer that stops at every call. */
	if (row->stops ? stops < least : stops > 0) {
		fprintf(stderr,
			"flagstop-bench: %s: %llu stops, not %llu: it is not what it stands for\n",
			row->name, (unsigned long long)stops, (unsigned long long)least);
		return -1;
	}
	return 0;
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static int take(struct run *run, size_t i, double *ret_ns)
{
	struct reply reply;
	int r = subject_run(&run->subjects[i], rows[i].calls, &reply);

	if (r)
		return say(&rows[i], "stopped working", r);
	if (rows[i].answer ? reply.answer != rows[i].answer : reply.answer < 0) {
		fprintf(stderr, "flagstop-bench: %s: the call got %lld\n", rows[i].name,
			(long long)reply.answer);
		return -1;
	}
	*ret_ns = (double)reply.ns / rows[i].calls;
	return 0;
}

/* Each round begins with another row, so that none always comes behind the same one. */
static int take_round(struct run *run, unsigned round, bool keep)
{
	double unused;

	for (size_t n = 0; n < ROW_COUNT; n++) {
		size_t i = (n + round) % ROW_COUNT;

		if (take(run, i, keep ? &run->ns[i][round] : &unused))
			return -1;
	}
	return 0;
}

static int take_rounds(struct run *run)
{
	for (unsigned round = 0; round < WARM_UP_ROUNDS; round++)
		if (take_round(run, round, false))
			return -1;
	for (unsigned round = 0; round < run->rounds; round++) {
		progress("calls: round %u of %u", round + 1, run->rounds);
		if (take_round(run, round, true))
			return -1;
	}
	return 0;
}

/* ---- what came out --------------------------------------------------------------------------- */

static size_t row_named(const char *name)
{
	size_t i = 0;

	while (strcmp(rows[i].name, name))
		i++;
	return i;
}

static void add_rows(struct run *run, json_t *report)
{
	json_t *list = json_array();
	double ratios[ROW_COUNT][2] = { 0 };

	for (size_t i = 0; i < ROW_COUNT; i++) {
		const double *base = rows[i].against ? run->ns[row_named(rows[i].against)] : NULL;

		ratios[i][0] = median_ratio(run->ns[i], run->ns[0], run->rounds);
		if (base)
			ratios[i][1] = median_ratio(run->ns[i], base, run->rounds);
	}
	for (size_t i = 0; i < ROW_COUNT; i++) {
		json_t *row = json_of_summary(rows[i].name, rows[i].title,
					      summarize(run->ns[i], run->rounds));

		json_object_set_new(row, "to_native", json_real(ratios[i][0]));
		if (rows[i].against) {
			json_object_set_new(row, "against", json_string(rows[i].against));
			json_object_set_new(row, "to_reference", json_real(ratios[i][1]));
		}
		json_array_append_new(list, row);
	}
	json_object_set_new(report, "getppid_ns", list);
}

static int measure(struct run *run, json_t *report)
{
	int r = 0;

	for (size_t i = 0; i < ROW_COUNT && !r; i++) {
		run->ns[i] = calloc(run->rounds, sizeof(double));
		r = run->ns[i] ? start(run, i) : -1;
	}
	if (!r)
		r = take_rounds(run);
	for (size_t i = 0; i < ROW_COUNT && !r; i++)
		r = end(run, i);
	for (size_t i = 0; i < ROW_COUNT; i++)
		abandon(&run->subjects[i]);
	if (!r)
		add_rows(run, report);
	for (size_t i = 0; i < ROW_COUNT; i++)
		free(run->ns[i]);
	return r;
}

int measure_calls(const struct settings *settings, json_t *report)
{
	struct run run = { .rounds = settings->rounds };

	for (size_t i = 0; i < ROW_COUNT; i++)
		run.subjects[i].fd = -1;
	if (pin(&run, settings->cpu))
		return -1;
	int r = measure(&run, report);
	sched_setaffinity(0, sizeof(run.any), &run.any);
	return r;
}
