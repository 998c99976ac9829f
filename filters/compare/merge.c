/* SPDX-License-Identifier: MIT */
/*
 * One policy's text out of several. Decides how rules are written: calls that are decided alike share theirs,
 * conditions stand as they were written. What the rules must be comes from plan.c, and so does the proof.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <talloc.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include <arch/mux.h>
#include <filters/compare/merge.h>
#include <filters/error.h>

#define WIDTH 110 /* a line is broken before this column where there is a place to */
#define NAME "<merged>"

/* Calls with the same rules. */
struct group {
	const char *key; /* the rules, "VERDICT|CONDITION\n" each; CONDITION may be empty */
	char *calls;
	UT_hash_handle hh;
};

struct writer {
	struct fst_merge m;
	struct group *groups; /* in the order they were met */
	char *text;
	size_t column; /* of the end of text */
};

static int no_memory(const struct writer *w)
{
	return fst_error_set(w->m.error, -ENOMEM, "no memory");
}

/* ---- groups ----------------------------------------------------------------------------------------------------- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* What a rule says behind `when`, which is a word that sets and verdicts cannot hold. */
static const char *condition_of(const struct fst_rule *rule)
{
	const char *at = rule->text;

	while ((at = strstr(at, "when")) && (is_letter(at[4]) || (at > rule->text && is_letter(at[-1]))))
		at += 4;
	return at ? at + 4 + strspn(at + 4, " \t") : "";
}

static char *append_line(char *key, const struct fst_merge_line *line)
{
	char verdict[64];

	flagstop_verdict_format(line->verdict, verdict, sizeof(verdict));
	key = talloc_asprintf_append_buffer(key, "%s|", verdict);
	for (unsigned i = 0; i < line->rule_count && key; i++) {
		const char *condition = condition_of(line->rules[i]);

		if (line->rule_count == 1)
			key = talloc_asprintf_append_buffer(key, "%s", condition);
		else
			key = talloc_asprintf_append_buffer(key, "%s(%s)", i ? " and " : "", condition);
	}
	return key ? talloc_strdup_append_buffer(key, "\n") : NULL;
}

/* The rules of a call in an ABI as a text: equal texts, equal rules. */
static int key_of(struct writer *w, enum flagstop_abi abi, unsigned call, char **ret_key)
{
	struct fst_merge_line *lines = NULL;
	unsigned count = 0;
	void *pool = w->m.pool;
	char *key = talloc_strdup(pool, "");
	int r;

	w->m.pool = talloc_new(pool);
	r = key && w->m.pool ? fst_merge_plan(&w->m, abi, call, &lines, &count) : no_memory(w);
	for (unsigned i = 0; i < count && key && !r; i++)
		key = append_line(key, &lines[i]);
	talloc_free(w->m.pool);
	w->m.pool = pool;
	if (!r && !key)
		r = no_memory(w);
	*ret_key = key;
	return r;
}

static int add_call(struct writer *w, const char *key, const char *name, const char *abi)
{
	struct group *group = NULL;

	if (!*key) /* as the default says */
		return 0;
	HASH_FIND_STR(w->groups, key, group);
	if (!group) {
		group = talloc_zero(w->m.pool, struct group);
		if (!group)
			return no_memory(w);
		group->key = key;
		group->calls = talloc_strdup(group, "");
		HASH_ADD_KEYPTR(hh, w->groups, group->key, strlen(group->key), group);
		if (!group->hh.tbl)
			return no_memory(w);
	}
	if (group->calls)
		group->calls = talloc_asprintf_append_buffer(group->calls, " %s%s%s", name, *abi ? "@" : "", abi);
	return group->calls ? 0 : no_memory(w);
}

static int group_call(struct writer *w, unsigned call)
{
	char *keys[FLAGSTOP_ABI_COUNT] = { NULL };
	const char *name = flagstop_call_name(call), *first = NULL;
	bool alike = true;
	int r = 0;

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT && !r; abi++) {
		if (!(w->m.abis >> abi & 1) || !fst_mux_knows(abi, call))
			continue;
		r = key_of(w, abi, call, &keys[abi]);
		if (!first)
			first = keys[abi];
		alike &= !r && !strcmp(first, keys[abi]);
	}
	if (r || !first)
		return r;
	if (alike)
		return add_call(w, first, name, "");
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT && !r; abi++)
		if (keys[abi])
			r = add_call(w, keys[abi], name, flagstop_abi_name(abi));
	return r;
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

