/* SPDX-License-Identifier: MIT */
/* pin_loop PATH COUNT: opens it that often, and looks at its registers. */
#include "pin_open.h"

#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long failed = 0;

	if (argc != 3)
		return 2;
	for (long i = atol(argv[2]); i; i--) {
		long fd = look_open(argv[1], O_RDONLY, 0);

		if (fd < 0)
			failed++;
		else
			close((int)fd);
	}
	printf("calls %ld wrong %ld failed %ld\n", calls, wrong, failed);
	return 0;
}
