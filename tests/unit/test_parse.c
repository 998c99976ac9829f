/* SPDX-License-Identifier: MIT */
/* Policies and what the parser makes of them: the layer of good ones, the exact complaint about bad ones. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <talloc.h>

#include <cmocka.h>

#include <filters/policy/ast.h>

#include "test_parse.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define P "abi x86_64\n" /* so that no row depends on the host */

struct good {
	const char *name, *text, *expected;
};

static const struct good goods[] = {
	{ "policy__empty_has_no_rules", "", "" },
	{ "policy__comments_and_blank_lines_say_nothing", "# a\n\n   \t\n  # b", "" },
	{ "rule__action_and_call", P "allow read", "allow x86_64{read}\n" },
	{ "rule__keeps_the_order_of_statements", P "deny read\nallow read",
	  "deny 1 x86_64{read}\nallow x86_64{read}\n" },
	{ "rule__crlf_ends_a_line", "abi x86_64\r\nallow read\r\nlog write\r\n",
	  "allow x86_64{read}\nlog x86_64{write}\n" },
	{ "rule__byte_order_mark_is_skipped", "\xef\xbb\xbf" P "allow read", "allow x86_64{read}\n" },
	{ "rule__comment_ends_it", P "allow read # write", "allow x86_64{read}\n" },
	{ "rule__backslash_continues_it", P "allow read \\\n\twrite", "allow x86_64{read write}\n" },
	{ "rule__backslash_and_blanks_continue_it", P "allow read \\ \r\n\twrite", "allow x86_64{read write}\n" },
	{ "rule__backslash_in_a_comment_does_not_continue", P "allow read # \\\nlog write",
	  "allow x86_64{read}\nlog x86_64{write}\n" },
	{ "rule__open_parenthesis_continues_it", P "allow (read # one\n\n write\n)\nlog open",
	  "allow x86_64{read write}\nlog x86_64{open}\n" },
	{ "rule__open_brace_continues_it", P "allow socket when domain in {1,\n2,\n}",
	  "allow x86_64{socket} when (domain in 1 2)\n" },
	{ "deny__is_EPERM_by_itself", P "deny read", "deny 1 x86_64{read}\n" },
	{ "deny__takes_an_errno_by_name", P "deny EACCES read", "deny 13 x86_64{read}\n" },
	{ "deny__takes_an_errno_by_number", P "deny 4095 read", "deny 4095 x86_64{read}\n" },
	{ "kill__is_the_process", P "kill read", "kill-process x86_64{read}\n" },
	{ "kill__process", P "kill process read", "kill-process x86_64{read}\n" },
	{ "kill__thread", P "kill thread read", "kill-thread x86_64{read}\n" },
	{ "kill__thread_with_a_hyphen", P "kill-thread read", "kill-thread x86_64{read}\n" },
	{ "kill__process_with_a_hyphen", P "kill-process read", "kill-process x86_64{read}\n" },
	{ "kill__is_a_call_as_well", P "kill kill\nallow kill", "kill-process x86_64{kill}\nallow x86_64{kill}\n" },
	{ "trap__is_0_by_itself", P "trap read", "trap 0 x86_64{read}\n" },
	{ "trap__takes_16_bits", P "trap 65535 read", "trap 65535 x86_64{read}\n" },
	{ "action__log_trace_ask", P "log read\ntrace write\nask open",
	  "log x86_64{read}\ntrace x86_64{write}\nask x86_64{open}\n" },
	{ "return__takes_a_number", P "return 1000 getuid", "return 1000 x86_64{getuid}\n" },
	{ "return__takes_a_negative_number", P "return -1 getuid", "return -1 x86_64{getuid}\n" },
	{ "return__takes_the_smallest_number", P "return -9223372036854775808 getuid",
	  "return -9223372036854775808 x86_64{getuid}\n" },
	{ "return__takes_a_constant", P "return -ENOENT getuid", "return -2 x86_64{getuid}\n" },
	{ "return__takes_an_expression_in_parentheses", P "return (EPERM + 2) getuid",
	  "return 3 x86_64{getuid}\n" },
	{ "default__takes_a_verdict", P "default kill thread\nallow read",
	  "allow x86_64{read}\ndefault kill-thread\n" },
	{ "unknown__takes_a_verdict", P "unknown deny ENOENT", "unknown deny 2\n" },
	{ "default__may_come_last", P "allow read\ndefault return 0", "allow x86_64{read}\ndefault return 0\n" },
	{ "set__juxtaposition_is_union", P "allow write read", "allow x86_64{read write}\n" },
	{ "set__plus_is_union", P "allow write + read", "allow x86_64{read write}\n" },
	{ "set__minus_takes_away", P "allow @swap - swapon", "allow x86_64{swapoff}\n" },
	{ "set__and_is_intersection", P "allow (read write open) & (open read close)",
	  "allow x86_64{open read}\n" },
	{ "set__operators_group_from_the_left", P "allow read - write open + write & (write open)",
	  "allow x86_64{open write}\n" },
	{ "set__what_follows_a_minus_joins_again", P "allow @swap - swapoff swapoff",
	  "allow x86_64{swapoff swapon}\n" },
	{ "set__parentheses_group", P "allow @swap - (swapoff swapon) + read", "allow x86_64{read}\n" },
	{ "set__minus_needs_no_blanks", P "allow @swap -swapon\nallow (read write)-read",
	  "allow x86_64{swapoff}\nallow x86_64{write}\n" },
	{ "set__group_names_have_hyphens", P "allow @basic-io & (read @file-system)",
	  "allow x86_64{close read}\n" },
	{ "set__abi_restricts_a_call", "abi x86_64 i386\nallow open@i386 read",
	  "allow x86_64{read} i386{open read}\n" },
	{ "set__abi_restricts_a_group", "abi x86_64 i386\nallow @swap@x86_64",
	  "allow x86_64{swapoff swapon} i386{}\n" },
	{ "set__abi_restricts_parentheses", "abi x86_64 i386\nallow (read write)@i386",
	  "allow x86_64{} i386{read write}\n" },
	{ "set__abi_suffix_has_no_hyphen", "abi x86_64 i386\nallow @swap@i386-swapon",
	  "allow x86_64{} i386{swapoff}\n" },
	{ "set__a_call_of_one_abi_is_enough", "abi x86_64 i386\nallow waitpid",
	  "allow x86_64{} i386{waitpid}\n" },
	{ "set__groups_may_hold_what_an_abi_lacks", "abi aarch64\nallow @reboot - @module",
	  "allow aarch64{kexec_file_load kexec_load reboot}\n" },
	{ "set__taking_away_what_an_abi_lacks_is_no_mistake", "abi aarch64\nallow openat - open",
	  "allow aarch64{openat}\n" },
	{ "group__of_ones_own", P "group @mine = read + write\nallow @mine - read", "allow x86_64{write}\n" },
	{ "group__may_use_groups", P "group @a = @swap\ngroup @b-c = @a read\nallow @b-c",
	  "allow x86_64{read swapoff swapon}\n" },
	{ "group__may_hold_what_the_abis_lack", "abi aarch64\ngroup @a = open openat\nallow @a",
	  "allow aarch64{openat}\n" },
	{ "group__may_be_empty", P "group @none = read - read\nallow @none write", "allow x86_64{write}\n" },
	{ "abi__may_be_said_twice", "abi x86_64\nabi i386 x86_64\nallow read",
	  "allow x86_64{read} i386{read}\n" },
	{ "when__no_operator_is_not_zero", P "allow mprotect when prot & PROT_EXEC",
	  "allow x86_64{mprotect} when (prot&4[PROT_EXEC])\n" },
	{ "when__not", P "allow mprotect when not prot & PROT_EXEC",
	  "allow x86_64{mprotect} when (not (prot&4[PROT_EXEC]))\n" },
	{ "when__mask_binds_tighter_than_equals", P "allow open when flags & O_ACCMODE == O_RDONLY",
	  "allow x86_64{open} when (flags&3[O_ACCMODE] == 0[O_RDONLY])\n" },
	{ "when__parentheses_around_the_mask_as_in_c", P "allow open when (flags & O_ACCMODE) == O_RDONLY",
	  "allow x86_64{open} when (flags&3[O_ACCMODE] == 0[O_RDONLY])\n" },
	{ "when__every_relation",
	  P "allow lseek when arg0 == 1 or arg1 != 2 or arg2 < 3 or arg3 <= 4 or arg4 > 5 or arg5 >= 6",
	  "allow x86_64{lseek} when (or (or (or (or (or (arg0 == 1)(arg1 != 2))(arg2 < 3))(arg3 <= 4))"
	  "(arg4 > 5))(arg5 >= 6))\n" },
	{ "when__and_binds_tighter_than_or", P "allow read when a or b and not c",
	  "allow x86_64{read} when (or (a)(and (b)(not (c))))\n" },
	{ "when__parentheses_group", P "allow read when (a or b) and not (c or d)",
	  "allow x86_64{read} when (and (or (a)(b))(not (or (c)(d))))\n" },
	{ "when__in_braces", P "allow socket when domain in {AF_UNIX, 2..4, 1 + 9}",
	  "allow x86_64{socket} when (domain in 1[AF_UNIX] 2..4 10)\n" },
	{ "when__in_without_braces", P "allow socket when domain in 1..5 and type in 3",
	  "allow x86_64{socket} when (and (domain in 1..5)(type in 3))\n" },
	{ "when__range_of_negative_numbers", P "allow kill when pid in -5..-1",
	  "allow x86_64{kill} when (pid in -5..-1)\n" },
	{ "when__range_to_the_top_of_an_unsigned_argument", P "allow kill when pid in 1..-1",
	  "allow x86_64{kill} when (pid in 1..-1)\n" },
	{ "constant__bases", P "allow read when a in {10, 0x1f, 017, 0o17, 0X1F, 0, 00}",
	  "allow x86_64{read} when (a in 10 31 15 15 31 0 0)\n" },
	{ "constant__64_bits", P "allow read when a in {0xffffffffffffffff, 9223372036854775807, -1}",
	  "allow x86_64{read} when (a in -1 9223372036854775807 -1)\n" },
	{ "constant__c_precedence",
	  P "allow read when a in {1 | 2 & 6, 1 << 2 + 1, 8 - 2 - 1, ~1 & 7, -(1 + 2), - -1}",
	  "allow x86_64{read} when (a in 3 8 5 6 -3 1)\n" },
	{ "constant__mask_takes_the_whole_expression", P "allow open when flags & O_WRONLY | O_RDWR == 0",
	  "allow x86_64{open} when (flags&3 == 0)\n" },
	{ "constant__one_name_is_remembered", P "allow open when flags == ~O_WRONLY or flags == O_WRONLY | O_RDWR",
	  "allow x86_64{open} when (or (flags == -2[O_WRONLY])(flags == 3))\n" },
};

