/* SPDX-License-Identifier: MIT */
/*
 * How good compiled programs are, beside those of libseccomp for the same rules, and what must not be in them.
 * Whether they are right is test_compile.c's and test_validate.c's.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/bpf_common.h>
#include <seccomp.h>
#include <talloc.h>

#include <filters/policy/policy.h>

#include "test_memory.h"
#include "test_policy.h"

/* ---- programs ---------------------------------------------------------------------------------------------------- */

struct program {
	struct flagstop_insn *insns;
	size_t count;
};

static unsigned count_class(const struct flagstop_insn *insns, size_t count, unsigned class)
{
	unsigned found = 0;

	for (size_t i = 0; i < count; i++)
		found += BPF_CLASS(insns[i].code) == class;
	return found;
}

static unsigned executed(const struct program *p, const struct flagstop_data *data, uint32_t *ret_action)
{
	unsigned count;

	*ret_action = flagstop_program_run(p->insns, p->count, data, &count, NULL);
	return count;
}

/* ---- conditions -------------------------------------------------------------------------------------------------- */

struct compiled {
	struct flagstop_policy *policy;
	struct flagstop_programs *programs;
	struct program program;
};

static struct compiled compile_with(const char *text, const struct flagstop_compile_options *options)
{
	struct compiled c = { .policy = policy_of(&text, 1) };
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;

	if (flagstop_policy_compile(c.policy, options, &c.programs, &error))
		fail_msg("%s", error.message);
	c.program.insns = (struct flagstop_insn *)flagstop_programs_get(c.programs, 0, &c.program.count);
	return c;
}

static struct compiled compile(const char *text)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;

	options.report = FLAGSTOP_REPORT_NONE;
	return compile_with(text, &options);
}

static void release(struct compiled *c)
{
	flagstop_programs_free(c->programs);
	flagstop_policy_free(c->policy);
}

static struct flagstop_cost cost(const struct compiled *c, const struct program *program, enum flagstop_abi abi,
				 const struct flagstop_compile_options *options)
{
	const struct flagstop_compile_options usual = FLAGSTOP_COMPILE_OPTIONS_INIT;
	const struct flagstop_insn *insns = program->insns;
	struct flagstop_cost result;

	assert_int_equal(flagstop_policy_cost(c->policy, abi, options ? options : &usual, &insns,
					      &program->count, 1, &result),
			 0);
	return result;
}

struct row {
	const char *name, *text;
	int more;             /* instructions than for a call that is denied by its number; at most,
		as the others */
	unsigned loads, ands; /* without those of architecture and number */
};

#define P "abi x86_64\ndefault allow\nunknown allow\n"

static const struct row rows[] = {
	{ "bit__is_one_test", P "deny EPERM openat when flags & O_CREAT", 2, 1, 0 },
	{ "bits_that_are_0__are_one_test", P "deny EPERM openat when flags & O_ACCMODE == O_RDONLY", 2, 1, 0 },
	{ "one_bit_of_a_mask__needs_no_and", P "deny EPERM openat when flags & O_ACCMODE == O_WRONLY", 3, 1, 0 },
	{ "high_half_without_mask_bits__is_not_loaded", P "deny EPERM clone when flags & CLONE_NEWUSER", 2, 1, 0 },
	{ "int__is_one_word", P "deny EPERM socket when domain == AF_INET", 2, 1, 0 },
	{ "low_half__is_looked_at_first", P "deny EPERM lseek when offset == 5", 4, 2, 0 },
	{ "word__is_not_loaded_again",
	  P "deny EPERM socket when domain == 1 or domain == 7 or domain == 17", 4, 1, 0 },
	{ "word__is_not_loaded_again_by_another_rule",
	  P "deny EPERM socket when domain == 1\ntrap socket when domain == 9\nlog socket when domain == 12", 6, 1, 0 },
	{ "word__is_not_loaded_again_under_masks",
	  P "deny EPERM openat when flags & O_CREAT and not flags & O_EXCL", 3, 1, 0 },
	{ "masked_word__is_not_loaded_again_under_fewer_bits",
	  P "deny EPERM socket when type & 0xff == 0x33 or type & 0xf == 6", 5, 1, 2 },
	{ "ranges_that_touch__are_one",
	  P "deny EPERM socket when domain in {1..4, 5, 6..9}\ndeny EPERM socket when domain == 10",
	  3, 1, 0 },
	{ "test_that_is_made_already__is_not_made_again",
	  P "deny EPERM socket when domain == 2 and type == 3\nlog socket when domain == 2 and type == 4",
	  6, 2, 0 },
	{ "tests_that_say_nothing__are_left_out",
	  P "allow socket when domain == 2\nallow socket when type == 3\nallow socket when protocol == 1",
	  -2, 0, 0 },
	{ "equal_conditions__of_two_calls_are_one",
	  P "deny EPERM socket socketpair when domain == 2 and type == 3", 5, 2, 0 },
	{ "equal_tails__of_two_calls_are_one",
	  P "deny EPERM socket when domain == 2 and type == 3\ndeny EPERM bind when arg1 == 3", 9, 4, 0 },
	{ "calls_in_a_row__are_one_range", P "deny EPERM setuid setgid geteuid getegid", 1, 0, 0 },
};

