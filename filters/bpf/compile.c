/* SPDX-License-Identifier: MIT */
/*
 * Compiles each layer to one cBPF program, or to several where one does not hold it. The kernel evaluates all programs
 * and takes the strictest action, newest first among equals, which is what layers mean; so nothing is merged here.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <linux/seccomp.h>
#include <talloc.h>

#include <filters/bpf/check.h>
#include <filters/bpf/compile.h>
#include <filters/bpf/generate.h>
#include <filters/bpf/validate.h>
#include <filters/error.h>
#include <flagstop/compare.h>

uint32_t fst_compile_action(struct flagstop_verdict verdict)
{
	switch (verdict.action) {
	case FLAGSTOP_ACTION_ALLOW:
		return SECCOMP_RET_ALLOW;
	case FLAGSTOP_ACTION_LOG:
		return SECCOMP_RET_LOG;
	case FLAGSTOP_ACTION_RETURN:
		return SECCOMP_RET_ERRNO | (uint32_t)-verdict.value;
	case FLAGSTOP_ACTION_DENY:
		return SECCOMP_RET_ERRNO | (uint32_t)verdict.value;
	case FLAGSTOP_ACTION_TRAP:
		return SECCOMP_RET_TRAP | (uint32_t)verdict.value;
	case FLAGSTOP_ACTION_KILL_THREAD:
		return SECCOMP_RET_KILL_THREAD;
	default:
		return SECCOMP_RET_KILL_PROCESS;
	}
}

struct program {
	struct flagstop_insn *insns;
	size_t count;
};

struct flagstop_programs {
	struct program *list;
	size_t count;
};

static int append(struct flagstop_programs *programs, struct flagstop_insn *insns, size_t count)
{
	struct program *list = talloc_realloc(programs, programs->list, struct program, programs->count + 1);

	if (!list)
		return -ENOMEM;
	programs->list = list;
	list[programs->count++] = (struct program){ insns, count };
	return 0;
}

/* Compiles the calls first … end - 1 of the layer, halved as often as needed to fit. */
static int compile_calls(struct fst_generate *c, unsigned first, unsigned end, struct flagstop_programs *programs,
			 struct flagstop_error *error)
{
	struct flagstop_insn *insns;
	size_t count = 0;
	int r;

	c->code = fst_codegen_new(programs);
	if (!c->code)
		return fst_error_set(error, -ENOMEM, "no memory");
	c->first_call = first;
	c->end_call = end;
	r = fst_codegen_finish(c->code, fst_generate_layer(c), programs, &insns, &count);
	talloc_free(c->code);
	if (!r)
		r = append(programs, insns, count);
	if (r == -ENOMEM)
		return fst_error_set(error, r, "no memory");
	if (r == -E2BIG && end - first > 1) {
		r = compile_calls(c, first, first + (end - first) / 2, programs, error);
		return r ? r : compile_calls(c, first + (end - first) / 2, end, programs, error);
	}
	if (r)
		fst_error_set(error, r, "the rules for %s need %zu instructions; a filter has at most %d",
			      flagstop_call_name(first), count, FLAGSTOP_PROGRAM_MAX_INSNS);
	return r;
}

/* The kernel counts what it converts the programs to, and all but the one it is adding are charged some more. */
static int check_total(const struct flagstop_programs *programs, struct flagstop_error *error)
{
	size_t total = 0;

	for (size_t i = 0; i < programs->count; i++)
		total += fst_check_converted_insns(programs->list[i].insns, programs->list[i].count) +
			(i ? FST_THREAD_FILTER_INSNS : 0);
	if (total <= FST_THREAD_MAX_INSNS)
		return 0;
	return fst_error_set(error, -E2BIG,
			     "the policy needs %zu instructions in %zu filters; a thread carries at most %d", total,
			     programs->count, FST_THREAD_MAX_INSNS);
}

static int weigh_calls(struct fst_generate *c, void *parent, struct flagstop_error *error)
{
	const struct flagstop_compile_options *o = c->options;
	double *weights;

	if (!o->frequency_count)
		return 0;
	weights = talloc_zero_array(parent, double, FLAGSTOP_ABI_COUNT *flagstop_call_count());
	if (!weights)
		return fst_error_set(error, -ENOMEM, "no memory");
	for (size_t i = 0; i < o->frequency_count; i++) {
		const struct flagstop_frequency *f = &o->frequencies[i];

		if (!flagstop_abi_name(f->abi) || !flagstop_call_name(f->call))
			return fst_error_set(error, -EINVAL, "a frequency is of no call");
		weights[f->abi * flagstop_call_count() + f->call] += (double)f->count;
	}
	c->weights = weights;
	return 0;
}

