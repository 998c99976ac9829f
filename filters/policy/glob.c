/* SPDX-License-Identifier: MIT */
/*
 * Globs as lists of tokens, matched by following all ways at once: what a hostile text can cost is bounded, where
 * going back to the last star is not. Knows nothing of what is matched.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <talloc.h>

#include <filters/policy/glob.h>

enum kind {
	BYTE,
	CLASS,
	STAR,
	STARS,
};

struct token {
	enum kind kind;
	unsigned char byte;
	uint64_t set[4]; /* of a class: a bit for each byte in it */
};

struct fst_glob {
	unsigned count;
	struct token tokens[];
};

size_t fst_glob_plain_bytes(const char *text, size_t bytes)
{
	size_t at = 0;

	while (at < bytes && !strchr("*?[", text[at]))
		at++;
	return at;
}

static void add_to_set(struct token *token, unsigned first, unsigned last)
{
	for (unsigned c = first; c <= last; c++)
		token->set[c / 64] |= UINT64_C(1) << (c % 64);
}

/* Behind the '['. A ']' that comes first is one of the class. Returns what was read, 0 when the class does not end. */
static size_t read_class(const unsigned char *text, size_t bytes, struct token *token)
{
	bool negated = bytes && *text == '!';
	size_t first = negated, at = first;

	token->kind = CLASS;
	while (at < bytes && (text[at] != ']' || at == first)) {
		bool is_range = at + 2 < bytes && text[at + 1] == '-' && text[at + 2] != ']';

		add_to_set(token, text[at], is_range ? text[at + 2] : text[at]);
		at += is_range ? 3 : 1;
	}
	if (at >= bytes)
		return 0;
	for (unsigned i = 0; i < 4 && negated; i++)
		token->set[i] = ~token->set[i];
	return at + 1;
}

static int read_token(const char *text, size_t bytes, struct token *token, size_t *ret_bytes)
{
	*ret_bytes = 1;
	switch (*text) {
	case '*':
		token->kind = bytes > 1 && text[1] == '*' ? STARS : STAR;
		*ret_bytes = token->kind == STARS ? 2 : 1;
		return 0;
	case '?':
		token->kind = CLASS;
		memset(token->set, 0xff, sizeof(token->set));
		return 0;
	case '[':
		*ret_bytes = 1 + read_class((const unsigned char *)text + 1, bytes - 1, token);
		return *ret_bytes > 1 ? 0 : -EBADMSG;
	default:
		token->byte = (unsigned char)*text;
		return 0;
	}
}

int fst_glob_new(void *parent, const char *text, size_t bytes, struct fst_glob **ret_glob, size_t *ret_at)
{
	size_t most = bytes < FST_GLOB_MAX_TOKENS ? bytes : FST_GLOB_MAX_TOKENS, used;
	struct fst_glob *glob = talloc_zero_size(parent, sizeof(*glob) + most * sizeof(glob->tokens[0]));

	if (!glob)
		return -ENOMEM;
	for (size_t at = 0; at < bytes; at += used) {
		int r = glob->count == FST_GLOB_MAX_TOKENS ? -E2BIG : 0;

		if (!r)
			r = read_token(text + at, bytes - at, &glob->tokens[glob->count++], &used);
		if (r) {
			talloc_free(glob);
			*ret_at = at;
			return r;
		}
	}
	*ret_glob = glob;
	return 0;
}

static bool takes(const struct token *token, bool is_path, unsigned char c)
{
	switch (token->kind) {
	case BYTE:
		return token->byte == c;
	case CLASS:
		return token->set[c / 64] >> (c % 64) & 1 && (c != '/' || !is_path);
	case STAR:
		return c != '/' || !is_path;
	default:
		return true;
	}
}

/* Stars may stand for nothing. */
static void skip_stars(const struct fst_glob *glob, bool *at)
{
	for (unsigned i = 0; i < glob->count; i++)
		if (at[i] && glob->tokens[i].kind >= STAR)
			at[i + 1] = true;
}

bool fst_glob_matches(const struct fst_glob *glob, bool is_path, const char *text, size_t bytes)
{
	bool ways[2][FST_GLOB_MAX_TOKENS + 1];
	bool *now = ways[0], *next = ways[1];
	bool any = true;

	memset(now, 0, glob->count + 1);
	now[0] = true;
	skip_stars(glob, now);
	for (size_t i = 0; i < bytes && any; i++) {
		bool *swap = now;

		any = false;
		memset(next, 0, glob->count + 1);
		for (unsigned t = 0; t < glob->count; t++) {
			if (!now[t] || !takes(&glob->tokens[t], is_path, (unsigned char)text[i]))
				continue;
			next[glob->tokens[t].kind >= STAR ? t : t + 1] = any = true;
		}
		skip_stars(glob, next);
		now = next;
		next = swap;
	}
	return any && now[glob->count];
}
