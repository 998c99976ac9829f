/* SPDX-License-Identifier: MIT */
/*
 * The stub of x86_64. A call leaves rcx (the address behind it) and r11 (the flags) behind, and nothing else; the jump
 * through memory needs no register. The result is looked at without a change of flags, in rcx, which is the program's
 * own afterwards: the address behind its call.
 */
#include <string.h>

#include <arch/stub.h>

#define CALL 0x0f, 0x05
#define GAP 0, 0, 0, 0 /* the distance of a word from the next instruction */

static const unsigned char code[] = {
	CALL,
	0x48, 0x8b, 0x3d, GAP,  /* mov word 0, %rdi */
	0x48, 0x8b, 0x35, GAP,  /* mov word 1, %rsi */
	0x48, 0x8b, 0x15, GAP,  /* mov word 2, %rdx */
	0x4c, 0x8b, 0x15, GAP,  /* mov word 3, %r10 */
	0x4c, 0x8b, 0x05, GAP,  /* mov word 4, %r8 */
	0x4c, 0x8b, 0x0d, GAP,  /* mov word 5, %r9 */
	0x48, 0x8b, 0x0d, GAP,  /* mov word 7, %rcx */
	0x48, 0x8d, 0x0c, 0x01, /* lea (%rcx, %rax), %rcx */
	0xe3, 0x0d,             /* jrcxz again */
	0x48, 0x8b, 0x0d, GAP,  /* mov word 6, %rcx */
	0xff, 0x25, GAP,        /* jmp *word 6 */
#define AGAIN 70
	0x8b, 0x05, GAP, /* again: mov word 8, %eax */
	0xeb, 0xb2,      /* jmp to the call */
};
static const uint8_t words_at[][2] = { /* where, which */
				       { 5, 0 },
				       { 12, 1 },
				       { 19, 2 },
				       { 26, 3 },
				       { 33, 4 },
				       { 40, 5 },
				       { 47, 7 },
				       { 60, 6 },
				       { 66, 6 },
				       { 72, 8 }
};
_Static_assert(sizeof(code) <= FST_STUB_MAX_BYTES, "a stub");

static void write_stub(void *to, uint64_t at, uint64_t words)
{
	memcpy(to, code, sizeof(code));
	for (unsigned i = 0; i < sizeof(words_at) / sizeof(*words_at); i++) {
		size_t gap = words_at[i][0];
		int32_t distance = (int32_t)(words + words_at[i][1] * 8u - (at + gap + 4));

		memcpy((char *)to + gap, &distance, sizeof(distance));
	}
}

const struct fst_stub fst_stub_x86_64 = {
	.bytes = sizeof(code),
	.entry = 2,
	.again = AGAIN,
	.call_next = 11 * 8, /* rcx */
	.write = write_stub,
};

/* rdi page, rsi its end, rdx the end of memory, ecx the descriptor */
static const unsigned char hermit[] = {
	0x48, 0x89, 0xfb,             /* mov %rdi, %rbx */
	0x49, 0x89, 0xf4,             /* mov %rsi, %r12 */
	0x49, 0x89, 0xd5,             /* mov %rdx, %r13 */
	0x41, 0x89, 0xce,             /* mov %ecx, %r14d */
	0x31, 0xff,                   /* xor %edi, %edi */
	0x48, 0x89, 0xde,             /* mov %rbx, %rsi */
	0xb8, 0x0b, 0x00, 0x00, 0x00, /* mov $11, %eax: munmap(0, page) */
	CALL,
	0x48, 0x85, 0xc0,             /* test %rax, %rax */
	0x75, 0x41,                   /* jnz bad */
	0x4c, 0x89, 0xe7,             /* mov %r12, %rdi */
	0x4c, 0x89, 0xee,             /* mov %r13, %rsi */
	0x4c, 0x29, 0xe6,             /* sub %r12, %rsi */
	0xb8, 0x0b, 0x00, 0x00, 0x00, /* mov $11, %eax: munmap(end, all) */
	CALL,
	0x48, 0x85, 0xc0,             /* test %rax, %rax */
	0x75, 0x2c,                   /* jnz bad */
	0xbf, 0x04, 0x00, 0x00, 0x00, /* mov $4, %edi: prctl(PR_SET_DUMPABLE, 1) */
	0xbe, 0x01, 0x00, 0x00, 0x00, /* mov $1, %esi */
	0xb8, 0x9d, 0x00, 0x00, 0x00, /* mov $157, %eax */
	CALL,
	0x44, 0x89, 0xf7,             /* mov %r14d, %edi: write(fd, page, 8) */
	0x48, 0x89, 0xde,             /* mov %rbx, %rsi */
	0xba, 0x08, 0x00, 0x00, 0x00, /* mov $8, %edx */
	0xb8, 0x01, 0x00, 0x00, 0x00, /* mov $1, %eax */
	CALL,
	0xb8, 0x22, 0x00, 0x00, 0x00, /* again: mov $34, %eax: pause() */
	CALL,
	0xeb, 0xf7, /* jmp again */
	0x0f, 0x0b, /* bad: ud2 */
};

const struct fst_hermit fst_hermit_x86_64 = {
	.code = hermit,
	.bytes = sizeof(hermit),
	.end_of_memory = UINT64_C(0x7ffffffff000),
};
