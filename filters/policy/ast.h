/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_AST_H
#define FST_FILTERS_AST_H

/*
 * A layer as it was written: what the parser makes and what bind.c gives a meaning to.
 *
 * Everything hangs on the layer by talloc: talloc_free(layer) frees all of it.
 */

#include <stdbool.h>

#include <arch/callset.h>
#include <flagstop/policy.h>

/* A piece of a policy file, for errors. `source` is the line (not zero-terminated), kept as long as the layer. */
struct fst_place {
	const char *file;
	const char *source;
	unsigned source_bytes;
	unsigned line, column, columns; /* 1-based, bytes */
};

/* A constant expression: its value in each ABI; bit ABI of `known` is clear where a name in it does not exist. */
struct fst_value {
	int64_t in[FLAGSTOP_ABI_COUNT];
	unsigned known;
	const char *name; /* set when the expression holds exactly one constant's name, for "belongs to" checks */
	struct fst_place place;
};

/*
 * A string in a condition. Of a glob, `literal` is what stands before the path component with the first special byte.
 * `mapped` is another name of that directory or file, which does as well; NULL: it has none.
 */
struct fst_pattern {
	const char *text; /* as written */
	const char *literal, *mapped;
	unsigned literal_bytes, mapped_bytes;
	const struct fst_glob *rest; /* what must follow the literal; NULL: nothing may */
	bool is_path;                /* known once it was bound */
	struct fst_place place;
};

/* Internet addresses that begin alike. */
struct fst_net {
	uint8_t address[16]; /* 4 of them where it is not v6 */
	unsigned bits;
	bool is_v6;
};

enum fst_relation {
	FST_RELATION_TRUE, /* no operator: `prot & PROT_EXEC`, not zero */
	FST_RELATION_EQ,
	FST_RELATION_NE,
	FST_RELATION_LT,
	FST_RELATION_LE,
	FST_RELATION_GT,
	FST_RELATION_GE,
	FST_RELATION_IN, /* any of the items; an item is a value (low == high) or a range low..high */
	/* with patterns instead of items, any of which may hold; EQ, NE and IN may have patterns, too */
	FST_RELATION_UNDER,
	FST_RELATION_IS,
	FST_RELATION_MATCHES,
};

struct fst_item {
	struct fst_value low, high;
};

enum fst_expr_op {
	FST_EXPR_TEST,
	FST_EXPR_AND,
	FST_EXPR_OR,
	FST_EXPR_NOT,  /* left only */
	FST_EXPR_FACT, /* of bound conditions: a test of what an argument points to */
};

struct fst_expr {
	enum fst_expr_op op;
	struct fst_expr *left, *right;
	struct fst_place place; /* of a test: from its argument to its end */
	/* FST_EXPR_TEST */
	const char *argument; /* "flags", "arg0" … "arg5" */
	struct fst_place argument_place;
	bool masked;
	struct fst_value mask;
	enum fst_relation relation;
	struct fst_item *items;
	unsigned item_count;
	struct fst_pattern *patterns;
	unsigned pattern_count;
	const char *part;     /* of a socket address: "family", "port", "ip", "path"; NULL: it asks for an argument */
	struct fst_net *nets; /* instead of items */
	unsigned net_count;
	unsigned index; /* among the tests of its condition, as written */
};

/* What an argument becomes. */
enum fst_rewrite_op {
	FST_REWRITE_SET,
	FST_REWRITE_OR,
	FST_REWRITE_AND,
};

#define FST_REWRITES_MAX 6

struct fst_rewrite {
	const char *argument;
	struct fst_place argument_place;
	enum fst_rewrite_op op;
	struct fst_value value;
};

struct fst_rule {
	struct fst_place place; /* the whole statement */
	struct fst_place end;   /* its last token: on the same line a comment may follow */
	const char *text;       /* trimmed, without the comment */
	struct flagstop_verdict verdict;
	struct fst_callset set;
	struct fst_place set_place;
	struct fst_expr *when; /* NULL: always */
	struct fst_rewrite *rewrites;
	unsigned rewrite_count;
};

/* `on exec PATTERN… use POLICY` */
struct fst_exec {
	struct fst_pattern *patterns;
	unsigned pattern_count;
	const char *policy; /* the file, as it is opened */
	struct fst_place place;
};

struct fst_layer {
	const char *name;
	struct fst_exec *execs;
	unsigned exec_count;
	struct fst_rule *rules;
	unsigned rule_count;
	unsigned abis;            /* bits; the native one when no `abi` statement is there */
	struct fst_rule fallback; /* `default`; line 0 and deny EPERM when the policy has none */
	struct fst_rule unknown;  /* `unknown`; line 0 and deny ENOSYS when the policy has none */
};

/*
 * Parses one layer. `parent` is the talloc parent of *ret_layer. On failure nothing is left on `parent`.
 * fst_parse_text's `directory` is what includes are relative to; NULL: the working directory.
 */
int fst_parse_text(void *parent, const char *name, const char *text, size_t text_bytes, const char *directory,
		   struct fst_layer **ret_layer, struct flagstop_error *reterr_error);
int fst_parse_file(void *parent, const char *path, struct fst_layer **ret_layer, struct flagstop_error *reterr_error);
int fst_parse_promises(void *parent, const char *promises, struct fst_layer **ret_layer,
		       struct flagstop_error *reterr_error);

/*
 * Parses a call as people write it for `explain` and `emulate`: `openat(AT_FDCWD, "/etc/passwd", O_RDONLY)`, a bare
 * name, or a number. Strings, and what stands in braces, stand for a pointer (shown.h). An argument that is not there,
 * or is `_`, is unknown.
 */
struct fst_example {
	int call; /* the index, or -ENOENT for a bare number that no call has */
	uint32_t nr;
	uint64_t args[6];
	unsigned known;                /* a bit for each argument that was given */
	struct flagstop_facts facts;   /* point into the text, or at `memory` */
	struct flagstop_fact given[6]; /* strings as they were given; point into the text */
	/* What one of the arguments points to; no call has two that are no strings. */
	unsigned memory_argument, memory_bytes;
	char memory[FLAGSTOP_POLICY_MAX_LINE_BYTES + 16];
};
int fst_parse_example(const char *text, enum flagstop_abi abi, struct fst_example *ret_example,
		      struct flagstop_error *reterr_error);

#endif
