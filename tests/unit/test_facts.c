/* SPDX-License-Identifier: MIT */
/*
 * Conditions on what arguments point to: what holds of which string, what becomes of a call when nothing is known of
 * it, which arguments are asked for, and what is refused when the policy is loaded.
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

#define P "abi x86_64\n"

/* ---- calls and facts --------------------------------------------------------------------------------------------- */

static struct flagstop_data call_of(const char *text)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_data call;

	if (flagstop_data_parse(text, FLAGSTOP_ABI_X86_64, &call, &error))
		fail_msg("%s: %s", text, error.message);
	return call;
}

static void set_fact(struct flagstop_facts *facts, unsigned argument, const char *text)
{
	facts->args[argument] = (struct flagstop_fact){ 1, text, strlen(text) };
}

static const char *verdict_with(const struct flagstop_policy *policy, const char *call,
				const struct flagstop_facts *facts)
{
	static char verdict[64];
	struct flagstop_data data = call_of(call);

	flagstop_verdict_format(flagstop_policy_decide_with(policy, &data, facts, NULL), verdict, sizeof(verdict));
	return verdict;
}

/* ---- strings ----------------------------------------------------------------------------------------------------- */

struct holds {
	const char *name, *when, *path;
	bool holds;
};

static const struct holds holding[] = {
	{ "under__is_the_directory_itself", "path under \"/lib\"", "/lib", true },
	{ "under__is_what_is_in_it", "path under \"/lib\"", "/lib/a", true },
	{ "under__is_what_is_far_below", "path under \"/lib\"", "/lib/a/b/c", true },
	{ "under__is_not_a_longer_name", "path under \"/lib\"", "/lib64/a", false },
	{ "under__is_not_a_shorter_name", "path under \"/lib\"", "/li", false },
	{ "under__is_not_its_parent", "path under \"/lib/a\"", "/lib", false },
	{ "under__root_is_everything", "path under \"/\"", "/etc/passwd", true },
	{ "under__root_is_root", "path under \"/\"", "/", true },
	{ "under__root_is_no_descriptor", "path under \"/\"", "", false },
	{ "under__any_of_several", "path under \"/lib\" \"/usr\"", "/usr/x", true },
	{ "under__none_of_several", "path under \"/lib\" \"/usr\"", "/etc", false },
	{ "under__in_braces", "path under {\"/lib\", \"/usr\"}", "/usr/x", true },
	{ "is__the_same", "path is \"/a/b\"", "/a/b", true },
	{ "is__not_what_is_below", "path is \"/a/b\"", "/a/b/c", false },
	{ "is__not_a_prefix", "path is \"/a/b\"", "/a", false },
	{ "is__the_descriptor_itself", "path is \"\"", "", true },
	{ "is__no_descriptor", "path is \"\"", "/", false },
	{ "is__in_a_list", "path in {\"/a\", \"/b\"}", "/b", true },
	{ "is__equal", "pathname == \"/a\"", "/a", true },
	{ "is__not_equal", "pathname != \"/a\"", "/a", false },
	{ "is__not_equal_to_another", "pathname != \"/a\"", "/b", true },
	{ "matches__star_within_a_component", "path matches \"/home/*/x\"", "/home/me/x", true },
	{ "matches__star_stops_at_a_slash", "path matches \"/home/*/x\"", "/home/me/too/x", false },
	{ "matches__star_may_be_nothing", "path matches \"/a*b\"", "/ab", true },
	{ "matches__star_needs_the_rest", "path matches \"/a*b\"", "/axxbc", false },
	{ "matches__star_goes_back", "path matches \"/a*bc\"", "/abbbc", true },
	{ "matches__two_stars_cross_slashes", "path matches \"/home/**/x\"", "/home/me/too/x", true },
	{ "matches__two_stars_need_what_is_around", "path matches \"/home/**/x\"", "/home/x", false },
	{ "matches__two_stars_at_the_end", "path matches \"/home/**\"", "/home/a/b", true },
	{ "matches__star_behind_two", "path matches \"/**/*.so\"", "/usr/lib/libc.so", true },
	{ "matches__star_behind_two_stops", "path matches \"/**/lib*.so\"", "/lib/dir/x.so", false },
	{ "matches__question_mark_is_one", "path matches \"/dev/tty?\"", "/dev/tty1", true },
	{ "matches__question_mark_is_not_two", "path matches \"/dev/tty?\"", "/dev/tty12", false },
	{ "matches__question_mark_is_no_slash", "path matches \"/a?b\"", "/a/b", false },
	{ "matches__class", "path matches \"/dev/tty[0-9]\"", "/dev/tty7", true },
	{ "matches__class_that_has_it_not", "path matches \"/dev/tty[0-9]\"", "/dev/ttyS", false },
	{ "matches__negated_class", "path matches \"/dev/tty[!0-9]\"", "/dev/ttyS", true },
	{ "matches__negated_class_is_no_slash", "path matches \"/a[!x]b\"", "/a/b", false },
	{ "matches__bracket_in_a_class", "path matches \"/a[]]\"", "/a]", true },
	{ "matches__star_in_a_class", "path matches \"/a[*]\"", "/a*", true },
	{ "matches__star_in_a_class_is_a_star", "path matches \"/a[*]\"", "/ab", false },
	{ "matches__without_special_bytes", "path matches \"/a/b\"", "/a/b", true },
	{ "not__turns_it_round", "not path under \"/lib\"", "/etc", true },
	{ "and__needs_both", "path under \"/lib\" and not path under \"/lib/x\"", "/lib/x/y", false },
	{ "or__needs_one", "path is \"/a\" or path under \"/lib\"", "/lib/x", true },
};

