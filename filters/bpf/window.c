/* SPDX-License-Identifier: MIT */
/*
 * The window's program, written call by call. Decides what may touch the window; does not know policies. No codegen:
 * the one sum of two words (address and length) is what its graphs have no node for.
 */
#include <errno.h>
#include <string.h>

#include <linux/seccomp.h>

#include <filters/bpf/opcode.h>
#include <filters/bpf/window.h>
#include <filters/bpf/word.h>

#define NUMBER_BITS 0xbfffffffu /* without x32's bit: its numbers of these calls are x86_64's */
#define CALLS 48
#define HUGE_PAGE 0x20000000u

/* linux/mman.h, linux/shm.h, linux/ipc.h, linux/prctl.h: the same in every ABI */
#define FIXED 0x10
#define REMAP_FIXED 2
#define SHM_REMAP_FLAG 040000
#define IPC_SHMAT 21
#define IPC_SHMDT 22
#define IPC_SHMCTL 24
#define SET_SECCOMP 22
#define SET_MM 35
#define SET_USER_DISPATCH 59
#define SHARES_DIRECTORIES 0x200 /* CLONE_FS, linux/sched.h */
#define IS_THREAD 0x10000        /* CLONE_THREAD */

struct writer {
	const struct fst_window_plan *plan;
	enum flagstop_abi abi;
	struct flagstop_insn *insns;
	size_t count;
};

static size_t put(struct writer *w, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	w->insns[w->count] = (struct flagstop_insn){ code, jt, jf, k };
	return w->count++;
}

static void load_low(struct writer *w, unsigned argument)
{
	put(w, FST_LD_ABS, fst_word_low(w->abi, argument), 0, 0);
}

static void load_high(struct writer *w, unsigned argument)
{
	put(w, FST_LD_ABS, fst_word_high(w->abi, argument), 0, 0);
}

/*
 * As the kernel takes it. Of int $0x80 from 64-bit code filters see all of the 64-bit registers, and the call gets
 * their lower halves (syscall_get_arguments and SC_IA32_REGS_TO_ARGS, arch/x86/include/asm).
 */
static void load_high_of_call(struct writer *w, unsigned argument)
{
	load_high(w, argument);
	if (flagstop_arg_bits(w->abi, FLAGSTOP_ARG_UWORD) == 32)
		put(w, FST_AND_K, 0, 0, 0);
}

static void load_high_address(struct writer *w, unsigned argument)
{
	load_high_of_call(w, argument);
	if (w->plan->ignored_high)
		put(w, FST_AND_K, ~w->plan->ignored_high, 0, 0);
}

static void end(struct writer *w, uint32_t action)
{
	put(w, FST_RET_K, action, 0, 0);
}

static void allow(struct writer *w)
{
	end(w, SECCOMP_RET_ALLOW);
}

static void refuse(struct writer *w, int error)
{
	end(w, SECCOMP_RET_ERRNO | (uint32_t)error);
}

/* Ends here if the accumulator is (or has) that; else goes on. */
static void refuse_if(struct writer *w, uint16_t jump, uint32_t k, int error)
{
	put(w, jump, k, 0, 1);
	refuse(w, error);
}

/* ---- kinds of calls --------------------------------------------------------------------------------------------- */

/*
 * A range that ends up to 16 GiB below the window is refused, too, which no program has. That makes it one sum of upper
 * halves, and leaves no room for a length that is rounded up to huge pages (the largest: 16 GiB, of ppc64le, and of
 * aarch64 with pages of 64 KiB). Where it wraps, the length is more than an address space has, and the kernel refuses
 * the call itself.
 */
static void guard_wide_range(struct writer *w, unsigned address, unsigned length)
{
	uint32_t high = w->plan->high;

	load_high_address(w, address);
	put(w, FST_JGT_K, high, 6, 0);
	put(w, FST_JEQ_K, high, 4, 0);
	put(w, FST_TAX, 0, 0, 0);
	load_high(w, length);
	put(w, FST_ADD_X, 0, 0, 0);
	put(w, FST_JGE_K, high & ~3u, 0, 1);
	refuse(w, EPERM);
}

/* Where a jump leads, if it is taken or if not: to what is written next. */
static void land_if(struct writer *w, size_t jump)
{
	w->insns[jump].jt = (uint8_t)(w->count - jump - 1);
}

static void land_unless(struct writer *w, size_t jump)
{
	w->insns[jump].jf = (uint8_t)(w->count - jump - 1);
}

