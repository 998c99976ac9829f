/* SPDX-License-Identifier: MIT */
/*
 * The seccomp profile of OCI runtimes, Docker and Podman. Decides what the engines decide before they ask libseccomp:
 * which entries count on this machine, with these capabilities and on that kernel, which architectures there are,
 * and what a missing number means. What the rules then mean together is scmp_read.c's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <talloc.h>

#include <filters/formats/json.h>
#include <filters/formats/oci.h>
#include <filters/formats/scmp.h>

struct oci {
	struct fst_reading *reading;
	struct fst_json *json;
	struct fst_scmp_rules rules;
	struct flagstop_verdict fallback;
	bool left_out; /* an entry for capabilities that are not there */
};

static int fail_at(struct oci *oci, const json_t *value, const char *format, const char *what)
{
	struct fst_spot spot = fst_json_spot(oci->json, value);
	char message[200];

	snprintf(message, sizeof(message), format, what);
	return fst_read_fail(oci->reading, &spot, -EBADMSG, "%s", message);
}

/* ---- actions ---------------------------------------------------------------------------------------------------- */

const struct fst_oci_action fst_oci_actions[] = {
	{ "SCMP_ACT_ALLOW", FLAGSTOP_ACTION_ALLOW },
	{ "SCMP_ACT_ERRNO", FLAGSTOP_ACTION_DENY },
	{ "SCMP_ACT_LOG", FLAGSTOP_ACTION_LOG },
	{ "SCMP_ACT_TRACE", FLAGSTOP_ACTION_TRACE },
	{ "SCMP_ACT_NOTIFY", FLAGSTOP_ACTION_ASK },
	{ "SCMP_ACT_TRAP", FLAGSTOP_ACTION_TRAP },
	{ "SCMP_ACT_KILL_THREAD", FLAGSTOP_ACTION_KILL_THREAD },
	{ "SCMP_ACT_KILL", FLAGSTOP_ACTION_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", FLAGSTOP_ACTION_KILL_PROCESS },
	{ NULL, FLAGSTOP_ACTION_ALLOW },
};

const struct fst_oci_arch fst_oci_archs[] = {
	{ "SCMP_ARCH_X86_64", "amd64", FLAGSTOP_ABI_X86_64 },
	{ "SCMP_ARCH_X86", "x86", FLAGSTOP_ABI_I386 },
	{ "SCMP_ARCH_X32", "x32", FLAGSTOP_ABI_X32 },
	{ "SCMP_ARCH_AARCH64", "arm64", FLAGSTOP_ABI_AARCH64 },
	{ "SCMP_ARCH_ARM", "arm", FLAGSTOP_ABI_ARM },
	{ "SCMP_ARCH_RISCV64", "riscv64", FLAGSTOP_ABI_RISCV64 },
	{ "SCMP_ARCH_PPC64LE", "ppc64le", FLAGSTOP_ABI_PPC64LE },
	{ "SCMP_ARCH_S390X", "s390x", FLAGSTOP_ABI_S390X },
	{ "SCMP_ARCH_LOONGARCH64", "loong64", FLAGSTOP_ABI_LOONGARCH64 },
	{ NULL, NULL, FLAGSTOP_ABI_X86_64 },
};

/* The newer name of the errno wins over its number, as podman reads them; EPERM where there is none. */
static int read_errno(struct oci *oci, const json_t *object, const char *name_key, const char *number_key,
		      uint64_t *ret_number)
{
	int r = 0;
	json_t *name = fst_json_member(oci->json, object, name_key, JSON_STRING, &r);
	json_t *number = fst_json_member(oci->json, object, number_key, JSON_INTEGER, &r);

	*ret_number = 1;
	if (r)
		return r;
	if (name && *json_string_value(name)) {
		int found = fst_read_errno(json_string_value(name));

		if (found < 0)
			return fail_at(oci, name, "no errno is named '%.60s'", json_string_value(name));
		*ret_number = (uint64_t)found;
	} else if (number) {
		r = fst_json_u64(oci->json, number, "an errno", ret_number);
		if (!r && *ret_number > 65535)
			r = fail_at(oci, number, "%s is a number from 0 to 65535", "an errno");
	}
	return r;
}

static void note_action(struct oci *oci, const json_t *value, struct flagstop_verdict verdict)
{
	struct fst_spot spot = fst_json_spot(oci->json, value);

	if (verdict.action == FLAGSTOP_ACTION_TRACE)
		fst_losses_add(oci->reading->losses, FLAGSTOP_LOSS_MEANING, "trace", &spot,
			       "SCMP_ACT_TRACE leaves the call to a tracer, and fails without one: here it is recorded "
			       "and allowed");
	if (verdict.action == FLAGSTOP_ACTION_ASK)
		fst_losses_add(
			oci->reading->losses, FLAGSTOP_LOSS_MEANING, "notify", &spot,
			"SCMP_ACT_NOTIFY leaves the call to an agent: here somebody is asked, and where there is "
			"nobody it is denied");
}

static int read_action(struct oci *oci, const json_t *value, uint64_t number, struct flagstop_verdict *ret_verdict)
{
	const char *name = json_string_value(value);
	unsigned i;

	for (i = 0; fst_oci_actions[i].name && strcmp(fst_oci_actions[i].name, name); i++)
		;
	if (!fst_oci_actions[i].name)
		return fail_at(oci, value, "expected an action as SCMP_ACT_ALLOW, not '%.60s'", name);
	*ret_verdict = fst_oci_actions[i].action == FLAGSTOP_ACTION_DENY ?
		fst_verdict_errno((int64_t)number) :
		fst_verdict(fst_oci_actions[i].action, 0);
	note_action(oci, value, *ret_verdict);
	return 0;
}

/* ---- architectures ---------------------------------------------------------------------------------------------- */

static int add_arch(struct oci *oci, const json_t *value, unsigned *abis)
{
	const char *name = json_string_value(value);
	struct fst_spot spot = fst_json_spot(oci->json, value);

	if (!name)
		return fail_at(oci, value, "expected %s as SCMP_ARCH_X86_64", "an architecture");
	if (!strcmp(name, "SCMP_ARCH_NATIVE"))
		*abis |= 1u << oci->reading->options.native;
	for (unsigned i = 0; fst_oci_archs[i].name; i++) {
		if (strcmp(name, fst_oci_archs[i].name))
			continue;
		*abis |= 1u << fst_oci_archs[i].abi;
		return 0;
	}
	if (strcmp(name, "SCMP_ARCH_NATIVE"))
		fst_losses_add(oci->reading->losses, FLAGSTOP_LOSS_MEANING, "architecture", &spot,
			       "the tables do not have the architecture '%.40s': its programs are killed", name);
	return 0;
}

static int add_archs(struct oci *oci, const json_t *list, unsigned *abis)
{
	int r = 0;

	for (size_t i = 0; i < json_array_size(list) && !r; i++)
		r = add_arch(oci, json_array_get(list, i), abis);
	return r;
}

/* The entry of the map that is this machine's, and no other. */
static int read_arch_map(struct oci *oci, const json_t *map, unsigned *abis)
{
	for (size_t i = 0; i < json_array_size(map); i++) {
		const json_t *entry = json_array_get(map, i);
		unsigned main = 0;
		int r = 0;
		const json_t *arch = fst_json_member(oci->json, entry, "architecture", JSON_STRING, &r);
		const json_t *subs = fst_json_member(oci->json, entry, "subArchitectures", JSON_ARRAY, &r);

		if (r)
			return r;
		if (!arch)
			return fail_at(oci, entry, "expected %s here", "an object with \"architecture\"");
		for (unsigned k = 0; fst_oci_archs[k].name; k++)
			if (!strcmp(json_string_value(arch), fst_oci_archs[k].name))
				main = 1u << fst_oci_archs[k].abi;
		if (main == 1u << oci->reading->options.native)
			return add_archs(oci, subs, abis);
	}
	return 0;
}

static int read_archs(struct oci *oci, unsigned *ret_abis)
{
	int r = 0;
	const json_t *list = fst_json_member(oci->json, oci->json->root, "architectures", JSON_ARRAY, &r);
	const json_t *map = fst_json_member(oci->json, oci->json->root, "archMap", JSON_ARRAY, &r);

	*ret_abis = 1u << oci->reading->options.native; /* libseccomp's filters begin with it */
	if (r)
		return r;
	if (json_array_size(list) && json_array_size(map))
		return fail_at(oci, map, "%s: the engines take one of them",
			       "both \"architectures\" and \"archMap\" are given");
	r = add_archs(oci, list, ret_abis);
	return r ? r : read_arch_map(oci, map, ret_abis);
}

/* ---- which entries count ---------------------------------------------------------------------------------------- */

static bool list_has(const json_t *list, const char *word)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *each = json_string_value(json_array_get(list, i));

		if (each && !strcmp(each, word))
			return true;
	}
	return false;
}