static void check_row(void **test)
{
	const struct row *row = *test;
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;

	options.optimize = FLAGSTOP_OPTIMIZE_SIZE;
	struct compiled bare = compile_with(P "deny EPERM getpid", &options), c = compile_with(row->text, &options);
	unsigned loads = count_class(c.program.insns, c.program.count, BPF_LD) - 2;
	unsigned ands = count_class(c.program.insns, c.program.count, BPF_ALU);
	int more = (int)c.program.count - (int)bare.program.count;

	print_message("%d instructions more than for a call by its number, %u loads, %u ands\n", more, loads, ands);
	assert_true(more <= row->more);
	assert_true(loads <= row->loads);
	assert_true(ands <= row->ands);
	release(&bare);
	release(&c);
}

static void low_half__decides_what_does_not_match(void **test)
{
	struct compiled c = compile(P "deny EPERM lseek when offset == 5");
	struct flagstop_data data = { .arch = SCMP_ARCH_X86_64, .nr = 8, .args = { 0, 6 } };
	uint32_t loads, high = 1u << (16 + 8 + 4) / 4;

	(void)test;
	flagstop_program_run(c.program.insns, c.program.count, &data, NULL, &loads);
	assert_int_equal(loads & high, 0);
	data.args[1] = 5;
	flagstop_program_run(c.program.insns, c.program.count, &data, NULL, &loads);
	assert_int_equal(loads & high, high);
	release(&c);
}

static void rules_on_one_argument__are_one_tree(void **test)
{
	char text[4096] = P;
	size_t used = strlen(text);
	uint32_t action;

	(void)test;
	for (unsigned i = 0; i < 60; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "deny %u ioctl when request == %u\n", 1 + i % 5, 37 * i + 9);
	struct compiled c = compile(text);
	for (unsigned i = 0; i < 60; i++) {
		struct flagstop_data data = { .arch = SCMP_ARCH_X86_64, .nr = 16, .args = { 0, 37 * i + 9 } };

		assert_true(executed(&c.program, &data, &action) <= 20);
		assert_int_equal(action, SECCOMP_RET_ERRNO | (1 + i % 5));
	}
	assert_int_equal(count_class(c.program.insns, c.program.count, BPF_LD), 3);
	release(&c);
}

/* Pairs of values of two arguments, each with an answer of its own. */
static struct compiled compile_pairs(unsigned count)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	char *text = talloc_strdup(NULL, P);

	options.report = FLAGSTOP_REPORT_NONE;
	for (unsigned i = 0; i < count; i++)
		text = talloc_asprintf_append(text, "deny %u prctl when arg0 == %u and arg1 == %u\n",
					      1 + i % 40, 3 * i, 5 * i);
	struct compiled c = compile_with(text, &options);
	talloc_free(text);
	return c;
}

/* Also where there are more than one wants to think about, and more than a walk may be deep. */
static void rules_on_two_arguments__answer_as_each_says(void **test)
{
	static const unsigned counts[] = { 1, 2, 5, 12, 13, 41, 100, 300, 520 };

	(void)test;
	for (size_t k = 0; k < COUNT(counts); k++) {
		struct compiled c = compile_pairs(counts[k]);

		for (unsigned i = 0; i < counts[k]; i++) {
			struct flagstop_data data = { .arch = SCMP_ARCH_X86_64, .nr = 157, .args = { 3 * i, 5 * i } };
			uint32_t action;

			executed(&c.program, &data, &action);
			assert_int_equal(action, SECCOMP_RET_ERRNO | (1 + i % 40));
			data.args[1]++;
			executed(&c.program, &data, &action);
			assert_int_equal(action, SECCOMP_RET_ALLOW);
		}
		release(&c);
	}
}

