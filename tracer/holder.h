/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_HOLDER_H
#define FST_TRACER_HOLDER_H

/*
 * The holder: a process that has the tracer's descriptors, so that tracees reach them as /proc/HOLDER/fd/N. The tracer
 * itself must stay shut to them. It shares the table of descriptors and nothing else: it has no memory but one page of
 * code, and no capabilities. And it stands still from its start on, held by ptrace: it is dumpable, so that its memory
 * can be written, but nothing of it runs. A filter would do as well, where the kernel has one.
 *
 * A tracee may open again whatever lies in the table, with its own rights. So nothing may be there that gives more then
 * than it should: O_PATH descriptors of what the policy permits; sockets, pidfds and such, which cannot be opened so.
 */

#include <sys/types.h>

struct fst_holder {
	pid_t pid; /* 0: none */
};

/*
 * 0, -ENOSYS (no such code for this architecture), -EIO (also: it cannot be held). When its end is told by waitpid(),
 * nothing may go on: its pid could be another's. It dies with the calling thread, which traces it.
 */
int fst_holder_start(struct fst_holder *ret_holder);
void fst_holder_end(struct fst_holder *holder);

#endif
