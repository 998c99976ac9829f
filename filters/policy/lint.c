/* SPDX-License-Identifier: MIT */
/*
 * Findings about policies that are right: their names and reasons, what silences them, and the list of them. Looks at
 * no rule and no call itself.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <talloc.h>

#include <filters/error.h>
#include <filters/policy/lint.h>
#include <filters/policy/spell.h>

#define EFFORT_MAX (UINT64_C(1) << 26)

struct flagstop_findings {
	struct flagstop_finding *list;
	size_t count, size;
};

static const struct {
	const char *name, *reason;
} catalogue[FST_LINT_COUNT] = {
	[FST_LINT_SHADOWED] = { "shadowed", "the first rule that matches wins: what stands behind it does nothing" },
	[FST_LINT_REDUNDANT] = { "redundant", "a rule that changes nothing hides what the policy really rests on" },
	[FST_LINT_EMPTY] = { "empty", "none of the policy's ABIs has any of these calls" },
	[FST_LINT_ALWAYS_TRUE] = { "always-true", "a test that no value fails is a mistake in a mask or a bound" },
	[FST_LINT_POINTER] = { "pointer-compared",
			       "an address says nothing of the memory behind it, and differs from run to run" },
	[FST_LINT_ALIAS] = { "alias", "what one call is refused, another one that does the same is allowed" },
	[FST_LINT_ABI_GAP] = { "abi-gap",
			       "a program chooses its ABI call by call: a rule for one of them stops nobody" },
	[FST_LINT_MULTIPLEXER] = { "multiplexer",
				   "libraries of this ABI make these calls through another one, which is refused" },
	[FST_LINT_BREAKS_LIBC] = { "breaks-libc",
				   "libraries try newer calls first, and go on with older ones on ENOSYS only" },
	[FST_LINT_DENY_LIST] = { "deny-list",
				 "what nobody thought of is allowed, and newer kernels have more of it" },
	[FST_LINT_UNKNOWN_ALLOWED] = { "unknown-allowed", "calls of newer kernels pass whatever they do" },
	[FST_LINT_UNDO_PTRACE] = { "undo-ptrace",
				   "it makes a process of the same user that runs outside of the policy do anything" },
	[FST_LINT_UNDO_PROCESS_VM] = { "undo-process-vm",
				       "it writes into processes of the same user that run outside of the policy" },
	[FST_LINT_UNDO_PIDFD_GETFD] = { "undo-pidfd-getfd",
					"it takes open descriptors from other processes of the same user" },
	[FST_LINT_UNDO_IO_URING] = { "undo-io-uring",
				     "rings open, connect, send and rename without a call that any filter sees; "
				     "sessions refuse them, compiled programs do not" },
	[FST_LINT_UNDO_BPF] = { "undo-bpf", "with privileges it runs code in the kernel, beneath every filter" },
	[FST_LINT_UNDO_KERNEL_CODE] = { "undo-kernel-code",
					"with privileges it replaces or drives the kernel itself" },
	[FST_LINT_UNDO_USERFAULTFD] = { "undo-userfaultfd",
					"it holds the kernel in the middle of a call for as long as the program "
					"likes, which is how races in it are won" },
	[FST_LINT_UNDO_HANDLES] = { "undo-handles",
				    "with privileges it opens files of the whole file system without a path" },
	[FST_LINT_UNDO_MOUNTS] = { "undo-mounts", "it changes what paths mean that other rules speak of" },
	[FST_LINT_UNDO_PERSONALITY] = { "undo-personality",
					"READ_IMPLIES_EXEC makes readable memory executable without PROT_EXEC" },
	[FST_LINT_UNKNOWN_LINT] = { "unknown-lint", "the comment silences nothing" },
};

const char *flagstop_lint(unsigned index, const char **ret_reason)
{
	if (index >= FST_LINT_COUNT)
		return NULL;
	if (ret_reason)
		*ret_reason = catalogue[index].reason;
	return catalogue[index].name;
}

static int find_lint(const char *name, size_t bytes)
{
	for (unsigned i = 0; i < FST_LINT_COUNT; i++)
		if (strlen(catalogue[i].name) == bytes && !memcmp(catalogue[i].name, name, bytes))
			return (int)i;
	return -ENOENT;
}

static const char *nearest_lint(const char *name, size_t bytes)
{
	struct fst_spell spell;

	fst_spell_init(&spell, name, (unsigned)bytes);
	for (unsigned i = 0; i < FST_LINT_COUNT; i++)
		fst_spell_offer(&spell, catalogue[i].name);
	return spell.best;
}

bool fst_lint_is_builtin(const struct fst_rule *rule)
{
	const char *file = rule->place.file;

	return !file || !strncmp(file, "<promise", strlen("<promise")) || !strcmp(file, "<guard>");
}

int fst_lint_index(const struct fst_layer *layer, const struct fst_rule *rule)
{
	if (!layer->rule_count || rule < layer->rules || rule >= layer->rules + layer->rule_count)
		return -1;
	return (int)(rule - layer->rules);
}

/* ---- silence ---------------------------------------------------------------------------------------------------- */

