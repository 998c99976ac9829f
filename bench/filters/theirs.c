/* SPDX-License-Identifier: MIT */
/* Rules given to libseccomp, and what it makes of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filters.h"

static int add_archs(scmp_filter_ctx context, unsigned abis)
{
	if (abis >> FLAGSTOP_ABI_X32 & 1 && seccomp_arch_add(context, SCMP_ARCH_X32))
		return -1;
	if (abis >> FLAGSTOP_ABI_I386 & 1 && seccomp_arch_add(context, SCMP_ARCH_X86))
		return -1;
	return 0;
}

static int add_rule(scmp_filter_ctx context, const struct profile *profile, const struct rule *rule)
{
	struct scmp_arg_cmp compared[6];

	/* It takes no rule that says what it does anyway. */
	if (rule->action == profile->action)
		return 0;
	for (unsigned i = 0; i < rule->comparison_count; i++) {
		const struct comparison *c = &rule->comparisons[i];

		compared[i] = (struct scmp_arg_cmp){ c->index, c->op, c->value, c->masked };
	}
	int r = seccomp_rule_add_array(context, rule->action, seccomp_syscall_resolve_name(rule->name),
				       rule->comparison_count, compared);
	if (r)
		fprintf(stderr, "libseccomp: %s: %s\n", rule->name, strerror(-r));
	return r;
}

static int export(scmp_filter_ctx context, struct filter *filter)
{
	struct stat status;
	int fd = memfd_create("filter", MFD_CLOEXEC);
	int r = fd < 0 || seccomp_export_bpf(context, fd) || fstat(fd, &status) ? -1 : 0;

	if (!r) {
		filter->count = (size_t)status.st_size / sizeof(*filter->insns);
		filter->insns = calloc(filter->count, sizeof(*filter->insns));
		r = filter->insns && pread(fd, filter->insns, (size_t)status.st_size, 0) == status.st_size ? 0 : -1;
	}
	if (fd >= 0)
		close(fd);
	return r;
}

static scmp_filter_ctx add_rules(const struct profile *profile, unsigned abis, unsigned level)
{
	scmp_filter_ctx context = seccomp_init(profile->action);
	int r = context ? 0 : -1;

	if (!r)
		r = seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) |
			seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, level) | add_archs(context, abis);
	for (size_t i = 0; i < profile->rule_count && !r; i++)
		r = add_rule(context, profile, &profile->rules[i]);
	if (r && context)
		seccomp_release(context);
	return r ? NULL : context;
}

static void keep_least(double *least, double *since)
{
	double now = now_us();

	if (now - *since < *least)
		*least = now - *since;
	*since = now;
}

int make_theirs(const struct profile *profile, unsigned abis, unsigned level, unsigned times,
		struct filter *ret_filter)
{
	struct filter filter = { .read_us = 1e9, .made_us = 1e9 };
	int r = 0;

	for (unsigned i = 0; i < times && !r; i++) {
		double since = now_us();
		scmp_filter_ctx context = add_rules(profile, abis, level);

		filter_release(&filter);
		keep_least(&filter.read_us, &since);
		r = context ? export(context, &filter) : -1;
		keep_least(&filter.made_us, &since);
		if (context)
			seccomp_release(context);
	}
	if (r)
		fprintf(stderr, "libseccomp made no filter of %s\n", profile->name);
	*ret_filter = filter;
	return r;
}
