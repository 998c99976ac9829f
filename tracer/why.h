/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_WHY_H
#define FST_TRACER_WHY_H

#include <stdbool.h>

/*
 * Who said no to a try that ended with this negative errno, and what to do; `origin` says where the feature comes from.
 * Constant strings.
 */
void fst_why(int error, bool by_tracing, const char *origin, const char **ret_reason, const char **ret_remedy);

#endif
