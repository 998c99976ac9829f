/* SPDX-License-Identifier: MIT */
/* x86-64's way to go round: a register counts down, about a second. */
#include <string.h>

#include <arch/park.h>

#define POISON_AT 10

static void write_code(void *code, uint32_t poison)
{
	static const unsigned char insns[] = {
		0xb9, 0xff, 0xff, 0xff, 0xff, /*       mov $-1, %ecx */
		0xff, 0xc9,                   /* round: dec %ecx */
		0x75, 0xfc,                   /*       jne round */
		0xb8, 0, 0, 0, 0,             /*       mov $poison, %eax */
		0x0f, 0x05,                   /*       syscall */
		0x0f, 0x0b,                   /*       ud2, which the program does not get to */
	};
	unsigned char *to = code;

	memcpy(to, insns, sizeof(insns));
	memcpy(to + POISON_AT, &poison, sizeof(poison));
}

const struct fst_park_code fst_park_code_x86_64 = {
	.bytes = 18,
	.flags = 18 * 8, /* eflags */
	.stepping = 0x100,
	.end_of_user = UINT64_C(1) << 63,
	.write = write_code,
};