static void holds__or_not(void **state)
{
	const struct holds *row = *state;
	char text[256];
	struct flagstop_policy *policy;
	struct flagstop_facts facts = FLAGSTOP_FACTS_INIT;

	snprintf(text, sizeof(text), P "default deny EACCES\nallow openat when %s\n", row->when);
	policy = policy_of(&(const char *){ text }, 1);
	set_fact(&facts, 1, row->path);
	assert_string_equal(verdict_with(policy, "openat", &facts), row->holds ? "allow" : "deny EACCES");
	flagstop_policy_free(policy);
}

/* A star that went back to each place would need longer than there is. */
static void matches__takes_time_in_proportion(void **state)
{
	const char *text = P "deny openat when path matches \"/**a*a*a*a*a*a*a*a*a*a*a*a*b\"\n";
	struct flagstop_policy *policy = policy_of(&text, 1);
	struct flagstop_facts facts = FLAGSTOP_FACTS_INIT;
	static char path[4096];

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	set_fact(&facts, 1, path);
	for (unsigned i = 0; i < 100; i++)
		assert_string_equal(verdict_with(policy, "openat", &facts), "deny EPERM");
	flagstop_policy_free(policy);
}

/* ---- every path of a call ---------------------------------------------------------------------------------------- */

struct two {
	const char *name, *rule, *old, *new, *verdict;
};

#define MOVE "default deny EACCES\nallow rename when path under \"/a\""
#define BAR "default allow\ndeny EROFS rename when path under \"/a\""
#define KEEP "default allow\ndeny EROFS rename when not path under \"/a\""

static const struct two twos[] = {
	{ "path__that_permits_needs_both", MOVE, "/a/x", "/a/y", "allow" },
	{ "path__that_permits_needs_the_first", MOVE, "/b/x", "/a/y", "deny EACCES" },
	{ "path__that_permits_needs_the_second", MOVE, "/a/x", "/b/y", "deny EACCES" },
	{ "path__that_refuses_needs_the_first", BAR, "/a/x", "/b/y", "deny EROFS" },
	{ "path__that_refuses_needs_the_second", BAR, "/b/x", "/a/y", "deny EROFS" },
	{ "path__that_refuses_needs_one", BAR, "/b/x", "/b/y", "allow" },
	{ "path__that_refuses_what_is_outside", KEEP, "/a/x", "/b", "deny EROFS" },
	{ "path__that_refuses_nothing_inside", KEEP, "/a/x", "/a", "allow" },
	{ "path__one_by_its_name", "default deny EACCES\nallow rename when newpath under \"/a\"", "/b", "/a", "allow" },
	{ "path__the_other_by_its_name", "default deny EACCES\nallow rename when oldpath under \"/a\"", "/b", "/a",
	  "deny EACCES" },
	{ "path__permits_by_the_whole_condition",
	  "default deny EACCES\nallow rename when path under \"/a\" or path under \"/b\"", "/b/x", "/a/x", "allow" },
	{ "path__names_beside_it_stay",
	  "default deny EACCES\nallow rename when path under \"/a\" \"/b\" and oldpath is \"/a/x\"", "/a/x",
	  "/b/x", "allow" },
};

