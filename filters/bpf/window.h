/* SPDX-License-Identifier: MIT */
#ifndef FST_BPF_WINDOW_H
#define FST_BPF_WINDOW_H

/*
 * The program that keeps the window (tracer/window.h) where it is: a filter of its own beside those of the layers.
 *
 * The window lies in 4 GiB of addresses that are nobody else's. Refused is every call that could take a mapping away
 * from there, replace it, change its protection, or keep it from a child; tried one by one (tests/attack/).
 *
 *     range     munmap, mprotect, pkey_mprotect, madvise, mbind, msync, remap_file_pages, subpage_prot; mremap, both
 *               ranges; mmap with MAP_FIXED. MAP_FIXED_NOREPLACE and hints replace nothing.
 *     shm       shmat, shmdt, shmctl of the window's segments, by ipc(), too; SHM_REMAP, whose length no register has
 *     old       i386's first mmap, whose arguments lie in memory, and uselib, which maps where a file says: where a
 *               window lies within their reach
 *     anywhere  userfaultfd; process_madvise, whose ranges lie in memory; PR_SET_MM, as brk() unmaps what lies between
 *               two values that it sets
 *
 * And it flags mmap where its arguments are in memory, for the tracer to copy and to look at; what changes whether a
 * stub may be used (filters of the program's own, and user dispatch); and what changes with whose rights, and from
 * where, paths are walked, and who shares that with whom.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <flagstop/program.h>

#define FST_WINDOW_CHUNKS 8
#define FST_WINDOW_PROGRAM_MAX_INSNS 2048

struct fst_window_plan {
	/*
	 * Chunks are segments that stay nowhere (tracer/park.h), each mapped wherever the kernel likes (address 0):
	 * they alone are guarded, so that nobody writes there, and no range of addresses. Nothing is flagged.
	 */
	bool segments_only;
	enum flagstop_abi abi; /* whose calls reach the window */
	unsigned abis;         /* bits: ABIs that a tracee could use beside it */
	uint32_t high;         /* the upper half of the addresses; 0: there is the narrow window alone */
	uint32_t ignored_high; /* bits there that the kernel takes no notice of */
	bool id_is_unseen;     /* the filter does not see what the first argument was changed to */
	/* Passes the one call that maps a chunk, with all its arguments as they must be; and nothing else. */
	uint64_t secret[2]; /* where registers have 32 bits, its lower halves */
	uint16_t trace_data;
	unsigned chunk_count;
	struct {
		uint32_t id;
		uint64_t address;
		uint32_t narrow_address; /* 0: there is no place for it */
	} chunks[FST_WINDOW_CHUNKS];
	/*
	 * The same segments in 32-bit address spaces, in a smaller window; `end` 0: there is none. Calls of `abi` map
	 * them, those of `abis` (bits) could take them away.
	 */
	struct {
		uint32_t start, end;
		enum flagstop_abi abi;
		unsigned abis;
	} narrow;
};

#define FST_WINDOW_SHMAT_FLAGS 0110000 /* SHM_RDONLY | SHM_EXEC, linux/shm.h */

/* `insns` has room for FST_WINDOW_PROGRAM_MAX_INSNS. Returns how many were written. */
size_t fst_window_program(const struct fst_window_plan *plan, struct flagstop_insn *insns);

/* Whether mmap of the ABI has its arguments in a structure of six words (s390x): it is flagged, to be copied. */
bool fst_window_maps_by_structure(enum flagstop_abi abi);
/* Whether the program flags this call: one about filters or user dispatch. */
bool fst_window_watches(const struct flagstop_data *call);
/* The same for calls that change the thread's user, groups or capabilities. */
bool fst_window_is_about_rights(const struct flagstop_data *call);
/* And its working directory. */
bool fst_window_is_about_directories(const struct flagstop_data *call);
/*
 * And for a clone of a process that shares the working directory of whoever makes it. Who is no thread shares it by no
 * other call but clone3 with such flags, which is flagged wherever there are rules on memory.
 */
bool fst_window_clones_to_share(const struct flagstop_data *call);
bool fst_window_shares_directories(uint64_t clone_flags);

#endif
