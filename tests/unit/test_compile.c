/* SPDX-License-Identifier: MIT */
/*
 * Compiled programs against the evaluator: for generated policies and calls at which something could change, all
 * programs
 * together, by the kernel's precedence, do what the policy decides, and flag what it says is flagged. Whether the
 * evaluator is right is test_policy.c's.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <filters/policy/policy.h>

#include "test_policy.h"

#define SEED UINT64_C(0x666c616773746f70)
#define TRACE_DATA 7
#define LAYERS_MAX 4
#define RULES_MAX 8
#define TEXT_BYTES 8192
#define POINTS_MAX 256
#define DETAILED_CALLS 16 /* calls decided by arguments that get many vectors, of one policy */

/* ---- policies --------------------------------------------------------------------------------------------------- */

struct text {
	char bytes[TEXT_BYTES];
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
	va_list args;
	int wrote;

	va_start(args, format);
	wrote = vsnprintf(text->bytes + text->used, sizeof(text->bytes) - text->used, format, args);
	va_end(args);
	assert_true(wrote >= 0 && text->used + (size_t)wrote < sizeof(text->bytes));
	text->used += (size_t)wrote;
}

/* Conditions with names, each with the calls it makes sense for. */
static const struct {
	const char *calls, *when;
} named[] = {
	{ "openat", "dirfd == AT_FDCWD" },
	{ "openat", "flags & O_ACCMODE == O_RDONLY" },
	{ "openat", "flags & O_DIRECT" },
	{ "openat", "flags & (O_CREAT | O_DIRECTORY) == O_CREAT and mode & 0o22 != 0" },
	{ "openat", "not flags & O_CLOEXEC" },
	{ "clone", "flags & CLONE_NEWUSER" },
	{ "clone", "flags & (CLONE_THREAD | CLONE_VM) == CLONE_VM" },
	{ "socket", "domain in {AF_UNIX, AF_INET, AF_INET6}" },
	{ "socket", "domain == AF_INET and type & 0xf == SOCK_STREAM" },
	{ "lseek", "whence == SEEK_SET and offset < 0" },
	{ "lseek", "offset in -5..5" },
	{ "kill tgkill", "sig in {SIGTERM, SIGKILL..SIGALRM}" },
	{ "kill", "pid < -1 or pid == 0" },
	{ "fcntl", "cmd in {F_DUPFD..F_SETFD, F_GETFL} and arg != 0" },
	{ "mprotect", "prot & PROT_EXEC" },
	{ "mprotect", "prot & (PROT_WRITE | PROT_EXEC) == PROT_WRITE | PROT_EXEC" },
	{ "read write", "fd <= 2" },
	{ "read write", "count > 0x10000" },
	{ "close dup", "arg0 == 0xffffffff" },
};

static const char *const sets[] = {
	"read",
	"write",
	"getpid",
	"openat",
	"ioctl",
	"clone",
	"@file-system",
	"@swap",
	"close",
	"futex",
	"read write",
	"@ipc - mq_open",
	"@process & (clone execve)",
	"restart_syscall",
	"brk",
	"@clock",
};

static void add_verdict(struct text *t, uint64_t *state)
{
	static const char *const verdicts[] = {
		"allow",
		"allow",
		"allow",
		"deny",
		"deny EACCES",
		"deny 4095",
		"log",
		"trace",
		"ask",
		"return 0",
		"return -1",
		"return 1000",
		"return -4095",
		"return -4096",
		"return 0x7fffffffffff",
		"trap",
		"trap 65535",
		"kill thread",
		"kill",
	};

	add(t, "%s", verdicts[below(state, COUNT(verdicts))]);
}

static int64_t any_value(uint64_t *state, bool wide)
{
	static const int64_t edges[] = { 0, 1, 2, 3, 15, 16, 255, 0x1000, 0x7fffffff, 0x80000000, 0xfffffffe,
					 0xffffffff, -1, -2, -100, INT32_MIN };
	static const int64_t wide_edges[] = { 0x100000000, 0x1ffffffff, 0x80000000ffffffff, 0x7fffffffffffffff,
					      INT64_MIN, 0xffffffff00000000, 0x200000001, 0x123456789a };

	if (wide && below(state, 2))
		return below(state, 4) ? wide_edges[below(state, COUNT(wide_edges))] : (int64_t)next_random(state);
	return below(state, 4) ? edges[below(state, COUNT(edges))] : (int32_t)next_random(state);
}

