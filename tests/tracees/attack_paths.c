/* SPDX-License-Identifier: MIT */
/*
 * attack_paths HOW [once] SECONDS: uses a path again and again while another thread, or a process that shares its
 * directory, changes what it means. In the working directory are `in` and `out`; descriptors 8 and 9 are these two.
 */
#include "clone_fs.h"
#include "race.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define SECRET_BYTES 7 /* out/f */

static int folder = -1; /* in/a, whichever name it has now */

static void exchange(const char *a, const char *b)
{
	syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, 2);
}

static void change_first(int i)
{
	(void)i, exchange("in", "in2");
}

static void change_middle(int i)
{
	(void)i, exchange("in/a", "in/b");
}

static void change_deep(int i)
{
	(void)i, exchange("in/a", "in/c");
}

static void change_last(int i)
{
	(void)i, exchange("in/x", "in/y");
}

static void change_directory(int i)
{
	(void)!fchdir(i & 1 ? 9 : 8);
}

static void change_descriptor(int i)
{
	dup2(i & 1 ? 9 : 8, 10);
}

static void plant(int i)
{
	i & 1 ? unlinkat(8, "new", 0) : symlinkat("../out/planted", 8, "new");
}

/* By a call that nobody judges here: whoever judges the others would not let us look, or clean up. */
static int was_outside(const char *name)
{
	return !renameat(9, name, 8, "trash");
}

static int try_open(int directory, const char *path, int flags)
{
	struct stat at = { 0 };
	int fd = (int)syscall(SYS_openat, directory, path, flags, 0600);

	race_saw(fd >= 0);
	if (fd < 0)
		return 0;
	syscall(SYS_fstat, fd, &at);
	close(fd);
	return at.st_size == SECRET_BYTES || (flags && was_outside("planted"));
}

static int try_stat(const char *path)
{
	struct stat at = { 0 };

	race_saw(!fstatat(AT_FDCWD, path, &at, 0));
	return at.st_size == SECRET_BYTES;
}

/* What is made is made again, and what is removed as well: where it is, the descriptors tell. */
static int try_mkdir(const char *path)
{
	int r = mkdir(path, 0700);

	race_saw(!r);
	if (r || !unlinkat(folder, "made", AT_REMOVEDIR))
		return 0;
	return was_outside("made") || !++race_wrong; /* it can be made no more */
}

static int try_unlink(const char *path)
{
	int r = unlink(path);

	race_saw(!r);
	if (r || !mknodat(folder, "victim", S_IFREG | 0600, 0))
		return 0;
	return !mknodat(9, "victim", S_IFREG | 0600, 0) || !++race_wrong;
}

/* The name that it has is where it is, or else in the other one. */
static int try_bind(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), r;

	strcpy(address.sun_path, path);
	r = (int)syscall(SYS_bind, fd, &address, sizeof(address));
	race_saw(!r);
	close(fd);
	return !r && unlinkat(8, path, 0) && was_outside(path);
}

static const struct row {
	const char *how;
	void (*change)(int i);
	int (*look)(const char *path); /* NULL: it is opened */
	const char *path;
	int directory, flags;
} rows[] = {
	{ "first", change_first, NULL, "in/f", AT_FDCWD, 0 },
	{ "middle", change_middle, NULL, "in/a/f", AT_FDCWD, 0 },
	{ "dots", change_deep, NULL, "in/a/../f", AT_FDCWD, 0 },
	{ "last", change_last, NULL, "in/x", AT_FDCWD, 0 },
	{ "stat", change_last, try_stat, "in/x", 0, 0 },
	{ "stat_middle", change_middle, try_stat, "in/a/f", 0, 0 },
	{ "mkdir", change_middle, try_mkdir, "in/a/made", 0, 0 },
	{ "unlink", change_middle, try_unlink, "in/a/victim", 0, 0 },
	{ "cwd", change_directory, NULL, "f", AT_FDCWD, 0 },
	{ "cwd_by_process", change_directory, NULL, "f", AT_FDCWD, 0 },
	{ "bind", change_directory, try_bind, "s", 0, 0 },
	{ "bind_by_process", change_directory, try_bind, "s", 0, 0 },
	{ "dirfd", change_descriptor, NULL, "f", 10, 0 },
	{ "create", plant, NULL, "in/new", AT_FDCWD, O_CREAT | O_WRONLY },
};

static void *racer(void *row)
{
	for (int i = 0;; i++)
		((const struct row *)row)->change(i);
	return NULL;
}

int main(int argc, char **argv)
{
	const struct row *row = rows;
	pthread_t thread;
	long child = -1;

	while (strcmp(row->how, argv[1]))
		row++;
	dup2(8, 10);
	for (const char *name = "abc"; *name && folder < 0; name++) /* exchanged by the last one */
		folder = openat(8, (char[]){ *name, '\0' }, O_PATH | O_NOFOLLOW | O_DIRECTORY);
	if (folder < 0)
		return 2;
	mknodat(folder, "victim", S_IFREG | 0600, 0);
	mknodat(9, "victim", S_IFREG | 0600, 0);
	race_begin(argc, argv);
	if (!strstr(row->how, "_by_process"))
		pthread_create(&thread, NULL, racer, (void *)row);
	else
		child = clone_fs();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		racer((void *)row);
	}
	while (race_goes_on())
		race_escapes += row->look ? row->look(row->path) : try_open(row->directory, row->path, row->flags);
	race_say();
	if (child > 0)
		kill((pid_t)child, SIGKILL);
	_exit(0);
}
