/* SPDX-License-Identifier: MIT */
/*
 * Lets the kernel walk. Decides when its answer can be taken as it is, and when only a walk step by step can tell:
 * magic links and "self" (which would be ours), links that lead nowhere, errors on the way.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <linux/openat2.h>

#include <tracer/paths/walk.h>

#define SLOWLY (-ELOOP)
/* Under these the kernel alone knows where the walk must not go. */
#define CONFINED (RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_NO_XDEV)

static uint64_t resolve_of(const struct fst_walk *w)
{
	return w->resolve | RESOLVE_NO_MAGICLINKS | (w->cached ? RESOLVE_CACHED : 0);
}

/* Most paths have no links before their last name: these go without a look at where they ended. */
static int open_of(const struct fst_walk *w, const char *path, uint64_t flags, bool *ret_linked)
{
	int fd = fst_openat2(w->start_fd, path, flags, resolve_of(w) | RESOLVE_NO_SYMLINKS);

	*ret_linked = fd == -ELOOP;
	return *ret_linked ? fst_openat2(w->start_fd, path, flags, resolve_of(w)) : fd;
}

/*
 * A link on the way may have been /proc/self. What is not in a /proc cannot have got there through it but by a magic
 * link, which is not followed here, or by "..", which is the same for everybody. 0, or why not: which file system it is
 * is asked only where that may wait, or where nobody waits.
 */
static int check_links(const struct fst_walker *walker, const struct fst_walk *w, bool linked, int fd)
{
	if (!linked || fst_mounts_is_local(walker, fd))
		return 0;
	if (w->cached)
		return -EAGAIN;
	return fst_is_in_proc(fd) ? SLOWLY : 0;
}

/* The name that it was found by is its own, since there was no link: the kernel need not be asked for it. */
static bool has_plain_name(const struct fst_walker *walker, const struct fst_walk *w, struct fst_found *f, bool linked)
{
	bool unused;
	bool is_plain = !linked && w->path[0] == '/' && fst_name_append_plain(f->canonical, 0, w->path, &unused) &&
		fst_mounts_know_names(walker, f->canonical);

	f->named = f->by_name = is_plain;
	if (!is_plain)
		f->canonical[0] = '\0';
	return is_plain;
}

static int take_object(const struct fst_walker *walker, const struct fst_walk *w, struct fst_found *f, int fd,
		       bool linked)
{
	int r = check_links(walker, w, linked, fd);

	if (!r && !has_plain_name(walker, w, f, linked)) {
		fst_name_find(walker, fd, false, f);
		r = f->unsure ? -EAGAIN : 0;
	}
	if (r) {
		close(fd);
		return r;
	}
	f->kind = FST_FOUND_OBJECT;
	f->fd = fd;
	return 0;
}

/* Splits "a/b//c/" into "a/b//" and "c". False where the last name is "." or "..", or where there is none. */
static bool split(const char *path, char directory[PATH_MAX], char name[NAME_MAX + 1], bool *ret_slash)
{
	size_t end = strlen(path), start;

	while (end && path[end - 1] == '/')
		end--;
	for (start = end; start && path[start - 1] != '/'; start--)
		;
	if (start == end || end - start > NAME_MAX)
		return false;
	*ret_slash = path[end] == '/';
	memcpy(name, path + start, end - start);
	name[end - start] = '\0';
	memcpy(directory, path, start);
	directory[start] = '\0';
	if (!start)
		strncpy(directory, ".", 2);
	return strcmp(name, ".") && strcmp(name, "..");
}

static int take_entry(const struct fst_walker *walker, const struct fst_walk *w, struct fst_found *f, int directory,
		      bool linked)
{
	int fd = fst_openat2(directory, f->name, O_PATH | O_NOFOLLOW,
			     (w->cached ? RESOLVE_CACHED : 0) | RESOLVE_NO_MAGICLINKS);
	int r;

	if (fd == -ENOENT) {
		fst_name_of_missing(walker, directory, false, f->name, f);
		f->error = -ENOENT;
	} else if (fd < 0) {
		return fd == -EAGAIN ? fd : SLOWLY;
	} else {
		fst_name_find(walker, fd, false, f);
		close(fd);
	}
	r = check_links(walker, w, linked, directory);
	if (r || f->unsure)
		return r ? r : -EAGAIN;
	/* A link in the last place that leads nowhere, or a file with a slash behind it, is the slow way's. */
	if (!w->entry && f->error != -ENOENT && (f->slash || w->follow))
		return SLOWLY;
	f->kind = FST_FOUND_ENTRY;
	return 0;
}

