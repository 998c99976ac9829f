/* SPDX-License-Identifier: MIT */
/* Reading other programs' filters: the policy that comes out, the exact complaint about bad ones, and what is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "test_formats.h"

/* ---- good ones -------------------------------------------------------------------------------------------------- */

#define HEAD(verdict) "abi x86_64\ndefault " verdict "\nunknown " verdict "\n\n"
#define OCI(rules) "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"syscalls\":[" rules "]}"
#define ARG(index, op, value, two) \
	"{\"index\":" #index ",\"value\":" #value ",\"valueTwo\":" #two ",\"op\":\"SCMP_CMP_" op "\"}"
#define ALLOW(names, args) "{\"names\":[" names "],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[" args "]}"
#define RESTART(verdict) verdict " restart_syscall\n"

struct good {
	const char *name, *format, *text, *expected;
};

static const struct good goods[] = {
	{ "oci__names_are_allowed", "oci", OCI(ALLOW("\"read\",\"write\"", "")),
	  HEAD("deny ENOSYS") "allow read write\n" RESTART("deny ENOSYS") },
	{ "oci__errno_is_EPERM_by_itself", "oci", "{\"defaultAction\":\"SCMP_ACT_ERRNO\"}",
	  HEAD("deny EPERM") RESTART("deny EPERM") },
	{ "oci__named_errno_wins_over_the_number", "oci",
	  "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":1,\"defaultErrno\":\"ENOSYS\"}",
	  HEAD("deny ENOSYS") RESTART("deny ENOSYS") },
	{ "oci__errno_0_pretends", "oci",
	  "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"sync\"],\"action\":\"SCMP_ACT_ERRNO\","
	  "\"errnoRet\":0}]}",
	  HEAD("allow") "return 0 sync\n" },
	{ "oci__every_action", "oci",
	  "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
	  "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_KILL\"},{\"names\":[\"write\"],\"action\":"
	  "\"SCMP_ACT_KILL_PROCESS\"},{\"names\":[\"open\"],\"action\":\"SCMP_ACT_TRAP\"},{\"names\":[\"close\"],"
	  "\"action\":\"SCMP_ACT_LOG\"},{\"name\":\"stat\",\"action\":\"SCMP_ACT_KILL_THREAD\"}]}",
	  HEAD("allow") "log close\ntrap open\nkill-thread read stat\nkill write\n" },
	{ "oci__comparisons_of_one_entry_hold_together", "oci",
	  OCI(ALLOW("\"lseek\"", ARG(0, "EQ", 3, 0) "," ARG(2, "LT", 2, 0))),
	  HEAD("deny ENOSYS") "allow lseek when fd == 3 and whence <= SEEK_CUR\n" RESTART("deny ENOSYS") },
	{ "oci__one_argument_twice_splits_the_entry", "oci",
	  OCI(ALLOW("\"lseek\"", ARG(0, "EQ", 3, 0) "," ARG(0, "EQ", 5, 0) "," ARG(2, "EQ", 7, 0))),
	  HEAD("deny ENOSYS") "allow lseek when whence == 7 or fd in {3, 5}\n" RESTART("deny ENOSYS") },
	{ "oci__masked_comparison_has_its_mask_first", "oci",
	  OCI(ALLOW("\"clone\"", ARG(0, "MASKED_EQ", 2114060288, 0))),
	  HEAD("deny ENOSYS") "allow clone when flags & CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | "
			      "CLONE_NEWIPC | \\\n"
			      "\tCLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET == 0\n" RESTART("deny ENOSYS") },
	{ "oci__values_of_64_bits", "oci", OCI(ALLOW("\"madvise\"", ARG(1, "GE", 18446744073709551614, 0))),
	  HEAD("deny ENOSYS") "allow madvise when length >= 0xfffffffffffffffe\n" RESTART("deny ENOSYS") },
	{ "oci__unsigned_order_of_a_signed_argument", "oci", OCI(ALLOW("\"lseek\"", ARG(1, "GT", 4096, 0))),
	  HEAD("deny ENOSYS") "allow lseek when offset & 0xffffffffffffffff >= 0x1001\n" RESTART("deny ENOSYS") },
	{ "oci__value_that_no_32_bit_argument_has_matches_never", "oci",
	  OCI(ALLOW("\"socket\"", ARG(0, "EQ", 4294967296, 0))), HEAD("deny ENOSYS") RESTART("deny ENOSYS") },
	{ "oci__sign_extended_value_is_the_32_bit_one", "oci",
	  OCI(ALLOW("\"socket\"", ARG(0, "EQ", 18446744073709551615, 0))),
	  HEAD("deny ENOSYS") RESTART("deny ENOSYS") "allow socket when domain == 0xffffffff\n" },
	{ "oci__rule_of_the_default_is_none", "oci",
	  OCI(ALLOW("\"read\"", ARG(0, "EQ", 1, 0)) ",{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\","
						    "\"errnoRet\":38}"),
	  HEAD("deny ENOSYS") "allow read when fd == 1\n" RESTART("deny ENOSYS") },
	{ "oci__rule_without_comparisons_takes_the_place_of_all", "oci",
	  OCI(ALLOW("\"read\"", ARG(0, "EQ", 1, 0)) "," ALLOW("\"read\"", "")),
	  HEAD("deny ENOSYS") "allow read\n" RESTART("deny ENOSYS") },
	{ "oci__rule_without_comparisons_decides_for_those_with_other_actions", "oci",
	  "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"syscalls\":[{\"names\":[\"read\"],\"action\":"
	  "\"SCMP_ACT_TRAP\",\"args\":[" ARG(0, "EQ", 1, 0) "]}," ALLOW("\"read\"", "") "]}",
	  HEAD("deny ENOSYS") "allow read\n" RESTART("deny ENOSYS") },
	{ "oci__excluded_capability_is_not_there", "oci",
	  OCI("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"excludes\":{\"caps\":[\"CAP_KILL\"]}},"
	      "{\"names\":[\"write\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":[\"CAP_KILL\"]}}"),
	  HEAD("deny ENOSYS") "allow read\n" RESTART("deny ENOSYS") },
	{ "oci__arches_are_asked_of_the_machine", "oci",
	  OCI("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"arches\":[\"amd64\"]}},"
	      "{\"names\":[\"write\"],\"action\":\"SCMP_ACT_ALLOW\",\"excludes\":{\"arches\":[\"amd64\"]}}"),
	  HEAD("deny ENOSYS") "allow read\n" RESTART("deny ENOSYS") },
	{ "oci__arch_map_takes_the_machines_entry", "oci",
	  "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"archMap\":[{\"architecture\":\"SCMP_ARCH_AARCH64\","
	  "\"subArchitectures\":[\"SCMP_ARCH_ARM\"]},{\"architecture\":\"SCMP_ARCH_X86_64\","
	  "\"subArchitectures\":[\"SCMP_ARCH_X86\"]}]}",
	  "abi x86_64 i386\ndefault allow\nunknown allow\n\n" },
	{ "oci__socket_is_socketcall_too_where_there_is_one", "oci",
	  "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86\"],\"syscalls\":[{\"names\":"
	  "[\"bind\"],\"action\":\"SCMP_ACT_TRAP\"}]}",
	  "abi x86_64 i386\ndefault allow\nunknown allow\n\ntrap bind\ntrap socketcall when call == SYS_BIND\n" },
	{ "systemd__allow_list_has_the_default_set", "systemd",
	  "SystemCallFilter=sync\nSystemCallFilter=~@default\n",
	  "abi x86_64 i386 x32\ndefault kill\nunknown kill\n\nkill restart_syscall\nallow sync\n" },
	{ "systemd__first_list_says_what_all_are", "systemd",
	  "SystemCallArchitectures=native\nSystemCallFilter=~read write\nSystemCallFilter=write\n",
	  HEAD("allow") "kill read\n" },
	{ "systemd__empty_list_begins_anew", "systemd",
	  "SystemCallArchitectures=native\nSystemCallFilter=~read\nSystemCallFilter=\nSystemCallFilter=~write\n",
	  HEAD("allow") "kill write\n" },
	{ "systemd__error_number_is_for_all", "systemd",
	  "SystemCallArchitectures=native\nSystemCallErrorNumber=EACCES\nSystemCallFilter=~read write:ENOENT "
	  "sync:kill\n",
	  HEAD("allow") "deny EACCES read\nkill sync\ndeny ENOENT write\n" },
	{ "systemd__bind_is_socketcall_too_where_there_is_one", "systemd",
	  "SystemCallArchitectures=x86\nSystemCallFilter=~bind\n",
	  "abi i386\ndefault allow\nunknown allow\n\nkill bind\nkill socketcall when call == SYS_BIND\n" },
	{ "systemd__socketcall_that_is_listed_itself_stands_alone", "systemd",
	  "SystemCallArchitectures=x86\nSystemCallFilter=~bind socketcall:EPERM\n",
	  "abi i386\ndefault allow\nunknown allow\n\nkill bind\ndeny EPERM socketcall\n" },
	{ "systemd__lines_are_joined", "systemd",
	  "# c\n[Service]\nSystemCallArchitectures=native\nSystemCallFilter=~read \\\n  write\n",
	  HEAD("allow") "kill read write\n" },
	{ "systemd__architectures_alone_kill_the_others", "systemd", "SystemCallArchitectures=native x32\n",
	  "abi x86_64 x32\ndefault allow\nunknown allow\n\n" },
	{ "systemd__log_is_for_what_is_let_through", "systemd",
	  "SystemCallArchitectures=native\nSystemCallFilter=~read\nSystemCallLog=read write\n",
	  HEAD("allow") "kill read\nlog write\n" },
	{ "firejail__keep_has_what_firejail_needs", "firejail", "seccomp.keep read,write\n",
	  HEAD("deny EPERM") "allow execve execveat prctl read write\n" RESTART("deny EPERM") },
	{ "firejail__exceptions_come_first", "firejail", "seccomp.keep @memfd,!memfd_secret,read\n",
	  HEAD("deny EPERM") "allow execve execveat memfd_create prctl read\n" RESTART("deny EPERM") },
	{ "firejail__drop_has_errnos", "firejail", "--seccomp.drop=read:ENOENT,write:kill,sync,open:log\n",
	  HEAD("allow") "log open\ndeny ENOENT read\ndeny EPERM sync\nkill-thread write\n" },
	{ "firejail__error_action_is_for_all", "firejail", "seccomp-error-action kill\nseccomp.drop read,$1\n",
	  HEAD("allow") "kill-thread read write\n" },
	{ "firejail__default_list_is_under_what_is_added", "firejail", "seccomp @memfd\n", NULL },
	{ "firejail__secondary_list_is_for_i386", "firejail", "seccomp.drop read\nseccomp.32.drop write\n",
	  "abi x86_64 i386\ndefault allow\nunknown allow\n\ndeny EPERM read@x86_64 write@i386\n" },
	{ "minijail__1_allows", "minijail", "read: 1\nwrite:allow # c\n\n",
	  HEAD("kill-thread") "allow read write\n" RESTART("kill-thread") },
	{ "minijail__expression_allows_and_the_default_kills", "minijail",
	  "write: arg0 == 1 && arg2 < 5 || arg0 == 2\n",
	  HEAD("kill-thread") RESTART("kill-thread") "allow write when fd == 1 and count <= 4 or fd == 2\n" },
	{ "minijail__errno_behind_an_expression_is_for_the_rest", "minijail", "read: arg0 == 0; return EBADF\n",
	  HEAD("kill-thread") "allow read when fd == 0\ndeny EBADF read\n" RESTART("kill-thread") },
	{ "minijail__errno_alone_refuses", "minijail", "read: return ENOENT\nwrite: return 0\n",
	  HEAD("kill-thread") "deny ENOENT read\n" RESTART("kill-thread") "return 0 write\n" },
	{ "minijail__in_takes_subsets_of_bits", "minijail", "mprotect: arg2 in PROT_READ|PROT_WRITE\n",
	  HEAD("kill-thread") "allow mprotect when prot & 0xfffffffffffffffc == 0\n" RESTART("kill-thread") },
	{ "minijail__in_of_a_complement_forbids_bits", "minijail", "mprotect: arg2 in ~PROT_EXEC\n",
	  HEAD("kill-thread") "allow mprotect when prot & PROT_EXEC == 0\n" RESTART("kill-thread") },
	{ "minijail__and_asks_for_any_bit", "minijail", "mprotect: arg2 & (PROT_EXEC|PROT_WRITE)\n",
	  HEAD("kill-thread") "allow mprotect when prot & PROT_WRITE | PROT_EXEC\n" RESTART("kill-thread") },
	{ "minijail__braces_are_asked_one_by_one", "minijail",
	  "ioctl: { arg1 == 0x17; trap, arg1 == 0x19, return EPERM }\n",
	  HEAD("kill-thread") "trap ioctl when request == 0x17\nallow ioctl when request == 0x19\ndeny EPERM "
			      "ioctl\n" RESTART(
				      "kill-thread") },
	{ "minijail__several_calls_share_a_statement", "minijail",
	  "{read, write, kill[arch=x86_64], tkill[arch=arm]}: 1\n",
	  HEAD("kill-thread") "allow kill read write\n" RESTART("kill-thread") },
	{ "minijail__default_is_for_all", "minijail", "@default trap\nread: 1\n",
	  HEAD("trap") "allow read\n" RESTART("trap") },
	{ "minijail__denylist_allows_the_rest", "minijail", "@denylist\nread: return EPERM\n",
	  HEAD("allow") "deny EPERM read\n" },
	{ "minijail__numbers_are_calls", "minijail", "0: 1\n",
	  HEAD("kill-thread") "allow read\n" RESTART("kill-thread") },
	{ "minijail__lines_are_joined", "minijail", "read: arg0 == 1 || \\\n  arg0 == 2\n",
	  HEAD("kill-thread") "allow read when fd in {1, 2}\n" RESTART("kill-thread") },
	{ "pledge__promises_are_the_languages_own", "pledge", "stdio\nrpath # files\n",
	  "abi x86_64\npromise stdio rpath         \n" },
	{ "strace__set_is_traced", "strace", "trace=/^sync$,getpid\n",
	  "abi x86_64 i386 x32\ndefault allow\nunknown allow\n\ntrace getpid sync\n" },
	{ "strace__inverted_set_is_not_traced", "strace", "!%pure",
	  "abi x86_64 i386 x32\ndefault trace\nunknown trace\n\nallow getegid getegid32 geteuid geteuid32 "
	  "getgid getgid32 "
	  "getpgrp getpid getppid gettid getuid \\\n\tgetuid32\ntrace restart_syscall\n" },
	{ "strace__personality_is_an_abi", "strace", "sync@32,read@64,write@x32",
	  "abi x86_64 i386 x32\ndefault allow\nunknown allow\n\ntrace read@x86_64 sync@i386 write@x32\n" },
	{ "strace__none", "strace", "none", "abi x86_64 i386 x32\ndefault allow\nunknown allow\n\n" },
};

static void good__is_read_as_that(void **state)
{
	const struct good *row = *state;
	struct flagstop_conversion *conversion = converted(row->format, "flagstop", row->text, NULL);

	if (row->expected)
		assert_string_equal(without_head(conversion), row->expected);
	flagstop_conversion_free(conversion);
}

/* ---- bad ones --------------------------------------------------------------------------------------------------- */

struct bad {
	const char *name, *format, *text;
	int code;
	unsigned line, column;
	const char *message;
};

static const struct bad bads[] = {
	{ "oci__no_json", "oci", "{\n \"defaultAction\" 1", -EBADMSG, 2, 18, NULL },
	{ "oci__no_object", "oci", "[]", -EBADMSG, 1, 1,
	  "expected an object with \"defaultAction\" and \"syscalls\"" },
	{ "oci__no_default", "oci", "{\"syscalls\":[]}", -EBADMSG, 1, 1,
	  "\"defaultAction\" is missing: an action as SCMP_ACT_ERRNO" },
	{ "oci__unknown_action", "oci", "{\n\"defaultAction\": \"SCMP_ACT_NO\"}", -EBADMSG, 2, 18,
	  "expected an action as SCMP_ACT_ALLOW, not 'SCMP_ACT_NO'" },
	{ "oci__wrong_type", "oci", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\n \"syscalls\": {}}", -EBADMSG, 2, 14,
	  "expected a list as \"syscalls\"" },
	{ "oci__unknown_operator", "oci",
	  "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[\n{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\","
	  "\"args\":[{\"index\":0,\"value\":1,\"op\":\"EQ\"}]}]}",
	  -EBADMSG, 2, 79, "expected an operator as SCMP_CMP_EQ, not 'EQ'" },
	{ "oci__index_of_no_argument", "oci", OCI("\n" ALLOW("\"read\"", ARG(6, "EQ", 1, 0))), -EBADMSG, 2, 62,
	  "an argument's index is a number from 0 to 5" },
	{ "oci__negative_value", "oci", OCI("\n" ALLOW("\"read\"", ARG(0, "EQ", -1, 0))), -EBADMSG, 2, 72,
	  "value is a whole number from 0 to 2^64 - 1" },
	{ "oci__value_of_65_bits", "oci", OCI("\n" ALLOW("\"read\"", ARG(0, "EQ", 18446744073709551616, 0))),
	  -EBADMSG, 2, 72, "value is a whole number from 0 to 2^64 - 1" },
	{ "oci__same_name_twice", "oci",
	  "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"defaultAction\":\"SCMP_ACT_KILL\"}", -EBADMSG, 1, 49, NULL },
	{ "oci__name_and_names", "oci",
	  OCI("\n{\"name\":\"read\",\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"}"), -EBADMSG, 2, 9,
	  "both \"name\" and \"names\" are given: the engines take one of them" },
	{ "oci__no_names", "oci", OCI("\n{\"action\":\"SCMP_ACT_ALLOW\"}"), -EBADMSG, 2, 1,
	  "\"names\" is missing: a list of calls" },
	{ "oci__no_action", "oci", OCI("\n{\"names\":[\"read\"]}"), -EBADMSG, 2, 1,
	  "\"action\" is missing: an action as SCMP_ACT_ALLOW" },
	{ "oci__both_lists_of_architectures", "oci",
	  "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86\"],\n"
	  "\"archMap\":[{\"architecture\":"
	  "\"SCMP_ARCH_X86_64\"}]}",
	  -EBADMSG, 2, 11, "both \"architectures\" and \"archMap\" are given: the engines take one of them" },
	{ "oci__kernel_that_is_none", "oci",
	  OCI("\n{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"minKernel\":\"new\"}}"),
	  -EBADMSG, 2, 69, "expected a kernel as \"4.8\", not \"new\"" },
	{ "oci__unknown_errno", "oci", "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrno\":\"ENOPE\"}",
	  -EBADMSG, 1, 50, "no errno is named 'ENOPE'" },
	{ "systemd__no_setting", "systemd", "SystemCallFilter=~read\nSystemCallFilter\n", -EBADMSG, 2, 1,
	  "expected a setting as SystemCallFilter=@system-service, not 'SystemCallFilter'" },
	{ "systemd__no_errno", "systemd", "SystemCallFilter=~read:EFOO\n", -EBADMSG, 1, 24,
	  "expected an errno as EPERM, or kill, not 'EFOO'" },
	{ "systemd__no_list", "systemd", "[Service]\nType=simple\n", -EBADMSG, 0, 0,
	  "expected a line as SystemCallFilter=@system-service" },
	{ "firejail__no_group", "firejail", "seccomp.drop read,@nope\n", -EBADMSG, 1, 19,
	  "expected a group of firejail's as @clock, not '@nope'" },
	{ "firejail__no_errno", "firejail", "seccomp.drop read:ENOPE\n", -EBADMSG, 1, 19,
	  "expected an errno as EPERM, kill or log, not 'ENOPE'" },
	{ "firejail__empty_list", "firejail", "seccomp.keep\n", -EBADMSG, 1, 13, NULL },
	{ "firejail__two_lists", "firejail", "seccomp.keep read\nseccomp.drop write\n", -EBADMSG, 2, 14,
	  "expected one list of calls; another one stands before, not 'write'" },
	{ "firejail__no_line", "firejail", "caps.drop all\n", -EBADMSG, 0, 0,
	  "expected a line as 'seccomp.keep read,write'" },
	{ "minijail__no_colon", "minijail", "read: 1\nwrite 1\n", -EBADMSG, 2, 7,
	  "expected ':' behind the call, not '1'" },
	{ "minijail__no_action", "minijail", "read: yes\n", -EBADMSG, 1, 7,
	  "expected an action (1, allow, return, kill, trap, log, trace, user-notify), not 'yes'" },
	{ "minijail__no_operator", "minijail", "read: arg0 = 1\n", -EBADMSG, 1, 12,
	  "expected an operator (==, !=, <, <=, >, >=, &, in), not '='" },
	{ "minijail__no_constant", "minijail", "read: arg0 == NOPE\n", -EBADMSG, 1, 15,
	  "expected a constant that the tables have, not 'NOPE'" },
	{ "minijail__no_argument", "minijail", "read: arg0 == 1 && arg6 == 1\n", -EBADMSG, 1, 20,
	  "expected an argument as arg0 to arg5, not 'arg6'" },
	{ "minijail__line_that_ends", "minijail", "read: arg0 ==\n", -EBADMSG, 1, 14,
	  "expected a constant, but the line ends" },
	{ "minijail__rest_of_a_line", "minijail", "read: 1 2\n", -EBADMSG, 1, 9,
	  "expected the end of the line, not '2'" },
	{ "minijail__brace_never_closed", "minijail", "{read, write: 1\n", -EBADMSG, 1, 13,
	  "expected ',' or '}', not ':'" },
	{ "minijail__missing_include", "minijail", "@include /nonexistent/x\n", -EBADMSG, 1, 10,
	  "/nonexistent/x: No such file or directory" },
	{ "minijail__include_without_a_place", "minijail", "@include x\n", -EBADMSG, 1, 10,
	  "expected a path that begins with / or ./, not 'x'" },
	{ "minijail__unknown_directive", "minijail", "@nope\n", -EBADMSG, 1, 1,
	  "expected @include, @frequency, @default or @denylist, not '@nope'" },
	{ "minijail__permissive_default", "minijail", "@default allow\n", -EBADMSG, 1, 10,
	  "expected kill, kill-process, kill-thread, trap or user-notify, not 'allow'" },
	{ "pledge__unknown_promise", "pledge", "stdio\n  rpaht\n", -EBADMSG, 2, 3, "no promise is named 'rpaht'" },
	{ "pledge__nothing", "pledge", " # none\n", -EBADMSG, 1, 1, "expected promises as 'stdio rpath'" },
	{ "strace__bad_regex", "strace", "read,/(\n", -EBADMSG, 1, 6, NULL },
	{ "strace__regex_that_repeats_too_much", "strace", "read,/a++++++++++\n", -EBADMSG, 1, 6,
	  "a regular expression with more than 8 '+': '/a++++++++++'" },
	{ "strace__regex_that_counts", "strace", "/a{9}{9}\n", -EBADMSG, 1, 1,
	  "a regular expression with a count in braces: '/a{9}{9}'" },
	{ "strace__regex_that_refers_back", "strace", "/(a)\\1\n", -EBADMSG, 1, 1,
	  "a regular expression that refers back: '/(a)\\1'" },
	{ "strace__nothing", "strace", "trace=", -EBADMSG, 1, 7, NULL },
	{ "strace__no_personality", "strace", "read@16", -EBADMSG, 1, 1, "expected @64, @32 or @x32: 'read@16'" },
	{ "flagstop__is_the_policys_own_complaint", "flagstop", "allow\nopennat\n", -EBADMSG, 1, 6, NULL },
};

static void bad__is_told_with_its_place(void **state)
{
	const struct bad *row = *state;
	struct flagstop_convert_options options = options_for_x86_64();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_conversion *conversion = NULL;

	assert_int_equal(flagstop_convert(row->format, "flagstop", "bad", row->text, strlen(row->text), &options,
					  &conversion, &error),
			 row->code);
	assert_null(conversion);
	if (row->message)
		assert_string_equal(error.message, row->message);
	assert_int_equal(error.line, row->line);
	assert_int_equal(error.column, row->column);
	assert_string_equal(error.file, "bad");
}

/* ---- losses ----------------------------------------------------------------------------------------------------- */

struct loss {
	const char *name, *format, *text, *loss;
	enum flagstop_loss_kind kind;
	unsigned line, column, count;
};

static const struct loss losses[] = {
	{ "oci__unknown_call", "oci", OCI("\n" ALLOW("\"nope\",\"read\",\"nope\"", "")), "unknown-call",
	  FLAGSTOP_LOSS_UNKNOWN_CALL, 2, 11, 2 },
	{ "oci__listener", "oci", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\n\"listenerPath\":\"/run/x.sock\"}",
	  "listener", FLAGSTOP_LOSS_MEANING, 2, 16, 1 },
	{ "oci__flags", "oci", "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\n\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"]}",
	  "flags", FLAGSTOP_LOSS_MEANING, 2, 9, 1 },
	{ "oci__notify", "oci", OCI("\n{\"names\":[\"read\"],\"action\":\"SCMP_ACT_NOTIFY\"}"), "notify",
	  FLAGSTOP_LOSS_MEANING, 2, 28, 1 },
	{ "oci__trace", "oci", "{\"defaultAction\":\"SCMP_ACT_TRACE\"}", "trace", FLAGSTOP_LOSS_MEANING, 1, 18, 1 },
	{ "oci__architecture", "oci",
	  "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\n\"SCMP_ARCH_MIPS\"]}", "architecture",
	  FLAGSTOP_LOSS_MEANING, 2, 1, 1 },
	{ "oci__upper_half_is_a_note", "oci", OCI("\n" ALLOW("\"socket\"", ARG(0, "EQ", 1, 0))), "upper-half",
	  FLAGSTOP_LOSS_NOTE, 2, 11, 1 },
	{ "oci__capabilities_that_were_not_given_are_a_note", "oci",
	  OCI("\n{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":[\"CAP_KILL\"]}}"),
	  "capabilities", FLAGSTOP_LOSS_NOTE, 2, 1, 1 },
	{ "oci__one_condition_with_two_actions", "oci",
	  OCI("\n" ALLOW("\"lseek\"", ARG(2, "EQ", 1, 0)) ",\n{\"names\":[\"lseek\"],\"action\":\"SCMP_ACT_TRAP\","
							  "\"args\":[" ARG(2, "EQ", 1, 0) "]}"),
	  "conflict", FLAGSTOP_LOSS_MEANING, 3, 11, 1 },
	{ "systemd__unknown_call", "systemd", "SystemCallFilter=~read nope\n", "unknown-call",
	  FLAGSTOP_LOSS_UNKNOWN_CALL, 1, 24, 1 },
	{ "systemd__unknown_set", "systemd", "SystemCallFilter=~read @links\n", "unknown-group",
	  FLAGSTOP_LOSS_UNKNOWN_CALL, 1, 24, 1 },
	{ "systemd__other_filters", "systemd", "SystemCallFilter=~read\nRestrictNamespaces=yes\n", "setting",
	  FLAGSTOP_LOSS_MEANING, 2, 1, 1 },
	{ "systemd__allowed_with_an_errno", "systemd", "SystemCallFilter=read:EPERM\n", "allowed-errno",
	  FLAGSTOP_LOSS_MEANING, 1, 18, 1 },
	{ "firejail__other_filters", "firejail", "seccomp.drop read\nprotocol unix\n", "setting",
	  FLAGSTOP_LOSS_MEANING, 2, 1, 1 },
	{ "firejail__includes_are_not_read", "firejail", "include a.inc\nseccomp.drop read\ninclude b.local\n",
	  "include", FLAGSTOP_LOSS_MEANING, 1, 1, 2 },
	{ "firejail__other_abis_are_killed", "firejail", "seccomp.drop read\n", "foreign-abi",
	  FLAGSTOP_LOSS_MEANING, 0, 0, 1 },
	{ "firejail__unknown_call", "firejail", "seccomp.drop nope,read\n", "unknown-call",
	  FLAGSTOP_LOSS_UNKNOWN_CALL, 1, 14, 1 },
	{ "minijail__unknown_call", "minijail", "read: 1\nnope: 1\n", "unknown-call", FLAGSTOP_LOSS_UNKNOWN_CALL, 2,
	  1, 1 },
	{ "minijail__call_said_twice", "minijail", "read: 1\nread: return 1\n", "repeated", FLAGSTOP_LOSS_MEANING,
	  2, 1, 1 },
	{ "minijail__frequency_is_a_note", "minijail", "@frequency ./x\nread: 1\n", "frequency", FLAGSTOP_LOSS_NOTE,
	  1, 1, 1 },
	{ "minijail__agent", "minijail", "read: user-notify\n", "notify", FLAGSTOP_LOSS_MEANING, 1, 7, 1 },
	{ "strace__unknown_call", "strace", "read,nope,?neither\n", "unknown-call", FLAGSTOP_LOSS_UNKNOWN_CALL, 1,
	  6, 1 },
};

