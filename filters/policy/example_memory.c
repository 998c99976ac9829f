/* SPDX-License-Identifier: MIT */
/*
 * What the arguments of an example point to: strings, paths with where they lead, addresses and structures, as shown.h
 * has them. Decides what is a fact, and refuses to know what the call, or any policy, makes of it.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <filters/policy/fact.h>
#include <filters/policy/parse.h>

/* Some address that is not NULL, a different one for each argument. */
#define EXAMPLE_ADDRESS UINT64_C(0x10000000)
#define EXAMPLE_ADDRESS_STEP UINT64_C(0x1000)

static const char *name_of(const struct fst_example *example)
{
	return flagstop_call_name((unsigned)example->call);
}

/* Room for `bytes` that the argument points to. */
static char *point_at(struct fst_example *example, unsigned index, size_t bytes)
{
	memset(example->memory, 0, bytes);
	example->memory_argument = index;
	example->memory_bytes = (unsigned)bytes;
	example->facts.args[index] = (struct flagstop_fact){ 1, example->memory, bytes };
	return example->memory;
}

int fst_parse_example_number(struct fst_parser *parser, enum flagstop_abi abi, uint64_t *ret_number)
{
	struct fst_value value;
	int r = fst_parse_const(parser, &value);

	if (r)
		return r;
	if (!(value.known & 1u << abi))
		return fst_parse_fail(parser, &value.place, -EBADMSG, "%s does not have this constant",
				      flagstop_abi_name(abi));
	*ret_number = (uint64_t)value.in[abi];
	return 0;
}

/* ---- strings and paths ------------------------------------------------------------------------------------------ */

static bool is_canonical(const struct flagstop_fact *path)
{
	return !path->count || !fst_path_complaint(path->bytes, path->count);
}

/* STRING, or STRING -> STRING where `may_lead`: then the first is what was given, and the second what is looked at. */
static int parse_string(struct fst_parser *parser, bool may_lead, struct flagstop_fact *ret_string,
			struct flagstop_fact *ret_given)
{
	const struct fst_token *token = &parser->source->token;
	int r;

	if (token->kind != FST_LEX_STRING)
		return fst_parse_unexpected(parser, "a string");
	*ret_string = (struct flagstop_fact){ 1, token->text, token->bytes };
	r = fst_parse_advance(parser);
	if (r || !may_lead || token->kind != FST_LEX_MINUS)
		return r;
	*ret_given = *ret_string;
	r = fst_parse_advance(parser);
	if (!r && (token->kind != FST_LEX_GT || !token->glued))
		r = fst_parse_unexpected(parser, "'->'");
	if (!r)
		r = fst_parse_advance(parser);
	if (!r && token->kind != FST_LEX_STRING)
		r = fst_parse_unexpected(parser, "the path that it leads to");
	if (r)
		return r;
	*ret_string = (struct flagstop_fact){ 1, token->text, token->bytes };
	const char *wrong = fst_path_complaint(token->text, token->bytes);
	if (wrong)
		return fst_parse_fail(parser, &token->place, -EBADMSG, "no path leads there: it %s", wrong);
	return fst_parse_advance(parser);
}

static int parse_plain(struct fst_parser *parser, const struct flagstop_arg *arg, unsigned index,
		       struct fst_example *example)
{
	enum flagstop_arg_role role = arg ? arg->role : FLAGSTOP_ROLE_NUMBER;
	struct flagstop_fact string, given = { 0 };
	int r = parse_string(parser, role == FLAGSTOP_ROLE_PATH, &string, &given);

	if (r)
		return r;
	example->given[index] = given.known ? given : string;
	if (role == FLAGSTOP_ROLE_STRING || (role == FLAGSTOP_ROLE_PATH && is_canonical(&string)))
		example->facts.args[index] = string;
	return 0;
}

/* ---- { NAME = VALUE, … } ---------------------------------------------------------------------------------------- */

/* What the fields are taken into. */
struct fields {
	enum flagstop_abi abi;
	unsigned seen; /* bits of names */
	int (*find)(const struct fields *fields, const struct fst_token *name);
	const char *expected;
	int (*take)(struct fst_parser *parser, struct fields *fields, unsigned field);
	enum fst_read_kind kind; /* of a structure */
	char *bytes;
	uint64_t family, port; /* of an address */
	struct fst_net ip;
	struct flagstop_fact path, given;
};

static int take_field(struct fst_parser *parser, struct fields *fields)
{
	const struct fst_token *token = &parser->source->token;
	int field = token->kind == FST_LEX_WORD ? fields->find(fields, token) : -1, r;

	if (field < 0)
		return fst_parse_unexpected(parser, fields->expected);
	if (fields->seen >> field & 1)
		return fst_parse_fail(parser, &token->place, -EBADMSG, "'%s' is given twice",
				      fst_parse_quote(token->text, token->bytes).text);
	fields->seen |= 1u << field;
	r = fst_parse_advance(parser);
	if (!r && token->kind != FST_LEX_ASSIGN)
		r = fst_parse_unexpected(parser, "'='");
	return r ? r : fields->take(parser, fields, (unsigned)field);
}

