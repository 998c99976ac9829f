/* SPDX-License-Identifier: MIT */
/* What arguments are, and how they are written. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <arch/constants.h>

static unsigned call(const char *name)
{
	int found = flagstop_call_find(name);

	assert_true(found >= 0);
	return (unsigned)found;
}

/* Runs the check on every argument of every call in every ABI. */
static void each_argument(void (*check)(unsigned call, enum flagstop_abi abi, const struct flagstop_arg *args,
					unsigned count, unsigned index))
{
	for (unsigned index = 0; index < flagstop_call_count(); index++) {
		for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
			const struct flagstop_arg *args = NULL;
			unsigned count = flagstop_call_args(index, abi, &args);

			assert_in_range(count, 0, 6);
			for (unsigned i = 0; i < count; i++)
				check(index, abi, args, count, i);
		}
	}
}

static void check_set(unsigned index, enum flagstop_abi abi, const struct flagstop_arg *args, unsigned count,
		      unsigned i)
{
	bool needs = args[i].role == FLAGSTOP_ROLE_FLAGS || args[i].role == FLAGSTOP_ROLE_ENUM;

	(void)abi, (void)count;
	if (args[i].set ? !fst_constants_set(args[i].set) : needs)
		fail_msg("%s: %s", flagstop_call_name(index), args[i].name);
}

static void signature__every_set_it_names_exists(void **state)
{
	(void)state;
	each_argument(check_set);
}

static void check_name(unsigned index, enum flagstop_abi abi, const struct flagstop_arg *args, unsigned count,
		       unsigned i)
{
	(void)abi;
	assert_true(args[i].name && *args[i].name);
	for (unsigned j = i + 1; j < count; j++) {
		if (!strcmp(args[i].name, args[j].name))
			fail_msg("%s: two arguments are %s", flagstop_call_name(index), args[i].name);
	}
}

static void signature__names_tell_arguments_apart(void **state)
{
	(void)state;
	each_argument(check_name);
}

static void check_pointer(unsigned index, enum flagstop_abi abi, const struct flagstop_arg *args, unsigned count,
			  unsigned i)
{
	bool pointer = args[i].role >= FLAGSTOP_ROLE_PATH && args[i].role <= FLAGSTOP_ROLE_POINTER;

	(void)abi, (void)count;
	if (pointer && args[i].type != FLAGSTOP_ARG_UWORD)
		fail_msg("%s: %s is a pointer of another type", flagstop_call_name(index), args[i].name);
	if (args[i].pointee && args[i].role != FLAGSTOP_ROLE_POINTER)
		fail_msg("%s: %s points somewhere", flagstop_call_name(index), args[i].name);
}

static void signature__pointers_are_words(void **state)
{
	(void)state;
	each_argument(check_pointer);
}

static void signature__of_no_call_is_empty(void **state)
{
	const struct flagstop_arg *args = NULL;

	(void)state;
	assert_int_equal(flagstop_call_args(flagstop_call_count(), FLAGSTOP_ABI_X86_64, &args), 0);
	assert_int_equal(flagstop_call_args(0, FLAGSTOP_ABI_COUNT, &args), 0);
	assert_null(args);
}

static void bits__ints_are_32_and_words_are_the_register(void **state)
{
	(void)state;
	for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		unsigned word = abi == FLAGSTOP_ABI_I386 || abi == FLAGSTOP_ABI_ARM ? 32 : 64;

		assert_int_equal(flagstop_arg_bits(abi, FLAGSTOP_ARG_S32), 32);
		assert_int_equal(flagstop_arg_bits(abi, FLAGSTOP_ARG_U32), 32);
		assert_int_equal(flagstop_arg_bits(abi, FLAGSTOP_ARG_SWORD), word);
		assert_int_equal(flagstop_arg_bits(abi, FLAGSTOP_ARG_UWORD), word);
	}
}

struct order_row {
	const char *law;
	const char *call;
	enum flagstop_abi abi;
	const char *names;
};

#define CLONE_FORWARDS "flags stack parent_tid child_tid tls"
#define CLONE_BACKWARDS "flags stack parent_tid tls child_tid"