static void loss__is_listed_with_its_place(void **state)
{
	const struct loss *row = *state;
	struct flagstop_conversion *conversion = converted(row->format, "flagstop", row->text, NULL);
	const struct flagstop_loss *loss = find_loss(conversion, row->loss);

	assert_non_null(loss);
	assert_int_equal(loss->kind, row->kind);
	assert_int_equal(loss->line, row->line);
	assert_int_equal(loss->column, row->column);
	assert_int_equal(loss->count, row->count);
	assert_int_equal(flagstop_conversion_losses(conversion) > 0, row->kind != FLAGSTOP_LOSS_NOTE);
	flagstop_conversion_free(conversion);
}

/* ---- limits ----------------------------------------------------------------------------------------------------- */

static void expect_limit(const char *format, const char *text, size_t bytes, const char *message)
{
	struct flagstop_convert_options options = options_for_x86_64();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_conversion *conversion = NULL;

	assert_int_equal(flagstop_convert(format, "flagstop", "big", text, bytes, &options, &conversion, &error),
			 -E2BIG);
	assert_string_equal(error.message, message);
	assert_null(conversion);
}

static void limit__bytes_of_a_file(void **state)
{
	size_t bytes = FLAGSTOP_CONVERT_MAX_BYTES + 1;
	char *text = malloc(bytes);

	(void)state;
	assert_non_null(text);
	memset(text, '#', bytes);
	expect_limit("systemd", text, bytes, "big is larger than 4194304 bytes");
	free(text);
}

