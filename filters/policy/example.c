/* SPDX-License-Identifier: MIT */
/*
 * A call as people write it to ask about it: `openat(AT_FDCWD, "/etc/passwd", O_RDONLY)`, `openat`, `257`. Decides
 * which arguments are known and as which register values; what they point to is example_memory.c's. Does not know what
 * any policy says of the call.
 */

#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <filters/error.h>
#include <filters/policy/parse.h>

static uint64_t narrow(enum flagstop_abi abi, uint64_t value)
{
	return flagstop_arg_bits(abi, FLAGSTOP_ARG_UWORD) == 32 ? value & UINT32_MAX : value;
}

static int parse_number(struct fst_parser *parser, enum flagstop_abi abi, struct fst_example *example)
{
	const struct fst_token *token = &parser->source->token;

	if (token->number > UINT32_MAX)
		return fst_parse_fail(parser, &token->place, -EBADMSG, "a call's number has 32 bits");
	example->nr = (uint32_t)token->number;
	example->call = flagstop_call_from_number(abi, example->nr);
	return fst_parse_advance(parser);
}

static int parse_name(struct fst_parser *parser, enum flagstop_abi abi, struct fst_example *example)
{
	const struct fst_token *token = &parser->source->token;
	struct fst_quote quote = fst_parse_quote(token->text, token->bytes);
	const char *nearest;
	int64_t number;

	example->call = flagstop_call_find(quote.text);
	if (example->call < 0) {
		fst_parse_fail(parser, &token->place, -EBADMSG, "no call is named '%s'", quote.text);
		nearest = flagstop_call_nearest(quote.text);
		if (nearest)
			fst_parse_hint(parser, "did you mean '%s'?", nearest);
		return -EBADMSG;
	}
	number = flagstop_call_number((unsigned)example->call, abi);
	if (number < 0)
		return fst_parse_fail(parser, &token->place, -EBADMSG, "'%s' is not a call of %s", quote.text,
				      flagstop_abi_name(abi));
	example->nr = (uint32_t)number;
	return fst_parse_advance(parser);
}

static int parse_argument(struct fst_parser *parser, enum flagstop_abi abi, unsigned index,
			  struct fst_example *example)
{
	const struct fst_token *token = &parser->source->token;
	uint64_t number;
	int r;

	if (fst_parse_is_word(token, "_"))
		return fst_parse_advance(parser);
	if (token->kind == FST_LEX_STRING || token->kind == FST_LEX_OPEN_BRACE)
		return fst_parse_example_memory(parser, abi, index, example);
	r = fst_parse_example_number(parser, abi, &number);
	if (r)
		return r;
	example->args[index] = narrow(abi, number);
	example->known |= 1u << index;
	return 0;
}

static int check_count(struct fst_parser *parser, enum flagstop_abi abi, unsigned index,
		       const struct fst_example *example)
{
	const struct flagstop_arg *args;
	unsigned count = 6;

	if (example->call >= 0)
		count = flagstop_call_args((unsigned)example->call, abi, &args);
	if (index < count)
		return 0;
	if (example->call < 0)
		return fst_parse_fail(parser, &parser->source->token.place, -EBADMSG,
				      "a call has no more than 6 arguments");
	return fst_parse_fail(parser, &parser->source->token.place, -EBADMSG, "%s has %u argument%s",
			      flagstop_call_name((unsigned)example->call), count, count == 1 ? "" : "s");
}

/* ( ARGUMENT, … ) */
static int parse_arguments(struct fst_parser *parser, enum flagstop_abi abi, struct fst_example *example)
{
	const struct fst_token *token = &parser->source->token;
	unsigned index = 0;
	int r = fst_parse_advance(parser);

	if (!r && token->kind == FST_LEX_CLOSE)
		return fst_parse_advance(parser);
	while (!r) {
		r = check_count(parser, abi, index, example);
		if (!r)
			r = parse_argument(parser, abi, index++, example);
		if (r || token->kind != FST_LEX_COMMA)
			break;
		r = fst_parse_advance(parser);
	}
	return r ? r : fst_parse_take(parser, FST_LEX_CLOSE, "',' or ')'");
}

static int parse_call(struct fst_parser *parser, enum flagstop_abi abi, struct fst_example *example)
{
	const struct fst_token *token = &parser->source->token;
	int r;

	if (token->kind == FST_LEX_NUMBER)
		r = parse_number(parser, abi, example);
	else if (token->kind == FST_LEX_WORD)
		r = parse_name(parser, abi, example);
	else
		r = fst_parse_unexpected(parser, "a call's name or number");
	if (!r && token->kind == FST_LEX_OPEN)
		r = parse_arguments(parser, abi, example);
	if (!r && token->kind != FST_LEX_LINE)
		r = fst_parse_unexpected(parser, "the end of the call");
	return r;
}

int fst_parse_example(const char *text, enum flagstop_abi abi, struct fst_example *ret_example,
		      struct flagstop_error *reterr_error)
{
	struct flagstop_error unwanted = FLAGSTOP_ERROR_INIT;
	struct fst_parser parser = { .error = reterr_error ? reterr_error : &unwanted };
	struct fst_example example = { .call = -ENOENT, .facts = FLAGSTOP_FACTS_INIT };
	struct fst_source source = { 0 };
	int r;

	if (!text || !ret_example || !flagstop_abi_name(abi))
		return fst_error_set(parser.error, -EINVAL, "an example needs a text and an ABI");
	parser.layer = talloc_zero(NULL, struct fst_layer);
	if (!parser.layer)
		return fst_parse_no_memory(&parser);
	r = fst_load_check(&parser, "<call>", text, strlen(text));
	if (!r)
		r = fst_parse_begin(&parser, &source, "<call>", text, strlen(text), 1);
	if (!r)
		r = parse_call(&parser, abi, &example);
	if (!r)
		r = fst_parse_advance(&parser);
	if (!r && source.token.kind != FST_LEX_END)
		r = fst_parse_unexpected(&parser, "one call");
	talloc_free(parser.layer);
	if (r)
		return r;
	fst_note_example_nulls(abi, &example);
	*ret_example = example;
	if (example.memory_bytes)
		ret_example->facts.args[example.memory_argument].bytes = ret_example->memory;
	return 0;
}