static bool has_cap(const struct oci *oci, const char *cap)
{
	const char *at = oci->reading->options.caps;
	size_t bytes = strlen(cap);

	while (at && *at) {
		size_t word = strcspn(at, ", ");

		if (word == bytes && !strncmp(at, cap, bytes))
			return true;
		at += word;
		at += strspn(at, ", ");
	}
	return false;
}

static const char *native_name(const struct oci *oci)
{
	for (unsigned i = 0; fst_oci_archs[i].name; i++)
		if (fst_oci_archs[i].abi == oci->reading->options.native)
			return fst_oci_archs[i].go_name;
	return "";
}

/* "4.8" and "5.10.3": as numbers, two parts of them. */
static bool parse_kernel(const char *text, unsigned long *ret_version)
{
	char *end;
	unsigned long major, minor;

	if (*text < '0' || *text > '9')
		return false;
	major = strtoul(text, &end, 10);
	if (*end != '.' || end[1] < '0' || end[1] > '9')
		return false;
	minor = strtoul(end + 1, &end, 10);
	*ret_version = major << 16 | (minor & 0xffff);
	return true;
}

/* 1 when the condition of a filter holds, 0 when not. */
static int kernel_is_at_least(struct oci *oci, const json_t *value)
{
	unsigned long wanted, there;

	if (!parse_kernel(json_string_value(value), &wanted))
		return fail_at(oci, value, "expected a kernel as \"4.8\", not \"%.40s\"", json_string_value(value));
	if (!parse_kernel(oci->reading->options.kernel, &there))
		return fail_at(oci, value, "the kernel that was given, '%.40s', is none", oci->reading->options.kernel);
	return there >= wanted;
}

