/* SPDX-License-Identifier: MIT */
/*
 * Sets of calls: names, @groups, name@ABI, + - & and parentheses; and the `group` statement. Decides which calls a rule
 * is about in every ABI, and refuses names that cannot match. Does not know what happens to the calls.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <talloc.h>

#include <arch/mux.h>
#include <filters/policy/parse.h>
#include <filters/policy/spell.h>

static int parse_terms(struct fst_parser *parser, bool strict, struct fst_callset *ret_set);

/* `*` is for @known only: what no rule names is what `default` is for. */
static bool is_everything(const struct fst_parser *parser)
{
	const struct fst_token *token = &parser->source->token;

	return parser->source->builtin && token->kind == FST_LEX_OTHER && *token->text == '*';
}

static void add_call(struct fst_callset *set, unsigned call)
{
	fst_callset_add_all(set, call);
	fst_mux_add(set, call);
}

static int parse_everything(struct fst_parser *parser, struct fst_callset *ret_set)
{
	unsigned call;

	for (call = 0; call < flagstop_call_count(); call++)
		add_call(ret_set, call);
	return fst_parse_advance(parser);
}

static bool begins_term(const struct fst_token *token)
{
	return (token->kind == FST_LEX_WORD && !fst_parse_is_word(token, "when")) ||
		token->kind == FST_LEX_GROUP || token->kind == FST_LEX_OPEN;
}

