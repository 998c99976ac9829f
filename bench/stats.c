/* SPDX-License-Identifier: MIT */
/* Decides what a set of samples is summed up to. Refuses to drop any: outliers show in p90. */
#include <err.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* Nearest rank. */
static double percentile(const double *sorted, unsigned count, unsigned percent)
{
	return sorted[(count - 1) * percent / 100];
}

struct summary summarize(double *samples, unsigned count)
{
	qsort(samples, count, sizeof(*samples), compare);
	return (struct summary){ percentile(samples, count, 50), percentile(samples, count, 10),
				 percentile(samples, count, 90), samples[0] };
}

static double median_of_pairs(const double *samples, const double *bases, unsigned count,
			      bool divide)
{
	double *pairs = calloc(count, sizeof(*pairs));

	if (!pairs)
		err(EXIT_FAILURE, "no memory");
	for (unsigned i = 0; i < count; i++)
		pairs[i] = divide ? samples[i] / bases[i] : samples[i] - bases[i];
	double median = summarize(pairs, count).median;
	free(pairs);
	return median;
}

double median_ratio(const double *samples, const double *bases, unsigned count)
{
	return median_of_pairs(samples, bases, count, true);
}

double median_difference(const double *samples, const double *bases, unsigned count)
{
	return median_of_pairs(samples, bases, count, false);
}
