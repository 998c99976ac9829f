/* SPDX-License-Identifier: MIT */
/* The live tests' harness is this room's as well; each room links its own helpers. */
#include "../system/harness.c"
