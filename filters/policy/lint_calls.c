/* SPDX-License-Identifier: MIT */
/*
 * Looks at calls: what is allowed beside what is refused, in one ABI and across them, and which answers break
 * libraries. Knows from lint_table.c which calls go together, and from the bound layer what happens to each.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <talloc.h>

#include <arch/text.h>
#include <filters/policy/lint.h>

#define PROBES_MAX 64

enum state {
	ABSENT,  /* the ABI does not have it */
	OPEN,    /* allowed whatever its arguments, by all layers */
	PARTIAL, /* allowed with some arguments */
	CLOSED,
};

struct view {
	enum state state;
	const struct fst_rule *opener;     /* of OPEN: the rule of this layer that allows it */
	const struct fst_rule *restrictor; /* the rule that was written to restrict it, or NULL */
	bool is_absent_to_programs;        /* all of it answers ENOSYS: they do without */
};

struct calls {
	struct fst_lint *lint;
	struct view *views[FLAGSTOP_ABI_COUNT];
	bool refuses;        /* anything at all */
	unsigned by_default; /* a bit for each undo-* that no rule but `default` allows */
};

/* ---- what happens to each call ---------------------------------------------------------------------------------- */

static enum state state_of(const struct fst_decision *d)
{
	bool allows = false, refuses = false;

	if (!d)
		return ABSENT;
	for (unsigned i = 0; i < d->count; i++) {
		if (fst_lint_refuses(d->steps[i].rule->verdict))
			refuses = true;
		else
			allows = true;
	}
	return !refuses ? OPEN : allows ? PARTIAL :
					  CLOSED;
}

static bool is_enosys(struct flagstop_verdict v)
{
	return v.action == FLAGSTOP_ACTION_DENY && v.value == ENOSYS;
}

/* The rule that says what may not be done: one that refuses, or one that allows under a condition. */
static const struct fst_rule *find_restrictor(const struct fst_layer *layer, const struct fst_decision *d)
{
	for (unsigned i = 0; i < d->count; i++)
		if (fst_lint_index(layer, d->steps[i].rule) >= 0 && fst_lint_refuses(d->steps[i].rule->verdict))
			return d->steps[i].rule;
	return fst_lint_index(layer, d->steps[0].rule) >= 0 ? d->steps[0].rule : NULL;
}

static struct view look(const struct fst_lint *lint, unsigned abi, unsigned call)
{
	const struct fst_decision *d = lint->bound->by_abi[abi][call];
	struct view view = { .state = state_of(d) };

	if (view.state == ABSENT)
		return view;
	if (view.state != OPEN) {
		view.restrictor = find_restrictor(lint->layer, d);
		view.is_absent_to_programs = true;
		for (unsigned i = 0; i < d->count; i++)
			view.is_absent_to_programs &= is_enosys(d->steps[i].rule->verdict);
		return view;
	}
	view.opener = d->steps[d->count - 1].rule;
	for (unsigned i = 0; i < lint->policy->layer_count; i++) {
		const struct fst_bound *other = lint->policy->layers[i];
		enum state there = other->by_abi[abi] ? state_of(other->by_abi[abi][call]) : CLOSED;

		if (there > view.state)
			view.state = there;
	}
	return view;
}

static bool look_at_all(struct calls *c)
{
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		if (!c->lint->bound->by_abi[abi])
			continue;
		c->views[abi] = talloc_array(c->lint->scratch, struct view, flagstop_call_count());
		if (!c->views[abi]) {
			c->lint->failed = true;
			return false;
		}
		for (unsigned call = 0; call < flagstop_call_count(); call++) {
			struct view *view = &c->views[abi][call];

			*view = look(c->lint, abi, call);
			c->refuses |= view->state == PARTIAL || view->state == CLOSED;
		}
	}
	return true;
}

/* ---- lists of calls --------------------------------------------------------------------------------------------- */

/* The next call of a list of names; false behind the last. */
static bool next_call(const char **list, unsigned *ret_call)
{
	char name[64];
	int found;

	while (**list) {
		size_t bytes;

		*list += strspn(*list, " ");
		bytes = strcspn(*list, " ");
		snprintf(name, sizeof(name), "%.*s", (int)bytes, *list);
		*list += bytes;
		found = flagstop_call_find(name);
		if (found >= 0) {
			*ret_call = (unsigned)found;
			return true;
		}
	}
	return false;
}