struct bad {
	const char *name, *text;
	int code;
	unsigned line, column, columns;
	const char *message, *hint;
};

static const struct bad bads[] = {
	{ "statement__unknown_word", "alow read", -EBADMSG, 1, 1, 4, "no statement begins with 'alow'",
	  "did you mean 'allow'?" },
	{ "statement__unknown_word_that_is_near_nothing", "frobnicate", -EBADMSG, 1, 1, 10,
	  "no statement begins with 'frobnicate'", "" },
	{ "statement__call_without_an_action", "\n  read", -EBADMSG, 2, 3, 4, "no statement begins with 'read'",
	  "a rule begins with what is done, as in 'allow read'" },
	{ "statement__group_without_an_action", "@swap", -EBADMSG, 1, 1, 5, "no statement begins with '@swap'",
	  "a rule begins with what is done, as in 'allow @swap'" },
	{ "statement__is_no_operator", "== 3", -EBADMSG, 1, 1, 2, "expected a statement, not '=='", "" },
	{ "statement__is_no_foreign_byte", "\xc3\xa4", -EBADMSG, 1, 1, 1,
	  "expected a statement, not byte 0xc3", "" },
	{ "rule__without_a_set", P "allow\nread", -EBADMSG, 2, 6, 1,
	  "expected a call, a @group or '(', but the line ends", "" },
	{ "rule__cut_off_by_the_end", P "allow", -EBADMSG, 2, 6, 1,
	  "expected a call, a @group or '(', but the text ends", "" },
	{ "rule__condition_without_a_set", P "allow when fd == 1", -EBADMSG, 2, 7, 4,
	  "expected a call, a @group or '(', not 'when'", "" },
	{ "rule__condition_without_a_test", P "allow read when", -EBADMSG, 2, 16, 1,
	  "expected an argument's name, but the text ends", "" },
	{ "rule__something_behind", P "allow read = 3", -EBADMSG, 2, 12, 1,
	  "expected a call, a @group, '+', '-', '&', 'when' or the end of the line, not '='",
	  "equality is written '=='" },
	{ "call__unknown", P "allow opennat", -EBADMSG, 2, 7, 7, "no call is named 'opennat'",
	  "did you mean 'openat'?" },
	{ "call__unknown_and_near_nothing", P "allow zzzzzzzzzzzzz", -EBADMSG, 2, 7, 13,
	  "no call is named 'zzzzzzzzzzzzz'", "" },
	{ "call__that_is_a_group", P "allow swap", -EBADMSG, 2, 7, 4, "no call is named 'swap'",
	  "did you mean the group '@swap'?" },
	{ "call__that_is_an_errno_in_lower_case", P "deny eacces read", -EBADMSG, 2, 6, 6,
	  "no call is named 'eacces'", "did you mean 'deny EACCES'?" },
	{ "call__that_is_another_word_for_when", P "allow read if fd == 1", -EBADMSG, 2, 12, 2,
	  "no call is named 'if'", "a condition begins with 'when'" },
	{ "call__that_no_abi_of_the_policy_has", "abi aarch64\nallow open", -EBADMSG, 2, 7, 4,
	  "never matches: 'open' is not a call of aarch64", "" },
	{ "call__that_none_of_two_abis_has", "abi aarch64 riscv64\nallow read open", -EBADMSG, 2, 12, 4,
	  "never matches: 'open' is not a call of aarch64, riscv64", "" },
	{ "call__that_the_named_abi_lacks", "abi x86_64 i386\nallow waitpid@x86_64", -EBADMSG, 2, 7, 7,
	  "never matches: 'waitpid' is not a call of x86_64", "" },
	{ "call__by_number", P "allow 12", -EBADMSG, 2, 7, 2, "expected a call, a @group or '(', not '12'", "" },
	{ "call__after_a_comma", P "allow read, write", -EBADMSG, 2, 11, 1,
	  "expected a call, a @group, '+', '-', '&', 'when' or the end of the line, not ','", "" },
	{ "set__ends_in_an_operator", P "allow read -", -EBADMSG, 2, 13, 1,
	  "expected a call, a @group or '(', but the text ends", "" },
	{ "set__empty", P "allow @swap - @swap", -EBADMSG, 2, 7, 13, "never matches: the set is empty", "" },
	{ "set__everything_has_no_sign", P "allow *", -EBADMSG, 2, 7, 1,
	  "expected a call, a @group or '(', not '*'", "what no rule names is what 'default' is for" },
	{ "set__empty_parentheses", P "allow ()", -EBADMSG, 2, 8, 1,
	  "expected a call, a @group or '(', not ')'", "" },
	{ "set__parenthesis_never_closed", P "allow (read\n", -EBADMSG, 2, 7, 1, "'(' is never closed",
	  "a ')' is missing" },
	{ "set__parenthesis_never_closed_before_the_next_statement",
	  P "allow (read\n  write\ndeny open\n", -EBADMSG, 2, 7, 1,
	  "'(' is never closed", "a ')' is missing" },
	{ "set__parenthesis_never_opened", P "allow read)", -EBADMSG, 2, 11, 1,
	  "expected a call, a @group, '+', '-', '&', 'when' or the end of the line, not ')'", "" },
	{ "set__parenthesis_closed_by_a_brace", P "allow (read}", -EBADMSG, 2, 12, 1,
	  "expected a call, a @group, '+', '-', '&' or ')', not '}'", "" },
	{ "group__unknown", P "allow @fil-system", -EBADMSG, 2, 7, 11, "no group is named '@fil-system'",
	  "did you mean '@file-system'?" },
	{ "group__unknown_near_ones_own", P "group @mygroup = read\nallow @mygruop", -EBADMSG, 3, 7, 8,
	  "no group is named '@mygruop'", "did you mean '@mygroup'?" },
	{ "group__used_before_it_is_defined", P "allow @mygroup\ngroup @mygroup = read", -EBADMSG, 2, 7, 8,
	  "no group is named '@mygroup'", "" },
	{ "group__minus_without_a_blank", P "allow @swap-swapon", -EBADMSG, 2, 7, 12,
	  "no group is named '@swap-swapon'", "a '-' behind a group's name needs a blank before it" },
	{ "group__beginning_of_its_name", P "allow @network", -EBADMSG, 2, 7, 8, "no group is named '@network'",
	  "did you mean '@network-io'?" },
	{ "group__without_a_name", P "allow @ read", -EBADMSG, 2, 7, 1, "a group's name is missing after '@'", "" },
	{ "group__built_in_cannot_be_redefined", P "group @swap = read", -EBADMSG, 2, 7, 5,
	  "the group '@swap' is built in", "choose another name" },
	{ "group__cannot_be_defined_twice", P "group @mine = read\n\ngroup @mine = write", -EBADMSG, 4, 7, 5,
	  "the group '@mine' was defined before, at t.fs:2", "" },
	{ "group__cannot_hold_itself", P "group @mine = read @mine", -EBADMSG, 2, 20, 5,
	  "no group is named '@mine'", "" },
	{ "group__definition_without_at", P "group mine = read", -EBADMSG, 2, 7, 4,
	  "expected the group's name, as @name, not 'mine'", "" },
	{ "group__definition_without_equals", P "group @mine read", -EBADMSG, 2, 13, 4,
	  "expected '=', not 'read'", "" },
	{ "group__definition_without_a_set", P "group @mine =\nallow read", -EBADMSG, 2, 14, 1,
	  "expected a call, a @group or '(', but the line ends", "" },
	{ "abi__unknown", "abi x86-64", -EBADMSG, 1, 5, 3, "no ABI is named 'x86'", "did you mean 'x86_64'?" },
	{ "abi__unknown_suffix", P "allow open@i368", -EBADMSG, 2, 11, 5, "no ABI is named 'i368'",
	  "did you mean 'i386'?" },
	{ "abi__suffix_that_is_a_group", P "allow open@file", -EBADMSG, 2, 11, 5, "no ABI is named 'file'", "" },
	{ "abi__suffix_that_is_a_group_without_a_blank", P "allow open@swap", -EBADMSG, 2, 11, 5,
	  "no ABI is named 'swap'", "a group needs a blank before its '@'" },
	{ "abi__suffix_that_the_policy_lacks", P "allow open@i386", -EBADMSG, 2, 11, 5,
	  "never matches: the policy is for x86_64 only", "add 'abi i386' before the first rule" },
	{ "abi__after_a_rule", P "allow read\nabi i386", -EBADMSG, 3, 1, 3,
	  "'abi' must come before the first rule, which is at t.fs:2", "" },
	{ "abi__without_a_name", "abi", -EBADMSG, 1, 4, 1, "expected an ABI's name, but the text ends", "" },
	{ "default__twice", P "default deny\ndefault allow", -EBADMSG, 3, 1, 7,
	  "'default' was given before, at t.fs:2", "" },
	{ "unknown__twice", P "unknown deny\nunknown allow", -EBADMSG, 3, 1, 7,
	  "'unknown' was given before, at t.fs:2", "" },
	{ "default__without_a_verdict", "default", -EBADMSG, 1, 8, 1,
	  "expected an action (allow, deny, kill, trap, log, trace, ask, return), but the text ends", "" },
	{ "default__unknown_verdict", "default dent", -EBADMSG, 1, 9, 4,
	  "expected an action (allow, deny, kill, trap, log, trace, ask, return), not 'dent'",
	  "did you mean 'deny'?" },
	{ "default__takes_no_set", "default deny EPERM read", -EBADMSG, 1, 20, 4,
	  "expected the end of the line, not 'read'", "" },
	{ "deny__unknown_errno", P "deny EPREM read", -EBADMSG, 2, 6, 5, "no errno is named 'EPREM'",
	  "did you mean 'EPERM'?" },
	{ "deny__errno_0", P "deny 0 read", -EBADMSG, 2, 6, 1, "an errno is a number from 1 to 4095", "" },
	{ "deny__errno_4096", P "deny 4096 read", -EBADMSG, 2, 6, 4, "an errno is a number from 1 to 4095", "" },
	{ "deny__negative_errno", P "deny -13 read", -EBADMSG, 2, 6, 3, "an errno is a number from 1 to 4095", "" },
	{ "trap__65536", P "trap 65536 read", -EBADMSG, 2, 6, 5, "the value of a trap is a number from 0 to 65535",
	  "" },
	{ "trap__negative", P "trap -5 read", -EBADMSG, 2, 6, 2, "the value of a trap is a number from 0 to 65535",
	  "" },
	{ "kill__half_a_word", P "kill-thred read", -EBADMSG, 2, 6, 5,
	  "expected 'thread' or 'process', not 'thred'",
	  "" },
	{ "return__without_a_value", P "return", -EBADMSG, 2, 7, 1,
	  "expected the value to return, but the text ends", "" },
	{ "return__call_instead_of_a_value", P "return getuid", -EBADMSG, 2, 8, 6, "no constant is named 'getuid'",
	  "" },
	{ "return__constant_that_differs", P "return O_DIRECTORY read", -EBADMSG, 2, 8, 11,
	  "this constant differs between ABIs: return a number", "" },
	{ "number__too_big", P "allow read when fd == 18446744073709551616", -EBADMSG, 2, 23, 20,
	  "the number does not fit into 64 bits", "" },
	{ "number__bad_digit", P "allow read when fd == 08", -EBADMSG, 2, 23, 2, "'08' is not a number",
	  "numbers are written 10, 0xa, 012 or 0o12" },
	{ "number__no_digits", P "allow read when fd == 0x", -EBADMSG, 2, 23, 2, "'0x' is not a number",
	  "numbers are written 10, 0xa, 012 or 0o12" },
	{ "constant__unknown", P "allow open when flags & O_CRAET", -EBADMSG, 2, 25, 7,
	  "no constant is named 'O_CRAET'", "did you mean 'O_CREAT'?" },
	{ "constant__missing", P "allow open when flags == and mode", -EBADMSG, 2, 26, 3,
	  "no constant is named 'and'", "" },
	{ "constant__missing_at_the_end", P "allow open when flags ==", -EBADMSG, 2, 25, 1,
	  "expected a number or a constant, but the text ends", "" },
	{ "constant__two_that_never_meet",
	  P "allow mmap when flags == MAP_32BIT | PTRACE_GETVFPREGS", -EBADMSG, 2, 26, 29,
	  "these constants exist together in no ABI", "" },
	{ "constant__shift_out_of_range", P "allow open when flags == 1 << (32 + 32)", -EBADMSG, 2, 31, 9,
	  "a shift by 64 is out of range 0..63", "" },
	{ "constant__unclosed", P "allow open when flags == (1 + 2", -EBADMSG, 2, 26, 1, "'(' is never closed",
	  "a ')' is missing" },
	{ "when__single_equals", P "allow open when flags = 3", -EBADMSG, 2, 23, 1,
	  "expected a comparison, not '='",
	  "equality is written '=='" },
	{ "when__and_as_in_c", P "allow open when flags && mode", -EBADMSG, 2, 23, 2,
	  "expected 'and', 'or' or the end of the line, not '&&'", "write 'and'" },
	{ "when__or_as_in_c", P "allow open when flags || mode", -EBADMSG, 2, 23, 2,
	  "expected 'and', 'or' or the end of the line, not '||'", "write 'or'" },
	{ "when__not_as_in_c", P "allow open when !flags", -EBADMSG, 2, 17, 1,
	  "expected an argument's name, not '!'",
	  "write 'not'" },
	{ "when__constant_on_the_left", P "allow open when 3 == flags", -EBADMSG, 2, 17, 1,
	  "expected an argument's name, not '3'", "" },
	{ "when__chained_comparison", P "allow open when 1 < flags", -EBADMSG, 2, 17, 1,
	  "expected an argument's name, not '1'", "" },
	{ "when__two_tests_without_a_word", P "allow open when flags mode", -EBADMSG, 2, 23, 4,
	  "expected 'and', 'or' or the end of the line, not 'mode'", "" },
	{ "when__word_of_the_language_is_no_argument", P "allow open when flags and and mode", -EBADMSG, 2, 27, 3,
	  "expected an argument's name, not 'and'", "" },
	{ "when__twice", P "allow open when flags when mode", -EBADMSG, 2, 23, 4,
	  "expected 'and', 'or' or the end of the line, not 'when'", "" },
	{ "in__empty_braces", P "allow open when flags in {}", -EBADMSG, 2, 27, 1,
	  "expected a number or a constant, not '}'", "" },
	{ "in__without_a_comma", P "allow open when flags in {1 2}", -EBADMSG, 2, 29, 1,
	  "expected ',' or '}', not '2'",
	  "" },
	{ "in__brace_never_closed", P "allow open when flags in {1,\n2\nallow read", -EBADMSG, 2, 26, 1,
	  "'{' is never closed", "a '}' is missing" },
	{ "in__range_backwards", P "allow open when flags in 5..1", -EBADMSG, 2, 26, 4,
	  "never matches: the range runs from 5 down to 1", "" },
	{ "string__missing_quote_before_crlf", "include \"abc\r\nallow read\r\n", -EBADMSG, 1, 9, 4,
	  "the closing '\"' is missing", "" },
	{ "string__missing_quote", P "include \"abc\nallow read", -EBADMSG, 2, 9, 4,
	  "the closing '\"' is missing", "" },
	{ "include__without_quotes", P "include base.fs", -EBADMSG, 2, 9, 4,
	  "expected a file's name in quotes, not 'base'", "" },
	{ "include__empty_name", P "include \"\"", -EBADMSG, 2, 9, 2, "the file's name is empty", "" },
	{ "include__missing_file", P "include \"/nonexistent/x.fs\"", -EBADMSG, 2, 9, 19,
	  "cannot read '/nonexistent/x.fs': there is no such file", "" },
	{ "promise__unknown", P "promise stdoi", -EBADMSG, 2, 9, 5, "no promise is named 'stdoi'",
	  "did you mean 'stdio'?" },
	{ "promise__without_a_name", P "promise", -EBADMSG, 2, 8, 1, "expected a promise, but the text ends", "" },
	{ "continuation__cut_off", P "allow read \\", -EBADMSG, 2, 7, 4,
	  "the text ends after a line that ends in '\\'",
	  "" },
	{ "continuation__cut_off_after_the_newline", P "allow read \\\n", -EBADMSG, 2, 7, 4,
	  "the text ends after a line that ends in '\\'", "" },
	{ "string__is_missing", P "allow open when path under", -EBADMSG, 2, 27, 1,
	  "expected a string in quotes, but the text ends", "" },
	{ "string__is_a_number", P "allow open when path is 7", -EBADMSG, 2, 25, 1,
	  "expected a string in quotes, not '7'", "" },
	{ "string__list_does_not_end", P "allow open when path in {\"/a\" \"/b\"}", -EBADMSG, 2, 31, 4,
	  "expected ',' or '}', not '/b'", "" },
	{ "glob__class_does_not_end", P "allow open when path matches \"/a/[b\"", -EBADMSG, 2, 30, 7,
	  "the '[' at byte 4 of this pattern has no ']'", "a '[' itself is written '[[]'" },
	{ "address__without_its_part", P "allow connect when addr.host == 1", -EBADMSG, 2, 25, 4,
	  "expected 'family', 'port', 'ip' or 'path', not 'host'", "" },
	{ "address__that_is_none", P "allow connect when addr.ip in 10.0.0/8", -EBADMSG, 2, 31, 8,
	  "'10.0.0/8' is no Internet address", "addresses are written 10.0.0.0/8, 127.0.0.1, fe80::/10 or ::1" },
	{ "address__with_too_long_a_prefix", P "allow connect when addr.ip in {::1/129}", -EBADMSG, 2, 32, 7,
	  "'::1/129' is no Internet address", "addresses are written 10.0.0.0/8, 127.0.0.1, fe80::/10 or ::1" },
	{ "address__with_bits_behind_its_prefix", P "allow connect when addr.ip in {10.0.0.1/8}", -EBADMSG, 2, 32, 10,
	  "this can never match: the address has bits behind its first 8", "" },
	{ "address__in_order", P "allow connect when addr.ip < 10.0.0.1", -EBADMSG, 2, 28, 1,
	  "expected 'in', '==' or '!=', not '<'", "" },
	{ "unsupported__caller", P "allow ioctl when caller in \"libdrm.so*\"", -EOPNOTSUPP, 2, 18, 6,
	  "this version does not support conditions on the caller yet", "" },
	{ "unsupported__rewrite_of_the_result", P "rewrite getuid result = 0", -EOPNOTSUPP, 2, 16, 6,
	  "this version does not support rewriting the result yet", "" },
	{ "unsupported__rewrite_of_the_number", P "rewrite getuid number = getgid", -EOPNOTSUPP, 2, 16, 6,
	  "this version does not support rewriting the number yet", "" },
	{ "rewrite__without_an_argument", P "rewrite openat", -EBADMSG, 2, 15, 1,
	  "expected an argument's name, but the text ends", "" },
	{ "rewrite__of_another_kind", P "rewrite openat flags = flags + 1", -EBADMSG, 2, 30, 1,
	  "expected '|' or '&', not '+'", "" },
	{ "rewrite__with_more_behind_a_mask", P "rewrite openat flags = flags & 1 | 2", -EBADMSG, 2, 34, 1,
	  "expected ',', 'when' or the end of the line, not '|'", "" },
	{ "text__delete_byte", P "allow read # \x7f", -EBADMSG, 2, 14, 1, "not a text file: byte 0x7f", "" },
	{ "text__carriage_return_inside_a_line", "a\rb", -EBADMSG, 1, 2, 1,
	  "not a text file: byte 0x0d inside a line", "" },
	{ "text__escape_byte", "\x1b[2J", -EBADMSG, 1, 1, 1, "not a text file: byte 0x1b", "" },
};

