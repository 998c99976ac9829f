/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_CHILD_H
#define FST_TRACER_CHILD_H

/* What the tracer's own children have in common: they hold nothing of its, and are waited for with patience. */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* In the child: closes all descriptors but those, which are in ascending order. */
void fst_child_close_all_but(const int *kept, size_t count);

/* Waits until there is something to be read. -ETIMEDOUT: fst_wait_now_ns() is that. -EPIPE: it cannot be waited for. */
int fst_child_await_until(int socket, uint64_t end_ns);

/*
 * The same for that long. While the child is ready to run, and does not wait for somebody itself, for up to
 * FST_CHILD_PATIENCE times as long.
 */
#define FST_CHILD_PATIENCE 8
int fst_child_await(pid_t child, int socket, unsigned timeout_ms);

#endif
