/* SPDX-License-Identifier: MIT */
/*
 * Decides how a value is written for people. Sees registers and tables only: what a pointer points to, and whether a
 * call would be let through, it refuses to know.
 */

#include <inttypes.h>
#include <string.h>

#include <arch/constants.h>
#include <arch/format.h>
#include <arch/text.h>

static bool is_signed(enum flagstop_arg_type type)
{
	return type == FLAGSTOP_ARG_S32 || type == FLAGSTOP_ARG_SWORD;
}

/* The bits of the register that the kernel reads. */
static uint64_t cut(uint64_t value, unsigned bits)
{
	return bits == 64 ? value : value & ((UINT64_C(1) << bits) - 1);
}

static int64_t as_signed(uint64_t value, unsigned bits)
{
	return bits == 64 ? (int64_t)value : (int32_t)value;
}

static void put_number(struct fst_text *out, const struct flagstop_arg *arg, uint64_t value, unsigned bits)
{
	if (is_signed(arg->type))
		fst_text_put(out, "%" PRId64, as_signed(value, bits));
	else if (arg->type == FLAGSTOP_ARG_UWORD && arg->role == FLAGSTOP_ROLE_NUMBER && value > UINT16_MAX)
		fst_text_put(out, "0x%" PRIx64, value); /* most likely a pointer: ioctl, prctl */
	else
		fst_text_put(out, "%" PRIu64, value);
}

static void put_fd(struct fst_text *out, enum flagstop_abi abi, const struct flagstop_arg *arg, uint64_t value)
{
	const struct fst_table_set *set = fst_constants_set(arg->set);
	int32_t fd = (int32_t)value;
	const char *name = set ? fst_constants_name(set, abi, fd) : NULL;

	if (name)
		fst_text_put(out, "%s", name);
	else
		fst_text_put(out, "%d", fd);
}

static void put_pointer(struct fst_text *out, uint64_t value)
{
	if (value)
		fst_text_put(out, "0x%" PRIx64, value);
	else
		fst_text_put(out, "NULL");
}

/* Constants are compared as bit patterns of the argument's width: -100 and 0xffffff9c are the same dirfd. */
static const char *name_of_bits(const struct fst_table_set *set, enum flagstop_abi abi, int field, uint64_t value,
				unsigned bits)
{
	for (unsigned i = 0; i < set->member_count; i++) {
		const struct fst_table_member *member = &fst_table_members[set->first_member + i];
		const struct fst_table_constant *constant = &fst_table_constants[member->constant];
		int64_t own;

		if (member->hidden || member->field != field || !fst_constants_value(constant, abi, &own))
			continue;
		if (cut((uint64_t)own, bits) == value)
			return constant->name;
	}
	return NULL;
}

static void put_one_flag(struct fst_text *out, bool *some, const char *name)
{
	fst_text_put(out, "%s%s", *some ? "|" : "", name);
	*some = true;
}

/* A part of the value that is a number, not bits: O_ACCMODE, SOCK_STREAM, clone's signal. Returns what is left. */
static uint64_t put_field(struct fst_text *out, const struct fst_table_set *set, enum flagstop_abi abi, unsigned index,
			  uint64_t value, bool *some)
{
	const struct fst_table_field *field = &fst_table_fields[set->first_field + index];
	const struct fst_table_set *names = field->set < 0 ? set : &fst_table_sets[field->set];
	uint64_t part = value & field->mask;
	const char *name = name_of_bits(names, abi, field->set < 0 ? (int)index : -1, part, 64);

	if (part && field->set >= 0 && !strcmp(names->name, "mode")) {
		fst_text_put(out, "%s0%" PRIo64, *some ? "|" : "", part);
		*some = true;
	} else if (name) {
		put_one_flag(out, some, name);
	} else {
		return value;
	}
	return value & ~field->mask;
}