static int find_abi(const struct fst_token *token)
{
	unsigned abi;

	for (abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (fst_parse_is_word(token, flagstop_abi_name(abi)))
			return (int)abi;
	return -ENOENT;
}

static int fail_abi(struct fst_parser *parser, const struct fst_token *token)
{
	struct fst_quote quote = fst_parse_quote(token->text, token->bytes);
	struct fst_spell spell;
	unsigned abi;

	fst_parse_fail(parser, &token->place, -EBADMSG, "no ABI is named '%s'", quote.text);
	fst_spell_init(&spell, token->text, token->bytes);
	for (abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		fst_spell_offer(&spell, flagstop_abi_name(abi));
	if (spell.best)
		fst_parse_hint(parser, "did you mean '%s'?", spell.best);
	else if (fst_groups_find(token->text, token->bytes) >= 0)
		fst_parse_hint(parser, "a group needs a blank before its '@'");
	return -EBADMSG;
}

int fst_parse_abi_name(struct fst_parser *parser, const struct fst_token *token)
{
	int abi = find_abi(token);

	return abi < 0 ? fail_abi(parser, token) : abi;
}

/* The policy's ABIs as people list them. */
static void list_abis(unsigned abis, char *text, size_t size)
{
	size_t at = 0;
	unsigned abi;

	text[0] = '\0';
	for (abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		int wrote;

		if (!(abis & 1u << abi) || at >= size)
			continue;
		wrote = snprintf(text + at, size - at, "%s%s", at ? ", " : "", flagstop_abi_name(abi));
		if (wrote > 0)
			at += (size_t)wrote;
	}
}

static bool matches_in(const struct fst_callset *set, unsigned abis)
{
	unsigned abi, i;

	for (abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		for (i = 0; abis & 1u << abi && i < FST_CALLS_MAX / 64; i++)
			if (set->bits[abi][i])
				return true;
	return false;
}

/* The suffix of open@i386, when the current token is one. */
static int parse_suffix(struct fst_parser *parser, bool strict, struct fst_callset *set)
{
	struct fst_token token = parser->source->token;
	char abis[128];
	int abi, r;

	if (token.kind != FST_LEX_GROUP || !token.glued)
		return 0;
	abi = fst_parse_abi_name(parser, &token);
	if (abi < 0)
		return abi;
	fst_callset_restrict(set, (enum flagstop_abi)abi);
	if (strict && !(parser->layer->abis & 1u << abi)) {
		list_abis(parser->layer->abis, abis, sizeof(abis));
		r = fst_parse_fail(parser, &token.place, -EBADMSG, "never matches: the policy is for %s only",
				   abis);
		fst_parse_hint(parser, "add 'abi %s' before the first rule", flagstop_abi_name(abi));
		return r;
	}
	return fst_parse_advance(parser);
}

static void hint_call(struct fst_parser *parser, const struct fst_token *token, const char *name)
{
	static const char *const conjunctions[] = { "if", "where", "unless", "and", "with" };
	const char *nearest = flagstop_call_nearest(name);
	char upper[sizeof(struct fst_quote)];
	unsigned i;

	for (i = 0; i < sizeof(conjunctions) / sizeof(*conjunctions); i++)
		if (!strcmp(name, conjunctions[i])) {
			fst_parse_hint(parser, "a condition begins with 'when'");
			return;
		}
	for (i = 0; name[i]; i++)
		upper[i] = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 'a' + 'A') : name[i];
	upper[i] = '\0';
	if (flagstop_errno_find(upper) > 0)
		fst_parse_hint(parser, "did you mean 'deny %s'?", upper);
	else if (fst_groups_find(token->text, token->bytes) >= 0)
		fst_parse_hint(parser, "did you mean the group '@%s'?", name);
	else if (nearest)
		fst_parse_hint(parser, "did you mean '%s'?", nearest);
}

static int parse_call(struct fst_parser *parser, bool strict, struct fst_callset *ret_set)
{
	struct fst_token token = parser->source->token;
	struct fst_quote quote = fst_parse_quote(token.text, token.bytes);
	int call = token.bytes < sizeof(quote.text) ? flagstop_call_find(quote.text) : -ENOENT;
	unsigned wanted = parser->layer->abis;
	char abis[128];
	int r;

	if (call < 0) {
		fst_parse_fail(parser, &token.place, -EBADMSG, "no call is named '%s'", quote.text);
		hint_call(parser, &token, quote.text);
		return -EBADMSG;
	}
	add_call(ret_set, (unsigned)call);
	r = fst_parse_advance(parser);
	if (!r && parser->source->token.kind == FST_LEX_GROUP && parser->source->token.glued) {
		wanted = (unsigned)find_abi(&parser->source->token);
		wanted = (int)wanted < 0 ? 0 : 1u << wanted;
		r = parse_suffix(parser, strict, ret_set);
	}
	if (r || !strict || matches_in(ret_set, wanted))
		return r;
	list_abis(wanted, abis, sizeof(abis));
	return fst_parse_fail(parser, &token.place, -EBADMSG, "never matches: '%s' is not a call of %s", quote.text,
			      abis);
}

static struct fst_group *find_group(struct fst_parser *parser, const struct fst_token *token)
{
	unsigned i;

	for (i = 0; i < parser->group_count; i++)
		if (fst_parse_is_word(token, parser->groups[i].name))
			return &parser->groups[i];
	return NULL;
}

/* Whether this is a group, a hyphen and a call: @swap-swapon is one word. */
static bool is_group_minus(const struct fst_token *token)
{
	struct fst_quote quote = fst_parse_quote(token->text, token->bytes);
	const char *hyphen = strrchr(quote.text, '-');

	return hyphen && fst_groups_find(token->text, (unsigned)(hyphen - quote.text)) >= 0 &&
		flagstop_call_find(hyphen + 1) >= 0;
}

static int fail_group(struct fst_parser *parser, const struct fst_token *token)
{
	struct fst_quote quote = fst_parse_quote(token->text, token->bytes);
	struct fst_spell spell;
	unsigned i;

	if (!token->bytes)
		return fst_parse_fail(parser, &token->place, -EBADMSG, "a group's name is missing after '@'");
	fst_parse_fail(parser, &token->place, -EBADMSG, "no group is named '@%s'", quote.text);
	fst_spell_init(&spell, token->text, token->bytes);
	for (i = 0; i < parser->group_count; i++)
		fst_spell_offer(&spell, parser->groups[i].name);
	for (i = 0; i < fst_groups_count; i++)
		fst_spell_offer(&spell, fst_groups_table[i].name);
	if (is_group_minus(token))
		fst_parse_hint(parser, "a '-' behind a group's name needs a blank before it");
	else if (spell.best)
		fst_parse_hint(parser, "did you mean '@%s'?", spell.best);
	else if (fst_parse_is_word(token, "all"))
		fst_parse_hint(parser, "what no rule names is what 'default' is for");
	return -EBADMSG;
}

/* Parses `group @name = SET` of a built-in piece into *ret_set. */
static int expand(struct fst_parser *parser, const struct fst_piece *piece, struct fst_callset *ret_set)
{
	struct fst_source source = { .builtin = true };
	struct fst_place place;
	int r;

	r = fst_parse_begin(parser, &source, piece->file, piece->text, piece->text_bytes, piece->line);
	if (!r)
		r = fst_parse_take(parser, FST_LEX_WORD, "'group'");
	if (!r)
		r = fst_parse_take(parser, FST_LEX_GROUP, "the group's name");
	if (!r)
		r = fst_parse_take(parser, FST_LEX_ASSIGN, "'='");
	if (!r)
		r = fst_parse_set(parser, true, ret_set, &place);
	if (!r && source.token.kind != FST_LEX_LINE)
		r = fst_parse_unexpected(parser, "the end of the group");
	fst_parse_end(parser);
	return r;
}

static int parse_builtin(struct fst_parser *parser, unsigned index, const struct fst_group **ret_group)
{
	struct fst_group **groups = parser->builtin_groups;
	int r;

	if (!groups) {
		groups = talloc_zero_array(parser->scratch, struct fst_group *, fst_groups_count);
		if (!groups)
			return fst_parse_no_memory(parser);
		parser->builtin_groups = groups;
	}
	if (!groups[index]) {
		groups[index] = talloc_zero(groups, struct fst_group);
		if (!groups[index])
			return fst_parse_no_memory(parser);
		r = expand(parser, &fst_groups_table[index], &groups[index]->set);
		if (r)
			return r;
		groups[index]->name = fst_groups_table[index].name;
	}
	*ret_group = groups[index];
	/* Only a finished group has its name: a group that needs itself would otherwise be half of itself. */
	if (!groups[index]->name)
		return fst_parse_fail(parser, &parser->source->token.place, -EBADMSG,
				      "the built-in group '@%s' contains itself", fst_groups_table[index].name);
	return 0;
}

static int parse_group_term(struct fst_parser *parser, bool strict, struct fst_callset *ret_set)
{
	const struct fst_token *token = &parser->source->token;
	const struct fst_group *group = parser->source->builtin ? NULL : find_group(parser, token);
	int index = group ? 0 : fst_groups_find(token->text, token->bytes);
	int r = 0;

	if (!group && index < 0)
		return fail_group(parser, token);
	if (!group)
		r = parse_builtin(parser, (unsigned)index, &group);
	if (r)
		return r;
	*ret_set = group->set;
	r = fst_parse_advance(parser);
	return r ? r : parse_suffix(parser, strict, ret_set);
}

static int parse_term(struct fst_parser *parser, bool strict, struct fst_callset *ret_set)
{
	const struct fst_token *token = &parser->source->token;
	int r;

	memset(ret_set, 0, sizeof(*ret_set));
	if (is_everything(parser))
		return parse_everything(parser, ret_set);
	if (!begins_term(token)) {
		fst_parse_unexpected(parser, "a call, a @group or '('");
		if (token->kind == FST_LEX_COMMA || token->kind == FST_LEX_OR)
			fst_parse_hint(parser, "calls are separated by blanks");
		else if (token->kind == FST_LEX_OTHER && *token->text == '*')
			fst_parse_hint(parser, "what no rule names is what 'default' is for");
		return -EBADMSG;
	}
	if (token->kind == FST_LEX_WORD)
		return parse_call(parser, strict, ret_set);
	if (token->kind == FST_LEX_GROUP)
		return parse_group_term(parser, strict, ret_set);
	r = fst_parse_advance(parser);
	if (!r)
		r = parse_terms(parser, strict, ret_set);
	if (!r)
		r = fst_parse_take(parser, FST_LEX_CLOSE, "a call, a @group, '+', '-', '&' or ')'");
	return r ? r : parse_suffix(parser, strict, ret_set);
}

/* `strict`: a name that cannot match is a mistake; it is none where it is only taken away. */
static int parse_terms(struct fst_parser *parser, bool strict, struct fst_callset *ret_set)
{
	const struct fst_token *token = &parser->source->token;
	enum fst_lex_kind op = FST_LEX_PLUS;
	struct fst_callset term;
	int r;

	memset(ret_set, 0, sizeof(*ret_set));
	for (;;) {
		r = parse_term(parser, strict && op == FST_LEX_PLUS, &term);
		if (r)
			return r;
		if (op == FST_LEX_PLUS)
			fst_callset_union(ret_set, &term);
		else if (op == FST_LEX_MINUS)
			fst_callset_minus(ret_set, &term);
		else
			fst_callset_intersect(ret_set, &term);
		op = FST_LEX_PLUS;
		if (parser->rewriting && fst_parse_is_assigned(parser))
			return 0;
		if (begins_term(token))
			continue;
		if (token->kind != FST_LEX_PLUS && token->kind != FST_LEX_MINUS && token->kind != FST_LEX_AND)
			return 0;
		op = token->kind;
		r = fst_parse_advance(parser);
		if (r)
			return r;
	}
}

int fst_parse_set(struct fst_parser *parser, bool in_group, struct fst_callset *ret_set, struct fst_place *ret_place)
{
	struct fst_place start = parser->source->token.place;
	bool lenient = in_group || parser->source->builtin;
	int r = parse_terms(parser, !lenient, ret_set);

	*ret_place = fst_parse_span(parser, &start);
	if (!r && !lenient && fst_callset_is_empty(ret_set))
		r = fst_parse_fail(parser, ret_place, -EBADMSG, "never matches: the set is empty");
	return r;
}

static int check_new_group(struct fst_parser *parser, const struct fst_token *token)
{
	struct fst_quote quote = fst_parse_quote(token->text, token->bytes);
	const struct fst_group *group = find_group(parser, token);

	if (token->bytes >= sizeof(quote.text))
		return fst_parse_fail(parser, &token->place, -EBADMSG, "the group's name is longer than %zu bytes",
				      sizeof(quote.text) - 1);
	if (fst_groups_find(token->text, token->bytes) >= 0) {
		fst_parse_fail(parser, &token->place, -EBADMSG, "the group '@%s' is built in", quote.text);
		fst_parse_hint(parser, "choose another name");
		return -EBADMSG;
	}
	if (group)
		return fst_parse_fail(parser, &token->place, -EBADMSG,
				      "the group '@%s' was defined before, at %s:%u", quote.text,
				      group->place.file, group->place.line);
	if (parser->group_count == FST_PARSE_MAX_GROUPS)
		return fst_parse_fail(parser, &token->place, -E2BIG, "more than %d groups", FST_PARSE_MAX_GROUPS);
	return 0;
}

static int add_group(struct fst_parser *parser, const struct fst_group *group)
{
	if (parser->group_count == parser->groups_size) {
		unsigned size = parser->groups_size ? 2 * parser->groups_size : 8;
		struct fst_group *groups =
			talloc_realloc(parser->scratch, parser->groups, struct fst_group, size);

		if (!groups)
			return fst_parse_no_memory(parser);
		parser->groups = groups;
		parser->groups_size = size;
	}
	parser->groups[parser->group_count++] = *group;
	return 0;
}

int fst_parse_group(struct fst_parser *parser)
{
	const struct fst_token *token = &parser->source->token;
	struct fst_group group;
	struct fst_place place;
	int r;

	if (token->kind != FST_LEX_GROUP || !token->bytes)
		return fst_parse_unexpected(parser, "the group's name, as @name");
	r = check_new_group(parser, token);
	if (r)
		return r;
	group.place = token->place;
	group.name = talloc_strndup(parser->scratch, token->text, token->bytes);
	if (!group.name)
		return fst_parse_no_memory(parser);
	r = fst_parse_advance(parser);
	if (!r)
		r = fst_parse_take(parser, FST_LEX_ASSIGN, "'='");
	if (!r)
		r = fst_parse_set(parser, true, &group.set, &place);
	return r ? r : add_group(parser, &group);
}
