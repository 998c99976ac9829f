/* SPDX-License-Identifier: MIT */
/*
 * What policies mean: calls and the verdict and line that a reader of the language expects, written down by hand.
 * Nothing
 * here follows from the code: where the two disagree, one of them is wrong.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "test_policy.h"

#define LAYERS_MAX 3
#define PROBES_MAX 16

struct probe {
	enum flagstop_abi abi;
	const char *call; /* NULL: `nr` */
	uint64_t args[6];
	const char *verdict;
	unsigned line, layer;
	uint32_t nr;
};

struct law {
	const char *name;
	const char *layers[LAYERS_MAX];
	struct probe probes[PROBES_MAX]; /* the last ones without a verdict */
};

#define P "abi x86_64\n"
/* A call of an ABI: its arguments in braces, the verdict, the line that gives it, and (IN) the layer that has it. */
#define ARGS(...) \
	{ \
		__VA_ARGS__ \
	}
#define IN(lay, a, name, with, says, at) \
	{ \
		.abi = FLAGSTOP_ABI_##a, .call = name, .args = ARGS with, .verdict = says, .line = at, .layer = lay \
	}
#define ON(a, name, with, says, at) IN(0, a, name, with, says, at)
#define X64(name, with, says, at) ON(X86_64, name, with, says, at)
#define NR(a, number, says, at) \
	{ \
		.abi = FLAGSTOP_ABI_##a, .nr = number, .verdict = says, .line = at \
	}
#define NEGATIVE(n) (uint64_t) INT64_C(-n)

