/* SPDX-License-Identifier: MIT */
/* What is in the stack of a stopped tracee. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stack_kit.h"

static void stack__nested_functions_are_named_in_order(void **state)
{
	struct stack_tracee tracee;

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	assert_true(stack_capture(&tracee) >= 5);
	stack_assert_line_is(&tracee, 0, "kill");
	stack_assert_line_is(&tracee, 1, "innermost_function");
	stack_assert_line_is(&tracee, 2, "middle_function");
	stack_assert_line_is(&tracee, 3, "outer_function");
	stack_assert_line_is(&tracee, 4, "main");
	stack_end(&tracee);
}

static void stack__count_is_that_of_the_lines(void **state)
{
	struct stack_tracee tracee;
	int count;

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	count = stack_capture(&tracee);
	assert_int_equal(count, stack_count_lines(tracee.text));
	stack_end(&tracee);
}

/* The law of the line's form: name+0xoffset (module+0xoffset), and both offsets are those of the pc. */
static void stack__first_line_is_the_pc(void **state)
{
	unsigned long in_function, in_file;
	uint64_t begin, behind;
	struct stack_tracee tracee;
	char path[512], name[64];

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	begin = stack_find_mapping(&tracee, "stack_nested", &behind);
	/* An address in the program itself, whose first mapping is the file's beginning. */
	tracee.regs.rip = begin + 0x1040;
	assert_true(stack_capture(&tracee) >= 1);
	tracee.text[strcspn(tracee.text, "\n")] = '\0';
	if (sscanf(tracee.text, "%63[^+]+0x%lx (%511[^+]+0x%lx)", name, &in_function, path, &in_file) != 4)
		assert_int_equal(sscanf(tracee.text, "0x%lx (%511[^+]+0x%lx)", &in_function, path, &in_file), 3);
	assert_int_equal(in_file, 0x1040);
	assert_string_equal(path, FLAGSTOP_TRACEES_DIR "/stack_nested");
	stack_end(&tracee);
}

static void stack__library_without_symtab_is_named_by_its_dynamic_symbols(void **state)
{
	struct stack_tracee tracee;

	(void)state;
	stack_start(&tracee, "stack_callback", NULL);
	assert_true(stack_capture(&tracee) >= 4);
	stack_assert_line_is(&tracee, 0, "kill");
	stack_assert_line_is(&tracee, 1, "compare");
	stack_assert_line_is(&tracee, 2, "bsearch");
	stack_assert_line_is(&tracee, 3, "main");
	stack_end(&tracee);
}

static void stack__stripped_program_keeps_its_frames_and_loses_its_names(void **state)
{
	char line[600], name[64];
	struct stack_copy copy;
	struct stack_tracee tracee;

	(void)state;
	stack_copy_load(&copy, "stack_callback");
	stack_copy_hide_symbols(&copy);
	stack_copy_store(&copy);
	stack_start_path(&tracee, copy.path, NULL);
	assert_true(stack_capture(&tracee) >= 4);
	stack_assert_line_is(&tracee, 2, "bsearch");
	stack_name_of_line(tracee.text, 1, name, sizeof(name));
	assert_memory_equal(name, "0x", 2);
	snprintf(line, sizeof(line), "%s (%s+0x", name, copy.path);
	assert_non_null(strstr(tracee.text, line));
	stack_end(&tracee);
	stack_copy_drop(&copy);
}

static void stack__as_deep_as_the_limit_is_not_cut(void **state)
{
	struct stack_tracee tracee;
	char depth[16];
	int around;

	(void)state;
	stack_start(&tracee, "stack_recursion", "0");
	around = stack_capture(&tracee);
	assert_in_range(around, 3, FST_STACK_MAX_FRAMES);
	stack_end(&tracee);
	snprintf(depth, sizeof(depth), "%d", FST_STACK_MAX_FRAMES - around);
	stack_start(&tracee, "stack_recursion", depth);
	assert_int_equal(stack_capture(&tracee), FST_STACK_MAX_FRAMES);
	assert_null(strstr(tracee.text, "..."));
	stack_end(&tracee);
}

