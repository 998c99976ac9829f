/* SPDX-License-Identifier: MIT */
/* descriptors: the numbers of those that are open. */
#include <fcntl.h>
#include <stdio.h>

int main(void)
{
	for (int i = 0; i < 1024; i++)
		if (fcntl(i, F_GETFD) >= 0)
			printf("%d ", i);
	printf("\n");
	return 0;
}
