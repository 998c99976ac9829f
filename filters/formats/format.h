/* SPDX-License-Identifier: MIT */
#ifndef FST_FORMATS_FORMAT_H
#define FST_FORMATS_FORMAT_H

/* What the formats share: the table's row, what a reader and a writer are given, and how they report. */

#include <stdbool.h>
#include <stddef.h>

#include <filters/formats/profile.h>
#include <filters/policy/policy.h>
#include <flagstop/convert.h>

/*
 * A place in a source: an offset, of which the line is found when somebody asks, or a line; none when both are
 * missing.
 */
struct fst_spot {
	const char *file;
	const char *text; /* the whole file, for the line that an error shows; NULL: unknown */
	size_t bytes, offset;
	unsigned line, column, columns;
};

struct fst_losses {
	void *parent;
	struct flagstop_loss *list;
	uint64_t *hashes; /* of their texts */
	unsigned count, size;
	bool no_memory;
};

/* A loss of the same name and text is counted, not listed again; beyond FST_LOSSES_MAX there is one that says so. */
#define FST_LOSSES_MAX 1000
void fst_losses_add(struct fst_losses *losses, enum flagstop_loss_kind kind, const char *name,
		    const struct fst_spot *spot, const char *format, ...) __attribute__((format(printf, 5, 6)));

struct fst_reading {
	void *scratch; /* talloc parent of what is needed until the text is made */
	const char *name;
	const char *text;
	size_t bytes;
	struct flagstop_convert_options options; /* complete: native and kernel are set */
	struct fst_losses *losses;
	struct flagstop_error *error;
	struct fst_profile *profile; /* what the reader makes, unless it sets policy_text */
	const char *policy_text;
};

struct fst_writing {
	void *scratch;
	const struct flagstop_policy *policy;
	const struct fst_bound *bound; /* the policy's one layer */
	enum flagstop_abi native;
	const char *source; /* the file's name, for a first comment */
	struct fst_losses *losses;
	struct flagstop_error *error;
	char *text; /* what the writer makes, by talloc on `scratch` */
	size_t bytes;
	bool failed; /* fst_write_put had no memory */
};

struct fst_format {
	const char *name;
	const char *description;
	unsigned can;
	int (*read)(struct fst_reading *reading);
	int (*write)(struct fst_writing *writing);
};

/* The error with a place. Returns `code`. */
int fst_read_fail(struct fst_reading *reading, const struct fst_spot *spot, int code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
int fst_read_no_memory(struct fst_reading *reading);
/* The call of that name, or -ENOENT with the loss listed. */
int fst_read_call(struct fst_reading *reading, const char *name, const struct fst_spot *spot);
/* An errno's name or number from 0 on, or -ENOENT. */
int fst_read_errno(const char *text);
/* The place of byte `offset` of the text. */
struct fst_spot fst_spot_at(const char *file, const char *text, size_t bytes, size_t offset, size_t columns);

/* Appends to the text that is written. */
void fst_write_put(struct fst_writing *writing, const char *format, ...) __attribute__((format(printf, 2, 3)));
void fst_write_bytes(struct fst_writing *writing, const void *bytes, size_t count);
/* Appends a word, and a separator and a new line with `indent` first where it would pass column 100. */
struct fst_wrap {
	unsigned column;
	bool any;
};
void fst_write_word(struct fst_writing *writing, struct fst_wrap *wrap, const char *separator, const char *newline,
		    const char *word);
/* Where the rule of a loss stands, when the source was a policy. */
struct fst_spot fst_write_spot(const struct fst_writing *writing, const struct fst_rule *rule);

/* The ABIs that a machine of this one runs programs of, itself counted in. */
unsigned fst_family_of(enum flagstop_abi native);

/* The rows of the table. */
int fst_oci_read(struct fst_reading *reading);
int fst_oci_write(struct fst_writing *writing);
int fst_systemd_read(struct fst_reading *reading);
int fst_systemd_write(struct fst_writing *writing);
int fst_minijail_read(struct fst_reading *reading);
int fst_minijail_write(struct fst_writing *writing);
int fst_firejail_read(struct fst_reading *reading);
int fst_firejail_write(struct fst_writing *writing);
int fst_pledge_read(struct fst_reading *reading);
int fst_strace_read(struct fst_reading *reading);
int fst_policy_read(struct fst_reading *reading);
int fst_policy_write(struct fst_writing *writing);
int fst_libseccomp_write(struct fst_writing *writing);
int fst_raw_write(struct fst_writing *writing);
int fst_asm_write(struct fst_writing *writing);
int fst_c_write(struct fst_writing *writing);

#endif