struct name {
	const char *at;
	size_t bytes;
};

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || c == '-';
}

/* "lint: allow " after a rule's last token; `end` when there is no such comment. */
static const char *find_comment(const struct fst_rule *rule, const char **ret_end)
{
	static const char begin[] = "lint: allow ";
	const struct fst_place *last = &rule->end;

	*ret_end = NULL;
	if (!last->line) /* implied: nobody wrote it */
		return NULL;
	const char *at = last->source + last->column - 1 + last->columns;
	const char *end = last->source + last->source_bytes;
	*ret_end = end;
	if (at >= end || !memchr(at, '#', (size_t)(end - at)))
		return end;
	at = memmem(at, (size_t)(end - at), begin, strlen(begin));
	return at ? at + strlen(begin) : end;
}

/* The next name of the list that a comment has; a colon ends it. */
static bool next_name(const char **at, const char *end, struct name *ret_name)
{
	while (*at < end && (**at == ' ' || **at == '\t' || **at == ','))
		(*at)++;
	ret_name->at = *at;
	while (*at < end && is_name(**at))
		(*at)++;
	ret_name->bytes = (size_t)(*at - ret_name->at);
	return ret_name->bytes > 0;
}

static bool is_silenced(const struct fst_lint *lint, enum fst_lint_name name, const struct fst_rule *rule)
{
	const char *at, *end;
	struct name each;

	for (size_t i = 0; lint->options && i < lint->options->silenced_count; i++)
		if (!strcmp(lint->options->silenced[i], catalogue[name].name))
			return true;
	if (!rule)
		return false;
	at = find_comment(rule, &end);
	while (next_name(&at, end, &each))
		if (find_lint(each.at, each.bytes) == (int)name)
			return true;
	return false;
}

/* What a comment names and no lint is called, is reported where it stands. */
static void check_comment(struct fst_lint *lint, const struct fst_rule *rule)
{
	const char *at, *end, *near;
	struct fst_place place = rule->end;
	struct name each;
	char hint[96];

	if (!rule->place.line || fst_lint_is_builtin(rule))
		return;
	at = find_comment(rule, &end);
	while (next_name(&at, end, &each)) {
		if (find_lint(each.at, each.bytes) >= 0)
			continue;
		place.column = (unsigned)(each.at - place.source) + 1;
		place.columns = (unsigned)each.bytes;
		near = nearest_lint(each.at, each.bytes);
		snprintf(hint, sizeof(hint), "did you mean '%s'?", near ? near : "");
		fst_lint_report(lint, FST_LINT_UNKNOWN_LINT, NULL, &place, near ? hint : "",
				"no lint is named '%.*s'", (int)(each.bytes < 40 ? each.bytes : 40), each.at);
	}
}

/* ---- findings --------------------------------------------------------------------------------------------------- */

static bool is_known(const struct flagstop_findings *findings, const struct flagstop_finding *finding)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct flagstop_error *a = &findings->list[i].text, *b = &finding->text;

		if (findings->list[i].name == finding->name && a->line == b->line && a->column == b->column &&
		    !strcmp(a->file, b->file) && !strcmp(a->message, b->message))
			return true;
	}
	return false;
}

static struct flagstop_finding *new_finding(struct fst_lint *lint)
{
	struct flagstop_findings *findings = lint->findings;

	if (findings->count == findings->size) {
		size_t size = findings->size ? 2 * findings->size : 8;
		struct flagstop_finding *list =
			talloc_realloc(findings, findings->list, struct flagstop_finding, size);

		if (!list) {
			lint->failed = true;
			return NULL;
		}
		findings->list = list;
		findings->size = size;
	}
	return &findings->list[findings->count++];
}