static int64_t any_mask(uint64_t *state, bool wide)
{
	switch (below(state, 4)) {
	case 0:
		return INT64_C(1) << below(state, wide ? 64 : 32);
	case 1:
		return (INT64_C(1) << below(state, 31)) - 1;
	default:
		return any_value(state, wide);
	}
}

static void add_items(struct text *t, uint64_t *state, bool wide, int64_t mask)
{
	unsigned count = 1 + below(state, below(state, 5) ? 5 : 40);

	add(t, " in {");
	for (unsigned i = 0; i < count; i++) {
		int64_t low = any_value(state, wide) & mask;

		add(t, "%s%lld", i ? ", " : "", (long long)low);
		if (low < INT32_MAX && low > -1000 && !below(state, 3))
			add(t, "..%lld", (long long)low + below(state, 2000));
	}
	add(t, "}");
}

static void add_test(struct text *t, uint64_t *state, bool wide)
{
	static const char *const relations[] = { "==", "!=", "<", "<=", ">", ">=" };
	int64_t mask = -1;

	add(t, "arg%u", below(state, 6));
	if (below(state, 2)) {
		mask = any_mask(state, wide);
		add(t, " & %lld", (long long)mask);
		if (!below(state, 3))
			return;
	}
	if (below(state, 3))
		add(t, " %s %lld", relations[below(state, COUNT(relations))],
		    (long long)(any_value(state, wide) & mask));
	else
		add_items(t, state, wide, mask);
}

static void add_condition(struct text *t, uint64_t *state, bool wide, unsigned depth)
{
	if (!depth || !below(state, 3)) {
		add_test(t, state, wide);
		return;
	}
	switch (below(state, 3)) {
	case 0:
		add(t, "not (");
		add_condition(t, state, wide, depth - 1);
		break;
	default:
		add(t, "(");
		add_condition(t, state, wide, depth - 1);
		add(t, below(state, 2) ? " and " : " or ");
		add_condition(t, state, wide, depth - 1);
	}
	add(t, ")");
}

static void add_rule(struct text *t, uint64_t *state, unsigned abis)
{
	bool wide = below(state, 2);

	add_verdict(t, state);
	if (!below(state, 3)) {
		unsigned i = below(state, COUNT(named)), k = below(state, COUNT(named));

		add(t, " %s when %s", named[i].calls, named[i].when);
		if (!strcmp(named[i].calls, named[k].calls))
			add(t, " %s %s", below(state, 2) ? "and" : "or", named[k].when);
	} else {
		add(t, " %s", sets[below(state, COUNT(sets))]);
		if (!below(state, 6))
			add(t, " close@%s", flagstop_abi_name(__builtin_ctz(abis)));
		if (below(state, 4)) {
			add(t, " when ");
			add_condition(t, state, wide, 3);
		}
	}
	add(t, "\n");
}

static bool is_policy(const struct text *t)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	bool fine = !flagstop_policy_add_text(policy, "t.fs", t->bytes, t->used, NULL);

	flagstop_policy_free(policy);
	return fine;
}

/* Rules that are refused (they contradict themselves, or a value does not fit) are left out again. */
static unsigned generate(struct text *t, uint64_t *state, unsigned abis)
{
	unsigned kept = 0, rules = 1 + below(state, RULES_MAX);

	t->used = 0;
	add(t, "abi");
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (abis >> abi & 1)
			add(t, " %s", flagstop_abi_name(abi));
	add(t, "\ndefault ");
	add_verdict(t, state);
	if (below(state, 2)) {
		add(t, "\nunknown ");
		add_verdict(t, state);
	}
	add(t, "\n");
	for (unsigned i = 0; i < rules; i++) {
		size_t before = t->used;

		add_rule(t, state, abis);
		if (is_policy(t)) {
			kept++;
		} else {
			t->used = before;
			t->bytes[before] = '\0';
		}
	}
	return kept;
}

/* ---- calls ------------------------------------------------------------------------------------------------------ */

/* Argument values at which a condition may change its mind. */
struct points {
	uint64_t values[6][POINTS_MAX];
	unsigned count[6];
};

static void add_point(struct points *p, unsigned argument, uint64_t value)
{
	unsigned count = p->count[argument];

	/* The last of too many replace each other. */
	p->values[argument][count < POINTS_MAX ? count : POINTS_MAX - 1] = value;
	p->count[argument] += count < POINTS_MAX;
}

