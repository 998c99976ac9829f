/* SPDX-License-Identifier: MIT */
/*
 * Policies on socket addresses, live: several messages that are sent by one call; and what is told of addresses, which
 * is what `explain` says of them.
 */
#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

/* ---- what is told ----------------------------------------------------------------------------------------------- */

/* Each call is told of: it is refused, or traced. */
#define TOLD \
	"default allow\n" \
	"deny EACCES connect sendto sendmsg bind when addr.ip in {10.0.0.0/8, fc00::/7} or addr.port in 500..600\n" \
	"deny EPERM connect sendto sendmsg bind when addr.path under \"/proc\" or addr.path is \"@out\"\n" \
	"deny EINVAL connect sendto sendmsg bind when addr.family == AF_NETLINK\n" \
	"deny EBUSY openat2 when flags & O_CREAT or resolve & RESOLVE_BENEATH\n" \
	"deny EBUSY clone3 when flags & CLONE_FILES\n" \
	"trace connect sendto sendmsg bind openat2 clone3\n"

static const struct told {
	const char *name, *call, *address, *shown; /* which the whole call has in it */
	int error;                                 /* 0: it is traced */
} told[] = {
	{ "told__ip_that_is_refused", "connect", "10.1.2.3,80", "{ip = 10.1.2.3, port = 80}", EACCES },
	{ "told__ip_that_is_permitted", "connect", "127.0.0.1,80", "{ip = 127.0.0.1, port = 80}", 0 },
	{ "told__port_that_is_refused", "sendto", "127.0.0.1,512", "{ip = 127.0.0.1, port = 512}", EACCES },
	{ "told__ip_of_version_6", "connect", "fc00::1,80", "{ip = fc00::1, port = 80}", EACCES },
	{ "told__ip_of_version_6_that_is_one_of_version_4", "sendto", "::ffff:10.0.0.1,80",
	  "{ip = ::ffff:10.0.0.1, port = 80}", EACCES },
	{ "told__path_and_where_it_leads", "connect", "/proc/../proc/none",
	  "{path = \"/proc/../proc/none\" -> \"/proc/none\"}", EPERM },
	{ "told__path_that_leads_where_it_says", "bind", "/proc/none", "{path = \"/proc/none\"}", EPERM },
	{ "told__path_that_is_permitted", "sendto", "/dev/null", "{path = \"/dev/null\"}", 0 },
	{ "told__abstract_name", "sendmsg", "@out", "{path = \"@out\"}", EPERM },
	{ "told__abstract_name_that_is_permitted", "sendmsg", "@in", "{path = \"@in\"}", 0 },
	{ "told__message_without_an_address", "sendmsg", "nothing", ", {}, ", 0 },
	{ "told__no_address", "sendto", "nothing", ", NULL, 0)", 0 },
	{ "told__address_of_another_family", "bind", "netlink", "{family = AF_NETLINK}", EINVAL },
	{ "told__structure_of_openat2", "openat2", "0x40",
	  "\"/dev/null\", {flags = O_RDONLY|O_CREAT, resolve = RESOLVE_NO_MAGICLINKS}", EBUSY },
	{ "told__structure_of_openat2_that_is_permitted", "openat2", "1",
	  "{flags = O_WRONLY, resolve = RESOLVE_NO_MAGICLINKS}", 0 },
	{ "told__structure_of_clone3", "clone3", "0x500", "{flags = CLONE_VM|CLONE_FILES, exit_signal = SIGCHLD}",
	  EBUSY },
};

/* The event of that call, of which there is one. */
static const struct flagstop_event *event_of(const struct run *run, const char *call)
{
	for (size_t i = 0; i < flagstop_session_event_count(run->session); i++)
		if (!strcmp(flagstop_session_event(run->session, i)->call, call))
			return flagstop_session_event(run->session, i);
	fail_msg("nothing was told of %s", call);
	return NULL;
}

/* What is told of a call can be asked about: it gets the same verdict, by the same rule, in the same words. */
static void assert_explained(const char *text, const struct flagstop_event *event)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_explanation e;
	char shown[1024];
	int r = flagstop_policy_add_text(policy, "t.fs", text, strlen(text), &error);

	if (!r)
		r = flagstop_policy_add_guards(policy, NULL, 0, &error);
	if (!r)
		r = flagstop_policy_explain(policy, event->abi, event->example, FLAGSTOP_REPORT_ALL, &e, &error);
	if (r)
		fail_msg("%s: %s", event->example, error.message);
	assert_true(e.determined);
	assert_int_equal(e.verdict.action, event->verdict.action);
	assert_int_equal(e.verdict.value, event->verdict.value);
	assert_int_equal(e.rule.line, event->rule.line);
	flagstop_explanation_format(&e, shown, sizeof(shown));
	assert_string_equal(shown, event->example);
	flagstop_policy_free(policy);
}

