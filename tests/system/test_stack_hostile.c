/* SPDX-License-Identifier: MIT */
/* No file and no memory of a tracee can make the tracer wait, crash, or show what is not there. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "stack_kit.h"

#define USERFAULT_ADDRESS 0x100000000ULL /* as tests/tracees/stack_userfault.c has it */

static Elf64_Shdr *symbol_names(const struct stack_copy *copy)
{
	Elf64_Ehdr *file = (Elf64_Ehdr *)copy->bytes;

	return (Elf64_Shdr *)(copy->bytes + file->e_shoff) + stack_copy_section(copy, SHT_SYMTAB)->sh_link;
}

/* The attack: opening a FIFO waits for a writer. */
static void stack__fifo_with_the_modules_name_is_not_waited_for(void **state)
{
	struct stack_copy copy;
	struct stack_tracee tracee;
	char fifo[256];

	(void)state;
	stack_copy_load(&copy, "stack_callback");
	stack_copy_store(&copy);
	stack_start_path(&tracee, copy.path, NULL);
	unlink(copy.path);
	snprintf(fifo, sizeof(fifo), "%s (deleted)", copy.path);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_true(stack_capture(&tracee) >= 4);
	stack_end(&tracee);
	unlink(fifo);
	stack_copy_drop(&copy);
}

static void shoff_behind_the_file(struct stack_copy *copy)
{
	((Elf64_Ehdr *)copy->bytes)->e_shoff = copy->count + 8;
}

static void shoff_is_all_ones(struct stack_copy *copy)
{
	((Elf64_Ehdr *)copy->bytes)->e_shoff = UINT64_MAX;
}

static void section_names_are_out_of_range(struct stack_copy *copy)
{
	((Elf64_Ehdr *)copy->bytes)->e_shstrndx = 0xfeff;
}

static void symtab_offset_is_all_ones(struct stack_copy *copy)
{
	stack_copy_section(copy, SHT_SYMTAB)->sh_offset = UINT64_MAX;
}

static void symtab_size_is_all_ones(struct stack_copy *copy)
{
	stack_copy_section(copy, SHT_SYMTAB)->sh_size = UINT64_MAX;
}

static void symtab_entry_size_is_zero(struct stack_copy *copy)
{
	stack_copy_section(copy, SHT_SYMTAB)->sh_entsize = 0;
}

static void symtab_is_its_own_string_table(struct stack_copy *copy)
{
	Elf64_Ehdr *file = (Elf64_Ehdr *)copy->bytes;
	Elf64_Shdr *table = stack_copy_section(copy, SHT_SYMTAB);

	table->sh_link = (uint32_t)(table - (Elf64_Shdr *)(copy->bytes + file->e_shoff));
}

static void symbols_reach_over_everything(struct stack_copy *copy)
{
	Elf64_Shdr *table = stack_copy_section(copy, SHT_SYMTAB);
	Elf64_Sym *symbol = (Elf64_Sym *)(copy->bytes + table->sh_offset);
	size_t i;

	for (i = 0; i < table->sh_size / sizeof(*symbol); i++)
		symbol[i].st_size = UINT64_MAX;
}

static void symbol_names_are_out_of_range(struct stack_copy *copy)
{
	Elf64_Shdr *table = stack_copy_section(copy, SHT_SYMTAB);
	Elf64_Sym *symbol = (Elf64_Sym *)(copy->bytes + table->sh_offset);
	size_t i;

	for (i = 0; i < table->sh_size / sizeof(*symbol); i++)
		symbol[i].st_name = UINT32_MAX;
}

static void symbol_names_are_empty(struct stack_copy *copy)
{
	Elf64_Shdr *table = stack_copy_section(copy, SHT_SYMTAB);
	Elf64_Sym *symbol = (Elf64_Sym *)(copy->bytes + table->sh_offset);
	size_t i;

	for (i = 0; i < table->sh_size / sizeof(*symbol); i++)
		symbol[i].st_name = 0;
}

static void symbol_names_do_not_end(struct stack_copy *copy)
{
	Elf64_Shdr *names = symbol_names(copy);

	memset(copy->bytes + names->sh_offset, 'A', names->sh_size);
}

/* More than the helper may have: reading it would take long, and fill the machine's memory. */
static void symtab_has_900_megabytes(struct stack_copy *copy)
{
	Elf64_Shdr *table = stack_copy_section(copy, SHT_SYMTAB);

	table->sh_offset = 0x10000;
	table->sh_size = 900 << 20;
}