/* Names for a message: "open, openat and more". */
struct names {
	char text[80];
	unsigned count;
	size_t bytes;
	bool cut;
};

static void add_name(struct names *names, unsigned call)
{
	const char *name = flagstop_call_name(call);
	struct fst_text text = { names->text, sizeof(names->text), names->bytes };
	static const char more[] = " and more";

	names->count++;
	if (names->cut)
		return;
	names->cut = names->bytes + strlen(", ") + strlen(name) + sizeof(more) > sizeof(names->text);
	if (names->cut)
		fst_text_put(&text, "%s", more);
	else
		fst_text_put(&text, "%s%s", names->bytes ? ", " : "", name);
	names->bytes = text.bytes;
}

/* "openat2 is" or "openat2, creat are". */
static const char *verb(const struct names *names)
{
	return names->count == 1 ? "is" : "are";
}

/* ---- aliases ---------------------------------------------------------------------------------------------------- */

/* Whether some condition on the call tests that argument. */
static bool tests_argument(const struct fst_cond *cond, const struct flagstop_arg *args, unsigned count,
			   const char *name)
{
	if (!cond)
		return false;
	if (cond->op == FST_EXPR_TEST || cond->op == FST_EXPR_FACT)
		return cond->argument < count && !strcmp(args[cond->argument].name, name);
	return tests_argument(cond->left, args, count, name) || tests_argument(cond->right, args, count, name);
}

static bool restricts_argument(const struct calls *c, unsigned abi, unsigned call, const char *name)
{
	const struct fst_decision *d = c->lint->bound->by_abi[abi][call];
	const struct flagstop_arg *args;
	unsigned count = flagstop_call_args(call, (enum flagstop_abi)abi, &args);

	for (unsigned i = 0; i < d->count; i++)
		if (tests_argument(d->steps[i].when, args, count, name))
			return true;
	return false;
}

/* A rule was written to keep programs from it, and not by saying that it does not exist. */
static bool is_restricted(const struct calls *c, unsigned abi, unsigned call, const char *argument)
{
	const struct view *view = &c->views[abi][call];

	if ((view->state != PARTIAL && view->state != CLOSED) || !view->restrictor || view->is_absent_to_programs)
		return false;
	return !argument || (view->state == PARTIAL && restricts_argument(c, abi, call, argument));
}

/* Where the finding belongs: at the rule that opens the other way, or at the one that left it open. */
static const struct fst_rule *choose(const struct calls *c, const struct fst_rule *opener,
				     const struct fst_rule *restrictor)
{
	if (fst_lint_index(c->lint->layer, opener) >= 0 && !fst_lint_is_builtin(opener))
		return opener;
	return fst_lint_is_builtin(restrictor) ? NULL : restrictor;
}

static void check_family(struct calls *c, unsigned abi, const struct fst_lint_family *family)
{
	struct names restricted = { 0 }, open = { 0 };
	const struct fst_rule *opener = NULL, *restrictor = NULL, *at;
	const char *list = family->calls;
	unsigned call;

	while (next_call(&list, &call)) {
		const struct view *view = &c->views[abi][call];

		if (view->state == OPEN) {
			add_name(&open, call);
			opener = opener ? opener : view->opener;
		} else if (is_restricted(c, abi, call, family->argument)) {
			add_name(&restricted, call);
			restrictor = restrictor ? restrictor : view->restrictor;
		}
	}
	at = opener && restrictor ? choose(c, opener, restrictor) : NULL;
	if (at)
		fst_lint_report(c->lint, FST_LINT_ALIAS, at, &at->place, "restrict all of them alike",
				"%s %s restricted (line %u), and %s %s allowed whatever the arguments: each %s",
				restricted.text, verb(&restricted), restrictor->place.line, open.text, verb(&open),
				family->what);
}

/* ---- what undoes the rest --------------------------------------------------------------------------------------- */

static void list_undone(const struct calls *c, unsigned abi, const struct fst_lint_undo *undo, struct names *names)
{
	const char *list = undo->undone;
	unsigned call;

	while (next_call(&list, &call)) {
		const struct view *view = &c->views[abi][call];

		if (view->state != PARTIAL && view->state != CLOSED)
			continue;
		if (undo->by_rule ? is_restricted(c, abi, call, undo->argument) : !view->is_absent_to_programs)
			add_name(names, call);
	}
}

