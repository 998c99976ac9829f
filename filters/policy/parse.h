/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_PARSE_H
#define FST_FILTERS_PARSE_H

/*
 * What the files of the parser share. Every function returns 0 or a negative errno, with the error filled, and expects
 * the parser's current token to be the first of what it parses; after it, the current token is the first behind.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <filters/groups/groups.h>
#include <filters/policy/ast.h>
#include <filters/policy/lex.h>

/* Limits that keep a hostile policy's cost near its size. */
#define FST_PARSE_MAX_RULES 65536
#define FST_PARSE_MAX_GROUPS 1024
#define FST_PARSE_MAX_INCLUDES 256 /* statements, over the whole layer */
#define FST_PARSE_MAX_TESTS 512    /* of one condition */
#define FST_PARSE_MAX_LIST 1024    /* values of one `in` list */
#define FST_PARSE_MAX_ITEMS 65536  /* of all `in` lists of a layer */
#define FST_PARSE_MAX_TOTAL_BYTES (16 * FLAGSTOP_POLICY_MAX_BYTES)

/* A text that is being parsed, and from which text it was included. */
struct fst_source {
	struct fst_source *parent;
	struct fst_lex lex;
	struct fst_token token;
	struct fst_place previous; /* of the token before */
	const char *directory;     /* NULL: the working directory */
	bool builtin;              /* brought along: a call that the policy's ABIs lack is no mistake there */
	bool identified;
	dev_t device;
	ino_t inode;
	unsigned includes_deep;
};

struct fst_group {
	const char *name;
	struct fst_callset set;
	struct fst_place place;
};

struct fst_parser {
	struct fst_layer *layer; /* also the talloc parent of what is kept */
	void *scratch;           /* talloc parent of what is not */
	struct fst_source *source;
	struct flagstop_error *error;
	bool rewriting;   /* the set that is parsed ends where something is assigned */
	unsigned nesting; /* of `not` and of unary operators */
	bool abi_given;
	unsigned rules_size, items, includes;
	size_t total_bytes;
	struct fst_group *groups;
	unsigned group_count, groups_size;
	struct fst_group **builtin_groups; /* by index; NULL while unused */
	uint64_t promises;                 /* a bit for each one that was given */
};

/* parse.c */
int fst_parse_advance(struct fst_parser *parser);
int fst_parse_enter(struct fst_parser *parser);
bool fst_parse_is_word(const struct fst_token *token, const char *word);
/* Takes a token of this kind, or fails with what was expected. */
int fst_parse_take(struct fst_parser *parser, enum fst_lex_kind kind, const char *expected);
int fst_parse_fail(struct fst_parser *parser, const struct fst_place *place, int code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void fst_parse_hint(struct fst_parser *parser, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "expected X, but …" about the current token. */
int fst_parse_unexpected(struct fst_parser *parser, const char *expected);
int fst_parse_no_memory(struct fst_parser *parser);
/* From the place to the end of the token before the current one, or of the place's line. */
struct fst_place fst_parse_span(const struct fst_parser *parser, const struct fst_place *start);
/* The token's text as a string that lives as long as the layer; NULL without memory. */
const char *fst_parse_keep(struct fst_parser *parser, const struct fst_token *token);
/* Parses all statements of a source, which must be set up but for its tokens. */
int fst_parse_source(struct fst_parser *parser, struct fst_source *source, const char *file, const char *text,
		     size_t bytes, unsigned line);
/* Begins a source without parsing it, and ends it. */
int fst_parse_begin(struct fst_parser *parser, struct fst_source *source, const char *file, const char *text,
		    size_t bytes, unsigned line);
void fst_parse_end(struct fst_parser *parser);

/* A printable piece of a token for messages. */
struct fst_quote {
	char text[48];
};
struct fst_quote fst_parse_quote(const char *text, unsigned bytes);

/* Behind what a rule does and to which calls: its condition and its end. `expected` is what may stand here. */
int fst_parse_rule_end(struct fst_parser *parser, const struct fst_place *start, struct fst_rule *rule,
		       const char *expected);

/* parse_rewrite.c */
int fst_parse_rewrite(struct fst_parser *parser); /* `rewrite` was taken */
bool fst_parse_is_assigned(const struct fst_parser *parser);

/* parse_verdict.c */
bool fst_parse_verdict_begins(const struct fst_token *token);
const char *fst_parse_verdict_word(unsigned index); /* NULL after the last */
int fst_parse_verdict(struct fst_parser *parser, struct flagstop_verdict *ret_verdict);

/* parse_set.c */
int fst_parse_set(struct fst_parser *parser, bool in_group, struct fst_callset *ret_set, struct fst_place *ret_place);
/* The ABI of that name, or a negative errno. */
int fst_parse_abi_name(struct fst_parser *parser, const struct fst_token *token);
/* The `group` statement: defines, or refuses what is defined already. */
int fst_parse_group(struct fst_parser *parser);

/* parse_when.c */
int fst_parse_when(struct fst_parser *parser, struct fst_expr **ret_expr);

/* parse_addr.c: one Internet address, and no network. The current token is the one before. */
int fst_parse_addr_host(struct fst_parser *parser, struct fst_net *ret_host);

/*
 * example_memory.c: what an argument points to, a string or something in braces; a number; and what those that are NULL
 * stand for, once all of them are known.
 */
int fst_parse_example_memory(struct fst_parser *parser, enum flagstop_abi abi, unsigned index,
			     struct fst_example *example);
int fst_parse_example_number(struct fst_parser *parser, enum flagstop_abi abi, uint64_t *ret_number);
void fst_note_example_nulls(enum flagstop_abi abi, struct fst_example *example);

/* parse_string.c; what is parsed joins expr->patterns */
/* `under`, `is` or `matches`, and what follows. 1: it was there; 0: something else is. */
int fst_parse_string_relation(struct fst_parser *parser, struct fst_expr *expr);
/* "A" "B" …, or { "A", "B", … } */
int fst_parse_patterns(struct fst_parser *parser, struct fst_expr *expr);
int fst_parse_pattern_list(struct fst_parser *parser, struct fst_expr *expr); /* behind the '{' */
int fst_parse_pattern(struct fst_parser *parser, struct fst_expr *expr);

/* parse_addr.c */
int fst_parse_addr_part(struct fst_parser *parser, struct fst_expr *expr); /* at the dot behind `addr` */
int fst_parse_addr_ip(struct fst_parser *parser, struct fst_expr *expr);   /* at the relation */

/* parse_exec.c: `on` was taken */
int fst_parse_on_exec(struct fst_parser *parser);

/* parse_const.c */
int fst_parse_const(struct fst_parser *parser, struct fst_value *ret_value);
/* A number, a name, or an expression in parentheses, with a sign: what can stand before a set. */
int fst_parse_const_short(struct fst_parser *parser, struct fst_value *ret_value);

/* load.c */
/* Reads and parses a file ("-": standard input). */
int fst_load_top(struct fst_parser *parser, const char *path);
/* What a file's name in a string means there: relative to the file that it stands in. */
int fst_load_name(struct fst_parser *parser, const struct fst_token *name, const char **ret_path);
/* The current token is the name's. */
int fst_load_include(struct fst_parser *parser);
/* Whether a text that is in memory already is a text and within the limits. */
int fst_load_check(struct fst_parser *parser, const char *file, const char *text, size_t bytes);

#endif
