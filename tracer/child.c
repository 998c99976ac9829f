/* SPDX-License-Identifier: MIT */
/* Decides what a child closes, and how long its answer is waited for. Knows nothing of what it does. */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <tracer/child.h>
#include <tracer/proc.h>
#include <tracer/wait.h>

#define NS_PER_MS UINT64_C(1000000)
#define NUMBERS_TRIED 65536 /* where nothing tells which descriptors there are */

/* ---- descriptors ------------------------------------------------------------------------------------------------- */

static bool is_kept(int fd, const int *kept, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (kept[i] == fd)
			return true;
	return false;
}

static int close_ranges(const int *kept, size_t count)
{
	unsigned from = 0;

	for (size_t i = 0; i < count; i++) {
		if ((unsigned)kept[i] > from && syscall(SYS_close_range, from, (unsigned)kept[i] - 1, 0))
			return -errno;
		from = (unsigned)kept[i] + 1;
	}
	return syscall(SYS_close_range, from, ~0u, 0) ? -errno : 0;
}

static int close_listed(const int *kept, size_t count)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!folder)
		return -errno;
	while ((entry = readdir(folder))) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && fd != dirfd(folder) && !is_kept(fd, kept, count))
			close(fd);
	}
	closedir(folder);
	return 0;
}

/* close_range is of 5.9; to try all numbers takes longer than an answer may, and RLIMIT_NOFILE can be a billion. */
void fst_child_close_all_but(const int *kept, size_t count)
{
	if (!close_ranges(kept, count) || !close_listed(kept, count))
		return;
	for (int fd = 0; fd < NUMBERS_TRIED; fd++)
		if (!is_kept(fd, kept, count))
			close(fd);
}

/* ---- patience ---------------------------------------------------------------------------------------------------- */

/* Else somebody holds it: a file system, or whose memory it reads. */
static bool is_ready_to_run(pid_t child)
{
	char text[512];
	const char *name_end;

	if (fst_proc_text(child, "stat", text, sizeof(text)))
		return false;
	name_end = strrchr(text, ')');
	return name_end && !strncmp(name_end, ") R", 3);
}

int fst_child_await_until(int socket, uint64_t end_ns)
{
	struct pollfd news = { .fd = socket, .events = POLLIN };
	int r;

	do {
		uint64_t now = fst_wait_now_ns();

		r = now < end_ns ? poll(&news, 1, (int)((end_ns - now + NS_PER_MS - 1) / NS_PER_MS)) : 0;
	} while (r < 0 && errno == EINTR);
	return r > 0 ? 0 : r ? -EPIPE :
			       -ETIMEDOUT;
}

/* A machine that is busy must not look like a file system that does not answer. */
int fst_child_await(pid_t child, int socket, unsigned timeout_ms)
{
	uint64_t end = fst_wait_now_ns();
	int r;

	for (unsigned i = 0; i < FST_CHILD_PATIENCE; i++) {
		end += timeout_ms * NS_PER_MS;
		r = fst_child_await_until(socket, end);
		if (r != -ETIMEDOUT || !is_ready_to_run(child))
			return r;
	}
	return -ETIMEDOUT;
}