static void stack__deeper_than_the_limit_ends_in_dots(void **state)
{
	struct stack_tracee tracee;

	(void)state;
	stack_start(&tracee, "stack_recursion", "100");
	assert_int_equal(stack_capture(&tracee), FST_STACK_MAX_FRAMES);
	assert_int_equal(stack_count_lines(tracee.text), FST_STACK_MAX_FRAMES + 1);
	assert_string_equal(strrchr(tracee.text, '\n'), "\n...");
	stack_end(&tracee);
}

static void stack__text_that_is_too_small_holds_whole_lines_and_dots(void **state)
{
	struct fst_stack_request request;
	char small[150], whole[FST_STACK_MAX_TEXT_BYTES];
	struct stack_tracee tracee;
	size_t size;
	int count;

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	assert_true(stack_capture(&tracee) > 3);
	memcpy(whole, tracee.text, sizeof(whole));
	request = (struct fst_stack_request){ tracee.tid, &tracee.regs, sizeof(tracee.regs) };
	for (size = 1; size <= sizeof(small); size++) {
		memset(small, 'x', sizeof(small));
		count = fst_stack_capture(tracee.stack, &request, small, size);
		assert_true(count >= 0);
		assert_true(strnlen(small, size) < size);
		if (size < 5) {
			assert_string_equal(small, "");
			continue;
		}
		assert_string_equal(small + strlen(small) - 3, "...");
		assert_int_equal(stack_count_lines(small), count + 1);
		assert_memory_equal(small, whole, strlen(small) - 3);
	}
	stack_end(&tracee);
}

static void stack__call_at_the_end_of_a_function_is_that_functions(void **state)
{
	struct stack_tracee tracee;

	(void)state;
	stack_start(&tracee, "stack_noreturn", NULL);
	assert_true(stack_capture(&tracee) >= 4);
	stack_assert_line_is(&tracee, 1, "never_returns");
	stack_assert_line_is(&tracee, 2, "ends_in_a_call");
	stack_assert_line_is(&tracee, 3, "main");
	stack_end(&tracee);
}

/* In the PLT: behind _init, which says no size, and in front of _start. */
static void stack__address_outside_of_every_function_has_no_name(void **state)
{
	struct stack_copy copy;
	struct stack_tracee tracee;
	uint64_t begin, behind;

	(void)state;
	stack_copy_load(&copy, "stack_nested");
	stack_copy_store(&copy);
	stack_start_path(&tracee, copy.path, NULL);
	begin = stack_find_mapping(&tracee, "/copy", &behind);
	tracee.regs.rip = begin + stack_copy_section_named(&copy, ".plt")->sh_addr + 16;
	assert_true(stack_capture(&tracee) >= 1);
	assert_memory_equal(tracee.text, "0x", 2);
	stack_end(&tracee);
	stack_copy_drop(&copy);
}

static void stack__address_behind_the_end_of_a_function_has_no_name(void **state)
{
	struct stack_copy copy;
	struct stack_tracee tracee;
	Elf64_Shdr *table;
	Elf64_Sym *symbol;
	char name[64];
	size_t i;

	(void)state;
	stack_copy_load(&copy, "stack_callback");
	table = stack_copy_section(&copy, SHT_SYMTAB);
	symbol = (Elf64_Sym *)(copy.bytes + table->sh_offset);
	for (i = 0; i < table->sh_size / sizeof(*symbol); i++)
		if (symbol[i].st_size)
			symbol[i].st_size = 1;
	stack_copy_store(&copy);
	stack_start_path(&tracee, copy.path, NULL);
	assert_true(stack_capture(&tracee) >= 4);
	stack_name_of_line(tracee.text, 1, name, sizeof(name));
	assert_memory_equal(name, "0x", 2);
	stack_end(&tracee);
	stack_copy_drop(&copy);
}

static void stack__of_two_names_the_global_one_is_given(void **state)
{
	struct stack_tracee tracee;

	(void)state;
	stack_start(&tracee, "stack_alias", NULL);
	assert_true(stack_capture(&tracee) >= 3);
	stack_assert_line_is(&tracee, 1, "global_name");
	stack_end(&tracee);
}

