/* SPDX-License-Identifier: MIT */
/*
 * Conversions before a referee: profiles as libseccomp's own library carries them out, and as flagstop does after
 * reading them; policies as flagstop compiles them, and as libseccomp does after flagstop wrote them. Both programs
 * get the same points: every number of every ABI, and for calls with conditions every value of the rules, its
 * neighbours, and the same with bits in the upper half.
 *
 * The differences that are meant have names, and every other one fails:
 *   newer         a call that this libseccomp does not know, so that its program cannot name it
 *   renamed       a name of libseccomp's that the tables do not have
 *   upper_half    an argument of which the kernel reads 32 bits, with bits in the others: only libseccomp looks there
 *   unfounded     libseccomp's program does what no rule says whose comparisons hold: rules of one call that share a
 *   part
 *                 of their tree leak into each other (seen in 2.5.4, with != and orders beside other arguments)
 *   mixed_words   profiles whose program, as libseccomp writes it, compares a word that it did not load
 *   (kit_mixes_words)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert_kit.h"

#define CONTAINER_PROFILE "/usr/share/containers/seccomp.json"
#define OWN "tests/data/formats/"

/* ---- differences that are meant --------------------------------------------------------------------------------- */

enum difference {
	NEWER,
	UPPER_HALF,
	UNFOUNDED,
	DIFFERENCES,
};

struct judge {
	const json_t *profile; /* for the values; NULL: values_of is the test's own */
	enum flagstop_abi abi;
	bool exact;   /* the upper half must not matter */
	bool founded; /* what flagstop does must be what some rule says, at every point */
	unsigned named[DIFFERENCES];
};

/* The library's numbers below 0 stand for calls that the architecture lacks, but for those of the multiplexers. */
static bool library_knows(enum flagstop_abi abi, int call)
{
	int number = call < 0 ? __NR_SCMP_ERROR :
				seccomp_syscall_resolve_name_arch(kit_arch(abi), flagstop_call_name((unsigned)call));

	return number >= 0 || (number <= -100 && number >= -224);
}

static bool has_upper_half(enum flagstop_abi abi, int call, const uint64_t args[6])
{
	const struct flagstop_arg *list;
	unsigned count = flagstop_call_args((unsigned)call, abi, &list);

	for (unsigned i = 0; i < count; i++)
		if (flagstop_arg_bits(abi, list[i].type) == 32 && args[i] >> 32)
			return true;
	return false;
}

static bool differ(void *context, const struct flagstop_data *data, int call, uint32_t a, uint32_t b)
{
	struct judge *judge = context;

	bool ours_is_founded = !judge->founded || kit_is_founded(judge->profile, data, b);

	if (a == b)
		return ours_is_founded || has_upper_half(judge->abi, call, data->args);
	if (judge->founded && ours_is_founded && !kit_is_founded(judge->profile, data, a)) {
		judge->named[UNFOUNDED]++;
		return true;
	}
	if (!library_knows(judge->abi, call)) {
		judge->named[NEWER]++;
		return call >= 0;
	}
	if (!judge->exact && has_upper_half(judge->abi, call, data->args)) {
		judge->named[UPPER_HALF]++;
		return true;
	}
	return false;
}

static void values_of_random(void *context, unsigned call, struct kit_values *ret_values)
{
	struct judge *judge = context;

	kit_values_of_oci(judge->profile, flagstop_call_name(call), false, ret_values);
}

static void values_of_profile(void *context, unsigned call, struct kit_values *ret_values)
{
	struct judge *judge = context;

	kit_values_of_oci(judge->profile, flagstop_call_name(call), true, ret_values);
}

/* ---- conversions ------------------------------------------------------------------------------------------------ */

static char *read_whole(const char *path, size_t *ret_bytes)
{
	FILE *file = fopen(path, "re");
	char *text = malloc(1 << 20);

	assert_non_null(text);
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	*ret_bytes = fread(text, 1, (1 << 20) - 1, file);
	text[*ret_bytes] = '\0';
	fclose(file);
	return text;
}

