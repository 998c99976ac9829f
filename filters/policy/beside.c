/* SPDX-License-Identifier: MIT */
/*
 * Rules on paths, and calls that change what paths mean. A path is judged by the name that the tracer sees; a program
 * that may mount, change its root or enter another namespace gives such names to other things. Refuses policies that
 * say both.
 */
#include <errno.h>
#include <string.h>

#include <filters/error.h>
#include <filters/policy/fact.h>
#include <filters/policy/policy.h>

/* A test that needs the name of a file. */
static bool asks_for_path(const struct fst_cond *cond)
{
	switch (cond->op) {
	case FST_EXPR_TEST:
		return false;
	case FST_EXPR_FACT:
		return cond->fact->subject == FST_SUBJECT_PATH || cond->fact->subject == FST_SUBJECT_NAME;
	case FST_EXPR_NOT:
		return asks_for_path(cond->left);
	default:
		return asks_for_path(cond->left) || asks_for_path(cond->right);
	}
}

static const struct fst_rule *find_path_rule(const struct fst_decision *d)
{
	for (unsigned i = 0; d->has_facts && i < d->count; i++)
		if (d->steps[i].has_facts && asks_for_path(d->steps[i].when))
			return d->steps[i].rule;
	return NULL;
}

static const char *const movers[] = {
	"chroot",
	"fsmount",
	"fsopen",
	"fspick",
	"mount",
	"mount_setattr",
	"move_mount",
	"open_tree",
	"open_tree_attr",
	"pivot_root",
	"setns",
	"umount",
	"umount2",
	"unshare",
};

bool fst_beside_is_mover(const char *name)
{
	for (unsigned i = 0; i < sizeof(movers) / sizeof(*movers); i++)
		if (!strcmp(name, movers[i]))
			return true;
	return false;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* What a group brings along is refused by the guards, as what a default allows is. */
static bool names_call(const struct fst_rule *rule, const char *name)
{
	size_t bytes = strlen(name);

	for (const char *at = rule->text; (at = strstr(at, name)); at += bytes)
		if ((at == rule->text || (!is_letter(at[-1]) && at[-1] != '@')) && !is_letter(at[bytes]))
			return true;
	return false;
}

/* `unshare` of other things than mounts and users leaves paths alone. */
static bool may_move(const struct fst_step *step, enum flagstop_abi abi, const char *name)
{
	static const struct fst_range any_bit = { 1, UINT64_MAX };
	const struct flagstop_arg *args;
	int64_t mounts = 0, users = 0;
	uint64_t effort = 1u << 20;

	if (strcmp(name, "unshare") != 0 || !step->when)
		return true;
	flagstop_call_args((unsigned)flagstop_call_find(name), abi, &args);
	flagstop_constant_find("CLONE_NEWNS", abi, &mounts);
	flagstop_constant_find("CLONE_NEWUSER", abi, &users);
	const struct fst_cond moves = { .op = FST_EXPR_TEST,
					.bits = flagstop_arg_bits(abi, args->type),
					.mask = (uint64_t)(mounts | users),
					.ranges = &any_bit,
					.range_count = 1 };
	const struct fst_cond both = { .op = FST_EXPR_AND, .left = step->when, .right = &moves };
	return fst_cond_can_match(&both, &effort);
}

static const struct fst_rule *find_mover(const struct fst_decision *d, enum flagstop_abi abi, unsigned call)
{
	const char *name = flagstop_call_name(call);

	for (unsigned i = 0; i < d->count; i++) {
		const struct fst_step *step = &d->steps[i];

		if (step->rule->verdict.action < FLAGSTOP_ACTION_RETURN && names_call(step->rule, name) &&
		    may_move(step, abi, name))
			return step->rule;
	}
	return NULL;
}

static void note_mover(struct fst_bound *bound, unsigned call)
{
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT && !bound->mover; abi++) {
		const struct fst_decision *d = bound->by_abi[abi] ? bound->by_abi[abi][call] : NULL;

		if (d)
			bound->mover = find_mover(d, (enum flagstop_abi)abi, call);
	}
}

void fst_beside_note(struct fst_bound *bound)
{
	for (unsigned abi = 0; bound->has_facts && abi < FLAGSTOP_ABI_COUNT; abi++) {
		for (unsigned call = 0; bound->by_abi[abi] && call < flagstop_call_count(); call++) {
			const struct fst_decision *d = bound->by_abi[abi][call];

			if (d && d->has_facts && !bound->path_rule)
				bound->path_rule = find_path_rule(d);
		}
	}
	for (unsigned i = 0; i < sizeof(movers) / sizeof(*movers); i++)
		note_mover(bound, (unsigned)flagstop_call_find(movers[i]));
}

static const struct fst_rule *first_of(const struct flagstop_policy *policy, const struct fst_bound *bound, bool mover)
{
	for (unsigned i = 0; i < policy->layer_count; i++) {
		const struct fst_rule *rule = mover ? policy->layers[i]->mover : policy->layers[i]->path_rule;

		if (rule)
			return rule;
	}
	return mover ? bound->mover : bound->path_rule;
}

bool fst_beside_has_path_rules(const struct flagstop_policy *policy)
{
	for (unsigned i = 0; i < policy->layer_count; i++)
		if (policy->layers[i]->path_rule)
			return true;
	return false;
}

int fst_beside_check(const struct flagstop_policy *policy, const struct fst_bound *bound, struct flagstop_error *error)
{
	const struct fst_rule *mover = first_of(policy, bound, true), *path_rule = first_of(policy, bound, false);
	const struct fst_place *place;

	if (!mover || !path_rule)
		return 0;
	fst_error_set(error, -EBADMSG, "rules on paths mean nothing beside a call that changes what paths mean");
	place = &mover->place;
	fst_error_place(error, place->file, place->line, place->column, place->columns, place->source,
			place->source_bytes);
	fst_error_hint(error, "%s:%u has a rule on paths; mounts, roots and namespaces must stay as they are%s",
		       path_rule->place.file, path_rule->place.line,
		       strstr(mover->text, "unshare") ? " ('when not flags & (CLONE_NEWNS | CLONE_NEWUSER)')" : "");
	return -EBADMSG;
}
