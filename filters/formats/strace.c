/* SPDX-License-Identifier: MIT */
/*
 * Sets of calls as strace -e takes them (strace(1)): what is in the set is traced, everything else allowed. Decides
 * which calls an item means; which are in strace's classes stands in strace_classes.c.
 */
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include <talloc.h>

#include <filters/formats/lists.h>
#include <filters/formats/strace.h>

struct set {
	struct fst_reading *reading;
	unsigned abis;
	struct fst_callset calls;
};

static int fail_at(struct set *set, struct fst_slice slice, const char *what)
{
	struct fst_spot spot = fst_slice_spot(set->reading, slice);

	return fst_read_fail(set->reading, &spot, -EBADMSG, "%s: '%.60s'", what, fst_slice_copy(set->reading, slice));
}

/* Adds a call in these ABIs, as far as they have it. */
static bool add(struct set *set, unsigned call, unsigned abis)
{
	bool any = false;

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		if (!(abis >> abi & 1) || flagstop_call_number(call, abi) < 0)
			continue;
		fst_callset_add(&set->calls, abi, call);
		any = true;
	}
	return any;
}

#define REGEX_MAX_BYTES 256
#define REGEX_MAX_PLUS 8

/*
 * regcomp(3) of the GNU library copies what is repeated, and copies of copies fill any memory: `a++++…` found it. So
 * regular expressions are short, repeat little, and never refer back, which regexec(3) may take for ever with.
 */
static const char *why_no_regex(const char *pattern)
{
	unsigned plus = 0;

	if (strlen(pattern) > REGEX_MAX_BYTES)
		return "a regular expression of more than 256 bytes";
	for (const char *at = pattern; *at; at++) {
		plus += *at == '+';
		if (*at == '{')
			return "a regular expression with a count in braces";
		if (*at == '\\' && at[1] >= '0' && at[1] <= '9')
			return "a regular expression that refers back";
	}
	return plus > REGEX_MAX_PLUS ? "a regular expression with more than 8 '+'" : NULL;
}

static int add_regex(struct set *set, struct fst_slice item, unsigned abis)
{
	const char *pattern = fst_slice_copy(set->reading, item) + 1;
	regex_t regex;
	const char *no = why_no_regex(pattern);
	char why[128];
	bool any = false;
	int r;

	if (no)
		return fail_at(set, item, no);
	r = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
	if (r) {
		regerror(r, &regex, why, sizeof(why));
		return fail_at(set, item, why);
	}
	for (unsigned call = 0; call < flagstop_call_count(); call++)
		if (!regexec(&regex, flagstop_call_name(call), 0, NULL, 0))
			any |= add(set, call, abis);
	regfree(&regex);
	return any;
}

static int add_class(struct set *set, const char *calls, unsigned abis)
{
	struct fst_slice rest = { calls, strlen(calls) }, word;

	while (fst_slice_word(&rest, " ", &word)) {
		int call = flagstop_call_find(fst_slice_copy(set->reading, word));

		if (call >= 0)
			add(set, (unsigned)call, abis);
	}
	return 1;
}

static int add_number(struct set *set, struct fst_slice item, unsigned abis)
{
	char *end;
	unsigned long number = strtoul(fst_slice_copy(set->reading, item), &end, 10);
	bool any = false;

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT && !*end; abi++) {
		int call = abis >> abi & 1 ? flagstop_call_from_number(abi, (uint32_t)number) : -ENOENT;

		if (call < 0 && abi == FLAGSTOP_ABI_X32 && abis >> abi & 1)
			call = flagstop_call_from_number(abi, (uint32_t)number | 0x40000000);
		any |= call >= 0 && add(set, (unsigned)call, 1u << abi);
	}
	return any;
}

/* 1 when calls were found, 0 when none, a negative errno. */
static int add_item(struct set *set, struct fst_slice item, unsigned abis)
{
	const char *name = fst_slice_copy(set->reading, item);
	const char *calls = fst_strace_class(name);
	int call;

	if (!strcmp(name, "all")) {
		for (unsigned i = 0; i < flagstop_call_count(); i++)
			add(set, i, abis);
		return 1;
	}
	if (*name == '/')
		return add_regex(set, item, abis);
	if (calls)
		return add_class(set, calls, abis);
	if (*name >= '0' && *name <= '9')
		return add_number(set, item, abis);
	call = flagstop_call_find(name);
	return call >= 0 && add(set, (unsigned)call, abis);
}