static struct flagstop_conversion *convert(const char *from, const char *to, const char *text, size_t bytes,
					   const struct flagstop_convert_options *options)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_conversion *conversion;
	char shown[1024];

	if (!flagstop_convert(from, to, "test", text, bytes, options, &conversion, &error))
		return conversion;
	flagstop_error_format(&error, shown, sizeof(shown));
	fail_msg("%s", shown);
	return NULL;
}

static bool lost(const struct flagstop_conversion *conversion, const char *name)
{
	const struct flagstop_loss *loss;

	for (size_t i = 0; (loss = flagstop_conversion_loss(conversion, i)); i++)
		if (!strcmp(loss->name, name))
			return true;
	return false;
}

static struct flagstop_policy *policy_of_text(const char *text)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	char shown[1024];

	assert_non_null(policy);
	if (flagstop_policy_add_text(policy, "policy", text, strlen(text), &error)) {
		flagstop_error_format(&error, shown, sizeof(shown));
		fail_msg("%s", shown);
	}
	return policy;
}

static struct flagstop_policy *policy_of(const struct flagstop_conversion *conversion)
{
	return policy_of_text(flagstop_conversion_text(conversion, NULL));
}

/* ---- reading: OCI ----------------------------------------------------------------------------------------------- */

struct profile {
	const char *path;
	struct kit_container container;
	unsigned abis;
};

#define BIT(abi) (1u << FLAGSTOP_ABI_##abi)

static void compare_abis(const struct kit_program *a, const struct kit_program *b, unsigned abis, struct judge *judge,
			 void (*values_of)(void *, unsigned, struct kit_values *))
{
	unsigned long points = 0;
	unsigned unnamed = 0;

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		struct kit_comparison comparison = { a, b, abi, false, false, values_of, differ, judge, 0 };

		if (!(abis >> abi & 1))
			continue;
		judge->abi = abi;
		unnamed += kit_compare(&comparison);
		points += comparison.points;
	}
	print_message("%lu points; newer than libseccomp: %u, upper half: %u\n", points, judge->named[NEWER],
		      judge->named[UPPER_HALF]);
	assert_int_equal(unnamed, 0);
	assert_true(points > 400);
}

static void profile__means_what_libseccomp_makes_of_it(void **state)
{
	const struct profile *row = *state;
	struct flagstop_convert_options options = FLAGSTOP_CONVERT_OPTIONS_INIT;
	size_t bytes;
	char *text = read_whole(row->path, &bytes);
	/* The library's integers end at 2^63. */
	json_t *profile = json_loads(text, JSON_DECODE_INT_AS_REAL, NULL);
	struct judge judge = { 0 };
	struct kit_program theirs, ours;

	json_decref(profile);
	profile = json_loads(text, 0, NULL);
	if (!profile)
		profile = json_loads(text, JSON_DECODE_INT_AS_REAL, NULL);
	assert_non_null(profile);
	judge.profile = profile;
	options.native = row->container.native;
	options.given = FLAGSTOP_CONVERT_NATIVE;
	options.caps = row->container.caps;
	struct flagstop_conversion *conversion = convert("oci", "flagstop", text, bytes, &options);
	struct flagstop_policy *policy = policy_of(conversion);
	assert_int_equal(flagstop_policy_abis(policy), row->abis);
	assert_int_equal(kit_load_oci(profile, &row->container, &theirs), 0);
	kit_compile(policy, &ours);
	compare_abis(&theirs, &ours, row->abis, &judge, values_of_profile);
	kit_release(&theirs);
	kit_release(&ours);
	flagstop_policy_free(policy);
	flagstop_conversion_free(conversion);
	json_decref(profile);
	free(text);
}

static const struct profile container_x86 = { CONTAINER_PROFILE,
					      { FLAGSTOP_ABI_X86_64, "" },
					      BIT(X86_64) | BIT(I386) | BIT(X32) };
static const struct profile container_x86_caps = { CONTAINER_PROFILE,
						   { FLAGSTOP_ABI_X86_64,
						     "CAP_SYS_ADMIN,CAP_SYS_TIME,CAP_AUDIT_WRITE,CAP_SYS_CHROOT" },
						   BIT(X86_64) | BIT(I386) | BIT(X32) };
static const struct profile container_arm = { CONTAINER_PROFILE,
					      { FLAGSTOP_ABI_AARCH64, "" },
					      BIT(AARCH64) | BIT(ARM) };
