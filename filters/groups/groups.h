/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_GROUPS_H
#define FST_FILTERS_GROUPS_H

/* The built-in groups and promises as text, cut into one piece a name, in the order of the names. */

struct fst_piece {
	const char *name;        /* "file-system", without the @ */
	const char *file;        /* "<groups>", "<promise stdio>": what places in it are called */
	const char *description; /* one line of plain words */
	const char *text;
	unsigned text_bytes;
	unsigned line; /* the number of the text's first line in its source file */
};

#define FST_PROMISES_MAX 64 /* the generator checks it */

extern const struct fst_piece fst_groups_table[];
extern const unsigned fst_groups_count;
extern const struct fst_piece fst_promises_table[];
extern const unsigned fst_promises_count;

/* The index of that name, or -ENOENT. */
int fst_groups_find(const char *name, unsigned bytes);
int fst_groups_find_promise(const char *name, unsigned bytes);

#endif
