/* SPDX-License-Identifier: MIT */
/* Rules as the text of a policy, which is parsed and compiled, once without and once with the proof. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "filters.h"

double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

void filter_release(struct filter *filter)
{
	free(filter->insns);
	filter->insns = NULL;
}

static void put_verdict(FILE *out, uint32_t action)
{
	if (action == SCMP_ACT_ALLOW)
		fputs("allow", out);
	else if (action == SCMP_ACT_LOG)
		fputs("log", out);
	else if (action == SCMP_ACT_TRAP)
		fputs("trap", out);
	else if (action == SCMP_ACT_KILL_PROCESS)
		fputs("kill", out);
	else if (action == SCMP_ACT_KILL_THREAD)
		fputs("kill thread", out);
	else
		fprintf(out, "deny %u", action & 0xffff);
}

static void put_comparison(FILE *out, const struct comparison *c)
{
	static const char *const words[] = {
		[SCMP_CMP_NE] = "!=",
		[SCMP_CMP_LT] = "<",
		[SCMP_CMP_LE] = "<=",
		[SCMP_CMP_EQ] = "==",
		[SCMP_CMP_GE] = ">=",
		[SCMP_CMP_GT] = ">",
	};

	if (c->op == SCMP_CMP_MASKED_EQ)
		fprintf(out, "arg%u & 0x%llx == 0x%llx", c->index, (unsigned long long)c->value,
			(unsigned long long)c->masked);
	else
		fprintf(out, "arg%u %s 0x%llx", c->index, words[c->op], (unsigned long long)c->value);
}

/* As one writes it: a rule for all the calls behind each other that are treated alike. */
static bool goes_on(const struct rule *rule, const struct rule *last)
{
	return last && !rule->comparison_count && !last->comparison_count && rule->action == last->action;
}

static void put_rule(FILE *out, const struct rule *rule, const struct rule *last)
{
	if (goes_on(rule, last)) {
		fprintf(out, " %s", rule->name);
		return;
	}
	fputc('\n', out);
	put_verdict(out, rule->action);
	fprintf(out, " %s", rule->name);
	for (unsigned i = 0; i < rule->comparison_count; i++) {
		fputs(i ? " and " : " when ", out);
		put_comparison(out, &rule->comparisons[i]);
	}
}

static void put_abis(FILE *out, unsigned abis)
{
	fputs("abi", out);
	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (abis >> abi & 1)
			fprintf(out, " %s", flagstop_abi_name(abi));
}

static bool exists(int call, unsigned abis)
{
	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (abis >> abi & 1 && flagstop_call_number((unsigned)call, abi) >= 0)
			return true;
	return false;
}

/* What comes first wins here, what has conditions before what has none there. */
static char *policy_text(const struct profile *profile, unsigned abis, size_t *ret_bytes)
{
	const struct rule *last = NULL;
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_bytes);

	if (!out)
		return NULL;
	put_abis(out, abis);
	fputs("\ndefault ", out);
	put_verdict(out, profile->action);
	fputs("\nunknown ", out);
	put_verdict(out, profile->action);
	for (size_t i = 0; i < profile->rule_count; i++) {
		if (!exists(profile->rules[i].call, abis))
			continue;
		put_rule(out, &profile->rules[i], last);
		last = &profile->rules[i];
	}
	fputc('\n', out);
	fclose(out);
	return text;
}

static int complain(const struct flagstop_error *error)
{
	char complaint[1024];

	flagstop_error_format(error, complaint, sizeof(complaint));
	fprintf(stderr, "%s\n", complaint);
	return -1;
}

static struct flagstop_policy *read_policy(const struct profile *profile, const char *text, size_t bytes)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_policy *policy = flagstop_policy_new();

	if (!flagstop_policy_add_text(policy, profile->name, text, bytes, &error))
		return policy;
	complain(&error);
	flagstop_policy_free(policy);
	return NULL;
}

static int take(struct flagstop_programs *programs, struct filter *filter)
{
	const struct flagstop_insn *insns = flagstop_programs_get(programs, 0, &filter->count);

	filter->insns = calloc(filter->count, sizeof(*insns));
	if (!filter->insns || flagstop_programs_count(programs) != 1)
		return -1;
	memcpy(filter->insns, insns, filter->count * sizeof(*insns));
	return 0;
}

static void keep_least(double *least, double *since)
{
	double now = now_us();

	if (now - *since < *least)
		*least = now - *since;
	*since = now;
}

/* Compiles without the proof, then with it. */
static int compile(const struct flagstop_policy *policy, struct flagstop_compile_options *options, double *since,
		   struct filter *least, struct flagstop_programs **ret_programs)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;

	for (options->unproved = 1; options->unproved >= 0; options->unproved--) {
		if (flagstop_policy_compile(policy, options, ret_programs, &error))
			return complain(&error);
		keep_least(options->unproved ? &least->made_us : &least->proved_us, since);
		if (options->unproved) {
			flagstop_programs_free(*ret_programs);
			*since = now_us();
		}
	}
	return 0;
}

int make_ours(const struct profile *profile, unsigned abis, enum flagstop_optimize optimize, unsigned times,
	      struct filter *ret_filter, struct flagstop_policy **ret_policy)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	struct flagstop_programs *programs;
	struct filter filter = { .read_us = 1e9, .made_us = 1e9, .proved_us = 1e9 };
	size_t bytes;
	char *text = policy_text(profile, abis, &bytes);
	int r = text ? 0 : -1;

	options.report = FLAGSTOP_REPORT_NONE;
	options.optimize = optimize;
	for (unsigned i = 0; i < times && !r; i++) {
		double since = now_us();

		*ret_policy = read_policy(profile, text, bytes);
		keep_least(&filter.read_us, &since);
		r = !*ret_policy ? -1 : compile(*ret_policy, &options, &since, &filter, &programs);
		if (!r && i + 1 == times)
			r = take(programs, &filter);
		if (!r)
			flagstop_programs_free(programs);
		if (r || i + 1 < times) {
			flagstop_policy_free(*ret_policy);
			*ret_policy = NULL;
		}
	}
	free(text);
	filter.proved_us -= filter.made_us;
	*ret_filter = filter;
	return r;
}