struct hostile_file {
	void (*change)(struct stack_copy *copy);
	off_t bytes; /* 0: as many as it has */
};

static void stack__hostile_file_costs_no_more_than_its_names(void **state)
{
	const struct hostile_file *row = *state;
	struct stack_copy copy;
	struct stack_tracee tracee;
	pid_t helper;
	int count;

	stack_copy_load(&copy, "stack_callback");
	row->change(&copy);
	stack_copy_store(&copy);
	if (row->bytes)
		assert_int_equal(truncate(copy.path, row->bytes), 0);
	stack_start_path(&tracee, copy.path, NULL);
	count = stack_capture(&tracee);
	assert_in_range(count, 4, FST_STACK_MAX_FRAMES);
	stack_assert_line_is(&tracee, 2, "bsearch");
	assert_null(strstr(tracee.text, "\n+"));
	helper = fst_stack_helper(tracee.stack);
	assert_int_equal(stack_capture(&tracee), count);
	assert_int_equal(fst_stack_helper(tracee.stack), helper);
	stack_end(&tracee);
	stack_copy_drop(&copy);
}

static void stack__file_of_more_than_a_gigabyte_gives_no_names(void **state)
{
	struct stack_copy copy;
	struct stack_tracee tracee;

	(void)state;
	stack_copy_load(&copy, "stack_callback");
	stack_copy_store(&copy);
	assert_int_equal(truncate(copy.path, 1 << 30), 0);
	stack_start_path(&tracee, copy.path, NULL);
	assert_true(stack_capture(&tracee) >= 4);
	stack_assert_line_is(&tracee, 1, "compare");
	stack_end(&tracee);
	assert_int_equal(truncate(copy.path, (1 << 30) + 1), 0);
	stack_start_path(&tracee, copy.path, NULL);
	assert_true(stack_capture(&tracee) >= 4);
	assert_null(strstr(tracee.text, "compare+0x"));
	stack_end(&tracee);
	stack_copy_drop(&copy);
}

/* The attack: a symbol whose name is a second line, and a command to the terminal. */
static void stack__unprintable_bytes_of_names_are_replaced(void **state)
{
	unsigned char *name, *end_of_names;
	struct stack_copy copy;
	struct stack_tracee tracee;
	Elf64_Shdr *names;
	int before;

	(void)state;
	stack_copy_load(&copy, "stack_nested");
	names = symbol_names(&copy);
	name = copy.bytes + names->sh_offset;
	end_of_names = name + names->sh_size;
	while (name < end_of_names && strcmp((char *)name, "innermost_function"))
		name += strlen((char *)name) + 1;
	assert_true(name < end_of_names);
	memcpy(name, "\033[2J\nmain+\x9b\x7f", 12);
	stack_copy_store(&copy);
	stack_start_path(&tracee, copy.path, NULL);
	before = stack_capture(&tracee);
	assert_int_equal(stack_count_lines(tracee.text), before);
	assert_non_null(strstr(tracee.text, "\n?[2J?main+??nction+0x"));
	stack_end(&tracee);
	stack_copy_drop(&copy);
}

struct bad_register {
	uint64_t sp;
	bool sp_is_added; /* to the true one */
};

static void stack__with_unreadable_stack_memory_is_the_pc_alone(void **state)
{
	const struct bad_register *row = *state;
	struct stack_tracee tracee;

	stack_start(&tracee, "stack_nested", NULL);
	assert_true(stack_capture(&tracee) > 1);
	tracee.regs.rsp = row->sp;
	tracee.regs.rbp = row->sp;
	assert_int_equal(stack_capture(&tracee), 1);
	stack_assert_line_is(&tracee, 0, "kill");
	stack_end(&tracee);
}

static void stack__pc_that_is_not_mapped_is_a_question_mark(void **state)
{
	struct stack_tracee tracee;

	(void)state;
	stack_start(&tracee, "stack_nested", NULL);
	tracee.regs.rip = 0xdead;
	assert_true(stack_capture(&tracee) >= 1);
	tracee.text[strcspn(tracee.text, "\n")] = '\0';
	assert_string_equal(tracee.text, "0xdead (?)");
	stack_end(&tracee);
}

enum filling { FILL_ZEROS,
	       FILL_ONES,
	       FILL_SP,
	       FILL_PC,
	       FILL_PATTERN };