static void limit__nesting_of_json(void **state)
{
	char text[2 * (FLAGSTOP_CONVERT_MAX_NESTING + 1) + 1] = "";

	(void)state;
	memset(text, '[', FLAGSTOP_CONVERT_MAX_NESTING + 1);
	memset(text + FLAGSTOP_CONVERT_MAX_NESTING + 1, ']', FLAGSTOP_CONVERT_MAX_NESTING + 1);
	expect_limit("oci", text, strlen(text), "nested deeper than 32 levels");
}

static void limit__nesting_of_constants(void **state)
{
	char text[256] = "read: arg0 == ";

	(void)state;
	memset(text + strlen(text), '(', FLAGSTOP_CONVERT_MAX_NESTING + 1);
	expect_limit("minijail", text, strlen(text), "nested deeper than 32 levels");
}

static void limit__rules_of_a_profile(void **state)
{
	size_t size = 4 << 20, used = 0;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	used += (size_t)snprintf(text, size, "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[%s",
				 "{\"action\":\"SCMP_ACT_ALLOW\",\"names\":[\"read\"");
	for (unsigned i = 0; i <= FLAGSTOP_CONVERT_MAX_RULES; i++)
		used += (size_t)snprintf(text + used, size - used, ",\"read\"");
	used += (size_t)snprintf(text + used, size - used, "]}]}");
	expect_limit("oci", text, used, "more than 65536 rules");
	free(text);
}

