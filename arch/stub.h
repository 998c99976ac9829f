/* SPDX-License-Identifier: MIT */
#ifndef FST_ARCH_STUB_H
#define FST_ARCH_STUB_H

/*
 * Machine code that a tracee runs for us: a stub that makes a call and then gives the argument registers and the
 * instruction pointer back, from words that lie beside it: of 64 bits, of which 32-bit code reads the lower halves. One
 * constant struct an architecture that can do it without a register to spare; every one is compiled on every host.
 *
 *     stub    syscall, int $0x80        the kernel restarts a call by stepping back on this
 *     entry   mov word 0, argument 0    where a call that was sent here returns to
 *             …
 *             if result + word 7 == 0: again
 *             jmp word 6
 *     again   mov word 8, number        and is made here with the arguments that it had, instead of returning
 *             jmp stub
 */

#include <stddef.h>
#include <stdint.h>

#include <arch/layout.h>

#define FST_STUB_MAX_BYTES 128
/* The six arguments, where to go on, after which result not to, and with what number then. */
#define FST_STUB_WORDS 9
/* Word 7 for no result at all: of 64 bits none is that low, and of 32 bits its lower half, 0, is taken for that. */
#define FST_STUB_NEVER (UINT64_C(1) << 63)

struct fst_stub {
	uint8_t bytes;      /* of the whole */
	uint8_t entry;      /* offset of what is behind the call */
	uint8_t again;      /* of the way back to it */
	uint16_t call_next; /* offset of the register that a call leaves its return address in; 0: none */
	/*
	 * Writes `bytes` of code that will lie at `at` and read its words from `words`: less than 2 GiB away, and
	 * where addresses are of 32 bits, below 4 GiB.
	 */
	void (*write)(void *code, uint64_t at, uint64_t words);
};

/* NULL where there is none: a call that must be changed takes two stops. */
const struct fst_stub *fst_stub_of(const struct fst_layout *layout);

/*
 * Code that forgets everything: unmaps all but the page that it lies in, becomes dumpable, writes eight bytes to a
 * descriptor, and pauses for ever. Position-independent. NULL where there is none.
 */
struct fst_hermit {
	const unsigned char *code;
	size_t bytes;
	uint64_t end_of_memory; /* the first address that no process can have */
};
typedef void fst_hermit_entry(uint64_t page, uint64_t page_end, uint64_t end_of_memory, int fd);
extern const struct fst_stub fst_stub_x86_64, fst_stub_i386;
extern const struct fst_hermit fst_hermit_x86_64, fst_hermit_aarch64, fst_hermit_ppc64le, fst_hermit_riscv64,
	fst_hermit_s390x, fst_hermit_i386, fst_hermit_arm;

const struct fst_hermit *fst_native_hermit(void);

#endif
