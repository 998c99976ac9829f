/* SPDX-License-Identifier: MIT */
/* holder: a child and a grandchild in another session hold standard output open; says "ready", then waits for ever. */
#include <unistd.h>

int main(void)
{
	int ready[2];
	char byte;

	if (pipe(ready))
		return 1;
	if (!fork()) {
		setsid();
		if (fork())
			for (;;)
				pause();
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	if (read(ready[0], &byte, 1) != 1 || write(1, "ready\n", 6) != 6)
		return 1;
	for (;;)
		pause();
}
