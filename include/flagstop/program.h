/* SPDX-License-Identifier: MIT */
#ifndef FLAGSTOP_PROGRAM_H
#define FLAGSTOP_PROGRAM_H

/*
 * Classic BPF as seccomp(2) takes it: check, interpret, disassemble.
 *
 * A program is an array of `struct flagstop_insn`, which has the layout of struct sock_filter (linux/filter.h), so that
 * the library needs no kernel header here. All functions are pure and may be called from any thread.
 */

#include <stddef.h>
#include <stdint.h>

#include <flagstop/arch.h>
#include <flagstop/error.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FLAGSTOP_PROGRAM_MAX_INSNS 4096 /* BPF_MAXINSNS, linux/bpf_common.h */

struct flagstop_insn {
	uint16_t code;
	uint8_t jt;
	uint8_t jf;
	uint32_t k;
};

/* struct seccomp_data of linux/seccomp.h. */
struct flagstop_data {
	uint32_t nr;
	uint32_t arch;
	uint64_t instruction_pointer;
	uint64_t args[6];
};

/*
 * Accepts exactly what seccomp(SECCOMP_SET_MODE_FILTER) accepts (net/core/filter.c bpf_check_classic and
 * kernel/seccomp.c seccomp_check_filter, 6.18). 0, or -EINVAL (as the kernel answers) with the reason in the error:
 * `line` is then the 0-based index of the instruction plus 1.
 */
int flagstop_program_check(const struct flagstop_insn *insns, size_t count, struct flagstop_error *reterr_error);

/*
 * What the kernel's interpreter returns for a program that flagstop_program_check accepted: a SECCOMP_RET_* value.
 * *ret_executed (may be NULL): how many instructions ran. *ret_loads (may be NULL): a bit for each 32-bit word of
 * struct flagstop_data that was loaded, bit 0 being nr; what the kernel's action cache asks is whether only bits 0
 * and 1 are set.
 */
uint32_t flagstop_program_run(const struct flagstop_insn *insns, size_t count, const struct flagstop_data *data,
			      unsigned *ret_executed, uint32_t *ret_loads);

/*
 * Writes instruction `index` as one line of assembler, with calls, ABIs, argument words, and actions named in a
 * trailing comment where that can be known. Returns what snprintf(3) would.
 */
size_t flagstop_program_disassemble(const struct flagstop_insn *insns, size_t count, size_t index, char *text,
				    size_t size);

/* The action as people write it: "ERRNO(EPERM)", "TRACE(7)", "ALLOW", "KILL_PROCESS". Returns what snprintf would. */
size_t flagstop_action_format(uint32_t action, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