/*
 * All bounds are whole pages, and so is the address, or the kernel takes none: so a length need not be rounded, but for
 * huge pages (refuse_huge).
 */
static void guard_narrow_range(struct writer *w, unsigned address, unsigned length)
{
	load_high_address(w, address);
	size_t far = put(w, FST_JEQ_K, 0, 0, 0);
	load_low(w, address);
	size_t above = put(w, FST_JGE_K, w->plan->narrow.end, 0, 0);
	size_t within = put(w, FST_JGE_K, w->plan->narrow.start, 0, 0);
	put(w, FST_NEG, 0, 0, 0);
	put(w, FST_ADD_K, w->plan->narrow.start, 0, 0);
	put(w, FST_TAX, 0, 0, 0); /* what is free from there on */
	load_high_of_call(w, length);
	size_t longest = put(w, FST_JEQ_K, 0, 0, 0);
	load_low(w, length);
	size_t below = put(w, FST_JGT_X, 0, 0, 0);
	land_if(w, within);
	land_unless(w, longest);
	refuse(w, EPERM);
	land_unless(w, far);
	land_if(w, above);
	land_unless(w, below);
}

static bool reaches_wide(const struct writer *w)
{
	return w->plan->high && w->abi == w->plan->abi;
}

static bool reaches_narrow(const struct writer *w)
{
	return w->plan->narrow.end && w->plan->narrow.abis >> w->abi & 1;
}

static void guard_range(struct writer *w, unsigned address, unsigned length)
{
	if (reaches_wide(w))
		guard_wide_range(w, address, length);
	if (reaches_narrow(w))
		guard_narrow_range(w, address, length);
}

/*
 * Where something is mapped by force, the kernel rounds a length up to whole huge pages, of which a filter sees
 * nothing where they are those of a file (ksys_mmap_pgoff, mm/mmap.c), and takes away what was there before it finds
 * that it has none. Pages of up to 256 MiB end below the window, which begins at a multiple of that; larger ones begin
 * at one of 512 MiB.
 */
static void refuse_huge(struct writer *w, unsigned address)
{
	if (!reaches_narrow(w))
		return;
	load_high_address(w, address);
	size_t far = put(w, FST_JEQ_K, 0, 0, 0);
	load_low(w, address);
	size_t above = put(w, FST_JGE_K, w->plan->narrow.end, 0, 0);
	size_t other = put(w, FST_JSET_K, HUGE_PAGE - 1, 0, 0);
	refuse(w, EPERM);
	land_unless(w, far);
	land_if(w, above);
	land_if(w, other);
}

static void range(struct writer *w)
{
	guard_range(w, 0, 1);
	allow(w);
}

static void flagged(struct writer *w)
{
	end(w, SECCOMP_RET_TRACE | w->plan->trace_data);
}

bool fst_window_maps_by_structure(enum flagstop_abi abi)
{
	const struct flagstop_arg *args = NULL;

	/* i386 has another one, which all but the oldest programs call: the first is refused. */
	return abi != FLAGSTOP_ABI_I386 && flagstop_call_args((unsigned)flagstop_call_find("mmap"), abi, &args) == 1;
}

static void fixed_map(struct writer *w)
{
	load_low(w, 3);
	put(w, FST_JSET_K, FIXED, 1, 0);
	allow(w);
	refuse_huge(w, 0);
	range(w);
}

static void map(struct writer *w)
{
	if (w->abi == FLAGSTOP_ABI_I386) {
		refuse(w, EPERM);
		return;
	}
	if (fst_window_maps_by_structure(w->abi)) {
		flagged(w);
		return;
	}
	fixed_map(w);
}

static void remap(struct writer *w)
{
	guard_range(w, 0, 1);
	load_low(w, 3);
	put(w, FST_JSET_K, REMAP_FIXED, 1, 0);
	allow(w);
	refuse_huge(w, 4);
	guard_range(w, 4, 2);
	allow(w);
}

static void refuse_ids(struct writer *w, unsigned argument)
{
	load_low(w, argument);
	for (unsigned i = 0; i < w->plan->chunk_count; i++)
		refuse_if(w, FST_JEQ_K, w->plan->chunks[i].id, EINVAL);
}

/* Ends in the accumulator's being 0 or not: each word of the argument against the value. */
static void differ(struct writer *w, unsigned argument, uint64_t value)
{
	load_low(w, argument);
	put(w, FST_XOR_K, (uint32_t)value, 0, 0);
	put(w, FST_TAX, 0, 0, 0);
	load_high(w, argument);
	put(w, FST_XOR_K, (uint32_t)(value >> 32), 0, 0);
	put(w, FST_OR_X, 0, 0, 0);
}

