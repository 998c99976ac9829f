/* SPDX-License-Identifier: MIT */
/*
 * Other names of what a policy's paths name: "/lib" is a link to "usr/lib". Knows no file system; whoever asks does.
 */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <filters/policy/policy.h>

struct mapping {
	const char *(*map)(const char *path, void *context);
	void *context;
	void *parent;
};

/* "/home/" of a glob is asked for as "/home", and gets its slash back. */
static int map_pattern(const struct mapping *m, struct fst_pattern *pattern)
{
	bool slash = pattern->rest && pattern->literal_bytes > 1;
	char *path = talloc_strndup(m->parent, pattern->literal, pattern->literal_bytes - slash);
	const char *mapped = path ? m->map(path, m->context) : NULL;
	int r = path ? 0 : -ENOMEM;

	pattern->mapped = NULL;
	if (mapped && strcmp(mapped, path) != 0) {
		bool ends = mapped[strlen(mapped) - (*mapped != '\0')] == '/';

		pattern->mapped = talloc_asprintf(m->parent, "%s%s", mapped, pattern->rest && !ends ? "/" : "");
		if (!pattern->mapped)
			r = -ENOMEM;
		else
			pattern->mapped_bytes = (unsigned)strlen(pattern->mapped);
	}
	talloc_free(path);
	return r;
}

static int map_patterns(const struct mapping *m, struct fst_pattern *patterns, unsigned count)
{
	int r = 0;

	for (unsigned i = 0; i < count && !r; i++)
		if (patterns[i].literal_bytes && *patterns[i].literal == '/')
			r = map_pattern(m, &patterns[i]);
	return r;
}

static int map_expr(const struct mapping *m, const struct fst_expr *expr)
{
	int r = 0;

	if (expr->op != FST_EXPR_TEST) {
		r = map_expr(m, expr->left);
		return r || expr->op == FST_EXPR_NOT ? r : map_expr(m, expr->right);
	}
	/* All of one test are paths, or none is. */
	if (expr->pattern_count && expr->patterns->is_path)
		r = map_patterns(m, expr->patterns, expr->pattern_count);
	return r;
}

int flagstop_policy_map_paths(struct flagstop_policy *policy, const char *(*map)(const char *path, void *context),
			      void *context)
{
	struct mapping m = { map, context, policy };
	int r = 0;

	if (!policy || !map)
		return -EINVAL;
	for (unsigned i = 0; i < policy->layer_count && !r; i++) {
		const struct fst_layer *layer = policy->layers[i]->layer;

		for (unsigned k = 0; k < layer->rule_count && !r; k++)
			if (layer->rules[k].when)
				r = map_expr(&m, layer->rules[k].when);
		for (unsigned k = 0; k < layer->exec_count && !r; k++)
			r = map_patterns(&m, layer->execs[k].patterns, layer->execs[k].pattern_count);
	}
	return r;
}

/* ---- rules that a name could slip by ----------------------------------------------------------------------------- */

struct search {
	bool (*slips)(const char *path, bool itself, void *context);
	void *context;
	void *scratch;
};

static int search_patterns(const struct search *s, const struct fst_expr *expr)
{
	for (unsigned i = 0; i < expr->pattern_count; i++) {
		const struct fst_pattern *p = &expr->patterns[i];
		const char *text = p->mapped ? p->mapped : p->literal;
		unsigned bytes = p->mapped ? p->mapped_bytes : p->literal_bytes;

		if (!bytes || *text != '/')
			continue;
		char *path = talloc_strndup(s->scratch, text, bytes);
		if (!path)
			return -ENOMEM;
		bool slips = s->slips(path, p->rest, s->context);
		talloc_free(path);
		if (slips)
			return 1;
	}
	return 0;
}

/* `matters`: the rule would refuse more if the expression held. */
static int search_expr(const struct search *s, const struct fst_expr *expr, bool matters)
{
	int r;

	if (expr->op == FST_EXPR_NOT)
		return search_expr(s, expr->left, !matters);
	if (expr->op == FST_EXPR_TEST) {
		matters ^= expr->relation == FST_RELATION_NE;
		return matters && expr->pattern_count && expr->patterns->is_path ? search_patterns(s, expr) : 0;
	}
	r = search_expr(s, expr->left, matters);
	return r ? r : search_expr(s, expr->right, matters);
}

int fst_policy_find_slip(const struct flagstop_policy *policy,
			 bool (*slips)(const char *path, bool itself, void *context), void *context,
			 struct flagstop_rule *ret_rule)
{
	struct search s = { slips, context, talloc_new(NULL) };
	int r = s.scratch ? 0 : -ENOMEM;

	for (unsigned i = 0; i < policy->layer_count && !r; i++) {
		const struct fst_layer *layer = policy->layers[i]->layer;

		for (unsigned k = 0; k < layer->rule_count && !r; k++) {
			const struct fst_rule *rule = &layer->rules[k];

			if (rule->when)
				r = search_expr(&s, rule->when, rule->verdict.action >= FLAGSTOP_ACTION_ASK);
			if (r > 0)
				fst_rule_describe(rule, layer, i, ret_rule);
		}
	}
	talloc_free(s.scratch);
	return r;
}
