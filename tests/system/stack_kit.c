/* SPDX-License-Identifier: MIT */
/*
 * Decides how a tracee of the stack tests is brought to its stop. Traced here directly, so that these tests need
 * nothing of the tracer but its stacks.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stack_kit.h"

static pid_t spawn(const char *path, const char *argument)
{
	pid_t tid = fork();

	if (tid)
		return tid;
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	execl(path, path, argument, (char *)NULL);
	_exit(127);
}

void stack_start_path(struct stack_tracee *tracee, const char *path, const char *argument)
{
	struct iovec regset = { &tracee->regs, sizeof(tracee->regs) };
	int signal_number = 0;

	memset(tracee, 0, sizeof(*tracee));
	tracee->stack = fst_stack_new();
	assert_non_null(tracee->stack);
	tracee->tid = spawn(path, argument);
	assert_true(tracee->tid > 0);
	assert_int_equal(waitpid(tracee->tid, &tracee->status, 0), tracee->tid);
	assert_true(WIFSTOPPED(tracee->status));
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, tracee->tid, 0, PTRACE_O_EXITKILL), 0);
	while (WIFSTOPPED(tracee->status) && WSTOPSIG(tracee->status) != SIGUSR1) {
		assert_int_equal(ptrace(PTRACE_CONT, tracee->tid, 0, signal_number), 0);
		assert_int_equal(waitpid(tracee->tid, &tracee->status, 0), tracee->tid);
		signal_number = WIFSTOPPED(tracee->status) ? WSTOPSIG(tracee->status) : 0;
	}
	if (!WIFSTOPPED(tracee->status)) {
		tracee->tid = 0;
		return;
	}
	assert_int_equal(ptrace(PTRACE_GETREGSET, tracee->tid, NT_PRSTATUS, &regset), 0);
}

void stack_start(struct stack_tracee *tracee, const char *name, const char *argument)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", FLAGSTOP_TRACEES_DIR, name);
	stack_start_path(tracee, path, argument);
}

void stack_end_process(struct stack_tracee *tracee)
{
	if (!tracee->tid)
		return;
	kill(tracee->tid, SIGKILL);
	waitpid(tracee->tid, NULL, 0);
	tracee->tid = 0;
}

void stack_end(struct stack_tracee *tracee)
{
	stack_end_process(tracee);
	fst_stack_free(tracee->stack);
}

int stack_capture(struct stack_tracee *tracee)
{
	struct fst_stack_request request = { tracee->tid, &tracee->regs, sizeof(tracee->regs) };

	return fst_stack_capture(tracee->stack, &request, tracee->text, sizeof(tracee->text));
}

int64_t stack_elapsed_ms(const struct timespec *since)
{
	struct timespec now;

	syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return (now.tv_sec - since->tv_sec) * 1000 + (now.tv_nsec - since->tv_nsec) / 1000000;
}

void stack_name_of_line(const char *text, int index, char *name, size_t size)
{
	size_t bytes;

	while (index-- && text)
		text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL;
	assert_non_null(text);
	bytes = strcspn(text, "+ \n");
	assert_true(bytes < size);
	memcpy(name, text, bytes);
	name[bytes] = '\0';
}

void stack_assert_line_is(const struct stack_tracee *tracee, int index, const char *name)
{
	char found[256];

	stack_name_of_line(tracee->text, index, found, sizeof(found));
	assert_string_equal(found, name);
}

int stack_count_lines(const char *text)
{
	int lines = *text ? 1 : 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

void stack_poke(const struct stack_tracee *tracee, uint64_t address, const void *bytes, size_t count)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", tracee->tid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, count, (off_t)address), count);
	close(fd);
}

uint64_t stack_find_mapping(const struct stack_tracee *tracee, const char *name, uint64_t *ret_end)
{
	unsigned long begin = 0, behind = 0;
	char path[64], line[1024];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", tracee->tid);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (strlen(line) >= strlen(name) && !strcmp(line + strlen(line) - strlen(name), name)) {
			assert_int_equal(sscanf(line, "%lx-%lx", &begin, &behind), 2);
			break;
		}
	}
	fclose(file);
	*ret_end = behind;
	return begin;
}

Elf64_Shdr *stack_copy_section(const struct stack_copy *copy, unsigned type)
{
	Elf64_Ehdr *file = (Elf64_Ehdr *)copy->bytes;
	Elf64_Shdr *sections = (Elf64_Shdr *)(copy->bytes + file->e_shoff);
	unsigned i;

	for (i = 0; i < file->e_shnum; i++)
		if (sections[i].sh_type == type)
			return &sections[i];
	fail_msg("the tracee has no section of type %u", type);
	return NULL;
}

Elf64_Shdr *stack_copy_section_named(const struct stack_copy *copy, const char *name)
{
	Elf64_Ehdr *file = (Elf64_Ehdr *)copy->bytes;
	Elf64_Shdr *sections = (Elf64_Shdr *)(copy->bytes + file->e_shoff);
	const char *names = (char *)copy->bytes + sections[file->e_shstrndx].sh_offset;
	unsigned i;

	for (i = 0; i < file->e_shnum; i++)
		if (!strcmp(names + sections[i].sh_name, name))
			return &sections[i];
	fail_msg("the tracee has no section %s", name);
	return NULL;
}

void stack_copy_load(struct stack_copy *copy, const char *name)
{
	char source[512];
	struct stat info;
	int fd;

	snprintf(copy->folder, sizeof(copy->folder), "/tmp/flagstop-stack-XXXXXX");
	assert_non_null(mkdtemp(copy->folder));
	snprintf(copy->path, sizeof(copy->path), "%s/copy", copy->folder);
	snprintf(source, sizeof(source), "%s/%s", FLAGSTOP_TRACEES_DIR, name);
	fd = open(source, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &info), 0);
	copy->count = (size_t)info.st_size;
	copy->bytes = malloc(copy->count);
	assert_non_null(copy->bytes);
	assert_int_equal(read(fd, copy->bytes, copy->count), copy->count);
	close(fd);
}

void stack_copy_store(const struct stack_copy *copy)
{
	int fd = open(copy->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, copy->bytes, copy->count), copy->count);
	close(fd);
}

void stack_copy_drop(struct stack_copy *copy)
{
	unlink(copy->path);
	assert_int_equal(rmdir(copy->folder), 0);
	free(copy->bytes);
}

void stack_copy_hide_symbols(struct stack_copy *copy)
{
	stack_copy_section(copy, SHT_SYMTAB)->sh_type = SHT_PROGBITS;
}
