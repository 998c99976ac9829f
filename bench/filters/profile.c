/* SPDX-License-Identifier: MIT */
/*
 * Reads rules in the form that container engines share (OCI's seccomp section). Decides which entries apply: those for
 * amd64 that need no capability. Refuses what it does not understand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "filters.h"

static const struct {
	const char *name;
	uint32_t action;
} actions[] = {
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW },
	{ "SCMP_ACT_LOG", SCMP_ACT_LOG },
	{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS },
};

static const struct {
	const char *name;
	enum scmp_compare op;
} operators[] = {
	{ "SCMP_CMP_NE", SCMP_CMP_NE },
	{ "SCMP_CMP_LT", SCMP_CMP_LT },
	{ "SCMP_CMP_LE", SCMP_CMP_LE },
	{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
	{ "SCMP_CMP_GE", SCMP_CMP_GE },
	{ "SCMP_CMP_GT", SCMP_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
};

static int complain(const char *what, const char *value)
{
	fprintf(stderr, "profile: %s '%s'\n", what, value ? value : "");
	return -1;
}

static int read_action(const char *name, json_t *errno_value, uint32_t *ret_action)
{
	if (name && !strcmp(name, "SCMP_ACT_ERRNO")) {
		*ret_action = SCMP_ACT_ERRNO(json_is_integer(errno_value) ? json_integer_value(errno_value) : 1);
		return 0;
	}
	for (size_t i = 0; name && i < sizeof(actions) / sizeof(*actions); i++)
		if (!strcmp(actions[i].name, name)) {
			*ret_action = actions[i].action;
			return 0;
		}
	return complain("no such action", name);
}

static int read_operator(const char *name, enum scmp_compare *ret_op)
{
	for (size_t i = 0; name && i < sizeof(operators) / sizeof(*operators); i++)
		if (!strcmp(operators[i].name, name)) {
			*ret_op = operators[i].op;
			return 0;
		}
	return complain("no such comparison", name);
}

static bool lists(json_t *where, const char *key, const char *name)
{
	json_t *list = json_object_get(where, key);

	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(json_string_value(json_array_get(list, i)), name))
			return true;
	return false;
}

static bool applies(json_t *entry)
{
	json_t *includes = json_object_get(entry, "includes"), *excludes = json_object_get(entry, "excludes");

	if (json_array_size(json_object_get(includes, "caps")))
		return false;
	if (json_object_get(includes, "arches") && !lists(includes, "arches", "amd64"))
		return false;
	return !lists(excludes, "arches", "amd64");
}

static int read_comparisons(json_t *args, struct rule *rule)
{
	size_t i;
	json_t *arg;

	json_array_foreach(args, i, arg)
	{
		struct comparison *c = &rule->comparisons[rule->comparison_count];
		json_int_t index = json_integer_value(json_object_get(arg, "index"));

		if (i == 6 || index < 0 || index > 5)
			return complain("too many arguments", "");
		if (read_operator(json_string_value(json_object_get(arg, "op")), &c->op))
			return -1;
		c->index = (unsigned)index;
		c->value = (uint64_t)json_integer_value(json_object_get(arg, "value"));
		c->masked = (uint64_t)json_integer_value(json_object_get(arg, "valueTwo"));
		rule->comparison_count++;
	}
	return 0;
}

static int add_rule(struct profile *profile, const struct rule *like, const char *name)
{
	int call = flagstop_call_find(name);

	/* The same rules for both: a name that one side does not know is no rule. */
	if (call < 0 || seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR) {
		profile->left_out++;
		return 0;
	}
	/* Of rules without a condition the first counts: libseccomp refuses another, flagstop calls it a mistake. */
	for (size_t i = 0; i < profile->rule_count; i++)
		if (profile->rules[i].call == call && !profile->rules[i].comparison_count)
			return 0;
	struct rule *rules = realloc(profile->rules, (profile->rule_count + 1) * sizeof(*rules));
	if (!rules)
		return complain("no memory for", name);
	profile->rules = rules;
	struct rule *rule = &rules[profile->rule_count++];
	*rule = *like;
	rule->call = call;
	snprintf(rule->name, sizeof(rule->name), "%s", name);
	return 0;
}

static int read_entry(struct profile *profile, json_t *entry)
{
	struct rule rule = { 0 };
	size_t i;
	json_t *name;

	if (!applies(entry))
		return 0;
	if (read_action(json_string_value(json_object_get(entry, "action")), json_object_get(entry, "errnoRet"),
			&rule.action) ||
	    read_comparisons(json_object_get(entry, "args"), &rule))
		return -1;
	json_array_foreach(json_object_get(entry, "names"), i, name)
	{
		if (add_rule(profile, &rule, json_string_value(name)))
			return -1;
	}
	return 0;
}

/* What flagstop brings along; libseccomp's filter has to have it, too. */
static int add_restart(struct profile *profile)
{
	const struct rule like = { .action = SCMP_ACT_ALLOW };

	for (size_t i = 0; i < profile->rule_count; i++)
		if (!strcmp(profile->rules[i].name, "restart_syscall"))
			return 0;
	return add_rule(profile, &like, "restart_syscall");
}

int profile_read(const char *path, struct profile *ret_profile)
{
	json_error_t error;
	json_t *file = json_load_file(path, 0, &error), *entry;
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	size_t i;
	int r;

	if (!file)
		return complain(path, error.text);
	*ret_profile = (struct profile){ 0 };
	snprintf(ret_profile->name, sizeof(ret_profile->name), "%.*s", (int)strcspn(name, "."), name);
	r = read_action(json_string_value(json_object_get(file, "defaultAction")),
			json_object_get(file, "defaultErrnoRet"), &ret_profile->action);
	json_array_foreach(json_object_get(file, "syscalls"), i, entry) if (!r)
		r = read_entry(ret_profile, entry);
	if (!r)
		r = add_restart(ret_profile);
	json_decref(file);
	return r;
}

void profile_release(struct profile *profile)
{
	free(profile->rules);
}
