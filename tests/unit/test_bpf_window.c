/* SPDX-License-Identifier: MIT */
/* What the window's program lets through: against the plain truth about ranges, and call by call. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>

#include <filters/bpf/window.h>

#define HIGH 0x6fffu
#define WINDOW ((uint64_t)HIGH << 32)
#define END_OF_MEMORY UINT64_C(0x7ffffffff000)
#define ALLOWED SECCOMP_RET_ALLOW
#define REFUSED(error) (SECCOMP_RET_ERRNO | (error))
#define FLAGGED (SECCOMP_RET_TRACE | 7)
#define SECRET UINT64_C(0x1122334455667788), UINT64_C(0x99aabbccddeeff00)

static struct flagstop_insn insns[FST_WINDOW_PROGRAM_MAX_INSNS];
static size_t count;

static int write_program(void **state)
{
	static const struct fst_window_plan plan = {
		.abi = FLAGSTOP_ABI_X86_64,
		.abis = 1u << FLAGSTOP_ABI_X86_64 | 1u << FLAGSTOP_ABI_I386 | 1u << FLAGSTOP_ABI_X32,
		.high = HIGH,
		.secret = { SECRET },
		.trace_data = 7,
		.chunk_count = 2,
		.chunks = { { 32769, WINDOW }, { 32770, WINDOW + 0x100000 } },
	};

	(void)state;
	count = fst_window_program(&plan, insns);
	return 0;
}

static uint32_t run(enum flagstop_abi abi, const char *call, const uint64_t args[6])
{
	int index = flagstop_call_find(call);
	int64_t nr = index < 0 ? -1 : flagstop_call_number((unsigned)index, abi);
	struct flagstop_data data = { .nr = (uint32_t)nr, .arch = flagstop_abi_audit_arch(abi) };

	assert_true(nr >= 0);
	for (unsigned i = 0; i < 6; i++)
		data.args[i] = args[i];
	return flagstop_program_run(insns, count, &data, NULL, NULL);
}

/* ---- ranges ----------------------------------------------------------------------------------------------------- */

static uint64_t random_state = 88172645463325252u;

static uint64_t random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	return random_state ^= random_state << 17;
}

static uint64_t random_address(void)
{
	static const uint64_t edges[] = { 0, 1, 0xfff, 0x1000, 0x7fffffff, 0x80000000, 0xfffff000, 0xffffffff };

	if (random_number() % 4 == 0)
		return random_number() % END_OF_MEMORY;
	return ((HIGH + random_number() % 9 - 7) << 32 | edges[random_number() % 8]) & ~UINT64_C(0xfff);
}

static uint64_t random_length(void)
{
	switch (random_number() % 4) {
	case 0:
		return random_number();
	case 1:
		return random_number() % 0x1000000;
	default:
		return random_number() % 0x30000 << (random_number() % 2 * 18);
	}
}

static bool touches(uint64_t address, uint64_t length)
{
	return length && address < END_OF_MEMORY && length <= END_OF_MEMORY - address &&
		address < WINDOW + (UINT64_C(1) << 32) && address + length > WINDOW;
}

static void ranges__that_touch_the_window_are_refused(void **state)
{
	static const char *const calls[] = { "munmap", "mprotect", "pkey_mprotect", "madvise",
					     "mbind", "msync", "remap_file_pages", "mremap" };
	unsigned touching = 0, far = 0;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		uint64_t args[6] = { random_address(), random_length() };
		uint32_t action = run(FLAGSTOP_ABI_X86_64, calls[i % 8], args);

		if (touches(args[0], args[1])) {
			touching++;
			assert_int_equal(action, REFUSED(EPERM));
		} else if (args[0] + args[1] < WINDOW - (UINT64_C(4) << 32) && args[0] < END_OF_MEMORY) {
			far++;
			assert_int_equal(action, ALLOWED);
		}
	}
	assert_true(touching > 10000 && far > 10000);
}

/* ---- call by call ----------------------------------------------------------------------------------------------- */

