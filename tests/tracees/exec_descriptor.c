/* SPDX-License-Identifier: MIT */
/* exec_descriptor NUMBER: executes what that descriptor is of. */
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char *none[] = { NULL };

	return argc != 2 || fexecve(atoi(argv[1]), argv, none);
}
