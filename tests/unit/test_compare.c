/* SPDX-License-Identifier: MIT */
/*
 * What two filters do differently: named laws, and a search by chance that must not find what the comparison
 * missed. Each reported call is asked of both sides again.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <seccomp.h>
#include <unistd.h>

#include <cmocka.h>

#include <flagstop/compare.h>

#include "test_memory.h"
#include "test_policy.h"

#define SEED UINT64_C(0x636f6d70617265)
#define P "abi x86_64\n"
#define ALLOW SECCOMP_RET_ALLOW
#define ERRNO(number) (SECCOMP_RET_ERRNO | (number))
#define LD(offset) \
	{ \
		0x20, 0, 0, offset \
	}
#define JEQ(value, yes, no) \
	{ \
		0x15, yes, no, value \
	}
#define RET(action) \
	{ \
		0x06, 0, 0, action \
	}
#define X86_64 0xc000003eu

struct pair {
	struct flagstop_side a, b;
	struct flagstop_comparison *comparison;
};

static struct flagstop_side policy_side(const char *text)
{
	return (struct flagstop_side){ .policy = policy_of(&text, 1) };
}

static struct flagstop_side program_side(const struct flagstop_insn *insns, size_t count)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_programs *programs;

	if (flagstop_programs_read(insns, count * sizeof(*insns), &programs, &error))
		fail_msg("%s", error.message);
	return (struct flagstop_side){ .programs = programs };
}

static struct flagstop_side compiled_side(const char *text, enum flagstop_report report)
{
	struct flagstop_policy *policy = policy_of(&text, 1);
	struct flagstop_side side = { .programs = programs_of(policy, report) };

	flagstop_policy_free(policy);
	return side;
}

static void compare_with(struct pair *p, struct flagstop_side a, struct flagstop_side b, unsigned abis,
			 enum flagstop_report report)
{
	struct flagstop_compare_options options = FLAGSTOP_COMPARE_OPTIONS_INIT;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;

	options.abis = abis;
	options.report = report;
	*p = (struct pair){ .a = a, .b = b };
	if (flagstop_compare(&p->a, &p->b, &options, &p->comparison, &error))
		fail_msg("%s", error.message);
}

static void compare(struct pair *p, struct flagstop_side a, struct flagstop_side b)
{
	compare_with(p, a, b, 0, FLAGSTOP_REPORT_NONE);
}

static void release(struct pair *p)
{
	const struct flagstop_side *sides[] = { &p->a, &p->b };

	flagstop_comparison_free(p->comparison);
	for (unsigned i = 0; i < 2; i++) {
		flagstop_policy_free((struct flagstop_policy *)sides[i]->policy);
		flagstop_programs_free((struct flagstop_programs *)sides[i]->programs);
	}
}

static const struct flagstop_difference *only(const struct pair *p)
{
	assert_int_equal(flagstop_comparison_count(p->comparison), 1);
	return flagstop_comparison_get(p->comparison, 0);
}

static void assert_relation(const struct pair *p, enum flagstop_relation relation)
{
	if (flagstop_comparison_relation(p->comparison) != relation)
		fail_msg("%s, not %s", flagstop_relation_name(flagstop_comparison_relation(p->comparison)),
			 flagstop_relation_name(relation));
}

/* ---- policies ---------------------------------------------------------------------------------------------------- */

struct row {
	const char *name, *a, *b;
	enum flagstop_relation relation;
	/* The first difference: its call, and one argument that is not 0. */
	const char *call;
	unsigned argument;
	uint64_t value;
	const char *a_says, *b_says;
};