/* The lists and the kernel of "includes" or "excludes". */
struct filter {
	const json_t *caps, *arches, *kernel;
};

static int read_filter(struct oci *oci, const json_t *entry, const char *key, struct filter *ret_filter)
{
	int r = 0;
	const json_t *object = fst_json_member(oci->json, entry, key, JSON_OBJECT, &r);

	*ret_filter = (struct filter){ 0 };
	if (!object)
		return r;
	ret_filter->caps = fst_json_member(oci->json, object, "caps", JSON_ARRAY, &r);
	ret_filter->arches = fst_json_member(oci->json, object, "arches", JSON_ARRAY, &r);
	ret_filter->kernel = fst_json_member(oci->json, object, "minKernel", JSON_STRING, &r);
	return r;
}

static int is_excluded(struct oci *oci, const json_t *entry)
{
	struct filter f;
	int r = read_filter(oci, entry, "excludes", &f);

	if (r)
		return r;
	if (list_has(f.arches, native_name(oci)))
		return 1;
	for (size_t i = 0; i < json_array_size(f.caps); i++) {
		const char *cap = json_string_value(json_array_get(f.caps, i));

		if (cap && has_cap(oci, cap))
			return 1;
	}
	return f.kernel ? kernel_is_at_least(oci, f.kernel) : 0;
}