static void path__is_each_path_of_the_call(void **state)
{
	const struct two *row = *state;
	char text[256];
	struct flagstop_policy *policy;
	struct flagstop_facts facts = FLAGSTOP_FACTS_INIT;

	snprintf(text, sizeof(text), P "%s\n", row->rule);
	policy = policy_of(&(const char *){ text }, 1);
	set_fact(&facts, 0, row->old);
	set_fact(&facts, 1, row->new);
	assert_string_equal(verdict_with(policy, "rename", &facts), row->verdict);
	flagstop_policy_free(policy);
}

/* ---- what is not known ------------------------------------------------------------------------------------------- */

struct unknown {
	const char *name, *rules, *call, *verdict; /* with no fact known */
	unsigned wanted;
	enum flagstop_place place;
};

#define KERNEL FLAGSTOP_PLACE_KERNEL_ARGUMENTS
#define TRACER FLAGSTOP_PLACE_TRACER
#define LIB "allow openat when path under \"/lib\"\n"

static const struct unknown unknowns[] = {
	{ "unknown__fact_kills", "default deny\n" LIB, "openat", "kill", 2, TRACER },
	{ "unknown__fact_that_changes_nothing", "default allow\n" LIB, "openat", "allow", 0, KERNEL },
	{ "unknown__fact_beside_a_scalar_that_fails",
	  "default allow\ndeny openat when path under \"/lib\" and flags & O_CREAT\n", "openat(AT_FDCWD, _, O_RDONLY)",
	  "allow", 0, KERNEL },
	{ "unknown__fact_beside_a_scalar_that_holds",
	  "default allow\ndeny openat when path under \"/lib\" and flags & O_CREAT\n", "openat(AT_FDCWD, _, O_CREAT)",
	  "kill", 2, TRACER },
	{ "unknown__fact_or_a_scalar_that_holds",
	  "default deny EACCES\nallow openat when path under \"/lib\" or flags & O_PATH\n",
	  "openat(AT_FDCWD, _, O_PATH)",
	  "allow", 0, KERNEL },
	{ "unknown__fact_behind_a_rule_that_decides", "default deny\nallow openat when flags == O_RDONLY\n" LIB,
	  "openat(AT_FDCWD, _, O_RDONLY)", "allow", 0, KERNEL },
	{ "unknown__fact_before_a_rule_that_says_the_same",
	  "default deny\n" LIB "allow openat when flags == O_RDONLY\n",
	  "openat(AT_FDCWD, _, O_RDONLY)", "allow", 0, KERNEL },
	{ "unknown__fact_before_a_rule_that_says_otherwise",
	  "default deny\n" LIB "deny EACCES openat when flags == O_RDONLY\n", "openat(AT_FDCWD, _, O_RDONLY)",
	  "kill", 2,
	  TRACER },
	{ "unknown__fact_of_another_call", "default deny\nallow getpid\n" LIB, "getpid", "allow", 0,
	  FLAGSTOP_PLACE_KERNEL },
	{ "unknown__second_path", "default deny\nallow rename when newpath under \"/a\"\n", "rename", "kill", 2,
	  TRACER },
	{ "unknown__both_paths", "default deny\nallow rename when path under \"/a\"\n", "rename", "kill", 3, TRACER },
	{ "unknown__errnos_that_are_one", "default deny EPERM\nreturn -1 openat when path is \"/a\"\n", "openat",
	  "return -1", 0, KERNEL },
};

static void unknown__is_flagged_and_nothing_else(void **state)
{
	const struct unknown *row = *state;
	char text[256];
	struct flagstop_policy *policy;
	struct flagstop_data call = call_of(row->call);

	snprintf(text, sizeof(text), P "%s", row->rules);
	policy = policy_of(&(const char *){ text }, 1);
	assert_string_equal(verdict_with(policy, row->call, NULL), row->verdict);
	assert_int_equal(fst_policy_facts_wanted(policy, &call), row->wanted);
	assert_int_equal(flagstop_policy_place(policy, &call, FLAGSTOP_REPORT_NONE), row->place);
	assert_true(fst_policy_has_facts(policy));
	assert_true(flagstop_policy_needs_tracer(policy, FLAGSTOP_REPORT_NONE));
	flagstop_policy_free(policy);
}

static void unknown__one_of_two_is_enough_where_it_decides(void **state)
{
	const char *text = P MOVE "\n";
	struct flagstop_policy *policy = policy_of(&text, 1);
	struct flagstop_facts facts = FLAGSTOP_FACTS_INIT;

	(void)state;
	set_fact(&facts, 0, "/b");
	assert_string_equal(verdict_with(policy, "rename", &facts), "deny EACCES");
	set_fact(&facts, 0, "/a");
	assert_string_equal(verdict_with(policy, "rename", &facts), "kill");
	facts.struct_bytes = 4;
	assert_string_equal(verdict_with(policy, "rename", &facts), "kill");
	flagstop_policy_free(policy);
}