static const struct row rows[] = {
	{ "same_text__is_equal", P "allow read", P "allow read", FLAGSTOP_RELATION_EQUAL, NULL, 0, 0, NULL, NULL },
	{ "order_of_rules__that_do_not_meet_is_equal", P "allow read\ndeny EACCES open",
	  P "deny EACCES open\nallow read", FLAGSTOP_RELATION_EQUAL, NULL, 0, 0, NULL, NULL },
	{ "same_meaning__in_other_words_is_equal", P "allow close when fd in {3, 4, 5}",
	  P "deny close when fd < 3 or fd > 5\nallow close", FLAGSTOP_RELATION_EQUAL, NULL, 0, 0, NULL, NULL },
	{ "de_morgan__is_equal", P "deny EACCES openat when not (flags & O_CREAT or mode == 5)\n",
	  P "deny EACCES openat when not flags & O_CREAT and mode != 5\n", FLAGSTOP_RELATION_EQUAL, NULL, 0, 0,
	  NULL, NULL },
	{ "returned_errno__is_equal_to_a_denial", P "return -13 read", P "deny EACCES read",
	  FLAGSTOP_RELATION_EQUAL, NULL, 0, 0, NULL, NULL },
	{ "call__that_only_b_allows_makes_a_narrower", P "allow read", P "allow read write",
	  FLAGSTOP_RELATION_NARROWER, "write", 0, 0, "deny EPERM", "allow" },
	{ "call__that_only_a_allows_makes_it_wider", P "allow read write", P "allow read", FLAGSTOP_RELATION_WIDER,
	  "write", 0, 0, "allow", "deny EPERM" },
	{ "errnos__are_neither", P "deny EACCES read", P "deny EPERM read", FLAGSTOP_RELATION_NEITHER, "read", 0, 0,
	  "deny EACCES", "deny EPERM" },
	{ "log__is_narrower_than_allow", P "log read", P "allow read", FLAGSTOP_RELATION_NARROWER, "read", 0, 0,
	  "log", "allow" },
	{ "trap__is_wider_than_kill", P "trap read", P "kill thread read", FLAGSTOP_RELATION_WIDER, "read", 0, 0,
	  "trap", "kill-thread" },
	{ "kill_thread__is_wider_than_kill", P "kill thread read", P "kill read", FLAGSTOP_RELATION_WIDER, "read",
	  0, 0, "kill-thread", "kill" },
	{ "argument__at_the_end_of_a_range_is_the_example", P "allow read when count <= 100",
	  P "allow read when count <= 101", FLAGSTOP_RELATION_NARROWER, "read", 2, 101, "deny EPERM", "allow" },
	{ "argument__in_the_high_word_is_the_example", P "allow read when count != 0x100000000", P "allow read",
	  FLAGSTOP_RELATION_NARROWER, "read", 2, 0x100000000, "deny EPERM", "allow" },
	{ "sign__is_seen", P "allow lseek when offset < 0", P "allow lseek when offset <= 0",
	  FLAGSTOP_RELATION_NARROWER, "lseek", 0, 0, "deny EPERM", "allow" },
	{ "mask__gives_its_lowest_bit", P "allow openat when not flags & 0x6000", P "allow openat",
	  FLAGSTOP_RELATION_NARROWER, "openat", 2, 0x2000, "deny EPERM", "allow" },
};

static void check_row(void **state)
{
	const struct row *row = *state;
	struct pair p;

	compare(&p, policy_side(row->a), policy_side(row->b));
	assert_relation(&p, row->relation);
	assert_true(flagstop_comparison_is_proven(p.comparison));
	if (row->call) {
		const struct flagstop_difference *d = only(&p);

		assert_int_equal(d->abi, FLAGSTOP_ABI_X86_64);
		assert_int_equal(d->index, flagstop_call_find(row->call));
		for (unsigned i = 0; i < 6; i++)
			assert_true(d->call.args[i] == (i == row->argument ? row->value : 0));
		assert_string_equal(d->a, row->a_says);
		assert_string_equal(d->b, row->b_says);
	}
	release(&p);
}

static void several_differences__are_each_shown_and_together_neither(void **state)
{
	struct pair p;

	(void)state;
	compare(&p, policy_side(P "allow read\nallow openat when flags & O_CREAT"),
		policy_side(P "allow write openat"));
	assert_relation(&p, FLAGSTOP_RELATION_NEITHER);
	assert_int_equal(flagstop_comparison_count(p.comparison), 3);
	for (size_t i = 0; i < 3; i++) { /* by number */
		static const char *const calls[] = { "read", "write", "openat" };
		const struct flagstop_difference *d = flagstop_comparison_get(p.comparison, i);

		assert_string_equal(flagstop_call_name((unsigned)d->index), calls[i]);
		assert_int_equal(d->relation, i ? FLAGSTOP_RELATION_NARROWER : FLAGSTOP_RELATION_WIDER);
	}
	release(&p);
}