/* A probe a piece, as many on a line as there is room for. */
/* clang-format off */
static const struct law comparisons[] = {
	{ "equal__is_that_value_only", { P "default allow\ndeny lseek when offset == 5" },
	  { X64("lseek", (0, 5), "deny EPERM", 3), X64("lseek", (0, 4), "allow", 2),
	    X64("lseek", (0, 6), "allow", 2), X64("lseek", (5, 0, 5), "allow", 2),
	    X64("lseek", (0, 0x100000005), "allow", 2) } },
	{ "not_equal__is_every_other_value", { P "default allow\ndeny socket when domain != AF_UNIX" },
	  { X64("socket", (1), "allow", 2), X64("socket", (0), "deny EPERM", 3),
	    X64("socket", (2), "deny EPERM", 3), X64("socket", (0xffffffff), "deny EPERM", 3) } },
	{ "not_equal__to_the_highest_value_leaves_that_out",
	  { P "default allow\ndeny read when count != -1 and fd != 0xffffffff" },
	  { X64("read", (0, 0, UINT64_MAX), "allow", 2), X64("read", (0xffffffff), "allow", 2),
	    X64("read", (0xfffffffe, 0, UINT64_MAX - 1), "deny EPERM", 3), X64("read", (0), "deny EPERM", 3) } },
	{ "less__leaves_the_value_out", { P "default allow\ndeny read when count < 4096" },
	  { X64("read", (0, 0, 4095), "deny EPERM", 3), X64("read", (0, 0, 0), "deny EPERM", 3),
	    X64("read", (0, 0, 4096), "allow", 2), X64("read", (0, 0, UINT64_MAX), "allow", 2) } },
	{ "less_or_equal__takes_the_value_in", { P "default allow\ndeny read when count <= 4096" },
	  { X64("read", (0, 0, 4096), "deny EPERM", 3), X64("read", (0, 0, 4097), "allow", 2) } },
	{ "more__leaves_the_value_out", { P "default allow\ndeny read when count > 4096" },
	  { X64("read", (0, 0, 4096), "allow", 2), X64("read", (0, 0, 4097), "deny EPERM", 3) } },
	{ "more_or_equal__takes_the_value_in", { P "default allow\ndeny read when count >= 4096" },
	  { X64("read", (0, 0, 4095), "allow", 2), X64("read", (0, 0, 4096), "deny EPERM", 3) } },
	{ "int__is_signed_and_its_high_half_is_not_read", { P "default allow\ndeny kill when pid < 0" },
	  { X64("kill", (NEGATIVE(1)), "deny EPERM", 3), X64("kill", (0xffffffff), "deny EPERM", 3),
	    X64("kill", (0x80000000), "deny EPERM", 3), X64("kill", (0xdeadbeef80000000), "deny EPERM", 3),
	    X64("kill", (0), "allow", 2), X64("kill", (0x7fffffff), "allow", 2),
	    X64("kill", (0xffffffff00000005), "allow", 2) } },
	{ "int__minus_one_is_below_zero_and_above_int_min", { P "default allow\ndeny kill when pid > -2 and pid <= 0" },
	  { X64("kill", (0xffffffff), "deny EPERM", 3), X64("kill", (0), "deny EPERM", 3),
	    X64("kill", (0xfffffffe), "allow", 2), X64("kill", (1), "allow", 2),
	    X64("kill", (0x80000000), "allow", 2) } },
	{ "dirfd__at_fdcwd_is_32_bits_of_it", { P "default allow\ndeny openat when dirfd == AT_FDCWD" },
	  { X64("openat", (NEGATIVE(100)), "deny EPERM", 3), X64("openat", (0xffffff9c), "deny EPERM", 3),
	    X64("openat", (0xdeadbeefffffff9c), "deny EPERM", 3), X64("openat", (0x9c), "allow", 2),
	    X64("openat", (0xffffff9b), "allow", 2) } },
	{ "unsigned_int__is_not_signed", { P "default allow\ndeny close when fd > 0x7fffffff" },
	  { X64("close", (0xffffffff), "deny EPERM", 3), X64("close", (0x80000000), "deny EPERM", 3),
	    X64("close", (0x7fffffff), "allow", 2), X64("close", (0x100000000), "allow", 2) } },
	{ "unsigned_int__minus_one_is_its_highest_value", { P "default allow\ndeny close when fd == -1" },
	  { X64("close", (0xffffffff), "deny EPERM", 3), X64("close", (UINT64_MAX), "deny EPERM", 3),
	    X64("close", (0x7fffffff), "allow", 2) } },
	{ "size__has_64_unsigned_bits", { P "default allow\ndeny read when count > 0x100000000" },
	  { X64("read", (0, 0, 0x100000001), "deny EPERM", 3), X64("read", (0, 0, UINT64_MAX), "deny EPERM", 3),
	    X64("read", (0, 0, 0x200000000), "deny EPERM", 3), X64("read", (0, 0, 0x100000000), "allow", 2),
	    X64("read", (0, 0, 0xffffffff), "allow", 2) } },
	{ "size__half_of_all_is_no_edge", { P "default allow\ndeny read when count > 0x7fffffffffffffff\n"
					     "kill write when count < 0x8000000000000000" },
	  { X64("read", (0, 0, INT64_MAX), "allow", 2), X64("read", (0, 0, INT64_MIN), "deny EPERM", 3),
	    X64("write", (0, 0, INT64_MAX), "kill", 4), X64("write", (0, 0, INT64_MIN), "allow", 2) } },
	{ "offset__has_64_signed_bits", { P "default allow\ndeny lseek when offset < -1" },
	  { X64("lseek", (0, NEGATIVE(2)), "deny EPERM", 3), X64("lseek", (0, INT64_MIN), "deny EPERM", 3),
	    X64("lseek", (0, NEGATIVE(1)), "allow", 2), X64("lseek", (0, 0xfffffffe), "allow", 2),
	    X64("lseek", (0, INT64_MAX), "allow", 2) } },
	{ "offset__has_32_signed_bits_where_registers_have", { "abi i386\ndefault allow\ndeny lseek when offset < -1" },
	  { ON(I386, "lseek", (0, 0xfffffffe), "deny EPERM", 3), ON(I386, "lseek", (0, 0x80000000), "deny EPERM", 3),
	    ON(I386, "lseek", (0, 0xffffffff), "allow", 2), ON(I386, "lseek", (0, 0x7fffffff), "allow", 2) } },
	{ "argument__alone_is_true_when_not_zero", { P "default allow\ndeny close when fd" },
	  { X64("close", (1), "deny EPERM", 3), X64("close", (0x80000000), "deny EPERM", 3),
	    X64("close", (0), "allow", 2), X64("close", (0x100000000), "allow", 2) } },
};

