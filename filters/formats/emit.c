/* SPDX-License-Identifier: MIT */
/*
 * Writes a profile as a policy: calls with the same steps share their rules, so that no rule stands before another
 * that it hides. Decides the order and the line breaks; the meaning is the profile's.
 */
#include <stdio.h>
#include <string.h>

#include <talloc.h>

#include <filters/formats/profile.h>

#define COLUMNS 96

/* Calls whose steps look the same when written with numbers. */
struct group {
	uint64_t hash;
	char *key;
	struct fst_case_name *cases;
	unsigned count, size;
};

struct groups {
	struct group *list;
	unsigned count, size;
};

static unsigned verdict_words(struct flagstop_verdict verdict, char *text, size_t size)
{
	return (unsigned)flagstop_verdict_format(verdict, text, size);
}

/* The steps that say something: those at the end that decide as the default does are left out. */
static unsigned live_steps(const struct fst_profile *profile, const struct fst_profile_case *c)
{
	unsigned count = c->count;

	while (count && fst_verdict_equal(c->steps[count - 1].verdict, profile->fallback))
		count--;
	return count;
}

/* A policy allows a restart where it says nothing of it: here it says what the profile says. */
static bool needs_last_word(const struct fst_profile *profile, const struct fst_profile_case *c, unsigned call)
{
	unsigned count = live_steps(profile, c);

	return !strcmp(flagstop_call_name(call), "restart_syscall") && (!count || c->steps[count - 1].when) &&
		profile->fallback.action != FLAGSTOP_ACTION_ALLOW;
}

static char *key_of(void *parent, const struct fst_profile *profile, const struct fst_case_name *name)
{
	const struct fst_profile_case *c = &profile->by_abi[name->abi][name->call];
	unsigned count = live_steps(profile, c);
	char *key = talloc_strdup(parent, "");
	char words[64];

	for (unsigned i = 0; i < count && key; i++) {
		verdict_words(c->steps[i].verdict, words, sizeof(words));
		key = talloc_asprintf_append_buffer(key, "%s:", words);
		if (key && c->steps[i].when)
			key = fst_when_put(key, c->steps[i].when, name, 1, true);
		if (key)
			key = talloc_strdup_append_buffer(key, "\n");
	}
	if (key && needs_last_word(profile, c, name->call))
		key = talloc_strdup_append_buffer(key, "last word");
	return key;
}

static uint64_t hash_of(const char *key)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	while (*key)
		hash = (hash ^ (unsigned char)*key++) * UINT64_C(1099511628211);
	return hash;
}

static struct group *find_group(void *parent, struct groups *groups, char *key)
{
	uint64_t hash = hash_of(key);

	for (unsigned i = 0; i < groups->count; i++)
		if (groups->list[i].hash == hash && !strcmp(groups->list[i].key, key))
			return &groups->list[i];
	if (groups->count == groups->size) {
		unsigned size = groups->size ? 2 * groups->size : 16;
		struct group *list = talloc_realloc(parent, groups->list, struct group, size);

		if (!list)
			return NULL;
		groups->list = list;
		groups->size = size;
	}
	groups->list[groups->count] = (struct group){ hash, key, NULL, 0, 0 };
	return &groups->list[groups->count++];
}

static bool add_case(void *parent, struct groups *groups, const struct fst_profile *profile, struct fst_case_name name)
{
	char *key = key_of(parent, profile, &name);

	if (!key || !*key)
		return key != NULL;
	struct group *group = find_group(parent, groups, key);
	if (!group)
		return false;
	if (group->count == group->size) {
		unsigned size = group->size ? 2 * group->size : 4;
		struct fst_case_name *cases = talloc_realloc(parent, group->cases, struct fst_case_name, size);

		if (!cases)
			return false;
		group->cases = cases;
		group->size = size;
	}
	group->cases[group->count++] = name;
	return true;
}