#define FORM WINDOW, FST_WINDOW_SHMAT_FLAGS, 0, SECRET
static const struct row {
	const char *name;
	enum flagstop_abi abi;
	const char *call;
	uint64_t args[6];
	uint32_t action;
} rows[] = {
	{ "shmat__in_the_exact_form_passes",
	  FLAGSTOP_ABI_X86_64,
	  "shmat",
	  { 32769, FORM },
	  ALLOWED },
	{ "shmat__of_each_chunk_passes",
	  FLAGSTOP_ABI_X86_64,
	  "shmat",
	  { 32770, WINDOW + 0x100000, FST_WINDOW_SHMAT_FLAGS, 0, SECRET },
	  ALLOWED },
	{ "shmat__of_a_chunk_at_the_place_of_another_is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "shmat",
	  { 32770, FORM },
	  REFUSED(EPERM) },
	{ "shmat__with_the_secret_for_writing_is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "shmat",
	  { 32769, WINDOW, 0, 0, SECRET },
	  REFUSED(EPERM) },
	{ "shmat__with_the_secret_of_another_segment_is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "shmat",
	  { 5, FORM },
	  REFUSED(EPERM) },
	{ "shmat__with_the_secret_and_an_id_of_64_bits_is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "shmat",
	  { 32769 | UINT64_C(1) << 32, FORM },
	  REFUSED(EPERM) },
	{ "shmat__with_the_secret_elsewhere_is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "shmat",
	  { 32769, 0x10000, FST_WINDOW_SHMAT_FLAGS, 0, SECRET },
	  REFUSED(EPERM) },
	{ "shmat__of_the_window_without_the_secret_is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "shmat",
	  { 32769, WINDOW, FST_WINDOW_SHMAT_FLAGS },
	  REFUSED(EINVAL) },
	{ "shmat__with_half_of_the_secret_is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "shmat",
	  { 32769, WINDOW, FST_WINDOW_SHMAT_FLAGS, 0, UINT64_C(0x1122334455667788), 1 },
	  REFUSED(EINVAL) },
	{ "shmat__of_the_window_for_writing_is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "shmat",
	  { 32769, 0, 0 },
	  REFUSED(EINVAL) },
	{ "shmat__that_replaces_is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "shmat",
	  { 5, 0x10000, 040000 },
	  REFUSED(EINVAL) },
	{ "shmat__into_the_window_is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "shmat",
	  { 5, WINDOW + 0x2000, 0 },
	  REFUSED(EINVAL) },
	{ "shmat__elsewhere_is_nobodys_business",
	  FLAGSTOP_ABI_X86_64,
	  "shmat",
	  { 5, 0x10000, 0 },
	  ALLOWED },
	{ "shmdt__of_the_window_is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "shmdt",
	  { WINDOW },
	  REFUSED(EINVAL) },
	{ "shmdt__elsewhere_is_nobodys_business",
	  FLAGSTOP_ABI_X86_64,
	  "shmdt",
	  { 0x10000 },
	  ALLOWED },
	{ "shmctl__of_the_window_is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "shmctl",
	  { 32770, 1 },
	  REFUSED(EINVAL) },
	{ "shmctl__of_others_is_nobodys_business",
	  FLAGSTOP_ABI_X86_64,
	  "shmctl",
	  { 32771, 1 },
	  ALLOWED },
	{ "shmctl__of_i386_is_refused",
	  FLAGSTOP_ABI_I386,
	  "shmctl",
	  { 32770, 1 },
	  REFUSED(EINVAL) },
	{ "shmctl__of_x32_is_refused",
	  FLAGSTOP_ABI_X32,
	  "shmctl",
	  { 32770, 1 },
	  REFUSED(EINVAL) },
	{ "shmat__of_i386_is_refused",
	  FLAGSTOP_ABI_I386,
	  "shmat",
	  { 32770, 0, 0 },
	  REFUSED(EINVAL) },
	{ "ipc__that_is_a_shmat_is_refused",
	  FLAGSTOP_ABI_I386,
	  "ipc",
	  { 21, 32769 },
	  REFUSED(EINVAL) },
	{ "ipc__that_is_a_shmat_of_another_version_is_refused",
	  FLAGSTOP_ABI_I386,
	  "ipc",
	  { 0x10015, 32769 },
	  REFUSED(EINVAL) },
	{ "ipc__that_is_a_shmctl_is_refused",
	  FLAGSTOP_ABI_I386,
	  "ipc",
	  { 24, 32769 },
	  REFUSED(EINVAL) },
	{ "ipc__of_others_is_nobodys_business",
	  FLAGSTOP_ABI_I386,
	  "ipc",
	  { 21, 1 },
	  ALLOWED },
	{ "mmap__that_replaces_the_window_is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "mmap",
	  { WINDOW - 0x1000, 0x2000, 3, 0x32 },
	  REFUSED(EPERM) },
	{ "mmap__that_replaces_from_far_below_is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "mmap",
	  { WINDOW - (UINT64_C(3) << 32), UINT64_C(4) << 32, 3, 0x32 },
	  REFUSED(EPERM) },
	{ "mmap__that_replaces_nothing_is_nobodys_business",
	  FLAGSTOP_ABI_X86_64,
	  "mmap",
	  { WINDOW, 0x2000, 3, 0x100022 },
	  ALLOWED },
	{ "mremap__onto_the_window_is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "mremap",
	  { 0x10000, 0x1000, 0x1000, 3, WINDOW },
	  REFUSED(EPERM) },
	{ "mremap__from_the_window_is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "mremap",
	  { WINDOW, 0, 0x1000, 1, 0 },
	  REFUSED(EPERM) },
	{ "mremap__elsewhere_is_nobodys_business",
	  FLAGSTOP_ABI_X86_64,
	  "mremap",
	  { 0x10000, 0x1000, 0x1000, 3, 0x20000 },
	  ALLOWED },
	{ "userfaultfd__is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "userfaultfd",
	  { 0 },
	  REFUSED(EPERM) },
	{ "process_madvise__of_dontfork_is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "process_madvise",
	  { 3, 0, 1, 10 },
	  REFUSED(EPERM) },
	{ "process_madvise__of_pageout_is_nobodys_business",
	  FLAGSTOP_ABI_X86_64,
	  "process_madvise",
	  { 3, 0, 1, 21 },
	  ALLOWED },
	{ "prctl__of_the_bounds_of_the_heap_is_refused",
	  FLAGSTOP_ABI_X86_64,
	  "prctl",
	  { 35, 14 },
	  REFUSED(EPERM) },
	{ "prctl__of_the_bounds_of_the_heap_is_refused_to_i386",
	  FLAGSTOP_ABI_I386,
	  "prctl",
	  { 35, 14 },
	  REFUSED(EPERM) },
	{ "prctl__of_a_filter_is_flagged",
	  FLAGSTOP_ABI_X86_64,
	  "prctl",
	  { 22, 2 },
	  FLAGGED },
	{ "prctl__of_user_dispatch_is_flagged",
	  FLAGSTOP_ABI_X86_64,
	  "prctl",
	  { 59, 1 },
	  FLAGGED },
	{ "prctl__of_a_name_is_nobodys_business",
	  FLAGSTOP_ABI_X86_64,
	  "prctl",
	  { 15 },
	  ALLOWED },
	{ "seccomp__of_a_filter_is_flagged",
	  FLAGSTOP_ABI_X86_64,
	  "seccomp",
	  { 1 },
	  FLAGGED },
	{ "seccomp__of_strict_mode_is_flagged",
	  FLAGSTOP_ABI_I386,
	  "seccomp",
	  { 0 },
	  FLAGGED },
	{ "seccomp__of_a_question_is_nobodys_business",
	  FLAGSTOP_ABI_X86_64,
	  "seccomp",
	  { 2 },
	  ALLOWED },
	{ "openat__is_nobodys_business",
	  FLAGSTOP_ABI_X86_64,
	  "openat",
	  { 0 },
	  ALLOWED },
};

