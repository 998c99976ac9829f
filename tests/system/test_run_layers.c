/* SPDX-License-Identifier: MIT */
/* Several layers, several ABIs, numbers that nobody has: who wins, whoever carries it out. */
#include "harness.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* A row is run in both report modes, which must agree. */
static const struct row {
	const char *law, *policy, *tracee;
	const char *arguments[4];
	const char *out; /* NULL: killed by SIGSYS */
} rows[] = {
#define ONE "default allow\n"
#define OTHER "---\ndefault allow\n"
	{ "layers__denial_beats_allow", ONE "deny EACCES getppid\n" OTHER, "call", { "getppid" }, "-13\n" },
	{ "layers__denial_of_the_newer_beats_allow",
	  ONE OTHER "deny EACCES getppid\n",
	  "call",
	  { "getppid" },
	  "-13\n" },
	{ "layers__newest_errno_wins",
	  ONE "deny EACCES getppid\n" OTHER "deny ENOSPC getppid\n",
	  "call",
	  { "getppid" },
	  "-28\n" },
	{ "layers__newest_of_three_errnos_wins",
	  ONE "deny EACCES getppid\n" OTHER "deny ENOSPC getppid\n" OTHER "deny EBUSY getppid\n",
	  "call",
	  { "getppid" },
	  "-16\n" },
	{ "layers__errno_newer_than_a_return_wins",
	  ONE "return 5 getppid\n" OTHER "deny EACCES getppid\n",
	  "call",
	  { "getppid" },
	  "-13\n" },
	{ "layers__return_newer_than_an_errno_wins",
	  ONE "deny EACCES getppid\n" OTHER "return 5 getppid\n",
	  "call",
	  { "getppid" },
	  "5\n" },
	{ "layers__big_return_newer_than_an_errno_wins",
	  ONE "deny EACCES getppid\n" OTHER "return 0x7fffff00 getppid\n",
	  "call",
	  { "getppid" },
	  "2147483392\n" },
	{ "layers__return_of_zero_newer_than_an_errno_wins",
	  ONE "deny EACCES getppid\n" OTHER "return 0 getppid\n",
	  "call",
	  { "getppid" },
	  "0\n" },
	{ "layers__denial_beats_ask",
	  ONE "ask getppid\n" OTHER "deny EACCES getppid\n",
	  "call",
	  { "getppid" },
	  "-13\n" },
	{ "layers__older_denial_beats_ask",
	  ONE "deny EACCES getppid\n" OTHER "ask getppid\n",
	  "call",
	  { "getppid" },
	  "-13\n" },
	{ "layers__ask_beats_trace", ONE "ask getppid\n" OTHER "trace getppid\n", "call", { "getppid" }, "-1\n" },
	{ "layers__denial_beats_trace",
	  ONE "deny EACCES getppid\n" OTHER "trace getppid\n",
	  "call",
	  { "getppid" },
	  "-13\n" },
	{ "layers__denial_beats_log",
	  ONE "log getppid\n" OTHER "deny EACCES getppid\n",
	  "call",
	  { "getppid" },
	  "-13\n" },
	{ "layers__kill_beats_denial",
	  ONE "kill getppid\n" OTHER "deny EACCES getppid\n",
	  "call",
	  { "getppid" },
	  NULL },
	{ "layers__kill_beats_return",
	  ONE "kill getppid\n" OTHER "return 0x7fffff00 getppid\n",
	  "call",
	  { "getppid" },
	  NULL },
	{ "layers__kill_beats_ask", ONE "ask getppid\n" OTHER "kill getppid\n", "call", { "getppid" }, NULL },
	{ "layers__kill_beats_kill_thread",
	  ONE "kill thread getppid\n" OTHER "kill getppid\n",
	  "thread_call",
	  { 0 },
	  NULL },
	{ "layers__trap_beats_denial",
	  ONE "trap 7 getppid\n" OTHER "deny EACCES getppid\n",
	  "sigsys",
	  { "block" },
	  NULL },
	{ "layers__each_restricts_its_own_call",
	  ONE "deny EACCES getsid\n" OTHER "deny ENOSPC getppid\n",
	  "call",
	  { "getsid" },
	  "-13\n" },
	{ "layers__condition_of_one_does_not_shield_another",
	  ONE "allow getpgid when pid == 0\ndeny EACCES getpgid\n" OTHER "deny ENOSPC getpgid when pid == 0\n",
	  "call",
	  { "getpgid", "0" },
	  "-28\n" },

	{ "abi__number_is_judged_by_the_abi_of_the_call__x86_64",
	  "abi x86_64 i386\n" ONE "deny 5 getpid@x86_64\ndeny 6 getpid@i386\n",
	  "call",
	  { "getpid" },
	  "-5\n" },
	{ "abi__number_is_judged_by_the_abi_of_the_call__i386",
	  "abi x86_64 i386\n" ONE "deny 5 getpid@x86_64\ndeny 6 getpid@i386\n",
	  "call32",
	  { "20" },
	  "-6\n" },
	{ "abi__return_is_what_an_i386_call_leaves",
	  "abi x86_64 i386\n" ONE "return 4242 getpid@i386\n",
	  "call32",
	  { "20" },
	  "4242\n" },
	{ "abi__i386_arguments_are_its_own_registers",
	  "abi x86_64 i386\n" ONE "deny 7 getpgid@i386 when pid == 5\n",
	  "call32",
	  { "132", "5" },
	  "-7\n" },
	{ "abi__i386_arguments_that_differ_are_allowed",
	  "abi x86_64 i386\n" ONE "deny 7 getpgid@i386 when pid == 5\n",
	  "call32",
	  { "132", "0x7fffffff" },
	  "-3\n" },
	{ "abi__i386_arguments_in_two_registers_are_one_value",
	  "abi x86_64 i386\n" ONE "deny 7 ftruncate64@i386 when length == 0x100000002\n",
	  "call32",
	  { "194", "999", "2", "1" },
	  "-7\n" },
	{ "abi__i386_arguments_in_two_registers_that_differ_are_allowed",
	  "abi x86_64 i386\n" ONE "deny 7 ftruncate64@i386 when length == 0x100000002\n",
	  "call32",
	  { "194", "999", "2", "2" },
	  "-9\n" },
	{ "abi__i386_arguments_of_16_bits_are_compared_so",
	  "abi x86_64 i386\n" ONE "deny 7 setuid@i386 when uid == -1\n",
	  "call32",
	  { "23", "0x5ffff" },
	  "-7\n" },
	{ "abi__that_is_not_named_is_killed__i386", ONE, "call32", { "20" }, NULL },
	{ "abi__that_is_not_named_is_killed__x32", ONE, "call", { "0x40000027" }, NULL },
	{ "abi__that_one_layer_does_not_name_is_killed", "abi x86_64 i386\n" ONE OTHER, "call32", { "20" }, NULL },
	{ "abi__x32_is_told_by_its_bit",
	  "abi x86_64 x32\n" ONE "deny 8 getpid@x32\ndeny 9 getpid@x86_64\n",
	  "call",
	  { "0x40000027" },
	  "-8\n" },

	{ "unknown__call_is_not_there", ONE, "call", { "100000" }, "-38\n" },
	{ "unknown__negative_one_is_not_there", ONE, "call", { "0xffffffffffffffff" }, "-38\n" },
	{ "unknown__negative_number_is_not_there", ONE, "call", { "0xffffffff80000027" }, "-38\n" },
	{ "unknown__negative_number_with_x32s_bit_is_x32s", ONE, "call", { "0xfffffffffffffff0" }, NULL },
	{ "unknown__high_half_of_the_register_is_no_number",
	  ONE "deny 5 getpid\n",
	  "call",
	  { "0xdeadbeef00000027" },
	  "-5\n" },
	{ "unknown__has_the_verdict_that_is_said", ONE "unknown deny EACCES\n", "call", { "100000" }, "-13\n" },
	{ "unknown__may_be_killed", ONE "unknown kill\n", "call", { "100000" }, NULL },
	{ "unknown__may_return", ONE "unknown return 3\n", "call", { "100000" }, "3\n" },
	{ "unknown__that_is_allowed_is_the_kernels", ONE "unknown allow\n", "call", { "100000" }, "-38\n" },
};
#define ROW_COUNT (sizeof(rows) / sizeof(*rows))