static int parse_fields(struct fst_parser *parser, struct fields *fields)
{
	const struct fst_token *token = &parser->source->token;
	int r = fst_parse_advance(parser);

	if (!r && token->kind == FST_LEX_CLOSE_BRACE)
		return fst_parse_advance(parser);
	while (!r) {
		r = take_field(parser, fields);
		if (r || token->kind != FST_LEX_COMMA)
			break;
		r = fst_parse_advance(parser);
	}
	return r ? r : fst_parse_take(parser, FST_LEX_CLOSE_BRACE, "',' or '}'");
}

/* ---- structures ------------------------------------------------------------------------------------------------- */

static int find_in_struct(const struct fields *fields, const struct fst_token *name)
{
	const struct fst_struct_field *field;

	for (unsigned i = 0; (field = fst_fact_struct_field(fields->kind, i)); i++)
		if (fst_parse_is_word(name, field->name))
			return (int)i;
	return -1;
}

static int take_in_struct(struct fst_parser *parser, struct fields *fields, unsigned field)
{
	unsigned offset = fst_fact_struct_field(fields->kind, field)->offset;
	uint64_t value;
	int r = fst_parse_advance(parser);

	if (!r)
		r = fst_parse_example_number(parser, fields->abi, &value);
	if (!r)
		memcpy(fields->bytes + offset, &value, sizeof(value));
	return r;
}

/* Up to the last field that rules ask for: it need not be as long as the kernel's to be judged. */
static int parse_struct(struct fst_parser *parser, enum flagstop_abi abi, const struct fst_read *read,
			struct fst_example *example)
{
	struct fields fields = { .abi = abi, .find = find_in_struct, .take = take_in_struct };
	bool is_how = read->kind == FST_READ_OPEN_HOW;
	const struct fst_struct_field *field;
	unsigned bytes = 0;

	fields.kind = (enum fst_read_kind)read->kind;
	fields.expected = is_how ? "'flags', 'mode' or 'resolve'" : "'flags' or 'exit_signal'";
	for (unsigned i = 0; (field = fst_fact_struct_field(fields.kind, i)); i++)
		bytes = field->offset + (unsigned)sizeof(uint64_t);
	fields.bytes = point_at(example, read->argument, bytes);
	return parse_fields(parser, &fields);
}

/* ---- addresses -------------------------------------------------------------------------------------------------- */

enum { FAMILY,
       PORT,
       IP,
       PATH };
static const char *const parts[] = { "family", "port", "ip", "path" };

static int find_part(const struct fields *fields, const struct fst_token *name)
{
	(void)fields;
	for (unsigned i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (fst_parse_is_word(name, parts[i]))
			return (int)i;
	return -1;
}

static int take_part(struct fst_parser *parser, struct fields *fields, unsigned part)
{
	uint64_t *number = part == FAMILY ? &fields->family : &fields->port;
	struct fst_place place;
	int r;

	if (part == IP)
		return fst_parse_addr_host(parser, &fields->ip);
	r = fst_parse_advance(parser);
	if (r)
		return r;
	if (part == PATH)
		return parse_string(parser, true, &fields->path, &fields->given);
	place = parser->source->token.place;
	r = fst_parse_example_number(parser, fields->abi, number);
	if (!r && *number > UINT16_MAX)
		r = fst_parse_fail(parser, &place, -EBADMSG, "a %s has 16 bits", parts[part]);
	return r;
}

static void write_internet(const struct fields *fields, unsigned index, struct fst_example *example)
{
	size_t bytes = fields->ip.is_v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)fields->port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)fields->port) };

	memcpy(&v6.sin6_addr, fields->ip.address, sizeof(v6.sin6_addr));
	memcpy(&v4.sin_addr, fields->ip.address, sizeof(v4.sin_addr));
	memcpy(point_at(example, index, bytes), fields->ip.is_v6 ? (const void *)&v6 : &v4, bytes);
}

/* What is no canonical path and no abstract name says nothing. */
static void write_unix(const struct fields *fields, unsigned index, struct fst_example *example)
{
	const sa_family_t family = AF_UNIX;
	const struct flagstop_fact *path = &fields->path;
	bool is_abstract = path->count && *path->bytes == '@';

	example->given[index] = fields->given.known ? fields->given : *path;
	if (!is_abstract && !is_canonical(path))
		return;
	char *to = point_at(example, index, sizeof(family) + path->count);
	memcpy(to, &family, sizeof(family));
	memcpy(to + sizeof(family), path->bytes, path->count);
	if (is_abstract)
		to[sizeof(family)] = '\0';
}

static int complain(struct fst_parser *parser, const struct fst_place *place, const char *what, const char *hint)
{
	fst_parse_fail(parser, place, -EBADMSG, "%s", what);
	fst_parse_hint(parser, "%s", hint);
	return -EBADMSG;
}

