/* SPDX-License-Identifier: MIT */
#ifndef FST_TESTS_NAIVE_PATHS_H
#define FST_TESTS_NAIVE_PATHS_H

/*
 * A path sandbox as one writes it first: it stops calls with paths, reads the string, resolves it (as carefully as you
 * like), refuses what leads under `forbidden`, and lets the rest go on with the program's own memory; and so for
 * CLONE_UNTRACED in clone3's. Runs the program to its end, within `folder`; its output in `out`.
 */

#include <stddef.h>

/* `out` is empty where the kernel has no filters. */
void naive_paths_run(const char *folder, const char *forbidden, char *const *argv, char *out, size_t size);

/* One that hands over what it found, by a descriptor that it closes too early. Judges nothing. */
void naive_handles_run(const char *folder, char *const *argv, char *out, size_t size);

#endif
