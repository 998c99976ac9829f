/* SPDX-License-Identifier: MIT */
/* Words, groups and flat lists of calls, for the formats that consist of them. Knows none of these formats. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <talloc.h>

#include <filters/formats/lists.h>
#include <filters/groups/groups.h>

/* ---- slices ----------------------------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct fst_slice fst_slice_trim(struct fst_slice slice)
{
	while (slice.bytes && is_blank(slice.text[0])) {
		slice.text++;
		slice.bytes--;
	}
	while (slice.bytes && is_blank(slice.text[slice.bytes - 1]))
		slice.bytes--;
	return slice;
}

bool fst_slice_line(const struct fst_reading *reading, size_t *at, bool joined, struct fst_slice *ret_line)
{
	const char *start = reading->text + *at, *end = start, *last = reading->text + reading->bytes;

	if (*at >= reading->bytes)
		return false;
	for (;;) {
		end = memchr(end, '\n', (size_t)(last - end));
		if (!end)
			end = last;
		if (!joined || end == last || end == start || end[-1] != '\\')
			break;
		end++;
	}
	*ret_line = fst_slice_trim((struct fst_slice){ start, (size_t)(end - start) });
	*at = (size_t)(end - reading->text) + 1;
	return true;
}

bool fst_slice_word(struct fst_slice *rest, const char *separators, struct fst_slice *ret_word)
{
	size_t bytes = 0;

	while (rest->bytes && strchr(separators, rest->text[0])) {
		rest->text++;
		rest->bytes--;
	}
	while (bytes < rest->bytes && !strchr(separators, rest->text[bytes]))
		bytes++;
	*ret_word = (struct fst_slice){ rest->text, bytes };
	rest->text += bytes;
	rest->bytes -= bytes;
	return bytes > 0;
}

bool fst_slice_cut(struct fst_slice *slice, char c, struct fst_slice *ret_head)
{
	const char *found = slice->bytes ? memchr(slice->text, c, slice->bytes) : NULL;

	if (!found)
		return false;
	*ret_head = (struct fst_slice){ slice->text, (size_t)(found - slice->text) };
	slice->bytes -= ret_head->bytes + 1;
	slice->text = found + 1;
	return true;
}

bool fst_slice_is(struct fst_slice slice, const char *text)
{
	return strlen(text) == slice.bytes && !memcmp(slice.text, text, slice.bytes);
}

bool fst_slice_begins(struct fst_slice slice, const char *text)
{
	return strlen(text) <= slice.bytes && !memcmp(slice.text, text, strlen(text));
}

const char *fst_slice_copy(struct fst_reading *reading, struct fst_slice slice)
{
	const char *copy = talloc_strndup(reading->scratch, slice.text, slice.bytes);

	if (!copy)
		reading->losses->no_memory = true;
	return copy ? copy : "";
}

struct fst_spot fst_slice_spot(const struct fst_reading *reading, struct fst_slice slice)
{
	return fst_spot_at(reading->name, reading->text, reading->bytes, (size_t)(slice.text - reading->text),
			   slice.bytes);
}

int fst_list_count(struct fst_reading *reading, struct fst_slice word, unsigned *count)
{
	struct fst_spot spot = fst_slice_spot(reading, word);

	if (*count == FST_LIST_WORDS_MAX)
		return fst_read_fail(reading, &spot, -E2BIG, "more than %d words in lists", FST_LIST_WORDS_MAX);
	++*count;
	return 0;
}

/* ---- groups ----------------------------------------------------------------------------------------------------- */

int fst_list_group(struct fst_reading *reading, const char *name, struct fst_callset *ret_set)
{
	struct fst_layer *layer;
	char *text;
	int r;

	if (fst_groups_find(name, (unsigned)strlen(name)) < 0)
		return -ENOENT;
	text = talloc_strdup(reading->scratch, "abi");
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT && text; abi++)
		text = talloc_asprintf_append_buffer(text, " %s", flagstop_abi_name(abi));
	if (text)
		text = talloc_asprintf_append_buffer(text, "\nallow @%s\n", name);
	if (!text)
		return -ENOMEM;
	r = fst_parse_text(reading->scratch, "<groups>", text, strlen(text), NULL, &layer, reading->error);
	if (r)
		return r;
	*ret_set = layer->rules[0].set;
	talloc_free(layer);
	talloc_free(text);
	return 0;
}

