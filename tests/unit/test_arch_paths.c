/* SPDX-License-Identifier: MIT */
/* What the tables say of memory that calls read. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include <arch/paths.h>

static const struct fst_call_memory *memory_of(const char *name, enum flagstop_abi abi)
{
	int call = flagstop_call_find(name);

	assert_true(call >= 0);
	return fst_paths_of_call((unsigned)call, abi);
}

static const struct fst_path *path_of(const char *name, unsigned index)
{
	const struct fst_call_memory *memory = memory_of(name, FLAGSTOP_ABI_X86_64);

	assert_non_null(memory);
	assert_true(index < memory->path_count);
	return &memory->paths[index];
}

/* Runs the check on every call that an ABI has. */
static void each_call(void (*check)(unsigned call, enum flagstop_abi abi))
{
	for (unsigned call = 0; call < flagstop_call_count(); call++)
		for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
			if (flagstop_call_number(call, abi) >= 0)
				check(call, abi);
}

static const struct fst_path *find_path(const struct fst_call_memory *memory, unsigned argument)
{
	for (unsigned i = 0; memory && i < memory->path_count; i++)
		if (memory->paths[i].argument == argument)
			return &memory->paths[i];
	return NULL;
}

static const struct fst_read *find_read(const struct fst_call_memory *memory, unsigned argument)
{
	for (unsigned i = 0; memory && i < memory->read_count; i++)
		if (memory->reads[i].argument == argument)
			return &memory->reads[i];
	return NULL;
}

static void check_roles(unsigned call, enum flagstop_abi abi)
{
	const struct fst_call_memory *memory = fst_paths_of_call(call, abi);
	const struct flagstop_arg *args = NULL;
	unsigned count = flagstop_call_args(call, abi, &args);

	for (unsigned i = 0; i < count; i++) {
		const struct fst_path *path = find_path(memory, i);
		const struct fst_read *read = find_read(memory, i);
		bool wants_path = args[i].role == FLAGSTOP_ROLE_PATH;

		if (wants_path != !!path)
			fail_msg("%s: %s", flagstop_call_name(call), args[i].name);
		if (args[i].role == FLAGSTOP_ROLE_STRING && (!read || read->kind != FST_READ_STRING))
			fail_msg("%s: %s", flagstop_call_name(call), args[i].name);
		if (args[i].role == FLAGSTOP_ROLE_SOCKADDR && (!read || read->kind != FST_READ_SOCKADDR))
			fail_msg("%s: %s", flagstop_call_name(call), args[i].name);
		if (read && read->kind > FST_READ_SOCKADDR && args[i].role != FLAGSTOP_ROLE_POINTER)
			fail_msg("%s: %s", flagstop_call_name(call), args[i].name);
	}
}

static void memory__every_path_string_and_address_is_known(void **state)
{
	(void)state;
	each_call(check_roles);
}

static void check_positions(unsigned call, enum flagstop_abi abi)
{
	const struct fst_call_memory *memory = fst_paths_of_call(call, abi);
	const struct flagstop_arg *args = NULL;
	unsigned count = flagstop_call_args(call, abi, &args);

	for (unsigned i = 0; memory && i < memory->path_count; i++) {
		const struct fst_path *path = &memory->paths[i];
		bool by_bit = path->follow_bit || path->empty_bit;

		assert_true(path->intent);
		assert_true(path->dirfd < 0 || args[path->dirfd].role == FLAGSTOP_ROLE_DIRFD);
		assert_true(path->flags < (int)count);
		if (by_bit && path->target != FST_TARGET_OPEN && args[path->flags].role != FLAGSTOP_ROLE_FLAGS)
			fail_msg("%s: no flags", flagstop_call_name(call));
	}
	for (unsigned i = 0; memory && i < memory->read_count; i++)
		if (memory->reads[i].size >= 0 && args[memory->reads[i].size].role != FLAGSTOP_ROLE_SIZE)
			fail_msg("%s: no size", flagstop_call_name(call));
}

static void memory__positions_are_of_arguments_of_that_use(void **state)
{
	(void)state;
	each_call(check_positions);
}

/* A path that has a dirfd before it starts there, whatever the ABI puts in front. */
static void path__of_fanotify_mark_moves_with_the_split_mask(void **state)
{
	(void)state;
	const struct fst_call_memory *wide = memory_of("fanotify_mark", FLAGSTOP_ABI_X86_64);
	const struct fst_call_memory *split = memory_of("fanotify_mark", FLAGSTOP_ABI_I386);

	assert_int_equal(wide->paths[0].argument, 4);
	assert_int_equal(wide->paths[0].dirfd, 3);
	assert_int_equal(split->paths[0].argument, 5);
	assert_int_equal(split->paths[0].dirfd, 4);
	assert_int_equal(split->paths[0].flags, 1);
}

static void path__two_of_a_rename_have_a_dirfd_each(void **state)
{
	(void)state;
	assert_int_equal(path_of("renameat2", 0)->dirfd, 0);
	assert_int_equal(path_of("renameat2", 1)->dirfd, 2);
	assert_int_equal(path_of("rename", 1)->dirfd, -1);
	assert_int_equal(path_of("rename", 1)->argument, 1);
}

static void memory__of_calls_without_any_is_null(void **state)
{
	(void)state;
	assert_null(memory_of("getpid", FLAGSTOP_ABI_X86_64));
	assert_null(memory_of("open", FLAGSTOP_ABI_AARCH64)); /* which has no such call */
	assert_null(fst_paths_of_call(100000, FLAGSTOP_ABI_X86_64));
	assert_null(fst_paths_of_call(0, (enum flagstop_abi)77));
}