static int is_included(struct oci *oci, const json_t *entry)
{
	struct filter f;
	int r = read_filter(oci, entry, "includes", &f);

	if (r)
		return r;
	if (json_array_size(f.arches) && !list_has(f.arches, native_name(oci)))
		return 0;
	for (size_t i = 0; i < json_array_size(f.caps); i++) {
		const char *cap = json_string_value(json_array_get(f.caps, i));

		if (!cap || has_cap(oci, cap))
			continue;
		if (!oci->reading->options.caps && !oci->left_out) {
			struct fst_spot spot = fst_json_spot(oci->json, entry);

			oci->left_out = true;
			fst_losses_add(oci->reading->losses, FLAGSTOP_LOSS_NOTE, "capabilities", &spot,
				       "entries for capabilities are left out: none were given");
		}
		return 0;
	}
	return f.kernel ? kernel_is_at_least(oci, f.kernel) : 1;
}

/* ---- rules ------------------------------------------------------------------------------------------------------ */

const struct fst_oci_operator fst_oci_operators[] = {
	{ "SCMP_CMP_NE", FST_COMPARE_NE },
	{ "SCMP_CMP_LT", FST_COMPARE_LT },
	{ "SCMP_CMP_LE", FST_COMPARE_LE },
	{ "SCMP_CMP_EQ", FST_COMPARE_EQ },
	{ "SCMP_CMP_GE", FST_COMPARE_GE },
	{ "SCMP_CMP_GT", FST_COMPARE_GT },
	{ "SCMP_CMP_MASKED_EQ", FST_COMPARE_MASKED },
	{ NULL, FST_COMPARE_EQ },
};

struct argument {
	unsigned index;
	struct fst_scmp_test test;
};

static int read_number(struct oci *oci, const json_t *object, const char *key, uint64_t *ret_number)
{
	int r = 0;
	const json_t *value = fst_json_member(oci->json, object, key, JSON_INTEGER, &r);

	*ret_number = 0;
	return value ? fst_json_u64(oci->json, value, key, ret_number) : r;
}

/* A masked comparison has its mask first. */
static int read_argument(struct oci *oci, const json_t *object, struct argument *ret_argument)
{
	uint64_t index, value, second;
	unsigned i;
	int r = 0;
	const json_t *op;

	if (!json_is_object(object))
		return fail_at(oci, object, "expected %s here", "an object with \"index\", \"value\" and \"op\"");
	r = read_number(oci, object, "index", &index);
	if (!r && index > 5)
		r = fail_at(oci, json_object_get(object, "index"), "%s is a number from 0 to 5", "an argument's index");
	if (!r)
		r = read_number(oci, object, "value", &value);
	if (!r)
		r = read_number(oci, object, "valueTwo", &second);
	op = r ? NULL : fst_json_member(oci->json, object, "op", JSON_STRING, &r);
	if (r)
		return r;
	if (!op)
		return fail_at(oci, object, "%s is missing: an operator as SCMP_CMP_EQ", "\"op\"");
	for (i = 0; fst_oci_operators[i].name && strcmp(fst_oci_operators[i].name, json_string_value(op)); i++)
		;
	if (!fst_oci_operators[i].name)
		return fail_at(oci, op, "expected an operator as SCMP_CMP_EQ, not '%.60s'", json_string_value(op));
	ret_argument->index = (unsigned)index;
	ret_argument->test = (struct fst_scmp_test){ true, fst_oci_operators[i].compare, value, 0 };
	if (fst_oci_operators[i].compare == FST_COMPARE_MASKED)
		ret_argument->test = (struct fst_scmp_test){ true, FST_COMPARE_MASKED, second, value };
	return 0;
}

