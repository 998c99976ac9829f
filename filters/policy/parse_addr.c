/* SPDX-License-Identifier: MIT */
/*
 * Parts of socket addresses in conditions: `addr.family`, `addr.port`, `addr.ip`, `addr.path`. Decides which parts
 * there are, and what an Internet address looks like. Does not know which calls have an address.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <filters/policy/parse.h>

static const char *const parts[] = { "family", "port", "ip", "path" };

/* The current token is the dot behind `addr`. */
int fst_parse_addr_part(struct fst_parser *parser, struct fst_expr *expr)
{
	const struct fst_token *token = &parser->source->token;
	int r = fst_parse_advance(parser);

	if (r)
		return r;
	for (unsigned i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (!fst_parse_is_word(token, parts[i]))
			continue;
		expr->part = parts[i];
		expr->argument_place = fst_parse_span(parser, &expr->argument_place);
		return fst_parse_advance(parser);
	}
	return fst_parse_unexpected(parser, "'family', 'port', 'ip' or 'path'");
}

/* ---- Internet addresses ------------------------------------------------------------------------------------------ */

static int read_prefix(const char *text, unsigned most, unsigned *ret_bits)
{
	unsigned bits = 0;

	if (!*text || strlen(text) > 3)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		bits = 10 * bits + (unsigned)(*text - '0');
	}
	*ret_bits = bits;
	return bits > most ? -EINVAL : 0;
}

static bool has_bits_behind(const struct fst_net *net)
{
	for (unsigned bit = net->bits; bit < (net->is_v6 ? 128u : 32u); bit++)
		if (net->address[bit / 8] >> (7 - bit % 8) & 1)
			return true;
	return false;
}

static int read_net(const char *text, struct fst_net *net)
{
	char address[64];
	size_t bytes = strcspn(text, "/");
	unsigned most;

	if (bytes >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, bytes);
	address[bytes] = '\0';
	net->is_v6 = strchr(address, ':');
	if (inet_pton(net->is_v6 ? AF_INET6 : AF_INET, address, net->address) != 1)
		return -EINVAL;
	most = net->is_v6 ? 128 : 32;
	net->bits = most;
	return text[bytes] ? read_prefix(text + bytes + 1, most, &net->bits) : 0;
}

static int add_net(struct fst_parser *parser, struct fst_expr *expr)
{
	const struct fst_token token = parser->source->token;
	struct fst_net *nets = talloc_realloc(expr, expr->nets, struct fst_net, expr->net_count + 1);
	struct fst_quote quote = fst_parse_quote(token.text, token.bytes);
	struct fst_net net = { .is_v6 = false };

	if (!nets)
		return fst_parse_no_memory(parser);
	expr->nets = nets;
	if (expr->net_count == FST_PARSE_MAX_LIST || parser->items++ == FST_PARSE_MAX_ITEMS)
		return fst_parse_fail(parser, &token.place, -E2BIG, "more than %d addresses in one list, or %d in all",
				      FST_PARSE_MAX_LIST, FST_PARSE_MAX_ITEMS);
	if (token.bytes >= sizeof(quote.text) - 1 || read_net(quote.text, &net)) {
		fst_parse_fail(parser, &token.place, -EBADMSG, "'%s' is no Internet address", quote.text);
		fst_parse_hint(parser, "addresses are written 10.0.0.0/8, 127.0.0.1, fe80::/10 or ::1");
		return -EBADMSG;
	}
	if (has_bits_behind(&net))
		return fst_parse_fail(parser, &token.place, -EBADMSG,
				      "this can never match: the address has bits behind its first %u", net.bits);
	nets[expr->net_count++] = net;
	return fst_parse_advance(parser);
}

static int advance_to_address(struct fst_parser *parser)
{
	parser->source->lex.want_address = true;
	return fst_parse_advance(parser);
}

static bool is_address(const struct fst_token *token)
{
	return token->kind == FST_LEX_ADDRESS || token->kind == FST_LEX_STRING;
}

/* Behind the '{'. */
static int parse_nets(struct fst_parser *parser, struct fst_expr *expr)
{
	const struct fst_token *token = &parser->source->token;
	int r = 0;

	while (!r && is_address(token)) {
		r = add_net(parser, expr);
		if (r || token->kind != FST_LEX_COMMA)
			break;
		r = advance_to_address(parser);
	}
	return r ? r : fst_parse_take(parser, FST_LEX_CLOSE_BRACE, "an address, ',' or '}'");
}

/* The current token is the relation. */
int fst_parse_addr_ip(struct fst_parser *parser, struct fst_expr *expr)
{
	const struct fst_token *token = &parser->source->token;
	bool is_list = fst_parse_is_word(token, "in");
	int r;

	if (!is_list && token->kind != FST_LEX_EQ && token->kind != FST_LEX_NE)
		return fst_parse_unexpected(parser, "'in', '==' or '!='");
	expr->relation = is_list ? FST_RELATION_IN : token->kind == FST_LEX_EQ ? FST_RELATION_EQ :
										 FST_RELATION_NE;
	r = advance_to_address(parser);
	if (!r && is_list && token->kind == FST_LEX_OPEN_BRACE) {
		r = advance_to_address(parser);
		return r ? r : parse_nets(parser, expr);
	}
	if (!r && !is_address(token))
		return fst_parse_unexpected(parser, "an Internet address");
	return r ? r : add_net(parser, expr);
}

int fst_parse_addr_host(struct fst_parser *parser, struct fst_net *ret_host)
{
	const struct fst_token *token = &parser->source->token;
	struct fst_quote quote;
	int r = advance_to_address(parser);

	if (r)
		return r;
	if (!is_address(token))
		return fst_parse_unexpected(parser, "an Internet address");
	quote = fst_parse_quote(token->text, token->bytes);
	if (token->bytes >= sizeof(quote.text) - 1 || strchr(quote.text, '/') || read_net(quote.text, ret_host)) {
		fst_parse_fail(parser, &token->place, -EBADMSG, "'%s' is no Internet address", quote.text);
		fst_parse_hint(parser, "addresses are written 127.0.0.1 or ::1");
		return -EBADMSG;
	}
	return fst_parse_advance(parser);
}
