/* SPDX-License-Identifier: MIT */
/* flip_plain PUBLIC SECRET [once] SECONDS: a thread changes the name that is opened, on any architecture. */
#include "flip.h"

int main(int argc, char **argv)
{
	pthread_t thread;

	if (argc < 4 || flip_prepare(argv[1], argv[2]))
		return 2;
	pthread_create(&thread, NULL, flip_in_place, NULL);
	race_begin(argc, argv);
	while (race_goes_on())
		race_escapes += flip_look(syscall(SYS_openat, AT_FDCWD, name, O_RDONLY, 0));
	race_say();
	_exit(0);
}
