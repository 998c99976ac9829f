/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_STACK_H
#define FST_TRACER_STACK_H

/*
 * Who made a call: the stack of a stopped tracee, as text.
 *
 * Tracee memory can be hostile (cyclic frames, megabytes of symbols, crafted ELF files, pages that block for ever
 * behind userfaultfd or FUSE). So unwinding is done by a helper process, forked from the tracer when the first stack
 * is asked for, which can do nothing but read what it is handed. The tracer waits for at most a bounded time, then
 * kills it and goes on without a stack. A helper that died is started again a bounded number of times.
 *
 * The helper has no right to trace (Yama): the tracer opens /proc/TID/mem and /proc/TID/maps, which does not block, and
 * passes the descriptors and the registers.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <flagstop/error.h>

#define FST_STACK_MAX_FRAMES 64
#define FST_STACK_TIMEOUT_MS 250        /* for one stack */
#define FST_STACK_TOTAL_TIMEOUT_MS 2000 /* for all stacks of one session: then none are taken any more */
#define FST_STACK_MAX_TEXT_BYTES 16384

struct fst_stack; /* the connection to the helper */

/* Registers by DWARF number are the unwinder's business: it is handed the NT_PRSTATUS regset as the kernel gave it. */
struct fst_stack_request {
	pid_t tid;          /* a stopped tracee of the calling thread */
	const void *regset; /* NT_PRSTATUS as PTRACE_GETREGSET wrote it (its length tells a 32-bit tracee) */
	size_t regset_bytes;
};

/* Allocates only; the helper starts with the first capture. NULL when there is no memory. */
struct fst_stack *fst_stack_new(void);

/* Ends and reaps the helper (by its own pid: never by a wait for just any child). Takes NULL. */
void fst_stack_free(struct fst_stack *stack);

/*
 * The helper's pid while one runs, else 0: the tracer's waitpid(-1) loop sees it die, too, and must know it. When the
 * loop reaped it, it says so with fst_stack_reaped(), and the next capture starts a new one.
 */
pid_t fst_stack_helper(const struct fst_stack *stack);
void fst_stack_reaped(struct fst_stack *stack);

/*
 * Writes the stack, innermost frame first, one frame a line, no trailing newline:
 *
 *     __GI___open64+0x5a (/usr/lib/x86_64-linux-gnu/libc.so.6+0xfb1e0)
 *     main+0x1c (/home/u/a.out+0x1151)
 *     0x7f0012345678 (?)
 *
 * Names come from .symtab, else .dynsym; the module's offset is that in the file. A cut stack ends in a line "...".
 * Returns the number of frames, or a negative errno: -ETIMEDOUT, -EPIPE (the helper died), -EBUSY (the session's time
 * for stacks is used up), -ESRCH (the tracee is gone), -EACCES (its memory cannot be read), -EOPNOTSUPP (no unwinder
 * for this kind of tracee). text is "" then.
 */
int fst_stack_capture(struct fst_stack *stack, const struct fst_stack_request *request, char *text, size_t text_size);

/*
 * Writes the string at an address of a stopped tracee, in quotes, unprintable bytes as '?', a long one cut with "..."
 * behind the quotes. For showing only: what the kernel will read there may be another one by then. 0 or a negative
 * errno as above (-EFAULT: there is no string); text is "" then.
 */
int fst_stack_string(struct fst_stack *stack, pid_t tid, uint64_t address, char *text, size_t text_size);

#endif