/* Fields named by another set come last: CLONE_VM|CLONE_VFORK|SIGCHLD. */
static uint64_t put_fields(struct fst_text *out, const struct fst_table_set *set, enum flagstop_abi abi, uint64_t value,
			   bool borrowed, bool *some)
{
	for (unsigned i = 0; i < set->field_count; i++) {
		if ((fst_table_fields[set->first_field + i].set >= 0) == borrowed)
			value = put_field(out, set, abi, i, value, some);
	}
	return value;
}

static uint64_t put_bits(struct fst_text *out, const struct fst_table_set *set, enum flagstop_abi abi, uint64_t value,
			 unsigned bits, bool *some)
{
	for (unsigned i = 0; value && i < set->member_count; i++) {
		const struct fst_table_member *member = &fst_table_members[set->first_member + i];
		const struct fst_table_constant *constant = &fst_table_constants[member->constant];
		int64_t own;
		uint64_t mask;

		if (member->hidden || member->field >= 0 || !fst_constants_value(constant, abi, &own))
			continue;
		mask = cut((uint64_t)own, bits);
		if (!mask || (value & mask) != mask)
			continue;
		put_one_flag(out, some, constant->name);
		value &= ~mask;
	}
	return value;
}

static void put_flags(struct fst_text *out, enum flagstop_abi abi, const struct flagstop_arg *arg, uint64_t value,
		      unsigned bits)
{
	const struct fst_table_set *set = fst_constants_set(arg->set);
	uint64_t left = value;
	bool some = false;

	/* all bits is a question (personality) or a mistake (-1), never a list of forty names */
	if (set && value != cut(UINT64_MAX, bits)) {
		const char *zero = value || set->field_count ? NULL : name_of_bits(set, abi, -1, 0, bits);

		if (zero) {
			fst_text_put(out, "%s", zero);
			return;
		}
		left = put_fields(out, set, abi, left, false, &some);
		left = put_bits(out, set, abi, left, bits, &some);
		left = put_fields(out, set, abi, left, true, &some);
	}
	if (left)
		fst_text_put(out, "%s0x%" PRIx64, some ? "|" : "", left);
	else if (!some)
		fst_text_put(out, "0");
}

static void put_enum(struct fst_text *out, enum flagstop_abi abi, const struct flagstop_arg *arg, uint64_t value,
		     unsigned bits)
{
	const struct fst_table_set *set = fst_constants_set(arg->set);
	const char *name = set ? name_of_bits(set, abi, -1, value, bits) : NULL;
	uint64_t small = 4096;

	if (name)
		fst_text_put(out, "%s", name);
	else if (value < small || (is_signed(arg->type) && as_signed(value, bits) < 0))
		put_number(out, arg, value, bits);
	else
		fst_text_put(out, "0x%" PRIx64, value);
}

static void put_arg(struct fst_text *out, enum flagstop_abi abi, const struct flagstop_arg *arg, uint64_t value)
{
	unsigned bits = flagstop_arg_bits(abi, arg->type);

	value = cut(value, bits);
	switch (arg->role) {
	case FLAGSTOP_ROLE_FD:
	case FLAGSTOP_ROLE_DIRFD:
		put_fd(out, abi, arg, value);
		break;
	case FLAGSTOP_ROLE_PATH:
	case FLAGSTOP_ROLE_STRING:
	case FLAGSTOP_ROLE_SOCKADDR:
	case FLAGSTOP_ROLE_POINTER:
	case FLAGSTOP_ROLE_ADDRESS:
		put_pointer(out, value);
		break;
	case FLAGSTOP_ROLE_FLAGS:
		put_flags(out, abi, arg, value, bits);
		break;
	case FLAGSTOP_ROLE_ENUM:
	case FLAGSTOP_ROLE_SIGNAL:
		put_enum(out, abi, arg, value, bits);
		break;
	case FLAGSTOP_ROLE_MODE:
		fst_text_put(out, value ? "0%" PRIo64 : "%" PRIo64, value);
		break;
	case FLAGSTOP_ROLE_UID:
	case FLAGSTOP_ROLE_GID:
		/* -1 means "leave as it is" */
		fst_text_put(out, "%" PRId64, value == cut(UINT64_MAX, bits) ? -1 : (int64_t)value);
		break;
	default:
		put_number(out, arg, value, bits);
		break;
	}
}

