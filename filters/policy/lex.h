/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_LEX_H
#define FST_FILTERS_LEX_H

/*
 * Policy text to tokens. Tokens and places point into the text, which must outlive them. Statements end at the end of
 * a line, except inside ( ) and { } and after a backslash.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <filters/policy/ast.h>

#define FST_LEX_MAX_DEPTH 64 /* of ( and {, also of `not` and of unary operators */

enum fst_lex_kind {
	FST_LEX_END,  /* of the text */
	FST_LEX_LINE, /* the end of a statement; never empty statements */
	FST_LEX_WORD,
	FST_LEX_GROUP, /* @name; also the @ABI of open@i386, then `glued` */
	FST_LEX_NUMBER,
	FST_LEX_STRING,
	FST_LEX_ADDRESS, /* where one was wanted */
	FST_LEX_OPEN,
	FST_LEX_CLOSE,
	FST_LEX_OPEN_BRACE,
	FST_LEX_CLOSE_BRACE,
	FST_LEX_COMMA,
	FST_LEX_ASSIGN,
	FST_LEX_DOT,
	FST_LEX_RANGE, /* .. */
	FST_LEX_PLUS,
	FST_LEX_MINUS,
	FST_LEX_AND,
	FST_LEX_OR,
	FST_LEX_TILDE,
	FST_LEX_SHIFT,
	FST_LEX_EQ,
	FST_LEX_NE,
	FST_LEX_LT,
	FST_LEX_LE,
	FST_LEX_GT,
	FST_LEX_GE,
	FST_LEX_AND_AND,
	FST_LEX_OR_OR,
	FST_LEX_BANG,
	FST_LEX_OTHER, /* a byte that the language has no use for */
};

struct fst_token {
	enum fst_lex_kind kind;
	bool glued;       /* nothing stands between this token and the one before */
	const char *text; /* without the quotes of a string and the @ of a group */
	unsigned bytes;
	uint64_t number; /* of FST_LEX_NUMBER */
	struct fst_place place;
};

struct fst_lex {
	const char *file;
	const char *at, *end; /* what is left of the text */
	const char *line_start;
	unsigned line_bytes; /* without the line end */
	unsigned line;
	bool want_address;     /* the next token may be an Internet address */
	bool pending;          /* a statement was begun and not ended yet */
	struct fst_place last; /* the last token that was no end */
	unsigned depth;
	struct fst_place opened[FST_LEX_MAX_DEPTH];
};

/* `line` is the number of the text's first line. */
void fst_lex_init(struct fst_lex *lex, const char *file, const char *text, size_t bytes, unsigned line);
int fst_lex_next(struct fst_lex *lex, struct fst_token *ret_token, struct flagstop_error *error);

/*
 * Whether these are bytes of a text with lines of bearable length. *line and *column say where the check is (both
 * start as 1 and 1), so that a text can be checked piece by piece. 0, or a negative errno with the error filled;
 * `text` up to `at` is what was checked before.
 */
int fst_lex_check(const char *file, const char *text, size_t at, size_t bytes, unsigned *line, unsigned *column,
		  struct flagstop_error *error);

#endif