static void answers__of_one_call_are_a_difference_each(void **state)
{
	struct pair p;

	(void)state;
	compare(&p, policy_side(P "deny EACCES socket when domain == 7\nallow socket when domain != 3\nkill socket"),
		policy_side(P "allow socket"));
	assert_int_equal(flagstop_comparison_count(p.comparison), 2);
	assert_string_equal(flagstop_comparison_get(p.comparison, 0)->a, "kill");
	assert_int_equal(flagstop_comparison_get(p.comparison, 0)->call.args[0], 3);
	assert_string_equal(flagstop_comparison_get(p.comparison, 1)->a, "deny EACCES");
	assert_int_equal(flagstop_comparison_get(p.comparison, 1)->call.args[0], 7);
	release(&p);
}

static void unknown_numbers__are_one_difference(void **state)
{
	struct pair p;

	(void)state;
	compare(&p, policy_side(P "unknown deny EPERM"), policy_side(P));
	const struct flagstop_difference *d = only(&p);
	assert_int_equal(d->index, -ENOENT);
	assert_true(flagstop_call_from_number(FLAGSTOP_ABI_X86_64, d->call.nr) < 0);
	assert_true(d->call.nr < 1000);
	assert_string_equal(d->b, "deny ENOSYS");
	release(&p);
}

static void abi__that_one_side_does_not_name_is_killed_there(void **state)
{
	struct pair p;

	(void)state;
	compare(&p, policy_side("abi x86_64 i386\nunknown kill\ndefault kill\nallow read restart_syscall"),
		policy_side(P "unknown kill\ndefault kill\nallow read restart_syscall"));
	assert_relation(&p, FLAGSTOP_RELATION_WIDER);
	assert_int_equal(flagstop_comparison_count(p.comparison), 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(flagstop_comparison_get(p.comparison, i)->abi, FLAGSTOP_ABI_I386);
		assert_string_equal(flagstop_comparison_get(p.comparison, i)->b, "kill");
	}
	release(&p);
}

static void abis__that_are_not_asked_for_do_not_count(void **state)
{
	struct pair p;

	(void)state;
	compare_with(&p, policy_side("abi x86_64 i386\nallow read"), policy_side("abi x86_64 i386\nallow read@x86_64"),
		     1u << FLAGSTOP_ABI_X86_64, FLAGSTOP_REPORT_NONE);
	assert_relation(&p, FLAGSTOP_RELATION_EQUAL);
	release(&p);
	compare_with(&p, policy_side("abi x86_64 i386\nallow read"), policy_side("abi x86_64 i386\nallow read@x86_64"),
		     1u << FLAGSTOP_ABI_I386, FLAGSTOP_REPORT_NONE);
	assert_int_equal(only(&p)->abi, FLAGSTOP_ABI_I386);
	release(&p);
}

static void constants__may_differ_between_abis(void **state)
{
	struct pair p;

	(void)state;
	/* O_DIRECT is 0x4000 on x86 and 0x10000 on arm */
	compare(&p, policy_side("abi x86_64 aarch64\nallow openat when flags & O_DIRECT"),
		policy_side("abi x86_64 aarch64\nallow openat when flags & 0x4000"));
	for (size_t i = 0; i < flagstop_comparison_count(p.comparison); i++)
		assert_int_equal(flagstop_comparison_get(p.comparison, i)->abi, FLAGSTOP_ABI_AARCH64);
	assert_int_equal(flagstop_comparison_count(p.comparison), 2);
	release(&p);
}

/* ---- programs ---------------------------------------------------------------------------------------------------- */

