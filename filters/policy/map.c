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