void fst_lint_report(struct fst_lint *lint, enum fst_lint_name name, const struct fst_rule *rule,
		     const struct fst_place *place, const char *hint, const char *format, ...)
{
	struct flagstop_finding finding = { .name = catalogue[name].name,
					    .reason = catalogue[name].reason,
					    .text = FLAGSTOP_ERROR_INIT };
	char message[sizeof(finding.text.message)];
	struct flagstop_finding *added;
	va_list args;

	if (lint->findings->count == FLAGSTOP_LINT_MAX_FINDINGS || is_silenced(lint, name, rule))
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	fst_error_set(&finding.text, 0, "%s", message);
	if (*hint)
		fst_error_hint(&finding.text, "%s", hint);
	fst_error_place(&finding.text, place->file ? place->file : lint->layer->name, place->line, place->column,
			place->columns, place->source, place->source_bytes);
	if (is_known(lint->findings, &finding))
		return;
	added = new_finding(lint);
	if (added)
		*added = finding;
}

static int compare(const void *left, const void *right)
{
	const struct flagstop_finding *l = left, *r = right;
	int order = strcmp(l->text.file, r->text.file);

	if (!order)
		order = (l->text.line > r->text.line) - (l->text.line < r->text.line);
	if (!order)
		order = (l->text.column > r->text.column) - (l->text.column < r->text.column);
	if (!order)
		order = strcmp(l->name, r->name);
	return order ? order : strcmp(l->text.message, r->text.message);
}

static int lint_layer(const struct flagstop_policy *policy, unsigned index,
		      const struct flagstop_lint_options *options, struct flagstop_findings *findings,
		      struct flagstop_error *error)
{
	struct fst_lint lint = {
		.policy = policy,
		.bound = policy->layers[index],
		.layer = policy->layers[index]->layer,
		.findings = findings,
		.options = options,
		.effort = EFFORT_MAX,
		.scratch = talloc_new(findings),
	};
	size_t before = findings->count;

	if (!lint.scratch)
		return fst_error_set(error, -ENOMEM, "no memory");
	for (unsigned i = 0; i < lint.layer->rule_count; i++)
		check_comment(&lint, &lint.layer->rules[i]);
	check_comment(&lint, &lint.layer->fallback);
	check_comment(&lint, &lint.layer->unknown);
	fst_lint_rules(&lint);
	fst_lint_calls(&lint);
	talloc_free(lint.scratch);
	if (lint.failed)
		return fst_error_set(error, -ENOMEM, "no memory");
	if (findings->count > before)
		qsort(findings->list + before, findings->count - before, sizeof(*findings->list), compare);
	return 0;
}

static int check_options(const struct flagstop_lint_options *options, struct flagstop_error *error)
{
	if (!options)
		return 0;
	if (options->struct_bytes < sizeof(*options) || (options->silenced_count && !options->silenced))
		return fst_error_set(error, -EINVAL, "the options of linting are too small, or lack their list");
	for (size_t i = 0; i < options->silenced_count; i++) {
		const char *name = options->silenced[i], *near;

		if (find_lint(name, strlen(name)) >= 0)
			continue;
		fst_error_set(error, -EINVAL, "no lint is named '%.40s'", name);
		near = nearest_lint(name, strlen(name));
		if (near)
			fst_error_hint(error, "did you mean '%s'?", near);
		return -EINVAL;
	}
	return 0;
}

int flagstop_policy_lint(const struct flagstop_policy *policy, const struct flagstop_lint_options *options,
			 struct flagstop_findings **ret_findings, struct flagstop_error *reterr_error)
{
	struct flagstop_findings *findings;
	int r = check_options(options, reterr_error);

	if (r)
		return r;
	if (!policy || !ret_findings)
		return fst_error_set(reterr_error, -EINVAL, "no policy was given");
	findings = talloc_zero(NULL, struct flagstop_findings);
	if (!findings)
		return fst_error_set(reterr_error, -ENOMEM, "no memory");
	for (unsigned i = 0; i < policy->layer_count - policy->guarded && !r; i++)
		r = lint_layer(policy, i, options, findings, reterr_error);
	if (r)
		talloc_free(findings);
	else
		*ret_findings = findings;
	return r;
}

void flagstop_findings_free(struct flagstop_findings *findings)
{
	talloc_free(findings);
}

size_t flagstop_findings_count(const struct flagstop_findings *findings)
{
	return findings ? findings->count : 0;
}

const struct flagstop_finding *flagstop_findings_get(const struct flagstop_findings *findings, size_t index)
{
	return findings && index < findings->count ? &findings->list[index] : NULL;
}