static const struct profile container_s390x = { CONTAINER_PROFILE, { FLAGSTOP_ABI_S390X, "" }, BIT(S390X) };
static const struct profile masked = { OWN "masked.json",
				       { FLAGSTOP_ABI_X86_64, "" },
				       BIT(X86_64) | BIT(I386) | BIT(X32) };
#define OF_BENCH(name) \
	"bench/filters/profiles/" name ".json", \
	{ \
		FLAGSTOP_ABI_X86_64, "" \
	}
static const struct profile of_bench[] = {
	{ OF_BENCH("builder"), BIT(X86_64) | BIT(I386) | BIT(X32) },
	{ OF_BENCH("deny-privileged"), BIT(X86_64) | BIT(I386) | BIT(X32) },
	{ OF_BENCH("judge"), BIT(X86_64) | BIT(I386) | BIT(X32) },
	{ OF_BENCH("server"), BIT(X86_64) | BIT(I386) | BIT(X32) },
	{ OF_BENCH("system-service"), BIT(X86_64) | BIT(I386) | BIT(X32) },
	{ OF_BENCH("watch"), BIT(X86_64) | BIT(I386) | BIT(X32) },
};
static const struct profile mixed = { OWN "mixed.json", { FLAGSTOP_ABI_X86_64, "" }, BIT(X86_64) | BIT(I386) };

/* ---- reading: rules at random ----------------------------------------------------------------------------------- */

#define RANDOM_PROFILES 300
#define SEED UINT64_C(0x6f63692d72756c65)

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static json_t *random_args(uint64_t *state, bool orders)
{
	static const char *const operators[] = { "SCMP_CMP_EQ", "SCMP_CMP_EQ", "SCMP_CMP_NE", "SCMP_CMP_MASKED_EQ",
						 "SCMP_CMP_LT", "SCMP_CMP_LE", "SCMP_CMP_GT", "SCMP_CMP_GE" };
	json_t *args = json_array();
	unsigned chosen = 1 + next(state) % 7;

	for (unsigned i = 0; i < 3; i++) {
		const char *op = operators[next(state) % (orders || !(chosen & (chosen - 1)) ? 8 : 4)];
		bool is_masked = !strcmp(op, "SCMP_CMP_MASKED_EQ");

		if (!(chosen >> i & 1))
			continue;
		json_array_append_new(args,
				      json_pack("{s:i, s:i, s:i, s:s}", "index", i, "value",
						(int)(is_masked ? 1 + next(state) % 7 : 1 + next(state) % 4),
						"valueTwo", (int)(next(state) % 8), "op", op));
	}
	return args;
}

static json_t *random_profile(uint64_t *state, bool one_action)
{
	static const char *const actions[] = { "SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRAP" };
	json_t *rules = json_array();
	unsigned count = 1 + next(state) % 5;

	for (unsigned i = 0; i < count; i++) {
		/* lseek's arguments have 32, 64 and 32 bits, rt_sigaction's 32, 64 and 64. */
		const char *call = next(state) % 2 ? "lseek" : "rt_sigaction";
		const char *action = actions[one_action ? 0 : next(state) % 3];

		json_array_append_new(rules,
				      json_pack("{s:[s], s:s, s:o}", "names", call, "action", action, "args",
						random_args(state, one_action)));
	}
	return json_pack("{s:s, s:[s, s], s:o}", "defaultAction", "SCMP_ACT_ERRNO", "architectures", "SCMP_ARCH_X86_64",
			 "SCMP_ARCH_X86", "syscalls", rules);
}

/* What became of the profiles. */
struct outcome {
	unsigned refused, unsaid, mixed, unfounded, right, wrong;
};