static void check_undo(struct calls *c, unsigned abi, const struct fst_lint_undo *undo)
{
	struct names open = { 0 }, undone = { 0 };
	const struct fst_rule *opener = NULL;
	const char *list = undo->calls;
	unsigned call;

	while (next_call(&list, &call)) {
		if (c->views[abi][call].state != OPEN)
			continue;
		add_name(&open, call);
		opener = opener ? opener : c->views[abi][call].opener;
	}
	if (!opener || fst_lint_is_builtin(opener) || !c->refuses)
		return;
	if (undo->undone)
		list_undone(c, abi, undo, &undone);
	if (undo->undone && !undone.count)
		return;
	if (fst_lint_index(c->lint->layer, opener) < 0) {
		c->by_default |= 1u << undo->name; /* deny-list says it of all together */
		return;
	}
	fst_lint_report(c->lint, undo->name, opener, &opener->place, "refuse it, or say why it may be allowed",
			"%s %s allowed, which undoes what is refused%s%s", open.text, verb(&open),
			undone.count ? " of " : "", undone.text);
}

static bool is_open(const struct calls *c, unsigned call)
{
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (c->views[abi] && c->views[abi][call].state == OPEN)
			return true;
	return false;
}

static void check_defaults(struct calls *c)
{
	const struct fst_rule *fallback = &c->lint->layer->fallback, *unknown = &c->lint->layer->unknown;
	struct names names = { 0 };

	if (!c->refuses)
		return;
	for (unsigned i = 0; i < fst_lint_undo_count; i++) {
		const char *list = fst_lint_undos[i].calls;
		unsigned call;

		if (!(c->by_default >> fst_lint_undos[i].name & 1))
			continue;
		while (next_call(&list, &call))
			if (is_open(c, call)) {
				add_name(&names, call);
				break;
			}
	}
	if (!fst_lint_refuses(fallback->verdict))
		fst_lint_report(c->lint, FST_LINT_DENY_LIST, fallback, &fallback->place,
				"begin with 'default deny EPERM', and allow what is needed",
				"what no rule refuses is allowed%s%s%s", names.count ? ", also " : "", names.text,
				names.count ? ", which undo what is refused" : "");
	if (!fst_lint_refuses(unknown->verdict))
		fst_lint_report(c->lint, FST_LINT_UNKNOWN_ALLOWED, unknown, &unknown->place,
				"say 'unknown deny ENOSYS'", "calls that the tables do not know are allowed");
}

/* ---- libraries -------------------------------------------------------------------------------------------------- */

static bool ends_program(struct flagstop_verdict v)
{
	return v.action >= FLAGSTOP_ACTION_TRAP;
}

static bool is_in_use(const struct calls *c, unsigned abi, const char *name)
{
	int call = name ? flagstop_call_find(name) : -1;

	return call >= 0 && (c->views[abi][call].state == OPEN || c->views[abi][call].state == PARTIAL);
}

/* The rule that answers what libraries do not expect of a call; NULL when all is well. */
static const struct fst_rule *find_breaking(const struct calls *c, unsigned abi, const struct fst_lint_probe *probe,
					    unsigned call)
{
	const struct fst_decision *d = c->lint->bound->by_abi[abi][call];
	const struct fst_rule *rule;

	if (!d || state_of(d) != CLOSED)
		return NULL;
	rule = d->steps[d->count - 1].rule;
	if (fst_lint_is_builtin(rule) || is_enosys(rule->verdict))
		return NULL;
	if (!probe->instead)
		return ends_program(rule->verdict) && is_in_use(c, abi, "execve") ? rule : NULL;
	return is_in_use(c, abi, probe->instead) ? rule : NULL;
}

struct breaking {
	unsigned calls[PROBES_MAX];
	const struct fst_rule *rules[PROBES_MAX][FLAGSTOP_ABI_COUNT]; /* NULL: all is well there */
};

static void find_all_breaking(const struct calls *c, struct breaking *b)
{
	memset(b, 0, sizeof(*b));
	for (unsigned i = 0; i < fst_lint_probe_count && i < PROBES_MAX; i++) {
		const char *list = fst_lint_probes[i].call;

		if (!next_call(&list, &b->calls[i]))
			continue;
		for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
			if (c->views[abi])
				b->rules[i][abi] = find_breaking(c, abi, &fst_lint_probes[i], b->calls[i]);
	}
}

