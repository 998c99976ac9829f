/* SPDX-License-Identifier: MIT */
/*
 * Policy text to tokens: decides what is a word, a number, a string, an operator, where a statement ends, and whether
 * the bytes are text at all. Knows no call, no group and no keyword's meaning, except which words begin a statement:
 * a parenthesis that was left open is best reported where the next statement begins.
 */

#include <errno.h>
#include <string.h>

#include <filters/error.h>
#include <filters/policy/lex.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_word(char c)
{
	return is_word_start(c) || is_digit(c);
}

static void begin_line(struct fst_lex *lex, const char *start)
{
	const char *newline = memchr(start, '\n', (size_t)(lex->end - start));
	const char *end = newline ? newline : lex->end;

	if (end > start && end[-1] == '\r')
		end--;
	lex->line_start = start;
	lex->line_bytes = (unsigned)(end - start);
	lex->at = start;
}

void fst_lex_init(struct fst_lex *lex, const char *file, const char *text, size_t bytes, unsigned line)
{
	static const char byte_order_mark[] = { '\xef', '\xbb', '\xbf' };

	*lex = (struct fst_lex){ .file = file, .end = text + bytes, .line = line };
	begin_line(lex, text);
	if (bytes >= 3 && !memcmp(text, byte_order_mark, 3))
		lex->at += 3;
}

static struct fst_place place_at(const struct fst_lex *lex, const char *at, size_t bytes)
{
	return (struct fst_place){
		.file = lex->file,
		.source = lex->line_start,
		.source_bytes = lex->line_bytes,
		.line = lex->line,
		.column = (unsigned)(at - lex->line_start) + 1,
		.columns = (unsigned)bytes,
	};
}

static int fail(struct flagstop_error *error, const struct fst_place *place, int code)
{
	fst_error_place(error, place->file, place->line, place->column, place->columns, place->source,
			place->source_bytes);
	return code;
}

static int fail_unclosed(const struct fst_lex *lex, struct flagstop_error *error)
{
	const struct fst_place *opened = &lex->opened[lex->depth - 1];
	char bracket = opened->source[opened->column - 1];

	fst_error_set(error, -EBADMSG, "'%c' is never closed", bracket);
	fail(error, opened, -EBADMSG);
	fst_error_hint(error, "a '%c' is missing", bracket == '(' ? ')' : '}');
	return -EBADMSG;
}

/* `kill` is a call as well and `group` an argument of chown, so that they prove nothing (`group @` does). */
static bool begins_statement(const struct fst_lex *lex)
{
	static const char *const words[] = { "allow", "deny", "trap", "log", "trace", "ask",
					     "return", "default", "unknown", "include", "promise", "group" };
	const char *at = lex->at;
	size_t bytes = 0;
	unsigned i;

	while (at + bytes < lex->end && is_word(at[bytes]))
		bytes++;
	if (at + bytes >= lex->end || at[bytes] != ' ')
		return false;
	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i]) == bytes && !memcmp(words[i], at, bytes))
			return *at != 'g' || (at + bytes + 1 < lex->end && at[bytes + 1] == '@');
	return false;
}

/* Whether the rest of the line is a backslash and blanks. */
static bool continues(const struct fst_lex *lex)
{
	const char *at = lex->at + 1;

	while (at < lex->end && (*at == ' ' || *at == '\t' || *at == '\r'))
		at++;
	return at == lex->end || *at == '\n';
}

static void skip_to_line_end(struct fst_lex *lex)
{
	lex->at = lex->line_start + lex->line_bytes;
	while (lex->at < lex->end && *lex->at != '\n')
		lex->at++;
}

/*
 * Skips what stands between tokens. Returns 1 where a token begins, 0 where a statement ends (the line end is not
 * taken when `pending`), a negative errno when the text ends too early.
 */
static int skip_blanks(struct fst_lex *lex, struct flagstop_error *error)
{
	bool continued = false;

	while (lex->at < lex->end) {
		char c = *lex->at;

		if (c == ' ' || c == '\t' || c == '\r') {
			lex->at++;
		} else if (c == '#') {
			skip_to_line_end(lex);
		} else if (c == '\\' && continues(lex)) {
			skip_to_line_end(lex);
			continued = true;
		} else if (c != '\n') {
			if (lex->depth && lex->line != lex->last.line && begins_statement(lex))
				return fail_unclosed(lex, error);
			return 1;
		} else {
			if (lex->pending && !lex->depth && !continued)
				return 0;
			continued = false;
			lex->line++;
			begin_line(lex, lex->at + 1);
		}
	}
	if (lex->depth)
		return fail_unclosed(lex, error);
	/* Only a backslash lets an unfinished statement reach the text's end on a later line. */
	if (lex->pending && (continued || lex->line != lex->last.line)) {
		fst_error_set(error, -EBADMSG, "the text ends after a line that ends in '\\'");
		return fail(error, &lex->last, -EBADMSG);
	}
	return 0;
}

