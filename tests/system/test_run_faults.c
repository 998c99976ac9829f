/* SPDX-License-Identifier: MIT */
/*
 * Each request to ptrace(2) of a session fails once, in turn. Whatever fails, the outcome is right or closed: no
 * forbidden deed is done, nobody is left running, and the wait returns.
 *
 * ptrace is ours here, and the tracer, forked from us, has it, too.
 */
#include "fault_kit.h"
#include "harness.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct faults *faults;

long ptrace(enum __ptrace_request request, ...)
{
	va_list rest;

	va_start(rest, request);
	pid_t tid = va_arg(rest, pid_t);
	void *address = va_arg(rest, void *), *data = va_arg(rest, void *);
	va_end(rest);
	if (faults && ++faults->made == faults->to_fail)
		return faults_fail(faults, request, tid, address, data);
	return syscall(SYS_ptrace, request, tid, address, data);
}

static struct flagstop_answer answer_trap(const struct flagstop_question *question, void *context)
{
	(void)question;
	(void)context;
	return (struct flagstop_answer){ { FLAGSTOP_ACTION_TRAP, 5 }, 0 };
}

static const char expected[] = "mkdir refused\nsignal 10\nsignal 31\nrmdir trapped\nmkdir refused\nmkdir refused\n";

static char parent[32], folder[64], kept[64];

static void make_folders(void)
{
	snprintf(parent, sizeof(parent), "/tmp/flagstop-faults-XXXXXX");
	assert_non_null(mkdtemp(parent));
	snprintf(folder, sizeof(folder), "%s/made", parent);
	snprintf(kept, sizeof(kept), "%s/kept", parent);
	assert_int_equal(mkdir(kept, 0700), 0);
}

static void remove_folders(void)
{
	rmdir(kept);
	rmdir(folder);
	assert_int_equal(rmdir(parent), 0);
}

/* The output is right as far as it goes. */
static void check_nothing_was_done(const struct run *run)
{
	struct stat info;

	assert_int_equal(lstat(folder, &info), -1);
	assert_int_equal(lstat(kept, &info), 0);
	if (strstr(run->out, "done"))
		fail_msg("request %u, errno %d: %s", faults->to_fail, faults->error, run->out);
}

/* 1 when all went as if nothing had failed. */
static int run_once(enum flagstop_report report)
{
	struct run run = RUN_INIT("default allow\ndeny EPERM mkdir\nask rmdir\ntrace pause kill\n");
	char *argv[] = { (char *)harness_tracee("deeds"), folder, kept, NULL };
	int right = 0;

	run.options.report = report;
	run.options.stacks = faults->to_fail % 2;
	run.options.ask = answer_trap;
	faults->made = 0;
	if (!run_try(&run, argv)) {
		int r = flagstop_session_wait(run.session, &run.error);

		flagstop_session_summary(run.session, &run.summary);
		harness_read_all(run.from, run.out, sizeof(run.out)); /* its end says that nobody is left */
		right = !r && run.summary.exit_code == 3 && !strcmp(run.out, expected);
	}
	check_nothing_was_done(&run);
	run_free(&run);
	return right;
}

/* Where every call stops, the loader's in between are many, and all alike. */
#define BEGINNING 40
#define ENDING 130

struct row {
	const char *law;
	int error;
	enum flagstop_report report;
};

static void check_every_request(void **state)
{
	const struct row *row = *state;
	unsigned count, n, tried = 0;

	faults = faults_map();
	make_folders();
	assert_true(run_once(row->report)); /* nothing fails yet */
	count = faults->made;
	assert_in_range(count, 20, 2000);
	faults->error = row->error;
	for (n = 1; n <= count + 4; n++) { /* how many there are varies a little: with signals, and restarts */
		if (n == BEGINNING && count > BEGINNING + ENDING)
			n = count - ENDING;
		tried++;
		faults->to_fail = n;
		run_once(row->report);
	}
	assert_in_range(faults->failed, tried - 8, tried);
	remove_folders();
	faults_unmap(faults);
	faults = NULL;
}

static const struct row rows[] = {
	{ "fault__gone_tracee_at_any_request_is_right_or_closed__reporting_all", ESRCH, FLAGSTOP_REPORT_ALL },
	{ "fault__gone_tracee_at_any_request_is_right_or_closed__reporting_none", ESRCH, FLAGSTOP_REPORT_NONE },
	{ "fault__eio_of_any_request_is_right_or_closed__reporting_all", EIO, FLAGSTOP_REPORT_ALL },
	{ "fault__eio_of_any_request_is_right_or_closed__reporting_none", EIO, FLAGSTOP_REPORT_NONE },
	{ "fault__eperm_of_any_request_is_right_or_closed__reporting_all", EPERM, FLAGSTOP_REPORT_ALL },
	{ "fault__eperm_of_any_request_is_right_or_closed__reporting_none", EPERM, FLAGSTOP_REPORT_NONE },
};
#define ROW_COUNT (sizeof(rows) / sizeof(*rows))

int main(void)
{
	static struct CMUnitTest laws[ROW_COUNT];

	for (size_t i = 0; i < ROW_COUNT; i++)
		laws[i] = (struct CMUnitTest)LAW_WITH(rows[i].law, check_every_request, &rows[i]);
	return RUN_LAWS(laws);
}