static const struct order_row order_rows[] = {
	{ "clone__x86_64_has_tls_last", "clone", FLAGSTOP_ABI_X86_64, CLONE_FORWARDS },
	{ "clone__x32_has_tls_last", "clone", FLAGSTOP_ABI_X32, CLONE_FORWARDS },
	{ "clone__loongarch64_has_tls_last", "clone", FLAGSTOP_ABI_LOONGARCH64, CLONE_FORWARDS },
	{ "clone__i386_has_tls_fourth", "clone", FLAGSTOP_ABI_I386, CLONE_BACKWARDS },
	{ "clone__aarch64_has_tls_fourth", "clone", FLAGSTOP_ABI_AARCH64, CLONE_BACKWARDS },
	{ "clone__arm_has_tls_fourth", "clone", FLAGSTOP_ABI_ARM, CLONE_BACKWARDS },
	{ "clone__riscv64_has_tls_fourth", "clone", FLAGSTOP_ABI_RISCV64, CLONE_BACKWARDS },
	{ "clone__ppc64le_has_tls_fourth", "clone", FLAGSTOP_ABI_PPC64LE, CLONE_BACKWARDS },
	{ "clone__s390x_has_the_stack_first", "clone", FLAGSTOP_ABI_S390X, "stack flags parent_tid child_tid tls" },
	{ "pread64__is_whole_on_64_bits", "pread64", FLAGSTOP_ABI_X86_64, "fd buf count offset" },
	{ "pread64__is_whole_on_x32", "pread64", FLAGSTOP_ABI_X32, "fd buf count offset" },
	{ "pread64__is_split_on_i386", "pread64", FLAGSTOP_ABI_I386, "fd buf count offset_low offset_high" },
	{ "pread64__is_padded_on_arm", "pread64", FLAGSTOP_ABI_ARM, "fd buf count pad offset_low offset_high" },
	{ "truncate64__is_padded_on_arm", "truncate64", FLAGSTOP_ABI_ARM, "path pad length_low length_high" },
	{ "truncate64__is_split_on_i386", "truncate64", FLAGSTOP_ABI_I386, "path length_low length_high" },
	{ "fadvise__arm_puts_advice_second", "arm_fadvise64_64", FLAGSTOP_ABI_ARM,
	  "fd advice offset_low offset_high len_low len_high" },
	{ "fadvise__i386_puts_advice_last", "fadvise64_64", FLAGSTOP_ABI_I386,
	  "fd offset_low offset_high len_low len_high advice" },
	{ "sync_file_range2__has_flags_second", "sync_file_range2", FLAGSTOP_ABI_PPC64LE,
	  "fd flags offset nbytes" },
	{ "fallocate__is_split_on_arm", "fallocate", FLAGSTOP_ABI_ARM,
	  "fd mode offset_low offset_high len_low len_high" },
	{ "preadv2__x86_64_skips_a_register", "preadv2", FLAGSTOP_ABI_X86_64, "fd iov iovcnt offset pad flags" },
	{ "preadv2__x32_does_not", "preadv2", FLAGSTOP_ABI_X32, "fd iov iovcnt offset flags" },
	{ "mmap__i386_takes_a_struct", "mmap", FLAGSTOP_ABI_I386, "arg" },
	{ "mmap__s390x_takes_a_struct", "mmap", FLAGSTOP_ABI_S390X, "arg" },
	{ "mmap__elsewhere_takes_six", "mmap", FLAGSTOP_ABI_AARCH64, "addr length prot flags fd offset" },
	{ "select__i386_takes_a_struct", "select", FLAGSTOP_ABI_I386, "arg" },
	{ "fanotify_mark__is_split_on_i386", "fanotify_mark", FLAGSTOP_ABI_I386,
	  "fanotify_fd flags mask_low mask_high dirfd pathname" },
	{ "names__socket", "socket", FLAGSTOP_ABI_X86_64, "domain type protocol" },
	{ "names__connect", "connect", FLAGSTOP_ABI_X86_64, "sockfd addr addrlen" },
	{ "names__openat", "openat", FLAGSTOP_ABI_X86_64, "dirfd pathname flags mode" },
	{ "names__prctl", "prctl", FLAGSTOP_ABI_X86_64, "option arg2 arg3 arg4 arg5" },
	{ "names__seccomp", "seccomp", FLAGSTOP_ABI_X86_64, "operation flags args" },
	{ "names__ptrace", "ptrace", FLAGSTOP_ABI_X86_64, "request pid addr data" },
	{ "names__kill", "kill", FLAGSTOP_ABI_X86_64, "pid sig" },
	{ "names__ioctl", "ioctl", FLAGSTOP_ABI_X86_64, "fd request arg" },
};