static bool attaches_wide(const struct writer *w)
{
	return reaches_wide(w) || (w->plan->segments_only && w->abi == w->plan->abi);
}

/*
 * With the secret: the exact form, or nothing. Where the segment is unseen, who has read the secret may put another one
 * in a chunk's empty place: it is not taken for the chunk (tracer/space.c), and cannot take the place of one.
 */
static void attach_by_secret(struct writer *w)
{
	bool wide = attaches_wide(w);
	unsigned first = wide && w->plan->id_is_unseen;

	for (unsigned i = 0; i < w->plan->chunk_count; i++) {
		uint64_t address = wide ? w->plan->chunks[i].address : w->plan->chunks[i].narrow_address;
		const uint64_t form[] = { w->plan->chunks[i].id, address, FST_WINDOW_SHMAT_FLAGS };
		size_t other[3];

		if (!wide && !address)
			continue;
		for (unsigned n = first; n < 3; n++) {
			differ(w, n, form[n]);
			other[n] = put(w, FST_JEQ_K, 0, 0, 0);
		}
		allow(w);
		for (unsigned n = first; n < 3; n++)
			land_unless(w, other[n]);
	}
	refuse(w, EPERM);
}

static void refuse_narrow_address(struct writer *w, unsigned argument)
{
	load_high_address(w, argument);
	size_t far = put(w, FST_JEQ_K, 0, 0, 0);
	load_low(w, argument);
	size_t above = put(w, FST_JGE_K, w->plan->narrow.end, 0, 0);
	size_t below = put(w, FST_JGE_K, w->plan->narrow.start, 0, 0);
	refuse(w, EINVAL);
	land_unless(w, far);
	land_if(w, above);
	land_unless(w, below);
}

static void refuse_address(struct writer *w, unsigned argument)
{
	if (reaches_wide(w)) {
		load_high_address(w, argument);
		refuse_if(w, FST_JEQ_K, w->plan->high, EINVAL);
	}
	if (reaches_narrow(w))
		refuse_narrow_address(w, argument);
}

static void attach(struct writer *w)
{
	bool narrow = w->plan->narrow.end && w->abi == w->plan->narrow.abi;
	size_t no_secret[2];

	if (attaches_wide(w) || narrow) {
		for (unsigned i = 0; i < 2; i++) {
			differ(w, 4 + i, narrow ? (uint32_t)w->plan->secret[i] : w->plan->secret[i]);
			put(w, FST_JEQ_K, 0, 1, 0);
			no_secret[i] = put(w, FST_JA, 0, 0, 0);
		}
		attach_by_secret(w);
		for (unsigned i = 0; i < 2; i++)
			w->insns[no_secret[i]].k = (uint32_t)(w->count - no_secret[i] - 1);
	}
	refuse_ids(w, 0);
	if (!w->plan->segments_only) {
		load_low(w, 2);
		refuse_if(w, FST_JSET_K, SHM_REMAP_FLAG, EINVAL);
		refuse_address(w, 1);
	}
	allow(w);
}

static void detach(struct writer *w)
{
	refuse_address(w, 0);
	allow(w);
}

static void control(struct writer *w)
{
	refuse_ids(w, 0);
	allow(w);
}

static void multiplexed_detach(struct writer *w)
{
	size_t other = put(w, FST_JEQ_K, IPC_SHMDT, 0, 0);

	refuse_address(w, 4);
	allow(w);
	w->insns[other].jf = (uint8_t)(w->count - other - 1);
}

/*
 * ipc(): shmat and shmctl have the segment in the second argument, the flags or the command in the third; shmat and
 * shmdt the address in the fifth, where addresses reach a window. The upper 16 bits of the first are a version.
 */
static void multiplexer(struct writer *w)
{
	bool wide = !w->plan->segments_only && (reaches_wide(w) || reaches_narrow(w));

	load_low(w, 0);
	put(w, FST_AND_K, 0xffff, 0, 0);
	if (wide)
		multiplexed_detach(w);
	put(w, FST_JEQ_K, IPC_SHMAT, 2, 0);
	put(w, FST_JEQ_K, IPC_SHMCTL, 1, 0);
	allow(w);
	refuse_ids(w, 1);
	if (wide) { /* of shmctl no honest one has these */
		load_low(w, 2);
		refuse_if(w, FST_JSET_K, SHM_REMAP_FLAG, EINVAL);
		refuse_address(w, 4);
	}
	allow(w);
}

