/* SPDX-License-Identifier: MIT */
/*
 * attack_flip HOW PUBLIC SECRET [once] SECONDS: opens a name that becomes the other one all the time: by a thread, by
 * another process in shared memory or in the same one ("memory"), or by writes to /proc/self/mem ("file").
 */
#include "flip.h"

#include "pin_open.h"

static void *flip_by_file(void *unused)
{
	int mem = open("/proc/self/mem", O_RDWR);

	for (unsigned i = 0; mem >= 0; i++)
		if (pwrite(mem, names[i & 1] + at, strlen(names[0]) - at, (off_t)(uintptr_t)(name + at)) < 0)
			break;
	return unused;
}

static int flip_as_child(void *unused)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	flip_in_place(unused);
	return 0;
}

int main(int argc, char **argv)
{
	static char stack[65536];
	pthread_t thread;
	pid_t child = 0;

	if (argc < 5 || flip_prepare(argv[2], argv[3]))
		return 2;
	if (!strcmp(argv[1], "process")) {
		child = fork();
		if (!child)
			flip_as_child(NULL);
	} else if (!strcmp(argv[1], "memory")) {
		child = clone(flip_as_child, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	} else {
		pthread_create(&thread, NULL, strcmp(argv[1], "file") ? flip_in_place : flip_by_file, NULL);
	}
	for (race_begin(argc, argv); race_goes_on();)
		race_escapes += flip_look(look_open(name, O_RDONLY, 0));
	race_wrong = wrong;
	race_say();
	if (child)
		kill(child, SIGKILL);
	_exit(0);
}