static void call__has_its_action(void **state)
{
	const struct row *row = *state;

	assert_int_equal(run(row->abi, row->call, row->args), row->action);
}

static void program__is_one_that_the_kernel_takes(void **state)
{
	(void)state;
	assert_in_range(count, 1, FST_WINDOW_PROGRAM_MAX_INSNS);
	assert_int_equal(flagstop_program_check(insns, count, NULL), 0);
}

/* Its action cache: what loads no argument and is always allowed costs nothing. */
static void calls__that_are_not_guarded_load_no_argument(void **state)
{
	const struct flagstop_data data = { .nr = 0, .arch = flagstop_abi_audit_arch(FLAGSTOP_ABI_X86_64) };
	uint32_t loads;

	(void)state;
	assert_int_equal(flagstop_program_run(insns, count, &data, NULL, &loads), ALLOWED);
	assert_int_equal(loads, 3);
}

static void watches__what_the_program_flags(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct flagstop_data data = { .arch = flagstop_abi_audit_arch(rows[i].abi),
					      .args = { rows[i].args[0] } };

		data.nr = (uint32_t)flagstop_call_number((unsigned)flagstop_call_find(rows[i].call), rows[i].abi);
		assert_int_equal(fst_window_watches(&data), rows[i].action == FLAGGED);
	}
}

