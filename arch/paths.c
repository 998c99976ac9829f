/* SPDX-License-Identifier: MIT */
/*
 * Answers what the tables say about memory that calls read, and what one call's flags make of it. Resolves nothing: it
 * knows no file system.
 */
#include <stddef.h>

#include <arch/paths.h>
#include <arch/tables.h>

const struct fst_call_memory *fst_paths_of_call(unsigned call, enum flagstop_abi abi)
{
	unsigned row;

	if (call >= fst_table_call_count || (unsigned)abi >= FLAGSTOP_ABI_COUNT)
		return NULL;
	row = fst_table_memory_of[call][abi];
	return row ? &fst_table_memory[row] : NULL;
}

uint64_t fst_path_open_flags(const struct fst_path *path, const struct fst_call_memory *memory, const uint64_t args[6],
			     uint64_t struct_flags)
{
	if (path->flags >= 0)
		return (uint32_t)args[path->flags];
	if (memory->read_count && memory->reads[0].kind == FST_READ_OPEN_HOW)
		return struct_flags;
	return FST_OPEN_CREAT | FST_OPEN_WRONLY | FST_OPEN_TRUNC; /* creat(2) */
}

bool fst_path_follows(const struct fst_path *path, const uint64_t args[6], uint64_t open_flags)
{
	const uint64_t fresh = FST_OPEN_CREAT | FST_OPEN_EXCL;

	switch ((enum fst_path_follow)path->follow) {
	case FST_FOLLOW_ALWAYS:
		return true;
	case FST_FOLLOW_UNLESS:
		return !(args[path->flags] & path->follow_bit);
	case FST_FOLLOW_IF:
		return args[path->flags] & path->follow_bit;
	case FST_FOLLOW_OPEN:
		return !(open_flags & path->follow_bit) && (open_flags & fresh) != fresh;
	case FST_FOLLOW_NEVER:
		break;
	}
	return false;
}

bool fst_path_may_be_empty(const struct fst_path *path, const uint64_t args[6])
{
	if (path->empty == FST_EMPTY_BY_BIT)
		return args[path->flags] & path->empty_bit;
	return path->empty == FST_EMPTY_ALWAYS;
}
