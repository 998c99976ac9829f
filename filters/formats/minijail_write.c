/* SPDX-License-Identifier: MIT */
/*
 * A policy as a policy file of minijail. What minijail0 reads is written where it suffices (allow, one expression,
 * an errno behind it); the grammar of the offline compiler, in braces, where it does not. Masked comparisons become
 * what the two bit operators can say.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <talloc.h>

#include <filters/error.h>
#include <filters/formats/format.h>

struct pen {
	struct fst_writing *writing;
	const struct fst_profile *profile;
	enum flagstop_abi abi;
	unsigned call;
	char *text; /* of the line; NULL once there was no memory */
};

static void put(struct pen *pen, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct pen *pen, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (pen->text)
		pen->text = talloc_vasprintf_append_buffer(pen->text, format, args);
	va_end(args);
}

/* ---- expressions: alternatives of comparisons that must all hold ------------------------------------------------ */

#define CLAUSES_MAX 512

struct clauses {
	void *parent;
	char **list; /* texts */
	unsigned count;
	bool too_many, no_memory;
};

static void add_clause(struct clauses *c, char *text)
{
	if (!text)
		c->no_memory = true;
	else if (c->count == CLAUSES_MAX)
		c->too_many = true;
	else
		c->list[c->count++] = text;
}

static struct clauses *new_clauses(void *parent)
{
	struct clauses *c = talloc_zero(parent, struct clauses);

	if (!c)
		return NULL;
	c->parent = c;
	c->list = talloc_array(c, char *, CLAUSES_MAX);
	return c->list ? c : NULL;
}

/* (arg & mask) == value: each bit that must be set is, and none of the others. */
static char *masked_text(void *parent, const struct fst_cond *test, uint64_t value)
{
	uint64_t clear = test->mask & ~value;
	char *text = talloc_strdup(parent, "");

	for (uint64_t left = value; left && text; left &= left - 1)
		text = talloc_asprintf_append_buffer(text, "%sarg%u & 0x%llx", *text ? " && " : "", test->argument,
						     (unsigned long long)(left & -left));
	if (clear && text)
		text = talloc_asprintf_append_buffer(text, "%sarg%u in ~0x%llx", *text ? " && " : "", test->argument,
						     (unsigned long long)clear);
	return text;
}

static bool is_any_bit(const struct fst_cond *test)
{
	return test->range_count == 1 && test->ranges[0].high == test->mask &&
		test->ranges[0].low == (test->mask & -test->mask);
}

static void add_masked(struct clauses *c, const struct fst_cond *test)
{
	if (is_any_bit(test)) {
		add_clause(c,
			   talloc_asprintf(c->parent, "arg%u & 0x%llx", test->argument,
					   (unsigned long long)test->mask));
		return;
	}
	for (unsigned i = 0; i < test->range_count && !c->too_many; i++) {
		uint64_t value = test->ranges[i].low;

		for (;;) {
			add_clause(c, masked_text(c->parent, test, value));
			if (value == test->ranges[i].high || c->too_many)
				break;
			value = ((value | ~test->mask) + 1) & test->mask;
		}
	}
}

static void add_range(struct clauses *c, const struct fst_cond *test, const struct fst_range *r)
{
	unsigned long long low = r->low, high = r->high;
	unsigned a = test->argument;

	if (low == high)
		add_clause(c, talloc_asprintf(c->parent, "arg%u == 0x%llx", a, low));
	else if (!low)
		add_clause(c, talloc_asprintf(c->parent, "arg%u <= 0x%llx", a, high));
	else if (r->high == test->mask)
		add_clause(c, talloc_asprintf(c->parent, "arg%u >= 0x%llx", a, low));
	else
		add_clause(c, talloc_asprintf(c->parent, "arg%u >= 0x%llx && arg%u <= 0x%llx", a, low, a, high));
}

static void add_whole(struct clauses *c, const struct fst_cond *test)
{
	const struct fst_range *r = test->ranges;

	if (test->range_count == 2 && !r[0].low && r[1].high == test->mask && r[1].low - r[0].high == 2) {
		add_clause(c,
			   talloc_asprintf(c->parent, "arg%u != 0x%llx", test->argument,
					   (unsigned long long)r[0].high + 1));
		return;
	}
	if (test->range_count == 1 && r[0].low == 1 && r[0].high == test->mask) {
		add_clause(c, talloc_asprintf(c->parent, "arg%u != 0", test->argument));
		return;
	}
	for (unsigned i = 0; i < test->range_count; i++)
		add_range(c, test, &r[i]);
}

static struct clauses *clauses_of(void *parent, const struct fst_cond *cond)
{
	struct clauses *c = new_clauses(parent), *a, *b;