/* Adds a text of words; a line that gets long goes on behind a backslash. */
static void put_words(struct writer *w, const char *words)
{
	while (*words && w->text) {
		size_t bytes = 1 + strcspn(words + 1, " ,");

		bytes += words[bytes] == ',';
		if (w->column + bytes > WIDTH && w->column > 8) {
			bool blank = *words == ' ';

			w->text = talloc_strdup_append_buffer(w->text, blank ? " \\\n\t" : "\\\n\t");
			w->column = 8;
			words += blank;
			bytes -= blank;
		}
		if (w->text)
			w->text = talloc_strndup_append_buffer(w->text, words, bytes);
		w->column += bytes;
		words += bytes;
	}
}

static void end_line(struct writer *w)
{
	if (w->text)
		w->text = talloc_strdup_append_buffer(w->text, "\n");
	w->column = 0;
}

static void put_verdict_line(struct writer *w, const char *word, struct flagstop_verdict verdict)
{
	char text[64];

	flagstop_verdict_format(verdict, text, sizeof(text));
	put_words(w, word);
	put_words(w, text);
	end_line(w);
}

static void put_group(struct writer *w, const struct group *group)
{
	for (const char *line = group->key; *line && w->text; line = strchr(line, '\n') + 1) {
		size_t verdict = strcspn(line, "|"), condition = strcspn(line + verdict + 1, "\n");
		char *words = talloc_asprintf(w->text, "%.*s%s%s%.*s", (int)verdict, line, group->calls,
					      condition ? " when " : "", (int)condition, line + verdict + 1);

		if (!words) {
			w->text = NULL;
			return;
		}
		put_words(w, words);
		end_line(w);
	}
}

static void put_all(struct writer *w)
{
	w->text = talloc_strdup(w->m.pool, "");
	put_words(w, "abi");
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (w->m.abis >> abi & 1) {
			put_words(w, " ");
			put_words(w, flagstop_abi_name(abi));
		}
	end_line(w);
	put_verdict_line(w, "default ", w->m.fallback);
	put_verdict_line(w, "unknown ", w->m.unknown);
	for (const struct group *group = w->groups; group; group = group->hh.next)
		put_group(w, group);
}

/* What was written is read back, and must mean what the policies mean together. */
static int prove(struct writer *w)
{
	struct flagstop_policy *made = flagstop_policy_new();
	int r = made ? flagstop_policy_add_text(made, NAME, w->text, strlen(w->text), w->m.error) : no_memory(w);

	if (!r)
		r = fst_merge_prove(&w->m, made);
	flagstop_policy_free(made);
	return r;
}

static int merge(struct writer *w)
{
	int r = fst_merge_frame(&w->m);

	for (unsigned call = 0; call < flagstop_call_count() && !r; call++)
		r = group_call(w, call);
	if (r)
		return r;
	put_all(w);
	return w->text ? prove(w) : no_memory(w);
}

int flagstop_policies_merge(const struct flagstop_policy *const *policies, size_t count, enum flagstop_merge how,
			    char **ret_text, struct flagstop_error *reterr_error)
{
	struct writer w = { .m = { .policies = policies, .count = count, .how = how, .error = reterr_error } };
	int r;

	if (!policies || !count || !ret_text || (how != FLAGSTOP_MERGE_UNION && how != FLAGSTOP_MERGE_INTERSECT))
		return fst_error_set(reterr_error, -EINVAL, "no policies to merge, or no way to");
	for (size_t i = 0; i < count; i++)
		if (!policies[i] || !policies[i]->layer_count)
			return fst_error_set(reterr_error, -EINVAL, "policy %zu has no layer", i + 1);
		else if (fst_policy_has_facts(policies[i]) || fst_policy_has_rewrites(policies[i]))
			return fst_error_set(reterr_error, -EOPNOTSUPP,
					     "policies with rules on strings, or rewrites, cannot be merged yet");
	w.m.pool = talloc_new(NULL);
	w.m.diagram = fst_diagram_new(w.m.pool);
	r = w.m.pool && w.m.diagram ? merge(&w) : no_memory(&w);
	if (!r) {
		*ret_text = strdup(w.text);
		r = *ret_text ? 0 : no_memory(&w);
	}
	HASH_CLEAR(hh, w.groups);
	talloc_free(w.m.pool);
	return r;
}
