/* SPDX-License-Identifier: MIT */
/* Copies of a process' memory: what the kernel would have read, and no page that does not come holds anybody up. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <talloc.h>

#include <tracer/memory.h>

#define PAGE ((size_t)getpagesize())

/* Three pages that are ours and the subject's alike in address; in the subject the last one is not mapped. */
static char *memory;
static struct fst_memory_reader *reader;
static pid_t subject;

static void be_the_subject(void (*prepare)(void), int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	munmap(memory + 2 * PAGE, PAGE);
	if (prepare)
		prepare();
	if (write(ready, "", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void begin(void (*prepare)(void))
{
	int fds[2];
	char byte;

	memory = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(memory, MAP_FAILED);
	memcpy(memory, "a string", 9);
	memset(memory + PAGE, 'x', PAGE);
	memcpy(memory + 2 * PAGE - 8, "on edge", 8);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	subject = fork();
	if (!subject)
		be_the_subject(prepare, fds[1]);
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	close(fds[0]);
	reader = fst_memory_reader_new(NULL);
	assert_non_null(reader);
}

static void end(void)
{
	pid_t helpers[] = { fst_memory_helper(reader), fst_memory_watchdog(reader) };

	talloc_free(reader);
	for (unsigned i = 0; i < 2; i++)
		if (helpers[i])
			waitpid(helpers[i], NULL, 0);
	kill(subject, SIGKILL);
	waitpid(subject, NULL, 0);
	munmap(memory, 3 * PAGE);
}

static int read_string(const char *at, char *to, size_t size)
{
	return fst_memory_string(reader, subject, (uintptr_t)at, to, size);
}

static void string__is_copied_up_to_its_nul(void **state)
{
	char to[PAGE];

	(void)state;
	begin(NULL);
	assert_int_equal(read_string(memory, to, sizeof(to)), strlen("a string"));
	assert_string_equal(to, "a string");
	end();
}

static void string__on_the_edge_of_what_is_mapped_is_whole(void **state)
{
	char to[PAGE];

	(void)state;
	begin(NULL);
	assert_int_equal(read_string(memory + 2 * PAGE - 8, to, sizeof(to)), 7);
	assert_string_equal(to, "on edge");
	end();
}

static void overwrite_the_edge(void)
{
	memset(memory + 2 * PAGE - 8, 'x', 8);
}

static void string__that_goes_over_the_edge_is_a_fault(void **state)
{
	char to[PAGE];

	(void)state;
	begin(overwrite_the_edge);
	assert_int_equal(read_string(memory + 2 * PAGE - 8, to, sizeof(to)), -EFAULT);
	assert_int_equal(read_string(memory + PAGE + 1, to, sizeof(to)), -EFAULT);
	assert_int_equal(read_string(NULL, to, sizeof(to)), -EFAULT);
	assert_int_equal(fst_memory_copy(reader, subject, (uintptr_t)memory + 2 * PAGE - 4, to, 8), -EFAULT);
	end();
}

static void string__without_an_end_is_too_long(void **state)
{
	char to[PAGE];

	(void)state;
	begin(overwrite_the_edge);
	assert_int_equal(read_string(memory + PAGE, to, sizeof(to)), -ENAMETOOLONG);
	assert_int_equal(read_string(memory + PAGE, to, 300), -ENAMETOOLONG);
	end();
}

static void string__is_read_anew_each_time(void **state)
{
	char to[PAGE], other[] = "another";

	(void)state;
	begin(NULL);
	assert_true(read_string(memory, to, sizeof(to)) > 0);
	assert_int_equal(fst_memory_put(reader, subject, (uintptr_t)memory, other, sizeof(other)), 0);
	assert_int_equal(read_string(memory, to, sizeof(to)), strlen(other));
	assert_string_equal(to, other);
	end();
}

static void drop_pages(void)
{
	madvise(memory, PAGE, MADV_DONTNEED);
}

/* Nothing is there yet; it comes as zeros, by way of the helper. */
static void page__that_nobody_touched_comes_when_it_is_asked_for(void **state)
{
	char to[PAGE];

	(void)state;
	begin(drop_pages);
	assert_int_equal(fst_memory_helper(reader), 0);
	assert_int_equal(read_string(memory, to, sizeof(to)), 0);
	assert_int_not_equal(fst_memory_helper(reader), 0);
	end();
}

static void memory__of_who_is_gone_is_esrch(void **state)
{
	char to[PAGE];

	(void)state;
	begin(NULL);
	kill(subject, SIGKILL);
	waitpid(subject, NULL, 0);
	assert_int_equal(read_string(memory, to, sizeof(to)), -ESRCH);
	end();
}

/* ---- pages that do not come ------------------------------------------------------------------------------------- */

static void put_behind_userfaultfd(void)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register all = { .range = { (uintptr_t)memory, PAGE }, .mode = UFFDIO_REGISTER_MODE_MISSING };

	/* The page is dropped last: a reader that does not stop would bring it back before it is guarded. */
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &all) ||
	    madvise(memory, PAGE, MADV_DONTNEED))
		_exit(1);
}