static void compare_random(uint64_t *state, bool one_action, struct outcome *outcome)
{
	static const struct kit_container here = { FLAGSTOP_ABI_X86_64, "" };
	struct flagstop_convert_options options = FLAGSTOP_CONVERT_OPTIONS_INIT;
	json_t *profile = random_profile(state, one_action);
	char *text = json_dumps(profile, 0);
	struct judge judge = { .profile = profile, .founded = true };
	struct kit_program theirs, ours;
	unsigned unnamed = 0;

	options.native = FLAGSTOP_ABI_X86_64;
	options.given = FLAGSTOP_CONVERT_NATIVE;
	struct flagstop_conversion *conversion = convert("oci", "flagstop", text, strlen(text), &options);
	struct flagstop_policy *policy = policy_of(conversion);
	int r = kit_load_oci(profile, &here, &theirs);
	kit_compile(policy, &ours);
	bool mixes = kit_mixes_words(&theirs);
	for (unsigned abi = FLAGSTOP_ABI_X86_64; !r && !(mixes && !one_action) && abi <= FLAGSTOP_ABI_I386; abi++) {
		struct kit_comparison comparison = { &theirs, &ours, abi, true, true, values_of_random, differ,
						     &judge, 0 };

		judge.abi = abi;
		unnamed += kit_compare(&comparison);
	}
	if (unnamed)
		print_error("%s\n%s\n", text, flagstop_conversion_text(conversion, NULL));
	outcome->unsaid += r && !lost(conversion, "conflict");
	assert_false(!r && lost(conversion, "conflict"));
	outcome->refused += r != 0;
	outcome->mixed += !r && mixes;
	outcome->unfounded += judge.named[UNFOUNDED] > 0;
	outcome->right += !r && !(mixes && !one_action) && !unnamed;
	outcome->wrong += unnamed > 0;
	kit_release(&theirs);
	kit_release(&ours);
	flagstop_policy_free(policy);
	flagstop_conversion_free(conversion);
	json_decref(profile);
	free(text);
}

static void compare_many(uint64_t seed, bool one_action, struct outcome *outcome)
{
	*outcome = (struct outcome){ 0 };
	for (unsigned i = 0; i < RANDOM_PROFILES; i++)
		compare_random(&seed, one_action, outcome);
	print_message(
		"%u right, %u wrong, %u refused by the library, %u in which it mixes words; "
		"%u that it refuses by itself, unfounded in %u\n",
		outcome->right, outcome->wrong, outcome->refused, outcome->mixed, outcome->unsaid,
		outcome->unfounded);
	assert_int_equal(outcome->wrong, 0);
	assert_true(outcome->right > RANDOM_PROFILES / 4);
}

static void profile__rules_of_one_action_are_a_union(void **state)
{
	struct outcome outcome;

	(void)state;
	compare_many(SEED, true, &outcome);
	assert_int_equal(outcome.refused, 0);
}

static void profile__rules_of_several_actions_are_asked_in_the_librarys_order(void **state)
{
	struct outcome outcome;

	(void)state;
	compare_many(SEED + 1, false, &outcome);
	assert_true(outcome.refused > 0);
}

/* ---- reading: systemd ------------------------------------------------------------------------------------------- */

/*
 * What systemd does with a unit: one filter for each architecture, each call of the list by
 * seccomp_rule_add_exact(). Which calls a set has is what `listed` says in flagstop's language; that the sets are
 * systemd's is test_groups.c's.
 */
struct unit {
	const char *text;
	const char *listed;
	uint32_t fallback, action;
	const char *others[3]; /* calls with an errno of their own */
	int errors[3];
	unsigned abis;
};

static scmp_filter_ctx unit_filter(const struct unit *unit, enum flagstop_abi abi, const struct flagstop_policy *listed)
{
	scmp_filter_ctx filter = seccomp_init(unit->fallback);

	assert_non_null(filter);
	if (kit_arch(abi) != seccomp_arch_native()) {
		assert_int_equal(seccomp_arch_remove(filter, seccomp_arch_native()), 0);
		assert_int_equal(seccomp_arch_add(filter, kit_arch(abi)), 0);
	}
	for (unsigned call = 0; call < flagstop_call_count(); call++) {
		struct flagstop_data data = {
			(uint32_t)flagstop_call_number(call, abi), flagstop_abi_audit_arch(abi), 0, { 0 }
		};
		int number = seccomp_syscall_resolve_name(flagstop_call_name(call));
		uint32_t action = unit->action;

		for (int i = 0; i < 3 && unit->others[i]; i++)
			if (!strcmp(unit->others[i], flagstop_call_name(call)))
				action = SCMP_ACT_ERRNO((unsigned)unit->errors[i]);
		if (number == __NR_SCMP_ERROR || flagstop_call_number(call, abi) < 0 ||
		    flagstop_policy_decide(listed, &data, NULL).action != FLAGSTOP_ACTION_ALLOW)
			continue;
		seccomp_rule_add_exact(filter, action, number, 0); /* -EDOM: not on this architecture */
	}
	return filter;
}

