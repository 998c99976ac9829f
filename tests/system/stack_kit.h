/* SPDX-License-Identifier: MIT */
#ifndef FST_TESTS_STACK_KIT_H
#define FST_TESTS_STACK_KIT_H

/* Tracees for the tests of stacks: started, stopped at their SIGUSR1, ended; and changed copies of their files. */

#include <elf.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>
#include <time.h>

#include <tracer/stack.h>

struct stack_tracee {
	pid_t tid; /* 0: it ended before its signal */
	int status;
	struct user_regs_struct regs;
	struct fst_stack *stack;
	char text[FST_STACK_MAX_TEXT_BYTES];
};

/* Runs the program up to its SIGUSR1 and takes its registers there. */
void stack_start_path(struct stack_tracee *tracee, const char *path, const char *argument);
void stack_start(struct stack_tracee *tracee, const char *name, const char *argument); /* one of tests/tracees */
void stack_end_process(struct stack_tracee *tracee);
void stack_end(struct stack_tracee *tracee);

int stack_capture(struct stack_tracee *tracee);
int64_t stack_elapsed_ms(const struct timespec *since); /* CLOCK_MONOTONIC, the real one */

/* Line `index` of the text, cut at its first '+' or blank: the name. */
void stack_name_of_line(const char *text, int index, char *name, size_t size);
void stack_assert_line_is(const struct stack_tracee *tracee, int index, const char *name);
int stack_count_lines(const char *text);

void stack_poke(const struct stack_tracee *tracee, uint64_t address, const void *bytes, size_t count);
/* The address at which the first mapping whose line ends in `name` begins (0: none); *ret_end is where it ends. */
uint64_t stack_find_mapping(const struct stack_tracee *tracee, const char *name, uint64_t *ret_end);

/* A tracee's file in a folder of its own, to be changed between _load and _store. */
struct stack_copy {
	char folder[64], path[128];
	unsigned char *bytes;
	size_t count;
};

void stack_copy_load(struct stack_copy *copy, const char *name);
void stack_copy_store(const struct stack_copy *copy);
void stack_copy_drop(struct stack_copy *copy);
Elf64_Shdr *stack_copy_section(const struct stack_copy *copy, unsigned type);
Elf64_Shdr *stack_copy_section_named(const struct stack_copy *copy, const char *name);
/* As strip(1) leaves it, as far as symbols go. */
void stack_copy_hide_symbols(struct stack_copy *copy);

#endif