static void policy__equals_its_own_programs(void **state)
{
	static const char text[] =
		"abi x86_64 i386 x32 s390x\ndefault deny\nunknown trap 3\ntrace brk\nreturn 5 getuid\n"
		"kill ptrace\nlog getpid\nallow openat when dirfd == AT_FDCWD and flags & O_ACCMODE == 0\n";
	struct pair p;

	(void)state;
	compare_with(&p, policy_side(text), compiled_side(text, FLAGSTOP_REPORT_NONE), 0, FLAGSTOP_REPORT_NONE);
	assert_relation(&p, FLAGSTOP_RELATION_EQUAL);
	assert_true(flagstop_comparison_is_proven(p.comparison));
	release(&p);
	compare_with(&p, policy_side(text), compiled_side(text, FLAGSTOP_REPORT_ALL), 0, FLAGSTOP_REPORT_ALL);
	assert_relation(&p, FLAGSTOP_RELATION_EQUAL);
	release(&p);
	/* What is flagged ranks below the errno. */
	compare_with(&p, policy_side(text), compiled_side(text, FLAGSTOP_REPORT_ALL), 0, FLAGSTOP_REPORT_NONE);
	assert_relation(&p, FLAGSTOP_RELATION_NARROWER);
	release(&p);
}

static void program__of_one_value_in_2_to_the_64_is_found(void **state)
{
	const struct flagstop_insn a[] = {
		LD(4),
		JEQ(X86_64, 0, 6),
		LD(0),
		JEQ(0, 0, 4),
		LD(32),
		JEQ(0x9abcdef0, 0, 2),
		LD(36),
		JEQ(0x12345678, 1, 0),
		RET(ALLOW),
		RET(ERRNO(5)),
	};
	const struct flagstop_insn b[] = { RET(ALLOW) };
	struct pair p;

	(void)state;
	/* Without the architecture's own branch: all of that program's paths but one allow. */
	compare(&p, program_side(a, 10), program_side(b, 1));
	const struct flagstop_difference *d = only(&p);
	assert_relation(&p, FLAGSTOP_RELATION_NARROWER);
	assert_true(d->call.args[2] == UINT64_C(0x123456789abcdef0));
	assert_int_equal(d->index, flagstop_call_find("read"));
	assert_string_equal(d->a, "ERRNO(EIO)");
	release(&p);
}

static void no_programs__allow_everything(void **state)
{
	struct flagstop_policy *empty = flagstop_policy_new();
	struct pair p;

	(void)state;
	compare(&p, policy_side(P "allow close when fd == 3"),
		(struct flagstop_side){ .programs = programs_of(empty, FLAGSTOP_REPORT_NONE) });
	assert_relation(&p, FLAGSTOP_RELATION_NARROWER);
	release(&p);
	compare(&p, (struct flagstop_side){ .programs = programs_of(empty, FLAGSTOP_REPORT_NONE) },
		(struct flagstop_side){ .policy = empty });
	assert_relation(&p, FLAGSTOP_RELATION_EQUAL);
	release(&p);
}

static void architecture__that_is_none_of_ours_is_shown(void **state)
{
	const struct flagstop_insn a[] = { LD(4), JEQ(0x8000002b, 0, 1), RET(ALLOW), RET(SECCOMP_RET_KILL_PROCESS) };
	const struct flagstop_insn b[] = { RET(SECCOMP_RET_KILL_PROCESS) };
	struct pair p;

	(void)state;
	compare(&p, program_side(a, 4), program_side(b, 1));
	const struct flagstop_difference *d = only(&p);
	assert_int_equal(d->abi, -EOPNOTSUPP);
	assert_int_equal(d->call.arch, 0x8000002b);
	release(&p);
}

static void number__far_past_the_tables_is_found(void **state)
{
	const struct flagstop_insn a[] = { LD(0), JEQ(0x23456789, 0, 1), RET(ERRNO(1)), RET(ALLOW) };
	const struct flagstop_insn b[] = { RET(ALLOW) };
	struct pair p;

	(void)state;
	compare_with(&p, program_side(a, 4), program_side(b, 1), 1u << FLAGSTOP_ABI_X86_64, FLAGSTOP_REPORT_NONE);
	assert_int_equal(only(&p)->call.nr, 0x23456789);
	release(&p);
}