static void directories__are_watched_in_each_abi(void **state)
{
	static const enum flagstop_abi abis[] = { FLAGSTOP_ABI_X86_64, FLAGSTOP_ABI_I386, FLAGSTOP_ABI_X32 };
	static const char *const calls[] = { "chdir", "fchdir" };
	const uint64_t none[6] = { 0 };

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct flagstop_data data = { .arch = flagstop_abi_audit_arch(abis[i / 2]) };

		data.nr = (uint32_t)flagstop_call_number((unsigned)flagstop_call_find(calls[i % 2]), abis[i / 2]);
		assert_int_equal(run(abis[i / 2], calls[i % 2], none), FLAGGED);
		assert_true(fst_window_is_about_directories(&data));
		assert_false(fst_window_is_about_rights(&data));
	}
}

/* With SIGCHLD: a process that shares, one that does not, and a thread. */
static void clones__that_share_a_directory_are_watched(void **state)
{
	static const enum flagstop_abi abis[] = { FLAGSTOP_ABI_X86_64, FLAGSTOP_ABI_I386, FLAGSTOP_ABI_X32 };
	static const struct {
		uint64_t args[6];
		bool shares;
	} clones[] = { { { 0x211 }, true }, { { 0x1200011, 0x200 }, false }, { { 0x3d0f00 }, false } };

	(void)state;
	for (size_t i = 0; i < 9; i++) {
		const uint64_t *args = clones[i % 3].args;
		struct flagstop_data data = { .arch = flagstop_abi_audit_arch(abis[i / 3]),
					      .args = { args[0], args[1] } };

		data.nr = (uint32_t)flagstop_call_number((unsigned)flagstop_call_find("clone"), abis[i / 3]);
		assert_int_equal(run(abis[i / 3], "clone", args), clones[i % 3].shares ? FLAGGED : ALLOWED);
		assert_int_equal(fst_window_clones_to_share(&data), clones[i % 3].shares);
	}
}

/* ---- aarch64: tags in addresses, and a first argument that filters do not see changed ---------------------------- */

static void aarch64__has_its_actions(void **state)
{
	static const uint64_t window = UINT64_C(0xdfff) << 32, tagged = UINT64_C(0xb4) << 56 | UINT64_C(0xdfff) << 32;
	static const struct fst_window_plan plan = {
		.abi = FLAGSTOP_ABI_AARCH64,
		.abis = 1u << FLAGSTOP_ABI_AARCH64 | 1u << FLAGSTOP_ABI_ARM,
		.high = 0xdfff,
		.ignored_high = 0xff000000,
		.id_is_unseen = true,
		.secret = { SECRET },
		.chunk_count = 1,
		.chunks = { { 32769, UINT64_C(0xdfff) << 32 } },
	};
	const uint64_t ranges[][6] = { { window, 4096 },
				       { tagged, 4096 },
				       { tagged + 0x5000, 4096 },
				       { UINT64_C(0xb4) << 56, tagged } };
	const uint64_t exact[6] = { 7, window, FST_WINDOW_SHMAT_FLAGS, 0, SECRET };
	const uint64_t writing[6] = { 7, window, 0, 0, SECRET };
	const uint64_t elsewhere[6] = { 7, 0x10000, FST_WINDOW_SHMAT_FLAGS, 0, SECRET };

	(void)state;
	count = fst_window_program(&plan, insns);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
		assert_int_equal(run(FLAGSTOP_ABI_AARCH64, "munmap", ranges[i]), REFUSED(EPERM));
		assert_int_equal(run(FLAGSTOP_ABI_AARCH64, "mprotect", ranges[i]), REFUSED(EPERM));
	}
	assert_int_equal(run(FLAGSTOP_ABI_AARCH64, "shmdt", (uint64_t[6]){ tagged }), REFUSED(EINVAL));
	assert_int_equal(run(FLAGSTOP_ABI_AARCH64, "shmat", (uint64_t[6]){ 5, tagged }), REFUSED(EINVAL));
	assert_int_equal(run(FLAGSTOP_ABI_AARCH64, "munmap", (uint64_t[6]){ 0x10000, 4096 }), ALLOWED);
	assert_int_equal(run(FLAGSTOP_ABI_AARCH64, "shmat", exact), ALLOWED);
	assert_int_equal(run(FLAGSTOP_ABI_AARCH64, "shmat", writing), REFUSED(EPERM));
	assert_int_equal(run(FLAGSTOP_ABI_AARCH64, "shmat", elsewhere), REFUSED(EPERM));
	assert_int_equal(run(FLAGSTOP_ABI_ARM, "shmat", (uint64_t[6]){ 32769 }), REFUSED(EINVAL));
}