static void order_row(void **state)
{
	const struct order_row *row = *state;
	const struct flagstop_arg *args = NULL;
	unsigned count = flagstop_call_args(call(row->call), row->abi, &args);
	char names[256] = "";
	int length = 0;

	for (unsigned i = 0; i < count; i++)
		length += snprintf(names + length, sizeof(names) - (size_t)length, "%s%s", i ? " " : "", args[i].name);
	assert_string_equal(names, row->names);
}

struct type_row {
	const char *law;
	const char *call;
	unsigned index;
	enum flagstop_arg_type type;
	enum flagstop_arg_role role;
};

static const struct type_row type_rows[] = {
	{ "type__openat_dirfd_is_an_int", "openat", 0, FLAGSTOP_ARG_S32, FLAGSTOP_ROLE_DIRFD },
	{ "type__openat_flags_is_an_int", "openat", 2, FLAGSTOP_ARG_S32, FLAGSTOP_ROLE_FLAGS },
	{ "type__open_mode_is_unsigned", "open", 2, FLAGSTOP_ARG_U32, FLAGSTOP_ROLE_MODE },
	{ "type__read_fd_is_unsigned", "read", 0, FLAGSTOP_ARG_U32, FLAGSTOP_ROLE_FD },
	{ "type__readv_fd_is_cut_to_32_bits", "readv", 0, FLAGSTOP_ARG_U32, FLAGSTOP_ROLE_FD },
	{ "type__mmap_fd_is_cut_to_32_bits", "mmap", 4, FLAGSTOP_ARG_S32, FLAGSTOP_ROLE_FD },
	{ "type__mmap_prot_is_a_word", "mmap", 2, FLAGSTOP_ARG_UWORD, FLAGSTOP_ROLE_FLAGS },
	{ "type__clone_flags_are_cut_to_32_bits", "clone", 0, FLAGSTOP_ARG_U32, FLAGSTOP_ROLE_FLAGS },
	{ "type__unshare_flags_are_a_word", "unshare", 0, FLAGSTOP_ARG_UWORD, FLAGSTOP_ROLE_FLAGS },
	{ "type__ioctl_request_is_32_bits", "ioctl", 1, FLAGSTOP_ARG_U32, FLAGSTOP_ROLE_ENUM },
	{ "type__ptrace_pid_is_cut_to_32_bits", "ptrace", 1, FLAGSTOP_ARG_S32, FLAGSTOP_ROLE_PID },
	{ "type__lseek_offset_is_signed", "lseek", 1, FLAGSTOP_ARG_SWORD, FLAGSTOP_ROLE_OFFSET },
	{ "type__connect_addr_is_a_sockaddr", "connect", 1, FLAGSTOP_ARG_UWORD, FLAGSTOP_ROLE_SOCKADDR },
	{ "type__accept_addr_is_only_written_to", "accept", 1, FLAGSTOP_ARG_UWORD, FLAGSTOP_ROLE_POINTER },
	{ "type__execve_pathname_is_a_path", "execve", 0, FLAGSTOP_ARG_UWORD, FLAGSTOP_ROLE_PATH },
	{ "type__kill_sig_is_a_signal", "kill", 1, FLAGSTOP_ARG_S32, FLAGSTOP_ROLE_SIGNAL },
};

static void type_row(void **state)
{
	const struct type_row *row = *state;
	const struct flagstop_arg *args = NULL;

	assert_true(flagstop_call_args(call(row->call), FLAGSTOP_ABI_X86_64, &args) > row->index);
	assert_int_equal(args[row->index].type, row->type);
	assert_int_equal(args[row->index].role, row->role);
}

