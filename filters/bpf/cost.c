/* SPDX-License-Identifier: MIT */
/*
 * How many instructions programs execute for the calls of an ABI. Decides with which arguments each call is tried:
 * where the policy's conditions change their mind, and right beside. Runs programs; does not care who wrote them.
 */
#include <errno.h>

#include <talloc.h>

#include <filters/error.h>
#include <filters/policy/policy.h>

#define VALUES_MAX 24    /* of one argument */
#define VECTORS_MAX 1024 /* of one call: all combinations where they are no more, else as many of them */

struct meter {
	const struct flagstop_policy *policy;
	const struct flagstop_insn *const *programs;
	const size_t *counts;
	size_t program_count;
	enum flagstop_abi abi;
	uint64_t word; /* what a register of this ABI holds */
	uint64_t values[6][VALUES_MAX];
	unsigned value_count[6];
	unsigned worst;
};

/* ---- arguments -------------------------------------------------------------------------------------------------- */

static void add_value(struct meter *m, unsigned argument, uint64_t value)
{
	uint64_t *values = m->values[argument];
	unsigned count = m->value_count[argument];

	value &= m->word;
	for (unsigned i = 0; i < count; i++)
		if (values[i] == value)
			return;
	if (count < VALUES_MAX) {
		values[count] = value;
		m->value_count[argument]++;
	}
}

static void add_values(struct meter *m, const struct fst_cond *cond)
{
	if (cond->op == FST_EXPR_FACT)
		return;
	if (cond->op != FST_EXPR_TEST) {
		add_values(m, cond->left);
		if (cond->right)
			add_values(m, cond->right);
		return;
	}
	for (unsigned i = 0; i < cond->range_count; i++) {
		uint64_t high = cond->ranges[i].high < cond->mask ? cond->ranges[i].high : cond->mask;

		add_value(m, cond->argument, cond->ranges[i].low);
		add_value(m, cond->argument, high);
		add_value(m, cond->argument, cond->ranges[i].low - 1);
		add_value(m, cond->argument, high + 1);
	}
}

static void find_values(struct meter *m, const struct flagstop_data *call)
{
	for (unsigned i = 0; i < 6; i++) {
		m->values[i][0] = 0;
		m->value_count[i] = 1;
	}
	for (unsigned i = 0; i < m->policy->layer_count; i++) {
		const struct fst_decision *d = fst_bound_decision(m->policy->layers[i], call->arch, call->nr);

		for (unsigned k = 0; k < d->count; k++)
			if (d->steps[k].when)
				add_values(m, d->steps[k].when);
	}
}

/* Combination `index` of the values. */
static void set_arguments(const struct meter *m, uint64_t index, struct flagstop_data *call)
{
	for (unsigned i = 0; i < 6; i++) {
		call->args[i] = m->values[i][index % m->value_count[i]];
		index /= m->value_count[i];
	}
}

/* ---- running ---------------------------------------------------------------------------------------------------- */

static unsigned run(struct meter *m, const struct flagstop_data *call)
{
	unsigned sum = 0, executed;

	for (size_t i = 0; i < m->program_count; i++) {
		flagstop_program_run(m->programs[i], m->counts[i], call, &executed, NULL);
		sum += executed;
	}
	if (sum > m->worst)
		m->worst = sum;
	return sum;
}

/* The mean over the call's arguments. */
static double measure_call(struct meter *m, struct flagstop_data *call)
{
	uint64_t combinations = 1, step = 1, tried = 0;
	double sum = 0;

	find_values(m, call);
	for (unsigned i = 0; i < 6; i++)
		combinations *= m->value_count[i];
	if (combinations > VECTORS_MAX)
		step = combinations / VECTORS_MAX | 1; /* odd: does not keep step with an even number of values */
	for (uint64_t index = 0; index < combinations; index += step, tried++) {
		set_arguments(m, index, call);
		sum += run(m, call);
	}
	return sum / (double)tried;
}

/* Numbers that no call has, of this ABI and of its neighbours, and no ABI at all: for the worst only. */
static void measure_nobody(struct meter *m)
{
	static const uint32_t ends[] = { 0x1fffffff, 0x3fffffff, 0x40000000, 0x7fffffff,
					 0x80000000, 0xc0000000, UINT32_MAX };
	struct flagstop_data call = { .arch = flagstop_abi_audit_arch(m->abi) }, foreign = { .arch = 0 };

	for (unsigned i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		call.nr = ends[i];
		run(m, &call);
	}
	for (unsigned i = 0; i < flagstop_call_count(); i++) {
		int64_t nr = flagstop_call_number(i, m->abi);

		call.nr = (uint32_t)nr + 1;
		if (nr >= 0 && flagstop_call_from_number(m->abi, call.nr) < 0)
			run(m, &call);
	}
	run(m, &foreign);
}

static double frequency(const struct flagstop_compile_options *options, enum flagstop_abi abi, unsigned call)
{
	double sum = 0;

	for (size_t i = 0; i < options->frequency_count; i++)
		if (options->frequencies[i].abi == abi && options->frequencies[i].call == call)
			sum += (double)options->frequencies[i].count;
	return sum;
}

int flagstop_policy_cost(const struct flagstop_policy *policy, enum flagstop_abi abi,
			 const struct flagstop_compile_options *options,
			 const struct flagstop_insn *const *programs,
			 const size_t *counts, size_t program_count, struct flagstop_cost *ret_cost)
{
	struct meter m = { policy, programs, counts, program_count, .abi = abi };
	double sum = 0, weighted = 0, weight = 0;
	unsigned calls = 0;

	if (!policy || !flagstop_abi_name(abi) || !options || !ret_cost || (program_count && (!programs || !counts)))
		return -EINVAL;
	m.word = flagstop_arg_bits(abi, FLAGSTOP_ARG_UWORD) == 64 ? UINT64_MAX : UINT32_MAX;
	for (unsigned call = 0; call < flagstop_call_count(); call++) {
		struct flagstop_data data = { .arch = flagstop_abi_audit_arch(abi) };
		int64_t nr = flagstop_call_number(call, abi);

		if (nr < 0)
			continue;
		data.nr = (uint32_t)nr;
		double mean = measure_call(&m, &data), often = frequency(options, abi, call);
		sum += mean;
		weighted += often * mean;
		weight += often;
		calls++;
	}
	measure_nobody(&m);
	*ret_cost = (struct flagstop_cost){ sum / calls, m.worst, weight > 0 ? weighted / weight : sum / calls, calls };
	return 0;
}
