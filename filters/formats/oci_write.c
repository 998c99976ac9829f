/* SPDX-License-Identifier: MIT */
/*
 * A policy as an OCI profile. Decides how rules are put together into entries; which rules there are is scmp_write.c's.
 * Numbers may be larger than the JSON library's integers, so the text is written here.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <talloc.h>

#include <filters/error.h>
#include <filters/formats/oci.h>
#include <filters/formats/scmp.h>

static const char *action_name(enum flagstop_action action)
{
	for (unsigned i = 0; fst_oci_actions[i].name; i++)
		if (fst_oci_actions[i].action == action)
			return fst_oci_actions[i].name;
	return "SCMP_ACT_ERRNO"; /* RETURN 0 */
}

static const char *operator_name(enum fst_compare compare)
{
	for (unsigned i = 0; fst_oci_operators[i].name; i++)
		if (fst_oci_operators[i].compare == compare)
			return fst_oci_operators[i].name;
	return NULL;
}

static bool has_errno(struct flagstop_verdict verdict)
{
	return verdict.action == FLAGSTOP_ACTION_DENY || verdict.action == FLAGSTOP_ACTION_RETURN;
}

static bool same_entry(const struct fst_scmp_rule *a, const struct fst_scmp_rule *b)
{
	if (!fst_verdict_equal(a->verdict, b->verdict))
		return false;
	for (unsigned i = 0; i < 6; i++) {
		const struct fst_scmp_test *x = &a->tests[i], *y = &b->tests[i];

		if (x->set != y->set ||
		    (x->set && (x->compare != y->compare || x->value != y->value || x->mask != y->mask)))
			return false;
	}
	return true;
}

static void put_args(struct fst_writing *writing, const struct fst_scmp_rule *rule)
{
	bool any = false;

	for (unsigned i = 0; i < 6; i++) {
		const struct fst_scmp_test *t = &rule->tests[i];
		bool masked = t->compare == FST_COMPARE_MASKED;

		if (!t->set)
			continue;
		fst_write_put(writing, "%s\n\t\t\t\t{ \"index\": %u, \"value\": %" PRIu64,
			      any ? "," : ",\n\t\t\t\"args\": [", i, masked ? t->mask : t->value);
		if (masked)
			fst_write_put(writing, ", \"valueTwo\": %" PRIu64, t->value);
		fst_write_put(writing, ", \"op\": \"%s\" }", operator_name(t->compare));
		any = true;
	}
	if (any)
		fst_write_put(writing, "\n\t\t\t]");
}

static void put_name(struct fst_writing *writing, struct fst_wrap *wrap, unsigned call)
{
	char *word = talloc_asprintf(writing->scratch, "\"%s\"", flagstop_call_name(call));

	if (word)
		fst_write_word(writing, wrap, ", ", ",\n\t\t\t\t", word);
	else
		writing->failed = true;
	talloc_free(word);
}

/* The entry of rule `first` with the names of all rules like it, which are marked as done. */
static void put_entry(struct fst_writing *writing, const struct fst_scmp_rules *rules, unsigned first, bool *done)
{
	const struct fst_scmp_rule *rule = &rules->list[first];
	struct fst_wrap wrap = { 32, false };

	fst_write_put(writing, "\t\t{\n\t\t\t\"names\": [\n\t\t\t\t");
	for (unsigned i = first; i < rules->count; i++) {
		if (done[i] || !same_entry(rule, &rules->list[i]))
			continue;
		done[i] = true;
		put_name(writing, &wrap, rules->list[i].call);
	}
	fst_write_put(writing, "\n\t\t\t],\n\t\t\t\"action\": \"%s\"", action_name(rule->verdict.action));
	if (has_errno(rule->verdict))
		fst_write_put(writing, ",\n\t\t\t\"errnoRet\": %d", (int)rule->verdict.value);
	put_args(writing, rule);
	fst_write_put(writing, "\n\t\t}");
}

static void put_archs(struct fst_writing *writing)
{
	enum flagstop_abi native = fst_scmp_native(writing);
	unsigned abis = writing->bound->layer->abis;

	for (unsigned i = 0; fst_oci_archs[i].name; i++)
		if (fst_oci_archs[i].abi == native)
			fst_write_put(writing, "\t\"architectures\": [\"%s\"", fst_oci_archs[i].name);
	for (unsigned i = 0; fst_oci_archs[i].name; i++)
		if (abis >> fst_oci_archs[i].abi & 1 && fst_oci_archs[i].abi != native)
			fst_write_put(writing, ", \"%s\"", fst_oci_archs[i].name);
	fst_write_put(writing, "],\n");
}

static void put_profile(struct fst_writing *writing, const struct fst_scmp_rules *rules, bool *done)
{
	struct flagstop_verdict fallback = fst_scmp_verdict(writing, writing->bound->layer->fallback.verdict);
	bool any = false;

	fst_write_put(writing, "{\n\t\"defaultAction\": \"%s\",\n", action_name(fallback.action));
	if (has_errno(fallback))
		fst_write_put(writing, "\t\"defaultErrnoRet\": %d,\n", (int)fallback.value);
	put_archs(writing);
	fst_write_put(writing, "\t\"syscalls\": [");
	for (unsigned i = 0; i < rules->count; i++) {
		/* A verdict that had to change may have become the default's. */
		if (done[i] || fst_verdict_equal(rules->list[i].verdict, fallback))
			continue;
		fst_write_put(writing, any ? ",\n" : "\n");
		put_entry(writing, rules, i, done);
		any = true;
	}
	fst_write_put(writing, "%s]\n}\n", any ? "\n\t" : "");
}

int fst_oci_write(struct fst_writing *writing)
{
	struct fst_scmp_rules rules;
	int r = fst_scmp_of_policy(writing, &rules);
	bool *done = r ? NULL : talloc_zero_array(writing->scratch, bool, rules.count + 1);

	if (r == -E2BIG)
		return fst_error_set(writing->error, r, "the policy comes to more than %d rules",
				     FLAGSTOP_CONVERT_MAX_RULES);
	if (!done)
		return fst_error_set(writing->error, -ENOMEM, "no memory");
	for (unsigned i = 0; i < rules.count; i++)
		rules.list[i].verdict = fst_scmp_verdict(writing, rules.list[i].verdict);
	fst_scmp_note_defaults(writing);
	put_profile(writing, &rules, done);
	return 0;
}