struct format_row {
	const char *law;
	enum flagstop_abi abi;
	const char *call;
	uint64_t args[6];
	const char *text;
};

#define AT_FDCWD_64 0xffffffffffffff9c
#define AT_FDCWD_32 0xffffff9c

static const struct format_row format_rows[] = {
	{ "format__flags_and_mode",
	  FLAGSTOP_ABI_X86_64,
	  "openat",
	  { AT_FDCWD_64, 0x55, 0x80241, 0644 },
	  "openat(AT_FDCWD, 0x55, O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0644)" },
	{ "format__dirfd_of_32_bits",
	  FLAGSTOP_ABI_X86_64,
	  "openat",
	  { AT_FDCWD_32, 0x55, 0, 0 },
	  "openat(AT_FDCWD, 0x55, O_RDONLY, 0)" },
	{ "format__upper_half_of_an_int_is_not_seen",
	  FLAGSTOP_ABI_X86_64,
	  "close",
	  { 0xdead00000003 },
	  "close(3)" },
	{ "format__flags_are_those_of_the_abi",
	  FLAGSTOP_ABI_AARCH64,
	  "openat",
	  { 3, 0x55, 0x10000, 0 },
	  "openat(3, 0x55, O_RDONLY|O_DIRECT, 0)" },
	{ "format__the_widest_flag_first",
	  FLAGSTOP_ABI_X86_64,
	  "open",
	  { 0x55, 0x101002, 0 },
	  "open(0x55, O_RDWR|O_SYNC, 0)" },
	{ "format__a_part_of_a_wide_flag_is_not_the_flag",
	  FLAGSTOP_ABI_X86_64,
	  "open",
	  { 0x55, 0x1000, 0 },
	  "open(0x55, O_RDONLY|O_DSYNC, 0)" },
	{ "format__o_tmpfile_is_not_o_directory",
	  FLAGSTOP_ABI_X86_64,
	  "open",
	  { 0x55, 0x410001, 0600 },
	  "open(0x55, O_WRONLY|O_TMPFILE, 0600)" },
	{ "format__unknown_bits_in_hex",
	  FLAGSTOP_ABI_X86_64,
	  "open",
	  { 0x55, 0x8000000 | 0x80000, 0 },
	  "open(0x55, O_RDONLY|O_CLOEXEC|0x8000000, 0)" },
	{ "format__access_mode_three_is_unknown",
	  FLAGSTOP_ABI_X86_64,
	  "open",
	  { 0x55, 3, 0 },
	  "open(0x55, 0x3, 0)" },
	{ "format__socket_type_is_split",
	  FLAGSTOP_ABI_X86_64,
	  "socket",
	  { 2, 0x80801, 6 },
	  "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_TCP)" },
	{ "format__protocol_of_netlink",
	  FLAGSTOP_ABI_X86_64,
	  "socket",
	  { 16, 3, 9 },
	  "socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT)" },
	{ "format__protocol_of_other_domains_is_a_number",
	  FLAGSTOP_ABI_X86_64,
	  "socket",
	  { 1, 1, 6 },
	  "socket(AF_UNIX, SOCK_STREAM, 6)" },
	{ "format__option_at_its_level",
	  FLAGSTOP_ABI_X86_64,
	  "setsockopt",
	  { 3, 6, 1, 0x55, 4 },
	  "setsockopt(3, SOL_TCP, TCP_NODELAY, 0x55, 4)" },
	{ "format__option_of_the_socket",
	  FLAGSTOP_ABI_X86_64,
	  "setsockopt",
	  { 3, 1, 2, 0, 0 },
	  "setsockopt(3, SOL_SOCKET, SO_REUSEADDR, NULL, 0)" },
	{ "format__option_of_another_level_is_a_number",
	  FLAGSTOP_ABI_X86_64,
	  "setsockopt",
	  { 3, 0x107, 1, 0, 0 },
	  "setsockopt(3, SOL_PACKET, 1, NULL, 0)" },
	{ "format__mmap",
	  FLAGSTOP_ABI_X86_64,
	  "mmap",
	  { 0, 4096, 3, 0x22, UINT64_MAX, 0 },
	  "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)" },
	{ "format__huge_page_size_is_a_number_in_the_flags",
	  FLAGSTOP_ABI_X86_64,
	  "memfd_create",
	  { 0x55, 0x54000005 },
	  "memfd_create(0x55, MFD_HUGE_2MB|MFD_CLOEXEC|MFD_HUGETLB)" },
	{ "format__zero_with_a_name",
	  FLAGSTOP_ABI_X86_64,
	  "mprotect",
	  { 0x1000, 4096, 0 },
	  "mprotect(0x1000, 4096, PROT_NONE)" },
	{ "format__zero_without_a_name",
	  FLAGSTOP_ABI_X86_64,
	  "mremap",
	  { 0x1000, 1, 2, 0, 0 },
	  "mremap(0x1000, 1, 2, 0, NULL)" },
	{ "format__clones_signal_comes_last",
	  FLAGSTOP_ABI_X86_64,
	  "clone",
	  { 0x4111, 0, 0, 0, 0 },
	  "clone(CLONE_VM|CLONE_VFORK|SIGCHLD, NULL, NULL, NULL, NULL)" },
	{ "format__pads_are_left_out",
	  FLAGSTOP_ABI_ARM,
	  "pread64",
	  { 3, 0x100, 10, 77, 1, 2 },
	  "pread64(3, 0x100, 10, 1, 2)" },
	{ "format__signals_by_name", FLAGSTOP_ABI_X86_64, "kill", { UINT32_MAX, 9 }, "kill(-1, SIGKILL)" },
	{ "format__realtime_signals_by_number", FLAGSTOP_ABI_X86_64, "kill", { 1, 50 }, "kill(1, 50)" },
	{ "format__ids_and_minus_one",
	  FLAGSTOP_ABI_X86_64,
	  "chown",
	  { 0x55, UINT32_MAX, 3000000000u },
	  "chown(0x55, -1, 3000000000)" },
	{ "format__requests_by_name",
	  FLAGSTOP_ABI_X86_64,
	  "ioctl",
	  { 0, 0x5412, 0x7ffc00001234 },
	  "ioctl(0, TIOCSTI, 0x7ffc00001234)" },
	{ "format__unknown_requests_in_hex",
	  FLAGSTOP_ABI_X86_64,
	  "ioctl",
	  { 0, 0x12345678, 1 },
	  "ioctl(0, 0x12345678, 1)" },
	{ "format__ptrace_requests_are_the_abis",
	  FLAGSTOP_ABI_PPC64LE,
	  "ptrace",
	  { 0x1d, 7, 0, 0 },
	  "ptrace(PTRACE_SYSEMU, 7, 0, 0)" },
	{ "format__all_bits_are_no_list",
	  FLAGSTOP_ABI_X86_64,
	  "personality",
	  { UINT32_MAX },
	  "personality(0xffffffff)" },
	{ "format__shm_mode_in_octal",
	  FLAGSTOP_ABI_X86_64,
	  "shmget",
	  { 0, 4096, 0x200 | 0600 },
	  "shmget(IPC_PRIVATE, 4096, IPC_CREAT|0600)" },
	{ "format__0x200_is_at_removedir",
	  FLAGSTOP_ABI_X86_64,
	  "unlinkat",
	  { 3, 0x55, 0x200 },
	  "unlinkat(3, 0x55, AT_REMOVEDIR)" },
	{ "format__0x200_is_at_eaccess",
	  FLAGSTOP_ABI_X86_64,
	  "faccessat2",
	  { 3, 0x55, 4, 0x200 },
	  "faccessat2(3, 0x55, R_OK, AT_EACCESS)" },
	{ "format__negative_offset", FLAGSTOP_ABI_X86_64, "lseek", { 3, UINT64_MAX, 2 }, "lseek(3, -1, SEEK_END)" },
	{ "format__negative_offset_of_32_bits",
	  FLAGSTOP_ABI_I386,
	  "lseek",
	  { 3, UINT32_MAX, 2 },
	  "lseek(3, -1, SEEK_END)" },
	{ "format__no_arguments", FLAGSTOP_ABI_X86_64, "getpid", { 1 }, "getpid()" },
};