static void rules_on_two_arguments__are_sorted_by_one(void **test)
{
	struct compiled c = compile_pairs(100);
	unsigned worst = cost(&c, &c.program, FLAGSTOP_ABI_X86_64, NULL).executed_worst;

	(void)test;
	print_message("%zu instructions, %u at the worst\n", c.program.count, worst);
	assert_true(worst <= 24);
	assert_true(c.program.count < 500);
	release(&c);
}

/* Each pair could go either way, and no order is good: what is tried is bounded, and what was written is what it is. */
static void conditions__that_explode_stay_small(void **test)
{
	char text[4096] = P "deny EPERM prctl when ";
	size_t used = strlen(text);

	(void)test;
	for (unsigned i = 0; i < 24; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "%sarg%u & 0x%x and arg%u & 0x%x == 0x%x", i ? " or " : "",
					 i % 5, 1u << i, (i + 1) % 5, 6u << i, 2u << i);
	struct compiled c = compile(text);
	print_message("%zu instructions\n", c.program.count);
	assert_true(c.program.count < 24 * 8 + 20);
	release(&c);
}

/* Whichever allocation fails: conditions, trees, hot calls, what is laid out. */
static void memory__that_is_short_while_optimizing_is_ENOMEM(void **test)
{
	(void)test;
#ifdef MEMORY_CAN_RUN_OUT
	const struct flagstop_frequency often = { FLAGSTOP_ABI_X86_64, (unsigned)flagstop_call_find("prctl"), 9 };
	struct compiled whole = compile_pairs(20);
	int failures = 0, r = -ENOMEM;

	for (long granted = 0; r == -ENOMEM && granted < 100000; granted++) {
		struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
		struct flagstop_programs *programs = NULL;

		options.unproved = 1;
		options.frequencies = &often;
		options.frequency_count = granted & 1;
		allocations_left = granted;
		r = flagstop_policy_compile(whole.policy, &options, &programs, NULL);
		allocations_left = -1;
		assert_true(r == 0 || r == -ENOMEM);
		failures += r != 0;
		flagstop_programs_free(programs);
	}
	print_message("%d allocations\n", failures);
	assert_int_equal(r, 0);
	assert_true(failures > 30);
	release(&whole);
#else
	print_message("the sanitizer has its own allocator\n");
	skip();
#endif
}

/* ---- what is preferred ------------------------------------------------------------------------------------------- */

static const char *const policies[] = {
	"default deny EPERM\nallow @system-service",
	"default allow\ndeny EPERM @privileged @resources\nkill @debug",
	"default deny ENOSYS\nallow @basic-io @network-io\nallow ioctl when request in {1, 5, 9, 0x5401..0x5410}\n"
	"allow socket when domain == AF_INET and type & 0xf == SOCK_STREAM\nallow clone when not flags & CLONE_NEWUSER",
	"default allow\ntrap execve ptrace connect mount setuid chroot bpf keyctl unshare io_uring_setup",
};

static void optimize__gives_what_is_asked_for(void **test)
{
	(void)test;
	for (size_t i = 0; i < COUNT(policies); i++) {
		struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
		struct flagstop_cost costs[3];
		size_t counts[3];

		for (options.optimize = 0; options.optimize < 3; options.optimize++) {
			struct compiled c = compile_with(policies[i], &options);

			counts[options.optimize] = c.program.count;
			costs[options.optimize] = cost(&c, &c.program, flagstop_abi_native(), NULL);
			release(&c);
		}
		assert_true(counts[FLAGSTOP_OPTIMIZE_SIZE] <= counts[FLAGSTOP_OPTIMIZE_BOTH]);
		assert_true(counts[FLAGSTOP_OPTIMIZE_BOTH] <= counts[FLAGSTOP_OPTIMIZE_SPEED]);
		assert_true(costs[FLAGSTOP_OPTIMIZE_SPEED].executed_mean <=
			    costs[FLAGSTOP_OPTIMIZE_BOTH].executed_mean);
		assert_true(costs[FLAGSTOP_OPTIMIZE_BOTH].executed_mean <= costs[FLAGSTOP_OPTIMIZE_SIZE].executed_mean);
		assert_true(counts[FLAGSTOP_OPTIMIZE_SIZE] < counts[FLAGSTOP_OPTIMIZE_SPEED]);
		assert_true(costs[FLAGSTOP_OPTIMIZE_SPEED].executed_mean < costs[FLAGSTOP_OPTIMIZE_SIZE].executed_mean);
	}
}