/* The multiplexers' first argument. */
static void values_of_unit(void *context, unsigned call, struct kit_values *ret_values)
{
	const char *name = flagstop_call_name(call);

	(void)context;
	for (uint64_t i = 1; i <= 24 && (!strcmp(name, "socketcall") || !strcmp(name, "ipc")); i++)
		ret_values->list[0][ret_values->count[0]++] = i;
}

static void unit__means_what_systemd_makes_of_it(void **state)
{
	const struct unit *unit = *state;
	struct flagstop_convert_options options = FLAGSTOP_CONVERT_OPTIONS_INIT;
	struct flagstop_policy *listed = policy_of_text(unit->listed);

	options.native = FLAGSTOP_ABI_X86_64;
	options.given = FLAGSTOP_CONVERT_NATIVE;
	struct flagstop_conversion *conversion =
		convert("systemd", "flagstop", unit->text, strlen(unit->text), &options);
	assert_int_equal(flagstop_conversion_losses(conversion), 0);
	struct flagstop_policy *policy = policy_of(conversion);
	assert_int_equal(flagstop_policy_abis(policy), unit->abis);
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		struct judge judge = { 0 };
		struct kit_program theirs, ours;

		if (!(unit->abis >> abi & 1))
			continue;
		kit_export(unit_filter(unit, abi, listed), &theirs);
		kit_compile(policy, &ours);
		compare_abis(&theirs, &ours, 1u << abi, &judge, values_of_unit);
		kit_release(&theirs);
		kit_release(&ours);
	}
	flagstop_policy_free(policy);
	flagstop_policy_free(listed);
	flagstop_conversion_free(conversion);
}

#define LISTED "abi x86_64 i386 x32\nunknown deny EPERM\ndefault deny EPERM\nallow "

static const struct unit system_service = {
	"[Service]\nSystemCallArchitectures=native x86 x32\nSystemCallErrorNumber=EPERM\n"
	"SystemCallFilter=@system-service\nSystemCallFilter=~@resources uname\nSystemCallFilter=~kcmp:EACCES\n",
	LISTED "(@system-service @default - (@resources uname)) kcmp",
	SCMP_ACT_ERRNO(1),
	SCMP_ACT_ALLOW,
	{ "kcmp" },
	{ 13 },
	BIT(X86_64) | BIT(I386) | BIT(X32),
};

static const struct unit deny_list = {
	"[Service]\nSystemCallFilter=~@mount @clock @network-io adjtimex:EACCES \\\n\treboot:ENOSYS\n"
	"SystemCallFilter=chroot\n",
	LISTED "(@mount @clock @network-io reboot) - chroot\ndeny restart_syscall",
	SCMP_ACT_ALLOW,
	SCMP_ACT_KILL_PROCESS,
	{ "reboot", "adjtimex" },
	{ 38, 13 },
	BIT(X86_64) | BIT(I386) | BIT(X32),
};

/* ---- writing ---------------------------------------------------------------------------------------------------- */

struct source {
	const char *format, *path;
	unsigned abis; /* that must come out as they went in; more only where nothing of them was lost */
};