static const struct {
	const char *format, *head;
	char separator;
} list_heads[] = {
	{ "systemd", "SystemCallFilter=", ' ' },
	{ "firejail", "seccomp.keep ", ',' },
	{ "strace", "trace=", ',' },
};

static void limit__conditional_rules_of_a_call(void **state)
{
	size_t size = 1 << 20, used = 0;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	used += (size_t)snprintf(text, size, "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[");
	for (unsigned i = 0; i <= 1024; i++)
		used += (size_t)snprintf(text + used, size - used,
					 "%s{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":2,"
					 "\"value\":%u,\"op\":\"SCMP_CMP_EQ\"}]}",
					 i ? "," : "", i);
	used += (size_t)snprintf(text + used, size - used, "]}");
	expect_limit("oci", text, used, "more than 1024 rules of one call");
	free(text);
}

static void limit__words_of_lists(void **state)
{
	size_t size = 1 << 16;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < COUNT(list_heads); i++) {
		size_t used = (size_t)snprintf(text, size, "%s", list_heads[i].head);

		for (unsigned word = 0; word <= 4096; word++)
			used += (size_t)snprintf(text + used, size - used, "sync%c", list_heads[i].separator);
		expect_limit(list_heads[i].format, text, used, "more than 4096 words in lists");
	}
	free(text);
}