/* ---- ppc64le: ipc() of 64 bits, which reaches the window --------------------------------------------------------- */

static void ppc64le__has_its_actions(void **state)
{
	static const uint64_t window = UINT64_C(0x2fff) << 32;
	static const struct fst_window_plan plan = {
		.abi = FLAGSTOP_ABI_PPC64LE,
		.abis = 1u << FLAGSTOP_ABI_PPC64LE,
		.high = 0x2fff,
		.secret = { SECRET },
		.chunk_count = 1,
		.chunks = { { 32769, UINT64_C(0x2fff) << 32 } },
	};
	static const struct {
		const char *call;
		uint64_t args[6];
		uint32_t action;
	} wanted[] = {
		{ "shmat", { 32769, UINT64_C(0x2fff) << 32, FST_WINDOW_SHMAT_FLAGS, 0, SECRET }, ALLOWED },
		{ "ipc", { 21, 32769, 0, 0, 0x10000 }, REFUSED(EINVAL) },
		{ "ipc", { 24, 32769, 1 }, REFUSED(EINVAL) },
		{ "ipc", { 21, 5, 0, 0, UINT64_C(0x2fff) << 32 }, REFUSED(EINVAL) },
		{ "ipc", { 21, 5, 040000, 0, 0x10000 }, REFUSED(EINVAL) },
		{ "ipc", { 21, 5, 0, 0, 0x10000 }, ALLOWED },
		{ "ipc", { 22, 0, 0, 0, UINT64_C(0x2fff) << 32 }, REFUSED(EINVAL) },
		{ "ipc", { 0x10016, 0, 0, 0, (UINT64_C(0x2fff) << 32) + 0x100000 }, REFUSED(EINVAL) },
		{ "ipc", { 22, 32769, 0, 0, 0x10000 }, ALLOWED },
		{ "ipc", { 1, 32769, 040000, 0, UINT64_C(0x2fff) << 32 }, ALLOWED },
		{ "subpage_prot", { (UINT64_C(0x2fff) << 32) - 0x10000, 0x20000, 0 }, REFUSED(EPERM) },
		{ "subpage_prot", { 0x10000, 0x20000, 0 }, ALLOWED },
	};

	(void)state;
	count = fst_window_program(&plan, insns);
	assert_int_equal(run(FLAGSTOP_ABI_PPC64LE, "munmap", (uint64_t[6]){ window, 65536 }), REFUSED(EPERM));
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (run(FLAGSTOP_ABI_PPC64LE, wanted[i].call, wanted[i].args) != wanted[i].action)
			fail_msg("row %zu, %s", i, wanted[i].call);
}

/* ---- s390x: mmap, whose arguments are in memory ------------------------------------------------------------------ */

