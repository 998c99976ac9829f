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
	char stack[]; /* not zero-terminated */
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

static struct key *make_key(void *parent, const struct fst_event *e, size_t *ret_bytes)
{
	size_t stack_bytes = strlen(e->stack);
	struct key *key = talloc_zero_size(parent, sizeof(*key) + stack_bytes);

	if (!key)
		return NULL;
	key->abi = e->abi;
	key->nr = e->nr;
	key->action = e->verdict.action;
	key->value = e->verdict.value;
	key->layer = e->layer;
	key->rule = e->rule;
	memcpy(key->stack, e->stack, stack_bytes);
	*ret_bytes = sizeof(*key) + stack_bytes;
	return key;
}

static struct entry *make_entry(struct fst_events *events, struct key *key, size_t key_bytes, const struct fst_event *e)
{
	struct entry *entry = talloc_zero(events, struct entry);

	if (!entry)
		return NULL;
	entry->event = *e;
	entry->event.stack = talloc_strdup(entry, e->stack);
	entry->key = talloc_steal(entry, key);
	if (entry->event.stack)
		HASH_ADD_KEYPTR(hh, events->table, entry->key, key_bytes, entry);
	if (!entry->event.stack || entry->unhashed) {
		talloc_free(entry);
		return NULL;
	}
	events->list[events->count++] = entry;
	return entry;
}

static int lose(struct fst_events *events, int why)
{
	events->lost++;
	return why;
}

int fst_events_add(struct fst_events *events, const struct fst_event *event)
{
	struct entry *entry = NULL;
	size_t bytes;
	struct key *key = make_key(events, event, &bytes);

	if (!key)
		return lose(events, -ENOMEM);
	HASH_FIND(hh, events->table, key, bytes, entry);
	if (entry) {
		talloc_free(key);
		entry->count++;
		return 0;
	}
	if (events->count == FST_EVENTS_MAX) {
		talloc_free(key);
		return lose(events, -E2BIG);
	}
	entry = make_entry(events, key, bytes, event);
	if (!entry)
		return lose(events, -ENOMEM);
	entry->count = 1;
	return 0;
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
