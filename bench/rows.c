/* SPDX-License-Identifier: MIT */
/*
 * Decides where each way is tried and beside how many tracees, takes the rows in turns, and refuses a
 * figure for a row that did not do what it stands for: every call must have had the answer, and made
 * the stops, that it should.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define ROWS_MAX 128
#define SAMPLE_NS 100000 /* quicker calls are timed in batches that last about so long */
#define ROUND_NS 2000000 /* a row's share of a round */
#define SAMPLES_LEAST 3
#define HOT_PROBE_CALLS 10000
#define HOT_SAMPLE_NS 60000000 /* kernels may take some milliseconds to give each a CPU of its own */

const char *const where_names[] = { "same", "other", "floating" };
static const unsigned crowds[] = { 2, 4, 16, 100, 1000, 4000 };

struct run {
	const struct settings *settings;
	cpu_set_t one, any; /* the CPU that calls are timed on; all that we have */
	struct row rows[ROWS_MAX];
	struct subject subjects[ROWS_MAX];
	struct samples samples[ROWS_MAX];
	size_t count;
	json_t *left_out;
};

/* ---- which rows ------------------------------------------------------------------------------ */

bool row_is_wanted(const struct settings *settings, const struct row *way)
{
	bool is_base = (way->start == start_native && !way->setup) || way->start == start_allow;
	unsigned called = 0;

	for (size_t i = 0; is_base && settings->only && i < way_count; i++)
		called |= (unsigned)(strstr(ways[i].name, settings->only) != NULL) << ways[i].call;
	is_base = is_base && (called >> way->call & 1 || way->call == CALL_GETPPID);

	if (way->slow && settings->quick)
		return false;
	return !settings->only || is_base || strstr(way->name, settings->only);
}

static void add_row(struct run *run, const struct row *way, enum where where, unsigned tracees)
{
	struct row *row = &run->rows[run->count];

	if (run->count == ROWS_MAX || (where == OTHER && run->settings->other < 0))
		return;
	*row = *way;
	row->where = where;
	row->tracees = tracees;
	row->worker_cpu = where == OTHER ? run->settings->other : -1;
	run->count++;
}

static void choose_rows(struct run *run)
{
	for (size_t i = 0; i < way_count; i++) {
		if (!row_is_wanted(run->settings, &ways[i]))
			continue;
		for (enum where where = SAME; where <= FLOATING; where++)
			if (ways[i].places >> where & 1)
				add_row(run, &ways[i], where, 1);
		if (ways[i].hot)
			add_row(run, &ways[i], FLOATING, ways[i].hot);
		for (size_t k = 0; ways[i].crowd && k < sizeof(crowds) / sizeof(*crowds); k++)
			if (crowds[k] <= run->settings->tracees)
				add_row(run, &ways[i], SAME, crowds[k]);
	}
}

/* ---- starting and ending --------------------------------------------------------------------- */

static int say(const struct row *row, const char *what, int error)
{
	fprintf(stderr, "flagstop-bench: %s, %s, %u tracees: %s: %s\n", row->name,
		where_names[row->where], row->tracees, what, strerror(-error));
	return -1;
}

void row_abandon(struct subject *subject)
{
	if (subject->process > 0) {
		kill(subject->process, SIGKILL);
		waitpid(subject->process, NULL, 0);
	}
	flagstop_session_free(subject->session);
	flagstop_policy_free(subject->policy);
	if (subject->fd >= 0)
		close(subject->fd);
	*subject = (struct subject){ .fd = -1 };
}

/* They wake each other for a sample, which must not be what is timed. */
static int calibrate_hot(const struct row *row, struct subject *subject)
{
	struct reply reply;
	int r = subject_run(subject, 1, HOT_PROBE_CALLS, &reply);

	if (r)
		return r;
	subject->batch = (uint32_t)(HOT_SAMPLE_NS / (((double)reply.ns[0] + 1) * row->hot)) + 1;
	subject->samples = 1;
	return 0;
}

/* How many samples a round has room for, and how many calls one sample needs to be longer than the clock is coarse. */
static int calibrate(const struct row *row, struct subject *subject)
{
	struct reply reply;
	int r = row->hot ? calibrate_hot(row, subject) : 0;

	if (r || row->hot)
		return r;
	r = subject_run(subject, SAMPLES_LEAST, 1, &reply);

	if (!r)
		r = subject_run(subject, SAMPLES_LEAST, 1, &reply);
	if (r)
		return r;
	double ns = (double)reply.ns[SAMPLES_LEAST - 1] + 1;
	subject->batch = ns < SAMPLE_NS / 20 ? (uint32_t)(SAMPLE_NS / ns) : 1;
	double samples = ROUND_NS / (ns * subject->batch);
	subject->samples = samples < SAMPLES_LEAST ? SAMPLES_LEAST :
		samples > SAMPLES_MAX              ? SAMPLES_MAX :
						     (uint32_t)samples;
	return 0;
}

