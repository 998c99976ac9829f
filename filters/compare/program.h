/* SPDX-License-Identifier: MIT */
#ifndef FST_COMPARE_PROGRAM_H
#define FST_COMPARE_PROGRAM_H

/* What a filter program does to all arguments of one call at once. */

#include <filters/compare/diagram.h>
#include <flagstop/policy.h>

/*
 * A diagram whose leaves are what the program returns for calls of that architecture and number. `narrow`: the ABI's
 * registers have 32 bits, so the high halves are 0.
 * -EOPNOTSUPP: it computes with arguments, or compares two of them, and a diagram cannot say that. -E2BIG, -ENOMEM.
 */
int fst_program_diagram(struct fst_diagram *d, const struct flagstop_insn *insns, size_t count, uint32_t audit_arch,
			uint32_t nr, bool narrow, fst_branch *ret_branch);

/* The classes that all of them together tell apart. */
int fst_programs_diagram(struct fst_diagram *d, const struct flagstop_programs *programs, uint32_t audit_arch,
			 uint32_t nr, bool narrow, fst_branch *ret_branch);

/*
 * What the kernel makes of all of them: the strictest, the newest among equals (kernel/seccomp.c seccomp_run_filters,
 * 6.18). *ret_loads as flagstop_program_run's, of all.
 */
uint32_t fst_programs_run(const struct flagstop_programs *programs, const struct flagstop_data *data,
			  uint32_t *ret_loads);

/* Of two answers, the one that counts. */
uint32_t fst_action_stricter(uint32_t older, uint32_t newer);

/* Bits of *ret_loads: all but these two are the program's arguments and instruction pointer. */
#define FST_LOADS_NR 1u
#define FST_LOADS_ARCH 2u

#endif