struct layers {
	const char *name, *first, *second, *verdict;
	enum flagstop_place place;
};

#define DENY "default allow\ndeny ENOENT openat when flags == 0\n"

static const struct layers layered[] = {
	{ "layers__kill_outranks_what_facts_may_say", "default deny\n" LIB, "default allow\nkill openat\n", "kill",
	  FLAGSTOP_PLACE_KERNEL_ARGUMENTS },
	{ "layers__newer_denial_wins_and_is_weighed", "default deny\n" LIB, DENY, "deny ENOENT", TRACER },
	{ "layers__older_denial_may_lose", DENY, "default deny\n" LIB, "kill", TRACER },
	{ "layers__denial_may_lose_to_a_kill_by_facts", "default allow\nkill openat when path under \"/x\"\n",
	  DENY, "kill",
	  TRACER },
	{ "layers__trap_may_lose_to_a_kill_by_facts", "default allow\nkill openat when path under \"/x\"\n",
	  "default allow\ntrap openat\n", "kill", TRACER },
	{ "layers__trap_outranks_a_denial_by_facts", "default deny\n" LIB, "default allow\ntrap 3 openat\n", "trap 3",
	  FLAGSTOP_PLACE_KERNEL_ARGUMENTS },
};

static void layers__are_weighed_with_what_facts_may_say(void **state)
{
	const struct layers *row = *state;
	char texts[2][256];
	struct flagstop_policy *policy;
	struct flagstop_data call = call_of("openat(AT_FDCWD, _, 0)");

	snprintf(texts[0], sizeof(texts[0]), P "%s", row->first);
	snprintf(texts[1], sizeof(texts[1]), P "%s", row->second);
	policy = policy_of((const char *[]){ texts[0], texts[1] }, 2);
	assert_string_equal(verdict_with(policy, "openat(AT_FDCWD, _, 0)", NULL), row->verdict);
	assert_int_equal(flagstop_policy_place(policy, &call, FLAGSTOP_REPORT_NONE), row->place);
	flagstop_programs_free(programs_of(policy, FLAGSTOP_REPORT_NONE));
	flagstop_policy_free(policy);
}

/* ---- what is refused --------------------------------------------------------------------------------------------- */

struct refused {
	const char *name, *rule;
	unsigned column, columns;
	const char *message, *hint;
};

#define CANONICAL \
	"paths are compared after resolution: absolute, without links, '.', '..', '//' and a slash at the end"
#define NEVER "this can never match: the path "

static const struct refused refusals[] = {
	{ "refused__relative_path", "allow open when path under \"lib\"", 28, 5, NEVER "is not absolute", CANONICAL },
	{ "refused__slash_at_the_end", "allow open when path under \"/lib/\"", 28, 7, NEVER "ends in a slash",
	  CANONICAL },
	{ "refused__two_slashes", "allow open when path is \"/lib//x\"", 25, 9, NEVER "has an empty component",
	  CANONICAL },
	{ "refused__dot", "allow open when path is \"/./x\"", 25, 6, NEVER "has a '.' or '..'", CANONICAL },
	{ "refused__dots_at_the_end", "allow open when path is \"/x/..\"", 25, 7, NEVER "has a '.' or '..'",
	  CANONICAL },
	{ "refused__dots_in_a_pattern", "allow open when path matches \"/x/../*\"", 30, 9, NEVER "has a '.' or '..'",
	  CANONICAL },
	{ "refused__nothing_to_be_under", "allow open when path under \"\"", 28, 2, NEVER "is not absolute",
	  CANONICAL },
	{ "refused__second_of_a_list", "allow open when path under \"/a\" \"b\"", 33, 3, NEVER "is not absolute",
	  CANONICAL },
	{ "refused__call_with_descriptors_only", "allow read when path under \"/a\"", 17, 4,
	  "read takes no path in x86_64",
	  "a descriptor is a capability, judged when it was opened; take read out of this rule" },
	{ "refused__one_call_of_the_set", "allow open fstat when path under \"/a\"", 23, 4,
	  "fstat takes no path in x86_64",
	  "a descriptor is a capability, judged when it was opened; take fstat out of this rule" },
	{ "refused__memory_of_a_buffer", "allow write when buf is \"x\"", 18, 3,
	  "'buf' of write is no path and no string",
	  "memory that cannot be held still while it is checked is not judged" },
	{ "refused__iovec", "allow writev when iov is \"x\"", 19, 3, "'iov' of writev is no path and no string",
	  "memory that cannot be held still while it is checked is not judged" },
	{ "refused__path_of_a_multiplexer", "allow quotactl when special under \"/dev\"", 21, 20,
	  "the strings of quotactl cannot be judged: they depend on its command", "allow or refuse it as a whole" },
	{ "refused__string_under", "allow setxattr when name under \"/a\"", 21, 15,
	  "'name' is a string, not a path: nothing is under it", "compare it with 'is' or 'matches'" },
	{ "refused__string_with_a_mask", "allow setxattr when name & 1 == \"a\"", 21, 15,
	  "strings have no bits and no order", "compare them with 'is', 'matches', '==' or '!='" },
	{ "refused__string_in_order", "allow setxattr when name < \"a\"", 21, 10, "strings have no bits and no order",
	  "compare them with 'is', 'matches', '==' or '!='" },
	{ "refused__no_such_argument", "allow open when name is \"/a\"", 17, 4, "open has no argument 'name' in x86_64",
	  "its arguments are: pathname, flags, mode" },
};