static void stack__overwritten_stack_memory_ends_in_time(void **state)
{
	enum filling filling = (enum filling)(uintptr_t)*state;
	uint64_t words[4096], begin, behind;
	struct stack_tracee tracee;
	size_t i, count;
	pid_t helper;

	stack_start(&tracee, "stack_nested", NULL);
	assert_true(stack_capture(&tracee) > 1);
	helper = fst_stack_helper(tracee.stack);
	begin = stack_find_mapping(&tracee, "[stack]", &behind);
	assert_in_range(tracee.regs.rsp, begin, behind);
	count = (behind - tracee.regs.rsp) / sizeof(words[0]);
	if (count > 4096)
		count = 4096;
	for (i = 0; i < count; i++) {
		const uint64_t by_filling[] = { 0, UINT64_MAX, tracee.regs.rsp + i * 8, tracee.regs.rip,
						i * UINT64_C(0x9e3779b97f4a7c15) };

		words[i] = by_filling[filling];
	}
	stack_poke(&tracee, tracee.regs.rsp, words, count * sizeof(words[0]));
	assert_in_range(stack_capture(&tracee), 1, FST_STACK_MAX_FRAMES);
	/* What cannot be run was never returned to. */
	assert_null(strstr(tracee.text, "[stack]"));
	assert_int_equal(fst_stack_helper(tracee.stack), helper);
	stack_end(&tracee);
}

/* The attack: two frames that are each other's callers. (One that is its own the unwinder finds out by itself.) */
static void stack__frames_that_are_each_others_callers_end_the_stack(void **state)
{
	struct stack_tracee tracee;
	uint64_t frame[2], other;

	(void)state;
	stack_start(&tracee, "stack_pointer", NULL);
	assert_true(stack_capture(&tracee) >= 3);
	stack_assert_line_is(&tracee, 1, "sized_at_run_time");
	/* What kill() returns to is the address in the function that is to be its own caller. */
	errno = 0;
	frame[1] = (uint64_t)ptrace(PTRACE_PEEKDATA, tracee.tid, tracee.regs.rsp, 0);
	assert_int_equal(errno, 0);
	other = tracee.regs.rbp + 256;
	frame[0] = other;
	stack_poke(&tracee, tracee.regs.rbp, frame, sizeof(frame));
	frame[0] = tracee.regs.rbp;
	stack_poke(&tracee, other, frame, sizeof(frame));
	/* kill, the function, its caller, and that one's; the next would lie below it. */
	assert_int_equal(stack_capture(&tracee), 4);
	stack_assert_line_is(&tracee, 3, "sized_at_run_time");
	assert_int_equal(stack_count_lines(tracee.text), 4);
	stack_end(&tracee);
}

/* Where the tracee's file has this byte string in its section of unwind tables, as an address in memory. */
static uint64_t find_in_memory(const struct stack_tracee *tracee, const struct stack_copy *copy, const void *bytes,
			       size_t count)
{
	unsigned char *found = memmem(copy->bytes, copy->count, bytes, count);
	uint64_t behind;

	assert_non_null(found);
	/* The first mappings of a position-independent program lie in memory as in the file. */
	return stack_find_mapping(tracee, "/copy", &behind) + (uint64_t)(found - copy->bytes);
}

/* The attack: an unwind table whose expression jumps to itself. The linker's own for the PLT is made into one. */
static void stack__endless_unwind_expression_times_out(void **state)
{
	/* DW_CFA_def_cfa_expression, its length, DW_OP_breg7+8, DW_OP_breg16 … */
	static const unsigned char of_plt[] = { 0x0f, 0x0b, 0x77, 0x08, 0x80, 0x00 };
	static const unsigned char loop[] = { 0x2f, 0xfd, 0xff }; /* DW_OP_skip -3 */
	struct stack_copy copy;
	struct stack_tracee tracee;
	uint64_t begin, behind;

	(void)state;
	stack_copy_load(&copy, "stack_nested");
	stack_copy_store(&copy);
	stack_start_path(&tracee, copy.path, NULL);
	begin = stack_find_mapping(&tracee, "/copy", &behind);
	/* Behind the PLT's first entry, which has no expression. */
	tracee.regs.rip = begin + stack_copy_section_named(&copy, ".plt")->sh_addr + 16;
	assert_true(stack_capture(&tracee) >= 1);
	stack_poke(&tracee, find_in_memory(&tracee, &copy, of_plt, sizeof(of_plt)) + 2, loop, sizeof(loop));
	assert_int_equal(stack_capture(&tracee), -ETIMEDOUT);
	assert_string_equal(tracee.text, "");
	stack_end(&tracee);
	stack_copy_drop(&copy);
}

