/* SPDX-License-Identifier: MIT */
/* A program that looks for what its start left behind. */
#include "../system/harness.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRACED "default allow\ntrace getppid\n"

/* Writes all registers and ends: as the first instructions of a program, so that nothing has overwritten any. */
__asm__(".text\nbegin_of_program:\n"
	"push %rsp\npush %r15\npush %r14\npush %r13\npush %r12\npush %r11\npush %r10\npush %r9\npush %r8\n"
	"push %rbp\npush %rdi\npush %rsi\npush %rdx\npush %rcx\npush %rbx\npush %rax\n"
	"mov $1, %eax\nmov $1, %edi\nmov %rsp, %rsi\nmov $120, %edx\nsyscall\n"
	"mov $60, %eax\nxor %edi, %edi\nsyscall\nend_of_program:\n");
extern const char begin_of_program[], end_of_program[];

static void write_program(const char *path)
{
	struct {
		Elf64_Ehdr file;
		Elf64_Phdr segment;
		char code[256];
	} image = { 0 };
	size_t bytes = end_of_program - begin_of_program;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

	assert_true(bytes <= sizeof(image.code));
	memcpy(image.file.e_ident, ELFMAG "\2\1\1", 7);
	image.file.e_type = ET_EXEC;
	image.file.e_machine = EM_X86_64;
	image.file.e_version = 1;
	image.file.e_entry = 0x400000 + offsetof(__typeof__(image), code);
	image.file.e_phoff = offsetof(__typeof__(image), segment);
	image.file.e_ehsize = sizeof(image.file);
	image.file.e_phentsize = sizeof(image.segment);
	image.file.e_phnum = 1;
	image.segment = (Elf64_Phdr){ .p_type = PT_LOAD,
				      .p_flags = PF_R | PF_X,
				      .p_vaddr = 0x400000,
				      .p_filesz = sizeof(image),
				      .p_memsz = sizeof(image),
				      .p_align = 4096 };
	memcpy(image.code, begin_of_program, bytes);
	assert_int_equal(write(fd, &image, sizeof(image)), sizeof(image));
	close(fd);
}

static void secret__of_the_start_is_in_no_register_of_the_program(void **state)
{
	char folder[] = "/tmp/flagstop-secret-XXXXXX", path[64], *argv[] = { path, NULL };
	struct run run = RUN_INIT(TRACED);
	uint64_t registers[15];

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/program", folder);
	write_program(path);
	run.options.report = *(const enum flagstop_report *)*state;
	assert_int_equal(run_try(&run, argv), 0);
	assert_int_equal(flagstop_session_wait(run.session, &run.error), 0);
	assert_int_equal(read(run.from, registers, sizeof(registers)), sizeof(registers));
	unlink(path);
	rmdir(folder);
	for (size_t i = 0; i < sizeof(registers) / sizeof(*registers); i++)
		assert_int_equal(registers[i], 0);
	run_free(&run);
}

static const struct CMUnitTest laws[] = {
	LAW_IN_BOTH(secret__of_the_start_is_in_no_register_of_the_program),
};

int main(void)
{
	return RUN_LAWS(laws);
}
