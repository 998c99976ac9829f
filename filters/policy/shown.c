/* SPDX-License-Identifier: MIT */
/* How facts are written for people. Does not know where they come from, nor what a policy makes of them. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <arch/paths.h>
#include <arch/text.h>
#include <filters/policy/fact.h>
#include <filters/policy/shown.h>

#define STRING_BYTES 316

static void put_string(struct fst_text *out, const char *bytes, size_t count)
{
	char quoted[STRING_BYTES + 1];
	size_t shown = count < STRING_BYTES ? count : STRING_BYTES;

	for (size_t i = 0; i < shown; i++)
		quoted[i] = bytes[i] < ' ' || bytes[i] > '~' || bytes[i] == '"' ? '?' : bytes[i];
	quoted[shown] = '\0';
	fst_text_put(out, "\"%s\"%s", quoted, shown < count ? "..." : "");
}

static bool is_same(const struct flagstop_fact *a, const struct flagstop_fact *b)
{
	return a->count == b->count && (!a->count || !memcmp(a->bytes, b->bytes, a->count));
}

static void put_path(struct fst_text *out, const struct flagstop_fact *fact, const struct flagstop_fact *given)
{
	const struct flagstop_fact *first = given->known ? given : fact;

	if (first->known)
		put_string(out, first->bytes, first->count);
	if (first == fact || !fact->known || !fact->count || is_same(fact, given))
		return;
	fst_text_put(out, " -> ");
	put_string(out, fact->bytes, fact->count);
}

/* ---- addresses -------------------------------------------------------------------------------------------------- */

static void put_internet(struct fst_text *out, const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
	bool is_v6 = address->ss_family == AF_INET6;
	char ip[INET6_ADDRSTRLEN];

	inet_ntop(address->ss_family, is_v6 ? (const void *)&v6->sin6_addr : &v4->sin_addr, ip, sizeof(ip));
	fst_text_put(out, "ip = %s, port = %u", ip, ntohs(is_v6 ? v6->sin6_port : v4->sin_port));
}

/* A path ends at its zero byte; an abstract name begins with one, and is all that is there. */
static void put_unix(struct fst_text *out, const struct flagstop_fact *fact, const struct flagstop_fact *given)
{
	char abstract[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct flagstop_fact name = { 1, fact->bytes + sizeof(sa_family_t), fact->count - sizeof(sa_family_t) };

	if (name.count && !*name.bytes && name.count <= sizeof(abstract)) {
		memcpy(abstract, name.bytes, name.count);
		abstract[0] = '@';
		name.bytes = abstract;
	} else {
		name.count = strnlen(name.bytes, name.count);
	}
	fst_text_put(out, "path = ");
	put_path(out, &name, given);
}

static void put_address(struct fst_text *out, enum flagstop_abi abi, const struct flagstop_fact *fact,
			const struct flagstop_fact *given)
{
	static const struct flagstop_arg family = { .set = "address_family",
						    .type = FLAGSTOP_ARG_U32,
						    .role = FLAGSTOP_ROLE_ENUM };
	struct sockaddr_storage address = { 0 };
	char name[32];

	memcpy(&address, fact->bytes, fact->count < sizeof(address) ? fact->count : sizeof(address));
	fst_text_put(out, "{");
	if (address.ss_family == AF_UNIX) {
		put_unix(out, fact, given);
	} else if ((address.ss_family == AF_INET && fact->count >= offsetof(struct sockaddr_in, sin_addr) + 4) ||
		   (address.ss_family == AF_INET6 && fact->count >= offsetof(struct sockaddr_in6, sin6_addr) + 16)) {
		put_internet(out, &address);
	} else {
		flagstop_arg_format(abi, &family, address.ss_family, name, sizeof(name));
		fst_text_put(out, "family = %s", name);
	}
	fst_text_put(out, "}");
}

/* ---- structures ------------------------------------------------------------------------------------------------- */

static enum flagstop_arg_role role_of(const struct fst_struct_field *field)
{
	if (!field->set)
		return FLAGSTOP_ROLE_MODE;
	return strcmp(field->set, "signal") ? FLAGSTOP_ROLE_FLAGS : FLAGSTOP_ROLE_ENUM;
}

/* 64 bits, whatever a register of the ABI has. */
static void put_field(struct fst_text *out, enum flagstop_abi abi, const struct fst_struct_field *field, uint64_t value)
{
	struct flagstop_arg arg = { .set = field->set, .type = FLAGSTOP_ARG_U32, .role = role_of(field) };
	char shown[FST_SHOWN_BYTES];

	if (value > UINT32_MAX)
		arg.type = FLAGSTOP_ARG_UWORD;
	if (value > UINT32_MAX && flagstop_arg_bits(abi, arg.type) == 32)
		snprintf(shown, sizeof(shown), "0x%" PRIx64, value);
	else
		flagstop_arg_format(abi, &arg, value, shown, sizeof(shown));
	fst_text_put(out, "%s = %s", field->name, shown);
}

static void put_struct(struct fst_text *out, enum flagstop_abi abi, enum fst_read_kind kind,
		       const struct flagstop_fact *fact)
{
	const struct fst_struct_field *field;

	fst_text_put(out, "{");
	for (unsigned i = 0; (field = fst_fact_struct_field(kind, i)); i++) {
		uint64_t value = 0;

		if (fact->count >= field->offset + sizeof(value))
			memcpy(&value, fact->bytes + field->offset, sizeof(value));
		if (!value && i)
			continue;
		fst_text_put(out, "%s", i ? ", " : "");
		put_field(out, abi, field, value);
	}
	fst_text_put(out, "}");
}

/* ---- all of them ------------------------------------------------------------------------------------------------ */

static bool takes_path(const struct fst_call_memory *memory, unsigned argument)
{
	for (unsigned i = 0; i < memory->path_count; i++)
		if (memory->paths[i].argument == argument)
			return true;
	return false;
}

static void put_read(struct fst_text *out, enum flagstop_abi abi, enum fst_read_kind kind,
		     const struct flagstop_fact *fact, const struct flagstop_fact *given)
{
	switch (kind) {
	case FST_READ_STRING:
		put_string(out, fact->bytes, fact->count);
		break;
	case FST_READ_SOCKADDR:
		if (fact->count >= sizeof(sa_family_t))
			put_address(out, abi, fact, given);
		break;
	case FST_READ_MSGHDR:
	case FST_READ_MMSGHDR:
		if (fact->count >= sizeof(sa_family_t))
			put_address(out, abi, fact, given);
		else
			fst_text_put(out, "{}");
		break;
	case FST_READ_OPEN_HOW:
	case FST_READ_CLONE_ARGS:
		put_struct(out, abi, kind, fact);
		break;
	}
}

size_t fst_show_fact(enum flagstop_abi abi, unsigned call, unsigned argument, const struct flagstop_fact *fact,
		     const struct flagstop_fact *given, char *text, size_t size)
{
	const struct fst_call_memory *memory = fst_paths_of_call(call, abi);
	struct fst_text out = { text, size, 0 };

	if (size)
		text[0] = '\0';
	if (memory && takes_path(memory, argument))
		put_path(&out, fact, given);
	for (unsigned i = 0; memory && i < memory->read_count && fact->known; i++)
		if (memory->reads[i].argument == argument)
			put_read(&out, abi, (enum fst_read_kind)memory->reads[i].kind, fact, given);
	return out.bytes;
}
