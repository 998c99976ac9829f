/* SPDX-License-Identifier: MIT */
#ifndef FST_TEST_MEMORY_H
#define FST_TEST_MEMORY_H

/*
 * Memory that runs out after a number of allocations. To be included by one file of a program, as it takes the C
 * library's place; not where a sanitizer does so already.
 */

#include <stdbool.h>
#include <stddef.h>

#ifndef __SANITIZE_ADDRESS__
#define MEMORY_CAN_RUN_OUT 1

static long allocations_left = -1; /* negative: as many as you like */

void *__libc_malloc(size_t size);
void *__libc_realloc(void *old, size_t size);

static bool is_granted(void)
{
	return allocations_left < 0 || (allocations_left && allocations_left--);
}

void *malloc(size_t size)
{
	return is_granted() ? __libc_malloc(size) : NULL;
}

void *realloc(void *old, size_t size)
{
	return is_granted() ? __libc_realloc(old, size) : NULL;
}
#endif

#endif