static struct fst_layer *parse(void *parent, const char *text, struct flagstop_error *error)
{
	struct fst_layer *layer = NULL;
	int r = fst_parse_text(parent, "t.fs", text, strlen(text), NULL, &layer, error);

	if (r)
		print_error("%s:%u:%u: %s (%s)\n", error->file, error->line, error->column, error->message,
			    error->hint);
	assert_int_equal(r, 0);
	return layer;
}

static void check_good(void **state)
{
	const struct good *row = *state;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	void *parent = talloc_new(NULL);
	struct dump dump = { .bytes = 0 };

	dump_layer(&dump, parse(parent, row->text, &error));
	assert_string_equal(dump.text, row->expected);
	talloc_free(parent);
}

static void check_bad(void **state)
{
	const struct bad *row = *state;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_layer *layer = NULL;
	void *parent = talloc_new(NULL);
	int r = fst_parse_text(parent, "t.fs", row->text, strlen(row->text), NULL, &layer, &error);

	assert_string_equal(error.message, row->message);
	assert_string_equal(error.hint, row->hint);
	assert_int_equal(r, row->code);
	assert_int_equal(error.code, row->code);
	if (row->line) /* 0: a place in what flagstop brings along, which moves */
		assert_int_equal(error.line, row->line);
	if (row->line)
		assert_string_equal(error.file, "t.fs");
	if (row->line)
		assert_int_equal(error.column, row->column);
	assert_int_equal(error.columns, row->columns);
	assert_null(layer);
	assert_int_equal(talloc_total_blocks(parent), 1);
	talloc_free(parent);
}

