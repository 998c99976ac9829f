/* SPDX-License-Identifier: MIT */
/* Decides what a set of samples is summed up to. Refuses to drop any: outliers show in the percentiles. */
#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void *grow(void *old, size_t bytes)
{
	void *grown = realloc(old, bytes);

	if (!grown)
		err(EXIT_FAILURE, "no memory");
	return grown;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static int compare_floats(const void *left, const void *right)
{
	float a = *(const float *)left, b = *(const float *)right;

	return (a > b) - (a < b);
}

double median_of(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return count ? values[(count - 1) / 2] : 0;
}

/* ---- samples --------------------------------------------------------------------------------- */

void samples_add(struct samples *samples, const float *ns, size_t count)
{
	double round[SAMPLES_MAX];

	if (samples->count + count > samples->room) {
		samples->room = 2 * (samples->room + count);
		samples->ns = grow(samples->ns, samples->room * sizeof(*ns));
	}
	memcpy(samples->ns + samples->count, ns, count * sizeof(*ns));
	samples->count += count;
	for (size_t i = 0; i < count; i++)
		round[i] = ns[i];
	samples->rounds = grow(samples->rounds, (samples->round_count + 1) * sizeof(double));
	samples->rounds[samples->round_count++] = median_of(round, count);
}

void samples_release(struct samples *samples)
{
	free(samples->ns);
	free(samples->rounds);
	memset(samples, 0, sizeof(*samples));
}

void samples_sort(struct samples *samples)
{
	qsort(samples->ns, samples->count, sizeof(*samples->ns), compare_floats);
}

double samples_percentile(const struct samples *samples, double percent)
{
	return samples->count ? samples->ns[(size_t)((double)(samples->count - 1) * percent / 100)] : 0;
}

/* ---- ratios ---------------------------------------------------------------------------------- */

/* Half of a median's 95 % interval, from the quartiles (McGill, Tukey and Larsen, 1978: the notch of a box plot). */
static double notch(const double *sorted, size_t count)
{
	double spread = sorted[(count - 1) * 3 / 4] - sorted[(count - 1) / 4];

	return 1.57 * spread / sqrt((double)count);
}

double ratio_to(const struct samples *samples, const struct samples *base, double *ret_noise)
{
	size_t count = samples->round_count < base->round_count ? samples->round_count :
								  base->round_count;
	double *ratios = grow(NULL, (count + 1) * sizeof(double)), median;

	*ret_noise = 0;
	for (size_t i = 0; i < count; i++)
		ratios[i] = samples->rounds[i] / base->rounds[i];
	median = median_of(ratios, count);
	if (count)
		*ret_noise = notch(ratios, count);
	free(ratios);
	return median;
}

double median_difference(const double *samples, const double *bases, unsigned count)
{
	double *differences = grow(NULL, (count + 1) * sizeof(double)), median;

	for (unsigned i = 0; i < count; i++)
		differences[i] = samples[i] - bases[i];
	median = median_of(differences, count);
	free(differences);
	return median;
}
