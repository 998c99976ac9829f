/* SPDX-License-Identifier: MIT */
/*
 * attack_maps ADDRESS [once] SECONDS: maps a page by force where a structure says, as s390x's mmap has its arguments;
 * another thread changes the address in it, from one that is its own to ADDRESS, which is not.
 */
#include "race.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096

static unsigned long own, other;
static unsigned long arguments[6] = {
	0,
	PAGE,
	PROT_READ | PROT_WRITE,
	MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
	-1ul,
	0,
};

static void *racer(void *unused)
{
	volatile unsigned long *address = arguments;

	for (;;) {
		*address = other;
		for (volatile int i = 0; i < 300; i++)
			;
		*address = own;
		for (volatile int i = 0; i < 300; i++)
			;
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc < 3)
		return 2;
	other = strtoul(argv[1], NULL, 0);
	own = (unsigned long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	arguments[0] = own;
	pthread_create(&thread, NULL, racer, NULL);
	for (race_begin(argc, argv); race_goes_on();) {
		unsigned long at = (unsigned long)syscall(SYS_mmap, arguments);

		race_saw(at == own);
		race_escapes += at == other;
		race_wrong += at != own && at != other && (at != -1ul || errno != EPERM);
	}
	race_say();
	_exit(0);
}
