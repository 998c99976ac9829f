/* SPDX-License-Identifier: MIT */
/*
 * The hermit of i386. An address space ends two pages before 4 GiB, or, under a 32-bit kernel and with ADDR_LIMIT_3GB,
 * at a multiple of 16 MiB (TASK_SIZE, arch/x86/include/asm/page_types.h and processor.h). Ends are tried from 4 GiB
 * downwards while munmap() says EINVAL; the one that it takes is the end if it says that of the page behind it. All
 * calls are made by int $0x80, as the vDSO goes, too.
 */
#include <arch/stub.h>

#define CALL 0xcd, 0x80

/* On the stack: page, its end, the end of memory, each of two words, and the descriptor */
static const unsigned char hermit[] = {
	0x8b, 0x74, 0x24, 0x04,       /* mov 4(%esp), %esi */
	0x8b, 0x7c, 0x24, 0x0c,       /* mov 12(%esp), %edi */
	0x8b, 0x6c, 0x24, 0x14,       /* mov 20(%esp), %ebp: 0 for 4 GiB */
	0x8b, 0x54, 0x24, 0x1c,       /* mov 28(%esp), %edx */
	0x31, 0xdb,                   /* xor %ebx, %ebx */
	0x89, 0xf1,                   /* mov %esi, %ecx */
	0xb8, 0x5b, 0x00, 0x00, 0x00, /* mov $91, %eax: munmap(0, page) */
	CALL,
	0x85, 0xc0,                   /* test %eax, %eax */
	0x75, 0x70,                   /* jnz bad */
	0x89, 0xfb,                   /* all: mov %edi, %ebx */
	0x89, 0xe9,                   /* mov %ebp, %ecx */
	0x29, 0xf9,                   /* sub %edi, %ecx */
	0xb8, 0x5b, 0x00, 0x00, 0x00, /* mov $91, %eax: munmap(end, all) */
	CALL,
	0x85, 0xc0,                         /* test %eax, %eax */
	0x74, 0x20,                         /* jz gone */
	0x83, 0xf8, 0xea,                   /* cmp $-22, %eax: EINVAL */
	0x75, 0x5a,                         /* jne bad */
	0x4d,                               /* dec %ebp */
	0x81, 0xfd, 0x00, 0x00, 0xff, 0xff, /* cmp $0xffff0000, %ebp */
	0x73, 0x06,                         /* jae page */
	0x81, 0xe5, 0x00, 0x00, 0x00, 0xff, /* and $0xff000000, %ebp */
	0x81, 0xe5, 0x00, 0xf0, 0xff, 0xff, /* page: and $0xfffff000, %ebp */
	0x39, 0xfd,                         /* cmp %edi, %ebp */
	0x77, 0xd1,                         /* ja all */
	0xeb, 0x3f,                         /* jmp bad */
	0x89, 0xeb,                         /* gone: mov %ebp, %ebx */
	0xb9, 0x00, 0x10, 0x00, 0x00,       /* mov $4096, %ecx */
	0xb8, 0x5b, 0x00, 0x00, 0x00,       /* mov $91, %eax: munmap(behind all, a page) */
	CALL,
	0x83, 0xf8, 0xea,             /* cmp $-22, %eax */
	0x75, 0x2c,                   /* jne bad */
	0xbb, 0x04, 0x00, 0x00, 0x00, /* mov $4, %ebx: prctl(PR_SET_DUMPABLE, 1) */
	0xb9, 0x01, 0x00, 0x00, 0x00, /* mov $1, %ecx */
	0x87, 0xea,                   /* xchg %ebp, %edx */
	0xb8, 0xac, 0x00, 0x00, 0x00, /* mov $172, %eax */
	CALL,
	0x89, 0xeb,                   /* mov %ebp, %ebx: write(fd, page, 8) */
	0x89, 0xf1,                   /* mov %esi, %ecx */
	0xba, 0x08, 0x00, 0x00, 0x00, /* mov $8, %edx */
	0xb8, 0x04, 0x00, 0x00, 0x00, /* mov $4, %eax */
	CALL,
	0xb8, 0x1d, 0x00, 0x00, 0x00, /* again: mov $29, %eax: pause() */
	CALL,
	0xeb, 0xf7, /* jmp again */
	0x0f, 0x0b, /* bad: ud2 */
};

const struct fst_hermit fst_hermit_i386 = {
	.code = hermit,
	.bytes = sizeof(hermit),
	.end_of_memory = UINT64_C(1) << 32,
};