static const struct law masks[] = {
	{ "mask__is_true_when_any_bit_is_left",
	  { P "default allow\ndeny mprotect when prot & (PROT_WRITE | PROT_EXEC)" },
	  { X64("mprotect", (0, 0, 2), "deny EPERM", 3), X64("mprotect", (0, 0, 4), "deny EPERM", 3),
	    X64("mprotect", (0, 0, 7), "deny EPERM", 3), X64("mprotect", (0, 0, 1), "allow", 2),
	    X64("mprotect", (0, 0, 0xffffffff00000008), "allow", 2) } },
	{ "mask__binds_tighter_than_equals", { P "default allow\ndeny openat when flags & O_ACCMODE == O_RDONLY" },
	  { X64("openat", (0, 0, 0), "deny EPERM", 3), X64("openat", (0, 0, 0x80000), "deny EPERM", 3),
	    X64("openat", (0, 0, 0xf00000000), "deny EPERM", 3), X64("openat", (0, 0, 1), "allow", 2),
	    X64("openat", (0, 0, 0x80002), "allow", 2) } },
	{ "mask__may_be_in_parentheses", { P "default allow\ndeny openat when (flags & O_ACCMODE) != O_RDONLY" },
	  { X64("openat", (0, 0, 0), "allow", 2), X64("openat", (0, 0, 0x80001), "deny EPERM", 3) } },
	{ "mask__in_the_high_half_is_looked_for_there", { P "default allow\ndeny read when count & 0x100000000" },
	  { X64("read", (0, 0, 0x100000000), "deny EPERM", 3), X64("read", (0, 0, 0x300000001), "deny EPERM", 3),
	    X64("read", (0, 0, 0xffffffff), "allow", 2), X64("read", (0, 0, 0x200000000), "allow", 2) } },
	{ "mask__of_high_bits_may_be_compared",
	  { P "default allow\ndeny read when count & 0xff00000000 == 0x100000000" },
	  { X64("read", (0, 0, 0x100000000), "deny EPERM", 3), X64("read", (0, 0, 0x1ffffffff), "deny EPERM", 3),
	    X64("read", (0, 0, 0xf0100000000), "deny EPERM", 3), X64("read", (0, 0, 0), "allow", 2),
	    X64("read", (0, 0, 0x200000000), "allow", 2) } },
	{ "mask__complement_is_all_other_bits", { P "default allow\ndeny openat when flags & ~O_CLOEXEC" },
	  { X64("openat", (0, 0, 0x80000), "allow", 2), X64("openat", (0, 0, 0), "allow", 2),
	    X64("openat", (0, 0, 0x80001), "deny EPERM", 3), X64("openat", (0, 0, 0x80000000), "deny EPERM", 3),
	    X64("openat", (0, 0, 0x100080000), "allow", 2) } },
	{ "mask__what_is_left_is_unsigned", { P "default allow\ndeny kill when pid & 0xf0000000 > 0x70000000" },
	  { X64("kill", (0x80000000), "deny EPERM", 3), X64("kill", (0x7fffffff), "allow", 2),
	    X64("kill", (1), "allow", 2) } },
	{ "mask__may_be_in_a_set",
	  { P "default allow\ndeny socket when type & 0xf in {SOCK_STREAM, SOCK_RAW..SOCK_RDM}" },
	  { X64("socket", (0, 1), "deny EPERM", 3), X64("socket", (0, 0x80001), "deny EPERM", 3),
	    X64("socket", (0, 3), "deny EPERM", 3), X64("socket", (0, 4), "deny EPERM", 3),
	    X64("socket", (0, 2), "allow", 2), X64("socket", (0, 5), "allow", 2),
	    X64("socket", (0, 0), "allow", 2) } },
};

