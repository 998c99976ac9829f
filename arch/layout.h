/* SPDX-License-Identifier: MIT */
#ifndef FST_ARCH_LAYOUT_H
#define FST_ARCH_LAYOUT_H

/*
 * Where a general register set (NT_PRSTATUS, as PTRACE_GETREGSET writes it) keeps what a system call is about:
 * offsets in bytes, by role, and what else a tracer must know to change a call there. One constant struct a
 * layout, in a folder of its architecture; every layout is compiled and tested on every host. x32 has x86_64's.
 *
 * The kernel picks the layout by the tracee's mode, not by the call's ABI (int 0x80 from 64-bit code has a 64-bit
 * register set), and tells which by its length.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <flagstop/arch.h>

#define FST_REGSET_MAX_BYTES 512

/* How a tracer changes the number of a call. */
enum fst_number_way {
	FST_NUMBER_IN_REGSET,     /* it is the register `nr` */
	FST_NUMBER_BY_REGSET,     /* it is the register set `number_regset`, an int; `nr` is where the program put it */
	FST_NUMBER_BY_SET_SYSCALL /* PTRACE_SET_SYSCALL; `nr` as above */
};

/* Where a tracee stands in a call. */
enum fst_call_place {
	FST_PLACE_SECCOMP = 1,
	FST_PLACE_ENTRY = 2, /* a syscall-entry-stop */
	FST_PLACE_EXIT = 4,
};

struct fst_layout {
	const char *name;
	enum flagstop_abi abi; /* of calls by this mode's usual instruction */
	uint16_t regset_bytes;
	uint8_t word_bytes;
	/* All at a seccomp stop or syscall-entry-stop; at an exit stop `result` and `pc` alone are sure. */
	uint16_t nr;
	uint16_t result;
	uint16_t args[6];
	uint16_t pc;
	uint16_t sp;
	/* How far behind a call's instruction pc is at its stops; 0: not known, or was not tried. */
	uint8_t call_bytes;
	/* The same where code is of the short kind, which bits of another register tell; only if `short_bit`. */
	uint8_t short_call_bytes;
	uint16_t short_flags;
	uint32_t short_bit;
	/*
	 * 4 GiB of address space, aligned to that, that the kernel gives to nobody by itself; 0: nobody looked. Bits of
	 * an address that the kernel takes no notice of, when it is asked to change mappings.
	 *
	 * With 32 bits there is no such place: these are `window_bytes` (0: 4 GiB) that it gives away late, and that
	 * may be taken. The ABIs whose calls can change mappings there (bits; 0: its own).
	 */
	uint64_t window, ignored_address_bits;
	uint32_t window_bytes;
	unsigned window_abis;
	/* The set of a call that came by another ABI's gate (int 0x80 in 64-bit code); NULL: there is no such gate. */
	const struct fst_layout *by_other_gate;

	enum fst_number_way number_way;
	uint16_t number_regset; /* NT_… */
	/* Number by number, these bits are what the kernel keeps: -1 is this mask. 0: all 32. */
	uint32_t number_mask;
	/* The stops (fst_call_place) at which a call that is skipped there can be given its result, too. */
	uint8_t result_places;
	/* The number's register is one that the program finds again as it left it. After a skip, set it right. */
	bool number_is_kept;
	/* args[0] cannot be written, and at a stop need not even hold the argument. */
	bool first_argument_is_hidden;
	/* Filters that are asked again still get the first argument that the program gave. */
	bool first_argument_is_old;
	/* Another register that must have argument 0, too, when that is changed; only if `has_first_copy`. */
	bool has_first_copy;
	uint16_t first_copy;
	/*
	 * After an error, bits that are set in a register, and the errno is positive. 0: errors are negative
	 * results.
	 */
	uint16_t error_flags;
	uint32_t error_bit;
	/*
	 * Where a register tells by which gate the task came into the kernel; only if `has_gate`. A call that came by
	 * `negative_gate` has negative errors all the same; and who came by none does not ask for a restart. The kernel
	 * keeps flags of its own in some of its bits.
	 */
	bool has_gate;
	uint16_t gate;
	uint32_t negative_gate, gate_flags;
	/* The call's instruction reads its first argument where results go. (On x86 it reads the number there.) */
	bool first_is_in_result;
	/*
	 * A register set of one word, which has the number (as `number_mask` has it) of the call that a signal came in,
	 * once the registers have it no more; 0: they keep it.
	 */
	uint16_t signalled_number_regset;
	/* A trap leaves the number (not the first argument) where the result goes. */
	bool trap_shows_number;
	/* What an exec leaves to the next program: so many words, but for pc and sp. 0: the kernel clears it. */
	uint8_t kept_words;
	uint16_t kept;
};

extern const struct fst_layout fst_layout_x86_64;
extern const struct fst_layout fst_layout_i386;
extern const struct fst_layout fst_layout_i386_by_gate; /* of a 64-bit task */
extern const struct fst_layout fst_layout_aarch64;
extern const struct fst_layout fst_layout_arm;
extern const struct fst_layout fst_layout_arm_on_aarch64; /* as a tracer of aarch64 deals with it */
extern const struct fst_layout fst_layout_riscv64;
extern const struct fst_layout fst_layout_ppc64le;
extern const struct fst_layout fst_layout_s390x;
extern const struct fst_layout fst_layout_loongarch64;

/* The layout of a register set of this length on this host, or NULL: then its registers must not be touched. */
const struct fst_layout *fst_native_layout(size_t regset_bytes);

/* One register, by its offset. Narrow ones are zero-extended. */
uint64_t fst_layout_get(const struct fst_layout *layout, const void *regset, uint16_t offset);
void fst_layout_set(const struct fst_layout *layout, void *regset, uint16_t offset, uint64_t value);

/* Changes an argument of a call that is still to be made. -EOPNOTSUPP where the register set cannot. */
int fst_layout_set_argument(const struct fst_layout *layout, void *regset, unsigned argument, uint64_t value);

/* The result of a call that was made, at its exit stop: as the kernel's own function returned it, errors negative. */
int64_t fst_layout_result(const struct fst_layout *layout, const void *regset);
void fst_layout_set_result(const struct fst_layout *layout, void *regset, int64_t result);

/* Bits: the ABIs that have a layout here. x32's is x86_64's. */
unsigned fst_native_abis(void);
/* Of those, the ones whose first argument is in no register set. */
unsigned fst_native_hidden_first_arguments(void);
/* That of calls of the native ABI. */
const struct fst_layout *fst_native_own_layout(void);
/* That of whole programs of another ABI on this host, or NULL. */
const struct fst_layout *fst_native_second_layout(void);
/* How far behind a call's instruction pc is in this register set; 0 as above. */
unsigned fst_layout_call_bytes(const struct fst_layout *layout, const void *regset);

/* Whether all tracees of this host can be made to make a call again: `call_bytes` of each layout is known. */
bool fst_native_makes_calls_again(void);

/* At an exec stop: what the program before has left. Whether anything was. */
bool fst_layout_forget(const struct fst_layout *layout, void *regset);

/* The number as the kernel keeps it, of one that a tracer asks for; and as this host's kernel keeps it. */
uint32_t fst_layout_number(const struct fst_layout *layout, uint32_t nr);
uint32_t fst_native_number(uint32_t nr);

#endif
