/* SPDX-License-Identifier: MIT */
/*
 * The least that pinning a path can cost: the string is copied to where the tracee cannot write, the argument is
 * pointed there, and the call is made to return through code there that puts the register back. It judges nothing,
 * resolves nothing, and knows one thread only: no signal, no restart, no second call would survive it.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/elf.h>

#include "bench.h"

#define WINDOW 0x6fff00000000
#define PAGE_BYTES 4096
#define CALL_BYTES 2 /* of the `syscall` that a restart would step back on */
#define STRING_BYTES 256
/* Where x86-64's registers are in the set (sys/user.h). */
#define R10 7
#define RSI 13
#define RIP 16

/* In the second page. */
struct slot {
	uint64_t argument, back;
	char string[PAGE_BYTES - 16];
};

static struct slot *slot;

/* syscall; mov argument(%rip), %rsi; jmp *back(%rip) */
static void write_code(unsigned char *code)
{
	static const unsigned char insns[] = { 0x0f, 0x05, 0x48, 0x8b, 0x35, 0, 0, 0, 0, 0xff, 0x25, 0, 0, 0, 0 };
	const int32_t to_argument = PAGE_BYTES - 9, to_back = PAGE_BYTES + 8 - 15; /* from behind each */

	memcpy(code, insns, sizeof(insns));
	memcpy(code + 5, &to_argument, 4);
	memcpy(code + 11, &to_back, 4);
}

int pin_prepare(void)
{
	bool has_code = flagstop_abi_native() == FLAGSTOP_ABI_X86_64;
	int fd = has_code ? memfd_create("window", MFD_CLOEXEC) : -1;
	char *window;

	if (fd < 0 || ftruncate(fd, 2L * PAGE_BYTES) || dup2(fd, WINDOW_FD) < 0)
		return -errno;
	window = mmap(NULL, 2L * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (window == MAP_FAILED)
		return -errno;
	write_code((unsigned char *)window);
	slot = (struct slot *)(window + PAGE_BYTES);
	return close(fd);
}

int pin_map(void)
{
	void *at = mmap((void *)WINDOW, 2L * PAGE_BYTES, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, WINDOW_FD, 0);

	return at == MAP_FAILED || close(WINDOW_FD);
}

void pin_path(pid_t tid)
{
	uint64_t registers[64];
	struct iovec set = { registers, sizeof(registers) }, here = { slot->string, STRING_BYTES }, there;

	ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &set);
	if (registers[R10] != OPEN_MARK) /* the loader's, before there is a window */
		return;
	there = (struct iovec){ (void *)registers[RSI], STRING_BYTES };
	process_vm_readv(tid, &here, 1, &there, 1, 0);
	slot->argument = registers[RSI];
	slot->back = registers[RIP];
	registers[RSI] = WINDOW + PAGE_BYTES + offsetof(struct slot, string);
	registers[RIP] = WINDOW + CALL_BYTES;
	ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &set);
}
