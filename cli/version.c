/* SPDX-License-Identifier: MIT */
/* Which version this is, and of which kernel the tables are. */
#include "command.h"

int command_version(int argc, char **argv)
{
	static const struct argp argp = { .doc = "Prints the version, and the kernel release the tables are from." };

	parse_options(&argp, argc, argv, 0, EXIT_TROUBLE, NULL);
	printf("flagstop %s (system calls of Linux %s)\n", flagstop_version(), flagstop_tables_release());
	return finish_output(0);
}
