/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_SPACE_H
#define FST_TRACER_SPACE_H

/*
 * What is known of the processes that pinned calls come from: where the window is mapped, and whether a filter of the
 * program's own would see the stub. By thread group: its threads share both.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#undef HASH_NONFATAL_OOM
#undef uthash_nonfatal_oom
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(item) ((item)->unhashed = true)
#include <uthash.h>

#include <tracer/window.h>

struct fst_space {
	pid_t tgid;
	bool unhashed;
	unsigned threads; /* that refer to it */
	bool looked;      /* `mapped` and `filtered` are true of it now */
	bool filtered;    /* it has filters of its own, or user dispatch */
	/* By view. */
	uint8_t mapped[FST_WINDOW_VIEWS];      /* bits of chunks */
	const char *refusal[FST_WINDOW_VIEWS]; /* why the window cannot come here, once that was tried */
	UT_hash_handle hh;
};

struct fst_spaces {
	struct fst_space *all;
	unsigned filters;      /* that every tracee carries; 0: the kernel does not tell (before 5.9) */
	bool any_was_filtered; /* where it does not: a filter was installed somewhere */
	char device[16];       /* of shared memory, as maps have it */
};

/* `programs` of ours come on top of what this process itself carries. -EACCES: /proc is not there. */
int fst_spaces_init(struct fst_spaces *spaces, const struct fst_window *window, size_t programs);

/* The space of a live thread, with a reference; talloced on `parent`. NULL: no memory, or nothing is known of it. */
struct fst_space *fst_spaces_get(struct fst_spaces *spaces, void *parent, pid_t tid);
void fst_spaces_put(struct fst_spaces *spaces, struct fst_space *space);
/* Without a reference; NULL if there is none. */
struct fst_space *fst_spaces_find(const struct fst_spaces *spaces, pid_t tgid);

/* Fills in what is not known yet, from /proc. 0 or -EACCES, -ESRCH. */
int fst_space_look(const struct fst_spaces *spaces, struct fst_space *space, const struct fst_window *window,
		   pid_t tid);
/* The same of `mapped` alone. */
int fst_space_look_at_maps(const struct fst_spaces *spaces, struct fst_space *space, const struct fst_window *window,
			   pid_t tid);

#endif
