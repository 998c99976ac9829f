/* SPDX-License-Identifier: MIT */
/* Names, numbers and ABIs of calls: the tables against themselves, and against the headers of this host. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>
#include <string.h>

#include <arch/callset.h>
#include <flagstop/arch.h>

struct number {
	const char *name;
	int64_t number;
};

/* Calls that the ABIs of x86 all have. The headers define the same names one after another: the last one holds. */
#define SPOTS(X) \
	X(read) \
	X(write) \
	X(open) \
	X(close) \
	X(openat) \
	X(openat2) \
	X(stat) \
	X(fstat) \
	X(lstat) \
	X(poll) \
	X(lseek) \
	X(mprotect) \
	X(munmap) \
	X(brk) \
	X(rt_sigaction) \
	X(rt_sigprocmask) \
	X(rt_sigreturn) \
	X(ioctl) \
	X(pread64) \
	X(readv) \
	X(writev) \
	X(access) \
	X(pipe) \
	X(sched_yield) \
	X(mremap) \
	X(madvise) \
	X(dup2) \
	X(pause) \
	X(nanosleep) \
	X(getpid) \
	X(socket) \
	X(connect) \
	X(accept4) \
	X(sendto) \
	X(recvfrom) \
	X(bind) \
	X(listen) \
	X(setsockopt) \
	X(clone) \
	X(fork) \
	X(vfork) \
	X(execve) \
	X(exit) \
	X(wait4) \
	X(kill) \
	X(uname) \
	X(fcntl) \
	X(getdents64) \
	X(chdir) \
	X(rename) \
	X(mkdir) \
	X(unlink) \
	X(symlink) \
	X(chmod) \
	X(chown) \
	X(umask) \
	X(ptrace) \
	X(getuid) \
	X(setuid) \
	X(prctl) \
	X(mount) \
	X(umount2) \
	X(futex) \
	X(epoll_wait) \
	X(set_tid_address) \
	X(exit_group) \
	X(tgkill) \
	X(unshare) \
	X(splice) \
	X(seccomp) \
	X(getrandom) \
	X(memfd_create) \
	X(bpf) \
	X(execveat) \
	X(userfaultfd) \
	X(statx) \
	X(rseq) \
	X(pidfd_send_signal) \
	X(io_uring_setup) \
	X(clone3) \
	X(close_range) \
	X(landlock_create_ruleset) \
	X(memfd_secret) \
	X(process_mrelease) \
	X(futex_waitv)

#define SPOT(call) { #call, __NR_##call },

#if __has_include(<asm/unistd_x32.h>)
#define HAVE_X86_HEADERS 1
#include <asm/unistd_64.h>
static const struct number header_x86_64[] = { SPOTS(SPOT) SPOT(mmap) SPOT(arch_prctl) SPOT(newfstatat) };
#include <asm/unistd_32.h>
static const struct number header_i386[] = { SPOTS(SPOT) SPOT(mmap2) SPOT(socketcall) SPOT(chown32) SPOT(stat64) };
#define __X32_SYSCALL_BIT 0x40000000
#undef __NR_mmap
#include <asm/unistd_x32.h>
static const struct number header_x32[] = { SPOTS(SPOT) SPOT(mmap) };

static void check_header(const struct number *rows, size_t count, enum flagstop_abi abi)
{
	for (size_t i = 0; i < count; i++) {
		int call = flagstop_call_find(rows[i].name);

		if (call < 0 || flagstop_call_number((unsigned)call, abi) != rows[i].number)
			fail_msg("%s %s: the header has %lld", flagstop_abi_name(abi), rows[i].name,
				 (long long)rows[i].number);
	}
}

#define CHECK_HEADER(rows, abi) check_header(rows, sizeof(rows) / sizeof(rows[0]), abi)

static void number__is_that_of_the_hosts_x86_64_header(void **state)
{
	(void)state;
	CHECK_HEADER(header_x86_64, FLAGSTOP_ABI_X86_64);
}

static void number__is_that_of_the_hosts_i386_header(void **state)
{
	(void)state;
	CHECK_HEADER(header_i386, FLAGSTOP_ABI_I386);
}

static void number__is_that_of_the_hosts_x32_header(void **state)
{
	(void)state;
	CHECK_HEADER(header_x32, FLAGSTOP_ABI_X32);
}
#endif