static const struct law sets[] = {
	{ "in__is_any_of_the_values", { P "default allow\ndeny socket when domain in {AF_INET6, AF_UNIX}" },
	  { X64("socket", (1), "deny EPERM", 3), X64("socket", (10), "deny EPERM", 3),
	    X64("socket", (2), "allow", 2), X64("socket", (0x10000000a), "deny EPERM", 3) } },
	{ "in__takes_both_ends_of_a_range", { P "default allow\ndeny close when fd in 3..5" },
	  { X64("close", (2), "allow", 2), X64("close", (3), "deny EPERM", 3), X64("close", (4), "deny EPERM", 3),
	    X64("close", (5), "deny EPERM", 3), X64("close", (6), "allow", 2) } },
	{ "in__ranges_and_values_may_overlap", { P "default allow\ndeny close when fd in {7, 3..5, 4..6, 3, 9..9}" },
	  { X64("close", (2), "allow", 2), X64("close", (6), "deny EPERM", 3), X64("close", (7), "deny EPERM", 3),
	    X64("close", (8), "allow", 2), X64("close", (9), "deny EPERM", 3), X64("close", (10), "allow", 2) } },
	{ "in__range_around_zero_of_32_bits", { P "default allow\ndeny kill when pid in -2..1" },
	  { X64("kill", (0xfffffffe), "deny EPERM", 3), X64("kill", (NEGATIVE(1)), "deny EPERM", 3),
	    X64("kill", (0), "deny EPERM", 3), X64("kill", (1), "deny EPERM", 3), X64("kill", (2), "allow", 2),
	    X64("kill", (0xfffffffd), "allow", 2), X64("kill", (0x80000000), "allow", 2) } },
	{ "in__range_around_zero_of_64_bits", { P "default allow\ndeny lseek when offset in -5..5" },
	  { X64("lseek", (0, NEGATIVE(5)), "deny EPERM", 3), X64("lseek", (0, 5), "deny EPERM", 3),
	    X64("lseek", (0, NEGATIVE(6)), "allow", 2), X64("lseek", (0, 6), "allow", 2),
	    X64("lseek", (0, 0xffffffff), "allow", 2), X64("lseek", (0, 0xfffffffffffffffb), "deny EPERM", 3) } },
	{ "in__all_values_of_both_signs",
	  { P "default allow\ndeny lseek when offset in -9223372036854775808..9223372036854775807" },
	  { X64("lseek", (0, 0), "deny EPERM", 3), X64("lseek", (0, INT64_MIN), "deny EPERM", 3),
	    X64("lseek", (0, INT64_MAX), "deny EPERM", 3) } },
	{ "in__range_over_the_32nd_bit", { P "default allow\ndeny read when count in 0xfffffffe..0x100000001" },
	  { X64("read", (0, 0, 0xfffffffd), "allow", 2), X64("read", (0, 0, 0xfffffffe), "deny EPERM", 3),
	    X64("read", (0, 0, 0x100000000), "deny EPERM", 3), X64("read", (0, 0, 0x100000001), "deny EPERM", 3),
	    X64("read", (0, 0, 0x100000002), "allow", 2), X64("read", (0, 0, 0x1ffffffff), "allow", 2),
	    X64("read", (0, 0, 0), "allow", 2) } },
};

