/* SPDX-License-Identifier: MIT */
/*
 * What tests of facts mean. Takes facts as they come: that a path is canonical, and that nobody can change it any
 * more, is what its giver vouches for.
 */
#include <string.h>

#include <filters/policy/fact.h>
#include <filters/policy/glob.h>

/* "/a" is under "/a", and "/a/b", but "/ab" is not; all but the descriptor itself is under "/". */
static bool is_under(const struct fst_pattern *p, const char *bytes, size_t count)
{
	if (count < p->literal_bytes || memcmp(bytes, p->literal, p->literal_bytes))
		return false;
	return count == p->literal_bytes || bytes[p->literal_bytes] == '/' || p->literal[p->literal_bytes - 1] == '/';
}

static bool is_match(const struct fst_pattern *p, bool is_path, const char *bytes, size_t count)
{
	if (count < p->literal_bytes || memcmp(bytes, p->literal, p->literal_bytes))
		return false;
	if (!p->rest)
		return count == p->literal_bytes;
	return fst_glob_matches(p->rest, is_path, bytes + p->literal_bytes, count - p->literal_bytes);
}

bool fst_pattern_holds(const struct fst_pattern *pattern, enum fst_relation relation, bool is_path, const char *bytes,
		       size_t count)
{
	return relation == FST_RELATION_UNDER ? is_under(pattern, bytes, count) :
						is_match(pattern, is_path, bytes, count);
}

static const struct flagstop_fact *find(const struct flagstop_facts *facts, unsigned argument)
{
	if (!facts || facts->struct_bytes < sizeof(*facts) || !facts->args[argument].known)
		return NULL;
	return &facts->args[argument];
}

static bool any_holds(const struct fst_fact *test, const char *bytes, size_t count)
{
	for (unsigned i = 0; i < test->pattern_count; i++)
		if (fst_pattern_holds(&test->patterns[i], test->relation, test->subject == FST_SUBJECT_PATH, bytes,
				      count))
			return true;
	return false;
}

static enum fst_truth is_not_in_force(unsigned layer, const struct flagstop_facts *facts)
{
	if (!facts || facts->struct_bytes < sizeof(*facts) || !facts->layers_known)
		return FST_UNKNOWN;
	return facts->layers >> layer & 1 ? FST_FALSE : FST_TRUE;
}

enum fst_truth fst_fact_truth(const struct fst_cond *test, const struct flagstop_facts *facts)
{
	if (test->fact->subject == FST_SUBJECT_NOT_IN_FORCE)
		return is_not_in_force(test->fact->layer, facts);
	const struct flagstop_fact *fact = find(facts, test->argument);

	if (!fact)
		return FST_UNKNOWN;
	return any_holds(test->fact, fact->bytes, fact->count) ? FST_TRUE : FST_FALSE;
}
