/* SPDX-License-Identifier: MIT */
/* holder: a child and a grandchild in another session hold standard output open; says "ready", then waits for ever. */
#include <unistd.h>

int main(void)
{
	int ready[2];
	char byte;

	pipe(ready);
	if (!fork()) {
		setsid();
		if (fork())
			for (;;)
				pause();
		write(ready[1], "", 1);
		for (;;)
			pause();
	}
	read(ready[0], &byte, 1);
	write(1, "ready\n", 6);
	for (;;)
		pause();
}
