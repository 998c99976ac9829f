/* SPDX-License-Identifier: MIT */
/*
 * Writing other programs' filters. Texts that come out are compared as they are; what they mean is compared by
 * reading them back: the same verdict for every call of every ABI, with arguments around every value of the
 * conditions of both policies, or a loss was listed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include <filters/policy/policy.h>
#include <flagstop/program.h>

#include "test_formats.h"

/* ---- texts ------------------------------------------------------------------------------------------------------ */

struct written {
	const char *name, *format, *policy, *expected;
};

#define DEFAULT(verdict) "abi x86_64\ndefault " verdict "\nunknown " verdict "\n"

static const struct written texts[] = {
	{ "flagstop__same_steps_share_a_rule", "flagstop",
	  DEFAULT("kill") "allow read when fd == 1\nallow write when fd in {1}\nallow sync\ndeny EPERM sync read\n",
	  DEFAULT("kill") "\nallow read when fd == 1\ndeny EPERM read\nallow restart_syscall sync\nallow write "
			  "when fd == 1\n" },
	{ "flagstop__constants_are_named_where_they_mean_that_everywhere", "flagstop",
	  "abi x86_64 i386\ndefault allow\nunknown allow\nkill openat when flags & O_ACCMODE == O_RDWR\n"
	  "trap openat when flags & 0x4000 != 0\n",
	  "abi x86_64 i386\ndefault allow\nunknown allow\n\nkill openat when flags & O_ACCMODE == O_RDWR\n"
	  "trap openat when flags & O_DIRECT\n" },
	{ "flagstop__other_abis_get_their_own_rule", "flagstop",
	  "abi x86_64 i386\ndefault allow\nunknown allow\nkill (read write sync)@i386\ntrap read@x86_64\n",
	  "abi x86_64 i386\ndefault allow\nunknown allow\n\ntrap read@x86_64\nkill (read sync write)@i386\n" },
	{ "oci__conditions_are_entries_of_their_own", "oci",
	  DEFAULT("deny EPERM") "allow read\nallow lseek when offset != 5 and fd == 1\ndeny restart_syscall\n",
	  "{\n\t\"defaultAction\": \"SCMP_ACT_ERRNO\",\n\t\"defaultErrnoRet\": 1,\n"
	  "\t\"architectures\": [\"SCMP_ARCH_X86_64\"],\n\t\"syscalls\": [\n"
	  "\t\t{\n\t\t\t\"names\": [\n\t\t\t\t\"lseek\"\n\t\t\t],\n\t\t\t\"action\": \"SCMP_ACT_ALLOW\",\n"
	  "\t\t\t\"args\": [\n"
	  "\t\t\t\t{ \"index\": 0, \"value\": 4294967295, \"valueTwo\": 1, \"op\": \"SCMP_CMP_MASKED_EQ\" },\n"
	  "\t\t\t\t{ \"index\": 1, \"value\": 5, \"op\": \"SCMP_CMP_NE\" }\n\t\t\t]\n\t\t},\n"
	  "\t\t{\n\t\t\t\"names\": [\n\t\t\t\t\"read\"\n\t\t\t],\n\t\t\t\"action\": "
	  "\"SCMP_ACT_ALLOW\"\n\t\t}\n\t]\n}\n" },
	{ "systemd__allow_list_takes_away_what_the_default_set_brings", "systemd",
	  DEFAULT("deny EPERM") "allow @default - (uprobe uretprobe) sync\ndeny ENOENT swapon\n", NULL },
	{ "systemd__deny_list", "systemd", DEFAULT("allow") "deny EACCES read\nkill write\nlog sync\n",
	  "[Service]\nSystemCallArchitectures=x86-64\nSystemCallFilter=~read:EACCES "
	  "write:kill\nSystemCallLog=sync\n" },
	{ "systemd__several_verdicts_become_the_strictest", "systemd",
	  DEFAULT("allow") "deny EACCES read when fd == 1\nkill read when fd == 2\nlog write when fd == 1\n",
	  "[Service]\nSystemCallArchitectures=x86-64\nSystemCallFilter=~read:kill\nSystemCallLog=write\n" },
	{ "firejail__keep", "firejail",
	  DEFAULT("kill-thread") "allow read\nallow execve\nlog write\nkill-thread restart_syscall\n",
	  "seccomp.block-secondary\nseccomp-error-action kill\nseccomp.keep "
	  "execve,!execveat,!prctl,read,write:log\n" },
	{ "firejail__drop", "firejail", DEFAULT("allow") "deny EACCES read\nkill-thread write\n",
	  "seccomp.block-secondary\nseccomp.drop read:EACCES,write:kill\n" },
	{ "minijail__expressions", "minijail",
	  DEFAULT("kill-thread") "allow read write\nallow lseek when whence in {0, 2} and fd == 1\ndeny EPERM sync\n"
				 "allow mprotect when not prot & PROT_EXEC\ndeny EACCES mprotect\nkill-thread "
				 "restart_syscall\n",
	  "lseek: arg2 == 0x0 && arg0 == 0x1 || arg2 == 0x2 && arg0 == 0x1\nmprotect: arg2 in ~0x4; return EACCES\n"
	  "read: 1\nsync: return EPERM\nwrite: 1\n" },
	{ "minijail__several_verdicts_take_braces", "minijail",
	  DEFAULT("kill") "log read when fd == 1\ntrap read when fd == 2\nallow read\nkill restart_syscall\n",
	  "@default kill-process\nread: { arg0 == 0x1; log, arg0 == 0x2; trap, allow }\n" },
};

