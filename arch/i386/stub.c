/* SPDX-License-Identifier: MIT */
/*
 * The stub of i386. A call leaves all registers but eax as they were, so none is to spare: the result is looked at in
 * ecx, an argument, which is given back last. Words are read where they are in memory, their lower halves; that of
 * word 7 is 0 where no result is meant.
 */
#include <string.h>

#include <arch/stub.h>

#define GAP 0, 0, 0, 0 /* the address of a word */

static const unsigned char code[] = {
	0xcd, 0x80,       /* int $0x80 */
	0x8b, 0x1d, GAP,  /* mov word 0, %ebx */
	0x8b, 0x15, GAP,  /* mov word 2, %edx */
	0x8b, 0x35, GAP,  /* mov word 3, %esi */
	0x8b, 0x3d, GAP,  /* mov word 4, %edi */
	0x8b, 0x2d, GAP,  /* mov word 5, %ebp */
	0x8b, 0x0d, GAP,  /* mov word 7, %ecx */
	0xe3, 0x05,       /* jecxz back */
	0x8d, 0x0c, 0x01, /* lea (%ecx, %eax), %ecx */
	0xe3, 0x0c,       /* jecxz again */
	0x8b, 0x0d, GAP,  /* back: mov word 1, %ecx */
	0xff, 0x25, GAP,  /* jmp *word 6 */
#define AGAIN 57
	0x8b, 0x0d, GAP, /* again: mov word 1, %ecx */
	0xa1, GAP,       /* mov word 8, %eax */
	0xeb, 0xba,      /* jmp to the call */
};
static const uint8_t words_at[][2] = { /* where, which */
				       { 4, 0 },
				       { 10, 2 },
				       { 16, 3 },
				       { 22, 4 },
				       { 28, 5 },
				       { 34, 7 },
				       { 47, 1 },
				       { 53, 6 },
				       { 59, 1 },
				       { 64, 8 }
};
_Static_assert(sizeof(code) <= FST_STUB_MAX_BYTES, "a stub");
_Static_assert(!(uint32_t)FST_STUB_NEVER, "no result");

static void write_stub(void *to, uint64_t at, uint64_t words)
{
	(void)at;
	memcpy(to, code, sizeof(code));
	for (unsigned i = 0; i < sizeof(words_at) / sizeof(*words_at); i++) {
		uint32_t address = (uint32_t)words + words_at[i][1] * 8u;

		memcpy((char *)to + words_at[i][0], &address, sizeof(address));
	}
}

const struct fst_stub fst_stub_i386 = {
	.bytes = sizeof(code),
	.entry = 2,
	.again = AGAIN,
	.write = write_stub,
};