static void add_points_around(struct points *p, const struct fst_cond *test, uint64_t value)
{
	for (uint64_t v = value - 1; v != value + 2; v++) {
		add_point(p, test->argument, v);
		add_point(p, test->argument, v | ~test->mask);
		add_point(p, test->argument, test->bits == 32 ? (uint64_t)(int64_t)(int32_t)v : (uint32_t)v);
		add_point(p, test->argument, v ^ UINT64_C(0xdeadbeef00000000));
	}
}

static void add_points_of(struct points *p, const struct fst_cond *cond)
{
	if (cond->op == FST_EXPR_FACT)
		return;
	if (cond->op != FST_EXPR_TEST) {
		add_points_of(p, cond->left);
		if (cond->right)
			add_points_of(p, cond->right);
		return;
	}
	add_points_around(p, cond, cond->mask);
	for (unsigned i = 0; i < cond->range_count && i < 8; i++) {
		add_points_around(p, cond, cond->ranges[i].low);
		add_points_around(p, cond, cond->ranges[i].high);
	}
}

static void add_usual_points(struct points *p)
{
	static const uint64_t usual[] = { 0, 1, 0xffffffff, UINT64_MAX, 0x80000000, 0x100000000, 0x8000000000000000 };

	for (unsigned argument = 0; argument < 6; argument++)
		for (unsigned i = 0; i < COUNT(usual); i++)
			add_point(p, argument, usual[i]);
}

struct subject {
	const struct flagstop_policy *policy;
	const struct flagstop_programs *programs;
	const struct text *texts; /* for complaints */
	unsigned layers;
	enum flagstop_report report;
	uint64_t state;
	uint64_t seen_traced, seen_not, seen_by_number; /* that both sides of the law were met */
	unsigned char flagged[FLAGSTOP_ABI_COUNT][FST_CALLS_MAX];
};

static void complain(const struct subject *s, const struct flagstop_data *call, uint32_t got, uint32_t wanted,
		     const char *what)
{
	char action[64], expected[64];

	for (unsigned i = 0; i < s->layers; i++)
		print_error("---- layer %u\n%s", i, s->texts[i].bytes);
	flagstop_action_format(got, action, sizeof(action));
	flagstop_action_format(wanted, expected, sizeof(expected));
	fail_msg("%s: arch 0x%x nr 0x%x (0x%llx, 0x%llx, 0x%llx, 0x%llx, 0x%llx, 0x%llx): %s, not %s", what,
		 call->arch, call->nr, (unsigned long long)call->args[0], (unsigned long long)call->args[1],
		 (unsigned long long)call->args[2], (unsigned long long)call->args[3],
		 (unsigned long long)call->args[4], (unsigned long long)call->args[5], action, expected);
}

static void check_flagged(struct subject *s, const struct flagstop_data *call, uint32_t got)
{
	int abi = flagstop_abi_of_call(call->arch, call->nr);
	int index = abi < 0 ? -1 : flagstop_call_from_number(abi, call->nr);

	if (index >= 0 && !s->flagged[abi][index])
		complain(s, call, got, SECCOMP_RET_ALLOW, "flagged, and not in flagstop_policy_flagged");
	if (!flagstop_policy_needs_tracer(s->policy, s->report))
		complain(s, call, got, SECCOMP_RET_ALLOW, "flagged, and flagstop_policy_needs_tracer says no");
}