static void s390x__mmap_is_flagged_whatever_it_says(void **state)
{
	static const struct fst_window_plan plan = {
		.abi = FLAGSTOP_ABI_S390X,
		.abis = 1u << FLAGSTOP_ABI_S390X,
		.high = 0x37f,
		.secret = { SECRET },
		.trace_data = 7,
		.chunk_count = 1,
		.chunks = { { 32769, UINT64_C(0x37f) << 32 } },
	};
	const uint64_t none[6] = { 0 }, one[6] = { UINT64_C(0x37f) << 32, 1 };

	(void)state;
	count = fst_window_program(&plan, insns);
	assert_int_equal(run(FLAGSTOP_ABI_S390X, "mmap", none), FLAGGED);
	assert_int_equal(run(FLAGSTOP_ABI_S390X, "munmap", one), REFUSED(EPERM));
	assert_true(fst_window_maps_by_structure(FLAGSTOP_ABI_S390X));
	assert_false(fst_window_maps_by_structure(FLAGSTOP_ABI_PPC64LE));
	assert_false(fst_window_maps_by_structure(FLAGSTOP_ABI_I386)); /* refused, and so never copied */
}

/* ---- a segment that stays nowhere ------------------------------------------------------------------------------- */

static void segment__is_had_by_the_secret_alone(void **state)
{
	static const struct fst_window_plan plan = {
		.segments_only = true,
		.abi = FLAGSTOP_ABI_X86_64,
		.abis = 1u << FLAGSTOP_ABI_X86_64 | 1u << FLAGSTOP_ABI_I386 | 1u << FLAGSTOP_ABI_X32,
		.secret = { SECRET },
		.chunk_count = 1,
		.chunks = { { 5, 0 } },
	};
	static const struct {
		enum flagstop_abi abi;
		const char *call;
		uint64_t args[6];
		uint32_t action;
	} wanted[] = {
		{ FLAGSTOP_ABI_X86_64, "shmat", { 5, 0, FST_WINDOW_SHMAT_FLAGS, 0, SECRET }, ALLOWED },
		{ FLAGSTOP_ABI_X86_64, "shmat", { 5, 0, 0, 0, SECRET }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_X86_64, "shmat", { 5, 4096, FST_WINDOW_SHMAT_FLAGS, 0, SECRET }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_X86_64, "shmat", { 6, 0, FST_WINDOW_SHMAT_FLAGS, 0, SECRET }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_X86_64, "shmat", { 5, 0, FST_WINDOW_SHMAT_FLAGS }, REFUSED(EINVAL) },
		{ FLAGSTOP_ABI_X86_64, "shmat", { 6, 0, 040000 }, ALLOWED },
		{ FLAGSTOP_ABI_X86_64, "shmctl", { 5, 1 }, REFUSED(EINVAL) },
		{ FLAGSTOP_ABI_X86_64, "shmctl", { 6, 1 }, ALLOWED },
		{ FLAGSTOP_ABI_X32, "shmctl", { 5, 1 }, REFUSED(EINVAL) },
		{ FLAGSTOP_ABI_I386, "shmat", { 5, 0, FST_WINDOW_SHMAT_FLAGS, 0, SECRET }, REFUSED(EINVAL) },
		{ FLAGSTOP_ABI_I386, "ipc", { 21, 5 }, REFUSED(EINVAL) },
		{ FLAGSTOP_ABI_I386, "ipc", { 21, 6 }, ALLOWED },
		{ FLAGSTOP_ABI_X86_64, "munmap", { 0, 4096 }, ALLOWED },
		{ FLAGSTOP_ABI_X86_64, "userfaultfd", { 0 }, ALLOWED },
		{ FLAGSTOP_ABI_X86_64, "setuid", { 0 }, ALLOWED },
	};

	(void)state;
	count = fst_window_program(&plan, insns);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (run(wanted[i].abi, wanted[i].call, wanted[i].args) != wanted[i].action)
			fail_msg("row %zu, %s", i, wanted[i].call);
}

/* ---- a window in 32-bit address spaces -------------------------------------------------------------------------- */

#define START UINT64_C(0x70000000)
#define NARROW_BYTES UINT64_C(0x2000000)
#define DIRTY (UINT64_C(1) << 32)
#define NARROW_SECRET 0x55667788, 0xddeeff00

static void write_both_windows(void)
{
	static const struct fst_window_plan plan = {
		.abi = FLAGSTOP_ABI_X86_64,
		.abis = 1u << FLAGSTOP_ABI_X86_64 | 1u << FLAGSTOP_ABI_I386 | 1u << FLAGSTOP_ABI_X32,
		.high = HIGH,
		.secret = { SECRET },
		.trace_data = 7,
		.chunk_count = 2,
		.chunks = { { 32769, WINDOW, START }, { 32770, WINDOW + 0x100000, 0 } },
		.narrow = { START, START + NARROW_BYTES, FLAGSTOP_ABI_I386,
			    1u << FLAGSTOP_ABI_X86_64 | 1u << FLAGSTOP_ABI_I386 },
	};

	count = fst_window_program(&plan, insns);
	assert_true(count < FST_WINDOW_PROGRAM_MAX_INSNS);
}