static void frequencies__make_short_ways(void **test)
{
	const struct flagstop_frequency often[] = {
		{ FLAGSTOP_ABI_X86_64, (unsigned)flagstop_call_find("futex"), 700 },
		{ FLAGSTOP_ABI_X86_64, (unsigned)flagstop_call_find("ppoll"), 250 },
		{ FLAGSTOP_ABI_X86_64, (unsigned)flagstop_call_find("ppoll"), 50 },
	};
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;

	(void)test;
	for (size_t i = 0; i < COUNT(policies); i++) {
		char text[512];

		snprintf(text, sizeof(text), "abi x86_64 i386\n%s", policies[i]);
		options.frequency_count = 0;
		struct compiled plain = compile_with(text, &options);
		options.frequencies = often;
		options.frequency_count = COUNT(often);
		struct compiled tuned = compile_with(text, &options);
		struct flagstop_cost before = cost(&plain, &plain.program, FLAGSTOP_ABI_X86_64, &options);
		struct flagstop_cost after = cost(&tuned, &tuned.program, FLAGSTOP_ABI_X86_64, &options);
		print_message("%.2f instructions, %.2f before\n", after.executed_weighted,
			      before.executed_weighted);
		assert_true(after.executed_weighted < before.executed_weighted);
		/* architecture, its load, the number's, one or two comparisons, a return */
		assert_true(after.executed_weighted <= 6);
		release(&plain);
		release(&tuned);
	}
}

static void frequencies__of_no_call_are_EINVAL(void **test)
{
	const struct flagstop_frequency no_call = { FLAGSTOP_ABI_X86_64, flagstop_call_count(), 1 };
	const struct flagstop_frequency no_abi = { FLAGSTOP_ABI_COUNT, 0, 1 };
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	struct flagstop_policy *policy = policy_of(policies, 1);
	struct flagstop_programs *programs;

	(void)test;
	options.frequency_count = 1;
	assert_int_equal(flagstop_policy_compile(policy, &options, &programs, NULL), -EINVAL);
	options.frequencies = &no_call;
	assert_int_equal(flagstop_policy_compile(policy, &options, &programs, NULL), -EINVAL);
	options.frequencies = &no_abi;
	assert_int_equal(flagstop_policy_compile(policy, &options, &programs, NULL), -EINVAL);
	options.frequency_count = 0;
	options.optimize = 3;
	assert_int_equal(flagstop_policy_compile(policy, &options, &programs, NULL), -EINVAL);
	flagstop_policy_free(policy);
}

/* ---- what runs --------------------------------------------------------------------------------------------------- */

static void cost__is_what_runs(void **test)
{
	/* ld nr; jeq read, 0, 1; ret; ret — and five more for socket when its first argument is 2 */
	static struct flagstop_insn insns[] = {
		{ 0x20, 0, 0, 0 },
		{ 0x15, 0, 1, 41 },
		{ 0x05, 0, 0, 1 },
		{ 0x06, 0, 0, SECCOMP_RET_ALLOW },
		{ 0x20, 0, 0, 16 },
		{ 0x15, 0, 1, 2 },
		{ 0x06, 0, 0, SECCOMP_RET_KILL },
		{ 0x06, 0, 0, SECCOMP_RET_ALLOW },
	};
	const struct program p = { insns, COUNT(insns) };
	const struct flagstop_frequency often = { FLAGSTOP_ABI_X86_64, (unsigned)flagstop_call_find("socket"), 9 };
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	struct compiled c = compile(P "kill thread socket when domain == 2");

	(void)test;
	struct flagstop_cost plain = cost(&c, &p, FLAGSTOP_ABI_X86_64, NULL);
	assert_true(plain.executed_mean > 3 && plain.executed_mean < 3.1);
	assert_int_equal(plain.executed_worst, 6);
	assert_true(plain.executed_weighted == plain.executed_mean);
	options.frequencies = &often;
	options.frequency_count = 1;
	assert_true(cost(&c, &p, FLAGSTOP_ABI_X86_64, &options).executed_weighted == 6);
	/* of another ABI nothing was counted */
	assert_true(cost(&c, &p, FLAGSTOP_ABI_AARCH64, &options).executed_weighted ==
		    cost(&c, &p, FLAGSTOP_ABI_AARCH64, NULL).executed_mean);
	assert_int_equal(flagstop_policy_cost(c.policy, FLAGSTOP_ABI_COUNT, &options, NULL, NULL, 0,
					      &plain),
			 -EINVAL);
	assert_int_equal(flagstop_policy_cost(c.policy, FLAGSTOP_ABI_I386, &options, NULL, NULL, 1, &plain),
			 -EINVAL);
	release(&c);
}