static void format_row(void **state)
{
	const struct format_row *row = *state;
	uint32_t nr = (uint32_t)flagstop_call_number(call(row->call), row->abi);
	char text[256];
	size_t length = flagstop_call_format(row->abi, nr, row->args, text, sizeof(text));

	assert_string_equal(text, row->text);
	assert_int_equal(length, strlen(row->text));
}

static void format__unknown_number_shows_all_registers(void **state)
{
	static const uint64_t args[6] = { 1, 2, 0, 0, 0, UINT64_MAX };
	char text[256];

	(void)state;
	flagstop_call_format(FLAGSTOP_ABI_X86_64, 0x1f4, args, text, sizeof(text));
	assert_string_equal(text, "syscall_0x1f4(0x1, 0x2, 0x0, 0x0, 0x0, 0xffffffffffffffff)");
	flagstop_call_format(FLAGSTOP_ABI_X86_64, 0x1f4, NULL, text, sizeof(text));
	assert_string_equal(text, "syscall_0x1f4");
}

static void format__without_arguments_is_the_name(void **state)
{
	char text[32];

	(void)state;
	assert_int_equal(flagstop_call_format(FLAGSTOP_ABI_X86_64, 0, NULL, text, sizeof(text)), 4);
	assert_string_equal(text, "read");
}