/* In the order of the first call's name. */
static bool collect(void *parent, struct groups *groups, const struct fst_profile *profile)
{
	for (unsigned call = 0; call < flagstop_call_count(); call++)
		for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
			if (profile->by_abi[abi] && flagstop_call_number(call, abi) >= 0 &&
			    !add_case(parent, groups, profile, (struct fst_case_name){ abi, call }))
				return false;
	return true;
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

struct lines {
	char *text;
	unsigned column;
};

static void put(struct lines *l, const char *word)
{
	unsigned bytes = (unsigned)strlen(word);

	if (l->column && l->column + 1 + bytes > COLUMNS) {
		if (l->text)
			l->text = talloc_strdup_append_buffer(l->text, " \\\n\t");
		l->column = 8;
	} else if (l->column) {
		if (l->text)
			l->text = talloc_strdup_append_buffer(l->text, " ");
		l->column++;
	}
	if (l->text)
		l->text = talloc_strdup_append_buffer(l->text, word);
	l->column += bytes;
}

static void end_line(struct lines *l)
{
	if (l->text)
		l->text = talloc_strdup_append_buffer(l->text, "\n");
	l->column = 0;
}

static void put_phrase(struct lines *l, const char *phrase)
{
	char word[256];

	while (*phrase) {
		size_t bytes = strcspn(phrase, " ");

		snprintf(word, sizeof(word), "%.*s", (int)bytes, phrase);
		put(l, word);
		phrase += bytes;
		phrase += *phrase == ' ';
	}
}

static unsigned abis_with(const struct fst_profile *profile, unsigned call)
{
	unsigned abis = 0;

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (profile->by_abi[abi] && flagstop_call_number(call, abi) >= 0)
			abis |= 1u << abi;
	return abis;
}

/* The ABIs in which the group has this call; its cases stand one behind the other. */
static unsigned abis_in_group(const struct group *group, unsigned first, unsigned *ret_next)
{
	unsigned abis = 0, i = first;

	for (; i < group->count && group->cases[i].call == group->cases[first].call; i++)
		abis |= 1u << group->cases[i].abi;
	*ret_next = i;
	return abis;
}

static void put_restricted(struct lines *l, const struct fst_profile *profile, const struct group *group, unsigned abi)
{
	const char *pending = NULL;
	char word[128];
	unsigned many = 0, next;

	for (unsigned i = 0; i < group->count; i = next) {
		unsigned call = group->cases[i].call, abis = abis_in_group(group, i, &next);

		if (!(abis >> abi & 1) || abis == abis_with(profile, call))
			continue;
		if (pending) {
			snprintf(word, sizeof(word), "%s%s", many ? "" : "(", pending);
			put(l, word);
			many++;
		}
		pending = flagstop_call_name(call);
	}
	if (!pending)
		return;
	snprintf(word, sizeof(word), "%s%s@%s", pending, many ? ")" : "", flagstop_abi_name(abi));
	put(l, word);
}

static void put_set(struct lines *l, const struct fst_profile *profile, const struct group *group)
{
	unsigned next;

	for (unsigned i = 0; i < group->count; i = next)
		if (abis_in_group(group, i, &next) == abis_with(profile, group->cases[i].call))
			put(l, flagstop_call_name(group->cases[i].call));
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		put_restricted(l, profile, group, abi);
}

static void put_rule(struct lines *l, const struct fst_profile *profile, const struct group *group,
		     const struct fst_profile_step *step)
{
	char words[64], *when;

	verdict_words(step->verdict, words, sizeof(words));
	put_phrase(l, words);
	put_set(l, profile, group);
	if (step->when) {
		when = fst_when_put(talloc_strdup(profile, ""), step->when, group->cases, group->count,
				    false);
		put(l, "when");
		if (when)
			put_phrase(l, when);
		else
			l->text = NULL;
		talloc_free(when);
	}
	end_line(l);
}

static void put_group(struct lines *l, const struct fst_profile *profile, const struct group *group)
{
	const struct fst_profile_case *c = &profile->by_abi[group->cases[0].abi][group->cases[0].call];
	unsigned count = live_steps(profile, c);

	for (unsigned i = 0; i < count; i++)
		put_rule(l, profile, group, &c->steps[i]);
	if (needs_last_word(profile, c, group->cases[0].call))
		put_rule(l, profile, group, &(struct fst_profile_step){ NULL, profile->fallback });
}

static void put_head(struct lines *l, const struct fst_profile *profile)
{
	char words[64];

	if (profile->comment && l->text)
		l->text = talloc_strdup_append_buffer(l->text, profile->comment);
	put(l, "abi");
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		if (profile->abis >> abi & 1)
			put(l, flagstop_abi_name(abi));
	end_line(l);
	put(l, "default");
	verdict_words(profile->fallback, words, sizeof(words));
	put_phrase(l, words);
	end_line(l);
	put(l, "unknown");
	verdict_words(profile->unknown, words, sizeof(words));
	put_phrase(l, words);
	end_line(l);
	end_line(l);
}

char *fst_profile_text(const struct fst_profile *profile, void *parent)
{
	void *scratch = talloc_new(parent);
	struct lines l = { talloc_strdup(parent, ""), 0 };
	struct groups groups = { 0 };

	if (!scratch || !collect(scratch, &groups, profile)) {
		talloc_free(scratch);
		return NULL;
	}
	put_head(&l, profile);
	for (unsigned i = 0; i < groups.count; i++)
		put_group(&l, profile, &groups.list[i]);
	talloc_free(scratch);
	return l.text;
}
