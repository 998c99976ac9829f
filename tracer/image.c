/* SPDX-License-Identifier: MIT */
/*
 * Decides which mapping an address belongs to and keeps the pages that were read. Refuses to know what the bytes mean
 * (unwind.c, symbols.c) and whose they are: it is handed descriptors.
 */

#include "tracer/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* 65,530 mappings (vm.max_map_count) of about 100 bytes are 6.5 MB. */
#define TEXT_MAX_BYTES (8U << 20)
#define TEXT_FIRST_BYTES (16U << 10)

static int grow_text(struct fst_maps *maps)
{
	size_t size = maps->text_size ? maps->text_size * 2 : TEXT_FIRST_BYTES;
	char *text;

	if (size > TEXT_MAX_BYTES)
		return -E2BIG;
	text = realloc(maps->text, size);
	if (!text)
		return -ENOMEM;
	maps->text = text;
	maps->text_size = size;
	return 0;
}

/* Leaves room for the terminating zero. */
static int read_text(struct fst_maps *maps, int fd)
{
	ssize_t got;
	int err;

	maps->text_bytes = 0;
	do {
		if (maps->text_bytes + 1 >= maps->text_size) {
			err = grow_text(maps);
			if (err)
				return err;
		}
		got = read(fd, maps->text + maps->text_bytes, maps->text_size - 1 - maps->text_bytes);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0)
			maps->text_bytes += (size_t)got;
	} while (got != 0);
	maps->text[maps->text_bytes] = '\0';
	return 0;
}

/* A number and the character behind it, or false. */
static bool take(const char **at, int base, char end, uint64_t *ret_number)
{
	char *stop;

	*ret_number = strtoull(*at, &stop, base);
	if (stop == *at || *stop != end)
		return false;
	*at = stop + 1;
	return true;
}

/* `line` ends in a zero byte: 7f00-7f01 r-xp 00001000 fe:01 1234    /usr/bin/true */
static bool parse_line(const char *line, struct fst_map *ret_map)
{
	uint64_t major_number, minor_number;
	const char *at = line;

	if (!take(&at, 16, '-', &ret_map->start) || !take(&at, 16, ' ', &ret_map->end) || strlen(at) < 5)
		return false;
	ret_map->executable = at[2] == 'x';
	at += 5;
	if (!take(&at, 16, ' ', &ret_map->offset) || !take(&at, 16, ':', &major_number) ||
	    !take(&at, 16, ' ', &minor_number) || !take(&at, 10, ' ', &ret_map->ino))
		return false;
	ret_map->dev = makedev((unsigned)major_number, (unsigned)minor_number);
	ret_map->name = at + strspn(at, " ");
	return ret_map->end > ret_map->start;
}

static struct fst_map *add_map(struct fst_maps *maps)
{
	struct fst_map *grown;
	size_t size;

	if (maps->count == maps->size) {
		size = maps->size ? maps->size * 2 : 128;
		grown = realloc(maps->maps, size * sizeof(*grown));
		if (!grown)
			return NULL;
		maps->maps = grown;
		maps->size = size;
	}
	return &maps->maps[maps->count++];
}

int fst_maps_read(struct fst_maps *maps, int fd)
{
	char *line, *end;
	int err;

	maps->count = 0;
	err = read_text(maps, fd);
	if (err)
		return err;
	for (line = maps->text; *line; line = end + 1) {
		struct fst_map *map = add_map(maps);

		end = strchr(line, '\n');
		if (!map || !end)
			return map ? -EBADMSG : -ENOMEM;
		*end = '\0';
		if (!parse_line(line, map))
			return -EBADMSG;
	}
	return 0;
}

void fst_maps_release(struct fst_maps *maps)
{
	free(maps->text);
	free(maps->maps);
	memset(maps, 0, sizeof(*maps));
}

const struct fst_map *fst_maps_find(const struct fst_maps *maps, uint64_t address)
{
	size_t low = 0, high = maps->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (maps->maps[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == maps->count || address < maps->maps[low].start)
		return NULL;
	return &maps->maps[low];
}

const struct fst_map *fst_maps_base(const struct fst_maps *maps, const struct fst_map *map)
{
	const struct fst_map *at;

	for (at = map; at->dev == map->dev && at->ino == map->ino; at--) {
		/* Anonymous mappings have offset 0, too, and are no file's beginning. */
		if (at->offset == 0 && (at->ino || at == map))
			return at;
		if (at == maps->maps)
			break;
	}
	return NULL;
}

void fst_memory_begin(struct fst_memory *memory, int fd)
{
	size_t i;

	memory->fd = fd;
	for (i = 0; i < FST_MEMORY_PAGES; i++)
		memory->pages[i].state = FST_PAGE_EMPTY;
}

/* The bytes of the page, or NULL. */
static const unsigned char *page(struct fst_memory *memory, uint64_t address)
{
	size_t slot = address / FST_MEMORY_PAGE_BYTES % FST_MEMORY_PAGES;
	ssize_t got;

	if (memory->pages[slot].state == FST_PAGE_EMPTY || memory->pages[slot].address != address) {
		/* Addresses that off_t cannot carry are the kernel's half: they fail as negative offsets. */
		got = pread(memory->fd, memory->pages[slot].bytes, FST_MEMORY_PAGE_BYTES, (off_t)address);
		memory->pages[slot].address = address;
		memory->pages[slot].state = got == FST_MEMORY_PAGE_BYTES ? FST_PAGE_READ : FST_PAGE_UNREADABLE;
	}
	return memory->pages[slot].state == FST_PAGE_READ ? memory->pages[slot].bytes : NULL;
}

int fst_memory_read(struct fst_memory *memory, uint64_t address, void *bytes, size_t count)
{
	unsigned char *to = bytes;

	if (address + count < address)
		return -EFAULT;
	while (count) {
		size_t skip = address % FST_MEMORY_PAGE_BYTES;
		size_t part = FST_MEMORY_PAGE_BYTES - skip < count ? FST_MEMORY_PAGE_BYTES - skip : count;
		const unsigned char *from = page(memory, address - skip);

		if (!from)
			return -EFAULT;
		memcpy(to, from + skip, part);
		to += part;
		address += part;
		count -= part;
	}
	return 0;
}
