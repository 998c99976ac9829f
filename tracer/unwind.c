/* SPDX-License-Identifier: MIT */
/*
 * Decides which frames a stack has. Everything comes from the tracee's memory, the unwind tables too (they are mapped
 * with the code), so that deleted files and the vdso are unwound like any other. Refuses to know names and files.
 */

#include "tracer/unwind.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <libunwind.h>

/* Exported by the unwinder for its own other libraries, declared in none of its headers. */
#define search_unwind_table UNW_OBJ(dwarf_search_unwind_table)
int search_unwind_table(unw_addr_space_t space, unw_word_t ip, unw_dyn_info_t *info, unw_proc_info_t *ret_proc,
			int need_unwind_info, void *context);

#define PROGRAM_HEADERS_MAX 64

/* Pointer encodings of .eh_frame_hdr (Linux Standard Base, "DWARF Extensions"). */
#define ENCODED_UDATA4 0x03
#define ENCODED_DATAREL_SDATA4 0x3b
#define ENCODED_SIZE_MASK 0x07 /* without the sign */

struct fst_unwind {
	unw_addr_space_t space;
};

/* What the accessors get to see. */
struct walk {
	struct fst_memory *memory;
	const struct fst_maps *maps;
	const unsigned char *regset;
	const struct fst_unwind_regset *layout;
};

/* The bytes before the table: version, three encodings, the address of .eh_frame, the number of entries. */
struct table_header {
	uint8_t version, frame_encoding, count_encoding, table_encoding;
};

static int read_count(struct walk *walk, uint64_t address, unw_dyn_info_t *info)
{
	struct table_header header;
	uint64_t table;
	uint32_t count;

	if (fst_memory_read(walk->memory, address, &header, sizeof(header)))
		return -UNW_ENOINFO;
	if (header.version != 1 || header.count_encoding != ENCODED_UDATA4 ||
	    header.table_encoding != ENCODED_DATAREL_SDATA4)
		return -UNW_ENOINFO;
	/* udata4 and sdata4 are 3 and 11, udata8 and sdata8 (and absptr, 0) eight bytes wide. */
	table = address + sizeof(header) + ((header.frame_encoding & ENCODED_SIZE_MASK) == ENCODED_UDATA4 ? 4 : 8);
	if (fst_memory_read(walk->memory, table, &count, sizeof(count)))
		return -UNW_ENOINFO;
	info->format = UNW_INFO_FORMAT_REMOTE_TABLE;
	info->u.rti.segbase = address;
	info->u.rti.table_data = table + sizeof(count);
	/* An entry is two 32-bit words, the length is in 64-bit ones. */
	info->u.rti.table_len = count * UINT64_C(8) / sizeof(unw_word_t);
	return 0;
}

/* The address of .eh_frame_hdr in the ELF file that is mapped at `base`, or 0. */
static uint64_t find_frame_header(struct walk *walk, uint64_t base)
{
	uint64_t bias = 0, found = 0;
	Elf64_Ehdr file;
	Elf64_Phdr part;
	unsigned i;

	if (fst_memory_read(walk->memory, base, &file, sizeof(file)) || memcmp(file.e_ident, ELFMAG, SELFMAG) ||
	    file.e_ident[EI_CLASS] != ELFCLASS64 || file.e_phentsize != sizeof(part) ||
	    file.e_phnum > PROGRAM_HEADERS_MAX)
		return 0;
	for (i = 0; i < file.e_phnum; i++) {
		if (fst_memory_read(walk->memory, base + file.e_phoff + i * sizeof(part), &part, sizeof(part)))
			return 0;
		if (part.p_type == PT_LOAD && part.p_offset < FST_MEMORY_PAGE_BYTES)
			bias = base - (part.p_vaddr - part.p_offset);
		else if (part.p_type == PT_GNU_EH_FRAME)
			found = part.p_vaddr;
	}
	return found ? found + bias : 0;
}

static int find_proc_info(unw_addr_space_t space, unw_word_t ip, unw_proc_info_t *ret_proc, int need_unwind_info,
			  void *context)
{
	struct walk *walk = context;
	const struct fst_map *map = fst_maps_find(walk->maps, ip), *base;
	unw_dyn_info_t info;
	uint64_t header;

	base = map ? fst_maps_base(walk->maps, map) : NULL;
	header = base ? find_frame_header(walk, base->start) : 0;
	memset(&info, 0, sizeof(info));
	if (!header || read_count(walk, header, &info))
		return -UNW_ENOINFO;
	info.start_ip = map->start;
	info.end_ip = map->end;
	return search_unwind_table(space, ip, &info, ret_proc, need_unwind_info, context);
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *proc, void *context)
{
	(void)space;
	(void)proc;
	(void)context;
}

static int get_dyn_info_list_addr(unw_addr_space_t space, unw_word_t *ret_address, void *context)
{
	(void)space;
	(void)ret_address;
	(void)context;
	return -UNW_ENOINFO;
}

static int access_mem(unw_addr_space_t space, unw_word_t address, unw_word_t *value, int write, void *context)
{
	struct walk *walk = context;

	(void)space;
	if (write || fst_memory_read(walk->memory, address, value, sizeof(*value)))
		return -UNW_EINVAL;
	return 0;
}