static void format__cuts_at_every_size_and_tells_what_it_needs(void **state)
{
	static const uint64_t args[6] = { AT_FDCWD_64, 0x55, 0x80241, 0644 };
	static const char whole[] = "openat(AT_FDCWD, 0x55, O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0644)";
	char text[sizeof(whole) + 8];

	(void)state;
	assert_int_equal(flagstop_call_format(FLAGSTOP_ABI_X86_64, 257, args, NULL, 0), sizeof(whole) - 1);
	for (size_t size = 1; size < sizeof(text); size++) {
		size_t kept = size < sizeof(whole) ? size - 1 : sizeof(whole) - 1;

		memset(text, '#', sizeof(text));
		assert_int_equal(flagstop_call_format(FLAGSTOP_ABI_X86_64, 257, args, text, size), sizeof(whole) - 1);
		assert_memory_equal(text, whole, kept);
		assert_int_equal(text[kept], '\0');
		if (size < sizeof(text))
			assert_int_equal(text[size], '#');
	}
}

static void format__one_argument_alone(void **state)
{
	const struct flagstop_arg *args = NULL;
	char text[16];

	(void)state;
	flagstop_call_args(call("openat"), FLAGSTOP_ABI_X86_64, &args);
	assert_int_equal(flagstop_arg_format(FLAGSTOP_ABI_X86_64, &args[2], 0x80000, text, sizeof(text)), 18);
	assert_string_equal(text, "O_RDONLY|O_CLOE");
	assert_int_equal(flagstop_arg_format(FLAGSTOP_ABI_X86_64, &args[0], AT_FDCWD_64, text, sizeof(text)), 8);
	assert_string_equal(text, "AT_FDCWD");
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ADD_ROWS(rows, function) \
	for (size_t i = 0; i < COUNT(rows); i++) \
		tests[count++] = (struct CMUnitTest) \
		{ \
			rows[i].law, function, NULL, NULL, (void *)&rows[i] \
		}

int main(void)
{
	struct CMUnitTest tests[COUNT(order_rows) + COUNT(type_rows) + COUNT(format_rows) + 9] = {
		cmocka_unit_test(signature__every_set_it_names_exists),
		cmocka_unit_test(signature__names_tell_arguments_apart),
		cmocka_unit_test(signature__pointers_are_words),
		cmocka_unit_test(signature__of_no_call_is_empty),
		cmocka_unit_test(bits__ints_are_32_and_words_are_the_register),
		cmocka_unit_test(format__unknown_number_shows_all_registers),
		cmocka_unit_test(format__without_arguments_is_the_name),
		cmocka_unit_test(format__cuts_at_every_size_and_tells_what_it_needs),
		cmocka_unit_test(format__one_argument_alone),
	};
	size_t count = 9;

	ADD_ROWS(order_rows, order_row);
	ADD_ROWS(type_rows, type_row);
	ADD_ROWS(format_rows, format_row);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
