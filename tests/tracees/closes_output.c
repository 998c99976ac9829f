/* SPDX-License-Identifier: MIT */
/* closes_output: closes its output, goes on until its input ends, and ends with 4. */
#include <unistd.h>

int main(void)
{
	char byte;

	close(1);
	while (read(0, &byte, 1) == 1)
		;
	return 4;
}
