/* SPDX-License-Identifier: MIT */
/*
 * attack_stalls HOW: makes a call whose path needs what never comes, while a thread opens `plain` all the time. Says
 * what the call came to, and whether the thread got on after it began.
 *   walk    fuse/slow is never found           link    a link to fuse/f, whose file system does not answer
 *   memory  the path lies in a page of fuse/f  fault   the same with userfaultfd
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile long opened;

static void *open_all_the_time(void *unused)
{
	for (;; opened++)
		close(open("plain", O_RDONLY));
	return unused;
}

/* A page that nobody will ever fill in; the call for it is refused, the device may be there. */
static const char *faulting_page(void)
{
	int device = open("/dev/userfaultfd", O_RDWR), fd = -1;
	struct uffdio_api api = { .api = UFFD_API };
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register all = { .range = { (unsigned long)page, 4096 }, .mode = UFFDIO_REGISTER_MODE_MISSING };

	if (device >= 0)
		fd = ioctl(device, USERFAULTFD_IOC_NEW, O_CLOEXEC);
	if (fd < 0)
		fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &all))
		return NULL;
	return page;
}

int main(int argc, char **argv)
{
	const char *how = argv[argc - 1], *path = !strcmp(how, "walk") ? "fuse/slow" : "link";
	struct stat at;
	pthread_t thread;
	long before;

	pthread_create(&thread, NULL, open_all_the_time, NULL);
	if (!strcmp(how, "memory"))
		path = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, open("fuse/f", O_RDONLY), 0);
	if (!strcmp(how, "fault") && !(path = faulting_page())) {
		puts("refused");
		_exit(0);
	}
	if (!strcmp(how, "link"))
		stat(stat("fuse/f", &at) ? "plain" : path, &at); /* the kernel remembers the way then */
	while (opened < 10)
		;
	before = opened;
	int r = stat(path, &at);
	printf("%s, ", r ? strerrorname_np(errno) : "done");
	while (opened < before + 10)
		;
	puts("others went on");
	fflush(stdout);
	_exit(0);
}