/* ---- libseccomp -------------------------------------------------------------------------------------------------- */

struct rule {
	const char *call;
	int argument; /* -1: none */
	enum scmp_compare op;
	uint64_t value, masked;
};

struct profile {
	const char *name;
	bool allows; /* what the rules say; else they deny, and all else is allowed */
	const struct rule *rules;
	size_t count;
};

#define BARE(name) \
	{ \
		name, -1, SCMP_CMP_EQ, 0, 0 \
	}

static const struct rule few[] = {
	BARE("read"),
	BARE("write"),
	BARE("exit_group"),
	BARE("rt_sigreturn"),
	BARE("restart_syscall"),
};
static const struct rule scattered[] = {
	BARE("execve"),
	BARE("ptrace"),
	BARE("connect"),
	BARE("mount"),
	BARE("umount2"),
	BARE("setuid"),
	BARE("chroot"),
	BARE("pivot_root"),
	BARE("init_module"),
	BARE("kexec_load"),
	BARE("bpf"),
	BARE("perf_event_open"),
	BARE("keyctl"),
	BARE("unshare"),
	BARE("setns"),
	BARE("memfd_create"),
	BARE("userfaultfd"),
	BARE("add_key"),
	BARE("swapon"),
};
static const struct rule arguments[] = {
	BARE("read"),
	BARE("write"),
	BARE("close"),
	BARE("fstat"),
	BARE("brk"),
	BARE("munmap"),
	BARE("restart_syscall"),
	{ "mmap", 2, SCMP_CMP_MASKED_EQ, 4, 0 },
	{ "mprotect", 2, SCMP_CMP_MASKED_EQ, 4, 0 },
	{ "clone", 0, SCMP_CMP_MASKED_EQ, 0x7e020000, 0 },
	{ "ioctl", 1, SCMP_CMP_EQ, 0x5401, 0 },
	{ "ioctl", 1, SCMP_CMP_EQ, 0x5413, 0 },
	{ "personality", 0, SCMP_CMP_EQ, 0, 0 },
	{ "personality", 0, SCMP_CMP_EQ, 8, 0 },
	{ "personality", 0, SCMP_CMP_EQ, 0xffffffff, 0 },
	{ "lseek", 1, SCMP_CMP_EQ, 0, 0 },
	{ "prctl", 0, SCMP_CMP_NE, 22, 0 },
};

static const struct profile profiles[] = {
	{ "libseccomp__is_not_better_with_few_calls", true, few, COUNT(few) },
	{ "libseccomp__is_not_better_with_scattered_calls", false, scattered, COUNT(scattered) },
	{ "libseccomp__is_not_better_with_arguments", true, arguments, COUNT(arguments) },
};

static void add_text(char *text, size_t size, const struct profile *profile, const struct rule *rule)
{
	size_t used = strlen(text);

	used += (size_t)snprintf(text + used, size - used, "%s %s", profile->allows ? "allow" : "deny EPERM",
				 rule->call);
	if (rule->argument >= 0 && rule->op == SCMP_CMP_MASKED_EQ)
		used += (size_t)snprintf(text + used, size - used, " when arg%d & 0x%llx == 0x%llx", rule->argument,
					 (unsigned long long)rule->value, (unsigned long long)rule->masked);
	else if (rule->argument >= 0)
		used += (size_t)snprintf(text + used, size - used, " when arg%d %s 0x%llx", rule->argument,
					 rule->op == SCMP_CMP_NE ? "!=" : "==", (unsigned long long)rule->value);
	snprintf(text + used, size - used, "\n");
}