static void refused(struct writer *w)
{
	refuse(w, EPERM);
}

/* Of an advice for other ranges than one's own only what changes no mapping: WILLNEED, COLD, PAGEOUT, COLLAPSE. */
static void advise(struct writer *w)
{
	static const uint8_t harmless[] = { 3, 20, 21, 25 };

	load_low(w, 3);
	for (size_t i = 0; i < sizeof(harmless); i++) {
		put(w, FST_JEQ_K, harmless[i], 0, 1);
		allow(w);
	}
	refuse(w, EPERM);
}

static void flag_if(struct writer *w, uint32_t k)
{
	put(w, FST_JEQ_K, k, 0, 1);
	end(w, SECCOMP_RET_TRACE | w->plan->trace_data);
}

static void process_control(struct writer *w)
{
	load_low(w, 0);
	refuse_if(w, FST_JEQ_K, SET_MM, EPERM);
	flag_if(w, SET_SECCOMP);
	flag_if(w, SET_USER_DISPATCH);
	allow(w);
}

static void filter(struct writer *w)
{
	load_low(w, 0);
	flag_if(w, SECCOMP_SET_MODE_STRICT);
	flag_if(w, SECCOMP_SET_MODE_FILTER);
	allow(w);
}

static void moved(struct writer *w)
{
	flagged(w);
}

/* clone's flags; -1: it has none. */
static int flags_of_clone(enum flagstop_abi abi)
{
	const struct flagstop_arg *args = NULL;
	unsigned count = flagstop_call_args((unsigned)flagstop_call_find("clone"), abi, &args);

	for (unsigned i = 0; i < count; i++)
		if (!strcmp(args[i].name, "flags"))
			return (int)i;
	return -1;
}

/* Whoever shares a working directory is one of several threads, or is flagged here. */
static void shared(struct writer *w)
{
	load_low(w, (unsigned)flags_of_clone(w->abi));
	put(w, FST_JSET_K, SHARES_DIRECTORIES, 1, 0);
	allow(w);
	put(w, FST_JSET_K, IS_THREAD, 0, 1);
	allow(w);
	flagged(w);
}

bool fst_window_shares_directories(uint64_t clone_flags)
{
	return clone_flags & SHARES_DIRECTORIES && !(clone_flags & IS_THREAD);
}

static const struct row {
	const char *call;
	void (*write)(struct writer *w);
	bool of_ranges; /* about addresses: only where these reach a window */
	bool of_segments;
} rows[] = {
	{ "munmap", range, true, false },
	{ "mprotect", range, true, false },
	{ "pkey_mprotect", range, true, false },
	{ "madvise", range, true, false },
	{ "mbind", range, true, false },
	{ "msync", range, true, false },
	{ "remap_file_pages", range, true, false },
	{ "subpage_prot", range, true, false },
	{ "mmap", map, true, false },
	{ "mmap2", fixed_map, true, false },
	{ "mremap", remap, true, false },
	{ "shmat", attach, false, true },
	{ "shmdt", detach, true, false },
	{ "shmctl", control, false, true },
	{ "ipc", multiplexer, false, true },
	{ "uselib", refused, true, false },
	{ "userfaultfd", refused, false, false },
	{ "process_madvise", advise, false, false },
	{ "prctl", process_control, false, false },
	{ "seccomp", filter, false, false },
	{ "chdir", moved, false, false },
	{ "fchdir", moved, false, false },
	{ "clone", shared, false, false },
	{ "capset", flagged, false, false },
	{ "setfsgid", flagged, false, false },
	{ "setfsgid32", flagged, false, false },
	{ "setfsuid", flagged, false, false },
	{ "setfsuid32", flagged, false, false },
	{ "setgid", flagged, false, false },
	{ "setgid32", flagged, false, false },
	{ "setgroups", flagged, false, false },
	{ "setgroups32", flagged, false, false },
	{ "setregid", flagged, false, false },
	{ "setregid32", flagged, false, false },
	{ "setresgid", flagged, false, false },
	{ "setresgid32", flagged, false, false },
	{ "setresuid", flagged, false, false },
	{ "setresuid32", flagged, false, false },
	{ "setreuid", flagged, false, false },
	{ "setreuid32", flagged, false, false },
	{ "setuid", flagged, false, false },
	{ "setuid32", flagged, false, false },
};
_Static_assert(sizeof(rows) / sizeof(*rows) <= CALLS, "room for them");