int fst_compile(const struct flagstop_policy *policy, const struct flagstop_compile_options *options,
		const struct fst_session_keys *keys, struct flagstop_programs **ret_programs,
		struct flagstop_error *reterr_error)
{
	struct fst_generate c = { .policy = policy, .options = options, .keys = keys };
	struct flagstop_programs *programs = talloc_zero(NULL, struct flagstop_programs);
	int r;

	if (!programs)
		return fst_error_set(reterr_error, -ENOMEM, "no memory");
	c.execve = flagstop_call_find("execve");
	c.seccomp = flagstop_call_find("seccomp");
	c.shmat = flagstop_call_find("shmat");
	c.shmdt = flagstop_call_find("shmdt");
	r = weigh_calls(&c, programs, reterr_error);
	for (unsigned i = 0; i < policy->layer_count && !r; i++) {
		c.bound = policy->layers[i];
		c.poison = keys && policy->guarded && i == policy->layer_count - 1 ? keys->poison : 0;
		r = compile_calls(&c, 0, flagstop_call_count(), programs, reterr_error);
	}
	if (!r)
		r = check_total(programs, reterr_error);
	if (!r && !options->unproved)
		r = fst_validate(policy, options, keys, programs, reterr_error);
	if (r) {
		talloc_free(programs);
		return r;
	}
	*ret_programs = programs;
	return 0;
}

int flagstop_policy_compile(const struct flagstop_policy *policy, const struct flagstop_compile_options *options,
			    struct flagstop_programs **ret_programs, struct flagstop_error *reterr_error)
{
	struct flagstop_compile_options all = FLAGSTOP_COMPILE_OPTIONS_INIT;

	/* Callers that were built before `optimize` have a shorter struct. */
	if (!policy || !options || !ret_programs ||
	    options->struct_bytes < offsetof(struct flagstop_compile_options, optimize))
		return fst_error_set(reterr_error, -EINVAL, "no policy, or options of another version");
	memcpy(&all, options, options->struct_bytes < sizeof(all) ? options->struct_bytes : sizeof(all));
	if ((unsigned)all.optimize > FLAGSTOP_OPTIMIZE_SPEED || (all.frequency_count && !all.frequencies))
		return fst_error_set(reterr_error, -EINVAL, "no such way to optimize, or no frequencies");
	return fst_compile(policy, &all, NULL, ret_programs, reterr_error);
}

void flagstop_programs_free(struct flagstop_programs *programs)
{
	talloc_free(programs);
}

struct flagstop_programs *fst_programs_new(void)
{
	return talloc_zero(NULL, struct flagstop_programs);
}

int fst_programs_add(struct flagstop_programs *programs, const struct flagstop_insn *insns, size_t count)
{
	struct flagstop_insn *copy = talloc_memdup(programs, insns, count * sizeof(*insns));

	return copy ? append(programs, copy, count) : -ENOMEM;
}

int flagstop_programs_read(const void *bytes, size_t byte_count, struct flagstop_programs **ret_programs,
			   struct flagstop_error *reterr_error)
{
	const struct flagstop_insn *insns = bytes;
	struct flagstop_programs *programs;
	int r = 0;

	if (!bytes || !ret_programs)
		return fst_error_set(reterr_error, -EINVAL, "no program");
	if (byte_count % sizeof(*insns))
		return fst_error_set(reterr_error, -EINVAL, "%zu bytes are no filter program: an instruction has %zu",
				     byte_count, sizeof(*insns));
	programs = fst_programs_new();
	if (programs)
		r = fst_programs_add(programs, insns, byte_count / sizeof(*insns));
	if (!programs || r) {
		talloc_free(programs);
		return fst_error_set(reterr_error, -ENOMEM, "no memory");
	}
	r = flagstop_program_check(programs->list->insns, programs->list->count, reterr_error);
	if (r) {
		talloc_free(programs);
		return r;
	}
	*ret_programs = programs;
	return 0;
}

size_t flagstop_programs_count(const struct flagstop_programs *programs)
{
	return programs->count;
}

const struct flagstop_insn *flagstop_programs_get(const struct flagstop_programs *programs, size_t index,
						  size_t *ret_count)
{
	*ret_count = programs->list[index].count;
	return programs->list[index].insns;
}
