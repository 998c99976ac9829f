/* SPDX-License-Identifier: MIT */
/*
 * Layers that an exec brings into force: where their policies come from, and which of them a name means. They are
 * compiled and judged like all layers; before their exec a fact says that they do not count (bind.h). Does not know
 * how anybody comes by the name of what was executed.
 */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <filters/error.h>
#include <filters/policy/fact.h>
#include <filters/policy/policy.h>

static bool leads_back(const struct flagstop_policy *policy, unsigned layer, const char *path)
{
	for (;; layer = policy->layers[layer]->exec_layer) {
		const struct fst_bound *bound = policy->layers[layer];

		if (!strcmp(bound->exec ? bound->exec->policy : bound->layer->name, path))
			return true;
		if (!bound->exec)
			return false;
	}
}

static int fail(const struct fst_exec *exec, struct flagstop_error *error)
{
	const struct fst_place *p = &exec->place;

	fst_error_place(error, p->file, p->line, p->column, p->columns, p->source, p->source_bytes);
	return -EBADMSG;
}

/* Kills for an ABI are the kernel's, and cannot wait for an exec. */
static int check_abis(const struct flagstop_policy *policy, const struct fst_layer *layer, const struct fst_exec *exec,
		      struct flagstop_error *error)
{
	unsigned missing = flagstop_policy_abis(policy) & ~layer->abis;

	if (!missing)
		return 0;
	const char *name = flagstop_abi_name((enum flagstop_abi)__builtin_ctz(missing));
	fst_error_set(error, -EBADMSG, "'%s' does not name %s, which the policy that uses it does", exec->policy, name);
	fst_error_hint(error, "add `abi %s` to it, and say what is refused there", name);
	return fail(exec, error);
}

int fst_exec_load(struct flagstop_policy *policy, unsigned layer, const struct fst_exec *exec,
		  struct fst_layer **ret_layer, struct flagstop_error *reterr_error)
{
	int r;

	if (leads_back(policy, layer, exec->policy)) {
		fst_error_set(reterr_error, -EBADMSG, "'%s' would use itself", exec->policy);
		return fail(exec, reterr_error);
	}
	r = fst_parse_file(policy, exec->policy, ret_layer, reterr_error);
	if (r == -ENOENT || r == -EPERM || r == -EIO) {
		fail(exec, reterr_error); /* the mistake is the name's, which stands there */
		return r;
	}
	if (r)
		return r;
	r = check_abis(policy, *ret_layer, exec, reterr_error);
	if (r)
		talloc_free(*ret_layer);
	return r;
}

int flagstop_policy_has_exec_layers(const struct flagstop_policy *policy)
{
	for (unsigned i = 0; i < policy->layer_count; i++)
		if (policy->layers[i]->exec)
			return 1;
	return 0;
}

static bool is_meant(const struct fst_exec *exec, const char *path)
{
	for (unsigned i = 0; i < exec->pattern_count; i++)
		if (fst_pattern_holds(&exec->patterns[i], FST_RELATION_MATCHES, true, path, strlen(path)))
			return true;
	return false;
}

/* A layer stands behind the one that adds it: what this exec brings into force may add more by it. */
uint32_t flagstop_policy_after_exec(const struct flagstop_policy *policy, uint32_t layers, const char *path)
{
	for (unsigned i = 0; i < policy->layer_count; i++) {
		const struct fst_bound *bound = policy->layers[i];
		const struct fst_bound *from = bound->exec ? policy->layers[bound->exec_layer] : NULL;

		if (from && (!from->exec || layers >> bound->exec_layer & 1) && is_meant(bound->exec, path))
			layers |= UINT32_C(1) << i;
	}
	return layers;
}