static void refused__with_its_reason(void **state)
{
	const struct refused *row = *state;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_policy *policy = flagstop_policy_new();
	char text[256];

	snprintf(text, sizeof(text), P "%s\n", row->rule);
	assert_int_equal(flagstop_policy_add_text(policy, "t.fs", text, strlen(text), &error), -EBADMSG);
	assert_string_equal(error.message, row->message);
	assert_string_equal(error.hint, row->hint);
	assert_int_equal(error.line, 2);
	assert_int_equal(error.column, row->column);
	assert_int_equal(error.columns, row->columns);
	flagstop_policy_free(policy);
}

/* ---- programs ---------------------------------------------------------------------------------------------------- */

/*
 * Random policies of openat, with tests "does the path have this letter", so that every combination of what they say
 * is some path's. The judge of the programs is the evaluator with all of these paths, one after the other.
 */
#define LETTERS 6
#define FLAG_VALUES 8

struct draft {
	char text[2048];
	size_t used;
	unsigned letters; /* used so far, over all layers */
};

__attribute__((format(printf, 2, 3))) static void put(struct draft *d, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	d->used += (size_t)vsnprintf(d->text + d->used, sizeof(d->text) - d->used, format, args);
	va_end(args);
	assert_true(d->used < sizeof(d->text));
}

static void put_condition(struct draft *d, uint64_t *state, unsigned depth)
{
	unsigned kind = below(state, depth ? 6 : 3);

	if (below(state, 4) == 0)
		put(d, "not ");
	if (kind < 2 && d->letters < LETTERS) {
		put(d, "path matches \"/*%c*\"", 'a' + d->letters++);
	} else if (kind < 3) {
		put(d, "flags & %u", 1u << below(state, 3));
	} else {
		put(d, "(");
		put_condition(d, state, depth - 1);
		put(d, below(state, 2) ? " and " : " or ");
		put_condition(d, state, depth - 1);
		put(d, ")");
	}
}

static const char *draw_verdict(uint64_t *state)
{
	static const char *const verdicts[] = { "allow", "allow", "deny EACCES", "deny EPERM", "log", "trap 5",
						"kill thread",
						"kill" };

	return verdicts[below(state, COUNT(verdicts))];
}

static void draw_layer(struct draft *d, uint64_t *state)
{
	unsigned rules = 1 + below(state, 4);

	d->used = 0;
	put(d, P "default %s\n", draw_verdict(state));
	for (unsigned i = 0; i < rules; i++) {
		put(d, "%s openat when ", draw_verdict(state));
		put_condition(d, state, 2);
		put(d, "\n");
	}
}

/* The path that has just the letters of this set. */
static void path_of(unsigned set, char *path)
{
	*path++ = '/';
	*path++ = '-';
	for (unsigned i = 0; i < LETTERS; i++)
		if (set >> i & 1)
			*path++ = (char)('a' + i);
	*path = '\0';
}

struct seen {
	unsigned flagged, left, minimal;
};