static int push(struct oci *oci, const struct fst_scmp_rule *rule)
{
	int r = fst_scmp_push(oci->reading->scratch, &oci->rules, rule);

	if (r == -E2BIG)
		return fst_read_fail(oci->reading, &rule->spot, r, "more than %d rules", FLAGSTOP_CONVERT_MAX_RULES);
	return r ? fst_read_no_memory(oci->reading) : 0;
}

/* Two conditions on one argument are one rule each: the engines split the whole list then. */
static int push_rules(struct oci *oci, struct fst_scmp_rule *rule, const struct argument *args, size_t count)
{
	bool twice = false;
	int r = 0;

	for (size_t i = 0; i < count; i++) {
		twice |= rule->tests[args[i].index].set;
		rule->tests[args[i].index] = args[i].test;
	}
	if (!twice)
		return push(oci, rule);
	for (size_t i = 0; i < count && !r; i++) {
		memset(rule->tests, 0, sizeof(rule->tests));
		rule->tests[args[i].index] = args[i].test;
		r = push(oci, rule);
	}
	return r;
}

static int read_name(struct oci *oci, const json_t *name, struct flagstop_verdict verdict, const struct argument *args,
		     size_t count)
{
	struct fst_spot spot = fst_json_spot(oci->json, name);
	struct fst_scmp_rule rule = { .verdict = verdict, .spot = spot };
	int call;

	if (!json_is_string(name))
		return fail_at(oci, name, "expected %s", "a call's name");
	call = fst_read_call(oci->reading, json_string_value(name), &spot);
	if (call < 0)
		return 0;
	rule.call = (unsigned)call;
	return push_rules(oci, &rule, args, count);
}

#define ARGUMENTS_MAX 64 /* of one entry: those behind the sixth repeat one */

static int read_rules(struct oci *oci, const json_t *entry, struct flagstop_verdict verdict)
{
	struct argument args[ARGUMENTS_MAX];
	int r = 0;
	const json_t *list = fst_json_member(oci->json, entry, "args", JSON_ARRAY, &r);
	const json_t *names = fst_json_member(oci->json, entry, "names", JSON_ARRAY, &r);
	const json_t *name = fst_json_member(oci->json, entry, "name", JSON_STRING, &r);
	size_t count = json_array_size(list);

	if (r)
		return r;
	if (count > ARGUMENTS_MAX)
		return fst_read_fail(oci->reading, &(struct fst_spot){ .file = oci->reading->name }, -E2BIG,
				     "more than %d conditions in one entry", ARGUMENTS_MAX);
	for (size_t i = 0; i < count && !r; i++)
		r = read_argument(oci, json_array_get(list, i), &args[i]);
	if (!r && name && names)
		r = fail_at(oci, name, "%s: the engines take one of them", "both \"name\" and \"names\" are given");
	if (!r && !name && !names)
		r = fail_at(oci, entry, "%s is missing: a list of calls", "\"names\"");
	if (!r && name)
		r = read_name(oci, name, verdict, args, count);
	for (size_t i = 0; i < json_array_size(names) && !r; i++)
		r = read_name(oci, json_array_get(names, i), verdict, args, count);
	return r;
}

