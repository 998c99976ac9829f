/* SPDX-License-Identifier: MIT */
/*
 * attack_window NAME PATH: opens PATH once, so that the window is there, then tries to change it or to have it
 * away, by the call that NAME stands for. Says what the call said, and whether the window is what it was, here and in
 * a child.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/prctl.h>

#include "window.h"

#define GIB(n) ((size_t)(n) << 30)
#define EVIL "EVIL"

static char *window;
static size_t bytes;
static int id;

static long map_over(char *at, size_t length)
{
	return mmap(at, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED;
}

static long write_by_file(const char *file, off_t at)
{
	int fd = open(file, O_RDWR);

	return fd < 0 || pwrite(fd, EVIL, 4, at) != 4;
}

static long lend(int advice)
{
	struct iovec all = { window, bytes };

	return syscall(SYS_process_madvise, syscall(SYS_pidfd_open, getpid(), 0), &all, 1UL, advice, 0) < 0;
}

static long fault(void)
{
	long fd = syscall(SYS_userfaultfd, O_CLOEXEC | 1);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register all = { .range = { (uintptr_t)window, bytes }, .mode = UFFDIO_REGISTER_MODE_MISSING };

	return fd < 0 || ioctl((int)fd, UFFDIO_API, &api) || ioctl((int)fd, UFFDIO_REGISTER, &all);
}

/* The heap is said to reach from below the window to above it; then it is made small. */
static long shrink_heap(void)
{
	unsigned long low = (unsigned long)window - 0x10000, high = (unsigned long)window + 0x10000000;
	unsigned long here = low - 0x10000;
	struct prctl_mm_map map = { .start_code = here - 0x1000, .end_code = here, .exe_fd = -1u };

	map.start_data = map.start_code;
	map.end_data = here;
	map.start_brk = low;
	map.brk = high;
	map.start_stack = map.arg_start = map.arg_end = map.env_start = map.env_end = (unsigned long)&low;

	if (prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0))
		return 1;
	syscall(SYS_brk, low);
	return 0;
}

static long remap_onto(void)
{
	char *mine = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mremap(mine, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, window) == MAP_FAILED;
}

static long attach_over(void)
{
	int mine = shmget(IPC_PRIVATE, 4096, 0600);
	void *at = shmat(mine, window, SHM_REMAP);

	shmctl(mine, IPC_RMID, NULL);
	return at == (void *)-1;
}

static long attach_for_writing(void)
{
	char *mine = shmat(id, NULL, 0);

	if (mine == (void *)-1)
		return 1;
	memcpy(mine, EVIL, 4);
	return 0;
}

static long open_to_all(void)
{
	struct shmid_ds what = { .shm_perm = { .mode = 0777, .uid = getuid(), .gid = getgid() } };

	return shmctl(id, IPC_SET, &what) || attach_for_writing();
}

/* shmctl(IPC_SET) of i386, by ipc(2): the same segment has the same number there. */
static long open_to_all_by_i386(void)
{
#ifdef __x86_64__
	uint32_t *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	int result;

	low[1] = getuid(); /* struct shmid64_ds: its permissions come first */
	low[2] = getgid();
	low[5] = 0777;
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "0"(117), "b"(24), "c"(id), "d"(IPC_SET | 0x100), "S"(0), "D"(low)
			 : "r8", "r9", "r10", "r11", "memory");
	return result || attach_for_writing();
#else
	return 1;
#endif
}

static long vm_write(void)
{
	struct iovec here = { (void *)EVIL, 4 }, there = { window, 4 };

	return process_vm_writev(getpid(), &here, 1, &there, 1, 0) != 4;
}

static long remap_away(void)
{
	char *there = (char *)0x20000000;

	return mremap(window, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, there) == MAP_FAILED;
}

/* Farther than a filter that adds upper halves of 32 bits would think of, and not below all addresses. */
static long unmap_from_very_far_below(void)
{
	size_t far = (size_t)window > GIB(41) ? GIB(40) : GIB(20);

	return munmap(window - far, 2 * far);
}

static long run(const char *name)
{
#define TRY(what, call) \
	if (!strcmp(name, what)) \
	return call
	TRY("protect_write", mprotect(window, bytes, PROT_READ | PROT_WRITE));
	TRY("protect_none", mprotect(window, bytes, PROT_NONE));
	TRY("protect_key", syscall(SYS_pkey_mprotect, window, bytes, PROT_NONE, -1));
	TRY("unmap", munmap(window, bytes));
	TRY("unmap_from_far_below", munmap(window - GIB(4), GIB(8)));
	TRY("unmap_from_very_far_below", unmap_from_very_far_below());
	TRY("detach", shmdt(window));
	TRY("map_over", map_over(window, 4096));
	TRY("map_over_from_below", map_over(window - 0x200000, 0x201000));
	TRY("remap_away", remap_away());
	TRY("remap_onto", remap_onto());
	TRY("remap_pages", syscall(SYS_remap_file_pages, window, 4096, 0, 1, 0));
	TRY("attach_over", attach_over());
	TRY("attach_for_writing", attach_for_writing());
	TRY("open_to_all", open_to_all());
	TRY("open_to_all_by_i386", open_to_all_by_i386());
	TRY("advise_remove", madvise(window, bytes, MADV_REMOVE));
	TRY("advise_dontfork", madvise(window, bytes, MADV_DONTFORK));
	TRY("advise_dontfork_by_pidfd", lend(MADV_DONTFORK));
	TRY("mem_file", write_by_file("/proc/self/mem", (off_t)(uintptr_t)window));
	TRY("vm_write", vm_write());
	TRY("fault", fault());
	TRY("shrink_heap", shrink_heap());
	return 0; /* no such attack: the test will see that nothing was refused */
}

static char before[128]; /* the first stub: others come with other threads, and slots change with each call */

static int is_there(void)
{
	static unsigned char present[4096]; /* pages that a chunk has, and more */

	size_t now_bytes;
	int now_id;

	/* Who opens a file where it is gone may be given another. */
	return !mincore(window, bytes, present) && !memcmp(before, window, sizeof(before)) &&
		window_find(&now_bytes, &now_id) == window && now_bytes == bytes && now_id == id;
}

/* Without malloc: the heap may not be what it was. */
static void say(const char *what, int number)
{
	char digit = '0' + (number != 0);

	if (write(1, what, strlen(what)) < 0 || write(1, &digit, 1) < 0)
		_exit(3);
}

int main(int argc, char **argv)
{
	int status;

	if (argc != 3 || close(open(argv[2], O_RDONLY)) || !(window = window_find(&bytes, &id)))
		return 2;
	memcpy(before, window, sizeof(before));
	say("refused ", run(argv[1]) != 0);
	pid_t child = fork();
	if (!child)
		_exit(!is_there());
	waitpid(child, &status, 0);
	say(" there ", is_there());
	say(" in_child ", !status);
	return 0;
}
