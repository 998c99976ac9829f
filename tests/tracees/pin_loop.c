/* SPDX-License-Identifier: MIT */
/* pin_loop PATH COUNT: opens it that often, and looks at its registers. */
#include "pin_open.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	look_often(argv[1], atol(argv[2]));
	return 0;
}
