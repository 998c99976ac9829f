/* SPDX-License-Identifier: MIT */
/*
 * A call made by hand on architectures whose arguments the compiler can be told to put in place: which registers they
 * are, what makes the call, and what that leaves in no register that the program may rely on; and the upper half of the
 * addresses in the window. Of x86 more than these is to be looked at (pin_open.h).
 */
#if defined(__aarch64__)
#define CALL_NUMBER "x8"
#define CALL_ARGUMENTS(each) each(0, "x0") each(1, "x1") each(2, "x2") each(3, "x3") each(4, "x4") each(5, "x5")
#define CALL_INSN "svc #0"
#define CALL_CLOBBERS "memory"
#define CALL_KEEPS_NUMBER 1
#define WINDOW_HIGH 0xdfff
#elif defined(__riscv)
#define CALL_NUMBER "a7"
#define CALL_ARGUMENTS(each) each(0, "a0") each(1, "a1") each(2, "a2") each(3, "a3") each(4, "a4") each(5, "a5")
#define CALL_INSN "ecall"
#define CALL_CLOBBERS "memory"
#define CALL_KEEPS_NUMBER 1
#define WINDOW_HIGH 0x7
#elif defined(__powerpc64__) /* the sign of an error is CR0.SO */
#define CALL_NUMBER "r0"
#define CALL_ARGUMENTS(each) each(0, "r3") each(1, "r4") each(2, "r5") each(3, "r6") each(4, "r7") each(5, "r8")
#define CALL_INSN "sc\n\tbns+ 1f\n\tneg 3, 3\n1:"
#define CALL_CLOBBERS "memory", "cr0", "ctr", "r9", "r10", "r11", "r12"
#define CALL_KEEPS_NUMBER 0
#define WINDOW_HIGH 0x2fff
#elif defined(__s390x__)
#define CALL_NUMBER "r1"
#define CALL_ARGUMENTS(each) each(0, "r2") each(1, "r3") each(2, "r4") each(3, "r5") each(4, "r6") each(5, "r7")
#define CALL_INSN "svc 0"
#define CALL_CLOBBERS "memory"
#define CALL_KEEPS_NUMBER 1
#define WINDOW_HIGH 0x37f
#endif
