/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_RESOLVE_H
#define FST_TRACER_RESOLVE_H

#include <stdbool.h>

/*
 * Whether upper and lower case are alike in a directory on the way to what the path names; with `itself`, in there. For
 * fst_policy_find_slip. Waits for file systems.
 */
bool fst_path_folds(const char *path, bool itself, void *context);

#endif
