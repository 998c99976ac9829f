/* SPDX-License-Identifier: MIT */
/*
 * Where a signal's context has the pc, the result of a call, its second argument, and its number (or `other` where that
 * is in no register).
 */
#include <ucontext.h>

#if defined(__x86_64__)
#define CONTEXT_PC(uc) ((unsigned long)(uc)->uc_mcontext.gregs[REG_RIP])
#define CONTEXT_RESULT(uc) ((uc)->uc_mcontext.gregs[REG_RAX])
#define CONTEXT_SECOND(uc) ((unsigned long)(uc)->uc_mcontext.gregs[REG_RSI])
#define CONTEXT_NUMBER(uc, other) ((long)(other))
#elif defined(__i386__)
#define CONTEXT_PC(uc) ((unsigned long)(uc)->uc_mcontext.gregs[REG_EIP])
#define CONTEXT_RESULT(uc) ((uc)->uc_mcontext.gregs[REG_EAX])
#define CONTEXT_SECOND(uc) ((unsigned long)(uc)->uc_mcontext.gregs[REG_ECX])
#define CONTEXT_NUMBER(uc, other) ((long)(other))
#elif defined(__aarch64__)
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.pc)
#define CONTEXT_RESULT(uc) ((uc)->uc_mcontext.regs[0])
#define CONTEXT_SECOND(uc) ((uc)->uc_mcontext.regs[1])
#define CONTEXT_NUMBER(uc, other) ((long)(uc)->uc_mcontext.regs[8])
#elif defined(__arm__)
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.arm_pc)
#define CONTEXT_RESULT(uc) ((uc)->uc_mcontext.arm_r0)
#define CONTEXT_SECOND(uc) ((uc)->uc_mcontext.arm_r1)
#define CONTEXT_NUMBER(uc, other) ((long)(uc)->uc_mcontext.arm_r7)
#elif defined(__riscv)
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.__gregs[0])
#define CONTEXT_RESULT(uc) ((uc)->uc_mcontext.__gregs[10])
#define CONTEXT_SECOND(uc) ((uc)->uc_mcontext.__gregs[11])
#define CONTEXT_NUMBER(uc, other) ((long)(uc)->uc_mcontext.__gregs[17])
#elif defined(__powerpc64__)
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.gp_regs[32])
#define CONTEXT_RESULT(uc) ((uc)->uc_mcontext.gp_regs[3])
#define CONTEXT_SECOND(uc) ((uc)->uc_mcontext.gp_regs[4])
#define CONTEXT_NUMBER(uc, other) ((long)(uc)->uc_mcontext.gp_regs[0])
#elif defined(__s390x__)
#define CONTEXT_PC(uc) ((uc)->uc_mcontext.psw.addr)
#define CONTEXT_RESULT(uc) ((uc)->uc_mcontext.gregs[2])
#define CONTEXT_SECOND(uc) ((uc)->uc_mcontext.gregs[3])
#define CONTEXT_NUMBER(uc, other) ((long)(other))
#endif
