/* SPDX-License-Identifier: MIT */
/*
 * Has a page at a known address that whoever reads it waits for, and sends itself a signal. Ends with status 77 where
 * that cannot be had.
 */

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ADDRESS 0x100000000UL
#define BYTES 0x10000UL

int main(void)
{
	struct uffdio_register range = { .range = { ADDRESS, BYTES }, .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_api api = { .api = UFFD_API };
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api))
		return 77;
	if (mmap((void *)ADDRESS, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		 0) != (void *)ADDRESS ||
	    ioctl(fd, UFFDIO_REGISTER, &range))
		return 77;
	kill(getpid(), SIGUSR1);
	return 0;
}