bool fst_window_watches(const struct flagstop_data *call)
{
	int abi = flagstop_abi_of_call(call->arch, call->nr);
	int index = abi < 0 ? -1 : flagstop_call_from_number((enum flagstop_abi)abi, call->nr);
	const char *name = index < 0 ? "" : flagstop_call_name((unsigned)index);
	uint32_t first = (uint32_t)call->args[0];

	if (!strcmp(name, "prctl"))
		return first == SET_SECCOMP || first == SET_USER_DISPATCH;
	return !strcmp(name, "seccomp") && (first == SECCOMP_SET_MODE_STRICT || first == SECCOMP_SET_MODE_FILTER);
}

static bool has_row(const struct flagstop_data *call, void (*write)(struct writer *w))
{
	int abi = flagstop_abi_of_call(call->arch, call->nr);
	int index = abi < 0 ? -1 : flagstop_call_from_number((enum flagstop_abi)abi, call->nr);
	const char *name = index < 0 ? "" : flagstop_call_name((unsigned)index);

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].write == write && !strcmp(name, rows[i].call))
			return true;
	return false;
}

bool fst_window_is_about_rights(const struct flagstop_data *call)
{
	return has_row(call, flagged);
}

bool fst_window_is_about_directories(const struct flagstop_data *call)
{
	return has_row(call, moved);
}

bool fst_window_clones_to_share(const struct flagstop_data *call)
{
	int abi = flagstop_abi_of_call(call->arch, call->nr);

	return has_row(call, shared) &&
		fst_window_shares_directories(call->args[flags_of_clone((enum flagstop_abi)abi)]);
}

/* ---- the program ------------------------------------------------------------------------------------------------ */

struct block {
	uint32_t number;
	void (*write)(struct writer *w);
	size_t jump; /* to it */
};

static unsigned list_blocks(const struct writer *w, struct block *blocks)
{
	bool reaches = reaches_wide(w) || reaches_narrow(w);
	unsigned count = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int call = flagstop_call_find(rows[i].call);
		int64_t nr = call < 0 ? -1 : flagstop_call_number((unsigned)call, w->abi);
		unsigned at = count;

		if (nr < 0 || (rows[i].of_ranges && !reaches) || (w->plan->segments_only && !rows[i].of_segments))
			continue;
		for (; at && blocks[at - 1].number > nr; at--)
			blocks[at] = blocks[at - 1];
		blocks[at] = (struct block){ .number = (uint32_t)nr, .write = rows[i].write };
		count++;
	}
	return count;
}

/* The number is halved down to one block, which a `ja` goes to. */
static void dispatch(struct writer *w, struct block *blocks, unsigned count)
{
	if (count == 1) {
		put(w, FST_JEQ_K, blocks->number, 1, 0);
		allow(w);
		blocks->jump = put(w, FST_JA, 0, 0, 0);
		return;
	}
	size_t fork = put(w, FST_JGE_K, blocks[count / 2].number, 0, 0);
	dispatch(w, blocks, count / 2);
	w->insns[fork].jt = (uint8_t)(w->count - fork - 1);
	dispatch(w, blocks + count / 2, count - count / 2);
}

static void write_abi(struct writer *w)
{
	struct block blocks[CALLS];
	unsigned count = list_blocks(w, blocks);

	put(w, FST_LD_ABS, offsetof(struct flagstop_data, nr), 0, 0);
	if (w->abi == FLAGSTOP_ABI_X86_64)
		put(w, FST_AND_K, NUMBER_BITS, 0, 0);
	dispatch(w, blocks, count);
	for (unsigned i = 0; i < count; i++) {
		w->insns[blocks[i].jump].k = (uint32_t)(w->count - blocks[i].jump - 1);
		blocks[i].write(w);
	}
}

size_t fst_window_program(const struct fst_window_plan *plan, struct flagstop_insn *insns)
{
	struct writer w = { .plan = plan, .insns = insns };

	put(&w, FST_LD_ABS, offsetof(struct flagstop_data, arch), 0, 0);
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		size_t jump;

		if (!(plan->abis >> abi & 1) || abi == FLAGSTOP_ABI_X32) /* x32's arch is x86_64's */
			continue;
		put(&w, FST_JEQ_K, flagstop_abi_audit_arch(abi), 1, 0);
		jump = put(&w, FST_JA, 0, 0, 0);
		w.abi = abi;
		write_abi(&w);
		w.insns[jump].k = (uint32_t)(w.count - jump - 1);
	}
	/* Another architecture's calls: the layers refuse them. */
	end(&w, SECCOMP_RET_ALLOW);
	return w.count;
}