static void text__is_written_like_that(void **state)
{
	const struct written *row = *state;
	struct flagstop_conversion *conversion = converted("flagstop", row->format, row->policy, NULL);

	if (row->expected)
		assert_string_equal(flagstop_conversion_text(conversion, NULL), row->expected);
	flagstop_conversion_free(conversion);
}

/* ---- meanings --------------------------------------------------------------------------------------------------- */

#define VALUES_MAX 20

struct values {
	uint64_t list[6][VALUES_MAX];
	unsigned count[6];
};

static void add_value(struct values *values, unsigned argument, uint64_t value)
{
	for (unsigned i = 0; i < values->count[argument]; i++)
		if (values->list[argument][i] == value)
			return;
	if (values->count[argument] < VALUES_MAX)
		values->list[argument][values->count[argument]++] = value;
}

static void add_values_of(struct values *values, const struct fst_cond *cond)
{
	if (!cond)
		return;
	if (cond->op != FST_EXPR_TEST) {
		add_values_of(values, cond->left);
		add_values_of(values, cond->right);
		return;
	}
	for (unsigned i = 0; i < cond->range_count; i++) {
		uint64_t low = cond->ranges[i].low, high = cond->ranges[i].high, others = ~cond->mask;

		add_value(values, cond->argument, low);
		add_value(values, cond->argument, low - 1);
		add_value(values, cond->argument, high);
		add_value(values, cond->argument, high + 1);
		add_value(values, cond->argument, low ^ (others & -others));
		add_value(values, cond->argument, high | UINT64_C(1) << 40);
	}
}

static void values_of(const struct flagstop_policy *policy, unsigned abi, unsigned call, struct values *values)
{
	const struct fst_bound *bound = policy->layers[0];
	const struct fst_decision *d = bound->by_abi[abi] ? bound->by_abi[abi][call] : NULL;

	for (unsigned i = 0; d && i < d->count; i++)
		add_values_of(values, d->steps[i].when);
}

struct pair {
	const struct flagstop_policy *a, *b;
	struct flagstop_data data;
	unsigned long points, differences;
	char example[256];
};

static void compare_point(struct pair *pair, unsigned abi)
{
	struct flagstop_verdict a = flagstop_policy_decide(pair->a, &pair->data, NULL);
	struct flagstop_verdict b = flagstop_policy_decide(pair->b, &pair->data, NULL);
	char call[128], x[32], y[32];

	pair->points++;
	if (a.action == b.action && a.value == b.value)
		return;
	if (pair->differences++)
		return;
	flagstop_call_format(abi, pair->data.nr, pair->data.args, call, sizeof(call));
	flagstop_verdict_format(a, x, sizeof(x));
	flagstop_verdict_format(b, y, sizeof(y));
	snprintf(pair->example, sizeof(pair->example), "%s %s: %s became %s", flagstop_abi_name(abi), call, x, y);
}

