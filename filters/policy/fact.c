/* SPDX-License-Identifier: MIT */
/*
 * What tests of facts mean. Takes facts as they come: that a path is canonical, and that nobody can change it any
 * more, is what its giver vouches for.
 */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <filters/policy/fact.h>
#include <filters/policy/glob.h>

/* ---- strings ---------------------------------------------------------------------------------------------------- */

/* What a pattern begins with: as it was written, or the other name of that. */
struct head {
	const char *bytes;
	unsigned count;
};

static bool begins_with(const struct head *head, const char *bytes, size_t count)
{
	return count >= head->count && (!head->count || !memcmp(bytes, head->bytes, head->count));
}

/* "/a" is under "/a", and "/a/b", but "/ab" is not; all but the descriptor itself is under "/". */
static bool is_under(const struct head *head, const char *bytes, size_t count)
{
	if (!head->count || !begins_with(head, bytes, count))
		return false;
	return count == head->count || bytes[head->count] == '/' || head->bytes[head->count - 1] == '/';
}

static bool is_match(const struct head *head, const struct fst_glob *rest, bool is_path, const char *bytes,
		     size_t count)
{
	if (!begins_with(head, bytes, count))
		return false;
	if (!rest)
		return count == head->count;
	return fst_glob_matches(rest, is_path, bytes + head->count, count - head->count);
}

bool fst_pattern_holds(const struct fst_pattern *pattern, enum fst_relation relation, bool is_path, const char *bytes,
		       size_t count)
{
	const struct head heads[] = { { pattern->literal, pattern->literal_bytes },
				      { pattern->mapped, pattern->mapped_bytes } };

	for (unsigned i = 0; i < 2; i++) {
		if (!heads[i].bytes)
			continue;
		if (relation == FST_RELATION_UNDER ? is_under(&heads[i], bytes, count) :
						     is_match(&heads[i], pattern->rest, is_path, bytes, count))
			return true;
	}
	return false;
}

static bool any_holds(const struct fst_fact *test, const char *bytes, size_t count)
{
	for (unsigned i = 0; i < test->pattern_count; i++)
		if (fst_pattern_holds(&test->patterns[i], test->relation, test->subject != FST_SUBJECT_STRING, bytes,
				      count))
			return true;
	return false;
}

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

/* A struct that is shorter than the kernel's ends in zeroes (copy_struct_from_user, include/linux/uaccess.h). */
static bool word_holds(const struct fst_cond *test, const struct flagstop_fact *fact)
{
	size_t offset = test->fact->offset, bytes = fact->count > offset ? fact->count - offset : 0;
	uint64_t value = 0;

	if (bytes)
		memcpy(&value, fact->bytes + offset, bytes < sizeof(value) ? bytes : sizeof(value));
	return fst_cond_takes(test, value & test->mask);
}

/* ---- socket addresses -------------------------------------------------------------------------------------------- */

/* Too short for its family: of no family, as the kernel refuses it. */
static int family_of(const struct flagstop_fact *fact)
{
	sa_family_t family;

	if (fact->count < sizeof(family))
		return -1;
	memcpy(&family, fact->bytes, sizeof(family));
	return family;
}

static bool port_holds(const struct fst_cond *test, const struct flagstop_fact *fact)
{
	int family = family_of(fact);
	const unsigned char *port = (const unsigned char *)fact->bytes + 2;

	if ((family != AF_INET && family != AF_INET6) || fact->count < 4)
		return false;
	return fst_cond_takes(test, ((uint64_t)port[0] << 8 | port[1]) & test->mask);
}

static bool has_prefix(const unsigned char *address, const struct fst_net *net)
{
	unsigned whole = net->bits / 8, rest = net->bits % 8;

	if (memcmp(address, net->address, whole))
		return false;
	return !rest || !((address[whole] ^ net->address[whole]) >> (8 - rest));
}

/* An IPv6 address that stands for an IPv4 one is that one, too. */
static bool ip_holds(const struct fst_fact *test, const struct flagstop_fact *fact)
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	int family = family_of(fact);
	const unsigned char *v4 = NULL, *v6 = NULL;

	if (family == AF_INET && fact->count >= offsetof(struct sockaddr_in, sin_addr) + 4)
		v4 = (const unsigned char *)fact->bytes + offsetof(struct sockaddr_in, sin_addr);
	if (family == AF_INET6 && fact->count >= offsetof(struct sockaddr_in6, sin6_addr) + 16)
		v6 = (const unsigned char *)fact->bytes + offsetof(struct sockaddr_in6, sin6_addr);
	if (v6 && !memcmp(v6, mapped, sizeof(mapped)))
		v4 = v6 + sizeof(mapped);
	for (unsigned i = 0; i < test->net_count; i++) {
		const unsigned char *address = test->nets[i].is_v6 ? v6 : v4;

		if (address && has_prefix(address, &test->nets[i]))
			return true;
	}
	return false;
}

/* A path ends at its zero byte; an abstract name is all that is there. One without a name is "". */
static bool name_holds(const struct fst_fact *test, const struct flagstop_fact *fact)
{
	char abstract[sizeof(((struct sockaddr_un *)0)->sun_path)];
	const char *name = fact->bytes + sizeof(sa_family_t);
	size_t bytes;

	if (family_of(fact) != AF_UNIX)
		return false;
	bytes = fact->count - sizeof(sa_family_t);
	if (!bytes || *name)
		return any_holds(test, name, strnlen(name, bytes));
	if (bytes > sizeof(abstract))
		return false;
	memcpy(abstract, name, bytes);
	abstract[0] = '@';
	return any_holds(test, abstract, bytes);
}

/* ---- all of them ------------------------------------------------------------------------------------------------ */

static const struct flagstop_fact *find(const struct flagstop_facts *facts, unsigned argument)
{
	if (!facts || facts->struct_bytes < sizeof(*facts) || !facts->args[argument].known)
		return NULL;
	return &facts->args[argument];
}

static bool holds(const struct fst_cond *test, const struct flagstop_fact *fact)
{
	switch (test->fact->subject) {
	case FST_SUBJECT_PATH:
	case FST_SUBJECT_STRING:
		return any_holds(test->fact, fact->bytes, fact->count);
	case FST_SUBJECT_WORD:
		return word_holds(test, fact);
	case FST_SUBJECT_FAMILY:
		return family_of(fact) >= 0 && fst_cond_takes(test, (uint64_t)family_of(fact) & test->mask);
	case FST_SUBJECT_PORT:
		return port_holds(test, fact);
	case FST_SUBJECT_IP:
		return ip_holds(test->fact, fact);
	case FST_SUBJECT_NAME:
		return name_holds(test->fact, fact);
	case FST_SUBJECT_NOT_IN_FORCE: /* of no argument */
		break;
	}
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
	return holds(test, fact) ? FST_TRUE : FST_FALSE;
}
