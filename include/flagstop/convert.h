/* SPDX-License-Identifier: MIT */
#ifndef FLAGSTOP_CONVERT_H
#define FLAGSTOP_CONVERT_H

/*
 * Other programs' filters: in and out, by way of a policy.
 *
 *     text of a format ─reader→ policy text ─the one parser→ a policy ─writer→ text of a format
 *                         │                                              │
 *                         └────────────── what was lost ─────────────────┘
 *
 * A reader writes a policy in flagstop's own language, so that one parser and one evaluator give the meaning. What a
 * format says and a policy cannot, and the other way round, is lost; every loss is listed.
 *
 * All functions may be called from any thread; a conversion belongs to its caller. Includes are read from the file
 * system (formats flagstop and minijail); nothing else is.
 */

#include <stddef.h>

#include <flagstop/arch.h>
#include <flagstop/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FLAGSTOP_CONVERT_MAX_BYTES (4 << 20)  /* of one file that is read */
#define FLAGSTOP_CONVERT_MAX_NESTING 32       /* of JSON, and of parentheses in constants */
#define FLAGSTOP_CONVERT_MAX_INCLUDE_DEPTH 10 /* of minijail policies */
#define FLAGSTOP_CONVERT_MAX_RULES 65536      /* calls times conditions that a profile may come to */

/* The name of format `index` ("oci", "systemd", …), NULL behind the last; what it can; one line about it. */
#define FLAGSTOP_FORMAT_READ 1u
#define FLAGSTOP_FORMAT_WRITE 2u
#define FLAGSTOP_FORMAT_BINARY 4u /* what is written is no text */
const char *flagstop_format(unsigned index, unsigned *ret_can, const char **ret_description);

/*
 * What was not carried over. A note is no loss: the result does for every call what the source did, but for register
 * bits that the kernel does not read, and for what stands outside of system calls.
 */
enum flagstop_loss_kind {
	FLAGSTOP_LOSS_UNKNOWN_CALL, /* a name that the tables do not have: left out */
	FLAGSTOP_LOSS_MEANING,      /* said differently, or not at all */
	FLAGSTOP_LOSS_NOTE,
};

struct flagstop_loss {
	enum flagstop_loss_kind kind;
	const char *name; /* the sort of loss, as "listener" or "upper-half": one word, the same in every release */
	const char *text; /* one line, no full stop */
	const char *file; /* where in the source; "" when it is nowhere in particular */
	unsigned line;    /* 1-based; 0: none */
	unsigned column;
	unsigned count; /* how often; the place is the first one's */
};

struct flagstop_convert_options {
	size_t struct_bytes;
	/*
	 * The machine that the profile is for: what "native" means, and which entry of an archMap is taken. The host's
	 * unless `given` has this bit.
	 */
	enum flagstop_abi native;
	unsigned given;     /* FLAGSTOP_CONVERT_NATIVE */
	const char *caps;   /* oci: those that includes and excludes ask for, "CAP_CHOWN,CAP_KILL"; NULL: none */
	const char *kernel; /* oci: the kernel that minKernel asks for, as "5.10"; NULL: the tables' release */
	int newer_enosys;   /* oci: as runc does, calls newer than all that the profile names answer ENOSYS */
};
#define FLAGSTOP_CONVERT_NATIVE 1u
#define FLAGSTOP_CONVERT_OPTIONS_INIT \
	{ \
		.struct_bytes = sizeof(struct flagstop_convert_options) \
	}

/*
 * Converts `bytes` bytes at `text`. `name` stands for the file in errors and losses, and what it includes is
 * relative to its folder. `from` and `to` are names of formats; "flagstop" is a policy of our own. `options` may be
 * NULL.
 * -ENOENT: no format has that name. -EOPNOTSUPP: that format cannot be read, or written. -EBADMSG: the source is wrong,
 * and the error says where and what was expected. -E2BIG: a limit was met, and the error names it. Nothing is
 * half-converted: *ret_conversion is written on success only.
 */
struct flagstop_conversion;
int flagstop_convert(const char *from, const char *to, const char *name, const char *text, size_t bytes,
		     const struct flagstop_convert_options *options, struct flagstop_conversion **ret_conversion,
		     struct flagstop_error *reterr_error);
void flagstop_conversion_free(struct flagstop_conversion *conversion); /* NULL is allowed */

/* The result; it and the losses live as long as the conversion. A text ends in a zero byte that is not counted. */
const char *flagstop_conversion_text(const struct flagstop_conversion *conversion, size_t *ret_bytes);

/* The losses in the order they were met; NULL behind the last. */
const struct flagstop_loss *flagstop_conversion_loss(const struct flagstop_conversion *conversion, size_t index);

/* How many of them are no notes: what --strict asks for. */
size_t flagstop_conversion_losses(const struct flagstop_conversion *conversion);

#ifdef __cplusplus
}
#endif

#endif
