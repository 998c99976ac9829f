/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_IMAGE_H
#define FST_TRACER_IMAGE_H

/*
 * What the helper sees of a tracee: its memory and its mappings, through descriptors that were opened by the tracer.
 * For the helper process only: any read can block for ever.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One line of /proc/PID/maps (proc_pid_maps(5)). */
struct fst_map {
	uint64_t start, end; /* addresses; end is the first one behind it */
	uint64_t offset;     /* in the file, bytes */
	dev_t dev;
	uint64_t ino; /* 0: no file */
	bool executable;
	const char *name; /* as the kernel wrote it; "" for none; lives until the next _read or _release */
};

struct fst_maps {
	char *text;
	size_t text_bytes, text_size;
	struct fst_map *maps; /* by address */
	size_t count, size;
};

/* Replaces what was there by the lines of `fd`. 0, -E2BIG (8 MiB of text), -EBADMSG, or what read or malloc says. */
int fst_maps_read(struct fst_maps *maps, int fd);
void fst_maps_release(struct fst_maps *maps);

/* The mapping that holds the address, or NULL. */
const struct fst_map *fst_maps_find(const struct fst_maps *maps, uint64_t address);

/* The mapping of the beginning of the same file that `map` (one of `maps`) belongs to, or NULL. */
const struct fst_map *fst_maps_base(const struct fst_maps *maps, const struct fst_map *map);

#define FST_MEMORY_PAGE_BYTES 4096
#define FST_MEMORY_PAGES 128

/* /proc/PID/mem, each page read once: what was seen stays the same for the whole of a capture. */
struct fst_memory {
	int fd;
	struct {
		uint64_t address; /* of its first byte */
		enum { FST_PAGE_EMPTY,
		       FST_PAGE_READ,
		       FST_PAGE_UNREADABLE } state;
		unsigned char bytes[FST_MEMORY_PAGE_BYTES];
	} pages[FST_MEMORY_PAGES];
};

/* Forgets every page. The descriptor stays the caller's. */
void fst_memory_begin(struct fst_memory *memory, int fd);

/* All of the bytes or none: 0 or -EFAULT. */
int fst_memory_read(struct fst_memory *memory, uint64_t address, void *bytes, size_t count);

#endif
