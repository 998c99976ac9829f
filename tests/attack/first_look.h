/* SPDX-License-Identifier: MIT */
/*
 * The first instructions of a program: they write all registers and end, so that nothing has overwritten any. So many
 * words come, and in those of FIRST_LOOK_OWN (bits) the kernel itself has put something.
 */
#include <elf.h>
#include <stdint.h>

#if defined(__x86_64__)
#define FIRST_LOOK_MACHINE EM_X86_64
#define FIRST_LOOK_FLAGS 0
#define FIRST_LOOK_WORDS 15
#define FIRST_LOOK_OWN UINT64_C(0)
__asm__(".text\nbegin_of_program:\n"
	"push %rsp\npush %r15\npush %r14\npush %r13\npush %r12\npush %r11\npush %r10\npush %r9\npush %r8\n"
	"push %rbp\npush %rdi\npush %rsi\npush %rdx\npush %rcx\npush %rbx\npush %rax\n"
	"mov $1, %eax\nmov $1, %edi\nmov %rsp, %rsi\nmov $120, %edx\nsyscall\n"
	"mov $60, %eax\nxor %edi, %edi\nsyscall\nend_of_program:\n");
#elif defined(__aarch64__)
#define FIRST_LOOK_MACHINE EM_AARCH64
#define FIRST_LOOK_FLAGS 0
#define FIRST_LOOK_WORDS 31
#define FIRST_LOOK_OWN UINT64_C(0)
__asm__(".text\nbegin_of_program:\n"
	"sub sp, sp, #256\nstp x0, x1, [sp]\nstp x2, x3, [sp, #16]\nstp x4, x5, [sp, #32]\nstp x6, x7, [sp, #48]\n"
	"stp x8, x9, [sp, #64]\nstp x10, x11, [sp, #80]\nstp x12, x13, [sp, #96]\nstp x14, x15, [sp, #112]\n"
	"stp x16, x17, [sp, #128]\nstp x18, x19, [sp, #144]\nstp x20, x21, [sp, #160]\nstp x22, x23, [sp, #176]\n"
	"stp x24, x25, [sp, #192]\nstp x26, x27, [sp, #208]\nstp x28, x29, [sp, #224]\nstr x30, [sp, #240]\n"
	"mov x0, #1\nmov x1, sp\nmov x2, #248\nmov x8, #64\nsvc #0\n"
	"mov x0, #0\nmov x8, #93\nsvc #0\nend_of_program:\n");
#elif defined(__riscv)
#define FIRST_LOOK_MACHINE EM_RISCV
#define FIRST_LOOK_FLAGS EF_RISCV_FLOAT_ABI_DOUBLE
#define FIRST_LOOK_WORDS 32
#define FIRST_LOOK_OWN (UINT64_C(1) << 2 | UINT64_C(1)) /* sp; and there is no x0 */
__asm__(".text\nbegin_of_program:\n.option push\n.option norvc\n"
	"addi sp, sp, -256\nsd x1, 8(sp)\nsd x2, 16(sp)\nsd x3, 24(sp)\nsd x4, 32(sp)\nsd x5, 40(sp)\nsd x6, 48(sp)\n"
	"sd x7, 56(sp)\nsd x8, 64(sp)\nsd x9, 72(sp)\nsd x10, 80(sp)\nsd x11, 88(sp)\nsd x12, 96(sp)\n"
	"sd x13, 104(sp)\nsd x14, 112(sp)\nsd x15, 120(sp)\nsd x16, 128(sp)\nsd x17, 136(sp)\nsd x18, 144(sp)\n"
	"sd x19, 152(sp)\nsd x20, 160(sp)\nsd x21, 168(sp)\nsd x22, 176(sp)\nsd x23, 184(sp)\nsd x24, 192(sp)\n"
	"sd x25, 200(sp)\nsd x26, 208(sp)\nsd x27, 216(sp)\nsd x28, 224(sp)\nsd x29, 232(sp)\nsd x30, 240(sp)\n"
	"sd x31, 248(sp)\nli a0, 1\nmv a1, sp\nli a2, 256\nli a7, 64\necall\n"
	"li a0, 0\nli a7, 93\necall\n.option pop\nend_of_program:\n");
#elif defined(__powerpc64__)
#define FIRST_LOOK_MACHINE EM_PPC64
#define FIRST_LOOK_FLAGS 2 /* ELFv2 */
#define FIRST_LOOK_WORDS 32
#define FIRST_LOOK_OWN (UINT64_C(1) | UINT64_C(1) << 1 | UINT64_C(1) << 12) /* execve, the stack, where it begins */
__asm__(".text\nbegin_of_program:\n"
	"std 0, -256(1)\nstd 1, -248(1)\nstd 2, -240(1)\nstd 3, -232(1)\nstd 4, -224(1)\nstd 5, -216(1)\n"
	"std 6, -208(1)\nstd 7, -200(1)\nstd 8, -192(1)\nstd 9, -184(1)\nstd 10, -176(1)\nstd 11, -168(1)\n"
	"std 12, -160(1)\nstd 13, -152(1)\nstd 14, -144(1)\nstd 15, -136(1)\nstd 16, -128(1)\nstd 17, -120(1)\n"
	"std 18, -112(1)\nstd 19, -104(1)\nstd 20, -96(1)\nstd 21, -88(1)\nstd 22, -80(1)\nstd 23, -72(1)\n"
	"std 24, -64(1)\nstd 25, -56(1)\nstd 26, -48(1)\nstd 27, -40(1)\nstd 28, -32(1)\nstd 29, -24(1)\n"
	"std 30, -16(1)\nstd 31, -8(1)\nli 0, 4\nli 3, 1\naddi 4, 1, -256\nli 5, 256\nsc\n"
	"li 0, 1\nli 3, 0\nsc\nend_of_program:\n");
#elif defined(__s390x__)
#define FIRST_LOOK_MACHINE EM_S390
#define FIRST_LOOK_FLAGS 0
#define FIRST_LOOK_WORDS 16
#define FIRST_LOOK_OWN (UINT64_C(1) << 15) /* the stack */
__asm__(".text\nbegin_of_program:\n"
	"stmg %r0, %r15, -128(%r15)\nlghi %r2, 1\nlay %r3, -128(%r15)\nlghi %r4, 128\nsvc 4\n"
	"lghi %r2, 0\nsvc 1\nend_of_program:\n");
#endif
/* Theirs is no place of its own in the table of addresses: what clang puts there for local names is the section. */
extern const char begin_of_program[] __attribute__((visibility("hidden")));
extern const char end_of_program[] __attribute__((visibility("hidden")));