static void layer__implies_default_and_unknown(void **state)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_layer *layer = parse(NULL, "allow read\n", &error);

	(void)state;
	assert_int_equal(layer->fallback.place.line, 0);
	assert_int_equal(layer->fallback.verdict.action, FLAGSTOP_ACTION_DENY);
	assert_int_equal(layer->fallback.verdict.value, EPERM);
	assert_string_equal(layer->fallback.text, "implied: default deny EPERM");
	assert_int_equal(layer->unknown.place.line, 0);
	assert_int_equal(layer->unknown.verdict.action, FLAGSTOP_ACTION_DENY);
	assert_int_equal(layer->unknown.verdict.value, ENOSYS);
	assert_string_equal(layer->unknown.text, "implied: unknown deny ENOSYS");
	assert_int_equal(layer->abis, 1u << flagstop_abi_native());
	assert_string_equal(layer->name, "t.fs");
	talloc_free(layer);
}

static void layer__gives_way_to_what_the_policy_says(void **state)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_layer *layer = parse(NULL, "  default  kill # x\nabi arm s390x\n", &error);

	(void)state;
	assert_int_equal(layer->fallback.place.line, 1);
	assert_int_equal(layer->fallback.place.column, 3);
	assert_int_equal(layer->fallback.place.columns, 13);
	assert_string_equal(layer->fallback.text, "default  kill");
	assert_int_equal(layer->abis, 1u << FLAGSTOP_ABI_ARM | 1u << FLAGSTOP_ABI_S390X);
	talloc_free(layer);
}

