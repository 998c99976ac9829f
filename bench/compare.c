/* SPDX-License-Identifier: MIT */
/*
 * What changed between two runs. Decides by ratios to in-kernel filtering of the same run, which a slower
 * machine leaves as they are, and says nothing of differences that are within both runs' noise.
 */
#include <math.h>
#include <string.h>

#include "bench.h"

#define LEAST_CHANGE 0.03 /* less is nobody's business, however sure it is */

static double number(const json_t *row, const char *name)
{
	return json_number_value(json_object_get(row, name));
}

static const char *text(const json_t *row, const char *name)
{
	const char *value = json_string_value(json_object_get(row, name));

	return value ? value : "";
}

static const json_t *find(const json_t *rows, const json_t *like)
{
	const json_t *row;

	for (size_t i = 0; (row = json_array_get(rows, i)); i++)
		if (!strcmp(text(row, "name"), text(like, "name")) &&
		    !strcmp(text(row, "where"), text(like, "where")) &&
		    number(row, "tracees") == number(like, "tracees"))
			return row;
	return NULL;
}

/* -1: faster, 1: slower, 0: the same as far as can be told. */
static int judge(const json_t *now, const json_t *then)
{
	double a = number(now, "vs_kernel"), b = number(then, "vs_kernel");
	double noise = hypot(number(now, "vs_kernel_noise"), number(then, "vs_kernel_noise"));

	if (fabs(a - b) <= noise || fabs(a - b) <= LEAST_CHANGE * b)
		return 0;
	return a < b ? -1 : 1;
}

static int compare_row(const json_t *now, const json_t *then)
{
	static const char *const verdicts[] = { "faster", "same", "slower" };
	double a = number(now, "vs_kernel"), b = number(then, "vs_kernel");
	int verdict;

	if (!then || b <= 0 || a <= 0) {
		printf("  %-26s %-9s %6.0f  %s\n", text(now, "name"), text(now, "where"),
		       number(now, "tracees"), then ? "not comparable" : "new");
		return 0;
	}
	verdict = judge(now, then);
	printf("  %-26s %-9s %6.0f %9.2f ±%-7.2f %9.2f ±%-7.2f %+7.1f %%  %s\n", text(now, "name"),
	       text(now, "where"), number(now, "tracees"), b, number(then, "vs_kernel_noise"), a,
	       number(now, "vs_kernel_noise"), 100 * (a / b - 1), verdicts[verdict + 1]);
	return verdict;
}

int compare_runs(const json_t *report, const char *path)
{
	json_error_t error;
	json_t *old = json_load_file(path, 0, &error);
	const json_t *rows = json_object_get(report, "rows"), *row;
	int slower = 0;

	if (!old || !json_is_array(json_object_get(old, "rows"))) {
		fprintf(stderr, "flagstop-bench: %s: %s\n", path,
			old ? "no run of flagstop-bench" : error.text);
		json_decref(old);
		return -1;
	}
	printf("\n× in-kernel filtering                                 then               now\n");
	for (size_t i = 0; (row = json_array_get(rows, i)); i++)
		slower += compare_row(row, find(json_object_get(old, "rows"), row)) > 0;
	printf("%d rows are slower\n", slower);
	json_decref(old);
	return slower > 0;
}
