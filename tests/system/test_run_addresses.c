/* SPDX-License-Identifier: MIT */
/* Policies on socket addresses, live: several messages that are sent by one call. */
#include "harness.h"

#include <string.h>

#define POLICY "default allow\ndeny EACCES sendto sendmsg sendmmsg when addr.path is \"@out\"\n"

static const struct row {
	const char *name, *how, *policy, *expected;
	enum flagstop_report report;
} rows[] = {
	/* As sendmmsg(2) may do at any time: the caller sends the rest. */
	{ "row__is_sent_message_by_message", "in", POLICY,
	  "both 1, 3 bytes\nthe second 1, 5 bytes\nnowhere EBADF, 0 bytes\narrived 2\n", FLAGSTOP_REPORT_ALL },
	{ "row__is_judged_message_by_message", "out", POLICY,
	  "both 1, 3 bytes\nthe second EACCES, 0 bytes\nnowhere EBADF, 0 bytes\narrived 1\n", FLAGSTOP_REPORT_ALL },
	{ "row__without_addresses_has_none", "connected", POLICY, "both 1, 3 bytes\narrived 1\n", FLAGSTOP_REPORT_ALL },
	{ "row__of_nothing_sends_nothing", "none", POLICY,
	  "both 0, 0 bytes\nnowhere EBADF, 0 bytes\narrived 0\n", FLAGSTOP_REPORT_ALL },
	/* The kernel finds that out when it has sent the message, and so do we. */
	{ "row__that_cannot_be_written_is_a_fault", "readonly", POLICY,
	  "both EFAULT, 0 bytes\nnowhere EBADF, 0 bytes\narrived 1\n", FLAGSTOP_REPORT_ALL },
	/* It is sent by sendmsg, which a filter that the kernel asks again would not let pass. */
	{ "row__is_refused_where_the_kernel_refuses_sendmsg", "in",
	  "default allow\ndeny EACCES sendmmsg when addr.path is \"@out\"\ndeny EPERM sendmsg\n",
	  "both EACCES, 0 bytes\nthe second EACCES, 0 bytes\nnowhere EBADF, 0 bytes\narrived 0\n",
	  FLAGSTOP_REPORT_NONE },
};

static void row(void **state)
{
	const struct row *row = *state;
	struct run run = RUN_INIT(row->policy);

	if (row->report == FLAGSTOP_REPORT_NONE)
		harness_need_filters("nobody looks at what a sendmmsg is made of");
	run.options.report = row->report;
	run_whole(&run, "send_row", row->how, NULL);
	run_assert_exited(&run, 0);
	assert_string_equal(run.out, row->expected);
	run_free(&run);
}

int main(void)
{
	enum { ROWS = sizeof(rows) / sizeof(*rows) };
	struct CMUnitTest laws[ROWS];

	for (size_t i = 0; i < ROWS; i++)
		laws[i] = (struct CMUnitTest)LAW_WITH(rows[i].name, row, &rows[i]);
	return RUN_LAWS(laws);
}