static void rule__knows_its_place_and_text(void **state)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	const struct fst_rule *rule;
	struct fst_layer *layer;

	(void)state;
	layer = parse(NULL, P "\n  deny EACCES read write when fd == 1 or fd in {2, 3} # why\n", &error);
	rule = &layer->rules[0];
	assert_string_equal(rule->text, "deny EACCES read write when fd == 1 or fd in {2, 3}");
	assert_string_equal(rule->place.file, "t.fs");
	assert_int_equal(rule->place.line, 3);
	assert_int_equal(rule->place.column, 3);
	assert_int_equal(rule->place.columns, strlen(rule->text));
	assert_int_equal(rule->place.source_bytes, 2 + strlen(rule->text) + 6);
	assert_memory_equal(rule->place.source, "  deny EACCES", 13);
	assert_int_equal(rule->set_place.column, 15);
	assert_int_equal(rule->set_place.columns, 10);
	assert_int_equal(rule->when->place.column, 31);
	assert_int_equal(rule->when->place.columns, 23);
	assert_int_equal(rule->when->right->place.column, 42);
	assert_int_equal(rule->when->right->place.columns, 12);
	assert_int_equal(rule->when->right->argument_place.columns, 2);
	assert_int_equal(rule->when->left->items[0].low.place.column, 37);
	assert_int_equal(rule->when->left->items[0].low.place.columns, 1);
	talloc_free(layer);
}