static const struct {
	const char *name;
	unsigned abis;
} personalities[] = {
	{ "64", ~(1u << FLAGSTOP_ABI_I386 | 1u << FLAGSTOP_ABI_ARM | 1u << FLAGSTOP_ABI_X32) },
	{ "32", 1u << FLAGSTOP_ABI_I386 | 1u << FLAGSTOP_ABI_ARM },
	{ "x32", 1u << FLAGSTOP_ABI_X32 },
};

/* Takes the @64 from the item's end. */
static int read_personality(struct set *set, struct fst_slice *item, unsigned *abis)
{
	struct fst_slice name, suffix = *item;

	while (fst_slice_cut(&suffix, '@', &name))
		;
	if (suffix.bytes == item->bytes)
		return 0;
	for (unsigned i = 0; i < sizeof(personalities) / sizeof(*personalities); i++) {
		if (!fst_slice_is(suffix, personalities[i].name))
			continue;
		*abis &= personalities[i].abis;
		item->bytes -= suffix.bytes + 1;
		return 0;
	}
	return fail_at(set, *item, "expected @64, @32 or @x32");
}

static int read_item(struct set *set, struct fst_slice item)
{
	struct fst_spot spot = fst_slice_spot(set->reading, item);
	unsigned abis = set->abis;
	bool may_be_unknown = false;
	int r;

	while (fst_slice_begins(item, "?")) {
		may_be_unknown = true;
		item.text++;
		item.bytes--;
	}
	r = read_personality(set, &item, &abis);
	if (!r)
		r = add_item(set, item, abis);
	if (r < 0)
		return r;
	if (!r && !may_be_unknown)
		fst_losses_add(set->reading->losses, FLAGSTOP_LOSS_UNKNOWN_CALL, "unknown-call", &spot,
			       "no call or class is named '%.60s': left out", fst_slice_copy(set->reading, item));
	return 0;
}

static int build(struct set *set, bool inverted)
{
	struct flagstop_verdict trace = fst_verdict(FLAGSTOP_ACTION_TRACE, 0),
				allow = fst_verdict(FLAGSTOP_ACTION_ALLOW, 0);
	struct fst_profile *profile = fst_profile_new(set->reading->scratch, set->abis);
	int r = profile ? 0 : -ENOMEM;

	if (profile)
		profile->fallback = profile->unknown = inverted ? trace : allow;
	for (unsigned call = 0; call < flagstop_call_count() && !r; call++)
		for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT && !r; abi++)
			if (fst_callset_has(&set->calls, abi, call))
				r = fst_profile_add(profile, abi, call, NULL, inverted ? allow : trace);
	set->reading->profile = profile;
	return r ? fst_read_no_memory(set->reading) : 0;
}

int fst_strace_read(struct fst_reading *reading)
{
	static const char *const keys[] = { "--trace=", "trace=", "t=" };
	struct set set = { .reading = reading, .abis = fst_family_of(reading->options.native) };
	struct fst_slice rest = fst_slice_trim((struct fst_slice){ reading->text, reading->bytes }), item;
	bool inverted = false, any = false;
	unsigned words = 0;
	int r = 0;

	for (unsigned i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (!fst_slice_begins(rest, keys[i]))
			continue;
		rest.text += strlen(keys[i]);
		rest.bytes -= strlen(keys[i]);
		break;
	}
	for (; fst_slice_begins(rest, "!"); rest.text++, rest.bytes--)
		inverted = !inverted;
	if (fst_slice_is(rest, "none"))
		return build(&set, inverted);
	for (; !r && fst_slice_word(&rest, ",\n\r", &item); any = true) {
		r = fst_list_count(reading, item, &words);
		if (!r)
			r = read_item(&set, fst_slice_trim(item));
	}
	if (!r && !any)
		r = fail_at(&set, rest, "expected a set of calls as %file,ioctl");
	return r ? r : build(&set, inverted);
}
