/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_WINDOW_H
#define FST_TRACER_WINDOW_H

/*
 * The window: memory of ours that tracees see and cannot change. Every thread has a slot of its own in it.
 *
 *     chunk   stubs of each view (128 bytes a slot) | slots
 *     slot    string 0 | string 1 | words of the stub, struct area        one page each
 *
 * It is System V shared memory, which alone can be mapped by a call whose arguments are all registers: to open a
 * memfd a tracee would need its name in memory of its own, where a sibling could change it, in a call that every filter
 * has been told to let through. Tracees map it read-only, at the same address in all of them; nothing of it can be made
 * writable there, nor taken away (filters/bpf/window.h).
 *
 * The pages are one for all processes. So a slot is a thread's over all of them, and somebody else's only when that
 * thread's end was seen; and what stands in a slot can be read by every tracee.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <arch/stub.h>
#include <filters/bpf/window.h>

#define FST_WINDOW_PAGE_BYTES 4096
#define FST_WINDOW_SLOT_BYTES (3 * FST_WINDOW_PAGE_BYTES)
#define FST_WINDOW_WORDS_BYTES 128
#define FST_WINDOW_STRUCT_BYTES (FST_WINDOW_PAGE_BYTES - FST_WINDOW_WORDS_BYTES)
#define FST_WINDOW_FIRST_SLOTS 64 /* each chunk has twice as many as the one before */
#define FST_WINDOW_MAX_SLOTS (FST_WINDOW_FIRST_SLOTS * ((1u << FST_WINDOW_CHUNKS) - 1))

struct fst_window;

/*
 * A view: the place where tracees of one kind see it. There may be two: what 64-bit tracees cannot share with 32-bit
 * ones is the address, so these have the same chunks, as many as there is room for, at another one.
 */
#define FST_WINDOW_VIEWS 2

/*
 * On `parent`; freed with it. `layout`: of who sees it; `second`: of others that do, NULL: nobody.
 * Where the kernel gives less shared memory than asked for, there are fewer slots. -ENOSYS: there is none at all, or no
 * place for it; -ENOMEM.
 */
int fst_window_new(void *parent, const struct fst_layout *layout, const struct fst_layout *second,
		   struct fst_window **ret_window);

unsigned fst_window_chunk_count(const struct fst_window *window);
uint32_t fst_window_chunk_id(const struct fst_window *window, unsigned chunk);
/* 0: there is no room for it there, or no such view. */
uint64_t fst_window_chunk_address(const struct fst_window *window, unsigned view, unsigned chunk);
uint64_t fst_window_chunk_bytes(const struct fst_window *window, unsigned chunk);
unsigned fst_window_chunk_of(unsigned slot);

/* Where we have it ourselves. */
uint64_t fst_window_chunk_here(const struct fst_window *window, unsigned chunk);

/*
 * Whether a tracee's address lies in that view's part of the address space. `window` may be NULL. Where nothing else
 * can be there (is_only), it is the window; in 32 bits it could be the program's own, if that has no window.
 */
bool fst_window_has(const struct fst_window *window, unsigned view, uint64_t address);
bool fst_window_is_only(const struct fst_window *window, unsigned view);
/* The chunk that an address of such a part lies in, or -1. */
int fst_window_chunk_at(const struct fst_window *window, unsigned view, uint64_t address);

/* A free slot, its stubs written where there are any. -EAGAIN: there is none left. */
int fst_window_take(struct fst_window *window, unsigned *ret_slot);
void fst_window_give(struct fst_window *window, unsigned slot);

struct fst_window_slot {
	char *strings[2];
	uint64_t *words; /* FST_STUB_WORDS of the stub */
	void *area;
	uint64_t address[FST_WINDOW_VIEWS];      /* of strings[0], as tracees see it */
	uint64_t stub_address[FST_WINDOW_VIEWS]; /* of the stub's first byte */
};
struct fst_window_slot fst_window_slot(const struct fst_window *window, unsigned slot);

#endif