/*
 * The attack: a stack whose pages never come. Linux 6.18 does not wait for them in /proc/PID/mem (they are unreadable);
 * where a kernel does, the helper is what waits.
 */
static void stack__page_behind_userfaultfd_holds_nobody_up(void **state)
{
	struct user_regs_struct good;
	struct timespec begin;
	struct stack_tracee tracee;
	int result;

	(void)state;
	stack_start(&tracee, "stack_userfault", NULL);
	if (!tracee.tid) {
		print_message("skipped: userfaultfd for the kernel's own accesses is not allowed here\n");
		stack_end(&tracee);
		skip();
	}
	good = tracee.regs;
	assert_true(stack_capture(&tracee) >= 2);
	tracee.regs.rsp = USERFAULT_ADDRESS;
	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &begin);
	result = stack_capture(&tracee);
	assert_true(stack_elapsed_ms(&begin) < FST_STACK_TIMEOUT_MS + 200);
	if (result != -ETIMEDOUT)
		assert_int_equal(result, 1);
	tracee.regs = good;
	assert_true(stack_capture(&tracee) >= 2);
	stack_assert_line_is(&tracee, 1, "main");
	stack_end(&tracee);
}

#define LAW(name) cmocka_unit_test(name)
#define ROW(title, function, row) \
	{ \
		.name = title, .test_func = function, .initial_state = (void *)(uintptr_t)(row) \
	}
#define HOSTILE(title, change, bytes) \
	ROW("stack__" title "_costs_only_names", stack__hostile_file_costs_no_more_than_its_names, \
	    (&(struct hostile_file){ change, bytes }))
#define UNREADABLE(title, address) \
	ROW("stack__sp_" title "_leaves_the_pc_alone", stack__with_unreadable_stack_memory_is_the_pc_alone, \
	    (&(struct bad_register){ .sp = (address) }))
#define OVERWRITTEN(title, filling) \
	ROW("stack__overwritten_with_" title "_ends_in_time", stack__overwritten_stack_memory_ends_in_time, filling)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LAW(stack__fifo_with_the_modules_name_is_not_waited_for),
		HOSTILE("shoff_behind_the_file", shoff_behind_the_file, 0),
		HOSTILE("shoff_of_all_ones", shoff_is_all_ones, 0),
		HOSTILE("section_names_out_of_range", section_names_are_out_of_range, 0),
		HOSTILE("symtab_offset_of_all_ones", symtab_offset_is_all_ones, 0),
		HOSTILE("symtab_size_of_all_ones", symtab_size_is_all_ones, 0),
		HOSTILE("symtab_entry_size_of_zero", symtab_entry_size_is_zero, 0),
		HOSTILE("symtab_as_its_own_string_table", symtab_is_its_own_string_table, 0),
		HOSTILE("symbols_that_reach_over_everything", symbols_reach_over_everything, 0),
		HOSTILE("symbol_names_out_of_range", symbol_names_are_out_of_range, 0),
		HOSTILE("empty_symbol_names", symbol_names_are_empty, 0),
		HOSTILE("symbol_names_without_an_end", symbol_names_do_not_end, 0),
		HOSTILE("symtab_of_900_megabytes", symtab_has_900_megabytes, 1000 << 20),
		LAW(stack__file_of_more_than_a_gigabyte_gives_no_names),
		LAW(stack__unprintable_bytes_of_names_are_replaced),
		UNREADABLE("of_zero", 0),
		UNREADABLE("of_all_ones", UINT64_MAX),
		UNREADABLE("at_the_end_of_memory", UINT64_MAX - 7),
		UNREADABLE("in_the_kernel", UINT64_C(0xffff800000000000)),
		UNREADABLE("that_is_not_canonical", UINT64_C(0x0001000000000000)),
		UNREADABLE("that_is_not_mapped", 0x1000),
		LAW(stack__pc_that_is_not_mapped_is_a_question_mark),
		OVERWRITTEN("zeros", FILL_ZEROS),
		OVERWRITTEN("ones", FILL_ONES),
		OVERWRITTEN("stack_addresses", FILL_SP),
		OVERWRITTEN("its_pc", FILL_PC),
		OVERWRITTEN("a_pattern", FILL_PATTERN),
		LAW(stack__frames_that_are_each_others_callers_end_the_stack),
		LAW(stack__endless_unwind_expression_times_out),
		LAW(stack__page_behind_userfaultfd_holds_nobody_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