static const struct law logic[] = {
	{ "and__binds_tighter_than_or", { P "default allow\ndeny openat when flags & 1 or flags & 2 and mode == 7" },
	  { X64("openat", (0, 0, 1, 0), "deny EPERM", 3), X64("openat", (0, 0, 2, 7), "deny EPERM", 3),
	    X64("openat", (0, 0, 2, 0), "allow", 2), X64("openat", (0, 0, 0, 7), "allow", 2) } },
	{ "parentheses__group", { P "default allow\ndeny openat when (flags & 1 or flags & 2) and mode == 7" },
	  { X64("openat", (0, 0, 1, 0), "allow", 2), X64("openat", (0, 0, 1, 7), "deny EPERM", 3),
	    X64("openat", (0, 0, 2, 7), "deny EPERM", 3), X64("openat", (0, 0, 4, 7), "allow", 2) } },
	{ "not__binds_tighter_than_and", { P "default allow\ndeny openat when not flags & 1 and mode == 7" },
	  { X64("openat", (0, 0, 0, 7), "deny EPERM", 3), X64("openat", (0, 0, 1, 0), "allow", 2),
	    X64("openat", (0, 0, 1, 7), "allow", 2), X64("openat", (0, 0, 0, 0), "allow", 2) } },
	{ "not__of_parentheses_is_de_morgan", { P "default allow\ndeny openat when not (flags & 1 or mode == 7)" },
	  { X64("openat", (0, 0, 0, 0), "deny EPERM", 3), X64("openat", (0, 0, 1, 0), "allow", 2),
	    X64("openat", (0, 0, 0, 7), "allow", 2) } },
	{ "not__twice_is_nothing", { P "default allow\ndeny close when not not fd == 3" },
	  { X64("close", (3), "deny EPERM", 3), X64("close", (4), "allow", 2) } },
	{ "condition__may_look_at_all_six_arguments",
	  { P "default allow\ndeny futex when arg0 == 1 and arg1 == 2 and arg2 == 3 and arg3 == 4 and "
	    "arg4 == 5 and arg5 == 6" },
	  { X64("futex", (1, 2, 3, 4, 5, 6), "deny EPERM", 3), X64("futex", (1, 2, 3, 4, 5, 0), "allow", 2),
	    X64("futex", (0, 2, 3, 4, 5, 6), "allow", 2), X64("futex", (1, 2, 0, 4, 5, 6), "allow", 2) } },
	{ "argument__by_position_is_read_as_by_name",
	  { P "default allow\ndeny kill when arg0 < 0 and arg1 == SIGKILL" },
	  { X64("kill", (0xffffffff, 9), "deny EPERM", 3), X64("kill", (NEGATIVE(7), 0xf00000009), "deny EPERM", 3),
	    X64("kill", (1, 9), "allow", 2), X64("kill", (0xffffffff, 15), "allow", 2) } },
	{ "argument__that_the_call_lacks_is_the_whole_register", { P "default allow\ndeny getpid when arg5 == 9" },
	  { X64("getpid", (0, 0, 0, 0, 0, 9), "deny EPERM", 3), X64("getpid", (9, 9, 9, 9, 9, 0), "allow", 2),
	    X64("getpid", (0, 0, 0, 0, 0, 0x100000009), "allow", 2) } },
};

static const struct law order[] = {
	{ "rules__first_match_wins", { P "deny EACCES close when fd == 3\nallow close when fd < 5\nkill close" },
	  { X64("close", (3), "deny EACCES", 2), X64("close", (4), "allow", 3), X64("close", (5), "kill", 4) } },
	{ "rules__what_none_names_is_the_default", { P "allow read\ndefault trap 7\ndeny write" },
	  { X64("read", (0), "allow", 2), X64("open", (0), "trap 7", 3), X64("write", (0), "deny EPERM", 4) } },
	{ "rules__what_no_condition_takes_is_the_default", { P "default kill thread\nallow close when fd == 3" },
	  { X64("close", (3), "allow", 3), X64("close", (4), "kill-thread", 2) } },
	{ "default__is_deny_EPERM_when_nobody_says", { P "allow read" },
	  { X64("read", (0), "allow", 2), X64("write", (0), "deny EPERM", 0) } },
	{ "unknown__is_deny_ENOSYS_when_nobody_says", { P "default allow" },
	  { X64("read", (0), "allow", 2), NR(X86_64, 5000, "deny ENOSYS", 0), NR(X86_64, 0x3fffffff, "deny ENOSYS",
	  0) } },
	{ "unknown__is_not_the_default", { P "default kill\nunknown allow" },
	  { NR(X86_64, 5000, "allow", 3), X64("read", (0), "kill", 2) } },
	{ "unknown__numbers_from_2_to_the_31_on_are_unknown", { P "default allow\nunknown deny ENOENT" },
	  { NR(X86_64, 0x80000000, "deny ENOENT", 3), NR(X86_64, 0x80000027, "deny ENOENT", 3),
	    NR(X86_64, 0xbfffffff, "deny ENOENT", 3), NR(X86_64, 0xffffffff, "deny ENOENT", 3) } },
	{ "restart_syscall__is_allowed_when_no_rule_says_otherwise", { P "default kill\nunknown kill" },
	  { X64("restart_syscall", (0), "allow", 0), X64("read", (0), "kill", 2) } },
	{ "restart_syscall__obeys_a_rule", { P "default allow\ndeny ENOSYS restart_syscall" },
	  { X64("restart_syscall", (0), "deny ENOSYS", 3) } },
	{ "verdicts__are_those_of_the_rule",
	  { P "allow read\nlog write\ntrace open\nask close\nreturn -4096 dup\nreturn 0x123456789 dup2\n"
	    "deny 4095 dup3\ntrap 65535 pipe\n"
	    "kill thread pipe2\nkill fork" },
	  { X64("read", (0), "allow", 2), X64("write", (0), "log", 3), X64("open", (0), "trace", 4),
	    X64("close", (0), "ask", 5), X64("dup", (0), "return -4096", 6),
	    X64("dup2", (0), "return 4886718345", 7), X64("dup3", (0), "deny 4095", 8),
	    X64("pipe", (0), "trap 65535", 9), X64("pipe2", (0), "kill-thread", 10), X64("fork", (0), "kill", 11) } },
	{ "set__minus_takes_calls_out", { P "default allow\ndeny @swap - swapon" },
	  { X64("swapoff", (0), "deny EPERM", 3), X64("swapon", (0), "allow", 2) } },
};

