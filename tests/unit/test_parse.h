/* SPDX-License-Identifier: MIT */
#ifndef FST_TEST_PARSE_H
#define FST_TEST_PARSE_H

/* Writes a layer as text that tests can compare: one line a rule. What bind.c and the kernel make of it is not seen. */

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <filters/policy/ast.h>

struct dump {
	char text[16384];
	size_t bytes;
};

__attribute__((format(printf, 2, 3))) static inline void dump_add(struct dump *dump, const char *format, ...)
{
	va_list args;
	int wrote;

	if (dump->bytes >= sizeof(dump->text))
		return;
	va_start(args, format);
	wrote = vsnprintf(dump->text + dump->bytes, sizeof(dump->text) - dump->bytes, format, args);
	va_end(args);
	dump->bytes += wrote > 0 ? (size_t)wrote : 0;
}

static inline void dump_verdict(struct dump *dump, struct flagstop_verdict verdict)
{
	static const char *const words[] = { "allow", "log", "trace", "rewrite", "ask", "return",
					     "deny", "trap", "kill-thread", "kill-process" };

	dump_add(dump, "%s", words[verdict.action]);
	if (verdict.action == FLAGSTOP_ACTION_RETURN || verdict.action == FLAGSTOP_ACTION_DENY ||
	    verdict.action == FLAGSTOP_ACTION_TRAP)
		dump_add(dump, " %lld", (long long)verdict.value);
}

/* The calls of each ABI that the layer names, in the order of their names. */
static inline void dump_set(struct dump *dump, const struct fst_callset *set, unsigned abis)
{
	unsigned abi, call;

	for (abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		const char *separator = "";

		if (!(abis & 1u << abi))
			continue;
		dump_add(dump, " %s{", flagstop_abi_name(abi));
		for (call = 0; call < flagstop_call_count(); call++)
			if (fst_callset_has(set, abi, call)) {
				dump_add(dump, "%s%s", separator, flagstop_call_name(call));
				separator = " ";
			}
		dump_add(dump, "}");
	}
}

static inline void dump_value(struct dump *dump, const struct fst_value *value, enum flagstop_abi abi)
{
	if (value->known >> abi & 1)
		dump_add(dump, "%lld", (long long)value->in[abi]);
	else
		dump_add(dump, "?");
	if (value->name)
		dump_add(dump, "[%s]", value->name);
}

static inline void dump_test(struct dump *dump, const struct fst_expr *expr, enum flagstop_abi abi)
{
	static const char *const relations[] = { "", " ==", " !=", " <", " <=", " >", " >=", " in" };
	unsigned i;

	dump_add(dump, "%s", expr->argument);
	if (expr->masked) {
		dump_add(dump, "&");
		dump_value(dump, &expr->mask, abi);
	}
	dump_add(dump, "%s", relations[expr->relation]);
	for (i = 0; i < expr->item_count; i++) {
		dump_add(dump, " ");
		dump_value(dump, &expr->items[i].low, abi);
		if (memcmp(expr->items[i].low.in, expr->items[i].high.in, sizeof(expr->items[i].low.in))) {
			dump_add(dump, "..");
			dump_value(dump, &expr->items[i].high, abi);
		}
	}
}

static inline void dump_expr(struct dump *dump, const struct fst_expr *expr, enum flagstop_abi abi)
{
	static const char *const operators[] = { "", "and ", "or ", "not " };

	dump_add(dump, "(%s", operators[expr->op]);
	if (expr->op == FST_EXPR_TEST) {
		dump_test(dump, expr, abi);
	} else {
		dump_expr(dump, expr->left, abi);
		if (expr->op != FST_EXPR_NOT)
			dump_expr(dump, expr->right, abi);
	}
	dump_add(dump, ")");
}

/* Rules, then default and unknown where the policy has them. Constants as x86_64 has them. */
static inline void dump_layer(struct dump *dump, const struct fst_layer *layer)
{
	unsigned i;

	for (i = 0; i < layer->rule_count; i++) {
		const struct fst_rule *rule = &layer->rules[i];

		dump_verdict(dump, rule->verdict);
		dump_set(dump, &rule->set, layer->abis);
		if (rule->when) {
			dump_add(dump, " when ");
			dump_expr(dump, rule->when, FLAGSTOP_ABI_X86_64);
		}
		dump_add(dump, "\n");
	}
	if (layer->fallback.place.line) {
		dump_add(dump, "default ");
		dump_verdict(dump, layer->fallback.verdict);
		dump_add(dump, "\n");
	}
	if (layer->unknown.place.line) {
		dump_add(dump, "unknown ");
		dump_verdict(dump, layer->unknown.verdict);
		dump_add(dump, "\n");
	}
}

#endif