static void tell(void **state)
{
	const struct told *row = *state;
	struct run run = RUN_INIT(TOLD);
	const struct flagstop_event *event;

	run_whole(&run, "address_deed", row->call, row->address, NULL);
	run_assert_exited(&run, 0);
	event = event_of(&run, row->call);
	if (!strstr(event->example, row->shown))
		fail_msg("%s", event->example);
	assert_int_equal(event->verdict.action, row->error ? FLAGSTOP_ACTION_DENY : FLAGSTOP_ACTION_TRACE);
	assert_int_equal(event->verdict.value, row->error);
	assert_explained(TOLD, event);
	run_free(&run);
}

/* ---- names of sockets ------------------------------------------------------------------------------------------- */

/* In a folder, where `script` runs address_deed as $d; below nothing of "/none" sockets may be. */
static void run_in(struct command *command, const char folder[64], const char *script)
{
	char text[512];
	char *argv[] = { "/bin/sh", "-c", text, NULL };

	snprintf(text, sizeof(text), "cd %s && d=%s && %s", folder, harness_tracee("address_deed"), script);
	command_whole(command, argv);
	snprintf(text, sizeof(text), "rm -rf %s", folder);
	harness_native(argv, text + 256, 256);
	command_assert_exited(command, 0);
}

static void make_folder(char folder[64])
{
	snprintf(folder, 64, "/tmp/flagstop-names-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chmod(folder, 0777), 0);
}

#define NO_SOCKETS "default allow\ndeny EACCES bind when addr.path under \"/none\"\n"

static void bound__in_its_own_directory_has_the_name_that_was_given(void **state)
{
	struct command command = COMMAND_INIT(NO_SOCKETS);
	char folder[64];

	(void)state;
	make_folder(folder);
	run_in(&command, folder, "$d bind s; $d bind s; ls");
	assert_string_equal(command.out, "s\nEADDRINUSE\ns\n");
}

/* That of a chroot is none, nor is an initial file system. */
static void need_root_to_be_a_mount(void)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char line[4096], point[256];
	bool found = false;

	assert_non_null(mounts);
	while (fgets(line, sizeof(line), mounts))
		found |= sscanf(line, "%*s %*s %*s %*s %255s", point) == 1 && !strcmp(point, "/") &&
			!strstr(line, " - rootfs ");
	fclose(mounts);
	if (found)
		return;
	print_message("the root directory is no mount\n");
	skip();
}

/* Which nobody can exchange, where nobody has rights of root's; else its name is that of a handle. */
static void bound__in_a_directory_of_roots_has_the_name_that_was_given(void **state)
{
	struct command command = COMMAND_INIT(NO_SOCKETS);
	char folder[64];

	(void)state;
	command_need_nobody();
	need_root_to_be_a_mount();
	make_folder(folder);
	command.uid = NOBODY;
	run_in(&command, folder, "n=/tmp/${PWD##*-}; $d bind $n | tail -c 7; rm $n; $d bind $PWD/s | cut -c-6; ls");
	char expected[64];
	snprintf(expected, sizeof(expected), "%s\n/proc/\ns\n", strrchr(folder, '-') + 1);
	assert_string_equal(command.out, expected);
}

/* A name that was cut is another one, which nobody asked about. */
static void bound__no_name_is_cut(void **state)
{
	struct command command = COMMAND_INIT(NO_SOCKETS);
	char folder[64];

	(void)state;
	make_folder(folder);
	run_in(&command, folder,
	       "n=$(printf 'x%.0s' $(seq 95)); $d bind $n | wc -c; rm $n; $d bind ./$n; ls");
	assert_string_equal(command.out, "96\nEACCES\n");
}

int main(void)
{
	enum { ROWS = sizeof(rows) / sizeof(*rows),
	       TELLS = sizeof(told) / sizeof(*told) };
	struct CMUnitTest laws[ROWS + TELLS + 3] = {
		[ROWS + TELLS] = LAW(bound__in_its_own_directory_has_the_name_that_was_given),
		[ROWS + TELLS + 1] = LAW(bound__in_a_directory_of_roots_has_the_name_that_was_given),
		[ROWS + TELLS + 2] = LAW(bound__no_name_is_cut),
	};

	for (size_t i = 0; i < ROWS; i++)
		laws[i] = (struct CMUnitTest)LAW_WITH(rows[i].name, row, &rows[i]);
	for (size_t i = 0; i < TELLS; i++)
		laws[ROWS + i] = (struct CMUnitTest)LAW_WITH(told[i].name, tell, &told[i]);
	return RUN_LAWS(laws);
}