static const struct law abis[] = {
	{ "abi__that_is_not_named_is_killed", { P "default allow\nunknown allow" },
	  { X64("getpid", (0), "allow", 2), ON(I386, "getpid", (0), "kill", 0), ON(AARCH64, "getpid", (0), "kill", 0),
	    ON(S390X, "getpid", (0), "kill", 0), ON(X32, "getpid", (0), "kill", 0), NR(I386, 5000, "kill", 0),
	    NR(X86_64, 0x40000027, "kill", 0), NR(X86_64, 0x40005000, "kill", 0), NR(X86_64, 0xc0000027, "kill", 0) } },
	{ "abi__x32_has_bit_30", { "abi x32\ndefault allow\ndeny execve" },
	  { NR(X32, 0x40000027, "allow", 2), NR(X32, 0x40000208, "deny EPERM", 3), NR(X32, 0x27, "kill", 0),
	    NR(X32, 0x208, "kill", 0), NR(X32, 0x40000fff, "deny ENOSYS", 0) } },
	{ "abi__x32_and_x86_64_are_two",
	  { "abi x86_64 x32\ndefault allow\ndeny getpid@x32\ndeny EACCES getppid@x86_64" },
	  { NR(X86_64, 39, "allow", 2), NR(X86_64, 0x40000027, "deny EPERM", 3), NR(X86_64, 110, "deny EACCES", 4),
	    NR(X86_64, 0x4000006e, "allow", 2), NR(X86_64, 0x40005000, "deny ENOSYS", 0), NR(X86_64, 0xbfffffff,
	  "deny ENOSYS", 0),
	    NR(X86_64, 0xffffffff, "deny ENOSYS", 0) } },
	{ "abi__a_rule_may_be_for_one_only",
	  { "abi x86_64 i386\ndefault allow\ndeny open@i386\ndeny EACCES (read write)@x86_64" },
	  { ON(I386, "open", (0), "deny EPERM", 3), X64("open", (0), "allow", 2), X64("read", (0), "deny EACCES", 4),
	    ON(I386, "read", (0), "allow", 2) } },
	{ "abi__the_same_number_is_another_call_elsewhere", { "abi x86_64 i386\ndefault allow\ndeny close" },
	  { NR(X86_64, 3, "deny EPERM", 3), NR(X86_64, 6, "allow", 2), NR(I386, 6, "deny EPERM", 3), NR(I386, 3,
	  "allow", 2) } },
	{ "abi__a_call_that_some_lack_is_judged_in_the_others",
	  { "abi x86_64 aarch64\ndefault allow\ndeny open openat" },
	  { X64("open", (0), "deny EPERM", 3), ON(AARCH64, "openat", (0), "deny EPERM", 3),
	    NR(AARCH64, 2, "allow", 2) } },
	{ "abi__constants_are_those_of_the_call_s",
	  { "abi x86_64 aarch64 ppc64le\ndefault allow\ndeny openat when flags & O_DIRECT" },
	  { X64("openat", (0, 0, 0x4000), "deny EPERM", 3), X64("openat", (0, 0, 0x10000), "allow", 2),
	    ON(AARCH64, "openat", (0, 0, 0x10000), "deny EPERM", 3), ON(AARCH64, "openat", (0, 0, 0x4000), "allow", 2),
	    ON(PPC64LE, "openat", (0, 0, 0x20000), "deny EPERM", 3), ON(PPC64LE, "openat", (0, 0, 0x14000), "allow",
	  2) } },
	{ "abi__clone_has_its_arguments_in_another_order",
	  { "abi x86_64 aarch64 s390x\ndefault allow\ndeny clone when flags & CLONE_NEWUSER\n"
	    "deny EACCES clone when tls == 5" },
	  { X64("clone", (0x10000000), "deny EPERM", 3), X64("clone", (0, 0x10000000), "allow", 2),
	    X64("clone", (0, 0, 0, 0, 5), "deny EACCES", 4), X64("clone", (0, 0, 0, 5), "allow", 2),
	    ON(AARCH64, "clone", (0x10000011), "deny EPERM", 3), ON(AARCH64, "clone", (0, 0, 0, 5), "deny EACCES", 4),
	    ON(AARCH64, "clone", (0, 0, 0, 0, 5), "allow", 2), ON(S390X, "clone", (0, 0x10000000), "deny EPERM", 3),
	    ON(S390X, "clone", (0x10000000), "allow", 2), ON(S390X, "clone", (0, 0, 0, 0, 5), "deny EACCES", 4) } },
	{ "abi__registers_of_32_bits_are_compared_as_such",
	  { "abi i386 x86_64\ndefault allow\ndeny read when count == 0xffffffff" },
	  { ON(I386, "read", (0, 0, 0xffffffff), "deny EPERM", 3), X64("read", (0, 0, 0xffffffff), "deny EPERM", 3),
	    X64("read", (0, 0, UINT64_MAX), "allow", 2) } },
	{ "abi__arm_has_calls_of_its_own", { "abi arm\ndefault allow\ndeny cacheflush" },
	  { NR(ARM, 0xf0002, "deny EPERM", 3), NR(ARM, 2, "allow", 2), NR(ARM, 0xf0fff, "deny ENOSYS", 0) } },
};