static void rule__text_of_several_lines_is_joined(void **state)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_layer *layer = parse(NULL,
					P "allow (read # the \"first\"\n\t write\r\n  ) \\\n  open # x\n", &error);

	(void)state;
	assert_string_equal(layer->rules[0].text, "allow (read write ) open");
	assert_int_equal(layer->rules[0].place.line, 2);
	assert_int_equal(layer->rules[0].place.columns, strlen("allow (read # the \"first\""));
	talloc_free(layer);
}

static void text__need_not_outlive_the_call(void **state)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_layer *layer = NULL;
	char text[] = P "group @g = read\nallow @g when fd == O_RDONLY", name[] = "t.fs";

	(void)state;
	assert_int_equal(fst_parse_text(NULL, name, text, strlen(text), NULL, &layer, &error), 0);
	memset(text, 'x', sizeof(text));
	memset(name, 'x', sizeof(name));
	assert_string_equal(layer->rules[0].place.file, "t.fs");
	assert_memory_equal(layer->rules[0].place.source, "allow @g when fd == O_RDONLY", 28);
	assert_string_equal(layer->rules[0].text, "allow @g when fd == O_RDONLY");
	assert_string_equal(layer->rules[0].when->argument, "fd");
	assert_string_equal(layer->rules[0].when->items[0].low.name, "O_RDONLY");
	talloc_free(layer);
}