static int access_reg(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value, int write, void *context)
{
	struct walk *walk = context;

	(void)space;
	if (write)
		return -UNW_EREADONLYREG;
	if (number < 0 || (size_t)number >= walk->layout->count ||
	    walk->layout->offsets[number] == FST_UNWIND_NO_REGISTER)
		return -UNW_EBADREG;
	memcpy(value, walk->regset + walk->layout->offsets[number], sizeof(*value));
	return 0;
}

static int access_fpreg(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value, int write, void *context)
{
	(void)space;
	(void)number;
	(void)value;
	(void)write;
	(void)context;
	return -UNW_EBADREG;
}

static int resume(unw_addr_space_t space, unw_cursor_t *cursor, void *context)
{
	(void)space;
	(void)cursor;
	(void)context;
	return -UNW_EINVAL;
}

struct fst_unwind *fst_unwind_new(void)
{
	unw_accessors_t accessors = {
		.find_proc_info = find_proc_info,
		.put_unwind_info = put_unwind_info,
		.get_dyn_info_list_addr = get_dyn_info_list_addr,
		.access_mem = access_mem,
		.access_reg = access_reg,
		.access_fpreg = access_fpreg,
		.resume = resume,
	};
	struct fst_unwind *unwind = calloc(1, sizeof(*unwind));

	if (!unwind)
		return NULL;
	unwind->space = unw_create_addr_space(&accessors, 0);
	if (!unwind->space) {
		free(unwind);
		return NULL;
	}
	/* Its cache knows addresses only: one tracee's answers would be given for another's. */
	unw_set_caching_policy(unwind->space, UNW_CACHE_NONE);
	return unwind;
}

void fst_unwind_free(struct fst_unwind *unwind)
{
	if (!unwind)
		return;
	unw_destroy_addr_space(unwind->space);
	free(unwind);
}

static const struct fst_unwind_regset *find_layout(size_t bytes)
{
	size_t i;

	for (i = 0; i < fst_unwind_regset_count; i++)
		if (fst_unwind_regsets[i].bytes == bytes)
			return &fst_unwind_regsets[i];
	return NULL;
}

static uint64_t read_pc(const struct walk *walk)
{
	uint32_t narrow;
	uint64_t wide;

	if (walk->layout->word_bytes == sizeof(narrow)) {
		memcpy(&narrow, walk->regset + walk->layout->pc, sizeof(narrow));
		return narrow;
	}
	memcpy(&wide, walk->regset + walk->layout->pc, sizeof(wide));
	return wide;
}

/* Guessed frames (no unwind table, a broken frame pointer) lead to addresses that no call returns to. */
static bool is_code(const struct fst_maps *maps, uint64_t address)
{
	const struct fst_map *map = fst_maps_find(maps, address);

	return map && map->executable;
}

/* The unwinder's own answer means the trampoline's frame in some of its releases and the one behind it in others. */
static bool is_trampoline(const struct walk *walk, uint64_t pc)
{
	unsigned char found[FST_UNWIND_TRAMPOLINE_MAX_BYTES];
	size_t bytes = walk->layout->trampoline_bytes;

	return bytes && bytes <= sizeof(found) && !fst_memory_read(walk->memory, pc, found, bytes) &&
		!memcmp(found, walk->layout->trampoline, bytes);
}

static bool is_above(const struct walk *walk, uint64_t sp, uint64_t last_sp, size_t frames)
{
	return sp > last_sp || (walk->layout->has_link_register && frames == 1 && sp == last_sp);
}

/* Fills frames[1] and so on. Returns how many there are with the first. */
static size_t climb(unw_cursor_t *cursor, const struct walk *walk, struct fst_frame *frames, size_t size,
		    bool *ret_cut)
{
	bool was_signal, is_signal = is_trampoline(walk, frames[0].pc);
	unw_word_t pc, sp, last_sp;
	size_t count = 1;

	if (unw_get_reg(cursor, UNW_REG_SP, &last_sp))
		return count;
	while (unw_step(cursor) > 0) {
		if (unw_get_reg(cursor, UNW_REG_IP, &pc) || unw_get_reg(cursor, UNW_REG_SP, &sp))
			break;
		was_signal = is_signal;
		is_signal = is_trampoline(walk, pc);
		/* A handler on a stack of its own returns to any address; nothing else goes back down. */
		if ((!was_signal && !is_above(walk, sp, last_sp, count)) || !is_code(walk->maps, pc))
			break;
		if (count == size) {
			*ret_cut = true;
			break;
		}
		/* No call stands before a trampoline's first instruction, nor before one that was interrupted. */
		frames[count++] = (struct fst_frame){ .pc = pc, .exact = was_signal || is_signal };
		last_sp = sp;
	}
	return count;
}

int fst_unwind_frames(struct fst_unwind *unwind, struct fst_memory *memory, const struct fst_maps *maps,
		      const void *regset, size_t regset_bytes, struct fst_frame *frames, size_t size, bool *ret_cut)
{
	struct walk walk = { .memory = memory, .maps = maps, .regset = regset, .layout = find_layout(regset_bytes) };
	unw_cursor_t cursor;

	if (!walk.layout)
		return -EOPNOTSUPP;
	*ret_cut = false;
	frames[0] = (struct fst_frame){ .pc = read_pc(&walk), .exact = true };
	if (!walk.layout->count || unw_init_remote(&cursor, unwind->space, &walk))
		return 1;
	return (int)climb(&cursor, &walk, frames, size, ret_cut);
}
