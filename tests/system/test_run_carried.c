/* SPDX-License-Identifier: MIT */
/* Rules on calls that come by way of socketcall and ipc: what is judged is what is made, whoever writes the memory. */
#include "harness.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include <arch/mux.h>
#include <arch/stub.h>

/* Calls of i386 on x86_64, of the host's own elsewhere. */
static const char *need_carriers(void)
{
	if (flagstop_abi_native() == FLAGSTOP_ABI_X86_64) {
		harness_need_i386();
		return "abi x86_64 i386\n";
	}
	if (!fst_mux_is_in(flagstop_abi_native(), false)) {
		print_message("socketcall is not there\n");
		skip();
	}
	return "";
}

static const struct row {
	const char *law, *rules;
	const char *arguments[9];
	const char *out;     /* NULL: killed by SIGSYS */
	bool asks_of_memory; /* not where each call stops: there it is refused */
} rows[] = {
	{ "carried__call_that_is_denied_is_denied",
	  "deny 7 connect\n",
	  { "socketcall", "3", "0", "0", "0" },
	  "-7\n",
	  false },
	{ "carried__call_that_is_not_denied_is_made",
	  "deny 7 connect\n",
	  { "socketcall", "1", "1", "1", "0" },
	  "done\n",
	  false },
	{ "carried__kill_is_a_kill", "kill listen\n", { "socketcall", "4", "0", "0" }, NULL, false },
	{ "carried__rule_on_socketcall_itself_holds",
	  "deny 8 socketcall when call == 1\ndeny 7 socket when domain == AF_INET\n",
	  { "socketcall", "1", "1", "1", "0" },
	  "-8\n",
	  false },
	{ "carried__arguments_that_are_denied_are_denied",
	  "deny 7 socket when domain == AF_INET\n",
	  { "socketcall", "1", "2", "1", "0" },
	  "-7\n",
	  true },
	{ "carried__arguments_that_are_not_denied_are_allowed",
	  "deny 7 socket when domain == AF_INET\n",
	  { "socketcall", "1", "1", "1", "0" },
	  "done\n",
	  true },
	{ "carried__arguments_that_are_not_allowed_are_denied",
	  "allow socket when domain == AF_UNIX\ndeny 9 socket\n",
	  { "socketcall", "1", "2", "1", "0" },
	  "-9\n",
	  true },
	{ "carried__arguments_may_kill",
	  "kill socket when type == 3\n",
	  { "socketcall", "1", "2", "3", "0" },
	  NULL,
	  true },
	{ "carried__result_may_be_anything",
	  "return -7000 socket when domain == AF_INET\n",
	  { "socketcall", "1", "2", "1", "0" },
	  "-7000\n",
	  true },
	{ "carried__arguments_that_cannot_be_read_are_a_fault",
	  "deny 7 socket when domain == AF_INET\n",
	  { "socketcall", "1" },
	  "-14\n",
	  true },
	{ "carried__last_of_six_arguments_is_judged",
	  "deny 7 sendto when addrlen == 77\n",
	  { "socketcall", "11", "999", "0", "0", "0", "0", "77" },
	  "-7\n",
	  true },
	{ "carried__send_is_a_sendto_without_an_address",
	  "deny 7 send sendto when flags == 5\n",
	  { "socketcall", "9", "999", "0", "0", "5", "1", "1" },
	  "-7\n",
	  true },
	{ "carried__number_that_is_none_is_the_kernels",
	  "deny 7 socket when domain == 1\n",
	  { "socketcall", "77", "1" },
	  "-22\n",
	  false },
	{ "carried__registers_of_ipc_are_judged",
	  "deny 7 semget when nsems == 5\n",
	  { "ipc", "2", "0x12345", "5", "0" },
	  "-7\n",
	  false },
	{ "carried__registers_of_ipc_that_differ_are_allowed",
	  "deny 7 semget when nsems == 5\n",
	  { "ipc", "2", "0x12345", "6", "0" },
	  "-2\n",
	  false },
	{ "carried__version_of_ipc_is_not_looked_at",
	  "deny 7 shmdt\n",
	  { "ipc", "0x10016", "0", "0", "0", "0" },
	  "-7\n",
	  false },
	{ "carried__arguments_that_cannot_be_had_get_the_strictest",
	  "deny 7 semctl when cmd == 3\n",
	  { "ipc", "3", "0", "0", "0" },
	  "-7\n",
	  false },
};
#define ROW_COUNT (sizeof(rows) / sizeof(*rows))

