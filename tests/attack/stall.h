/* SPDX-License-Identifier: MIT */
#ifndef FST_TESTS_STALL_H
#define FST_TESTS_STALL_H

/*
 * A file system that leaves some questions without an answer: `f` is a file that can be looked up, opened and mapped,
 * but neither read nor asked for its file system; `slow` is never found.
 */

#include <sys/types.h>

struct stall {
	pid_t server;
	int held; /* a byte for each question that stays without an answer */
};

/* -ENOSYS and the like where there is no FUSE, or not for us. */
int stall_mount(const char *folder, struct stall *ret_stall);
/* Everybody who waits goes on with an error. */
void stall_end(const char *folder, struct stall *stall);

#endif