/* Tracer and worker inherit the mask that we have meanwhile. */
static int start_on(const cpu_set_t *cpus, const struct row *row, struct subject *subject)
{
	cpu_set_t before;
	int r = subject_open(subject);

	if (!r && (sched_getaffinity(0, sizeof(before), &before) || sched_setaffinity(0, sizeof(*cpus), cpus)))
		r = -errno;
	if (r)
		return r;
	progress("starting %s, %s, %u tracees", row->name, where_names[row->where], row->tracees);
	r = row->start(row, subject);
	sched_setaffinity(0, sizeof(before), &before);
	subject_close_worker_fd(subject);
	return r ? r : calibrate(row, subject);
}

int row_start(const struct settings *settings, const struct row *row, struct subject *subject)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((unsigned)settings->cpu, &one);
	return start_on(&one, row, subject);
}

static int start(struct run *run, size_t i)
{
	const struct row *row = &run->rows[i];

	return start_on(row->where == FLOATING ? &run->any : &run->one, row, &run->subjects[i]);
}

static void leave_out(struct run *run, size_t i, int why)
{
	const char *reason = why == -ENOENT ? "not installed" : "cannot be had here";

	json_array_append_new(run->left_out, json_pack("{s:s, s:s}", "name", run->rows[i].name, "why", reason));
	row_abandon(&run->subjects[i]);
	run->count--;
	memmove(&run->rows[i], &run->rows[i + 1], (run->count - i) * sizeof(*run->rows));
}

static int start_all(struct run *run)
{
	for (size_t i = 0; i < run->count;) {
		int r = start(run, i);

		if (r && !run->rows[i].optional)
			return say(&run->rows[i], "cannot be started", r);
		if (r)
			leave_out(run, i, r);
		else
			i++;
	}
	return 0;
}