static void check_row(void **state)
{
	const struct row *row = *state;

	if (!strcmp(row->tracee, "call32"))
		harness_need_i386();
	if (strstr(row->law, "x32") || strstr(row->law, "x86_64") || strstr(row->law, "__high_half"))
		harness_need_abi(FLAGSTOP_ABI_X86_64);
	if (!strcmp(row->law, "unknown__negative_number_is_not_there") && flagstop_abi_native() == FLAGSTOP_ABI_S390X) {
		print_message("the kernel takes 16 bits of the number: it is one that is there\n");
		skip();
	}
	for (int report = FLAGSTOP_REPORT_ALL; report <= FLAGSTOP_REPORT_NONE; report++) {
		struct run run = RUN_INIT(row->policy);

		run.options.report = report;
		run.options.stacks = 0;
		run_whole(&run, row->tracee, row->arguments[0], row->arguments[1], row->arguments[2],
			  row->arguments[3], NULL);
		run_assert_said(&run, row->out);
		run_free(&run);
	}
}

/* The page is no code of the kernel's entry: it is emulated, and asks the filters by itself. */
static void check_vsyscall(const char *verdict, const char *expected)
{
	harness_need_tracee("vsyscall");
	for (int report = FLAGSTOP_REPORT_ALL; report <= FLAGSTOP_REPORT_NONE; report++) {
		char policy[64];
		struct run run = RUN_INIT(policy);

		snprintf(policy, sizeof(policy), "default allow\n%s time\n", verdict);
		run.options.report = report;
		run_whole(&run, "vsyscall", NULL);
		if (!strcmp(run.out, "no page\n")) {
			run_free(&run);
			print_message("this kernel has no vsyscall page\n");
			skip();
		}
		if (expected)
			assert_string_equal(run.out, expected);
		else
			assert_memory_equal(run.out, "time 1", 6); /* some second since 2001 */
		run_free(&run);
	}
}

static void vsyscall__is_judged_as_the_call_it_stands_for(void **state)
{
	(void)state;
	harness_need_filters("the kernel emulates a vsyscall without a stop; the vDSO tells the same without a call");
	check_vsyscall("deny EACCES", "time -13\n");
	check_vsyscall("return 4242", "time 4242\n");
	check_vsyscall("return 0x100000001", "time 4294967297\n");
	check_vsyscall("trace", NULL);
	check_vsyscall("kill", "");
}

int main(void)
{
	static struct CMUnitTest laws[ROW_COUNT + 1];

	for (size_t i = 0; i < ROW_COUNT; i++)
		laws[i] = (struct CMUnitTest)LAW_WITH(rows[i].law, check_row, &rows[i]);
	laws[ROW_COUNT] = (struct CMUnitTest)LAW(vsyscall__is_judged_as_the_call_it_stands_for);
	return RUN_LAWS(laws);
}