static bool is_dots(const char *name, size_t bytes)
{
	return bytes <= 2 && name[0] == '.' && name[bytes - 1] == '.';
}

/*
 * The deepest directory that is there, on a way without links: finds where the name begins and ends that is not. An
 * O_PATH descriptor, or why the slow way is the one to go.
 */
static int find_deepest(const struct fst_walk *w, size_t *ret_start, size_t *ret_end)
{
	char prefix[PATH_MAX];
	size_t end = strlen(w->path), start;
	int fd;

	memcpy(prefix, w->path, end + 1);
	do {
		while (end && prefix[end - 1] == '/')
			end--;
		for (start = end; start && prefix[start - 1] != '/'; start--)
			;
		if (start == end || end - start > NAME_MAX || is_dots(prefix + start, end - start))
			return SLOWLY;
		prefix[start] = '\0';
		fd = fst_openat2(w->start_fd, start ? prefix : ".", O_PATH | O_DIRECTORY,
				 resolve_of(w) | RESOLVE_NO_SYMLINKS);
		*ret_start = start;
		*ret_end = end;
		end = start;
	} while (fd == -ENOENT);
	return fd >= 0 || fd == -EAGAIN ? fd : SLOWLY;
}

/* Something was not there a moment ago. The call fails with that, or makes it, whatever has come since. */
static int find_missing(const struct fst_walker *walker, const struct fst_walk *w, struct fst_found *f)
{
	size_t start, end;
	int fd = find_deepest(w, &start, &end);
	const char *rest = w->path + end;
	char directory[PATH_MAX];

	if (fd < 0)
		return fd;
	f->error = -ENOENT;
	if (rest[strspn(rest, "/")]) { /* and there is more behind it */
		f->named = !fst_name_of(walker, fd, directory) && directory[0] == '/' &&
			!fst_name_join(f->canonical, directory, w->path + start, end - start, rest);
		close(fd);
		return 0;
	}
	memcpy(f->name, w->path + start, end - start);
	f->name[end - start] = '\0';
	f->slash = *rest == '/';
	fst_name_of_missing(walker, fd, false, f->name, f);
	if (f->unsure) {
		close(fd);
		return -EAGAIN;
	}
	f->kind = FST_FOUND_ENTRY;
	f->fd = fd;
	return 0;
}

static int find_entry(const struct fst_walker *walker, const struct fst_walk *w, struct fst_found *f)
{
	char directory[PATH_MAX];
	bool linked;
	int fd, r;

	if (!split(w->path, directory, f->name, &f->slash))
		return SLOWLY;
	fd = open_of(w, directory, O_PATH | O_DIRECTORY, &linked);
	if (fd == -ENOENT && !linked && !(w->resolve & CONFINED))
		return find_missing(walker, w, f);
	if (fd < 0)
		return fd == -EAGAIN ? fd : SLOWLY;
	r = take_entry(walker, w, f, fd, linked);
	if (r)
		close(fd);
	else
		f->fd = fd;
	return r;
}

/* What nobody but the kernel could walk is not walked. */
static int confined(const struct fst_walk *w, struct fst_found *f, int r, int error)
{
	if (r != SLOWLY || !(w->resolve & CONFINED))
		return r;
	f->kind = FST_FOUND_NOTHING;
	f->named = f->by_name = false;
	f->error = error;
	return 0;
}

int fst_quick_run(const struct fst_walker *walker, const struct fst_walk *walk, struct fst_found *ret_found)
{
	size_t bytes = strlen(walk->path);
	bool slash = bytes && walk->path[bytes - 1] == '/', linked;
	uint64_t itself = walk->itself && !slash ? O_NOFOLLOW : 0;
	int fd;

	if (walk->entry || (!walk->follow && !slash && !itself))
		return confined(walk, ret_found, find_entry(walker, walk, ret_found), -ELOOP);
	fd = open_of(walk, walk->path, O_PATH | itself, &linked);
	if (fd >= 0)
		return confined(walk, ret_found, take_object(walker, walk, ret_found, fd, linked), -ELOOP);
	if (fd == -ENOENT && !linked && !(walk->resolve & CONFINED))
		return find_missing(walker, walk, ret_found);
	if (fd == -ENOENT)
		return confined(walk, ret_found, find_entry(walker, walk, ret_found), -ENOENT);
	if (fd == -EAGAIN)
		return fd;
	if (walk->resolve & CONFINED) {
		ret_found->error = fd;
		return 0;
	}
	return SLOWLY;
}
