/* SPDX-License-Identifier: MIT */
/*
 * Asks the kernel for the filters of a thread. A child does it, so that the thread is let go whatever happens: the
 * kernel detaches what a tracer leaves behind, while the tracer itself can detach only what has stopped.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <talloc.h>

#include <filters/bpf/compile.h>
#include <filters/error.h>
#include <flagstop/dump.h>
#include <tracer/proc.h>
#include <tracer/ptrace.h>

#define PATIENCE_MS 5000
#define FILTERS_MAX 32768 /* instructions that a thread may carry: as many filters at most */

#ifndef EMEDIUMTYPE
#define EMEDIUMTYPE 124
#endif

/* ---- the child: it says how many instructions, then them; at the end 0, or an errno, negative -------------------- */

static void say(int fd, const void *bytes, size_t count)
{
	const char *at = bytes;

	while (count) {
		ssize_t wrote = write(fd, at, count);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			_exit(1);
		at += wrote;
		count -= (size_t)wrote;
	}
}

static int tell_filters(pid_t tid, int fd)
{
	static struct flagstop_insn insns[FLAGSTOP_PROGRAM_MAX_INSNS];

	for (unsigned long i = 0; i < FILTERS_MAX; i++) {
		int count = fst_ptrace_filter(tid, i, NULL);

		if (count < 0)
			return count == -ENOENT ? 0 : count;
		if (count > FLAGSTOP_PROGRAM_MAX_INSNS)
			return -EIO;
		count = fst_ptrace_filter(tid, i, insns);
		if (count <= 0)
			return count ? count : -EIO;
		say(fd, &count, sizeof(count));
		say(fd, insns, (size_t)count * sizeof(*insns));
	}
	return 0;
}

static int look(pid_t tid, int fd)
{
	struct fst_stop stop;
	int status, r = fst_ptrace_visit(tid);

	if (!r)
		r = fst_ptrace_interrupt(tid);
	if (r)
		return r;
	while (waitpid(tid, &status, __WALL) < 0)
		if (errno != EINTR)
			return -errno;
	if (!WIFSTOPPED(status))
		return -ESRCH;
	r = tell_filters(tid, fd);
	stop = fst_stop_decode(status);
	fst_ptrace_detach(tid, stop.kind == FST_STOP_SIGNAL ? stop.signal : 0);
	return r;
}

static void child(pid_t tid, int fd)
{
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	r = look(tid, fd);
	say(fd, &r, sizeof(r));
	_exit(0);
}

/* ---- the caller ------------------------------------------------------------------------------------------------- */

static int now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int)((t.tv_sec % 100000) * 1000 + t.tv_nsec / 1000000);
}

/* All of it or an errno; -ETIMEDOUT when it is `until`. */
static int hear(int fd, void *bytes, size_t count, int until)
{
	char *at = bytes;

	while (count) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		int left = until - now_ms();
		ssize_t got;

		if (left <= 0 || poll(&ready, 1, left) == 0)
			return -ETIMEDOUT;
		got = read(fd, at, count);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? -errno : -EIO;
		at += got;
		count -= (size_t)got;
	}
	return 0;
}

static int hear_filter(int fd, int count, int until, struct flagstop_programs *programs)
{
	struct flagstop_insn *insns = talloc_array(programs, struct flagstop_insn, (size_t)count);
	int r = insns ? hear(fd, insns, (size_t)count * sizeof(*insns), until) : -ENOMEM;

	/* Whatever else runs these relies on the check. */
	if (!r)
		r = flagstop_program_check(insns, (size_t)count, NULL) ? -EIO : 0;
	if (!r)
		r = fst_programs_add(programs, insns, (size_t)count);
	talloc_free(insns);
	return r;
}

static int hear_all(int fd, struct flagstop_programs *programs)
{
	int until = now_ms() + PATIENCE_MS, count, r;

	for (;;) {
		r = hear(fd, &count, sizeof(count), until);
		if (r || count <= 0)
			return r ? r : count;
		if (count > FLAGSTOP_PROGRAM_MAX_INSNS)
			return -EIO;
		r = hear_filter(fd, count, until, programs);
		if (r)
			return r;
	}
}

/* What "Seccomp:" in /proc/TID/status says; -1 when it says nothing. */
enum { MODE_NONE,
       MODE_STRICT };
static int mode_of(pid_t tid)
{
	char text[8192];

	fst_proc_text(tid, "status", text, sizeof(text));
	return (int)fst_proc_number(text, "Seccomp", 10, (uint64_t)-1);
}

static int explain(pid_t tid, int code, struct flagstop_error *error)
{
	switch (code) {
	case -ESRCH:
		return fst_error_set(error, -ESRCH, "there is no thread %d", (int)tid);
	case -EPERM:
	case -EACCES:
		fst_error_set(error, -EPERM, "the kernel does not let us look at the filters of %d", (int)tid);
		fst_error_hint(error, "it takes CAP_SYS_ADMIN, no filter on flagstop itself, and no other tracer on %d",
			       (int)tid);
		return -EPERM;
	case -EINVAL:
		return fst_error_set(error, -ENOSYS,
				     "the kernel does not give out filters (no CONFIG_CHECKPOINT_RESTORE)");
	case -EMEDIUMTYPE:
		return fst_error_set(error, -EOPNOTSUPP, "the kernel did not keep a filter of %d as it was given",
				     (int)tid);
	case -EOPNOTSUPP:
		return fst_error_set(error, code, "%d is in seccomp's strict mode, which has no filters", (int)tid);
	case -ETIMEDOUT:
		return fst_error_set(error, -EIO, "%d does not stop: it waits where it cannot be interrupted",
				     (int)tid);
	case -ENOMEM:
		return fst_error_set(error, -ENOMEM, "no memory");
	default:
		return fst_error_set(error, -EIO, "the filters of %d could not be read: %s", (int)tid, strerror(-code));
	}
}

static int ask_child(pid_t tid, struct flagstop_programs *programs)
{
	int ends[2], r;
	pid_t helper;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	helper = fork();
	if (!helper)
		child(tid, ends[1]);
	r = helper < 0 ? -errno : 0;
	close(ends[1]);
	if (!r)
		r = hear_all(ends[0], programs);
	close(ends[0]);
	if (helper > 0) {
		kill(helper, SIGKILL);
		while (waitpid(helper, NULL, __WALL) < 0 && errno == EINTR)
			;
	}
	return r;
}

int flagstop_dump(pid_t tid, struct flagstop_programs **ret_programs, struct flagstop_error *reterr_error)
{
	struct flagstop_programs *programs;
	int r = 0;

	if (tid <= 0 || !ret_programs)
		return fst_error_set(reterr_error, -EINVAL, "no thread to look at");
	programs = fst_programs_new();
	if (!programs)
		return explain(tid, -ENOMEM, reterr_error);
	switch (mode_of(tid)) {
	case MODE_NONE:
		break;
	case MODE_STRICT:
		r = -EOPNOTSUPP;
		break;
	default:
		r = ask_child(tid, programs);
	}
	if (r) {
		talloc_free(programs);
		return explain(tid, r, reterr_error);
	}
	*ret_programs = programs;
	return 0;
}