static int end(struct run *run, size_t i)
{
	const struct row *row = &run->rows[i];
	uint64_t stops, least = run->subjects[i].calls * row->stops * (row->hot ? row->hot : 1);

	progress("ending %s, %s, %u tracees", row->name, where_names[row->where], row->tracees);
	int r = row->end(row, &run->subjects[i], &stops);
	if (r)
		return say(row, "did not end well", r);
	/* A few more belong to the messages of a tracer that stops at every call. */
	if (!row->uncounted && (row->stops ? stops < least : stops > 0)) {
		fprintf(stderr, "flagstop-bench: %s: %llu stops, not %llu: it is not what it stands for\n",
			row->name, (unsigned long long)stops, (unsigned long long)least);
		return -1;
	}
	return 0;
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static int take(struct run *run, size_t i, bool keep)
{
	const struct row *row = &run->rows[i];
	struct subject *subject = &run->subjects[i];
	struct reply reply;
	int r = subject_run(subject, subject->samples, subject->batch, &reply);

	if (r)
		return say(row, "stopped working", r);
	if (row->answer ? reply.answer != row->answer : reply.answer < 0) {
		fprintf(stderr, "flagstop-bench: %s: the call got %lld\n", row->name,
			(long long)reply.answer);
		return -1;
	}
	if (keep)
		samples_add(&run->samples[i], reply.ns, subject->samples);
	return 0;
}

/* Each round begins with another row, so that none always comes behind the same one. */
static int take_round(struct run *run, unsigned round, bool keep)
{
	for (size_t n = 0; n < run->count; n++)
		if (take(run, (n + round) % run->count, keep))
			return -1;
	return 0;
}

static int take_rounds(struct run *run)
{
	uint64_t begin, whole = run->settings->seconds * (uint64_t)1000000000, past = 0;

	if (take_round(run, 0, false)) /* the warm-up */
		return -1;
	begin = now_ns();
	for (unsigned round = 0; past < whole || round < 3; round++) {
		progress("calls: round %u, %2.0f %%", round + 1, 100.0 * (double)past / (double)whole);
		if (take_round(run, round, true))
			return -1;
		past = now_ns() - begin;
	}
	return 0;
}

/* ---- what came out --------------------------------------------------------------------------- */

/* The row of that name in the same place; else, unless that must be, in its first. */
static const struct samples *find(const struct run *run, const char *name, const struct row *like,
				  bool there)
{
	const struct samples *found = NULL;

	for (size_t i = 0; i < run->count; i++) {
		bool is_like = run->rows[i].where == like->where && run->rows[i].tracees == like->tracees;

		if (!strcmp(run->rows[i].name, name) && (is_like || (!found && !there)))
			found = &run->samples[i];
	}
	return found;
}

static json_t *describe_rounds(const struct samples *samples)
{
	json_t *list = json_array();

	for (size_t i = 0; i < samples->round_count; i++)
		json_array_append_new(list, json_real(samples->rounds[i]));
	return list;
}

/* Every hundredth: enough to draw how they are spread. */
static json_t *describe_spread(const struct samples *samples)
{
	json_t *list = json_array();

	for (unsigned percent = 0; percent <= 100; percent++)
		json_array_append_new(list, json_real(samples_percentile(samples, percent)));
	return list;
}

static void add_ratio(json_t *row, const char *name, const struct samples *samples,
		      const struct samples *base)
{
	char noise_name[64];
	double noise, ratio;

	if (!base)
		return;
	ratio = ratio_to(samples, base, &noise);
	snprintf(noise_name, sizeof(noise_name), "%s_noise", name);
	json_object_set_new(row, name, json_real(ratio));
	json_object_set_new(row, noise_name, json_real(noise));
}

/* What a call is compared with, by its kind. */
static const struct base {
	const char *native, *kernel;
} bases[CALL_COUNT] = {
	[CALL_GETPPID] = { "native", "kernel-allow" },
	[CALL_OPEN] = { "open-native", "open-kernel-allow" },
	[CALL_IO] = { "io-native", "io-kernel-allow" },
	[CALL_START] = { "start-native", "start-kernel-allow" },
};

static json_t *describe_row(const struct run *run, size_t i)
{
	const struct row *row = &run->rows[i];
	const struct samples *samples = &run->samples[i];
	json_t *object = json_pack("{s:s, s:s, s:s, s:i, s:I, s:i}", "name", row->name, "title",
				   row->title, "where", where_names[row->where], "tracees",
				   (int)row->tracees, "samples", (json_int_t)samples->count, "batch",
				   (int)run->subjects[i].batch);

	json_object_set_new(object, "p50_ns", json_real(samples_percentile(samples, 50)));
	json_object_set_new(object, "p90_ns", json_real(samples_percentile(samples, 90)));
	json_object_set_new(object, "p99_ns", json_real(samples_percentile(samples, 99)));
	json_object_set_new(object, "min_ns", json_real(samples_percentile(samples, 0)));
	add_ratio(object, "vs_native", samples, find(run, bases[row->call].native, row, false));
	add_ratio(object, "vs_kernel", samples, find(run, bases[row->call].kernel, row, false));
	if (row->reference) {
		json_object_set_new(object, "reference", json_string(row->reference));
		add_ratio(object, "vs_reference", samples, find(run, row->reference, row, true));
	}
	json_object_set_new(object, "percentiles_ns", describe_spread(samples));
	json_object_set_new(object, "rounds_ns", describe_rounds(samples));
	return object;
}

static void add_rows(struct run *run, json_t *report)
{
	json_t *list = json_array();

	for (size_t i = 0; i < run->count; i++)
		samples_sort(&run->samples[i]);
	for (size_t i = 0; i < run->count; i++)
		json_array_append_new(list, describe_row(run, i));
	json_object_set_new(report, "rows", list);
}

static int measure(struct run *run, json_t *report)
{
	int r = start_all(run);

	if (!r)
		r = take_rounds(run);
	if (!r)
		add_rows(run, report);
	for (size_t i = 0; i < run->count && !r; i++)
		r = end(run, i);
	for (size_t i = 0; i < ROWS_MAX; i++) {
		row_abandon(&run->subjects[i]);
		samples_release(&run->samples[i]);
	}
	return r;
}

int measure_calls(const struct settings *settings, json_t *report)
{
	struct run *run = calloc(1, sizeof(*run));

	if (!run)
		return -1;
	run->settings = settings;
	run->left_out = json_array();
	json_object_set_new(report, "left_out", run->left_out);
	for (size_t i = 0; i < ROWS_MAX; i++)
		run->subjects[i].fd = -1;
	CPU_ZERO(&run->one);
	CPU_SET((unsigned)settings->cpu, &run->one);
	choose_rows(run);
	int r = sched_getaffinity(0, sizeof(run->any), &run->any) ||
		sched_setaffinity(0, sizeof(run->one), &run->one);
	if (r)
		fprintf(stderr, "flagstop-bench: CPU %d cannot be had: %s\n", settings->cpu,
			strerror(errno));
	else
		r = measure(run, report);
	sched_setaffinity(0, sizeof(run->any), &run->any);
	free(run);
	return r;
}
