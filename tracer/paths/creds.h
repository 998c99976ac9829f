/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_PATHS_CREDS_H
#define FST_TRACER_PATHS_CREDS_H

/* With whose rights a path is walked. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define FST_CREDS_GROUPS_MAX 64

struct fst_creds {
	pid_t tgid;
	uid_t fsuid;
	gid_t fsgid;
	unsigned group_count;
	gid_t groups[FST_CREDS_GROUPS_MAX];
	uint64_t capabilities; /* effective; those alone that a walk asks for */
};

/* Of a thread. -E2BIG: it is in more groups than that; -ESRCH; -EPROTO: /proc says what we do not understand. */
int fst_creds_read(pid_t tid, struct fst_creds *ret_creds);
bool fst_creds_are_same(const struct fst_creds *a, const struct fst_creds *b);
/* Makes them this thread's own, for walks. It can be called again with others. -EPERM where that is not so. */
int fst_creds_take(const struct fst_creds *creds);

#endif
