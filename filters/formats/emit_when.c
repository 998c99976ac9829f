/* SPDX-License-Identifier: MIT */
/*
 * Writes conditions in the policy language: arguments and constants by name where that means the same for every call
 * that shares the condition, else as arg0 … arg5 and numbers. Does not know which rule they belong to.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <talloc.h>

#include <filters/formats/profile.h>

struct words {
	char *text; /* NULL once there was no memory */
	const struct fst_case_name *cases;
	unsigned count;
	bool numbers; /* nothing by name */
};

static void put(struct words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct words *w, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (w->text)
		w->text = talloc_vasprintf_append_buffer(w->text, format, args);
	va_end(args);
}

static uint64_t all_ones(unsigned bits)
{
	return bits == 64 ? UINT64_MAX : UINT32_MAX;
}

static const struct flagstop_arg *argument_of(const struct fst_case_name *name, unsigned index)
{
	const struct flagstop_arg *args;
	unsigned count = flagstop_call_args(name->call, name->abi, &args);

	return index < count ? &args[index] : NULL;
}

static bool is_signed(const struct fst_case_name *name, unsigned index)
{
	const struct flagstop_arg *arg = argument_of(name, index);

	return arg && (arg->type == FLAGSTOP_ARG_S32 || arg->type == FLAGSTOP_ARG_SWORD);
}

static bool any_signed(const struct words *w, unsigned index)
{
	for (unsigned i = 0; i < w->count; i++)
		if (is_signed(&w->cases[i], index))
			return true;
	return false;
}

/* The name that every case has at this place, and none before it; NULL when there is none. */
static const char *shared_name(const struct words *w, unsigned index)
{
	const struct flagstop_arg *first = w->numbers ? NULL : argument_of(&w->cases[0], index);

	for (unsigned i = 0; first && i < w->count; i++) {
		for (unsigned k = 0; k <= index; k++) {
			const struct flagstop_arg *arg = argument_of(&w->cases[i], k);

			if (!arg || !strcmp(arg->name, first->name) != (k == index))
				return NULL;
		}
	}
	return first ? first->name : NULL;
}

/* Whether these names, joined by '|', are that value in every case. */
static bool names_mean(const struct words *w, unsigned index, const char *names, unsigned bits, uint64_t value)
{
	for (unsigned i = 0; i < w->count; i++) {
		const struct flagstop_arg *arg = argument_of(&w->cases[i], index);
		uint64_t sum = 0;

		if (!arg || !arg->set)
			return false;
		for (const char *at = names; *at; at += *at == '|') {
			size_t bytes = strcspn(at, "|");
			char name[64];
			int64_t part;

			if (!bytes || bytes >= sizeof(name))
				return false;
			memcpy(name, at, bytes);
			name[bytes] = '\0';
			at += bytes;
			if (flagstop_constant_find(name, w->cases[i].abi, &part) ||
			    !flagstop_constant_in_set(name, arg->set))
				return false;
			sum |= (uint64_t)part & all_ones(bits);
		}
		if (sum != value)
			return false;
	}
	return true;
}

/* Names joined by '|', without those that are 0 beside others. */
static void put_names(struct words *w, const char *names)
{
	bool any = false, several = strchr(names, '|') != NULL;

	for (const char *at = names; *at; at += *at == '|') {
		int bytes = (int)strcspn(at, "|");
		char name[64];
		int64_t value;

		snprintf(name, sizeof(name), "%.*s", bytes, at);
		at += bytes;
		if (several && !flagstop_constant_find(name, w->cases[0].abi, &value) && !value)
			continue;
		put(w, "%s%s", any ? " | " : "", name);
		any = true;
	}
}

/* Names of masks that are no combination of their set's values. */
static const char *mask_name(const struct words *w, const struct fst_cond *test, uint64_t value)
{
	if (value == test->mask && names_mean(w, test->argument, "O_ACCMODE", test->bits, value))
		return "O_ACCMODE";
	return NULL;
}