static void need_userfaultfd(void)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0) {
		print_message("no userfaultfd here: %s\n", strerror(errno));
		skip();
	}
	close(fd);
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void page__that_does_not_come_is_given_up(void **state)
{
	char to[PAGE];
	double start;
	int r;

	(void)state;
	need_userfaultfd();
	begin(put_behind_userfaultfd);
	start = seconds();
	r = read_string(memory, to, sizeof(to));
	/* /proc/PID/mem gives such a page up itself (6.18); a helper that hangs is killed, and the loop hears of it. */
	assert_true(r == -EFAULT || r == -ETIMEDOUT);
	assert_true(seconds() - start < 10); /* of a quarter; the machine may be busy */
	if (r == -ETIMEDOUT) {
		waitpid(fst_memory_helper(reader), NULL, 0);
		fst_memory_reaped(reader);
	}
	assert_int_equal(read_string(memory + 2 * PAGE - 8, to, sizeof(to)), 7);
	end();
}

/* A page that was seen and is gone: what the look cannot find. */
static void read_what_is_gone(void)
{
	int fds[2];
	char to[PAGE], byte;

	memory = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memcpy(memory, "a string", 9);
	if (pipe2(fds, O_CLOEXEC))
		_exit(1);
	subject = fork();
	if (!subject) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (read(fds[0], &byte, 1) != 1)
			_exit(1);
		be_the_subject(put_behind_userfaultfd, fds[1]);
	}
	reader = fst_memory_reader_new(NULL);
	if (read_string(memory, to, sizeof(to)) < 0 || write(fds[1], "", 1) != 1)
		_exit(1);
	while (waitpid(subject, NULL, WNOHANG) == 0)
		if (read_string(memory, to, sizeof(to)) < 0)
			_exit(2);
	_exit(3);
}

static void reader__that_hangs_is_ended_from_outside(void **state)
{
	int status;

	(void)state;
	need_userfaultfd();
	pid_t tracer = fork();
	if (!tracer)
		read_what_is_gone();
	assert_int_equal(waitpid(tracer, &status, 0), tracer);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

static const struct CMUnitTest laws[] = {
	LAW(string__is_copied_up_to_its_nul),
	LAW(string__on_the_edge_of_what_is_mapped_is_whole),
	LAW(string__that_goes_over_the_edge_is_a_fault),
	LAW(string__without_an_end_is_too_long),
	LAW(string__is_read_anew_each_time),
	LAW(page__that_nobody_touched_comes_when_it_is_asked_for),
	LAW(memory__of_who_is_gone_is_esrch),
	LAW(page__that_does_not_come_is_given_up),
	LAW(reader__that_hangs_is_ended_from_outside),
};

int main(void)
{
	return RUN_LAWS(laws);
}