/* Takes the rule out of the table, and names the calls that it answers. */
static void take_rule(struct breaking *b, const struct fst_rule *rule, struct names *names)
{
	unsigned last = UINT_MAX;

	for (unsigned i = 0; i < PROBES_MAX; i++) {
		for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
			if (b->rules[i][abi] != rule)
				continue;
			b->rules[i][abi] = NULL;
			if (b->calls[i] != last)
				add_name(names, b->calls[i]);
			last = b->calls[i];
		}
	}
}

/* One finding for each rule, with all calls of it in all ABIs. */
static void check_probes(struct calls *c)
{
	struct breaking b;
	char verdict[64];

	find_all_breaking(c, &b);
	for (unsigned i = 0; i < PROBES_MAX * FLAGSTOP_ABI_COUNT; i++) {
		const struct fst_rule *rule = b.rules[i / FLAGSTOP_ABI_COUNT][i % FLAGSTOP_ABI_COUNT];
		struct names names = { 0 };

		if (!rule)
			continue;
		take_rule(&b, rule, &names);
		flagstop_verdict_format(rule->verdict, verdict, sizeof(verdict));
		fst_lint_report(c->lint, FST_LINT_BREAKS_LIBC, rule, &rule->place,
				"say 'deny ENOSYS' of them, or allow them",
				"libraries try %s and get '%s', which they do not take for an older kernel",
				names.text, verdict);
	}
}

static void check_multiplexer(struct calls *c, unsigned abi, const char *multiplexer, const char *part)
{
	int call = flagstop_call_find(multiplexer), one = flagstop_call_find(part);
	const struct view *views = c->views[abi];

	if (call < 0 || one < 0 || views[call].state != CLOSED || views[call].restrictor ||
	    views[one].state != OPEN || fst_lint_is_builtin(views[one].opener) ||
	    fst_lint_index(c->lint->layer, views[one].opener) < 0)
		return;
	fst_lint_report(c->lint, FST_LINT_MULTIPLEXER, views[one].opener, &views[one].opener->place,
			"allow it as well, or say 'deny ENOSYS' of it",
			"%s is allowed in %s, but no rule speaks of %s, through which libraries make it", part,
			flagstop_abi_name((enum flagstop_abi)abi), multiplexer);
}

/* ---- several ABIs ----------------------------------------------------------------------------------------------- */

static void check_gap(struct calls *c, unsigned abi, unsigned call)
{
	const struct view *view = &c->views[abi][call];

	if (view->state != CLOSED || !is_restricted(c, abi, call, NULL) || fst_lint_is_builtin(view->restrictor))
		return;
	for (unsigned other = 0; other < FLAGSTOP_ABI_COUNT; other++) {
		if (!c->views[other] || c->views[other][call].state != OPEN)
			continue;
		fst_lint_report(c->lint, FST_LINT_ABI_GAP, view->restrictor, &view->restrictor->place,
				"refuse it in all of the policy's ABIs", "%s is refused in %s, and allowed in %s",
				flagstop_call_name(call), flagstop_abi_name((enum flagstop_abi)abi),
				flagstop_abi_name((enum flagstop_abi)other));
		return;
	}
}

static void check_abi(struct calls *c, unsigned abi)
{
	for (unsigned i = 0; i < fst_lint_family_count; i++)
		check_family(c, abi, &fst_lint_families[i]);
	for (unsigned i = 0; i < fst_lint_undo_count; i++)
		check_undo(c, abi, &fst_lint_undos[i]);
	check_multiplexer(c, abi, "socketcall", "socket");
	check_multiplexer(c, abi, "ipc", "shmget");
	check_multiplexer(c, abi, "ipc", "semget");
	check_multiplexer(c, abi, "ipc", "msgget");
	for (unsigned call = 0; call < flagstop_call_count(); call++)
		check_gap(c, abi, call);
}

void fst_lint_calls(struct fst_lint *lint)
{
	struct calls c = { .lint = lint };

	if (!look_at_all(&c))
		return;
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (c.views[abi])
			check_abi(&c, abi);
	check_probes(&c);
	check_defaults(&c);
}