static void put_value(struct words *w, const struct fst_cond *test, uint64_t value)
{
	const struct flagstop_arg *arg = argument_of(&w->cases[0], test->argument);
	char names[256];

	if (!w->numbers && mask_name(w, test, value)) {
		put(w, "%s", mask_name(w, test, value));
		return;
	}
	if (!w->numbers && arg && arg->set &&
	    flagstop_arg_format(w->cases[0].abi, arg, value, names, sizeof(names)) < sizeof(names) &&
	    names_mean(w, test->argument, names, test->bits, value)) {
		put_names(w, names);
		return;
	}
	put(w, value < 10 ? "%llu" : "0x%llx", (unsigned long long)value);
}

/* The one value that a test leaves out: true and *ret_value. */
static bool leaves_out_one(const struct fst_cond *test, uint64_t *ret_value)
{
	const struct fst_range *r = test->ranges;
	uint64_t next;

	if (test->range_count == 1 && r->low && r->high == test->mask) {
		*ret_value = 0;
		return r->low == (test->mask & -test->mask);
	}
	if (test->range_count == 1 && !r->low) {
		*ret_value = test->mask;
		return r->high == ((test->mask - 1) & test->mask);
	}
	if (test->range_count != 2 || r[0].low || r[1].high != test->mask)
		return false;
	next = ((r[0].high | ~test->mask) + 1) & test->mask;
	*ret_value = next;
	return r[1].low == (((next | ~test->mask) + 1) & test->mask);
}

static void put_list(struct words *w, const struct fst_cond *test)
{
	put(w, " in {");
	for (unsigned i = 0; i < test->range_count; i++) {
		const struct fst_range *r = &test->ranges[i];

		if (i)
			put(w, ", ");
		put_value(w, test, r->low);
		if (r->high == r->low)
			continue;
		put(w, r->high - r->low == 1 ? ", " : "..");
		put_value(w, test, r->high);
	}
	put(w, "}");
}

static void put_relation(struct words *w, const struct fst_cond *test, bool masked)
{
	const struct fst_range *r = test->ranges;
	uint64_t value;

	if (masked && test->range_count == 1 && !r->high) {
		put(w, " == 0");
	} else if (leaves_out_one(test, &value)) {
		if (masked && !value)
			return;
		put(w, " != ");
		put_value(w, test, value);
	} else if (test->range_count > 1) {
		put_list(w, test);
	} else if (r->low == r->high) {
		put(w, " == ");
		put_value(w, test, r->low);
	} else if (!r->low || r->high == test->mask) {
		put(w, r->low ? " >= " : " <= ");
		put_value(w, test, r->low ? r->low : r->high);
	} else {
		put_list(w, test);
	}
}

/* Ranges are unsigned here: where the argument is signed, a full mask makes the comparison so. */
static bool needs_full_mask(const struct words *w, const struct fst_cond *test)
{
	uint64_t value;

	if (!any_signed(w, test->argument) || leaves_out_one(test, &value))
		return false;
	for (unsigned i = 0; i < test->range_count; i++)
		if (test->ranges[i].low != test->ranges[i].high)
			return true;
	return false;
}

static void put_test(struct words *w, const struct fst_cond *test)
{
	const char *name = shared_name(w, test->argument);
	bool masked = test->mask != all_ones(test->bits);

	if (name)
		put(w, "%s", name);
	else
		put(w, "arg%u", test->argument);
	if (masked) {
		put(w, " & ");
		put_value(w, test, test->mask);
	} else if (needs_full_mask(w, test)) {
		put(w, " & 0x%llx", (unsigned long long)test->mask);
		masked = true;
	}
	put_relation(w, test, masked);
}

static void put_cond(struct words *w, const struct fst_cond *cond, enum fst_expr_op around)
{
	bool grouped = cond->op == FST_EXPR_OR && around == FST_EXPR_AND;

	if (cond->op == FST_EXPR_TEST) {
		put_test(w, cond);
		return;
	}
	if (grouped)
		put(w, "(");
	put_cond(w, cond->left, cond->op);
	put(w, cond->op == FST_EXPR_AND ? " and " : " or ");
	put_cond(w, cond->right, cond->op);
	if (grouped)
		put(w, ")");
}

char *fst_when_put(char *text, const struct fst_cond *when, const struct fst_case_name *cases, unsigned count,
		   bool numbers)
{
	struct words w = { text, cases, count, numbers };

	put_cond(&w, when, FST_EXPR_OR);
	return w.text;
}
