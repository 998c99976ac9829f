/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_MEMORY_H
#define FST_TRACER_MEMORY_H

/*
 * Copies from (and, rarely, to) the memory of a stopped tracee, as the kernel would read it for a call.
 *
 * A page that is not there may take for ever to come (userfaultfd, FUSE, a dead network mount). So only pages that are
 * present are read by the tracer itself; for others a helper process asks first, for at most a while. A page that goes
 * just then can hold the tracer: a watchdog ends it, and with it all tracees, when one read lasts for seconds.
 *
 * All return 0 or a count, or: -EFAULT, as the kernel would say; -ETIMEDOUT, the page does not come; -EACCES, the
 * tracee's memory is shut to us; -ESRCH.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FST_MEMORY_TIMEOUT_MS 250
#define FST_MEMORY_WATCH_MS 5000 /* a read that lasts this long, or twice as long, is the end */

struct fst_memory_reader; /* a session's */

/* On `parent`; freed with it, and its helpers ended. Starts the watchdog. NULL: no memory. */
struct fst_memory_reader *fst_memory_reader_new(void *parent);

/* The string up to, and with, its NUL; returns its length without. -ENAMETOOLONG: none within `size` bytes. */
int fst_memory_string(struct fst_memory_reader *reader, pid_t tid, uint64_t address, char *to, size_t size);
/* All of the bytes or none. */
int fst_memory_copy(struct fst_memory_reader *reader, pid_t tid, uint64_t address, void *to, size_t bytes);
/* All or an error; some may have been written then. */
int fst_memory_put(struct fst_memory_reader *reader, pid_t tid, uint64_t address, const void *from, size_t bytes);

/* After its exec, or its end: the tid has other memory, or none. */
void fst_memory_forget(struct fst_memory_reader *reader, pid_t tid);

/* When no tracee is left: ends both helpers. Reading goes on to work, but for the bound. */
void fst_memory_dismiss(struct fst_memory_reader *reader);
/* Somebody came after that: the bound is there again, if it was not. 0 or -ENOMEM. */
int fst_memory_watch(struct fst_memory_reader *reader);

/* As stack.h has them: the helper's pid, or 0; and that waitpid() told of its end. */
pid_t fst_memory_watchdog(const struct fst_memory_reader *reader); /* its end while there are tracees must be ours */
pid_t fst_memory_helper(const struct fst_memory_reader *reader);
void fst_memory_reaped(struct fst_memory_reader *reader);

#endif