static void compare_from(struct pair *pair, unsigned abi, const struct values *values, unsigned argument)
{
	if (argument == 6) {
		compare_point(pair, abi);
		return;
	}
	pair->data.args[argument] = 0;
	compare_from(pair, abi, values, argument + 1);
	for (unsigned i = 0; i < values->count[argument]; i++) {
		pair->data.args[argument] = values->list[argument][i];
		compare_from(pair, abi, values, argument + 1);
	}
}

static void compare(struct pair *pair)
{
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		pair->data.arch = flagstop_abi_audit_arch(abi);
		for (unsigned call = 0; call < flagstop_call_count(); call++) {
			int64_t number = flagstop_call_number(call, abi);
			struct values values = { 0 };

			if (number < 0)
				continue;
			values_of(pair->a, abi, call, &values);
			values_of(pair->b, abi, call, &values);
			pair->data.nr = (uint32_t)number;
			compare_from(pair, abi, &values, 0);
		}
		pair->data.nr = abi == FLAGSTOP_ABI_X32 ? 0x40000fff : 0xfff;
		compare_point(pair, abi);
	}
}

static struct flagstop_policy *policy_of_text(const char *text)
{
	struct flagstop_policy *policy = flagstop_policy_new();

	if (flagstop_policy_add_text(policy, "t", text, strlen(text), NULL)) {
		flagstop_policy_free(policy);
		return NULL;
	}
	return policy;
}

static const char *const formats[] = { "flagstop", "oci", "systemd", "minijail", "firejail" };

/* To the format and back; the loss that the way there has listed, at least as a number. */
static size_t there_and_back(const char *format, const char *text, enum flagstop_abi native, struct pair *pair)
{
	struct flagstop_convert_options options = options_for_x86_64();

	options.native = native;
	struct flagstop_conversion *there = converted("flagstop", format, text, &options);
	struct flagstop_conversion *back =
		converted(format, "flagstop", flagstop_conversion_text(there, NULL), &options);
	struct flagstop_policy *a = policy_of_text(text), *b = policy_of_text(flagstop_conversion_text(back, NULL));
	size_t losses = flagstop_conversion_losses(there);

	assert_non_null(a);
	assert_non_null(b);
	*pair = (struct pair){ .a = a, .b = b };
	compare(pair);
	if (pair->differences && !losses)
		print_error("%s\n%s\n%s\n", text, flagstop_conversion_text(there, NULL),
			    flagstop_conversion_text(back, NULL));
	flagstop_policy_free(a);
	flagstop_policy_free(b);
	flagstop_conversion_free(there);
	flagstop_conversion_free(back);
	return losses;
}

struct policy {
	const char *name, *text;
	const char *lossless; /* the formats that must lose nothing */
	enum flagstop_abi native;
};

static const struct policy policies[] = {
	{ "list_of_calls", DEFAULT("deny EPERM") "allow read write exit_group\ndeny restart_syscall\n",
	  "flagstop oci systemd firejail", FLAGSTOP_ABI_X86_64 },
	{ "list_of_refusals",
	  DEFAULT("allow") "deny EACCES read\ndeny 0x123 open\nkill swapon swapoff personality\n",
	  "flagstop oci systemd", FLAGSTOP_ABI_X86_64 },
	{ "list_of_kills", DEFAULT("kill-thread") "allow @basic-io\ndeny ENOENT open\n", "flagstop oci minijail",
	  FLAGSTOP_ABI_X86_64 },
	{ "conditions",
	  DEFAULT("kill-thread") "allow lseek when whence in {0, 2..3} and fd == 1\nallow mprotect when not "
				 "prot & PROT_EXEC\n"
				 "deny EACCES mprotect\nallow read when count > 100 or fd in {0, 5..9}\n"
				 "deny EPERM socket when type & 0xf == SOCK_RAW\nallow socket when domain in "
				 "{AF_UNIX, AF_INET}\n"
				 "allow clone when flags & 0x7e020000 == 0 and flags & CLONE_THREAD\nreturn 0 sync\n",
	  "flagstop oci minijail", FLAGSTOP_ABI_X86_64 },
	{ "signed_order",
	  DEFAULT("kill-thread") "allow lseek when offset < 0 or offset in 5..9\nallow kill when pid > 0\n",
	  "flagstop oci minijail", FLAGSTOP_ABI_X86_64 },
	{ "every_verdict",
	  DEFAULT("deny EPERM") "allow read\nlog write\ntrace open\nask close\nreturn 1000 getuid\nreturn -2 "
				"stat\ntrap 7 lseek\n"
				"kill-thread sync\nkill swapon\ndeny EACCES poll\n",
	  "flagstop", FLAGSTOP_ABI_X86_64 },
	{ "several_abis",
	  "abi x86_64 i386 x32\ndefault kill\nunknown kill\nallow read write@i386 sync@x86_64\n"
	  "deny EPERM bind\nallow lseek when fd == 1\n",
	  "flagstop", FLAGSTOP_ABI_X86_64 },
	{ "unknown_of_its_own", "abi x86_64\ndefault kill\nunknown deny ENOSYS\nallow read\n", "flagstop",
	  FLAGSTOP_ABI_X86_64 },
	{ "another_machine", "abi aarch64\ndefault kill\nunknown kill\nallow read openat\n", "flagstop oci systemd",
	  FLAGSTOP_ABI_AARCH64 },
};