static void limit__conditions_that_a_short_text_asks_for(void **state)
{
	size_t size = 1 << 20, used = 0;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	for (unsigned i = 0; i < 1000; i++)
		used += (size_t)snprintf(text + used, size - used, "%sread", i ? "," : "{");
	used += (size_t)snprintf(text + used, size - used, "}: ");
	for (unsigned i = 0; i < 8000; i++)
		used += (size_t)snprintf(text + used, size - used, "%sarg0 == %u && arg2 == %u", i ? " || " : "", i, i);
	expect_limit("minijail", text, used, "big comes to more than 65536 rules");
	free(text);
}

static void losses__beyond_a_thousand_are_counted(void **state)
{
	size_t size = 1 << 20, used = 0;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	for (unsigned i = 0; i < 1500; i++)
		used += (size_t)snprintf(text + used, size - used, "n%u: 1\n", i);
	struct flagstop_conversion *conversion = converted("minijail", "flagstop", text, NULL);
	assert_non_null(flagstop_conversion_loss(conversion, 999));
	assert_null(flagstop_conversion_loss(conversion, 1000));
	assert_string_equal(flagstop_conversion_loss(conversion, 999)->name, "more");
	assert_int_equal(flagstop_conversion_loss(conversion, 999)->count, 501);
	flagstop_conversion_free(conversion);
	free(text);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void limit__depth_of_includes(void **state)
{
	char path[] = "/tmp/flagstop-test-XXXXXX", text[64];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	snprintf(text, sizeof(text), "@include %s\n", path);
	write_file(path, text);
	expect_limit("minijail", text, strlen(text), "includes are nested deeper than 10 files");
	unlink(path);
}

/* ---- the rest --------------------------------------------------------------------------------------------------- */

static void include__is_relative_to_the_file(void **state)
{
	char folder[] = "/tmp/flagstop-test-XXXXXX", path[64], name[64];
	struct flagstop_convert_options options = options_for_x86_64();
	struct flagstop_conversion *conversion;
	static const char text[] = "@include ./inner\nwrite: 1\n";

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/inner", folder);
	snprintf(name, sizeof(name), "%s/outer", folder);
	write_file(path, "read: 1\nnope: 1\n");
	assert_int_equal(
		flagstop_convert("minijail", "flagstop", name, text, strlen(text), &options, &conversion, NULL), 0);
	assert_string_equal(without_head(conversion),
			    HEAD("kill-thread") "allow read write\n" RESTART("kill-thread"));
	assert_string_equal(find_loss(conversion, "unknown-call")->file, path);
	flagstop_conversion_free(conversion);
	unlink(path);
	rmdir(folder);
}

static void oci__capabilities_and_kernel_are_what_was_given(void **state)
{
	static const char profile[] =
		OCI("{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":[\"CAP_KILL\"]}},"
		    "{\"names\":[\"write\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"minKernel\":\"5.10\"}},"
		    "{\"names\":[\"sync\"],\"action\":\"SCMP_ACT_ALLOW\",\"excludes\":{\"minKernel\":\"5.9\"}}");
	struct flagstop_convert_options options = options_for_x86_64();
	struct flagstop_conversion *conversion;

	(void)state;
	options.caps = "CAP_CHOWN,CAP_KILL";
	options.kernel = "5.9";
	conversion = converted("oci", "flagstop", profile, &options);
	assert_string_equal(without_head(conversion), HEAD("deny ENOSYS") "allow read\n" RESTART("deny ENOSYS"));
	flagstop_conversion_free(conversion);
	options.caps = "CAP_KILLER";
	options.kernel = "5.10";
	conversion = converted("oci", "flagstop", profile, &options);
	assert_string_equal(without_head(conversion), HEAD("deny ENOSYS") RESTART("deny ENOSYS") "allow write\n");
	flagstop_conversion_free(conversion);
}

static void oci__newer_calls_answer_ENOSYS_where_asked_for(void **state)
{
	static const char profile[] = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"openat2\"],"
				      "\"action\":\"SCMP_ACT_ALLOW\"}]}"; /* 437 */
	struct flagstop_convert_options options = options_for_x86_64();
	struct flagstop_conversion *conversion;

	(void)state;
	options.newer_enosys = 1;
	conversion = converted("oci", "flagstop", profile, &options);
	assert_non_null(
		strstr(flagstop_conversion_text(conversion, NULL), "default deny EPERM\nunknown deny ENOSYS\n"));
	assert_non_null(strstr(flagstop_conversion_text(conversion, NULL), " faccessat2 ")); /* 439 */
	assert_null(strstr(flagstop_conversion_text(conversion, NULL), "clone3"));           /* 435 */
	flagstop_conversion_free(conversion);
}

static void systemd__allow_list_begins_with_what_every_program_needs(void **state)
{
	struct flagstop_conversion *conversion =
		converted("systemd", "flagstop", "SystemCallArchitectures=native\nSystemCallFilter=sync\n", NULL);
	const char *text = flagstop_conversion_text(conversion, NULL);

	(void)state;
	assert_non_null(strstr(text, " execve exit exit_group "));
	assert_non_null(strstr(text, " sync "));
	assert_null(strstr(text, " read "));
	flagstop_conversion_free(conversion);
}

static void convert__refuses_what_it_cannot_do(void **state)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_conversion *conversion = NULL;

	(void)state;
	assert_int_equal(flagstop_convert("nope", "oci", "t", "", 0, NULL, &conversion, &error), -ENOENT);
	assert_string_equal(error.message, "no format is named 'nope'");
	assert_int_equal(flagstop_convert("raw", "oci", "t", "", 0, NULL, &conversion, &error), -EOPNOTSUPP);
	assert_string_equal(error.message, "format 'raw' can only be written");
	assert_int_equal(flagstop_convert("oci", "pledge", "t", "", 0, NULL, &conversion, &error), -EOPNOTSUPP);
	assert_string_equal(error.message, "format 'pledge' can only be read");
	assert_int_equal(flagstop_convert("oci", "oci", NULL, "", 0, NULL, &conversion, &error), -EINVAL);
	assert_int_equal(flagstop_convert("systemd", "oci", "t", "a\0b", 3, NULL, &conversion, &error), -EBADMSG);
	assert_string_equal(error.message, "not a text file: byte 0x00");
	assert_int_equal(error.column, 2);
	assert_null(conversion);
}

static struct CMUnitTest tests[COUNT(goods) + COUNT(bads) + COUNT(losses)];

int main(void)
{
	const struct CMUnitTest laws[] = {
		cmocka_unit_test(limit__bytes_of_a_file),
		cmocka_unit_test(limit__nesting_of_json),
		cmocka_unit_test(limit__nesting_of_constants),
		cmocka_unit_test(limit__rules_of_a_profile),
		cmocka_unit_test(limit__conditional_rules_of_a_call),
		cmocka_unit_test(limit__words_of_lists),
		cmocka_unit_test(limit__conditions_that_a_short_text_asks_for),
		cmocka_unit_test(losses__beyond_a_thousand_are_counted),
		cmocka_unit_test(limit__depth_of_includes),
		cmocka_unit_test(include__is_relative_to_the_file),
		cmocka_unit_test(oci__capabilities_and_kernel_are_what_was_given),
		cmocka_unit_test(oci__newer_calls_answer_ENOSYS_where_asked_for),
		cmocka_unit_test(systemd__allow_list_begins_with_what_every_program_needs),
		cmocka_unit_test(convert__refuses_what_it_cannot_do),
	};
	size_t count = 0;

	for (size_t i = 0; i < COUNT(goods); i++)
		tests[count++] =
			(struct CMUnitTest){ goods[i].name, good__is_read_as_that, NULL, NULL, (void *)&goods[i] };
	for (size_t i = 0; i < COUNT(bads); i++)
		tests[count++] = (struct CMUnitTest){ bads[i].name, bad__is_told_with_its_place, NULL, NULL,
						      (void *)&bads[i] };
	for (size_t i = 0; i < COUNT(losses); i++)
		tests[count++] = (struct CMUnitTest){ losses[i].name, loss__is_listed_with_its_place, NULL, NULL,
						      (void *)&losses[i] };
	return cmocka_run_group_tests_name("rows", tests, NULL, NULL) |
		cmocka_run_group_tests_name("laws", laws, NULL, NULL);
}
