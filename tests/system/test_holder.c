/* SPDX-License-Identifier: MIT */
/* The process that tracees reach descriptors through: what it has, and all that it has not. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tracer/holder.h>

static struct fst_holder holder;

static int start(void **state)
{
	assert_int_equal(harness_setup(state), 0);
	assert_int_equal(fst_holder_start(&holder), 0);
	return 0;
}

static int end(void **state)
{
	fst_holder_end(&holder);
	return harness_teardown(state);
}

static void name_of(int fd, char *path, size_t size)
{
	snprintf(path, size, "/proc/%d/fd/%d", (int)holder.pid, fd);
}

static void holder__has_descriptors_that_were_made_after_it(void **state)
{
	struct stat there, here;
	char path[64];
	int fd = open("/etc/hostname", O_PATH | O_CLOEXEC);

	(void)state;
	name_of(fd, path, sizeof(path));
	assert_int_equal(stat(path, &there), 0);
	assert_int_equal(fstat(fd, &here), 0);
	assert_true(there.st_ino == here.st_ino && there.st_dev == here.st_dev);
	close(fd);
	assert_int_equal(lstat(path, &there), -1);
}

static void holder__has_no_memory_but_its_code(void **state)
{
	char path[64], text[4096], *line, *rest = text;
	unsigned mappings = 0;

	(void)state;
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)holder.pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	harness_read_all(fd, text, sizeof(text));
	close(fd);

	while ((line = strsep(&rest, "\n")) && *line) {
		/* No memory of anybody's: the kernel shows it in each process. */
		if (strstr(line, "[vsyscall]") || strstr(line, "[vectors]"))
			continue;
		mappings++;
		assert_non_null(strstr(line, "r-xp"));
	}
	assert_int_equal(mappings, 1);
}

static void holder__may_do_nothing(void **state)
{
	(void)state;
	assert_int_equal(harness_status_number(holder.pid, "CapEff"), 0);
	assert_int_equal(harness_status_number(holder.pid, "CapPrm"), 0);
	assert_int_equal(harness_status_number(holder.pid, "TracerPid"), getpid());
}

/* SIGCONT, too, leaves it where it is. */
static void holder__is_moved_by_no_signal_but_one(void **state)
{
	static const int signals[] = { SIGTERM, SIGSEGV, SIGSTOP, SIGCONT };

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		assert_int_equal(kill(holder.pid, signals[i]), 0);
		harness_await_state(holder.pid, 't');
		assert_int_equal(waitpid(holder.pid, NULL, WNOHANG | __WALL), 0);
	}
}

/* Who may write its memory, as a tracee of the same user may, makes nothing run. */
static void holder__runs_nothing_that_is_written_to_it(void **state)
{
	static const char no_code[4096]; /* of no architecture */
	char path[64], text[4096];
	unsigned long start;

	(void)state;
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)holder.pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	harness_read_all(fd, text, sizeof(text));
	close(fd);
	assert_int_equal(sscanf(text, "%lx", &start), 1);
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)holder.pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, no_code, sizeof(no_code), (off_t)start), sizeof(no_code));
	close(fd);
	assert_int_equal(kill(holder.pid, SIGSTOP), 0);
	assert_int_equal(kill(holder.pid, SIGCONT), 0);
	harness_await_state(holder.pid, 't');
	assert_int_equal(waitpid(holder.pid, NULL, WNOHANG | __WALL), 0);
}

/* By a child of ours, which is killed. */
static void holder__ends_with_the_tracer(void **state)
{
	struct fst_holder other;
	int fds[2];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid_t tracer = fork();
	if (!tracer) {
		if (fst_holder_start(&other) || write(fds[1], &other, sizeof(other)) != sizeof(other))
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(fds[0], &other, sizeof(other)), sizeof(other));
	kill(tracer, SIGKILL);
	assert_int_equal(waitpid(tracer, NULL, 0), tracer);
	assert_int_equal(waitpid(other.pid, NULL, 0), other.pid); /* it came to us, their subreaper */
	close(fds[0]);
	close(fds[1]);
}

#define HELD(function) \
	{ \
#function, function, start, end, NULL \
	}
static const struct CMUnitTest laws[] = {
	HELD(holder__has_descriptors_that_were_made_after_it),
	HELD(holder__has_no_memory_but_its_code),
	HELD(holder__may_do_nothing),
	HELD(holder__is_moved_by_no_signal_but_one),
	HELD(holder__runs_nothing_that_is_written_to_it),
	LAW(holder__ends_with_the_tracer),
};

int main(void)
{
	return RUN_LAWS(laws);
}
