/* SPDX-License-Identifier: MIT */
/*
 * Compiled programs against the evaluator. Decides which calls are looked at, and what the kernel ought to do with
 * each; shares nothing with the compiler but the policy, so that no mistake is made on both sides.
 */
#include <errno.h>

#include <linux/seccomp.h>
#include <talloc.h>

#include <filters/bpf/points.h>
#include <filters/bpf/validate.h>
#include <filters/compare/decision.h>
#include <filters/compare/program.h>
#include <filters/error.h>

/* Steps of building diagrams, some 50 ns each: for one call, and for all. */
#define CALL_EFFORT (1u << 18)
#define EFFORT (1u << 21)

struct validation {
	const struct flagstop_policy *policy;
	const struct flagstop_compile_options *options;
	const struct fst_session_keys *keys;
	const struct flagstop_programs *programs;
	struct flagstop_error *error;
	struct fst_diagram *diagram; /* made when a call first needs one */
	struct fst_cuts *cuts;
	unsigned effort;
	unsigned abis; /* that are compiled */
	int execve, seccomp, shmat, shmdt;
	/* The call that is looked at. */
	struct flagstop_data call;
	int abi;
};

/* ---- what ought to happen --------------------------------------------------------------------------------------- */

static uint32_t action_of(const struct validation *v, struct flagstop_verdict verdict)
{
	switch (verdict.action) {
	case FLAGSTOP_ACTION_ALLOW:
		return SECCOMP_RET_ALLOW;
	case FLAGSTOP_ACTION_LOG:
		return SECCOMP_RET_LOG;
	case FLAGSTOP_ACTION_TRACE:
	case FLAGSTOP_ACTION_REWRITE:
	case FLAGSTOP_ACTION_ASK:
		return SECCOMP_RET_TRACE | v->options->trace_data;
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

/* The secret that this call takes, or NULL. */
static const uint64_t *secret_of(const struct validation *v)
{
	int call = v->keys && v->abi == (int)flagstop_abi_native() ? flagstop_call_from_number(v->abi, v->call.nr) : -1;

	if (v->keys && v->abi >= 0 && v->keys->narrow_abis >> v->abi & 1)
		return flagstop_call_from_number(v->abi, v->call.nr) == v->shmat ? v->keys->narrow_secret : NULL;
	if (call < 0)
		return NULL;
	if ((call == v->shmat || (call == v->shmdt && v->keys->parks)) &&
	    (v->keys->window_secret[0] || v->keys->window_secret[1]))
		return v->keys->window_secret;
	return call == v->execve || call == v->seccomp ? v->keys->secret : NULL;
}

static bool has_secret(const struct validation *v)
{
	const uint64_t *secret = secret_of(v);

	return secret && v->call.args[4] == secret[0] && v->call.args[5] == secret[1];
}

static uint32_t poison_of(const struct validation *v, uint32_t action)
{
	static const uint32_t actions[FST_POISON_COUNT] = {
		[FST_POISON_KILL_PROCESS] = SECCOMP_RET_KILL_PROCESS,
		[FST_POISON_KILL_THREAD] = SECCOMP_RET_KILL_THREAD,
		[FST_POISON_TRAP] = SECCOMP_RET_TRAP,
	};
	uint32_t index;

	if (!v->keys || !v->keys->poison || !v->policy->guarded)
		return action;
	index = v->call.nr - v->keys->poison;
	return index < FST_POISON_COUNT ? fst_action_stricter(action, actions[index]) : action;
}

static uint32_t wanted_action(const struct validation *v)
{
	struct flagstop_verdict verdict;
	uint32_t action;

	if (!v->policy->layer_count)
		return SECCOMP_RET_ALLOW;
	if (v->abi < 0 || !(v->abis >> v->abi & 1)) /* some layer does not name it, or it was left out */
		return SECCOMP_RET_KILL_PROCESS;
	if (has_secret(v))
		return SECCOMP_RET_ALLOW;
	if (fst_place_is_tracer(v->policy, &v->call, v->options->report, &verdict))
		action = SECCOMP_RET_TRACE | v->options->trace_data;
	else
		action = action_of(v, verdict);
	return poison_of(v, action);
}

/* ---- one call --------------------------------------------------------------------------------------------------- */

static int disagree(const struct validation *v, uint32_t got, uint32_t wanted)
{
	char does[32], says[32], call[160];

	flagstop_action_format(got, does, sizeof(does));
	flagstop_action_format(wanted, says, sizeof(says));
	if (v->abi >= 0) {
		flagstop_call_format(v->abi, v->call.nr, v->call.args, call, sizeof(call));
		fst_error_set(v->error, -EPROTO,
			      "internal error: the compiled programs answer %s, the policy %s, to %s in %s", does,
			      says, call, flagstop_abi_name(v->abi));
	} else {
		fst_error_set(v->error, -EPROTO,
			      "internal error: the programs answer %s, the policy %s, to call %u of architecture 0x%x",
			      does, says, v->call.nr, v->call.arch);
	}
	fst_error_hint(v->error, "nothing was loaded; please report this with the policy");
	return -EPROTO;
}

static int check(const struct validation *v, uint32_t *ret_loads)
{
	uint32_t got = fst_programs_run(v->programs, &v->call, ret_loads), wanted = wanted_action(v);

	return got == wanted ? 0 : disagree(v, got, wanted);
}

static int check_point(const uint64_t fields[FST_FIELDS], void *context)
{
	struct validation *v = context;
	uint32_t loads;

	for (unsigned i = 0; i < FST_FIELD_ARGS; i++)
		v->call.args[i] = fields[i];
	v->call.instruction_pointer = fields[FST_FIELD_IP];
	return check(v, &loads);
}

static fst_branch secret_diagram(struct fst_diagram *d, const uint64_t secret[2])
{
	fst_branch all = fst_diagram_leaf(d, 1);

	for (unsigned i = 2; i--;) {
		const struct fst_range range = { secret[i], secret[i] };
		const struct fst_bits bits = { 4 + i, 0, 64, UINT64_MAX, &range, 1 };

		all = fst_diagram_choose(d, fst_diagram_in(d, &bits), all, fst_diagram_leaf(d, 0));
	}
	return all;
}

static int check_sample(struct validation *v)
{
	struct fst_sample *sample = fst_sample_new(v->cuts);
	const uint64_t *secret = secret_of(v);
	int r;

	if (!sample)
		return fst_error_set(v->error, -ENOMEM, "no memory");
	for (unsigned i = 0; i < v->policy->layer_count; i++)
		fst_sample_add_decision(sample, fst_bound_decision(v->policy->layers[i], v->call.arch, v->call.nr));
	for (unsigned i = 0; i < 2 && secret; i++)
		fst_sample_add_value(sample, 4 + i, secret[i]);
	r = fst_sample_visit(sample, false, check_point, v);
	talloc_free(sample);
	return r;
}

/* The policy's classes, the programs' classes, and who holds the secret, all paired. */
static int classes(struct validation *v, fst_branch *ret_root)
{
	unsigned effort = v->effort < CALL_EFFORT ? v->effort : CALL_EFFORT;
	int r;

	if (!v->diagram)
		v->diagram = fst_diagram_new(v->cuts);
	if (!v->diagram)
		return -ENOMEM;
	fst_diagram_begin(v->diagram, effort);
	r = fst_programs_diagram(v->diagram, v->programs, v->call.arch, v->call.nr, false, ret_root);
	if (!r) {
		*ret_root = fst_diagram_refine(v->diagram, *ret_root,
					       fst_policy_diagram(v->diagram, v->policy, v->call.arch, v->call.nr));
		if (secret_of(v))
			*ret_root = fst_diagram_refine(v->diagram, *ret_root, secret_diagram(v->diagram, secret_of(v)));
		r = fst_diagram_error(v->diagram);
	}
	v->effort -= effort - fst_diagram_effort(v->diagram);
	return r;
}

static int check_arguments(struct validation *v)
{
	fst_branch root = 0;
	int r = classes(v, &root);

	if (r == -ENOMEM)
		return fst_error_set(v->error, r, "no memory");
	return r ? check_sample(v) : fst_diagram_visit(v->diagram, root, check_point, v);
}

/* ---- all calls -------------------------------------------------------------------------------------------------- */

static int check_number(struct validation *v, uint32_t nr, uint32_t *ret_loads)
{
	uint32_t arch = v->call.arch;
	int r;

	v->call = (struct flagstop_data){ .arch = arch, .nr = nr };
	v->abi = flagstop_abi_of_call(arch, nr);
	r = check(v, ret_loads);
	if (r)
		return r;
	/* Programs that read no argument, under a policy that asks for none, answer alike to all arguments. */
	if (!(*ret_loads & ~(FST_LOADS_NR | FST_LOADS_ARCH)) &&
	    !fst_policy_asks_for_arguments(v->policy, arch, nr) && !secret_of(v))
		return 0;
	return check_arguments(v);
}

static bool is_compiled(const struct validation *v, uint32_t audit_arch)
{
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (v->abis >> abi & 1 && flagstop_abi_audit_arch(abi) == audit_arch)
			return true;
	return false;
}

static int check_arch(struct validation *v, uint32_t audit_arch)
{
	uint32_t *numbers, loads;
	size_t count;
	int r;

	v->call.arch = audit_arch;
	r = check_number(v, 0, &loads);
	/* All of its calls are foreign, and no program looks at which it is. */
	if (r || (!is_compiled(v, audit_arch) && !(loads & FST_LOADS_NR)))
		return r;
	r = fst_cuts_numbers(v->cuts, v->cuts, audit_arch, v->abis, &numbers, &count);
	if (r)
		return fst_error_set(v->error, r, "no memory");
	for (size_t i = 0; i < count && !r; i++)
		r = check_number(v, numbers[i], &loads);
	talloc_free(numbers);
	return r;
}

static int check_all(struct validation *v)
{
	uint32_t *archs;
	size_t count;
	int r = fst_cuts_add(v->cuts, v->programs);

	if (!r)
		r = fst_cuts_archs(v->cuts, v->cuts, &archs, &count);
	if (r)
		return fst_error_set(v->error, r, "no memory");
	for (size_t i = 0; i < count && !r; i++)
		r = check_arch(v, archs[i]);
	return r;
}

int fst_validate(const struct flagstop_policy *policy, const struct flagstop_compile_options *options,
		 const struct fst_session_keys *keys, const struct flagstop_programs *programs,
		 struct flagstop_error *reterr_error)
{
	struct validation v = { .policy = policy,
				.options = options,
				.keys = keys,
				.programs = programs,
				.error = reterr_error,
				.effort = EFFORT,
				.execve = flagstop_call_find("execve"),
				.seccomp = flagstop_call_find("seccomp"),
				.shmat = flagstop_call_find("shmat"),
				.shmdt = flagstop_call_find("shmdt") };
	int r;

	v.abis = flagstop_policy_abis(policy) & (options->abis ? options->abis : ~0u);
	v.cuts = fst_cuts_new(NULL);
	if (!v.cuts)
		return fst_error_set(reterr_error, -ENOMEM, "no memory");
	r = check_all(&v);
	talloc_free(v.cuts);
	return r;
}