static void stack__handler_is_followed_by_what_it_interrupted(void **state)
{
	struct stack_tracee tracee;

	stack_start(&tracee, "stack_handler", *state);
	assert_true(stack_capture(&tracee) >= 5);
	stack_assert_line_is(&tracee, 1, "handler_function");
	stack_assert_line_is(&tracee, 3, "kill");
	stack_assert_line_is(&tracee, 4, "interrupted_function");
	if (!*state)
		stack_assert_line_is(&tracee, 5, "main");
	stack_end(&tracee);
}

static void stack__function_of_unknown_size_is_found_by_its_frame_pointer(void **state)
{
	struct stack_tracee tracee;

	(void)state;
	stack_start(&tracee, "stack_pointer", NULL);
	assert_true(stack_capture(&tracee) >= 3);
	stack_assert_line_is(&tracee, 1, "sized_at_run_time");
	stack_assert_line_is(&tracee, 2, "main");
	stack_end(&tracee);
}

static void stack__vdso_is_unwound_and_named(void **state)
{
	uint64_t begin, behind;
	struct stack_tracee tracee;
	int steps = 0, status;

	(void)state;
	stack_start(&tracee, "stack_clock", NULL);
	begin = stack_find_mapping(&tracee, "[vdso]", &behind);
	if (!begin) {
		print_message("skipped: this kernel gives no vdso\n");
		stack_end(&tracee);
		skip();
	}
	/* Into the vdso, and a few instructions further, where the stack pointer is no longer that of its first one. */
	do {
		assert_int_equal(ptrace(PTRACE_SINGLESTEP, tracee.tid, 0, 0), 0);
		assert_int_equal(waitpid(tracee.tid, &status, 0), tracee.tid);
		assert_true(WIFSTOPPED(status) && steps++ < 10000);
		assert_int_equal(ptrace(PTRACE_GETREGS, tracee.tid, 0, &tracee.regs), 0);
	} while (tracee.regs.rip < begin + 8 || tracee.regs.rip >= behind);
	assert_true(stack_capture(&tracee) >= 3);
	assert_memory_equal(strchr(tracee.text, '('), "([vdso]+0x", 10);
	/* Whatever its function is called on this architecture, it has a name. */
	assert_int_not_equal(tracee.text[0], '0');
	assert_non_null(strstr(tracee.text, "\nmain+0x"));
	stack_end(&tracee);
}

static void stack__of_a_32_bit_regset_is_the_pc_alone(void **state)
{
	uint32_t narrow[17] = { [12] = 0x1234 };
	struct fst_stack_request request;
	struct stack_tracee tracee;

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	request = (struct fst_stack_request){ tracee.tid, narrow, sizeof(narrow) };
	assert_int_equal(fst_stack_capture(tracee.stack, &request, tracee.text, sizeof(tracee.text)), 1);
	assert_string_equal(tracee.text, "0x1234 (?)");
	stack_end(&tracee);
}

static void stack__of_an_unknown_regset_is_not_supported(void **state)
{
	static const size_t sizes[] = { 0, 216 - 1, 216 + 1, 100000 };
	static const unsigned char regset[100000];
	struct fst_stack_request request;
	struct stack_tracee tracee;
	size_t i;

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		request = (struct fst_stack_request){ tracee.tid, regset, sizes[i] };
		assert_int_equal(fst_stack_capture(tracee.stack, &request, tracee.text, sizeof(tracee.text)),
				 -EOPNOTSUPP);
		assert_string_equal(tracee.text, "");
	}
	stack_end(&tracee);
}

static void stack__of_a_deleted_program_has_its_frames_without_names(void **state)
{
	struct stack_copy copy;
	struct stack_tracee tracee;
	int before;

	(void)state;
	stack_copy_load(&copy, "stack_callback");
	stack_copy_store(&copy);
	stack_start_path(&tracee, copy.path, NULL);
	before = stack_capture(&tracee);
	stack_assert_line_is(&tracee, 1, "compare");
	unlink(copy.path);
	assert_int_equal(stack_capture(&tracee), before);
	assert_non_null(strstr(tracee.text, "/copy (deleted)+0x"));
	assert_null(strstr(tracee.text, "compare+0x"));
	stack_assert_line_is(&tracee, 2, "bsearch");
	stack_end(&tracee);
	stack_copy_drop(&copy);
}