static void add_rule(scmp_filter_ctx context, const struct profile *profile, const struct rule *rule)
{
	struct scmp_arg_cmp compared = { (unsigned)rule->argument, rule->op, rule->value, rule->masked };

	assert_int_equal(seccomp_rule_add_array(context, profile->allows ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(1),
						seccomp_syscall_resolve_name(rule->call),
						rule->argument >= 0, &compared),
			 0);
}

/* Through a file: a pipe holds no more than its buffer. */
static struct program export(scmp_filter_ctx context)
{
	FILE *file = tmpfile();
	struct program p;
	long bytes;

	assert_non_null(file);
	assert_int_equal(seccomp_export_bpf(context, fileno(file)), 0);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	bytes = ftell(file);
	rewind(file);
	p.count = (size_t)bytes / sizeof(*p.insns);
	p.insns = calloc(p.count, sizeof(*p.insns));
	assert_non_null(p.insns);
	assert_int_equal(fread(p.insns, sizeof(*p.insns), p.count, file), p.count);
	fclose(file);
	return p;
}

static struct program theirs(const struct profile *profile, unsigned level)
{
	scmp_filter_ctx context = seccomp_init(profile->allows ? SCMP_ACT_ERRNO(1) : SCMP_ACT_ALLOW);

	assert_non_null(context);
	assert_int_equal(seccomp_arch_remove(context, SCMP_ARCH_NATIVE), 0);
	assert_int_equal(seccomp_arch_add(context, SCMP_ARCH_X86_64), 0);
	assert_int_equal(seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS), 0);
	assert_int_equal(seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, level), 0);
	for (size_t i = 0; i < profile->count; i++)
		add_rule(context, profile, &profile->rules[i]);
	struct program p = export(context);
	seccomp_release(context);
	return p;
}

static void check_profile(void **test)
{
	const struct profile *profile = *test;
	char text[4096];

	snprintf(text, sizeof(text), "abi x86_64\ndefault %s\nunknown %s\n", profile->allows ? "deny EPERM" : "allow",
		 profile->allows ? "deny EPERM" : "allow");
	for (size_t i = 0; i < profile->count; i++)
		add_text(text, sizeof(text), profile, &profile->rules[i]);
	struct compiled ours = compile(text);
	struct flagstop_cost mine = cost(&ours, &ours.program, FLAGSTOP_ABI_X86_64, NULL);
	for (unsigned level = 1; level <= 2; level++) {
		struct program other = theirs(profile, level);
		struct flagstop_cost his = cost(&ours, &other, FLAGSTOP_ABI_X86_64, NULL);

		print_message("%zu instructions, mean %.2f, worst %u; libseccomp %u: %zu, %.2f, %u\n",
			      ours.program.count,
			      mine.executed_mean, mine.executed_worst, level, other.count,
			      his.executed_mean, his.executed_worst);
		assert_true(ours.program.count <= other.count);
		assert_true(mine.executed_mean <= his.executed_mean);
		assert_true(mine.executed_worst <= his.executed_worst);
		free(other.insns);
	}
	release(&ours);
}

int main(void)
{
	static struct CMUnitTest row_tests[COUNT(rows)], profile_tests[COUNT(profiles)];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(low_half__decides_what_does_not_match),
		cmocka_unit_test(rules_on_one_argument__are_one_tree),
		cmocka_unit_test(rules_on_two_arguments__answer_as_each_says),
		cmocka_unit_test(rules_on_two_arguments__are_sorted_by_one),
		cmocka_unit_test(conditions__that_explode_stay_small),
		cmocka_unit_test(memory__that_is_short_while_optimizing_is_ENOMEM),
		cmocka_unit_test(optimize__gives_what_is_asked_for),
		cmocka_unit_test(frequencies__make_short_ways),
		cmocka_unit_test(frequencies__of_no_call_are_EINVAL),
		cmocka_unit_test(cost__is_what_runs),
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		row_tests[i] = (struct CMUnitTest){ rows[i].name, check_row, NULL, NULL, (void *)&rows[i] };
	for (size_t i = 0; i < COUNT(profiles); i++)
		profile_tests[i] = (struct CMUnitTest){ profiles[i].name, check_profile, NULL, NULL,
							(void *)&profiles[i] };
	int failed = cmocka_run_group_tests_name("laws", tests, NULL, NULL);
	failed += cmocka_run_group_tests_name("conditions", row_tests, NULL, NULL);
	return failed + cmocka_run_group_tests_name("libseccomp", profile_tests, NULL, NULL);
}