	if (!c)
		return NULL;
	if (cond->op == FST_EXPR_TEST) {
		if (cond->mask == (cond->bits == 64 ? UINT64_MAX : UINT32_MAX))
			add_whole(c, cond);
		else
			add_masked(c, cond);
		return c;
	}
	a = clauses_of(c, cond->left);
	b = clauses_of(c, cond->right);
	if (!a || !b)
		return NULL;
	c->too_many = a->too_many || b->too_many;
	c->no_memory = a->no_memory || b->no_memory;
	if (cond->op == FST_EXPR_AND) {
		for (unsigned i = 0; i < a->count && !c->too_many; i++)
			for (unsigned j = 0; j < b->count && !c->too_many; j++)
				add_clause(c, talloc_asprintf(c->parent, "%s && %s", a->list[i], b->list[j]));
		return c;
	}
	for (unsigned i = 0; i < a->count; i++)
		add_clause(c, a->list[i]);
	for (unsigned i = 0; i < b->count; i++)
		add_clause(c, b->list[i]);
	return c;
}

/* The condition as minijail spells it; NULL when it comes to too much, or there is no memory. */
static char *expression(struct pen *pen, const struct fst_cond *when)
{
	struct clauses *c = clauses_of(pen->writing->scratch, when);
	char *text = NULL;

	if (!c || c->no_memory)
		pen->writing->failed = true;
	else if (c->too_many)
		fst_losses_add(pen->writing->losses, FLAGSTOP_LOSS_MEANING, "too-complex", NULL,
			       "a condition of %s comes to too many comparisons: the call gets its strictest verdict",
			       flagstop_call_name(pen->call));
	else
		text = talloc_strdup(pen->writing->scratch, c->count ? c->list[0] : "");
	for (unsigned i = 1; text && i < c->count; i++)
		text = talloc_asprintf_append_buffer(text, " || %s", c->list[i]);
	talloc_free(c);
	return text;
}

/* ---- actions ---------------------------------------------------------------------------------------------------- */

static const char *action_text(struct pen *pen, struct flagstop_verdict verdict, char *text, size_t size)
{
	static const char *const words[] = {
		[FLAGSTOP_ACTION_ALLOW] = "allow",
		[FLAGSTOP_ACTION_LOG] = "log",
		[FLAGSTOP_ACTION_TRACE] = "trace",
		[FLAGSTOP_ACTION_ASK] = "user-notify",
		[FLAGSTOP_ACTION_TRAP] = "trap",
		[FLAGSTOP_ACTION_KILL_THREAD] = "kill-thread",
		[FLAGSTOP_ACTION_KILL_PROCESS] = "kill-process",
	};
	int64_t number = verdict.action == FLAGSTOP_ACTION_RETURN ? -verdict.value : verdict.value;

	if (verdict.action == FLAGSTOP_ACTION_TRACE || verdict.action == FLAGSTOP_ACTION_ASK)
		fst_losses_add(pen->writing->losses, FLAGSTOP_LOSS_MEANING, words[verdict.action], NULL,
			       "'%s' becomes '%s', which needs somebody who answers",
			       flagstop_action_name(verdict.action), words[verdict.action]);
	if (verdict.action == FLAGSTOP_ACTION_TRAP && verdict.value)
		fst_losses_add(pen->writing->losses, FLAGSTOP_LOSS_MEANING, "trap-value", NULL,
			       "minijail's traps have no value: %lld becomes 0", (long long)verdict.value);
	if (verdict.action != FLAGSTOP_ACTION_DENY && verdict.action != FLAGSTOP_ACTION_RETURN)
		return words[verdict.action];
	if (number < 0 || number > 4095) {
		fst_losses_add(pen->writing->losses, FLAGSTOP_LOSS_MEANING, "return", NULL,
			       "minijail cannot return %lld: the call fails with EPERM", (long long)verdict.value);
		number = flagstop_errno_find("EPERM");
	}
	const char *name = flagstop_errno_name((int)number);
	int64_t value;

	/* Constants are looked up in a table of their own there: a number is always understood. */
	if (name && flagstop_constant_find(name, pen->abi, &value))
		name = NULL;
	if (name)
		snprintf(text, size, "return %s", name);
	else
		snprintf(text, size, "return %lld", (long long)number);
	return text;
}

/* ---- calls ------------------------------------------------------------------------------------------------------ */

static struct flagstop_verdict strictest(const struct fst_profile_case *c, struct flagstop_verdict last)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->steps[i].verdict.action > last.action)
			last = c->steps[i].verdict;
	return last;
}

/* minijail's default can only kill, trap or ask, or, in a denylist, allow. */
static bool default_fits(struct flagstop_verdict fallback)
{
	return fallback.action >= FLAGSTOP_ACTION_TRAP || fallback.action == FLAGSTOP_ACTION_ASK;
}

static bool refuses_with_errno(struct flagstop_verdict verdict)
{
	return verdict.action == FLAGSTOP_ACTION_DENY || verdict.action == FLAGSTOP_ACTION_RETURN;
}

