/* SPDX-License-Identifier: MIT */
/* The sandbox of one rule is this room's as well; each room links its own helpers. */
#include "../system/pin_kit.c"
