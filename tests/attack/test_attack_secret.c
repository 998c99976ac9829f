/* SPDX-License-Identifier: MIT */
/* A program that looks for what its start left behind. */
#include "../system/harness.h"
#include "first_look.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START 0x10000000 /* where pages of 64 KiB begin, too */
#define TRACED "default allow\ntrace getppid\n"

static void write_program(const char *path)
{
	struct {
		Elf64_Ehdr file;
		Elf64_Phdr segment;
		char code[512];
	} image = { 0 };
	size_t bytes = end_of_program - begin_of_program;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);

	assert_true(bytes <= sizeof(image.code));
	memcpy(image.file.e_ident, ELFMAG, SELFMAG);
	image.file.e_ident[EI_CLASS] = ELFCLASS64;
	image.file.e_ident[EI_DATA] = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? ELFDATA2MSB : ELFDATA2LSB;
	image.file.e_ident[EI_VERSION] = EV_CURRENT;
	image.file.e_flags = FIRST_LOOK_FLAGS;
	image.file.e_type = ET_EXEC;
	image.file.e_machine = FIRST_LOOK_MACHINE;
	image.file.e_version = 1;
	image.file.e_entry = START + offsetof(__typeof__(image), code);
	image.file.e_phoff = offsetof(__typeof__(image), segment);
	image.file.e_ehsize = sizeof(image.file);
	image.file.e_phentsize = sizeof(image.segment);
	image.file.e_phnum = 1;
	image.segment = (Elf64_Phdr){ .p_type = PT_LOAD,
				      .p_flags = PF_R | PF_X,
				      .p_vaddr = START,
				      .p_filesz = sizeof(image),
				      .p_memsz = sizeof(image),
				      .p_align = 65536 };
	memcpy(image.code, begin_of_program, bytes);
	assert_int_equal(write(fd, &image, sizeof(image)), sizeof(image));
	close(fd);
}

static void secret__of_the_start_is_in_no_register_of_the_program(void **state)
{
	char folder[] = "/tmp/flagstop-secret-XXXXXX", path[64], *argv[] = { path, NULL };
	struct run run = RUN_INIT(TRACED);
	uint64_t registers[FIRST_LOOK_WORDS];

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
		if (!(FIRST_LOOK_OWN >> i & 1))
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