bool fst_list_is_systemd_group(const char *name)
{
	static const char *const names[] = {
		"aio",
		"basic-io",
		"chown",
		"clock",
		"cpu-emulation",
		"debug",
		"default",
		"file-system",
		"io-event",
		"ipc",
		"keyring",
		"known",
		"memlock",
		"module",
		"mount",
		"network-io",
		"obsolete",
		"pkey",
		"privileged",
		"process",
		"raw-io",
		"reboot",
		"resources",
		"sandbox",
		"setuid",
		"signal",
		"swap",
		"sync",
		"timer",
		"system-service",
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* ---- flat lists ------------------------------------------------------------------------------------------------- */

static bool is_stricter(struct flagstop_verdict a, struct flagstop_verdict b)
{
	return a.action > b.action;
}

static void take(struct fst_flat *flat, struct flagstop_verdict verdict)
{
	if (!flat->has || is_stricter(verdict, flat->verdict))
		flat->verdict = verdict;
	flat->has = true;
}

static void flatten_call(struct fst_writing *writing, unsigned call, struct fst_flat *flat)
{
	const struct fst_rule *conditional = NULL;
	bool differs = false;

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		const struct fst_decision *d = writing->bound->by_abi[abi] ? writing->bound->by_abi[abi][call] : NULL;

		for (unsigned i = d ? d->carried : 0; d && i < d->count; i++) {
			if (d->steps[i].when && !conditional)
				conditional = d->steps[i].rule;
			if (flat->has && !fst_verdict_equal(flat->verdict, d->steps[i].rule->verdict))
				differs = true;
			take(flat, d->steps[i].rule->verdict);
		}
	}
	struct fst_spot spot = fst_write_spot(writing, conditional);
	if (differs && conditional)
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "condition", &spot,
			       "%s is decided by its arguments: it gets its strictest verdict",
			       flagstop_call_name(call));
	else if (differs)
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "abi", NULL,
			       "%s differs between ABIs: it gets its strictest verdict", flagstop_call_name(call));
}

struct fst_flat *fst_list_flat(struct fst_writing *writing)
{
	struct fst_flat *flat = talloc_zero_array(writing->scratch, struct fst_flat, flagstop_call_count());
	const struct fst_layer *layer = writing->bound->layer;
	unsigned muxed;

	for (unsigned call = 0; flat && call < flagstop_call_count(); call++)
		flatten_call(writing, call, &flat[call]);
	for (unsigned abi = 0; flat && abi < FLAGSTOP_ABI_COUNT; abi++)
		for (unsigned call = 0; layer->abis >> abi & 1 && call < flagstop_call_count(); call++)
			if (flat[call].has && !fst_verdict_equal(flat[call].verdict, layer->fallback.verdict) &&
			    fst_profile_mux(abi, call, &muxed) > 0 &&
			    fst_verdict_equal(flat[muxed].verdict, layer->fallback.verdict))
				fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "multiplexer", NULL,
					       "in %s libseccomp makes the rules of %s count for %s as well",
					       flagstop_abi_name(abi), flagstop_call_name(call),
					       flagstop_call_name(muxed));
	return flat;
}

int fst_list_errno(struct fst_writing *writing, struct flagstop_verdict verdict)
{
	char words[64];

	if (verdict.action == FLAGSTOP_ACTION_DENY)
		return (int)verdict.value;
	if (verdict.action == FLAGSTOP_ACTION_RETURN && verdict.value <= 0 && verdict.value >= -4095)
		return (int)-verdict.value;
	flagstop_verdict_format(verdict, words, sizeof(words));
	fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "verdict", NULL, "'%s' becomes an errno, EPERM", words);
	return flagstop_errno_find("EPERM");
}

const char *fst_list_errno_text(struct fst_writing *writing, struct flagstop_verdict verdict, char text[16])
{
	int number = fst_list_errno(writing, verdict);
	const char *name = flagstop_errno_name(number);

	snprintf(text, 16, "%d", number);
	return name ? name : text;
}