static void number__leads_back_to_its_call_in_every_abi(void **state)
{
	(void)state;
	for (unsigned call = 0; call < flagstop_call_count(); call++) {
		unsigned abis = 0;

		for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
			int64_t number = flagstop_call_number(call, abi);

			if (number == -ENOENT)
				continue;
			assert_in_range(number, 0, UINT32_MAX);
			if (flagstop_call_from_number(abi, (uint32_t)number) != (int)call)
				fail_msg("%s %s", flagstop_abi_name(abi), flagstop_call_name(call));
			abis++;
		}
		assert_int_not_equal(abis, 0);
	}
}

static void number__every_number_that_leads_to_a_call_is_that_calls(void **state)
{
	(void)state;
	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		for (uint32_t nr = 0; nr < 0x100000; nr++) {
			int call = flagstop_call_from_number(abi, nr);

			if (call != -ENOENT)
				assert_int_equal(flagstop_call_number((unsigned)call, abi), nr);
		}
	}
}

static void number__outside_of_the_tables_is_no_call(void **state)
{
	static const uint32_t numbers[] = { 222222, 0xeffff, 0xf0000, 0xf0007, 0x7fffffff, 0x80000000, UINT32_MAX };

	(void)state;
	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
			assert_int_equal(flagstop_call_from_number(abi, numbers[i]), -ENOENT);
	}
	assert_int_equal(flagstop_call_from_number(FLAGSTOP_ABI_COUNT, 0), -ENOENT);
}

static void number__of_no_call_or_no_abi_is_enoent(void **state)
{
	(void)state;
	assert_int_equal(flagstop_call_number(flagstop_call_count(), FLAGSTOP_ABI_X86_64), -ENOENT);
	assert_int_equal(flagstop_call_number(0, FLAGSTOP_ABI_COUNT), -ENOENT);
}

static void number__arms_private_calls_are_apart(void **state)
{
	int call = flagstop_call_find("set_tls");

	(void)state;
	assert_int_equal(flagstop_call_number((unsigned)call, FLAGSTOP_ABI_ARM), 0xf0005);
	assert_int_equal(flagstop_call_from_number(FLAGSTOP_ABI_ARM, 0xf0005), call);
	assert_int_equal(flagstop_call_number((unsigned)call, FLAGSTOP_ABI_AARCH64), -ENOENT);
}

static void number__x32_has_bit_30_and_is_none_without_it(void **state)
{
	int call = flagstop_call_find("execve");

	(void)state;
	assert_int_equal(flagstop_call_number((unsigned)call, FLAGSTOP_ABI_X32), 0x40000000 + 520);
	assert_int_equal(flagstop_call_from_number(FLAGSTOP_ABI_X32, 520), -ENOENT);
	assert_int_equal(flagstop_call_from_number(FLAGSTOP_ABI_X86_64, 0x40000000 + 520), -ENOENT);
}

static void name__leads_back_to_its_call(void **state)
{
	(void)state;
	for (unsigned call = 0; call < flagstop_call_count(); call++)
		assert_int_equal(flagstop_call_find(flagstop_call_name(call)), call);
	assert_null(flagstop_call_name(flagstop_call_count()));
}

static void name__calls_are_in_the_order_of_their_names(void **state)
{
	(void)state;
	for (unsigned call = 1; call < flagstop_call_count(); call++)
		assert_true(strcmp(flagstop_call_name(call - 1), flagstop_call_name(call)) < 0);
}

static void name__that_is_none_is_enoent(void **state)
{
	(void)state;
	assert_int_equal(flagstop_call_find("opennat"), -ENOENT);
	assert_int_equal(flagstop_call_find("openat "), -ENOENT);
	assert_int_equal(flagstop_call_find("zzz"), -ENOENT);
	assert_int_equal(flagstop_call_find(""), -ENOENT);
	assert_int_equal(flagstop_call_find(NULL), -ENOENT);
}

static void name__arm_sync_file_range_is_sync_file_range2(void **state)
{
	int call = flagstop_call_find("arm_sync_file_range");

	(void)state;
	assert_int_equal(call, flagstop_call_find("sync_file_range2"));
	assert_int_equal(flagstop_call_number((unsigned)call, FLAGSTOP_ABI_ARM), 341);
	assert_int_equal(flagstop_call_number((unsigned)call, FLAGSTOP_ABI_PPC64LE), 308);
}