static void data__that_means_nothing_does_not_count(void **state)
{
	static const uint32_t same[][2] = {
		{ ALLOW | 7, ALLOW },
		{ SECCOMP_RET_LOG | 1, SECCOMP_RET_LOG },
		{ SECCOMP_RET_KILL_THREAD | 9, SECCOMP_RET_KILL_THREAD },
		{ ERRNO(0x1fff), ERRNO(4095) },
		{ 0x12340000, SECCOMP_RET_KILL_PROCESS }, /* what the kernel does not know */
	};
	static const uint32_t other[][2] = {
		{ SECCOMP_RET_TRACE | 7, SECCOMP_RET_TRACE },
		{ SECCOMP_RET_TRAP | 1, SECCOMP_RET_TRAP },
		{ ERRNO(1), ERRNO(2) },
	};
	struct pair p;

	(void)state;
	for (unsigned i = 0; i < COUNT(same); i++) {
		const struct flagstop_insn a[] = { RET(same[i][0]) }, b[] = { RET(same[i][1]) };

		compare(&p, program_side(a, 1), program_side(b, 1));
		assert_relation(&p, FLAGSTOP_RELATION_EQUAL);
		release(&p);
	}
	for (unsigned i = 0; i < COUNT(other); i++) {
		const struct flagstop_insn a[] = { RET(other[i][0]) }, b[] = { RET(other[i][1]) };

		compare(&p, program_side(a, 1), program_side(b, 1));
		assert_relation(&p, FLAGSTOP_RELATION_NEITHER);
		release(&p);
	}
}

static void high_words__are_zero_where_registers_have_32_bits(void **state)
{
	/* arg0's high word */
	const struct flagstop_insn a[] = { LD(20), JEQ(0, 0, 1), RET(ALLOW), RET(ERRNO(1)) };
	const struct flagstop_insn b[] = { RET(ALLOW) };
	struct pair p;

	(void)state;
	compare_with(&p, program_side(a, 4), program_side(b, 1), 1u << FLAGSTOP_ABI_I386 | 1u << FLAGSTOP_ABI_ARM,
		     FLAGSTOP_REPORT_NONE);
	assert_relation(&p, FLAGSTOP_RELATION_EQUAL);
	release(&p);
	compare_with(&p, program_side(a, 4), program_side(b, 1), 1u << FLAGSTOP_ABI_X86_64, FLAGSTOP_REPORT_NONE);
	assert_relation(&p, FLAGSTOP_RELATION_NARROWER);
	release(&p);
}

/* Some of what cannot be followed is found all the same; what is not, is not called proven. */
static void program__that_computes_is_compared_at_points(void **state)
{
	const struct flagstop_insn a[] = {
		LD(16), { 0x04, 0, 0, 3 }, JEQ(10, 0, 1), RET(ERRNO(1)), RET(ALLOW), /* arg0 + 3 == 10 */
	};
	const struct flagstop_insn hidden[] = {
		LD(16), { 0x24, 0, 0, 3 }, JEQ(30000, 0, 1), RET(ERRNO(1)), RET(ALLOW), /* arg0 * 3 == 30000 */
	};
	const struct flagstop_insn b[] = { RET(ALLOW) };
	const struct flagstop_insn asked[] = { LD(16), JEQ(7, 0, 0), JEQ(10000, 0, 0), RET(ALLOW) };
	struct pair p;

	(void)state;
	compare_with(&p, program_side(a, 5), program_side(asked, 4), 1u << FLAGSTOP_ABI_X86_64, FLAGSTOP_REPORT_NONE);
	assert_relation(&p, FLAGSTOP_RELATION_NARROWER);
	assert_int_equal(flagstop_comparison_get(p.comparison, 0)->call.args[0], 7);
	assert_false(flagstop_comparison_is_proven(p.comparison));
	release(&p);
	compare_with(&p, program_side(hidden, 5), program_side(b, 1), 1u << FLAGSTOP_ABI_X86_64, FLAGSTOP_REPORT_NONE);
	assert_false(flagstop_comparison_is_proven(p.comparison));
	release(&p);
}