static int read_digits(const char *text, unsigned bytes, uint64_t *ret_number)
{
	unsigned base = 10, at = 0;
	uint64_t number = 0;

	if (bytes > 1 && text[0] == '0') {
		base = 8;
		at = 1;
		if (text[1] == 'x' || text[1] == 'X')
			base = 16;
		if (base == 16 || text[1] == 'o' || text[1] == 'O')
			at = 2;
	}
	if (at == bytes)
		return -EINVAL;
	for (; at < bytes; at++) {
		char c = text[at];
		unsigned digit = is_digit(c) ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a') + 10;

		if (c == '_' || digit >= base)
			return -EINVAL;
		if (number > (UINT64_MAX - digit) / base)
			return -ERANGE;
		number = number * base + digit;
	}
	*ret_number = number;
	return 0;
}

static int take_number(struct fst_lex *lex, struct fst_token *token, struct flagstop_error *error)
{
	int r;

	while (lex->at < lex->end && is_word(*lex->at))
		lex->at++;
	token->kind = FST_LEX_NUMBER;
	token->bytes = (unsigned)(lex->at - token->text);
	token->place = place_at(lex, token->text, token->bytes);
	r = read_digits(token->text, token->bytes, &token->number);
	if (!r)
		return 0;
	if (r == -ERANGE)
		fst_error_set(error, -EBADMSG, "the number does not fit into 64 bits");
	else
		fst_error_set(error, -EBADMSG, "'%.*s' is not a number",
			      (int)(token->bytes > 40 ? 40 : token->bytes), token->text);
	fail(error, &token->place, -EBADMSG);
	if (r != -ERANGE)
		fst_error_hint(error, "numbers are written 10, 0xa, 012 or 0o12");
	return -EBADMSG;
}

static int take_string(struct fst_lex *lex, struct fst_token *token, struct flagstop_error *error)
{
	const char *start = lex->at, *line_end = lex->line_start + lex->line_bytes;
	const char *quote = memchr(start + 1, '"', (size_t)(line_end - start - 1));

	token->kind = FST_LEX_STRING;
	token->text = start + 1;
	if (!quote) {
		token->place = place_at(lex, start, (size_t)(line_end - start));
		fst_error_set(error, -EBADMSG, "the closing '\"' is missing");
		return fail(error, &token->place, -EBADMSG);
	}
	token->bytes = (unsigned)(quote - start - 1);
	lex->at = quote + 1;
	token->place = place_at(lex, start, (size_t)(lex->at - start));
	return 0;
}

/* Group names have hyphens inside; in open@i386-close the '-' is an operator, so a glued name has none. */
static void take_group(struct fst_lex *lex, struct fst_token *token)
{
	const char *start = lex->at++;

	while (lex->at < lex->end &&
	       (is_word(*lex->at) ||
		(!token->glued && *lex->at == '-' && lex->at + 1 < lex->end && is_word(lex->at[1]))))
		lex->at++;
	token->kind = FST_LEX_GROUP;
	token->text = start + 1;
	token->bytes = (unsigned)(lex->at - start - 1);
	token->place = place_at(lex, start, token->bytes + 1);
}

static void take_word(struct fst_lex *lex, struct fst_token *token)
{
	while (lex->at < lex->end && is_word(*lex->at))
		lex->at++;
	token->kind = FST_LEX_WORD;
	token->bytes = (unsigned)(lex->at - token->text);
	token->place = place_at(lex, token->text, token->bytes);
}

/* Words, numbers and operators in one: 10.0.0.0/8, fe80::/10. */
static void take_address(struct fst_lex *lex, struct fst_token *token)
{
	while (lex->at < lex->end && (is_word(*lex->at) || strchr(".:/", *lex->at)))
		lex->at++;
	token->kind = FST_LEX_ADDRESS;
	token->bytes = (unsigned)(lex->at - token->text);
	token->place = place_at(lex, token->text, token->bytes);
}

/* The longer spelling first. */
static const struct {
	char text[3];
	enum fst_lex_kind kind;
} operators[] = {
	{ "..", FST_LEX_RANGE },
	{ "<<", FST_LEX_SHIFT },
	{ "==", FST_LEX_EQ },
	{ "!=", FST_LEX_NE },
	{ "<=", FST_LEX_LE },
	{ ">=", FST_LEX_GE },
	{ "&&", FST_LEX_AND_AND },
	{ "||", FST_LEX_OR_OR },
	{ "(", FST_LEX_OPEN },
	{ ")", FST_LEX_CLOSE },
	{ "{", FST_LEX_OPEN_BRACE },
	{ "}", FST_LEX_CLOSE_BRACE },
	{ ",", FST_LEX_COMMA },
	{ "=", FST_LEX_ASSIGN },
	{ ".", FST_LEX_DOT },
	{ "+", FST_LEX_PLUS },
	{ "-", FST_LEX_MINUS },
	{ "&", FST_LEX_AND },
	{ "|", FST_LEX_OR },
	{ "~", FST_LEX_TILDE },
	{ "<", FST_LEX_LT },
	{ ">", FST_LEX_GT },
	{ "!", FST_LEX_BANG },
};

