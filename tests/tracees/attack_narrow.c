/* SPDX-License-Identifier: MIT */
/*
 * attack_narrow NAME PATH: opens PATH once, so that the window of 32-bit programs is there (64-bit code does that by
 * int $0x80), then tries to change it or to have it away, by the call that NAME stands for. Says what the call said,
 * and whether the window is what it was, here and in a child. Or jumps to the stub of its own slot, or of another's.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define WINDOW ((char *)0x70000000)
#define BYTES ((size_t)0xd0000)
#define PAGE ((size_t)4096)

static pthread_barrier_t opened;

static long map_over(char *at, size_t bytes)
{
	return mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED;
}

static long remap_onto(void)
{
	char *mine = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mremap(mine, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, WINDOW) == MAP_FAILED;
}

static long remap_away(void)
{
	return mremap(WINDOW, BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, (char *)0x10000000) == MAP_FAILED;
}

static long attach_over(char *at)
{
	int mine = shmget(IPC_PRIVATE, 2 * BYTES, 0600);
	void *there = shmat(mine, at, SHM_REMAP);

	shmctl(mine, IPC_RMID, NULL);
	return there == (void *)-1;
}

/* The call gets the lower half of this address, and filters see all of it. */
static long unmap_by_gate(void)
{
#ifdef __x86_64__
	long r;

	__asm__ volatile("int $0x80"
			 : "=a"(r)
			 : "0"(91), "b"(0x170000000), "c"(BYTES)
			 : "r8", "r9", "r10", "r11", "memory");
	return r < 0;
#else
	return munmap(WINDOW, PAGE);
#endif
}

/* A call of 64 bits, by 32-bit code that goes to the segment of 64-bit code and back. */
static long unmap_by_64_bits(void)
{
#ifdef __i386__
	long r;

	__asm__ volatile("call 1f\n"
			 "2: .byte 0x89, 0xff, 0x89, 0xf6\n"          /* mov %edi, %edi; mov %esi, %esi */
			 ".byte 0x0f, 0x05, 0xff, 0x6c, 0x24, 0x08\n" /* syscall; ljmp *8(%rsp) */
			 "1: pop %%ecx\nsub $16, %%esp\nmov %%ecx, (%%esp)\nmovl $0x33, 4(%%esp)\n"
			 "add $3f-2b, %%ecx\nmov %%ecx, 8(%%esp)\nmovl $0x23, 12(%%esp)\nljmp *(%%esp)\n"
			 "3: add $16, %%esp\n"
			 : "=a"(r)
			 : "0"(11), "D"(WINDOW), "S"(BYTES)
			 : "ecx", "memory");
	return r < 0;
#else
	return munmap(WINDOW, BYTES);
#endif
}

/* The first is longer than what some kernels of 32 bits leave to programs. */
static long unmap_nearly_all(void)
{
	char *start = WINDOW - 0x1000000;

	return munmap(start, 0x80000000) && munmap(start, 0x40000000);
}

/* One of 1 GiB, which need not be had: what lies there goes first. */
static long map_huge_over(void)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_HUGETLB | 30 << 26;

	return mmap((void *)0x40000000, PAGE, PROT_READ | PROT_WRITE, flags, -1, 0) == MAP_FAILED;
}

/* i386's first mmap, which has its arguments in memory. */
static long old_map_over(void)
{
#ifdef __i386__
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
	unsigned long args[] = { 0x70000000, PAGE, PROT_READ | PROT_WRITE, flags, -1ul, 0 };

	return syscall(SYS_mmap, args) < 0;
#else
	return map_over(WINDOW + PAGE, PAGE);
#endif
}

#if defined(__x86_64__) || defined(__i386__)
/* With the number and the arguments of an open of the name in its own memory. */
static long jump_to_stub(unsigned slot)
{
	unsigned long to = 0x70002000 + slot * 128ul;
	long r;

	__asm__ volatile("jmp *%1"
			 : "=a"(r)
			 : "r"(to), "a"(295), "b"(-100), "c"("/etc/secret"), "d"(0)
			 : "memory");
	return r;
}
#else
static long jump_to_stub(unsigned slot)
{
	return slot;
}
#endif