struct follow_row {
	const char *call;
	unsigned path;
	uint64_t flags; /* put where the row's flags argument is */
	bool follows;
};

static void follow_row(void **state)
{
	const struct follow_row *row = *state;
	const struct fst_path *path = path_of(row->call, row->path);
	const struct fst_call_memory *memory = memory_of(row->call, FLAGSTOP_ABI_X86_64);
	uint64_t args[6] = { 0 }, open_flags;

	if (path->flags >= 0)
		args[path->flags] = row->flags;
	open_flags = fst_path_open_flags(path, memory, args, row->flags);
	assert_int_equal(fst_path_follows(path, args, open_flags), row->follows);
}

struct empty_row {
	const char *call;
	uint64_t flags;
	bool may;
};

static void empty_row(void **state)
{
	const struct empty_row *row = *state;
	const struct fst_path *path = path_of(row->call, 0);
	uint64_t args[6] = { 0 };

	if (path->flags >= 0)
		args[path->flags] = row->flags;
	assert_int_equal(fst_path_may_be_empty(path, args), row->may);
}

static void open_flags__are_those_of_the_call_the_structure_or_creat(void **state)
{
	(void)state;
	const uint64_t args[6] = { 0, 0, 0x80041, 0, 0, 0 };

	assert_int_equal(fst_path_open_flags(path_of("openat", 0), memory_of("openat", 0), args, 7), 0x80041);
	assert_int_equal(fst_path_open_flags(path_of("openat2", 0), memory_of("openat2", 0), args, 7), 7);
	assert_int_equal(fst_path_open_flags(path_of("creat", 0), memory_of("creat", 0), args, 7), 0x241);
}

static void same_everywhere(const char *name, int64_t value)
{
	int64_t found = -1;

	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		assert_int_equal(flagstop_constant_find(name, abi, &found), 0);
		assert_int_equal(found, value);
	}
}

static void open_flags__that_have_a_name_here_are_the_same_in_all_abis(void **state)
{
	(void)state;
	same_everywhere("O_WRONLY", FST_OPEN_WRONLY);
	same_everywhere("O_RDWR", FST_OPEN_RDWR);
	same_everywhere("O_ACCMODE", FST_OPEN_ACCMODE);
	same_everywhere("O_CREAT", FST_OPEN_CREAT);
	same_everywhere("O_EXCL", FST_OPEN_EXCL);
	same_everywhere("O_TRUNC", FST_OPEN_TRUNC);
	same_everywhere("O_PATH", FST_OPEN_PATH);
}

static void open__the_bit_that_forbids_links_is_each_abis_own(void **state)
{
	(void)state;
	assert_int_equal(memory_of("openat", FLAGSTOP_ABI_X86_64)->paths[0].follow_bit, 0x20000);
	assert_int_equal(memory_of("openat", FLAGSTOP_ABI_AARCH64)->paths[0].follow_bit, 0x8000);
}

#define FOLLOW_ROW(call, path, flags, follows) \
	{ \
		"follow: " call " " #path " " #flags, follow_row, NULL, NULL, \
			(void *)&(const struct follow_row) \
		{ \
			call, path, flags, follows \
		} \
	}
#define EMPTY_ROW(call, flags, may) \
	{ \
		"empty: " call " " #flags, empty_row, NULL, NULL, (void *)&(const struct empty_row) \
		{ \
			call, flags, may \
		} \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory__every_path_string_and_address_is_known),
		cmocka_unit_test(memory__positions_are_of_arguments_of_that_use),
		cmocka_unit_test(memory__of_calls_without_any_is_null),
		cmocka_unit_test(path__of_fanotify_mark_moves_with_the_split_mask),
		cmocka_unit_test(path__two_of_a_rename_have_a_dirfd_each),
		FOLLOW_ROW("open", 0, 0, true),
		FOLLOW_ROW("open", 0, 0x20000, false),
		FOLLOW_ROW("open", 0, 0x40, true),
		FOLLOW_ROW("openat", 0, 0xc0, false),
		FOLLOW_ROW("openat2", 0, 0x20000, false),
		FOLLOW_ROW("creat", 0, 0, true),
		FOLLOW_ROW("stat", 0, 0, true),
		FOLLOW_ROW("lstat", 0, 0, false),
		FOLLOW_ROW("newfstatat", 0, 0, true),
		FOLLOW_ROW("newfstatat", 0, 0x100, false),
		FOLLOW_ROW("linkat", 0, 0, false),
		FOLLOW_ROW("linkat", 0, 0x400, true),
		FOLLOW_ROW("linkat", 1, 0x400, false),
		FOLLOW_ROW("name_to_handle_at", 0, 0, false),
		FOLLOW_ROW("name_to_handle_at", 0, 0x400, true),
		FOLLOW_ROW("inotify_add_watch", 0, 0x2000000, false),
		FOLLOW_ROW("move_mount", 1, 0x10, true),
		FOLLOW_ROW("move_mount", 1, 0x1, false),
		FOLLOW_ROW("umount2", 0, 8, false),
		EMPTY_ROW("newfstatat", 0, false),
		EMPTY_ROW("newfstatat", 0x1000, true),
		EMPTY_ROW("readlinkat", 0, true),
		EMPTY_ROW("openat", 0, false),
		EMPTY_ROW("fspick", 8, true),
		cmocka_unit_test(open_flags__are_those_of_the_call_the_structure_or_creat),
		cmocka_unit_test(open_flags__that_have_a_name_here_are_the_same_in_all_abis),
		cmocka_unit_test(open__the_bit_that_forbids_links_is_each_abis_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