/* Against all that the evaluator can say of this call, by paths. */
static void check_call(const struct flagstop_policy *policy, const struct flagstop_programs *programs,
		       const struct flagstop_data *call, bool one_layer, struct seen *seen)
{
	uint32_t got = run_all(programs, call, NULL), first = 0;
	bool differ = false;

	for (unsigned set = 0; set < 1u << LETTERS; set++) {
		struct flagstop_facts facts = FLAGSTOP_FACTS_INIT;
		char path[LETTERS + 3];
		uint32_t action;

		path_of(set, path);
		set_fact(&facts, 1, path);
		action = action_of_verdict(flagstop_policy_decide_with(policy, call, &facts, NULL));
		if (set)
			differ |= action != first;
		else
			first = action;
	}
	if ((got & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE) {
		seen->flagged++;
		/* Each letter is tested once, so that nothing hides in a condition; layers may be weighed for less. */
		if (one_layer && !differ)
			fail_msg("flagged without need");
		seen->minimal += one_layer;
		return;
	}
	seen->left++;
	if (differ || got != first)
		fail_msg("the kernel answers 0x%x to flags 0x%x, the policy 0x%x%s", got, (unsigned)call->args[2],
			 first,
			 differ ? " and others" : "");
}

static void check_policy(uint64_t *state, unsigned layers, bool guarded, struct seen *seen)
{
	static struct draft drafts[2];
	const char *texts[2];
	struct flagstop_policy *policy;
	struct flagstop_programs *programs;
	struct flagstop_data call = call_of("openat");

	for (unsigned i = 0; i < layers; i++) {
		drafts[i].letters = i ? drafts[i - 1].letters : 0;
		draw_layer(&drafts[i], state);
		texts[i] = drafts[i].text;
	}
	policy = flagstop_policy_new();
	for (unsigned i = 0; i < layers; i++)
		if (flagstop_policy_add_text(policy, "t.fs", texts[i], strlen(texts[i]), NULL)) {
			flagstop_policy_free(policy); /* it contradicted itself */
			return;
		}
	if (guarded)
		assert_int_equal(flagstop_policy_add_guards(policy, NULL, 0, NULL), 0);
	programs = programs_of(policy, FLAGSTOP_REPORT_NONE);
	for (call.args[2] = 0; call.args[2] < FLAG_VALUES; call.args[2]++)
		check_call(policy, programs, &call, layers == 1, seen);
	flagstop_programs_free(programs);
	flagstop_policy_free(policy);
}

static void check_policies(unsigned layers, bool guarded)
{
	uint64_t state = 0x66616374;
	struct seen seen = { 0 };

	for (unsigned i = 0; i < 400; i++)
		check_policy(&state, layers, guarded, &seen);
	print_message("%u calls flagged, %u left to the kernel\n", seen.flagged, seen.left);
	assert_true(seen.flagged > 300 && seen.left > 300 && (layers > 1 || seen.minimal > 300));
}

static void programs__flag_what_may_hang_on_facts(void **state)
{
	(void)state;
	check_policies(1, false);
}

static void programs__flag_what_may_hang_on_facts_beside_guards(void **state)
{
	(void)state;
	check_policies(1, true);
}

static void programs__flag_what_may_hang_on_facts_of_layers(void **state)
{
	(void)state;
	check_policies(2, false);
}

static const struct CMUnitTest laws[] = {
	cmocka_unit_test(matches__takes_time_in_proportion),
	cmocka_unit_test(unknown__one_of_two_is_enough_where_it_decides),
	cmocka_unit_test(programs__flag_what_may_hang_on_facts),
	cmocka_unit_test(programs__flag_what_may_hang_on_facts_beside_guards),
	cmocka_unit_test(programs__flag_what_may_hang_on_facts_of_layers),
};

#define ROWS(list, run) \
	for (size_t i = 0; i < COUNT(list); i++) \
		tests[count++] = (struct CMUnitTest) \
		{ \
			(list)[i].name, run, NULL, NULL, (void *)&(list)[i] \
		}

int main(void)
{
	static struct CMUnitTest tests[COUNT(holding) + COUNT(twos) + COUNT(unknowns) + COUNT(layered) +
				       COUNT(refusals) +
				       COUNT(laws)];
	size_t count = 0;

	ROWS(holding, holds__or_not);
	ROWS(twos, path__is_each_path_of_the_call);
	ROWS(unknowns, unknown__is_flagged_and_nothing_else);
	ROWS(layered, layers__are_weighed_with_what_facts_may_say);
	ROWS(refusals, refused__with_its_reason);
	for (size_t i = 0; i < COUNT(laws); i++)
		tests[count++] = laws[i];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