static void narrow__ranges_that_touch_it_are_refused(void **state)
{
	static const char *const calls[] = { "munmap", "mprotect", "madvise", "mremap", "msync" };
	static const enum flagstop_abi abis[] = { FLAGSTOP_ABI_I386, FLAGSTOP_ABI_X86_64, FLAGSTOP_ABI_X32 };
	unsigned touching = 0, free = 0;

	(void)state;
	write_both_windows();
	for (unsigned i = 0; i < 200000; i++) {
		enum flagstop_abi abi = abis[random_number() % 3];
		uint64_t address = (START + (random_number() % 0x6000 << 12) - 0x2000000) & UINT32_MAX;
		uint64_t length = random_number() % 3 ? random_number() % 0x3000000 : (uint32_t)random_number();
		uint64_t args[6] = { address, length };
		uint32_t action = run(abi, calls[i % 5], args);

		if (length && address < START + NARROW_BYTES && address + length > START) {
			touching++;
			assert_int_equal(action, REFUSED(EPERM));
		} else if (length) {
			free++;
			assert_int_equal(action, ALLOWED);
		}
	}
	assert_true(touching > 10000 && free > 10000);
}

static void narrow__has_its_actions(void **state)
{
	static const struct {
		enum flagstop_abi abi;
		const char *call;
		uint64_t args[6];
		uint32_t action;
	} wanted[] = {
		{ FLAGSTOP_ABI_I386, "shmat", { 32769, START, FST_WINDOW_SHMAT_FLAGS, 0, NARROW_SECRET }, ALLOWED },
		{ FLAGSTOP_ABI_I386,
		  "shmat",
		  { 32769, START, FST_WINDOW_SHMAT_FLAGS, 0, 0x55667788 },
		  REFUSED(EINVAL) },
		{ FLAGSTOP_ABI_I386, "shmat", { 32769, START, 0, 0, NARROW_SECRET }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_I386, "shmat", { 32770, 0, FST_WINDOW_SHMAT_FLAGS, 0, NARROW_SECRET }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_X86_64, "shmat", { 32769, FORM }, ALLOWED },
		{ FLAGSTOP_ABI_X86_64, "shmat", { 32769, START, FST_WINDOW_SHMAT_FLAGS, 0, SECRET }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_X86_64, "shmat", { 5, START }, REFUSED(EINVAL) },
		{ FLAGSTOP_ABI_I386, "shmat", { 5, START - 4096 }, ALLOWED },
		{ FLAGSTOP_ABI_I386, "shmat", { 5, 0x1000, 040000 }, REFUSED(EINVAL) },
		{ FLAGSTOP_ABI_I386, "ipc", { 21, 5, 040000, 0, 0x1000 }, REFUSED(EINVAL) },
		{ FLAGSTOP_ABI_I386, "ipc", { 21, 5, 0, 0, START }, REFUSED(EINVAL) },
		{ FLAGSTOP_ABI_I386, "ipc", { 0x10015, 32769 }, REFUSED(EINVAL) },
		{ FLAGSTOP_ABI_I386, "ipc", { 22, 0, 0, 0, START }, REFUSED(EINVAL) },
		{ FLAGSTOP_ABI_I386, "ipc", { 22, 0, 0, 0, START + NARROW_BYTES }, ALLOWED },
		{ FLAGSTOP_ABI_I386, "shmdt", { START }, REFUSED(EINVAL) },
		{ FLAGSTOP_ABI_X86_64, "shmdt", { START }, REFUSED(EINVAL) },
		{ FLAGSTOP_ABI_I386, "mmap", { 0x1000 }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_I386, "mmap2", { START, 1, 3, 0x32 }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_I386, "mmap2", { START, 1, 3, 0x22 }, ALLOWED },
		{ FLAGSTOP_ABI_X86_64, "mmap", { START, 1, 3, 0x32 }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_I386, "mremap", { 0x1000, 1, 4097, 3, START - 4096 }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_I386, "mremap", { 0x1000, 1, 4096, 3, START - 4096 }, ALLOWED },
		{ FLAGSTOP_ABI_X86_64, "munmap", { 0x1000, UINT64_C(0x100000000) }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_X86_64, "munmap", { START + (UINT64_C(1) << 32), 4096 }, ALLOWED },
		{ FLAGSTOP_ABI_X86_64, "munmap", { WINDOW, 4096 }, REFUSED(EPERM) },
		/* int $0x80 from 64-bit code: upper halves that the call does not get */
		{ FLAGSTOP_ABI_I386, "munmap", { START | DIRTY, 4096 }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_I386, "munmap", { START - 4096, 4096 | DIRTY }, ALLOWED },
		{ FLAGSTOP_ABI_I386, "munmap", { START - 4096, 4097 | DIRTY }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_I386, "mmap2", { START | DIRTY, 1, 3, 0x32 }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_I386, "mremap", { START | DIRTY, 1, 1, 1 }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_I386, "mremap", { 0x1000, 1, 1, 3, START | DIRTY }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_I386, "shmdt", { START | DIRTY }, REFUSED(EINVAL) },
		{ FLAGSTOP_ABI_I386, "ipc", { 22, 0, 0, 0, START | DIRTY }, REFUSED(EINVAL) },
		{ FLAGSTOP_ABI_I386, "shmat", { 5, START | DIRTY }, REFUSED(EINVAL) },
		{ FLAGSTOP_ABI_I386,
		  "shmat",
		  { 32769 | DIRTY, START, FST_WINDOW_SHMAT_FLAGS, 0, NARROW_SECRET },
		  REFUSED(EPERM) },
		/* huge pages of 512 MiB and more, to which the kernel rounds a length */
		{ FLAGSTOP_ABI_X86_64, "mmap", { 0x40000000, 4096, 3, 0x32 }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_I386, "mmap2", { 0x60000000, 4096, 3, 0x32 }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_I386, "mremap", { 0x1000, 1, 1, 3, 0x40000000 }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_X86_64, "mmap", { 0x40001000, 4096, 3, 0x32 }, ALLOWED },
		{ FLAGSTOP_ABI_X86_64, "mmap", { 0x80000000, 4096, 3, 0x32 }, ALLOWED },
		{ FLAGSTOP_ABI_X86_64, "mmap", { WINDOW - (UINT64_C(3) << 32), 4096, 3, 0x32 }, REFUSED(EPERM) },
		{ FLAGSTOP_ABI_I386, "uselib", { 0x1000 }, REFUSED(EPERM) },
	};

	(void)state;
	write_both_windows();
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		if (run(wanted[i].abi, wanted[i].call, wanted[i].args) != wanted[i].action)
			fail_msg("row %zu, %s", i, wanted[i].call);
}