static void check_call(struct subject *s, const struct flagstop_data *call)
{
	uint32_t loads, got = run_all(s->programs, call, &loads);
	struct flagstop_verdict verdict = flagstop_policy_decide(s->policy, call, NULL);
	enum flagstop_place place = flagstop_policy_place(s->policy, call, s->report);
	uint32_t wanted = action_of_verdict(verdict);

	if (place == FLAGSTOP_PLACE_TRACER) {
		wanted = SECCOMP_RET_TRACE | TRACE_DATA;
		s->seen_traced++;
		check_flagged(s, call, got);
	} else {
		s->seen_not++;
	}
	if (got != wanted)
		complain(s, call, got, wanted, "the programs do not do what the policy decides");
	if ((got & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO && (got & SECCOMP_RET_DATA) > 4095)
		complain(s, call, got, wanted, "the kernel cuts such a number down to 4095");
	if (place == FLAGSTOP_PLACE_KERNEL) {
		s->seen_by_number++;
		if (!loads_number_only(loads))
			complain(s, call, got, wanted, "decided by the number, and arguments were read");
	}
}

static void check_with_points(struct subject *s, struct flagstop_data *call, const struct points *p, unsigned vectors)
{
	for (unsigned i = 0; i < vectors; i++) {
		for (unsigned argument = 0; argument < 6; argument++)
			call->args[argument] = p->values[argument][below(&s->state, p->count[argument])];
		check_call(s, call);
	}
}

/* One at a time, over all of its points. */
static void check_sweeps(struct subject *s, struct flagstop_data *call, const struct points *p)
{
	for (unsigned argument = 0; argument < 6; argument++) {
		check_with_points(s, call, p, 1);
		for (unsigned i = 0; i < p->count[argument]; i++) {
			call->args[argument] = p->values[argument][i];
			check_call(s, call);
		}
	}
}

static bool collect_points(const struct subject *s, const struct flagstop_data *call, struct points *p)
{
	bool conditional = false;

	memset(p->count, 0, sizeof(p->count));
	for (unsigned i = 0; i < s->policy->layer_count; i++) {
		const struct fst_decision *d = fst_bound_decision(s->policy->layers[i], call->arch, call->nr);

		for (unsigned k = 0; k < d->count; k++)
			if (d->steps[k].when) {
				add_points_of(p, d->steps[k].when);
				conditional = true;
			}
	}
	add_usual_points(p);
	return conditional;
}

static void check_abi(struct subject *s, enum flagstop_abi abi)
{
	static const uint32_t ends[] = { 0x3fffffff, 0x40000000, 0x40000fff, 0x7fffffff, 0x80000000, 0x80000001,
					 0xbfffffff, 0xc0000000, 0xc0000001, 0xfffffffe, 0xffffffff };
	struct flagstop_data call = { .arch = flagstop_abi_audit_arch(abi) };
	uint32_t base = abi == FLAGSTOP_ABI_X32 ? 0x40000000 : 0;
	unsigned detailed = 0;
	struct points p;

	/* arm's own calls begin at 0xf0000 */
	for (uint32_t nr = 0; nr < 0xf0010; nr = nr == 620 ? 0xefffe : nr + 1) {
		call.nr = base + nr;
		memset(call.args, 0, sizeof(call.args));
		check_call(s, &call);
		if (!collect_points(s, &call, &p))
			continue;
		check_with_points(s, &call, &p, 4);
		if (detailed++ < DETAILED_CALLS) {
			check_with_points(s, &call, &p, 100);
			check_sweeps(s, &call, &p);
		}
	}
	for (unsigned i = 0; i < COUNT(ends); i++) {
		call.nr = ends[i];
		check_call(s, &call);
	}
}

static void check_programs_are_taken(const struct flagstop_programs *programs)
{
	for (size_t i = 0; i < flagstop_programs_count(programs); i++) {
		size_t count;
		const struct flagstop_insn *insns = flagstop_programs_get(programs, i, &count);

		assert_int_equal(flagstop_program_check(insns, count, NULL), 0);
	}
}

static struct flagstop_programs *compile(const struct flagstop_policy *policy, enum flagstop_report report,
					 unsigned abis)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	struct flagstop_programs *programs = NULL;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;

	options.report = report;
	options.trace_data = TRACE_DATA;
	options.abis = abis;
	if (flagstop_policy_compile(policy, &options, &programs, &error))
		fail_msg("%s", error.message);
	check_programs_are_taken(programs);
	return programs;
}

static void check_policy(struct subject *s, unsigned abis)
{
	static const struct flagstop_data foreign = { .arch = 0x12345678 };

	s->programs = compile(s->policy, s->report, 0);
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		flagstop_policy_flagged(s->policy, abi, s->report, s->flagged[abi]);
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (abis >> abi & 1)
			check_abi(s, abi);
	/* One that no layer names, and one that nobody knows. */
	check_abi(s, FLAGSTOP_ABI_S390X);
	check_call(s, &foreign);
	flagstop_programs_free((struct flagstop_programs *)s->programs);
}

/* ---- laws ------------------------------------------------------------------------------------------------------- */

struct row {
	const char *name;
	unsigned policies, layers;
	enum flagstop_report report;
	unsigned abis; /* drawn from these */
	bool guarded;
};

#define ABI(name) (1u << FLAGSTOP_ABI_##name)
#define ALL ((1u << FLAGSTOP_ABI_COUNT) - 1)

