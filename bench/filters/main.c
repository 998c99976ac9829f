/* SPDX-License-Identifier: MIT */
/* The table: each profile for one ABI and for three, by flagstop and by libseccomp. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filters.h"

#define TIMES 20
#define FILTERS 5

struct arguments {
	const char **paths;
	size_t path_count;
	bool markdown;
	unsigned times;
};

static const struct kind {
	const char *name;
	bool is_ours;
	unsigned level; /* libseccomp's, or enum flagstop_optimize */
} kinds[FILTERS] = {
	{ "flagstop", true, FLAGSTOP_OPTIMIZE_BOTH },
	{ "flagstop size", true, FLAGSTOP_OPTIMIZE_SIZE },
	{ "flagstop speed", true, FLAGSTOP_OPTIMIZE_SPEED },
	{ "libseccomp 1", false, 1 },
	{ "libseccomp 2", false, 2 },
};

struct result {
	struct filter filter;
	double mean;
	unsigned worst;
};

/* Over all ABIs, each call alike. */
static int measure(const struct flagstop_policy *policy, unsigned abis, struct result *result)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	const struct flagstop_insn *insns = result->filter.insns;
	unsigned calls = 0;

	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		struct flagstop_cost cost;

		if (!(abis >> abi & 1))
			continue;
		if (flagstop_program_check(insns, result->filter.count, NULL) ||
		    flagstop_policy_cost(policy, abi, &options, &insns, &result->filter.count, 1, &cost))
			return -1;
		result->mean += cost.executed_mean * cost.calls;
		calls += cost.calls;
		if (cost.executed_worst > result->worst)
			result->worst = cost.executed_worst;
	}
	result->mean /= calls;
	return 0;
}

static int make_all(const struct profile *profile, unsigned abis, unsigned times, struct result results[FILTERS])
{
	struct flagstop_policy *policy = NULL;
	int r = 0;

	for (unsigned i = 0; i < FILTERS && !r; i++) {
		if (kinds[i].is_ours) {
			flagstop_policy_free(policy);
			policy = NULL;
			r = make_ours(profile, abis, kinds[i].level, times, &results[i].filter, &policy);
		} else {
			r = make_theirs(profile, abis, kinds[i].level, times, &results[i].filter);
		}
		if (!r)
			r = measure(policy, abis, &results[i]);
	}
	flagstop_policy_free(policy);
	return r;
}

/*
 * From the rules to a program. The proof is in the table, but not in this: nothing that libseccomp does is like it.
 */
static double compile_us(const struct result *r)
{
	return r->filter.read_us + r->filter.made_us;
}

/* What the first may not lose against either of libseccomp's. */
static unsigned count_losses(const struct profile *profile, unsigned abis, const struct result results[FILTERS])
{
	const struct result *ours = &results[0];
	unsigned losses = 0;
	char example[512];

	for (unsigned i = 3; i < FILTERS; i++) {
		const struct result *theirs = &results[i];

		losses += ours->filter.count > theirs->filter.count;
		losses += ours->mean > theirs->mean;
		losses += ours->worst > theirs->worst;
		losses += compile_us(ours) > compile_us(theirs);
		unsigned different = count_differences(profile, abis, &ours->filter, &theirs->filter,
						       example, sizeof(example));
		if (different)
			printf("  %u calls differ, as %s\n", different, example);
	}
	return losses;
}

static void print_row(bool markdown, const char *profile, unsigned abis, const char *name, const struct result *r)
{
	const char *format = markdown ? "| %s | %u | %s | %zu | %.2f | %u | %.0f | %.0f | %.0f |\n" :
					"%-18s %4u  %-14s %12zu %8.2f %6u %8.0f %8.0f %8.0f\n";

	printf(format, profile, (unsigned)__builtin_popcount(abis), name, r->filter.count, r->mean, r->worst,
	       r->filter.read_us, r->filter.made_us, r->filter.proved_us);
}

static int compare(const struct arguments *a, const char *path, unsigned *losses)
{
	static const unsigned abis[] = { ONE_ABI, THREE_ABIS };
	struct profile profile;
	int r = profile_read(path, &profile);

	for (unsigned i = 0; i < 2 && !r; i++) {
		struct result results[FILTERS] = { 0 };

		r = make_all(&profile, abis[i], a->times, results);
		for (unsigned k = 0; k < FILTERS && !r; k++)
			print_row(a->markdown, profile.name, abis[i], kinds[k].name, &results[k]);
		if (!r) {
			unsigned lost = count_losses(&profile, abis[i], results);

			if (lost)
				printf("  flagstop loses %u of these\n", lost);
			*losses += lost;
		}
		for (unsigned k = 0; k < FILTERS; k++)
			filter_release(&results[k].filter);
	}
	profile_release(&profile);
	return r;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'm':
		a->markdown = true;
		return 0;
	case 't':
		a->times = (unsigned)atoi(arg);
		if (!a->times || a->times > 10000)
			argp_error(state, "--times takes a number from 1 to 10000");
		return 0;
	case ARGP_KEY_ARGS:
		a->paths = (const char **)state->argv + state->next;
		a->path_count = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which profiles?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "markdown", 'm', 0, 0, "write the table as Markdown", 0 },
		{ "times", 't', "N", 0, "make each filter so many times and give the shortest (20)", 0 },
		{ 0 },
	};
	static const char about[] = "Compares filters that flagstop and libseccomp make of the same rules. Fails "
				    "when flagstop's is longer, executes more, or takes longer to make.";
	static const struct argp argp = { options, parse, "PROFILE.json...", about, NULL, NULL, NULL };
	struct arguments a = { .times = TIMES };
	unsigned losses = 0;
	int r = 0;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	if (a.markdown)
		puts("| profile | ABIs | made by | instructions | executed | worst | in, µs | out, µs | proof, µs |\n"
		     "|---|---|---|---|---|---|---|---|---|");
	else
		printf("%-18s %4s  %-14s %12s %8s %6s %8s %8s %8s\n", "profile", "ABIs", "made by",
		       "instructions", "mean", "worst",
		       "in, us", "out, us", "proof");
	for (size_t i = 0; i < a.path_count && !r; i++)
		r = compare(&a, a.paths[i], &losses);
	return r || losses ? EXIT_FAILURE : EXIT_SUCCESS;
}