int main(void)
{
	static const struct CMUnitTest last[] = { cmocka_unit_test(segment__is_had_by_the_secret_alone),
						  cmocka_unit_test(aarch64__has_its_actions),
						  cmocka_unit_test(ppc64le__has_its_actions),
						  cmocka_unit_test(s390x__mmap_is_flagged_whatever_it_says),
						  cmocka_unit_test(narrow__ranges_that_touch_it_are_refused),
						  cmocka_unit_test(narrow__has_its_actions) };
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges__that_touch_the_window_are_refused),
		cmocka_unit_test(program__is_one_that_the_kernel_takes),
		cmocka_unit_test(calls__that_are_not_guarded_load_no_argument),
		cmocka_unit_test(watches__what_the_program_flags),
		cmocka_unit_test(directories__are_watched_in_each_abi),
		cmocka_unit_test(clones__that_share_a_directory_are_watched),
	};
	struct CMUnitTest each[sizeof(rows) / sizeof(*rows)];
	int failed;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		each[i] = (struct CMUnitTest){ .name = rows[i].name,
					       .test_func = call__has_its_action,
					       .initial_state = (void *)&rows[i] };
	failed = cmocka_run_group_tests_name("window", tests, write_program, NULL);
	failed += cmocka_run_group_tests_name("calls", each, write_program, NULL);
	return failed + cmocka_run_group_tests_name("aarch64", last, NULL, NULL);
}
