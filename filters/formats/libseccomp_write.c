/* SPDX-License-Identifier: MIT */
/*
 * A policy as C source that builds the same filter with libseccomp. Decides how it is spelt; the rules are
 * scmp_write.c's.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <filters/error.h>
#include <filters/formats/oci.h>
#include <filters/formats/scmp.h>

static void put_action(struct fst_writing *writing, struct flagstop_verdict verdict)
{
	switch (verdict.action) {
	case FLAGSTOP_ACTION_DENY:
	case FLAGSTOP_ACTION_RETURN:
		fst_write_put(writing, "SCMP_ACT_ERRNO(%d)", (int)verdict.value);
		return;
	case FLAGSTOP_ACTION_TRACE:
		fst_write_put(writing, "SCMP_ACT_TRACE(0)");
		return;
	default:
		for (unsigned i = 0; fst_oci_actions[i].name; i++) {
			if (fst_oci_actions[i].action != verdict.action)
				continue;
			fst_write_put(writing, "%s", fst_oci_actions[i].name);
			return;
		}
	}
}

static void put_rule(struct fst_writing *writing, const struct fst_scmp_rule *rule)
{
	unsigned count = 0;

	for (unsigned i = 0; i < 6; i++)
		count += rule->tests[i].set;
	fst_write_put(writing, "\tif (!r)\n\t\tr = add(filter, ");
	put_action(writing, rule->verdict);
	fst_write_put(writing, ", \"%s\", %u, ", flagstop_call_name(rule->call), count);
	fst_write_put(writing, count ? "(struct scmp_arg_cmp[]){" : "NULL);\n");
	for (unsigned i = 0, left = count; i < 6; i++) {
		const struct fst_scmp_test *t = &rule->tests[i];

		if (!t->set)
			continue;
		for (unsigned k = 0; fst_oci_operators[k].name; k++)
			if (fst_oci_operators[k].compare == t->compare)
				fst_write_put(writing, "\n\t\t\t{ %u, %s, ", i, fst_oci_operators[k].name);
		if (t->compare == FST_COMPARE_MASKED)
			fst_write_put(writing, "UINT64_C(0x%" PRIx64 "), ", t->mask);
		fst_write_put(writing, "UINT64_C(0x%" PRIx64 ")", t->value);
		fst_write_put(writing, t->compare == FST_COMPARE_MASKED ? " }" : ", 0 }");
		fst_write_put(writing, --left ? "," : "\n\t\t});\n");
	}
}

static void put_archs(struct fst_writing *writing)
{
	unsigned abis = writing->bound->layer->abis;

	for (unsigned i = 0; fst_oci_archs[i].name; i++)
		if (abis >> fst_oci_archs[i].abi & 1)
			fst_write_put(writing, "\tif (!r)\n\t\tr = add_arch(filter, %s);\n", fst_oci_archs[i].name);
	fst_write_put(writing, "\tif (!r");
	for (unsigned i = 0; fst_oci_archs[i].name; i++)
		if (abis >> fst_oci_archs[i].abi & 1)
			fst_write_put(writing, " && seccomp_arch_native() != %s", fst_oci_archs[i].name);
	fst_write_put(writing, ")\n\t\tr = seccomp_arch_remove(filter, seccomp_arch_native());\n");
}

static const char head[] =
	"/* Builds the filter: NULL and *ret_error (a negative errno) on failure. */\n"
	"#include <errno.h>\n"
	"#include <seccomp.h>\n"
	"#include <stddef.h>\n"
	"#include <stdint.h>\n"
	"\n"
	"static int add(scmp_filter_ctx filter, uint32_t action, const char *name, unsigned count,\n"
	"\t       const struct scmp_arg_cmp *args)\n"
	"{\n"
	"\tint number = seccomp_syscall_resolve_name(name);\n"
	"\n"
	"\t/* A library that does not know the call cannot name it: the default holds. */\n"
	"\treturn number == __NR_SCMP_ERROR ? 0 : seccomp_rule_add_array(filter, action, number, count, args);\n"
	"}\n"
	"\n"
	"static int add_arch(scmp_filter_ctx filter, uint32_t arch)\n"
	"{\n"
	"\tint r = seccomp_arch_add(filter, arch);\n"
	"\n"
	"\treturn r == -EEXIST ? 0 : r;\n"
	"}\n"
	"\n"
	"scmp_filter_ctx build_filter(int *ret_error)\n"
	"{\n";

static void put_source(struct fst_writing *writing, const struct fst_scmp_rules *rules,
		       struct flagstop_verdict fallback)
{
	fst_write_put(writing, "%s\tscmp_filter_ctx filter = seccomp_init(", head);
	put_action(writing, fallback);
	fst_write_put(writing, ");\n\tint r = filter ? 0 : -ENOMEM;\n\n");
	put_archs(writing);
	for (unsigned i = 0; i < rules->count; i++)
		if (!fst_verdict_equal(rules->list[i].verdict, fallback))
			put_rule(writing, &rules->list[i]);
	fst_write_put(writing, "\tif (!r)\n\t\treturn filter;\n\tseccomp_release(filter);\n\t*ret_error = r;\n"
			       "\treturn NULL;\n}\n");
}

int fst_libseccomp_write(struct fst_writing *writing)
{
	struct fst_scmp_rules rules;
	int r = fst_scmp_of_policy(writing, &rules);

	if (r)
		return fst_error_set(writing->error, r,
				     r == -E2BIG ? "the policy comes to too many rules" : "no memory");
	for (unsigned i = 0; i < rules.count; i++)
		rules.list[i].verdict = fst_scmp_verdict(writing, rules.list[i].verdict);
	fst_scmp_note_defaults(writing);
	put_source(writing, &rules, fst_scmp_verdict(writing, writing->bound->layer->fallback.verdict));
	return 0;
}