static int take_operator(struct fst_lex *lex, struct fst_token *token, struct flagstop_error *error)
{
	unsigned i;

	token->kind = FST_LEX_OTHER;
	token->bytes = 1;
	for (i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		size_t bytes = strlen(operators[i].text);

		if ((size_t)(lex->end - lex->at) < bytes || memcmp(lex->at, operators[i].text, bytes))
			continue;
		token->kind = operators[i].kind;
		token->bytes = (unsigned)bytes;
		break;
	}
	token->place = place_at(lex, lex->at, token->bytes);
	lex->at += token->bytes;
	if (token->kind == FST_LEX_OPEN || token->kind == FST_LEX_OPEN_BRACE) {
		if (lex->depth == FST_LEX_MAX_DEPTH) {
			fst_error_set(error, -E2BIG, "nested deeper than %d levels", FST_LEX_MAX_DEPTH);
			return fail(error, &token->place, -E2BIG);
		}
		lex->opened[lex->depth++] = token->place;
	} else if (token->kind == FST_LEX_CLOSE || token->kind == FST_LEX_CLOSE_BRACE) {
		lex->depth -= lex->depth > 0;
	}
	return 0;
}

static void take_end(struct fst_lex *lex, struct fst_token *token)
{
	token->kind = lex->pending ? FST_LEX_LINE : FST_LEX_END;
	token->bytes = 0;
	token->place = lex->last.line ? lex->last : place_at(lex, lex->line_start, 0);
	token->place.column += token->place.columns;
	token->place.columns = 1;
	lex->pending = false;
}

int fst_lex_next(struct fst_lex *lex, struct fst_token *ret_token, struct flagstop_error *error)
{
	const char *before = lex->at;
	bool want_address = lex->want_address;
	int r = skip_blanks(lex, error);

	lex->want_address = false;
	if (r < 0)
		return r;
	ret_token->text = lex->at;
	if (!r) {
		take_end(lex, ret_token);
		return 0;
	}
	/* A group behind '(' stands at the beginning of a set, not at a name's end. */
	ret_token->glued = lex->pending && lex->at == before && before[-1] != '(';
	if (want_address && (is_word(*lex->at) || *lex->at == ':')) {
		take_address(lex, ret_token);
		r = 0;
	} else if (is_word_start(*lex->at)) {
		take_word(lex, ret_token);
		r = 0;
	} else if (is_digit(*lex->at)) {
		r = take_number(lex, ret_token, error);
	} else if (*lex->at == '"') {
		r = take_string(lex, ret_token, error);
	} else if (*lex->at == '@') {
		take_group(lex, ret_token);
		r = 0;
	} else {
		r = take_operator(lex, ret_token, error);
	}
	lex->pending = true;
	lex->last = ret_token->place;
	return r;
}

static int fail_check(const char *file, const char *text, size_t at, size_t bytes, unsigned line, unsigned column,
		      struct flagstop_error *error, int code)
{
	const char *source = text + at - (column - 1);
	const char *newline = memchr(text + at, '\n', bytes - at);

	fst_error_place(error, file, line, column, 1, source,
			(size_t)((newline ? newline : text + bytes) - source));
	return code;
}

int fst_lex_check(const char *file, const char *text, size_t at, size_t bytes, unsigned *line, unsigned *column,
		  struct flagstop_error *error)
{
	for (; at < bytes; at++) {
		unsigned char c = (unsigned char)text[at];

		if (c == '\n') {
			++*line;
			*column = 1;
			continue;
		}
		if (at && text[at - 1] == '\r' && *column > 1) {
			fst_error_set(error, -EBADMSG, "not a text file: byte 0x0d inside a line");
			return fail_check(file, text, at - 1, bytes, *line, *column - 1, error, -EBADMSG);
		}
		if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f) {
			fst_error_set(error, -EBADMSG, "not a text file: byte 0x%02x", c);
			return fail_check(file, text, at, bytes, *line, *column, error, -EBADMSG);
		}
		if (*column > FLAGSTOP_POLICY_MAX_LINE_BYTES && c != '\r') {
			fst_error_set(error, -E2BIG, "line %u is longer than %d bytes", *line,
				      FLAGSTOP_POLICY_MAX_LINE_BYTES);
			fail_check(file, text, at, bytes, *line, *column, error, -E2BIG);
			fst_error_hint(error, "a line that ends in '\\' continues on the next one");
			return -E2BIG;
		}
		++*column;
	}
	return 0;
}
