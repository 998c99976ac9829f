/* SPDX-License-Identifier: MIT */
#ifndef FLAGSTOP_ERROR_H
#define FLAGSTOP_ERROR_H

/*
 * What went wrong, where, and what to do about it.
 *
 * Every function of the library that can fail returns 0 (or a count) or a negative errno. The values mean the same
 * everywhere:
 *
 *   -EINVAL      the caller's mistake (a NULL, an unknown enum value, an option struct too small)
 *   -EBADMSG     the policy or the program is wrong; the error object says where
 *   -E2BIG       a stated limit was met (policy size, 4,096 instructions a filter, 32,768 a thread)
 *   -EOPNOTSUPP  an ABI, or a construct of the language, that this version does not support
 *   -ENOENT      no such name or file
 *   -ENOSYS      the kernel lacks a feature that is needed
 *   -EPERM       the kernel or a security module said no
 *   -ESRCH       the tracee is gone (normal)
 *   -EPROTO      a stop that cannot be; a program that was compiled and does not do what its policy says
 *   -ENOMEM      no memory
 *   -EIO         anything else; the error object has the original
 *
 * Functions that take a `struct flagstop_error *` fill it on failure only. NULL is allowed.
 */

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct flagstop_error {
	size_t struct_bytes; /* sizeof(struct flagstop_error), set by FLAGSTOP_ERROR_INIT */
	int code;            /* the negative errno that was returned */
	char message[256];   /* one line, no full stop, never empty on failure */
	char hint[256];      /* what to do about it, or "" */
	char file[256];      /* the policy's name as it was given, or "" */
	unsigned line;       /* 1-based; 0: none */
	unsigned column;     /* 1-based, in bytes; 0: none */
	unsigned columns;    /* how many bytes from column on are meant, at least 1 when column is set */
	char source[160];    /* the line, cut around the column, unprintable bytes replaced by '?' */
	unsigned caret;      /* 0-based offset in source where the meant bytes begin */
};

#define FLAGSTOP_ERROR_INIT \
	{ \
		.struct_bytes = sizeof(struct flagstop_error) \
	}

/*
 * Writes the error as people expect it of a compiler:
 *
 *     demo.fs:3:7: no call is named 'opennat'
 *       3 | allow opennat
 *         |       ^~~~~~~
 *     did you mean 'openat'?
 *
 * Returns the number of bytes that the whole text needs, without the terminating zero, as snprintf(3) does.
 * `text` may be NULL when `size` is 0. The text does not end in a newline.
 */
size_t flagstop_error_format(const struct flagstop_error *error, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
