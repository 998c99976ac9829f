/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_CHILD_H
#define FST_TRACER_CHILD_H

/* What the tracer's own children have in common: they hold nothing of its, and are waited for with patience. */

#include <stddef.h>
#include <sys/types.h>

/* In the child: closes all descriptors but those, which are in ascending order. */
void fst_child_close_all_but(const int *kept, size_t count);

/*
 * Waits until there is something to be read. -ETIMEDOUT: nothing came within that time, and the child waits for
 * somebody itself; or it is ready to run, and nothing came within FST_CHILD_PATIENCE of these. -EPIPE: the socket
 * cannot be waited for.
 */
#define FST_CHILD_PATIENCE 8
int fst_child_await(pid_t child, int socket, int timeout_ms);

#endif
