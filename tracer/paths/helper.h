/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_PATHS_HELPER_H
#define FST_TRACER_PATHS_HELPER_H

/*
 * A process that walks paths for the tracer where that may take long (a file system that answers late, or never), or
 * needs the rights of somebody else. It is killed when it takes too long, and another is started the next time.
 */

#include <tracer/paths/creds.h>
#include <tracer/paths/walk.h>

#define FST_HELPER_TIMEOUT_MS 500

struct fst_helper;

/* On `parent`; freed with it, and its process ended. NULL: no memory. */
struct fst_helper *fst_helper_new(void *parent);

/* As fst_walk_run, with the rights of `creds`. -ETIMEDOUT; -EPERM: those rights cannot be had; -EPIPE: no helper. */
int fst_helper_walk(struct fst_helper *helper, const struct fst_creds *creds, const struct fst_walk *walk,
		    struct fst_found *ret_found);

/* Its pid, or 0; and that waitpid() told of its end. */
pid_t fst_helper_pid(const struct fst_helper *helper);
void fst_helper_reaped(struct fst_helper *helper);
/* Ends it; a later walk starts another. */
void fst_helper_dismiss(struct fst_helper *helper);

#endif