static const struct row rows[] = {
	{ "compiled__one_layer_is_the_evaluator", 40, 1, FLAGSTOP_REPORT_NONE, ABI(X86_64), false },
	{ "compiled__one_layer_with_reports_is_the_evaluator", 40, 1, FLAGSTOP_REPORT_ALL, ABI(X86_64), false },
	{ "compiled__x86_64_and_x32_share_an_architecture", 40, 2, FLAGSTOP_REPORT_NONE, ABI(X86_64) | ABI(X32),
	  false },
	{ "compiled__several_abis_are_the_evaluator", 40, 2, FLAGSTOP_REPORT_NONE, ALL, false },
	{ "compiled__layers_are_the_evaluator", 40, LAYERS_MAX, FLAGSTOP_REPORT_NONE, ABI(X86_64) | ABI(I386), false },
	{ "compiled__layers_with_reports_are_the_evaluator", 40, LAYERS_MAX, FLAGSTOP_REPORT_ALL,
	  ABI(X86_64) | ABI(AARCH64), false },
	{ "compiled__guards_are_the_evaluator", 30, 2, FLAGSTOP_REPORT_NONE, ABI(X86_64) | ABI(ARM), true },
	{ "compiled__guards_with_reports_are_the_evaluator", 30, 2, FLAGSTOP_REPORT_ALL, ALL, true },
};

/* All layers share what is common, and each may name more. */
static struct flagstop_policy *draw_policy(const struct row *row, uint64_t *state, struct text *texts,
					   unsigned *ret_layers, unsigned *ret_abis)
{
	static const int pids[] = { 4711, 4712 };
	struct flagstop_policy *policy = flagstop_policy_new();
	unsigned common, layers = 1 + below(state, row->layers);

	do
		common = next_random(state) & row->abis;
	while (!common);
	*ret_abis = common;
	for (unsigned i = 0; i < layers; i++) {
		unsigned abis = common | (below(state, 3) ? 0 : next_random(state) & row->abis);

		generate(&texts[i], state, abis);
		*ret_abis |= abis;
		assert_int_equal(flagstop_policy_add_text(policy, "t.fs", texts[i].bytes, texts[i].used, NULL), 0);
	}
	if (row->guarded)
		assert_int_equal(flagstop_policy_add_guards(policy, pids, COUNT(pids), NULL), 0);
	*ret_layers = layers;
	return policy;
}

static void check_row(void **test)
{
	static struct text texts[LAYERS_MAX];
	static struct subject subject;
	const struct row *row = *test;
	uint64_t state = SEED + (uint64_t)(row - rows), traced = 0, not_traced = 0, by_number = 0;
	unsigned abis;

	print_message("seed 0x%llx\n", (unsigned long long)state);
	for (unsigned i = 0; i < row->policies; i++) {
		subject = (struct subject){ .texts = texts, .report = row->report };
		subject.policy = draw_policy(row, &state, texts, &subject.layers, &abis);
		subject.state = next_random(&state);
		check_policy(&subject, abis);
		traced += subject.seen_traced;
		not_traced += subject.seen_not;
		by_number += subject.seen_by_number;
		flagstop_policy_free((struct flagstop_policy *)subject.policy);
	}
	print_message("%llu calls flagged, %llu left to the kernel, %llu of them by their number\n",
		      (unsigned long long)traced, (unsigned long long)not_traced, (unsigned long long)by_number);
	assert_true(traced > 1000 && not_traced > 1000 && by_number > 1000);
}

/* ---- big policies ----------------------------------------------------------------------------------------------- */

struct long_text {
	char bytes[FLAGSTOP_POLICY_MAX_BYTES];
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void append(struct long_text *t, const char *format, ...)
{
	va_list args;
	int wrote;

	va_start(args, format);
	wrote = vsnprintf(t->bytes + t->used, sizeof(t->bytes) - t->used, format, args);
	va_end(args);
	assert_true(wrote >= 0 && t->used + (size_t)wrote < sizeof(t->bytes));
	t->used += (size_t)wrote;
}

/* For each of so many calls a rule that looks for so many scattered values, no two alike. */
static struct flagstop_policy *big_policy(struct long_text *t, unsigned calls, unsigned values)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;

	t->used = 0;
	append(t, "abi x86_64\ndefault allow\n");
	for (unsigned call = 0, written = 0; written < calls; call++) {
		assert_true(call < flagstop_call_count());
		if (flagstop_call_number(call, FLAGSTOP_ABI_X86_64) < 0)
			continue;
		append(t, "deny %u %s when arg1 in {", 1 + written, flagstop_call_name(call));
		for (unsigned i = 0; i < values; i++)
			append(t, "%u,\n", 7 * written + 3 * i);
		append(t, "}\n");
		written++;
	}
	if (flagstop_policy_add_text(policy, "big.fs", t->bytes, t->used, &error))
		fail_msg("%s", error.message);
	return policy;
}