static void put_unconditional(struct pen *pen, struct flagstop_verdict verdict)
{
	char text[64];

	put(pen, "%s", verdict.action == FLAGSTOP_ACTION_ALLOW ? "1" : action_text(pen, verdict, text, sizeof(text)));
}

/* allow when EXPRESSION, else the default or an errno: minijail0 reads that. */
static bool is_simple(const struct pen *pen, const struct fst_profile_case *c, struct flagstop_verdict last)
{
	return c->count <= 2 && c->steps[0].when && c->steps[0].verdict.action == FLAGSTOP_ACTION_ALLOW &&
		(c->count == 1 || !c->steps[1].when) &&
		(refuses_with_errno(last) || (default_fits(last) && fst_verdict_equal(last, pen->profile->fallback)));
}

static void put_steps(struct pen *pen, const struct fst_profile_case *c, struct flagstop_verdict last,
		      char **expressions)
{
	char text[64];

	if (is_simple(pen, c, last)) {
		put(pen, "%s", expressions[0]);
		if (!default_fits(last)) /* then it is the default, and needs no word */
			put(pen, "; %s", action_text(pen, last, text, sizeof(text)));
		return;
	}
	put(pen, "{ ");
	for (unsigned i = 0; i < c->count && c->steps[i].when; i++)
		put(pen, "%s; %s, ", expressions[i], action_text(pen, c->steps[i].verdict, text, sizeof(text)));
	put(pen, "%s }", action_text(pen, last, text, sizeof(text)));
	fst_losses_add(pen->writing->losses, FLAGSTOP_LOSS_NOTE, "braces", NULL,
		       "statements in braces are for minijail's offline compiler, minijail0 does not read them");
}

static void put_call(struct pen *pen)
{
	const struct fst_profile_case *c = &pen->profile->by_abi[pen->abi][pen->call];
	struct flagstop_verdict last = pen->profile->fallback;
	char **expressions = talloc_zero_array(pen->writing->scratch, char *, c->count + 1);
	bool fits = expressions != NULL;

	if (c->count && !c->steps[c->count - 1].when)
		last = c->steps[c->count - 1].verdict;
	put(pen, "%s: ", flagstop_call_name(pen->call));
	for (unsigned i = 0; fits && i < c->count && c->steps[i].when; i++) {
		expressions[i] = expression(pen, c->steps[i].when);
		fits = expressions[i] != NULL;
	}
	if (!fits)
		put_unconditional(pen, strictest(c, last));
	else if (!c->count || !c->steps[0].when)
		put_unconditional(pen, last);
	else
		put_steps(pen, c, last, expressions);
	put(pen, "\n");
}

static void note_rest(struct pen *pen)
{
	const struct fst_layer *layer = pen->writing->bound->layer;
	unsigned abis = layer->abis;

	if (abis & (abis - 1))
		fst_losses_add(pen->writing->losses, FLAGSTOP_LOSS_MEANING, "abis", NULL,
			       "a policy of minijail is for one ABI: this one for %s", flagstop_abi_name(pen->abi));
	if (!default_fits(layer->fallback.verdict))
		fst_losses_add(pen->writing->losses, FLAGSTOP_LOSS_MEANING, "unknown", NULL,
			       "numbers that no call has kill the thread");
	else if (!fst_verdict_equal(layer->fallback.verdict, layer->unknown.verdict))
		fst_losses_add(pen->writing->losses, FLAGSTOP_LOSS_MEANING, "unknown", NULL,
			       "numbers that no call has get the default, which 'unknown' does not");
}

int fst_minijail_write(struct fst_writing *writing)
{
	struct pen pen = { .writing = writing, .abi = writing->native, .text = talloc_strdup(writing->scratch, "") };
	char text[64];

	pen.profile = fst_profile_of_bound(writing->scratch, writing->bound);
	if (!pen.profile)
		return fst_error_set(writing->error, -ENOMEM, "no memory");
	if (!pen.profile->by_abi[pen.abi])
		pen.abi = (enum flagstop_abi)__builtin_ctz(pen.profile->abis);
	note_rest(&pen);
	if (default_fits(pen.profile->fallback) && pen.profile->fallback.action != FLAGSTOP_ACTION_KILL_THREAD)
		put(&pen, "@default %s\n", action_text(&pen, pen.profile->fallback, text, sizeof(text)));
	for (pen.call = 0; pen.call < flagstop_call_count(); pen.call++) {
		const struct fst_profile_case *c = &pen.profile->by_abi[pen.abi][pen.call];

		if (flagstop_call_number(pen.call, pen.abi) < 0)
			continue;
		if (c->count == 1 && !c->steps[0].when && default_fits(pen.profile->fallback) &&
		    fst_verdict_equal(c->steps[0].verdict, pen.profile->fallback))
			continue;
		put_call(&pen);
	}
	writing->text = pen.text;
	return pen.text ? 0 : fst_error_set(writing->error, -ENOMEM, "no memory");
}