static bool names(const char *list, const char *word)
{
	size_t bytes = strlen(word);

	for (const char *at = strstr(list, word); at; at = strstr(at + 1, word))
		if ((at == list || at[-1] == ' ') && (!at[bytes] || at[bytes] == ' '))
			return true;
	return false;
}

static void policy__comes_back_or_the_loss_is_listed(void **state)
{
	const struct policy *row = *state;
	struct pair pair;

	for (size_t i = 0; i < COUNT(formats); i++) {
		size_t losses = there_and_back(formats[i], row->text, row->native, &pair);

		if (pair.differences && !losses)
			fail_msg("%s: %lu differences and no loss: %s", formats[i], pair.differences, pair.example);
		if (names(row->lossless, formats[i]) && losses)
			fail_msg("%s: %zu losses", formats[i], losses);
		assert_true(pair.points > 2000);
	}
}

/* ---- policies at random ----------------------------------------------------------------------------------------- */

#define RANDOM_POLICIES 60

static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void put_test(uint64_t *random, char *text, size_t size)
{
	static const char *const relations[] = { "==", "!=", "<", "<=", ">", ">=" };
	unsigned long long value = next(random) % 4 ? next(random) % 9 : next(random) >> (next(random) % 64);
	unsigned argument = next(random) % 3;
	size_t used = strlen(text);

	if (argument != 1)
		value &= UINT32_MAX; /* the others have 32 bits */
	if (next(random) % 3)
		snprintf(text + used, size - used, "arg%u %s 0x%llx", argument, relations[next(random) % 6], value);
	else
		snprintf(text + used, size - used, "arg%u & 0x%llx == 0x%llx", argument, value | 6,
			 (unsigned long long)next(random) & (value | 6));
}

/* May be no policy: conditions can contradict themselves. */
static void random_policy(uint64_t *random, char *text, size_t size)
{
	static const char *const verdicts[] = { "allow", "allow", "deny EACCES", "kill", "log" };
	static const char *const joins[] = { " and ", " or ", " and not " };

	snprintf(text, size, DEFAULT("kill-thread"));
	for (unsigned rule = 1 + next(random) % 4; rule; rule--) {
		snprintf(text + strlen(text), size - strlen(text), "%s lseek when ", verdicts[next(random) % 5]);
		for (unsigned test = next(random) % 3;; test--) {
			put_test(random, text, size);
			if (!test)
				break;
			snprintf(text + strlen(text), size - strlen(text), "%s", joins[next(random) % 3]);
		}
		snprintf(text + strlen(text), size - strlen(text), "\n");
	}
}

static void random_policies__come_back(void **state)
{
	static const char *const exact[] = { "flagstop", "oci", "minijail" };
	uint64_t random = UINT64_C(0x726f756e64747269);
	unsigned tried = 0, lossy = 0;
	char text[2048];
	struct pair pair;

	(void)state;
	while (tried < RANDOM_POLICIES) {
		random_policy(&random, text, sizeof(text));
		struct flagstop_policy *policy = policy_of_text(text);
		if (!policy)
			continue;
		flagstop_policy_free(policy);
		tried++;
		for (size_t i = 0; i < COUNT(exact); i++) {
			size_t losses = there_and_back(exact[i], text, FLAGSTOP_ABI_X86_64, &pair);

			lossy += losses > 0;
			if (pair.differences && !losses)
				fail_msg("%s: %s", exact[i], pair.example);
		}
	}
	assert_true(lossy < RANDOM_POLICIES / 2);
}