static void big_policy__is_split_and_still_the_evaluator(void **state)
{
	static struct long_text text;
	static struct subject subject;

	(void)state;
	subject = (struct subject){ .policy = big_policy(&text, 250, 40),
				    .report = FLAGSTOP_REPORT_NONE,
				    .state = SEED };
	check_policy(&subject, ABI(X86_64));
	subject.programs = compile(subject.policy, subject.report, 0);
	assert_true(flagstop_programs_count(subject.programs) >= 3);
	print_message("%zu programs\n", flagstop_programs_count(subject.programs));
	flagstop_programs_free((struct flagstop_programs *)subject.programs);
	flagstop_policy_free((struct flagstop_policy *)subject.policy);
}

static int compile_code(const struct flagstop_policy *policy, struct flagstop_error *error)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	struct flagstop_programs *programs = (struct flagstop_programs *)&options;
	int r = flagstop_policy_compile(policy, &options, &programs, error);

	if (r)
		assert_ptr_equal(programs, &options); /* results are written on success only */
	else
		flagstop_programs_free(programs);
	return r;
}

static void big_policy__that_a_thread_cannot_carry_is_E2BIG_with_its_count(void **state)
{
	static struct long_text text;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_policy *policy = big_policy(&text, 250, 200);
	size_t insns = 0, filters = 0;

	(void)state;
	assert_int_equal(compile_code(policy, &error), -E2BIG);
	assert_int_equal(sscanf(error.message,
				"the policy needs %zu instructions in %zu filters; a thread carries at most 32768",
				&insns, &filters),
			 2);
	/* At least one comparison a value, and not all of them twice. */
	assert_in_range(insns, 250 * 200, 250 * 200 * 4);
	assert_true(filters * FLAGSTOP_PROGRAM_MAX_INSNS * 3 > insns);
	flagstop_policy_free(policy);
}

static void big_policy__of_many_layers_is_E2BIG_too(void **state)
{
	static struct long_text text;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_policy *policy = big_policy(&text, 250, 40);

	(void)state;
	assert_int_equal(compile_code(policy, &error), 0);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(flagstop_policy_add_text(policy, "big.fs", text.bytes, text.used, NULL), 0);
	assert_int_equal(compile_code(policy, &error), -E2BIG);
	flagstop_policy_free(policy);
}

static void one_call__that_no_filter_holds_is_E2BIG_with_its_name(void **state)
{
	static struct long_text text;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_policy *policy = flagstop_policy_new();
	size_t insns = 0;

	(void)state;
	text.used = 0;
	append(&text, "abi x86_64\ndefault allow\ndeny lseek when arg0 == 1");
	for (unsigned argument = 0; argument < 6; argument++) {
		append(&text, " or arg%u in {", argument);
		for (unsigned i = 0; i < 1000; i++)
			append(&text, "%u,\n", 10 + 3 * i);
		append(&text, "}");
	}
	assert_int_equal(flagstop_policy_add_text(policy, "big.fs", text.bytes, text.used, NULL), 0);
	assert_int_equal(compile_code(policy, &error), -E2BIG);
	assert_int_equal(sscanf(error.message,
				"the rules for lseek need %zu instructions; a filter has at most 4096", &insns),
			 1);
	assert_in_range(insns, 6000, 20000);
	flagstop_policy_free(policy);
}

static const struct CMUnitTest laws[] = {
	cmocka_unit_test(big_policy__is_split_and_still_the_evaluator),
	cmocka_unit_test(big_policy__that_a_thread_cannot_carry_is_E2BIG_with_its_count),
	cmocka_unit_test(big_policy__of_many_layers_is_E2BIG_too),
	cmocka_unit_test(one_call__that_no_filter_holds_is_E2BIG_with_its_name),
};

int main(void)
{
	static struct CMUnitTest tests[COUNT(rows) + COUNT(laws)];
	size_t count = 0;

	for (size_t i = 0; i < COUNT(rows); i++)
		tests[count++] = (struct CMUnitTest){ rows[i].name, check_row, NULL, NULL, (void *)&rows[i] };
	for (size_t i = 0; i < COUNT(laws); i++)
		tests[count++] = laws[i];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