/* As libseccomp carries out the profile that was written: with any bits in the upper halves. */
static void policy__means_the_same_after_writing(void **state)
{
	static const struct kit_container here = { FLAGSTOP_ABI_X86_64, "" };
	const struct source *row = *state;
	struct flagstop_convert_options options = FLAGSTOP_CONVERT_OPTIONS_INIT;
	struct kit_program theirs, ours;
	struct judge judge = { .exact = true };
	size_t bytes;
	char *text = read_whole(row->path, &bytes);

	options.native = FLAGSTOP_ABI_X86_64;
	options.given = FLAGSTOP_CONVERT_NATIVE;
	struct flagstop_conversion *read = convert(row->format, "flagstop", text, bytes, &options);
	struct flagstop_policy *policy = policy_of(read);
	const char *policy_text = flagstop_conversion_text(read, &bytes);
	struct flagstop_conversion *written = convert("flagstop", "oci", policy_text, bytes, &options);
	json_t *profile = json_loads(flagstop_conversion_text(written, NULL), JSON_DECODE_INT_AS_REAL, NULL);
	assert_non_null(profile);
	judge.profile = profile;
	assert_int_equal(kit_load_oci(profile, &here, &theirs), 0);
	assert_false(kit_mixes_words(&theirs));
	kit_compile(policy, &ours);
	assert_int_equal(row->abis == flagstop_policy_abis(policy), !flagstop_conversion_losses(written));
	compare_abis(&theirs, &ours, row->abis, &judge, values_of_profile);
	kit_release(&theirs);
	kit_release(&ours);
	json_decref(profile);
	flagstop_policy_free(policy);
	flagstop_conversion_free(read);
	flagstop_conversion_free(written);
	free(text);
}

static const struct source container_source = { "oci", CONTAINER_PROFILE, BIT(X86_64) | BIT(I386) | BIT(X32) };
static const struct source mixed_source = { "oci", OWN "mixed.json", BIT(X86_64) | BIT(I386) };
static const struct source server_source = { "flagstop", OWN "server.fs", BIT(X86_64) };

/* The library that is compared with keeps 96 bytes of an architecture that was taken out again. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libseccomp.so";
}

#define OF_LIBSECCOMP(name, row) \
	{ \
		name "__means_what_libseccomp_makes_of_it", profile__means_what_libseccomp_makes_of_it, NULL, NULL, \
			(void *)&of_bench[row] \
	}

int main(void)
{
	const struct CMUnitTest laws[] = {
		{ "container_profile__means_what_libseccomp_makes_of_it__x86_64",
		  profile__means_what_libseccomp_makes_of_it, NULL, NULL, (void *)&container_x86 },
		{ "container_profile__means_what_libseccomp_makes_of_it__with_capabilities",
		  profile__means_what_libseccomp_makes_of_it, NULL, NULL, (void *)&container_x86_caps },
		{ "container_profile__means_what_libseccomp_makes_of_it__aarch64",
		  profile__means_what_libseccomp_makes_of_it, NULL, NULL, (void *)&container_arm },
		{ "container_profile__means_what_libseccomp_makes_of_it__s390x",
		  profile__means_what_libseccomp_makes_of_it, NULL, NULL, (void *)&container_s390x },
		{ "profile_with_masks__means_what_libseccomp_makes_of_it",
		  profile__means_what_libseccomp_makes_of_it, NULL, NULL, (void *)&masked },
		{ "profile_of_mixed_actions__means_what_libseccomp_makes_of_it",
		  profile__means_what_libseccomp_makes_of_it, NULL, NULL, (void *)&mixed },
		OF_LIBSECCOMP("builder", 0),
		OF_LIBSECCOMP("deny_privileged", 1),
		OF_LIBSECCOMP("judge", 2),
		OF_LIBSECCOMP("server", 3),
		OF_LIBSECCOMP("service_set", 4),
		OF_LIBSECCOMP("watch", 5),
		{ "system_service__means_what_systemd_makes_of_it", unit__means_what_systemd_makes_of_it, NULL,
		  NULL, (void *)&system_service },
		{ "deny_list__means_what_systemd_makes_of_it", unit__means_what_systemd_makes_of_it, NULL, NULL,
		  (void *)&deny_list },
		{ "container_policy__means_the_same_after_writing", policy__means_the_same_after_writing, NULL,
		  NULL, (void *)&container_source },
		{ "policy_of_mixed_actions__means_the_same_after_writing", policy__means_the_same_after_writing,
		  NULL, NULL, (void *)&mixed_source },
		{ "server_policy__means_the_same_after_writing", policy__means_the_same_after_writing, NULL, NULL,
		  (void *)&server_source },
		cmocka_unit_test(profile__rules_of_one_action_are_a_union),
		cmocka_unit_test(profile__rules_of_several_actions_are_asked_in_the_librarys_order),
	};

	return cmocka_run_group_tests_name("convert", laws, NULL, NULL);
}