size_t flagstop_arg_format(enum flagstop_abi abi, const struct flagstop_arg *arg, uint64_t value, char *text,
			   size_t size)
{
	struct fst_text out = { text, size, 0 };

	if (size)
		text[0] = '\0';
	put_arg(&out, abi, arg, value);
	return out.bytes;
}

/* A number that no call has: all six registers, as they are. */
static void put_unknown(struct fst_text *out, uint32_t nr, const uint64_t args[6])
{
	fst_text_put(out, "syscall_0x%" PRIx32, nr);
	for (int i = 0; args && i < 6; i++)
		fst_text_put(out, "%s0x%" PRIx64, i ? ", " : "(", args[i]);
	if (args)
		fst_text_put(out, ")");
}

/*
 * What a number means may depend on an argument before it: protocol 6 is TCP in one domain and a netlink family in
 * another. `instead` is the set to name it by; with any
 * other value it stays a number.
 */
struct dependent {
	const char *set;
	unsigned on; /* which argument */
	uint32_t value;
	const char *instead;
};

static const struct dependent dependents[] = {
	{ "ipproto", 0, 2, "ipproto" },          /* AF_INET */
	{ "ipproto", 0, 10, "ipproto" },         /* AF_INET6 */
	{ "ipproto", 0, 16, "netlink_family" },  /* AF_NETLINK */
	{ "sock_option", 1, 1, "sock_option" },  /* SOL_SOCKET */
	{ "sock_option", 1, 6, "tcp_option" },   /* SOL_TCP */
	{ "sock_option", 1, 0, "ip_option" },    /* SOL_IP */
	{ "sock_option", 1, 41, "ipv6_option" }, /* SOL_IPV6 */
};

static struct flagstop_arg in_its_context(const struct flagstop_arg *arg, const uint64_t args[6])
{
	struct flagstop_arg told = *arg;
	bool depends = false;

	for (size_t i = 0; arg->set && i < sizeof(dependents) / sizeof(dependents[0]); i++) {
		const struct dependent *row = &dependents[i];

		if (strcmp(arg->set, row->set))
			continue;
		depends = true;
		told.set = row->instead;
		if ((uint32_t)args[row->on] == row->value)
			return told;
	}
	told.set = depends ? NULL : arg->set;
	return told;
}

size_t fst_format_call(enum flagstop_abi abi, uint32_t nr, const uint64_t args[6], const char *const words[6],
		       char *text, size_t size)
{
	struct fst_text out = { text, size, 0 };
	const struct flagstop_arg *list = NULL;
	int call = flagstop_call_from_number(abi, nr);
	unsigned count;
	bool some = false;

	if (size)
		text[0] = '\0';
	if (call < 0) {
		put_unknown(&out, nr, args);
		return out.bytes;
	}
	fst_text_put(&out, "%s", flagstop_call_name((unsigned)call));
	if (!args)
		return out.bytes;
	fst_text_put(&out, "(");
	count = flagstop_call_args((unsigned)call, abi, &list);
	for (unsigned i = 0; i < count; i++) {
		struct flagstop_arg arg = in_its_context(&list[i], args);

		if (arg.role == FLAGSTOP_ROLE_PAD)
			continue;
		fst_text_put(&out, "%s", some ? ", " : "");
		if (words && words[i])
			fst_text_put(&out, "%s", words[i]);
		else
			put_arg(&out, abi, &arg, args[i]);
		some = true;
	}
	fst_text_put(&out, ")");
	return out.bytes;
}

size_t flagstop_call_format(enum flagstop_abi abi, uint32_t nr, const uint64_t args[6], char *text, size_t size)
{
	return fst_format_call(abi, nr, args, NULL, text, size);
}
