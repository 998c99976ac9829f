/* SPDX-License-Identifier: MIT */
/*
 * Whether two filters answer alike. Decides which calls are tried; knows one difference that is meant: where the
 * kernel reads 32 bits of an argument (an int), flagstop compares 32 bits, and libseccomp 64; so high halves that
 * the kernel does not read are 0 here.
 */
#include <stdio.h>
#include <string.h>

#include "filters.h"

#define VALUES_MAX 40

struct values {
	uint64_t list[6][VALUES_MAX];
	unsigned count[6];
};

static void add_value(struct values *v, unsigned argument, uint64_t value, unsigned bits)
{
	if (v->count[argument] < VALUES_MAX)
		v->list[argument][v->count[argument]++] = bits == 32 ? (uint32_t)value : value;
}

static unsigned bits_of(unsigned call, enum flagstop_abi abi, unsigned argument)
{
	const struct flagstop_arg *args;
	unsigned count = flagstop_call_args(call, abi, &args);

	return flagstop_arg_bits(abi, argument < count ? args[argument].type : FLAGSTOP_ARG_UWORD);
}

static void add_values(struct values *v, const struct comparison *c, unsigned bits)
{
	uint64_t values[] = { c->value, c->value - 1, c->value + 1, c->masked, c->value | c->masked, ~c->value };

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		add_value(v, c->index, values[i], bits);
	if (bits == 64) {
		add_value(v, c->index, c->value | UINT64_C(1) << 32, bits);
		add_value(v, c->index, c->masked | UINT64_C(1) << 63, bits);
	}
}

static void find_values(const struct profile *profile, unsigned call, enum flagstop_abi abi, struct values *v)
{
	for (unsigned i = 0; i < 6; i++) {
		v->count[i] = 0;
		add_value(v, i, 0, 32);
	}
	for (size_t i = 0; i < profile->rule_count; i++)
		for (unsigned k = 0; k < profile->rules[i].comparison_count &&
		     profile->rules[i].call == (int)call;
		     k++)
			add_values(v, &profile->rules[i].comparisons[k],
				   bits_of(call, abi, profile->rules[i].comparisons[k].index));
}

static bool differ(const struct filter *ours, const struct filter *theirs, const struct flagstop_data *data,
		   char *example, size_t example_bytes)
{
	uint32_t a = flagstop_program_run(ours->insns, ours->count, data, NULL, NULL);
	uint32_t b = flagstop_program_run(theirs->insns, theirs->count, data, NULL, NULL);
	char call[128], ours_text[32], theirs_text[32];
	int abi = flagstop_abi_of_call(data->arch, data->nr);

	if (a == b)
		return false;
	if (!*example) {
		flagstop_call_format(abi < 0 ? FLAGSTOP_ABI_X86_64 : (unsigned)abi, data->nr, data->args,
				     call, sizeof(call));
		flagstop_action_format(a, ours_text, sizeof(ours_text));
		flagstop_action_format(b, theirs_text, sizeof(theirs_text));
		snprintf(example, example_bytes, "%s %s: %s, libseccomp %s",
			 abi < 0 ? "?" : flagstop_abi_name(abi), call, ours_text, theirs_text);
	}
	return true;
}

unsigned count_differences(const struct profile *profile, unsigned abis, const struct filter *ours,
			   const struct filter *theirs, char *example, size_t example_bytes)
{
	unsigned different = 0;

	*example = '\0';
	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		struct flagstop_data data = { .arch = flagstop_abi_audit_arch(abi) };

		if (!(abis >> abi & 1))
			continue;
		for (uint32_t nr = 0; nr < 600; nr++) {
			struct values v;
			uint64_t combinations = 1;
			bool here = false;

			data.nr = nr | (abi == FLAGSTOP_ABI_X32 ? 0x40000000 : 0);
			int call = flagstop_call_from_number(abi, data.nr);
			find_values(profile, call < 0 ? ~0u : (unsigned)call, abi, &v);
			for (unsigned i = 0; i < 6; i++)
				combinations *= v.count[i];
			for (uint64_t index = 0; index < combinations && index < 100000; index++) {
				uint64_t rest = index;

				for (unsigned i = 0; i < 6; rest /= v.count[i], i++)
					data.args[i] = v.list[i][rest % v.count[i]];
				here |= differ(ours, theirs, &data, example, example_bytes);
			}
			different += here;
		}
		data.nr = UINT32_MAX;
		different += differ(ours, theirs, &data, example, example_bytes);
	}
	return different;
}
