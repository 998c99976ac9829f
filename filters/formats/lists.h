/* SPDX-License-Identifier: MIT */
#ifndef FST_FORMATS_LISTS_H
#define FST_FORMATS_LISTS_H

/* What formats share that list calls by name and know no arguments. */

#include <filters/formats/format.h>

/* A piece of the source, one line or one word; not zero-terminated. */
struct fst_slice {
	const char *text;
	size_t bytes;
};

#define FST_SLICE_BLANKS " \t\r\n\\" /* between the words of a joined line */

/*
 * The next line without its end and without blanks around it; false behind the last. `at` is advanced. `joined`: a
 * line that ends in a backslash goes on in the next one, with both bytes in the slice.
 */
bool fst_slice_line(const struct fst_reading *reading, size_t *at, bool joined, struct fst_slice *ret_line);
/* The next word, words being separated by bytes of `separators`; the rest stays in *rest. */
bool fst_slice_word(struct fst_slice *rest, const char *separators, struct fst_slice *ret_word);
struct fst_slice fst_slice_trim(struct fst_slice slice);
/* Takes what stands before the first `c` into *ret_head and leaves what is behind it; false when there is none. */
bool fst_slice_cut(struct fst_slice *slice, char c, struct fst_slice *ret_head);
bool fst_slice_is(struct fst_slice slice, const char *text);
bool fst_slice_begins(struct fst_slice slice, const char *text);
/* A copy on reading->scratch; "" when there was no memory, which is noted. */
const char *fst_slice_copy(struct fst_reading *reading, struct fst_slice slice);
struct fst_spot fst_slice_spot(const struct fst_reading *reading, struct fst_slice slice);

/*
 * Counts a word of a list: -E2BIG with the error filled beyond FST_LIST_WORDS_MAX, as a group costs far more than
 * its name.
 */
#define FST_LIST_WORDS_MAX 4096
int fst_list_count(struct fst_reading *reading, struct fst_slice word, unsigned *count);

/* The calls of a built-in group (name without the @) in all ABIs: 0, -ENOENT, -ENOMEM. */
int fst_list_group(struct fst_reading *reading, const char *name, struct fst_callset *ret_set);
/* Whether systemd has a set of that name (without the @). */
bool fst_list_is_systemd_group(const char *name);

/*
 * One verdict for each call, for formats that have no arguments and no ABIs: where a policy has several, the
 * strictest, and the loss is listed. `has` is false for calls that none of the policy's ABIs has. By call; NULL: no
 * memory.
 */
struct fst_flat {
	bool has;
	struct flagstop_verdict verdict;
};
struct fst_flat *fst_list_flat(struct fst_writing *writing);

/*
 * The errno of a denial, 0 for success without doing anything; where a verdict is none that a list can say, EPERM
 * and the loss is listed.
 */
int fst_list_errno(struct fst_writing *writing, struct flagstop_verdict verdict);

/* The same as text: a name, or a number where it has none. */
const char *fst_list_errno_text(struct fst_writing *writing, struct flagstop_verdict verdict, char text[16]);

static inline bool fst_verdict_lets_through(struct flagstop_verdict verdict)
{
	return verdict.action <= FLAGSTOP_ACTION_TRACE;
}

static inline bool fst_verdict_kills(struct flagstop_verdict verdict)
{
	return verdict.action >= FLAGSTOP_ACTION_TRAP;
}

#endif