/* What libseccomp makes of an int: all 64 bits, where the kernel reads 32. */
static void libseccomp__reads_halves_that_the_call_does_not(void **state)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	struct flagstop_insn insns[256];
	struct pair p;
	int ends[2];

	(void)state;
	assert_non_null(filter);
	assert_int_equal(seccomp_arch_add(filter, SCMP_ARCH_X86_64) == 0 ||
				 seccomp_arch_exist(filter, SCMP_ARCH_X86_64) == 0,
			 1);
	assert_int_equal(seccomp_rule_add(filter, SCMP_ACT_ERRNO(13), SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, 2)), 0);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(seccomp_export_bpf(filter, ends[1]), 0);
	ssize_t bytes = read(ends[0], insns, sizeof(insns));
	assert_true(bytes > 0);
	compare_with(&p, policy_side(P "default allow\nunknown allow\ndeny EACCES socket when domain == 2"),
		     program_side(insns, (size_t)bytes / sizeof(*insns)), 1u << FLAGSTOP_ABI_X86_64,
		     FLAGSTOP_REPORT_NONE);
	/* And numbers from 0x80000000 on, which it takes for x32's. */
	assert_int_equal(flagstop_comparison_count(p.comparison), 2);
	const struct flagstop_difference *d = flagstop_comparison_get(p.comparison, 0);
	assert_int_equal(d->index, flagstop_call_find("socket"));
	assert_int_equal(d->relation, FLAGSTOP_RELATION_NARROWER);
	assert_true(d->call.args[0] == UINT64_C(0x100000002));
	assert_int_equal(flagstop_comparison_get(p.comparison, 1)->call.nr, 0x80000000);
	release(&p);
	close(ends[0]);
	close(ends[1]);
	seccomp_release(filter);
}

/* ---- any two ----------------------------------------------------------------------------------------------------- */

static const char *const pieces[] = {
	"allow read when count <= 100 and fd == 3\n",
	"deny EACCES read when count & 0x100000001 == 0x100000000\n",
	"allow openat when flags & O_ACCMODE == O_RDONLY\n",
	"trap 3 openat when dirfd == AT_FDCWD or mode in {1, 2, 0o777}\n",
	"log openat when not flags & (O_CREAT | O_TRUNC)\n",
	"allow lseek when offset in -5..5\n",
	"kill lseek when whence > 1\n",
	"return 7 lseek\n",
	"deny EPERM clone when flags & CLONE_NEWUSER\n",
	"allow clone when not flags & CLONE_THREAD\n",
	"allow write close\n",
	"trace brk\n",
};

static void any_policy(char *text, size_t size, uint64_t *random)
{
	size_t used = (size_t)snprintf(text, size, P "default %s\n", below(random, 2) ? "allow" : "deny");
	unsigned seen = 0;

	for (unsigned i = 0; i < 6; i++) {
		unsigned piece = below(random, COUNT(pieces));

		/* `return 7 lseek` decides all, so what follows it would be refused. */
		if (seen >> piece & 1 || (seen >> 7 & 1 && (piece == 5 || piece == 6)))
			continue;
		seen |= 1u << piece;
		used += (size_t)snprintf(text + used, size - used, "%s", pieces[piece]);
	}
	assert_true(used < size);
}

static struct flagstop_data any_call(uint64_t *random)
{
	static const uint64_t values[] = { 0,
					   1,
					   2,
					   3,
					   5,
					   6,
					   100,
					   101,
					   0x200,
					   0x40,
					   0x1ff,
					   0x10000,
					   0x10000000,
					   0xffffff9c,
					   0x100000000,
					   0x100000001,
					   (uint64_t)-5,
					   (uint64_t)-6,
					   UINT64_MAX };
	static const char *const calls[] = { "read", "openat", "lseek", "clone", "write", "brk", "dup" };
	struct flagstop_data call = { .arch = X86_64 };

	call.nr = (uint32_t)flagstop_call_number((unsigned)flagstop_call_find(calls[below(random, COUNT(calls))]),
						 FLAGSTOP_ABI_X86_64);
	for (unsigned i = 0; i < 6; i++)
		call.args[i] = values[below(random, COUNT(values))];
	return call;
}

static const struct flagstop_difference *listed(const struct pair *p, const struct flagstop_data *call, const char *a,
						const char *b)
{
	for (size_t i = 0; i < flagstop_comparison_count(p->comparison); i++) {
		const struct flagstop_difference *d = flagstop_comparison_get(p->comparison, i);

		if (d->call.nr == call->nr && !strcmp(d->a, a) && !strcmp(d->b, b))
			return d;
	}
	return NULL;
}