static void text__zero_byte_is_refused(void **state)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_layer *layer = NULL;
	int r = fst_parse_text(NULL, "t.fs", "allow read\n\0", 12, NULL, &layer, &error);

	(void)state;
	assert_int_equal(r, -EBADMSG);
	assert_string_equal(error.message, "not a text file: byte 0x00");
	assert_int_equal(error.line, 2);
	assert_int_equal(error.column, 1);
}

static void text__error_may_be_unwanted(void **state)
{
	struct fst_layer *layer = NULL;

	(void)state;
	assert_int_equal(fst_parse_text(NULL, "t.fs", "alow", 4, NULL, &layer, NULL), -EBADMSG);
	assert_int_equal(fst_parse_text(NULL, NULL, "", 0, NULL, &layer, NULL), -EINVAL);
	assert_int_equal(fst_parse_text(NULL, "t.fs", NULL, 1, NULL, &layer, NULL), -EINVAL);
}

/* A text of `count` times `piece` between `before` and `after`. */
static int parse_repeated(const char *before, const char *piece, unsigned count, const char *after,
			  struct flagstop_error *error)
{
	size_t bytes = strlen(before) + count * strlen(piece) + strlen(after);
	char *text = malloc(bytes + 1), *at = text;
	struct fst_layer *layer = NULL;
	unsigned i;
	int r;

	assert_non_null(text);
	memcpy(at, before, strlen(before));
	at += strlen(before);
	for (i = 0; i < count; i++, at += strlen(piece))
		memcpy(at, piece, strlen(piece));
	memcpy(at, after, strlen(after));
	r = fst_parse_text(NULL, "t.fs", text, bytes, NULL, &layer, error);
	talloc_free(layer);
	free(text);
	return r;
}

struct limit {
	const char *name, *before, *piece, *after;
	unsigned good, bad; /* how many pieces pass, how many do not */
	const char *message;
};

