/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_PATHS_WALK_H
#define FST_TRACER_PATHS_WALK_H

/*
 * Where a path leads, for a process that has our root and mount namespace: the object, or the name in its directory,
 * and the one name that the kernel has for it. Runs with the credentials of whoever calls it.
 *
 *     quick.c   lets the kernel walk (openat2), without waiting where that is wanted
 *     walk.c    component by component: magic links, "self", names that are not there, kernels without openat2
 *     name.c    the canonical name of a descriptor
 *     mounts.c  which file systems can be asked without waiting
 */

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct fst_walk {
	int start_fd;     /* O_PATH: where a relative path begins; -1 when it is absolute. Stays the caller's */
	pid_t tgid, tid;  /* whose "self" and "thread-self" it is, as our own /proc numbers them */
	bool follow;      /* a link in the last place is followed */
	bool entry;       /* the name itself is acted on: not even a slash behind it makes a link followed */
	bool itself;      /* a link in the last place may be found as an object, not only as a name */
	bool cached;      /* only what needs no waiting, or else -EAGAIN */
	bool here;        /* nothing is walked: it is start_fd; see fst_walk_run */
	uint64_t resolve; /* openat2(2)'s RESOLVE_* of the call */
	char path[PATH_MAX];
};

enum fst_found_kind {
	FST_FOUND_NOTHING, /* the walk ended before the last place: see error */
	FST_FOUND_OBJECT,  /* fd is it */
	FST_FOUND_ENTRY,   /* fd is the directory, `name` the name in it, which may be there or not */
};

/* How the path ends, for calls that act on names. */
enum fst_found_last { FST_LAST_NORMAL,
		      FST_LAST_DOT,
		      FST_LAST_DOTDOT,
		      FST_LAST_ROOT };

struct fst_found {
	int kind; /* enum fst_found_kind */
	int fd;   /* O_PATH, the receiver's to close; -1: none */
	/* What the call would fail with, a negative errno; 0: not by its path. -ENOENT of an ENTRY: it is not there. */
	int error;
	uint8_t last;
	bool slash;   /* behind the last name */
	bool named;   /* `canonical` is a name, in our mount namespace */
	bool by_name; /* and it leads there */
	bool unsure;  /* whether it does could only be found out by waiting, which was not wanted */
	/* Of what was not walked (`here`). */
	dev_t device;
	ino_t inode;
	bool readable;
	char name[NAME_MAX + 1];
	/*
	 * The absolute name without links. Where something is not there, what is there and the rest as given. What has
	 * no name is called as the kernel calls it ("pipe:[1234]"), which never begins with a slash.
	 */
	char canonical[PATH_MAX];
};

#define FST_LOCAL_MAX 256
#define FST_STRANGE_MAX 64
#define FST_STRANGE_BYTES 128
#define FST_MOUNTS_NS 1000000000 /* for so long a new mount may not be known */

/* What a process needs to walk. */
struct fst_walker {
	int fd_names; /* its /proc/self/fd */
	bool has_openat2, has_cached;
	bool hastes;       /* waits for nothing during this walk */
	bool guards_links; /* sysctl fs.protected_symlinks */
	unsigned local_count;
	uint64_t local[FST_LOCAL_MAX]; /* mounts of file systems that answer at once */
	int fd_mounts;                 /* tells of changes; -1 */
	int64_t mounts_looked_ns;
	bool all_strange;
	unsigned strange_count; /* where mounts are below which a file may have several names */
	char strange[FST_STRANGE_MAX][FST_STRANGE_BYTES];
	char rest[16 * PATH_MAX]; /* what is still to be walked, at its end */
};

int fst_walker_init(struct fst_walker *walker);
void fst_walker_release(struct fst_walker *walker);

/*
 * 0 with *ret_found, whatever came out, or -EAGAIN (with `cached` alone), or what else went wrong on our side. With
 * `here` and `cached` there is no name.
 */
int fst_walk_run(struct fst_walker *walker, const struct fst_walk *walk, struct fst_found *ret_found);

/* ---- between its files ------------------------------------------------------------------------------------------ */

/* -EAGAIN: would have to wait; -ELOOP: this needs the slow way. */
int fst_quick_run(const struct fst_walker *walker, const struct fst_walk *walk, struct fst_found *ret_found);
int fst_slow_run(struct fst_walker *walker, const struct fst_walk *walk, struct fst_found *ret_found);

/* What a link of /proc leads to, as readlink(2) has it; -ENAMETOOLONG where it has no name that fits. */
int fst_name_read(int directory, const char *link, char name[PATH_MAX]);
/* Whether that is what it was called before it was deleted: it is another one's name by now, or nobody's. */
bool fst_name_is_deleted(const char *name);
/* The same of an O_PATH descriptor. */
int fst_name_of(const struct fst_walker *walker, int fd, char name[PATH_MAX]);
/* The same as ret_found's, and what it is worth. `jumped`: a magic link led there, perhaps out of our namespace. */
void fst_name_find(const struct fst_walker *walker, int fd, bool jumped, struct fst_found *ret_found);
void fst_name_of_missing(const struct fst_walker *walker, int directory, bool jumped, const char *name,
			 struct fst_found *ret_found);
/* An object that is known by its name alone, which the caller gives: nothing was opened. */
void fst_name_stands(struct fst_found *ret_found);
/*
 * Names of a path without "..", behind `used` bytes, each with one slash before it; *ret_slash: it ends in a slash or a
 * ".", as only a directory's may, and there is room for a slash. False: there are none, or it is too long.
 */
bool fst_name_append_plain(char name[PATH_MAX], size_t used, const char *path, bool *ret_slash);
/* directory + "/" + name + rest, where rest is walked no further: up to "..", without what means nothing. */
int fst_name_join(char result[PATH_MAX], const char *directory, const char *name, size_t name_bytes, const char *rest);

void fst_mounts_read(struct fst_walker *walker);
/* False: it is not, or that is not known. Does not wait. */
bool fst_mounts_is_local(const struct fst_walker *walker, int fd);
/* Which mount a descriptor is of. False: the kernel does not tell (before 3.15). */
bool fst_mounts_id(int fd, uint64_t *ret_id);

/* Asks the kernel only now and then. */
void fst_mounts_look_for_changes(struct fst_walker *walker);
/* Whether a file below there, by a path without links, has the name that it was looked up by. */
bool fst_mounts_know_names(const struct fst_walker *walker, const char *path);
int64_t fst_walk_now_ns(void);

int fst_openat2(int dirfd, const char *path, uint64_t flags, uint64_t resolve);
bool fst_is_in_proc(int fd);

#endif