static void check_row(void **state)
{
	const struct row *row = *state;
	const char *const *a = row->arguments, *abis = need_carriers(), *out = row->out;
	bool refused = row->asks_of_memory && harness_backend() == FLAGSTOP_BACKEND_PTRACE;

	for (int report = FLAGSTOP_REPORT_ALL; report <= FLAGSTOP_REPORT_NONE; report++) {
		char policy[512];
		struct run run = RUN_INIT(policy);

		snprintf(policy, sizeof(policy), "%sdefault allow\n%s", abis, row->rules);
		run.options.report = report;
		run.options.stacks = 0;
		run_whole(&run, "carries", a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], NULL);
		if (refused)
			out = "-13\n";
		run_assert_said(&run, out);
		run_free(&run);
	}
}

static void make_race(const char *rules, struct run *run)
{
	const char *abis = need_carriers();
	char policy[256];

	harness_need_filters("what is in memory is not fetched");
	snprintf(policy, sizeof(policy), "%sdefault allow\n%s", abis, rules);
	*run = (struct run)RUN_INIT(policy);
	run->options.stacks = 0;
	run_whole(run, "carries", "race", "3000", NULL);
}

/* Both are made where nobody judges: so the race is one. */
static void carried__arguments_that_change_are_judged_as_they_are_used(void **state)
{
	struct run run;

	(void)state;
	make_race("", &run);
	bool is_race = !strcmp(run.out, "unix 1 inet 1\n");
	run_free(&run);
	if (!is_race) {
		print_message("nothing changed in time: an emulated processor may be too slow\n");
		skip();
	}
	make_race("deny 7 socket when domain == AF_INET\n", &run);
	assert_string_equal(run.out, "unix 1 inet 0\n");
	run_free(&run);
}

/* What is pinned is the direct call's. A second ABI's cannot be, nor what is not fetched: these are refused. */
static void carried__address_is_the_one_that_was_judged(void **state)
{
	static const char *const paths[] = { "/dev/zero", "/dev/null" };
	bool is_pinned = harness_backend() != FLAGSTOP_BACKEND_PTRACE;
	const char *const results[] = { is_pinned ? "-7\n" : "-13\n", is_pinned ? "-111\n" : "-13\n" };
	const char *abi = need_carriers();
	char text[256];

	(void)state;
	if (!fst_native_hermit()) {
		print_message("there are no rules on addresses here\n");
		skip();
	}
	snprintf(text, sizeof(text), "%sdefault allow\ndeny 7 connect when addr.path is \"/dev/zero\"\n", abi);
	for (unsigned i = 0; i < 2; i++) {
		struct run run = RUN_INIT(text);

		run_whole(&run, "carries", "connect", paths[i], NULL);
		run_assert_exited(&run, 0);
		assert_string_equal(run.out, results[i]);
		run_free(&run);
	}
}

static void carried__call_is_told_as_what_it_is(void **state)
{
	const char *abis = need_carriers();
	char policy[256];
	struct run run = RUN_INIT(policy);

	(void)state;
	harness_need_filters("what is in memory is not fetched");
	snprintf(policy, sizeof(policy), "%sdefault allow\ndeny 7 socket when domain == AF_INET\n", abis);
	run_whole(&run, "carries", "socketcall", "1", "2", "1", "0", NULL);
	assert_int_equal(run_count(&run, "socket", FLAGSTOP_ACTION_DENY), 1);
	run_free(&run);
}

static const struct CMUnitTest laws[] = {
	LAW(carried__arguments_that_change_are_judged_as_they_are_used),
	LAW(carried__address_is_the_one_that_was_judged),
	LAW(carried__call_is_told_as_what_it_is),
};
#define LAW_COUNT (sizeof(laws) / sizeof(*laws))

int main(void)
{
	static struct CMUnitTest all[LAW_COUNT + ROW_COUNT];

	memcpy(all, laws, sizeof(laws));
	for (size_t i = 0; i < ROW_COUNT; i++)
		all[LAW_COUNT + i] = (struct CMUnitTest)LAW_WITH(rows[i].law, check_row, &rows[i]);
	return RUN_LAWS(all);
}