static bool is_larger(const struct flagstop_data *a, const struct flagstop_data *b)
{
	for (unsigned i = 0; i < 6; i++)
		if (a->args[i] != b->args[i])
			return a->args[i] > b->args[i];
	return false;
}

static void search__finds_nothing_that_was_not_listed(void **state)
{
	uint64_t random = SEED;
	unsigned different = 0, same = 0;

	(void)state;
	for (unsigned round = 0; round < 60; round++) {
		char texts[2][1024], says[2][40];
		struct pair p;

		any_policy(texts[0], sizeof(texts[0]), &random);
		any_policy(texts[1], sizeof(texts[1]), &random);
		compare(&p, policy_side(texts[0]), policy_side(texts[1]));
		assert_true(flagstop_comparison_is_proven(p.comparison));
		for (unsigned i = 0; i < 500; i++) {
			struct flagstop_data call = any_call(&random);
			struct flagstop_verdict a = flagstop_policy_decide(p.a.policy, &call, NULL);
			struct flagstop_verdict b = flagstop_policy_decide(p.b.policy, &call, NULL);

			same += a.action == b.action;
			if (a.action == b.action && a.value == b.value)
				continue;
			different++;
			flagstop_verdict_format(a, says[0], sizeof(says[0]));
			flagstop_verdict_format(b, says[1], sizeof(says[1]));
			const struct flagstop_difference *d = listed(&p, &call, says[0], says[1]);
			assert_non_null(d);
			assert_false(is_larger(&d->call, &call)); /* the example is the smallest */
		}
		for (size_t i = 0; i < flagstop_comparison_count(p.comparison); i++) {
			const struct flagstop_difference *d = flagstop_comparison_get(p.comparison, i);

			flagstop_verdict_format(flagstop_policy_decide(p.a.policy, &d->call, NULL), says[0],
						sizeof(says[0]));
			flagstop_verdict_format(flagstop_policy_decide(p.b.policy, &d->call, NULL), says[1],
						sizeof(says[1]));
			assert_string_equal(says[0], d->a);
			assert_string_equal(says[1], d->b);
			assert_string_not_equal(d->a, d->b);
		}
		release(&p);
	}
	assert_true(different > 1000 && same > 1000);
}

static void comparison__the_other_way_round_is_the_converse(void **state)
{
	static const enum flagstop_relation converse[] = { FLAGSTOP_RELATION_EQUAL, FLAGSTOP_RELATION_WIDER,
							   FLAGSTOP_RELATION_NARROWER, FLAGSTOP_RELATION_NEITHER };
	uint64_t random = SEED;
	unsigned seen[4] = { 0 };

	(void)state;
	for (unsigned round = 0; round < 40; round++) {
		char a[1024], b[1024];
		struct pair p, q;

		any_policy(a, sizeof(a), &random);
		any_policy(b, sizeof(b), &random);
		/* Something to be equal with, and something to be wider than. */
		compare(&p, policy_side(a), policy_side(round % 4 ? b : a));
		compare(&q, policy_side(round % 4 ? b : a), policy_side(a));
		enum flagstop_relation r = flagstop_comparison_relation(p.comparison);
		assert_int_equal(flagstop_comparison_relation(q.comparison), converse[r]);
		assert_int_equal(flagstop_comparison_count(p.comparison), flagstop_comparison_count(q.comparison));
		seen[r]++;
		release(&p);
		release(&q);
	}
	assert_true(seen[FLAGSTOP_RELATION_EQUAL] && seen[FLAGSTOP_RELATION_NEITHER]);
}

/* ---- mistakes ---------------------------------------------------------------------------------------------------- */

static void side__that_is_neither_or_both_is_EINVAL(void **state)
{
	struct flagstop_compare_options options = FLAGSTOP_COMPARE_OPTIONS_INIT;
	struct flagstop_side none = { NULL, NULL }, fine = policy_side(P), both = fine;
	struct flagstop_side programs = compiled_side(P, FLAGSTOP_REPORT_NONE);
	struct flagstop_comparison *comparison;

	(void)state;
	both.programs = programs.programs;
	assert_int_equal(flagstop_compare(&none, &fine, &options, &comparison, NULL), -EINVAL);
	assert_int_equal(flagstop_compare(&fine, &both, &options, &comparison, NULL), -EINVAL);
	assert_int_equal(flagstop_compare(&fine, NULL, &options, &comparison, NULL), -EINVAL);
	options.struct_bytes--;
	assert_int_equal(flagstop_compare(&fine, &fine, &options, &comparison, NULL), -EINVAL);
	flagstop_policy_free((struct flagstop_policy *)fine.policy);
	flagstop_programs_free((struct flagstop_programs *)programs.programs);
}

