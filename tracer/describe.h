/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_DESCRIBE_H
#define FST_TRACER_DESCRIBE_H

#include <sys/types.h>

#include <flagstop/program.h>
#include <tracer/paths/paths.h>
#include <tracer/stack.h>

/*
 * Writes the call that a stopped tracee stands at, as people read it, with the strings that it points to:
 * `openat(AT_FDCWD, "/etc/passwd", O_RDONLY)`. `stack` may be NULL: then pointers stay numbers. The text is for
 * people; a sibling of the tracee may have other strings there a moment later. But for what was judged: that is in
 * `known` (may be NULL), and shown as filters/policy/shown.h has it, `openat(AT_FDCWD, "notes" -> "/etc/passwd",
 * O_RDONLY)`.
 */
void fst_describe_call(struct fst_stack *stack, pid_t tid, const struct flagstop_data *call,
		       const struct fst_gathered *known, char *text, size_t size);

#endif
