/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_PROC_H
#define FST_TRACER_PROC_H

/*
 * The files of /proc/TID. Errors are -ESRCH: there is no such thread; -EACCES: it is not ours to see; or another of
 * open(2) and read(2).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A descriptor that the caller closes. */
int fst_proc_open(pid_t tid, const char *name, int flags);

/* What one read(2) gives, at most `size` bytes: the number of them. */
ssize_t fst_proc_read(pid_t tid, const char *name, void *to, size_t size);

/* The same as a string, which is cut where it is longer than `size` - 1. Empty after an error. */
int fst_proc_text(pid_t tid, const char *name, char *to, size_t size);

/* What stands behind "Name:" in a text of "status", or NULL. What a program may choose is escaped there (proc(5)). */
const char *fst_proc_field(const char *status, const char *name);

/* The same as a number, or `otherwise`. */
uint64_t fst_proc_number(const char *status, const char *name, int base, uint64_t otherwise);

/* An entry of the vector that exec gave an image, which may be a 32-bit one. False: it has none. */
bool fst_proc_find_auxv(const void *vector, size_t bytes, unsigned long type, uint64_t *ret_value);

/* The same of a thread. False: it has none, or that cannot be read. */
bool fst_proc_auxv(pid_t tid, unsigned long type, uint64_t *ret_value);

#endif
