/* SPDX-License-Identifier: MIT */
/* Counts calls by what makes them equal. Knows neither processes nor how events are shown. */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(item) ((item)->unhashed = 1)
#include <uthash.h>

#include <tracer/events.h>

struct key {
	enum flagstop_abi abi;
	uint32_t nr;
	enum flagstop_action action;
	unsigned layer;
	int64_t value;
	const struct fst_rule *rule;
	char text[]; /* the stack, and behind its end the subject */
};

struct entry {
	struct fst_event event;
	struct key *key;
	uint64_t count;
	int unhashed;
	UT_hash_handle hh;
};

struct fst_events {
	struct entry *table;
	struct entry *last; /* that was counted: the next call is most often its like */
	struct key *scratch;
	size_t scratch_bytes;
	struct entry *list[FST_EVENTS_MAX];
	size_t count;
	uint64_t lost;
};

static int forget(struct fst_events *events)
{
	HASH_CLEAR(hh, events->table); /* the entries are talloc's */
	return 0;
}

struct fst_events *fst_events_new(void *parent)
{
	struct fst_events *events = talloc_zero(parent, struct fst_events);

	if (events)
		talloc_set_destructor(events, forget);
	return events;
}

/* The key to look for is made where the last one was: only a new kind, or a longer stack than any before, allocates. */
static struct key *scratch_key(struct fst_events *events, const struct fst_event *e, size_t *ret_bytes)
{
	size_t stack_bytes = strlen(e->stack) + 1, subject_bytes = strlen(e->subject);
	size_t bytes = sizeof(struct key) + stack_bytes + subject_bytes;
	struct key *key = events->scratch;

	if (bytes > events->scratch_bytes) {
		key = talloc_realloc_size(events, events->scratch, bytes);
		if (!key)
			return NULL;
		events->scratch = key;
		events->scratch_bytes = bytes;
	}
	memset(key, 0, sizeof(*key)); /* the gaps are compared, too */
	key->abi = e->abi;
	key->nr = e->nr;
	key->action = e->verdict.action;
	key->value = e->verdict.value;
	key->layer = e->layer;
	key->rule = e->rule;
	memcpy(key->text, e->stack, stack_bytes);
	memcpy(key->text + stack_bytes, e->subject, subject_bytes);
	*ret_bytes = bytes;
	return key;
}

static struct entry *make_entry(struct fst_events *events, const struct key *key, size_t key_bytes,
				const struct fst_event *e)
{
	struct entry *entry = talloc_zero(events, struct entry);

	if (!entry)
		return NULL;
	entry->event = *e;
	entry->event.stack = talloc_strdup(entry, e->stack);
	entry->event.subject = talloc_strdup(entry, e->subject);
	entry->event.example = "";
	entry->key = talloc_memdup(entry, key, key_bytes);
	if (entry->event.stack && entry->event.subject && entry->key)
		HASH_ADD_KEYPTR(hh, events->table, entry->key, key_bytes, entry);
	if (!entry->event.stack || !entry->event.subject || !entry->key || entry->unhashed) {
		talloc_free(entry);
		return NULL;
	}
	events->list[events->count++] = entry;
	return entry;
}

static int lose(struct fst_events *events, uint64_t count, int why)
{
	events->lost += count;
	return why;
}

static int is_of_kind(const struct fst_event *first, const struct fst_event *e)
{
	return first->rule == e->rule && first->nr == e->nr && first->abi == e->abi && first->layer == e->layer &&
		first->verdict.action == e->verdict.action && first->verdict.value == e->verdict.value &&
		!strcmp(first->stack, e->stack) && !strcmp(first->subject, e->subject);
}

int fst_events_add_many(struct fst_events *events, const struct fst_event *event, uint64_t count)
{
	struct entry *entry = NULL;
	size_t bytes;

	if (events->last && is_of_kind(&events->last->event, event)) {
		events->last->count += count;
		return 0;
	}
	const struct key *key = scratch_key(events, event, &bytes);
	if (!key)
		return lose(events, count, -ENOMEM);
	HASH_FIND(hh, events->table, key, bytes, entry);
	if (!entry && events->count == FST_EVENTS_MAX)
		return lose(events, count, -E2BIG);
	if (!entry)
		entry = make_entry(events, key, bytes, event);
	if (!entry)
		return lose(events, count, -ENOMEM);
	events->last = entry;
	entry->count += count;
	return entry->count == count;
}

int fst_events_add(struct fst_events *events, const struct fst_event *event)
{
	return fst_events_add_many(events, event, 1);
}

void fst_events_describe(struct fst_events *events, const char *example)
{
	struct entry *entry = events->last;
	char *copy = entry ? talloc_strdup(entry, example) : NULL;

	if (copy)
		entry->event.example = copy;
}

const struct fst_event *fst_events_get(const struct fst_events *events, size_t index, uint64_t *ret_count)
{
	if (index >= events->count)
		return NULL;
	*ret_count = events->list[index]->count;
	return &events->list[index]->event;
}

uint64_t fst_events_lost(const struct fst_events *events)
{
	return events->lost;
}