static long run(const char *name)
{
#define TRY(what, call) \
	if (!strcmp(name, what)) \
	return call
	TRY("protect_none", mprotect(WINDOW, BYTES, PROT_NONE));
	TRY("protect_write", mprotect(WINDOW, BYTES, PROT_READ | PROT_WRITE));
	TRY("unmap", munmap(WINDOW, BYTES));
	TRY("unmap_from_below", munmap(WINDOW - 0x100000, 0x100001));
	TRY("unmap_the_last_page", munmap(WINDOW + BYTES - PAGE, PAGE));
	TRY("unmap_by_gate", unmap_by_gate());
	TRY("unmap_by_64_bits", unmap_by_64_bits());
	TRY("unmap_nearly_all", unmap_nearly_all());
	TRY("detach", shmdt(WINDOW));
	TRY("map_over", map_over(WINDOW, PAGE));
	TRY("map_over_from_below", map_over(WINDOW - 0x200000, 0x201000));
	TRY("map_huge_over", map_huge_over());
	TRY("old_map_over", old_map_over());
	TRY("remap_away", remap_away());
	TRY("remap_onto", remap_onto());
	TRY("attach_over", attach_over(WINDOW));
	TRY("attach_over_from_below", attach_over(WINDOW - 0x100000));
	TRY("advise_dontfork", madvise(WINDOW, BYTES, MADV_DONTFORK));
	TRY("advise_remove", madvise(WINDOW, BYTES, MADV_REMOVE));
	TRY("jump_own", jump_to_stub(0));
	TRY("jump_other", jump_to_stub(1));
	return 0; /* no such attack: the test will see that nothing was refused */
}

static int is_there(void)
{
	unsigned char present[BYTES / PAGE];
	/* Who opens a file where it is gone may be given another. */
	FILE *maps = mincore(WINDOW, BYTES, present) ? NULL : fopen("/proc/self/maps", "r");
	char line[512], flags[5];
	unsigned long start, end;
	int found = 0;

	while (maps && fgets(line, sizeof(line), maps))
		found |= sscanf(line, "%lx-%lx %4s", &start, &end, flags) == 3 &&
			start == (unsigned long)WINDOW && end == (unsigned long)WINDOW + BYTES &&
			!strcmp(flags, "r-xs");
	if (maps)
		fclose(maps);
	return found;
}

static long open_narrowly(const char *path)
{
#ifdef __x86_64__
	char *low = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	int fd;

	strcpy(low, path);
	__asm__ volatile("int $0x80"
			 : "=a"(fd)
			 : "0"(5), "b"(low), "c"(O_RDONLY), "d"(0)
			 : "r8", "r9", "r10", "r11", "memory");
	return fd;
#else
	return open(path, O_RDONLY);
#endif
}

/* So that there is another slot, whose stub was written. */
static void *open_and_stay(void *path)
{
	open_narrowly(path);
	pthread_barrier_wait(&opened);
	for (;;)
		pause();
	return NULL;
}

static void say(const char *what, int number)
{
	char digit = '0' + (number != 0);

	if (write(1, what, strlen(what)) < 0 || write(1, &digit, 1) < 0)
		_exit(3);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int status;

	if (argc != 3 || open_narrowly(argv[2]) < 0 || !is_there())
		return 2;
	if (!strcmp(argv[1], "jump_other")) {
		pthread_barrier_init(&opened, NULL, 2);
		pthread_create(&thread, NULL, open_and_stay, argv[2]);
		pthread_barrier_wait(&opened);
	}
	say("refused ", run(argv[1]) != 0);
	pid_t child = fork();
	if (!child)
		_exit(!is_there());
	waitpid(child, &status, 0);
	say(" there ", is_there());
	say(" in_child ", !status);
	return 0;
}