/* ---- losses ----------------------------------------------------------------------------------------------------- */

struct loss {
	const char *name, *format, *policy, *loss;
	unsigned line;
};

static const struct loss losses[] = {
	{ "oci__return", "oci", DEFAULT("kill") "return 5 getuid\n", "return", 0 },
	{ "oci__trap_value", "oci", DEFAULT("kill") "trap 5 getuid\n", "trap-value", 0 },
	{ "oci__trace", "oci", DEFAULT("kill") "trace getuid\n", "trace", 0 },
	{ "oci__ask", "oci", DEFAULT("kill") "ask getuid\n", "notify", 0 },
	{ "oci__unknown", "oci", "abi x86_64\ndefault kill\nunknown allow\n", "unknown", 3 },
	{ "oci__abi", "oci", "abi x86_64 i386\ndefault kill\nunknown kill\nallow read@i386\n", "abi", 0 },
	{ "oci__x32", "oci", "abi x86_64 x32\ndefault kill\nunknown kill\nallow read when count == 5\n", "x32", 0 },
	{ "oci__multiplexer", "oci", "abi x86_64 i386\ndefault kill\nunknown kill\nallow bind\n", "multiplexer",
	  0 },
	{ "systemd__condition", "systemd", DEFAULT("kill") "allow write\nallow read when fd == 1\n", "condition",
	  5 },
	{ "systemd__trap", "systemd", DEFAULT("kill") "trap read\n", "kill", 0 },
	{ "firejail__abis", "firejail", "abi x86_64 i386\ndefault kill-thread\nunknown kill-thread\nallow read\n",
	  "abis", 0 },
	{ "minijail__default", "minijail", DEFAULT("deny EPERM") "allow read\n", "unknown", 0 },
	{ "minijail__abis", "minijail", "abi x86_64 i386\ndefault kill-thread\nunknown kill-thread\nallow read\n",
	  "abis", 0 },
	{ "raw__tracer", "raw", DEFAULT("kill") "trace read\n", "tracer", 0 },
};

static void loss__is_listed(void **state)
{
	const struct loss *row = *state;
	struct flagstop_conversion *conversion = converted("flagstop", row->format, row->policy, NULL);
	const struct flagstop_loss *loss = find_loss(conversion, row->loss);

	assert_non_null(loss);
	assert_int_not_equal(loss->kind, FLAGSTOP_LOSS_NOTE);
	assert_int_equal(loss->line, row->line);
	flagstop_conversion_free(conversion);
}

/* Conditions that come to more than can be written are closed, not left open. */
static void too_complex__gets_the_strictest_verdict(void **state)
{
	char text[8192];
	struct flagstop_data data = { 0, 0, 0, { 1, 1, 1 } };

	(void)state;
	snprintf(text, sizeof(text), DEFAULT("deny EPERM") "kill lseek when arg1 == 12345\nallow lseek when ");
	for (unsigned i = 0; i < 12; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s(arg1 & 0x%x == 0x%x or arg0 & 0x%x == 0x%x or arg2 & 0x%x == 0x%x)", i ? " and " : "",
			 3u << i, 1u << i, 3u << i, 1u << i, 3u << i, 1u << i);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), "\n");
	struct flagstop_conversion *there = converted("flagstop", "oci", text, NULL);
	assert_non_null(find_loss(there, "too-complex"));
	struct flagstop_conversion *back = converted("oci", "flagstop", flagstop_conversion_text(there, NULL), NULL);
	struct flagstop_policy *policy = policy_of_text(flagstop_conversion_text(back, NULL));
	data.arch = flagstop_abi_audit_arch(FLAGSTOP_ABI_X86_64);
	data.nr = (uint32_t)flagstop_call_number((unsigned)flagstop_call_find("lseek"), FLAGSTOP_ABI_X86_64);
	assert_int_equal(flagstop_policy_decide(policy, &data, NULL).action, FLAGSTOP_ACTION_KILL_PROCESS);
	flagstop_policy_free(policy);
	flagstop_conversion_free(there);
	flagstop_conversion_free(back);
}

