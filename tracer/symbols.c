/* SPDX-License-Identifier: MIT */
/*
 * Decides what a code address is called. Files are opened by the name in the tracee's maps, which the tracee chose:
 * only regular files, only when the file is the very one that is mapped, never so that opening has an effect. Refuses
 * to know registers and frames.
 */

#include "tracer/symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gelf.h>
#include <libelf.h>

#define SEGMENTS_MAX 64
#define ANSWERS 1024
#define TABLE_MAX_BYTES (UINT64_C(96) << 20) /* of symbols, and of their names: the helper may have 256 MiB */

struct module {
	dev_t dev; /* as maps shows it, which need not be what stat says (overlay, btrfs) */
	uint64_t ino;
	struct stat file; /* when it was opened */
	uint64_t serial;  /* never used twice, 0: the slot is empty */
	uint64_t checked; /* the capture that last looked whether the file is still the same */
	uint64_t used;    /* the capture that last asked */
	int fd;           /* -1 for the vdso */
	Elf *elf;
	GElf_Phdr segments[SEGMENTS_MAX]; /* the loaded ones */
	size_t segment_count;
	Elf_Data *table; /* NULL: no symbols */
	size_t table_names, symbol_count;
};

/* A question that was asked before: finding a function means looking at every symbol of the file. */
struct answer {
	uint64_t serial, address; /* the address as the file has it */
	uint64_t start;
	const char *name; /* NULL: it has none */
};

struct fst_symbols {
	uint64_t capture, last_serial;
	struct module modules[FST_SYMBOLS_MODULES];
	struct module vdso; /* of this capture's tracee: memory that it could have changed, so it is not kept */
	unsigned char vdso_bytes[FST_SYMBOLS_MAX_VDSO_BYTES];
	struct answer answers[ANSWERS];
};

struct fst_symbols *fst_symbols_new(void)
{
	struct fst_symbols *symbols;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return NULL;
	symbols = calloc(1, sizeof(*symbols));
	if (symbols)
		fst_symbols_begin(symbols);
	return symbols;
}

static void close_module(struct module *module)
{
	if (!module->serial)
		return;
	elf_end(module->elf);
	if (module->fd >= 0)
		close(module->fd);
	memset(module, 0, sizeof(*module));
}

void fst_symbols_free(struct fst_symbols *symbols)
{
	size_t i;

	if (!symbols)
		return;
	close_module(&symbols->vdso);
	for (i = 0; i < FST_SYMBOLS_MODULES; i++)
		close_module(&symbols->modules[i]);
	free(symbols);
}

void fst_symbols_begin(struct fst_symbols *symbols)
{
	symbols->capture++;
	close_module(&symbols->vdso);
}

/* ---- what a file holds ---------------------------------------------------------------------------------------- */

static void read_segments(struct module *module)
{
	size_t count, i;
	GElf_Phdr segment;

	if (elf_getphdrnum(module->elf, &count))
		return;
	for (i = 0; i < count && module->segment_count < SEGMENTS_MAX; i++)
		if (gelf_getphdr(module->elf, (int)i, &segment) && segment.p_type == PT_LOAD)
			module->segments[module->segment_count++] = segment;
}

static bool is_small(const GElf_Shdr *header)
{
	return header->sh_size <= TABLE_MAX_BYTES;
}

static bool use_table(struct module *module, Elf_Scn *section, const GElf_Shdr *header)
{
	GElf_Shdr names;

	if (!is_small(header) || !gelf_getshdr(elf_getscn(module->elf, header->sh_link), &names) || !is_small(&names))
		return false;
	module->table = elf_getdata(section, NULL);
	if (!module->table || !header->sh_entsize)
		return false;
	module->table_names = header->sh_link;
	module->symbol_count = module->table->d_size / gelf_fsize(module->elf, ELF_T_SYM, 1, EV_CURRENT);
	return module->symbol_count > 1;
}

/* The first section of that type. */
static bool read_table(struct module *module, unsigned type)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(module->elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == type)
			return use_table(module, section, &header);
	return false;
}

static bool read_module(struct fst_symbols *symbols, struct module *module)
{
	if (!module->elf || elf_kind(module->elf) != ELF_K_ELF) {
		elf_end(module->elf);
		return false;
	}
	read_segments(module);
	if (!read_table(module, SHT_SYMTAB) && !read_table(module, SHT_DYNSYM))
		module->symbol_count = 0;
	module->serial = ++symbols->last_serial;
	module->checked = symbols->capture;
	return true;
}

