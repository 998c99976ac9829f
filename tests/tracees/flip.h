/* SPDX-License-Identifier: MIT */
/* A name that is two in turn, both as long: by whoever can write it. */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "race.h"

#ifndef MAP_32BIT /* elsewhere nobody has to reach it by other calls */
#define MAP_32BIT 0
#endif

static char *name;
static const char *names[2];
static size_t at; /* of the byte in which they differ first */
static struct stat secret;

static void *flip_in_place(void *unused)
{
	for (unsigned i = 0;; i++)
		memcpy(name + at, names[i & 1] + at, strlen(names[0]) - at);
	return unused;
}

/* Below 4 GiB, so that calls of 32 bits can name it, too. */
static int flip_prepare(const char *public_name, const char *secret_name)
{
	names[0] = public_name;
	names[1] = secret_name;
	while (names[0][at] && names[0][at] == names[1][at])
		at++;
	name = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (name == MAP_FAILED || stat(secret_name, &secret))
		return -1;
	strcpy(name, names[0]);
	return 0;
}

/* 1: it is the secret one. */
static int flip_look(long fd)
{
	struct stat s;
	int got;

	race_saw(fd >= 0);
	if (fd < 0)
		return 0;
	/* The C library's may be a call with a name; of 32 bits, the kernel's has another structure. */
	got = !(sizeof(long) == 8 ? syscall(SYS_fstat, (int)fd, &s) : fstat((int)fd, &s)) && s.st_ino == secret.st_ino;
	close((int)fd);
	return got;
}
