/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_PATHS_KEPT_H
#define FST_TRACER_PATHS_KEPT_H

/*
 * Names that no tracee can make lead elsewhere: absolute and canonical, of what is there and is no link, in directories
 * that belong to root and that nobody else may write, all the way up. Such a name need not be walked again, and the
 * kernel can be given it as it is.
 *
 * That is sound because no tracee can have root's rights: where the tracer has none, NO_NEW_PRIVS keeps everybody from
 * them, and new namespaces are refused. What root does outside is noticed within FST_KEPT_NS.
 */

#include <stdbool.h>
#include <stdint.h>

#include <tracer/paths/walk.h>

#define FST_KEPT_NS 1000000000
#define FST_KEPT_MAX 4096 /* names; then all are forgotten */

struct fst_kept;

/* On `parent`. NULL where tracees may have rights with which they could change anything: then nothing is kept. */
struct fst_kept *fst_kept_new(void *parent, const struct fst_walker *walker);
/* Whether the name is one of these. False for NULL. */
bool fst_kept_has(const struct fst_kept *kept, const char *path, int64_t now_ns);
/* Whether that holds of the directory that a canonical name is in. */
bool fst_kept_has_directory(struct fst_kept *kept, const char *path, int64_t now_ns);
/* What a walk found, whose path may be one of these names. */
void fst_kept_note(struct fst_kept *kept, const struct fst_walk *walk, const struct fst_found *found, int64_t now_ns);

#endif