/* ---- finding the file ----------------------------------------------------------------------------------------- */

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
		a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/*
 * Whether `fd` is what the tracee has mapped. maps shows a device and an inode that stat does not on file systems with
 * layers or subvolumes; but it shows the same ones to everybody, so the file is mapped here, too, and compared.
 */
static bool is_mapped_file(int fd, const struct fst_map *map)
{
	void *page = mmap(NULL, FST_MEMORY_PAGE_BYTES, PROT_READ, MAP_PRIVATE, fd, 0);
	struct fst_maps own = { 0 };
	const struct fst_map *found = NULL;
	bool same;
	int maps;

	if (page == MAP_FAILED)
		return false;
	maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	if (maps >= 0 && !fst_maps_read(&own, maps))
		found = fst_maps_find(&own, (uintptr_t)page);
	same = found && found->dev == map->dev && found->ino == map->ino;
	fst_maps_release(&own);
	if (maps >= 0)
		close(maps);
	munmap(page, FST_MEMORY_PAGE_BYTES);
	return same;
}

/*
 * O_PATH opens nothing, so that neither a FIFO nor a device notices; that it is a regular file is known before it is
 * opened in earnest, and through the descriptor, so that the name cannot be given to another file in between.
 */
static int open_regular(const char *path, struct stat *ret_file)
{
	int handle = open(path, O_PATH | O_CLOEXEC), fd = -1;
	char again[32];

	if (handle < 0)
		return -1;
	if (!fstat(handle, ret_file) && S_ISREG(ret_file->st_mode) &&
	    ret_file->st_size <= FST_SYMBOLS_MAX_FILE_BYTES) {
		snprintf(again, sizeof(again), "/proc/self/fd/%d", handle);
		fd = open(again, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	}
	close(handle);
	return fd;
}

static struct module *free_slot(struct fst_symbols *symbols)
{
	struct module *oldest = &symbols->modules[0];
	size_t i;

	for (i = 1; i < FST_SYMBOLS_MODULES; i++)
		if (symbols->modules[i].used < oldest->used)
			oldest = &symbols->modules[i];
	close_module(oldest);
	return oldest;
}

static struct module *open_module(struct fst_symbols *symbols, const struct fst_map *map)
{
	struct module *module;
	struct stat file;
	int fd = open_regular(map->name, &file);

	if (fd < 0)
		return NULL;
	if (!is_mapped_file(fd, map)) {
		close(fd);
		return NULL;
	}
	module = free_slot(symbols);
	module->dev = map->dev;
	module->ino = map->ino;
	module->file = file;
	module->fd = fd;
	/* Reads what is asked for; mapping the file instead would kill this process when the tracee truncates it. */
	module->elf = elf_begin(fd, ELF_C_READ, NULL);
	if (read_module(symbols, module))
		return module;
	close(fd);
	memset(module, 0, sizeof(*module));
	return NULL;
}

/* A file with the same number may be another one by now, or another one's content. */
static bool is_current(struct fst_symbols *symbols, struct module *module, const struct fst_map *map)
{
	struct stat file;

	if (module->checked == symbols->capture)
		return true;
	if (stat(map->name, &file) || !is_same_file(&file, &module->file))
		return false;
	module->checked = symbols->capture;
	return true;
}

static struct module *find_file(struct fst_symbols *symbols, const struct fst_map *map)
{
	struct module *module;
	size_t i;

	for (i = 0; i < FST_SYMBOLS_MODULES; i++) {
		module = &symbols->modules[i];
		if (!module->serial || module->dev != map->dev || module->ino != map->ino)
			continue;
		if (is_current(symbols, module, map))
			return module;
		close_module(module);
	}
	return open_module(symbols, map);
}

static struct module *find_vdso(struct fst_symbols *symbols, struct fst_memory *memory, const struct fst_map *map)
{
	struct module *vdso = &symbols->vdso;
	size_t bytes = map->end - map->start;

	if (vdso->serial)
		return vdso;
	if (bytes > FST_SYMBOLS_MAX_VDSO_BYTES || fst_memory_read(memory, map->start, symbols->vdso_bytes, bytes))
		return NULL;
	vdso->fd = -1;
	vdso->elf = elf_memory((char *)symbols->vdso_bytes, bytes);
	return read_module(symbols, vdso) ? vdso : NULL;
}

/* ---- finding the symbol --------------------------------------------------------------------------------------- */

static bool to_file_address(const struct module *module, uint64_t offset, uint64_t *ret_address)
{
	const GElf_Phdr *segment;
	size_t i;

	for (i = 0; i < module->segment_count; i++) {
		segment = &module->segments[i];
		/* What is mapped is whole pages: the last one can begin in one segment and be looked at in another. */
		if (offset >= segment->p_offset && offset - segment->p_offset < segment->p_filesz) {
			*ret_address = offset - segment->p_offset + segment->p_vaddr;
			return true;
		}
	}
	return false;
}

static bool is_function(const GElf_Sym *symbol)
{
	unsigned type = GELF_ST_TYPE(symbol->st_info);

	return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol->st_shndx != SHN_UNDEF;
}

/* What people call it: one with a size, then a global one, then the weak and the local. */
static unsigned rank(const GElf_Sym *symbol)
{
	static const unsigned char by_bind[] = { [STB_GLOBAL] = 2, [STB_WEAK] = 1 };
	unsigned bind = GELF_ST_BIND(symbol->st_info);

	return (symbol->st_size ? 4 : 0) + (bind < sizeof(by_bind) ? by_bind[bind] : 0);
}

/* One without a size reaches up to the end of its section; the next function is the better match from there on. */
static bool covers(const struct module *module, const GElf_Sym *symbol, uint64_t address)
{
	GElf_Shdr section;

	if (symbol->st_value > address)
		return false;
	if (symbol->st_size)
		return address - symbol->st_value < symbol->st_size;
	return gelf_getshdr(elf_getscn(module->elf, symbol->st_shndx), &section) &&
		address - section.sh_addr < section.sh_size;
}

/* The innermost function around the address. */
static bool search(const struct module *module, uint64_t address, GElf_Sym *ret_best)
{
	GElf_Sym symbol, best = { 0 };
	bool found = false;
	uint64_t end_of_last = 0; /* the highest end of a function below the address */
	size_t i;

	for (i = 1; i < module->symbol_count; i++) {
		if (!gelf_getsym(module->table, (int)i, &symbol) || !is_function(&symbol) || symbol.st_value > address)
			continue;
		if (!covers(module, &symbol, address)) {
			if (symbol.st_value + symbol.st_size > end_of_last)
				end_of_last = symbol.st_value + symbol.st_size;
			continue;
		}
		if (!found || symbol.st_value > best.st_value ||
		    (symbol.st_value == best.st_value && rank(&symbol) > rank(&best)))
			best = symbol;
		found = true;
	}
	/* Behind the end of a function that came later, one without a size says nothing. */
	if (!found || (!best.st_size && end_of_last > best.st_value))
		return false;
	*ret_best = best;
	return true;
}

static void look_up(const struct module *module, uint64_t address, struct answer *answer)
{
	GElf_Sym symbol;

	*answer = (struct answer){ .serial = module->serial, .address = address };
	if (!search(module, address, &symbol))
		return;
	answer->start = symbol.st_value;
	answer->name = elf_strptr(module->elf, module->table_names, symbol.st_name);
	if (answer->name && !*answer->name)
		answer->name = NULL;
}

bool fst_symbols_find(struct fst_symbols *symbols, struct fst_memory *memory, const struct fst_map *map,
		      uint64_t address, const char **ret_name, uint64_t *ret_start)
{
	struct module *module = NULL;
	struct answer *answer;
	uint64_t wanted;

	if (map->name[0] == '/' && map->ino)
		module = find_file(symbols, map);
	else if (!strcmp(map->name, "[vdso]"))
		module = find_vdso(symbols, memory, map);
	if (!module)
		return false;
	module->used = symbols->capture;
	if (!to_file_address(module, address - map->start + map->offset, &wanted))
		return false;
	answer = &symbols->answers[(wanted ^ wanted >> 10 ^ module->serial * 0x9e5) % ANSWERS];
	if (answer->serial != module->serial || answer->address != wanted)
		look_up(module, wanted, answer);
	*ret_name = answer->name;
	*ret_start = address - (wanted - answer->start);
	return answer->name != NULL;
}