static void bytes__that_are_no_program_are_EINVAL(void **state)
{
	const struct flagstop_insn endless[] = { { 0x05, 0, 0, 5 } };
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_programs *programs;

	(void)state;
	assert_int_equal(flagstop_programs_read(endless, 7, &programs, &error), -EINVAL);
	assert_non_null(strstr(error.message, "7 bytes"));
	assert_int_equal(flagstop_programs_read(endless, 8, &programs, &error), -EINVAL);
	assert_int_equal(flagstop_programs_read(endless, 0, &programs, &error), -EINVAL);
	assert_int_equal(flagstop_programs_read(NULL, 8, &programs, &error), -EINVAL);
}

#ifdef MEMORY_CAN_RUN_OUT
static void memory__that_runs_out_is_ENOMEM(void **state)
{
	struct flagstop_compare_options options = FLAGSTOP_COMPARE_OPTIONS_INIT;
	struct flagstop_side a = policy_side(P "allow openat when flags & O_CREAT"),
			     b = compiled_side(P "allow read", FLAGSTOP_REPORT_NONE);
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_comparison *comparison;
	unsigned failed = 0;
	int r;

	(void)state;
	do {
		allocations_left = failed++;
		r = flagstop_compare(&a, &b, &options, &comparison, &error);
		allocations_left = -1;
		if (r && r != -ENOMEM)
			fail_msg("after %u allocations: %d, %s", failed - 1, r, error.message);
	} while (r && failed < 10000);
	assert_int_equal(r, 0);
	assert_true(failed > 10);
	flagstop_comparison_free(comparison);
	flagstop_policy_free((struct flagstop_policy *)a.policy);
	flagstop_programs_free((struct flagstop_programs *)b.programs);
}
#endif

int main(void)
{
	static struct CMUnitTest by_rows[COUNT(rows)];
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(several_differences__are_each_shown_and_together_neither),
		cmocka_unit_test(answers__of_one_call_are_a_difference_each),
		cmocka_unit_test(unknown_numbers__are_one_difference),
		cmocka_unit_test(abi__that_one_side_does_not_name_is_killed_there),
		cmocka_unit_test(abis__that_are_not_asked_for_do_not_count),
		cmocka_unit_test(constants__may_differ_between_abis),
		cmocka_unit_test(policy__equals_its_own_programs),
		cmocka_unit_test(program__of_one_value_in_2_to_the_64_is_found),
		cmocka_unit_test(no_programs__allow_everything),
		cmocka_unit_test(architecture__that_is_none_of_ours_is_shown),
		cmocka_unit_test(number__far_past_the_tables_is_found),
		cmocka_unit_test(data__that_means_nothing_does_not_count),
		cmocka_unit_test(high_words__are_zero_where_registers_have_32_bits),
		cmocka_unit_test(program__that_computes_is_compared_at_points),
		cmocka_unit_test(libseccomp__reads_halves_that_the_call_does_not),
		cmocka_unit_test(search__finds_nothing_that_was_not_listed),
		cmocka_unit_test(comparison__the_other_way_round_is_the_converse),
		cmocka_unit_test(side__that_is_neither_or_both_is_EINVAL),
		cmocka_unit_test(bytes__that_are_no_program_are_EINVAL),
#ifdef MEMORY_CAN_RUN_OUT
		cmocka_unit_test(memory__that_runs_out_is_ENOMEM),
#endif
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		by_rows[i] = (struct CMUnitTest){ rows[i].name, check_row, NULL, NULL, (void *)&rows[i] };
	int failed = cmocka_run_group_tests_name("rows", by_rows, NULL, NULL);
	return failed + cmocka_run_group_tests_name("laws", tests, NULL, NULL);
}