/* The attack: another file, with symbols that lie, where the mapped one's name leads. */
static void stack__file_of_the_same_name_gives_no_names(void **state)
{
	char fake[256], kept[256];
	struct stack_copy copy;
	struct stack_tracee tracee;

	(void)state;
	stack_copy_load(&copy, "stack_callback");
	stack_copy_store(&copy);
	stack_start_path(&tracee, copy.path, NULL);
	unlink(copy.path);
	snprintf(fake, sizeof(fake), "%s (deleted)", copy.path);
	stack_copy_store(&copy);
	assert_int_equal(rename(copy.path, fake), 0);
	assert_true(stack_capture(&tracee) >= 4);
	assert_null(strstr(tracee.text, "compare+0x"));
	stack_assert_line_is(&tracee, 2, "bsearch");
	/* The same file under that name does give them: it was its being another one. */
	stack_end(&tracee);
	snprintf(kept, sizeof(kept), "%s", copy.path);
	assert_int_equal(rename(fake, kept), 0);
	stack_start_path(&tracee, kept, NULL);
	assert_true(stack_capture(&tracee) >= 4);
	assert_non_null(strstr(tracee.text, "compare+0x"));
	stack_end(&tracee);
	stack_copy_drop(&copy);
}

/* A program that is built again and again at one place often gets the inode number that the last one had. */
static void stack__symbols_of_a_rewritten_file_are_read_anew(void **state)
{
	struct stack_tracee tracee, second;
	struct stack_copy copy;
	int fd;

	(void)state;
	stack_copy_load(&copy, "stack_nested");
	stack_copy_store(&copy);
	stack_start_path(&tracee, copy.path, NULL);
	assert_true(stack_capture(&tracee) >= 5);
	stack_assert_line_is(&tracee, 1, "innermost_function");
	stack_end_process(&tracee);
	stack_copy_hide_symbols(&copy);
	fd = open(copy.path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, copy.bytes, copy.count, 0), copy.count);
	close(fd);
	stack_start_path(&second, copy.path, NULL);
	tracee.tid = second.tid;
	tracee.regs = second.regs;
	assert_true(stack_capture(&tracee) >= 5);
	assert_null(strstr(tracee.text, "innermost_function"));
	stack_end(&second);
	tracee.tid = 0;
	stack_end(&tracee);
	stack_copy_drop(&copy);
}

#define LAW(name) cmocka_unit_test(name)
#define ROW(title, function, row) \
	{ \
		.name = title, .test_func = function, .initial_state = (void *)(uintptr_t)(row) \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAW(stack__nested_functions_are_named_in_order),
		LAW(stack__count_is_that_of_the_lines),
		LAW(stack__first_line_is_the_pc),
		LAW(stack__library_without_symtab_is_named_by_its_dynamic_symbols),
		LAW(stack__stripped_program_keeps_its_frames_and_loses_its_names),
		LAW(stack__as_deep_as_the_limit_is_not_cut),
		LAW(stack__deeper_than_the_limit_ends_in_dots),
		LAW(stack__call_at_the_end_of_a_function_is_that_functions),
		LAW(stack__address_outside_of_every_function_has_no_name),
		LAW(stack__address_behind_the_end_of_a_function_has_no_name),
		LAW(stack__of_two_names_the_global_one_is_given),
		LAW(stack__text_that_is_too_small_holds_whole_lines_and_dots),
		ROW("stack__handler_is_followed_by_what_it_interrupted",
		    stack__handler_is_followed_by_what_it_interrupted, NULL),
		ROW("stack__handler_on_a_higher_stack_is_followed_by_what_it_interrupted",
		    stack__handler_is_followed_by_what_it_interrupted, "higher"),
		LAW(stack__function_of_unknown_size_is_found_by_its_frame_pointer),
		LAW(stack__vdso_is_unwound_and_named),
		LAW(stack__of_a_32_bit_regset_is_the_pc_alone),
		LAW(stack__of_an_unknown_regset_is_not_supported),
		LAW(stack__of_a_deleted_program_has_its_frames_without_names),
		LAW(stack__file_of_the_same_name_gives_no_names),
		LAW(stack__symbols_of_a_rewritten_file_are_read_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