#define ALLOWS P "default allow"
#define ALL_OF(verdict) P "default allow\n" verdict " getpid"

static const struct law layers[] = {
	{ "layers__the_strictest_wins_whatever_the_order", { ALL_OF("deny EACCES"), ALL_OF("allow"), ALL_OF("log") },
	  { IN(0, X86_64, "getpid", (0), "deny EACCES", 3) } },
	{ "layers__kill_beats_kill_thread", { ALL_OF("kill"), ALL_OF("kill thread") }, { IN(0, X86_64, "getpid",
	  (0), "kill", 3) } },
	{ "layers__kill_thread_beats_trap", { ALL_OF("kill thread"), ALL_OF("trap") },
	  { IN(0, X86_64, "getpid", (0), "kill-thread", 3) } },
	{ "layers__trap_beats_deny", { ALL_OF("trap 3"), ALL_OF("deny") }, { IN(0, X86_64, "getpid", (0), "trap 3",
	  3) } },
	{ "layers__trap_beats_return", { ALL_OF("trap 3"), ALL_OF("return 5") }, { IN(0, X86_64, "getpid", (0),
	  "trap 3", 3) } },
	{ "layers__deny_beats_ask", { ALL_OF("deny"), ALL_OF("ask") }, { IN(0, X86_64, "getpid", (0), "deny EPERM",
	  3) } },
	{ "layers__return_beats_ask", { ALL_OF("return 5"), ALL_OF("ask") }, { IN(0, X86_64, "getpid", (0),
	  "return 5", 3) } },
	{ "layers__ask_beats_trace", { ALL_OF("ask"), ALL_OF("trace") }, { IN(0, X86_64, "getpid", (0), "ask", 3) } },
	{ "layers__trace_beats_log", { ALL_OF("trace"), ALL_OF("log") }, { IN(0, X86_64, "getpid", (0), "trace", 3) } },
	{ "layers__log_beats_allow", { ALL_OF("log"), ALL_OF("allow") }, { IN(0, X86_64, "getpid", (0), "log", 3) } },
	{ "layers__among_equals_the_newest_wins", { ALL_OF("deny EACCES"), ALL_OF("deny ENOENT"), ALLOWS },
	  { IN(1, X86_64, "getpid", (0), "deny ENOENT", 3) } },
	{ "layers__deny_and_return_are_equals", { ALL_OF("deny EACCES"), ALL_OF("return 7") },
	  { IN(1, X86_64, "getpid", (0), "return 7", 3) } },
	{ "layers__return_and_deny_are_equals", { ALL_OF("return 7"), ALL_OF("deny EACCES") },
	  { IN(1, X86_64, "getpid", (0), "deny EACCES", 3) } },
	{ "layers__values_are_not_compared", { ALL_OF("trap 9"), ALL_OF("trap 1") }, { IN(1, X86_64, "getpid", (0),
	  "trap 1", 3) } },
	{ "layers__a_default_counts_as_a_rule", { P "default allow\n", P "allow read" },
	  { IN(1, X86_64, "read", (0), "allow", 2), IN(1, X86_64, "write", (0), "deny EPERM", 0) } },
	{ "layers__each_judges_by_its_own_conditions",
	  { P "default allow\ndeny EACCES close when fd > 5", P "default allow\nkill close when fd > 10" },
	  { IN(1, X86_64, "close", (5), "allow", 2), IN(0, X86_64, "close", (6), "deny EACCES", 3), IN(1, X86_64,
	  "close", (11), "kill", 3) } },
	{ "layers__an_abi_must_be_named_by_all", { "abi x86_64 i386\ndefault allow", P "default allow" },
	  { IN(1, X86_64, "read", (0), "allow", 2), IN(1, I386, "read", (0), "kill", 0) } },
	{ "layers__unknown_calls_are_narrowed_too", { P "unknown allow", P "unknown deny ENOENT" },
	  { { .abi = FLAGSTOP_ABI_X86_64, .nr = 5000, .verdict = "deny ENOENT", .line = 2, .layer = 1 } } },
};