static int read_entry(struct oci *oci, const json_t *entry)
{
	struct flagstop_verdict verdict;
	uint64_t number;
	int r = 0;
	const json_t *action;

	if (!json_is_object(entry))
		return fail_at(oci, entry, "expected %s here", "an object with \"names\" and \"action\"");
	r = is_excluded(oci, entry);
	if (r)
		return r < 0 ? r : 0;
	r = is_included(oci, entry);
	if (r <= 0)
		return r;
	r = 0;
	action = fst_json_member(oci->json, entry, "action", JSON_STRING, &r);
	if (!r && !action)
		r = fail_at(oci, entry, "%s is missing: an action as SCMP_ACT_ALLOW", "\"action\"");
	if (!r)
		r = read_errno(oci, entry, "errno", "errnoRet", &number);
	if (!r)
		r = read_action(oci, action, number, &verdict);
	return r ? r : read_rules(oci, entry, verdict);
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

static void note_rest(struct oci *oci)
{
	static const char *const keys[] = { "flags", "listenerPath", "listenerMetadata" };

	for (unsigned i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const json_t *value = json_object_get(oci->json->root, keys[i]);
		struct fst_spot spot = fst_json_spot(oci->json, value);

		if (!value || json_is_null(value) || (json_is_array(value) && !json_array_size(value)) ||
		    (json_is_string(value) && !*json_string_value(value)))
			continue;
		char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		fst_losses_add(oci->reading->losses, FLAGSTOP_LOSS_MEANING, i ? "listener" : "flags", &spot,
			       "a policy has no \"%s\": %.120s", keys[i], text ? text : "");
		free(text);
	}
}

static int read_default(struct oci *oci)
{
	int r = 0;
	const json_t *root = oci->json->root;
	const json_t *action = fst_json_member(oci->json, root, "defaultAction", JSON_STRING, &r);
	uint64_t number;

	if (!r && !action)
		r = fail_at(oci, root, "%s is missing: an action as SCMP_ACT_ERRNO", "\"defaultAction\"");
	if (!r)
		r = read_errno(oci, root, "defaultErrno", "defaultErrnoRet", &number);
	return r ? r : read_action(oci, action, number, &oci->fallback);
}

/* runc answers ENOSYS to calls that are newer than all that the profile names: programs then use an older one. */
static int add_newer(struct oci *oci, struct fst_profile *profile)
{
	struct flagstop_verdict enosys = fst_verdict_errno(flagstop_errno_find("ENOSYS"));
	int r = 0;

	if (oci->fallback.action == FLAGSTOP_ACTION_ALLOW || oci->fallback.action == FLAGSTOP_ACTION_LOG ||
	    oci->fallback.action == FLAGSTOP_ACTION_TRACE)
		return 0;
	profile->unknown = enosys;
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		int64_t newest = 0;

		for (unsigned i = 0; i < oci->rules.count; i++) {
			int64_t number = flagstop_call_number(oci->rules.list[i].call, abi);

			if (number > newest)
				newest = number;
		}
		for (unsigned call = 0; call < flagstop_call_count() && !r && newest; call++)
			if (profile->by_abi[abi] && flagstop_call_number(call, abi) > newest)
				r = fst_profile_add(profile, abi, call, NULL, enosys);
	}
	return r;
}

static int build(struct oci *oci, unsigned abis)
{
	struct fst_profile *profile = fst_profile_new(oci->reading->scratch, abis);
	int r;

	if (!profile)
		return fst_read_no_memory(oci->reading);
	profile->fallback = profile->unknown = oci->fallback;
	oci->reading->profile = profile;
	r = fst_scmp_apply(oci->reading, &oci->rules, profile);
	if (!r && oci->reading->options.newer_enosys)
		r = add_newer(oci, profile);
	return r == -ENOMEM ? fst_read_no_memory(oci->reading) : r;
}

int fst_oci_read(struct fst_reading *reading)
{
	struct oci oci = { .reading = reading };
	unsigned abis;
	int r = fst_json_load(reading, &oci.json);
	const json_t *entries;

	if (r)
		return r;
	if (!json_is_object(oci.json->root))
		return fail_at(&oci, oci.json->root, "expected %s",
			       "an object with \"defaultAction\" and \"syscalls\"");
	r = read_default(&oci);
	if (!r)
		r = read_archs(&oci, &abis);
	entries = r ? NULL : fst_json_member(oci.json, oci.json->root, "syscalls", JSON_ARRAY, &r);
	for (size_t i = 0; i < json_array_size(entries) && !r; i++)
		r = read_entry(&oci, json_array_get(entries, i));
	if (r)
		return r;
	note_rest(&oci);
	return build(&oci, abis);
}
