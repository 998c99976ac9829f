/* SPDX-License-Identifier: MIT */
/* A worker in a session of the library's, as anybody who embeds it would start one. */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define NOBODY 65534

static int say(const struct row *row, int r, const struct flagstop_error *error)
{
	fprintf(stderr, "flagstop-bench: %s: %s\n", row->name, error->message);
	return r;
}

int start_session(const struct row *row, struct subject *subject)
{
	struct flagstop_session_options options = FLAGSTOP_SESSION_OPTIONS_INIT;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	char *argv[WORKER_ARGUMENTS + 1];

	subject->policy = flagstop_policy_new();
	if (!subject->policy)
		return -ENOMEM;
	int r = flagstop_policy_add_text(subject->policy, row->name, row->policy,
					 strlen(row->policy), &error);
	if (r)
		return say(row, r, &error);
	subject_argv(subject, row, argv);
	options.argv = argv;
	options.report = row->report;
	options.stacks = 0;
	options.pin = !row->unpinned;
	options.backend = row->backend;
	options.workers = row->workers;
	r = flagstop_session_start(subject->policy, &options, &subject->session, &error);
	return r ? say(row, r, &error) : 0;
}

int end_session(const struct row *row, struct subject *subject, uint64_t *ret_stops)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_summary summary;

	subject_stop(subject);
	int r = flagstop_session_wait(subject->session, &error);
	if (r)
		return say(row, r, &error);
	flagstop_session_summary(subject->session, &summary);
	*ret_stops = summary.calls_flagged;
	return summary.exit_code || summary.traced != (row->report == FLAGSTOP_REPORT_ALL) ||
			(row->backend && summary.backend != row->backend) ?
		-EPROTO :
		0;
}

/* Who has rights over every file has each path walked anew; of others, names are kept (tracer/paths/kept.h). */
int start_session_of_nobody(const struct row *row, struct subject *subject)
{
	uint64_t stops;

	subject->process = fork();
	if (subject->process < 0)
		return -errno;
	if (subject->process)
		return 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(subject->fd);
	subject->fd = -1;
	if (setgroups(0, NULL) || setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY) ||
	    start_session(row, subject) || end_session(row, subject, &stops))
		_exit(1);
	_exit(send(subject->worker_fd, &stops, sizeof(stops), MSG_NOSIGNAL) != sizeof(stops));
}