/* clang-format on */

static struct flagstop_data data_of(const struct probe *probe)
{
	struct flagstop_data data = { .nr = probe->nr, .arch = flagstop_abi_audit_arch(probe->abi) };

	memcpy(data.args, probe->args, sizeof(data.args));
	if (probe->call) {
		int call = flagstop_call_find(probe->call);

		assert_true(call >= 0);
		assert_true(flagstop_call_number((unsigned)call, probe->abi) >= 0);
		data.nr = (uint32_t)flagstop_call_number((unsigned)call, probe->abi);
	}
	return data;
}

static void check_probe(const struct flagstop_policy *policy, const struct probe *probe, unsigned number)
{
	struct flagstop_data data = data_of(probe);
	struct flagstop_rule rule;
	char verdict[64];

	flagstop_verdict_format(flagstop_policy_decide(policy, &data, &rule), verdict, sizeof(verdict));
	if (strcmp(verdict, probe->verdict) || rule.line != probe->line || rule.layer != probe->layer)
		fail_msg("call %u of this law: %s by line %u of layer %u, not %s by line %u of layer %u", number,
			 verdict,
			 rule.line, rule.layer, probe->verdict, probe->line, probe->layer);
}

static void check_law(void **state)
{
	const struct law *law = *state;
	struct flagstop_policy *policy;
	size_t count = 0;

	while (count < LAYERS_MAX && law->layers[count])
		count++;
	policy = policy_of(law->layers, count);
	assert_non_null(law->probes[0].verdict);
	for (unsigned i = 0; i < PROBES_MAX && law->probes[i].verdict; i++)
		check_probe(policy, &law->probes[i], i + 1);
	flagstop_policy_free(policy);
}

#define TABLE(rows) \
	{ \
		rows, COUNT(rows) \
	}

int main(void)
{
	static const struct {
		const struct law *rows;
		size_t count;
	} tables[] = { TABLE(comparisons), TABLE(masks), TABLE(sets), TABLE(logic), TABLE(order), TABLE(abis),
		       TABLE(layers) };
	static struct CMUnitTest tests[COUNT(comparisons) + COUNT(masks) + COUNT(sets) + COUNT(logic) + COUNT(order) +
				       COUNT(abis) + COUNT(layers)];
	size_t count = 0;

	for (size_t t = 0; t < COUNT(tables); t++)
		for (size_t i = 0; i < tables[t].count; i++)
			tests[count++] = (struct CMUnitTest){ tables[t].rows[i].name, check_law, NULL, NULL,
							      (void *)&tables[t].rows[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