static void since__is_a_release_or_empty(void **state)
{
	unsigned known = 0;

	(void)state;
	for (unsigned call = 0; call < flagstop_call_count(); call++) {
		unsigned major, minor;
		const char *since = flagstop_call_since(call);

		if (!*since)
			continue;
		assert_int_equal(sscanf(since, "%u.%u", &major, &minor), 2);
		assert_in_range(major * 1000 + minor, 2006, 99999);
		known++;
	}
	assert_true(known > 150);
}

static void since__known_releases(void **state)
{
	static const char *const rows[][2] = {
		{ "seccomp", "3.17" },
		{ "openat", "2.6.16" },
		{ "read", "" },
		{ "clone3", "5.3" },
		{ "openat2", "5.6" },
		{ "fork", "" },
		{ "close_range", "5.9" },
		{ "mseal", "6.10" },
		{ "accept4", "2.6.28" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(flagstop_call_since((unsigned)flagstop_call_find(rows[i][0])), rows[i][1]);
	assert_string_equal(flagstop_call_since(flagstop_call_count()), "");
}

static void tables__say_which_release_they_are(void **state)
{
	unsigned major, minor;

	(void)state;
	assert_int_equal(sscanf(flagstop_tables_release(), "%u.%u", &major, &minor), 2);
	assert_true(major >= 7);
}

static void tables__fit_into_a_callset(void **state)
{
	(void)state;
	assert_in_range(flagstop_call_count(), 400, FST_CALLS_MAX);
}

struct abi_row {
	const char *name;
	enum flagstop_abi abi;
	uint32_t audit_arch;
};

static const struct abi_row abi_rows[] = {
	{ "x86_64", FLAGSTOP_ABI_X86_64, AUDIT_ARCH_X86_64 },
	{ "i386", FLAGSTOP_ABI_I386, AUDIT_ARCH_I386 },
	{ "x32", FLAGSTOP_ABI_X32, AUDIT_ARCH_X86_64 },
	{ "aarch64", FLAGSTOP_ABI_AARCH64, AUDIT_ARCH_AARCH64 },
	{ "arm", FLAGSTOP_ABI_ARM, AUDIT_ARCH_ARM },
	{ "riscv64", FLAGSTOP_ABI_RISCV64, AUDIT_ARCH_RISCV64 },
	{ "ppc64le", FLAGSTOP_ABI_PPC64LE, AUDIT_ARCH_PPC64LE },
	{ "s390x", FLAGSTOP_ABI_S390X, AUDIT_ARCH_S390X },
	{ "loongarch64", FLAGSTOP_ABI_LOONGARCH64, AUDIT_ARCH_LOONGARCH64 },
};

static void abi__name_and_audit_token(void **state)
{
	const struct abi_row *row = *state;

	assert_string_equal(flagstop_abi_name(row->abi), row->name);
	assert_int_equal(flagstop_abi_find(row->name), row->abi);
	assert_int_equal(flagstop_abi_audit_arch(row->abi), row->audit_arch);
}

static void abi__of_a_call_comes_from_token_and_number(void **state)
{
	const struct abi_row *row = *state;
	int64_t number = flagstop_call_number((unsigned)flagstop_call_find("close"), row->abi);

	assert_int_equal(flagstop_abi_of_call(row->audit_arch, (uint32_t)number), row->abi);
}

static void abi__bit_30_tells_x32_on_x86_only(void **state)
{
	(void)state;
	assert_int_equal(flagstop_abi_of_call(AUDIT_ARCH_X86_64, 0x40000000), FLAGSTOP_ABI_X32);
	assert_int_equal(flagstop_abi_of_call(AUDIT_ARCH_X86_64, 0x3fffffff), FLAGSTOP_ABI_X86_64);
	assert_int_equal(flagstop_abi_of_call(AUDIT_ARCH_I386, 0x40000000), FLAGSTOP_ABI_I386);
	assert_int_equal(flagstop_abi_of_call(AUDIT_ARCH_AARCH64, 0x40000001), FLAGSTOP_ABI_AARCH64);
}

static void abi__number_minus_one_is_not_x32(void **state)
{
	(void)state;
	assert_int_equal(flagstop_abi_of_call(AUDIT_ARCH_X86_64, UINT32_MAX), FLAGSTOP_ABI_X86_64);
}

static void abi__others_are_refused(void **state)
{
	(void)state;
	assert_int_equal(flagstop_abi_of_call(AUDIT_ARCH_MIPS, 1), -EOPNOTSUPP);
	assert_int_equal(flagstop_abi_of_call(AUDIT_ARCH_PPC64, 1), -EOPNOTSUPP);
	assert_int_equal(flagstop_abi_of_call(0, 1), -EOPNOTSUPP);
	assert_int_equal(flagstop_abi_find("X86_64"), -ENOENT);
	assert_int_equal(flagstop_abi_find(""), -ENOENT);
	assert_null(flagstop_abi_name(FLAGSTOP_ABI_COUNT));
	assert_int_equal(flagstop_abi_audit_arch(FLAGSTOP_ABI_COUNT), 0);
}

#define NEAR_ROW(wrote, meant) \
	{ \
		"nearest: " wrote " -> " meant, nearest_row, NULL, NULL, (void *)(const char *[]) \
		{ \
			wrote, meant \
		} \
	}

static void nearest_row(void **state)
{
	const char *const *row = *state;
	const char *found = flagstop_call_nearest(row[0]);

	assert_string_equal(found ? found : "(none)", row[1]);
}

#define ABI_ROW(row, law) \
	{ \
		"abi__" #law " [" #row "]", abi__##law, NULL, NULL, (void *)&abi_rows[FLAGSTOP_ABI_##row] \
	}
#define ABI_ROWS(row) ABI_ROW(row, name_and_audit_token), ABI_ROW(row, of_a_call_comes_from_token_and_number)

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef HAVE_X86_HEADERS
		cmocka_unit_test(number__is_that_of_the_hosts_x86_64_header),
		cmocka_unit_test(number__is_that_of_the_hosts_i386_header),
		cmocka_unit_test(number__is_that_of_the_hosts_x32_header),
#endif
		cmocka_unit_test(number__leads_back_to_its_call_in_every_abi),
		cmocka_unit_test(number__every_number_that_leads_to_a_call_is_that_calls),
		cmocka_unit_test(number__outside_of_the_tables_is_no_call),
		cmocka_unit_test(number__of_no_call_or_no_abi_is_enoent),
		cmocka_unit_test(number__arms_private_calls_are_apart),
		cmocka_unit_test(number__x32_has_bit_30_and_is_none_without_it),
		cmocka_unit_test(name__leads_back_to_its_call),
		cmocka_unit_test(name__calls_are_in_the_order_of_their_names),
		cmocka_unit_test(name__that_is_none_is_enoent),
		cmocka_unit_test(name__arm_sync_file_range_is_sync_file_range2),
		cmocka_unit_test(since__is_a_release_or_empty),
		cmocka_unit_test(since__known_releases),
		cmocka_unit_test(tables__say_which_release_they_are),
		cmocka_unit_test(tables__fit_into_a_callset),
		ABI_ROWS(X86_64),
		ABI_ROWS(I386),
		ABI_ROWS(X32),
		ABI_ROWS(AARCH64),
		ABI_ROWS(ARM),
		ABI_ROWS(RISCV64),
		ABI_ROWS(PPC64LE),
		ABI_ROWS(S390X),
		ABI_ROWS(LOONGARCH64),
		cmocka_unit_test(abi__bit_30_tells_x32_on_x86_only),
		cmocka_unit_test(abi__number_minus_one_is_not_x32),
		cmocka_unit_test(abi__others_are_refused),
		NEAR_ROW("opennat", "openat"),
		NEAR_ROW("opne", "open"),
		NEAR_ROW("exeve", "execve"),
		NEAR_ROW("getrandon", "getrandom"),
		NEAR_ROW("clone4", "clone"),
		NEAR_ROW("mprotcet", "mprotect"),
		NEAR_ROW("xyzzyxyzzy", "(none)"),
		NEAR_ROW("", "(none)"),
		NEAR_ROW("q", "(none)"),
		NEAR_ROW("te", "(none)"),
		NEAR_ROW("timer_settime6", "timer_settime"),
		NEAR_ROW("openatopenatopenatopenatopenatopenatopenatopenatopenat", "(none)"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