static const struct limit limits[] = {
	{ "limit__line_of_4096_bytes", "", "#", "", 4096, 4097, "line 1 is longer than 4096 bytes" },
	{ "limit__text_of_1_mib", "", "#23456789abcdef\n", "", 65536, 65537,
	  "the policy is larger than 1048576 bytes" },
	{ "limit__not_nested_64_deep", P "allow read when ", "not ", "fd", 64, 65, "nested deeper than 64 levels" },
	{ "limit__unary_nested_64_deep", P "allow read when fd == ", "- ", "1", 64, 65,
	  "nested deeper than 64 levels" },
	{ "limit__tests_in_a_condition", P "allow read when ", "fd or\\\n", "fd", 511, 512,
	  "more than 512 tests in one condition" },
	{ "limit__rules", P, "log read\n", "", 65536, 65537, "more than 65536 rules" },
	{ "limit__values_in_a_list", P "log read when fd in {", "1,\n", "}", 1024, 1025,
	  "more than 1024 values in one list" },
	{ "limit__values_in_lists", P, "log read when fd in {0, 1, 2, 3, 4, 5, 6, 7}\n", "", 8192, 8193,
	  "more than 65536 values in the policy's lists" },
};

static void check_limit(void **state)
{
	const struct limit *row = *state;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;

	if (row->good)
		assert_int_equal(parse_repeated(row->before, row->piece, row->good, row->after, &error), 0);
	assert_int_equal(parse_repeated(row->before, row->piece, row->bad, row->after, &error), -E2BIG);
	assert_string_equal(error.message, row->message);
}

static void limit__set_nested_64_deep(void **state)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_layer *layer = NULL;
	char text[256];
	int depth;

	(void)state;
	for (depth = 64; depth <= 65; depth++) {
		memset(text, '(', sizeof(text));
		memcpy(text, "allow ", 6);
		memcpy(text + 6 + depth, "read", 4);
		memset(text + 10 + depth, ')', (size_t)depth);
		assert_int_equal(fst_parse_text(NULL, "t.fs", text, 10 + 2 * (size_t)depth, NULL, &layer, &error),
				 depth == 64 ? 0 : -E2BIG);
	}
	assert_string_equal(error.message, "nested deeper than 64 levels");
	assert_int_equal(error.column, 6 + 65);
	talloc_free(layer);
}

static void limit__1024_groups(void **state)
{
	static char text[1025 * 20 + 1];
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_layer *layer = NULL;
	size_t bytes = 0;
	unsigned i;

	(void)state;
	for (i = 0; i < 1025; i++) {
		if (i == 1024)
			assert_int_equal(fst_parse_text(NULL, "t.fs", text, bytes, NULL, &layer, &error), 0);
		bytes += (size_t)snprintf(text + bytes, sizeof(text) - bytes, "group @g%u = read\n", i);
	}
	talloc_free(layer);
	layer = NULL;
	assert_int_equal(fst_parse_text(NULL, "t.fs", text, bytes, NULL, &layer, &error), -E2BIG);
	assert_string_equal(error.message, "more than 1024 groups");
	assert_int_equal(error.line, 1025);
}

/* Deprecated in talloc 2.4 without a replacement: there is no other way to make its allocations fail. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

/* Every allocation in turn finds no memory left. */
static void memory__any_allocation_may_fail(void **state)
{
	static const char text[] = P "include \"/dev/null\"\ngroup @g = @swap read\npromise flock\n"
				     "deny EACCES @g when a == O_RDONLY or not b in {1, 2..3, 4, 5, 6}\ndefault log\n";
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct fst_layer *layer = NULL;
	size_t limit, failures = 0;
	int r = -ENOMEM;

	(void)state;
	for (limit = 1; r && limit < 1 << 20; limit += 97) {
		void *parent = talloc_new(NULL);

		assert_int_equal(talloc_set_memlimit(parent, limit), 0);
		r = fst_parse_text(parent, "t.fs", text, sizeof(text) - 1, NULL, &layer, &error);
		if (r) {
			assert_int_equal(r, -ENOMEM);
			assert_int_equal(error.code, -ENOMEM);
			assert_string_equal(error.message, "no memory");
			assert_int_equal(talloc_total_blocks(parent), 1);
			failures++;
		}
		talloc_free(parent);
	}
	assert_int_equal(r, 0);
	assert_true(failures > 20);
}
#pragma GCC diagnostic pop

static const struct CMUnitTest laws[] = {
	cmocka_unit_test(layer__implies_default_and_unknown),
	cmocka_unit_test(layer__gives_way_to_what_the_policy_says),
	cmocka_unit_test(rule__knows_its_place_and_text),
	cmocka_unit_test(rule__text_of_several_lines_is_joined),
	cmocka_unit_test(text__need_not_outlive_the_call),
	cmocka_unit_test(text__zero_byte_is_refused),
	cmocka_unit_test(text__error_may_be_unwanted),
	cmocka_unit_test(limit__set_nested_64_deep),
	cmocka_unit_test(limit__1024_groups),
	cmocka_unit_test(memory__any_allocation_may_fail),
};

int main(void)
{
	static struct CMUnitTest tests[COUNT(goods) + COUNT(bads) + COUNT(limits) + COUNT(laws)];
	size_t count = 0, i;

	for (i = 0; i < COUNT(goods); i++)
		tests[count++] = (struct CMUnitTest){ goods[i].name, check_good, NULL, NULL, (void *)&goods[i] };
	for (i = 0; i < COUNT(bads); i++)
		tests[count++] = (struct CMUnitTest){ bads[i].name, check_bad, NULL, NULL, (void *)&bads[i] };
	for (i = 0; i < COUNT(limits); i++)
		tests[count++] = (struct CMUnitTest){ limits[i].name, check_limit, NULL, NULL, (void *)&limits[i] };
	for (i = 0; i < COUNT(laws); i++)
		tests[count++] = laws[i];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