/* What is not said is not known: an address of which only a part is known would be judged by chance. */
static int check_parts(struct fst_parser *parser, const struct fst_place *place, const struct fields *fields)
{
	static const char hint[] = "as in {ip = 10.0.0.1, port = 443}, {path = \"/run/s\"} or "
				   "{family = AF_NETLINK}";
	const unsigned internet = 1u << IP | 1u << PORT, seen = fields->seen & ~(1u << FAMILY);
	int family = seen == internet ? (fields->ip.is_v6 ? AF_INET6 : AF_INET) : seen == 1u << PATH ? AF_UNIX :
												       -1;

	if (seen && family < 0)
		return complain(parser, place, "an address has an ip and a port, or a path", hint);
	if (!(fields->seen >> FAMILY & 1))
		return seen ? 0 : complain(parser, place, "an address needs more than nothing", hint);
	if (family >= 0 && (int)fields->family != family)
		return complain(parser, place, "this address is of another family", hint);
	if (family < 0 && (fields->family == AF_INET || fields->family == AF_INET6 || fields->family == AF_UNIX))
		return complain(parser, place, "an address of this family has more to it", hint);
	return 0;
}

static int parse_address(struct fst_parser *parser, enum flagstop_abi abi, const struct fst_read *read,
			 struct fst_example *example)
{
	struct fields fields = {
		.abi = abi, .find = find_part, .take = take_part, .expected = "'family', 'port', 'ip' or 'path'"
	};
	struct fst_place start = parser->source->token.place, place;
	sa_family_t family;
	int r = parse_fields(parser, &fields);

	if (r)
		return r;
	if (!fields.seen && read->kind != FST_READ_SOCKADDR) { /* a message without an address */
		example->facts.args[read->argument] = (struct flagstop_fact){ 1, "", 0 };
		return 0;
	}
	place = fst_parse_span(parser, &start);
	r = check_parts(parser, &place, &fields);
	if (r)
		return r;
	if (fields.seen >> IP & 1) {
		write_internet(&fields, read->argument, example);
	} else if (fields.seen >> PATH & 1) {
		write_unix(&fields, read->argument, example);
	} else {
		family = (sa_family_t)fields.family;
		memcpy(point_at(example, read->argument, sizeof(family)), &family, sizeof(family));
	}
	return 0;
}

/* ---- all of them ------------------------------------------------------------------------------------------------ */

static const struct fst_read *find_read(enum flagstop_abi abi, unsigned index, const struct fst_example *example)
{
	const struct fst_call_memory *memory =
		example->call < 0 ? NULL : fst_paths_of_call((unsigned)example->call, abi);

	for (unsigned i = 0; memory && i < memory->read_count; i++)
		if (memory->reads[i].argument == index && memory->reads[i].kind != FST_READ_STRING)
			return &memory->reads[i];
	return NULL;
}

static int parse_braces(struct fst_parser *parser, enum flagstop_abi abi, const struct flagstop_arg *arg,
			unsigned index, struct fst_example *example)
{
	const struct fst_read *read = find_read(abi, index, example);

	if (!read && arg)
		return fst_parse_fail(parser, &parser->source->token.place, -EBADMSG,
				      "'%s' of %s is no structure that is looked into", arg->name, name_of(example));
	if (!read)
		return fst_parse_unexpected(parser, "a number, a constant, a string or '_'");
	if (read->kind == FST_READ_OPEN_HOW || read->kind == FST_READ_CLONE_ARGS)
		return parse_struct(parser, abi, read, example);
	return parse_address(parser, abi, read, example);
}

int fst_parse_example_memory(struct fst_parser *parser, enum flagstop_abi abi, unsigned index,
			     struct fst_example *example)
{
	const struct flagstop_arg *args, *arg = NULL;

	if (example->call >= 0 && index < flagstop_call_args((unsigned)example->call, abi, &args))
		arg = &args[index];
	example->args[index] = EXAMPLE_ADDRESS + index * EXAMPLE_ADDRESS_STEP;
	example->known |= 1u << index;
	if (parser->source->token.kind == FST_LEX_STRING)
		return parse_plain(parser, arg, index, example);
	return parse_braces(parser, abi, arg, index, example);
}

static bool is_known(const struct fst_example *example, int argument)
{
	return argument < 0 || example->known >> argument & 1;
}

static bool is_null(const struct fst_example *example, unsigned argument)
{
	return is_known(example, (int)argument) && !example->args[argument];
}

/* NULL is no path, and no address, where a call takes it for that (tracer/paths). */
void fst_note_example_nulls(enum flagstop_abi abi, struct fst_example *example)
{
	const struct fst_call_memory *memory =
		example->call < 0 ? NULL : fst_paths_of_call((unsigned)example->call, abi);
	const struct flagstop_fact nothing = { 1, "", 0 };

	for (unsigned i = 0; memory && i < memory->path_count; i++) {
		const struct fst_path *p = &memory->paths[i];
		bool may_be = p->null || (p->empty_bit && is_known(example, p->flags));

		if (may_be && !p->null)
			may_be = fst_path_may_be_empty(p, example->args);
		if (may_be && is_null(example, p->argument))
			example->facts.args[p->argument] = nothing;
	}
	for (unsigned i = 0; memory && i < memory->read_count; i++) {
		unsigned argument = memory->reads[i].argument;

		if (is_null(example, argument) && !strcmp(name_of(example), "sendto"))
			example->facts.args[argument] = nothing;
	}
}