/* ---- programs --------------------------------------------------------------------------------------------------- */

static void raw__is_a_program_that_decides_like_the_policy(void **state)
{
	static const char text[] = DEFAULT("deny EPERM") "allow read write\nkill lseek when fd == 1\n";
	struct flagstop_conversion *conversion = converted("flagstop", "raw", text, NULL);
	struct flagstop_data data = { 0, 0, 0, { 1 } };
	size_t bytes;
	const struct flagstop_insn *insns =
		(const struct flagstop_insn *)(const void *)flagstop_conversion_text(conversion, &bytes);
	size_t count = bytes / sizeof(*insns);

	(void)state;
	assert_int_equal(bytes % sizeof(*insns), 0);
	assert_int_equal(flagstop_program_check(insns, count, NULL), 0);
	data.arch = flagstop_abi_audit_arch(FLAGSTOP_ABI_X86_64);
	assert_int_equal(flagstop_program_run(insns, count, &data, NULL, NULL), 0x7fff0000); /* read */
	data.nr = 8;
	assert_int_equal(flagstop_program_run(insns, count, &data, NULL, NULL), 0x80000000); /* lseek */
	data.args[0] = 2;
	assert_int_equal(flagstop_program_run(insns, count, &data, NULL, NULL), 0x00050001);
	flagstop_conversion_free(conversion);
}

static void programs__are_written_as_text(void **state)
{
	static const char text[] = DEFAULT("deny EPERM") "allow read\n";
	struct flagstop_conversion *conversion = converted("flagstop", "asm", text, NULL);

	(void)state;
	assert_non_null(strstr(flagstop_conversion_text(conversion, NULL), "ALLOW"));
	flagstop_conversion_free(conversion);
	conversion = converted("flagstop", "c", text, NULL);
	assert_non_null(strstr(flagstop_conversion_text(conversion, NULL), "0x7fff0000 }"));
	flagstop_conversion_free(conversion);
}

static void formats__are_listed_once(void **state)
{
	const char *name, *description;
	unsigned can, count = 0;

	(void)state;
	for (; (name = flagstop_format(count, &can, &description)); count++) {
		assert_true(can & (FLAGSTOP_FORMAT_READ | FLAGSTOP_FORMAT_WRITE));
		assert_true(strlen(description) > 10);
		for (unsigned i = 0; i < count; i++)
			assert_string_not_equal(flagstop_format(i, NULL, NULL), name);
	}
	assert_int_equal(count, 11);
}

static struct CMUnitTest rows[COUNT(texts) + COUNT(policies) + COUNT(losses)];

int main(void)
{
	const struct CMUnitTest laws[] = {
		cmocka_unit_test(random_policies__come_back),
		cmocka_unit_test(too_complex__gets_the_strictest_verdict),
		cmocka_unit_test(raw__is_a_program_that_decides_like_the_policy),
		cmocka_unit_test(programs__are_written_as_text),
		cmocka_unit_test(formats__are_listed_once),
	};
	static char names_of_policies[COUNT(policies)][64];
	size_t count = 0;

	for (size_t i = 0; i < COUNT(texts); i++)
		rows[count++] = (struct CMUnitTest){ texts[i].name, text__is_written_like_that, NULL, NULL,
						     (void *)&texts[i] };
	for (size_t i = 0; i < COUNT(policies); i++) {
		snprintf(names_of_policies[i], sizeof(*names_of_policies), "%s__come_back", policies[i].name);
		rows[count++] = (struct CMUnitTest){ names_of_policies[i], policy__comes_back_or_the_loss_is_listed,
						     NULL, NULL, (void *)&policies[i] };
	}
	for (size_t i = 0; i < COUNT(losses); i++)
		rows[count++] = (struct CMUnitTest){ losses[i].name, loss__is_listed, NULL, NULL, (void *)&losses[i] };
	return cmocka_run_group_tests_name("rows", rows, NULL, NULL) |
		cmocka_run_group_tests_name("laws", laws, NULL, NULL);
}
