/* SPDX-License-Identifier: MIT */
/*
 * Walks a path component by component, each opened with O_PATH | O_NOFOLLOW and looked at. Decides what the kernel's
 * own walk would decide for the process that `self` is; knows no policy. The root is ours, since a session with path
 * rules lets no process have another.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <linux/openat2.h>

#include <tracer/paths/walk.h>

#define LINKS_MAX 40       /* MAXSYMLINKS: include/linux/namei.h */
#define PROC_ROOT_INO 1    /* include/linux/proc_fs.h */
#define NOSYMFOLLOW 0x2000 /* ST_NOSYMFOLLOW: include/linux/statfs.h, 5.10 */

struct place {
	struct fst_walker *walker;
	const struct fst_walk *walk;
	struct fst_found *found;
	int fd;     /* where we are: a directory */
	char *rest; /* what is still to be walked, within walker->rest */
	unsigned links;
	bool jumped; /* through a magic link: names may be those of another mount namespace */
};

/* ---- moving ----------------------------------------------------------------------------------------------------- */

static void move_to(struct place *p, int fd)
{
	close(p->fd);
	p->fd = fd;
}

/* Puts a text in front of the rest. */
static int push(struct place *p, const char *text, size_t bytes)
{
	if (p->rest - p->walker->rest < (ptrdiff_t)bytes)
		return -ENAMETOOLONG;
	p->rest -= bytes;
	memcpy(p->rest, text, bytes);
	if (bytes && text[0] == '/') {
		int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (root < 0)
			return -errno;
		move_to(p, root);
	}
	return 0;
}

/* ---- links ------------------------------------------------------------------------------------------------------ */

/* may_follow_link() of fs/namei.c, which the kernel asks where it follows by itself. */
static int check_sticky(const struct place *p, const struct stat *link)
{
	struct stat directory;

	if (!p->walker->guards_links)
		return 0;
	if (fstat(p->fd, &directory))
		return -errno;
	if ((directory.st_mode & (S_ISVTX | S_IWOTH)) != (S_ISVTX | S_IWOTH))
		return 0;
	if (link->st_uid == (uid_t)setfsuid((uid_t)-1) || link->st_uid == directory.st_uid)
		return 0;
	return -EACCES;
}

/* Links to what is mapped there would reopen the memory that pinned arguments lie in. */
static bool is_of_maps(const struct place *p)
{
	static const char folder[] = "/map_files";
	char name[PATH_MAX];
	size_t bytes;

	if (fst_name_of(p->walker, p->fd, name))
		return true;
	bytes = strlen(name);
	return bytes >= sizeof(folder) - 1 && !strcmp(name + bytes - (sizeof(folder) - 1), folder);
}

/* A magic link, or another one below /proc/PID: the kernel jumps, there is no text to be walked. */
static int jump(struct place *p, const char *name)
{
	int fd;

	if (p->walk->resolve & RESOLVE_NO_MAGICLINKS)
		return -ELOOP;
	if (is_of_maps(p))
		return -EACCES;
	fd = openat(p->fd, name, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	move_to(p, fd);
	p->jumped = true;
	return 0;
}

/* What "self" says to us is about us; and only about a /proc of our own pid namespace do we know what to say. */
static int push_self(struct place *p, const char *name)
{
	char ours[32], text[64];
	ssize_t bytes = readlinkat(p->fd, "self", ours, sizeof(ours) - 1);

	if (bytes < 0)
		return -errno;
	ours[bytes] = '\0';
	if (atoi(ours) != getpid())
		return -EXDEV;
	if (name[0] == 't')
		snprintf(text, sizeof(text), "%d/task/%d", (int)p->walk->tgid, (int)p->walk->tid);
	else
		snprintf(text, sizeof(text), "%d", (int)p->walk->tgid);
	return push(p, text, strlen(text));
}

static bool is_proc_root(int fd)
{
	struct stat at;

	return !fstat(fd, &at) && at.st_ino == PROC_ROOT_INO;
}

static int follow(struct place *p, const char *name, int link_fd, const struct stat *link)
{
	char text[PATH_MAX];
	struct statfs fs;
	ssize_t bytes;
	int r = check_sticky(p, link);

	if (r)
		return r;
	if (++p->links > LINKS_MAX || p->walk->resolve & RESOLVE_NO_SYMLINKS)
		return -ELOOP;
	if (!fstatfs(p->fd, &fs) && fs.f_flags & NOSYMFOLLOW)
		return -ELOOP;
	if (fst_is_in_proc(link_fd)) {
		if (!is_proc_root(p->fd))
			return jump(p, name);
		if (!strcmp(name, "self") || !strcmp(name, "thread-self"))
			return push_self(p, name);
	}
	bytes = readlinkat(link_fd, "", text, sizeof(text));
	if (bytes < 0)
		return -errno;
	if (!bytes || bytes == sizeof(text))
		return bytes ? -ENAMETOOLONG : -ENOENT;
	return push(p, text, (size_t)bytes);
}

/* ---- ends ------------------------------------------------------------------------------------------------------- */

/* The walk stopped at `name`, with the rest behind it. */
static int end_early(struct place *p, const char *name, size_t bytes, int error)
{
	struct fst_found *f = p->found;
	char directory[PATH_MAX];

	f->error = error;
	f->named = !p->jumped && !fst_name_of(p->walker, p->fd, directory) && directory[0] == '/' &&
		!fst_name_join(f->canonical, directory, name, bytes, p->rest);
	return 0;
}

static void name_it(struct place *p, int fd)
{
	fst_name_find(p->walker, fd, p->jumped, p->found);
}

static int end_at_object(struct place *p, uint8_t last)
{
	struct fst_found *f = p->found;

	name_it(p, p->fd);
	f->last = last;
	f->kind = FST_FOUND_OBJECT;
	f->fd = p->fd;
	p->fd = -1;
	return 0;
}

static int end_at_entry(struct place *p, const char *name, size_t bytes, int entry_fd, int error)
{
	struct fst_found *f = p->found;

	f->error = error;
	memcpy(f->name, name, bytes);
	f->name[bytes] = '\0';
	if (entry_fd >= 0) {
		name_it(p, entry_fd);
	} else {
		fst_name_of_missing(p->walker, p->fd, p->jumped, name, f);
	}
	f->kind = FST_FOUND_ENTRY;
	f->fd = p->fd;
	p->fd = -1;
	return 0;
}

/* ---- one component ---------------------------------------------------------------------------------------------- */

#define GO_ON 1

/* "." and ".." go where the kernel goes: up to our root, and over mount points. */
static int step_by_dots(struct place *p, const char *name, bool is_last)
{
	int fd = openat(p->fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return end_early(p, ".", 1, -errno);
	move_to(p, fd);
	if (!is_last)
		return GO_ON;
	return end_at_object(p, name[1] ? FST_LAST_DOTDOT : FST_LAST_DOT);
}

/* A name of its own: enters it, follows it, or ends here. */
static int step_by_name(struct place *p, const char *name, size_t bytes, bool is_last, bool slash)
{
	const struct fst_walk *w = p->walk;
	struct stat at;
	int r, fd = openat(p->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0) {
		r = -errno;
		return is_last && r == -ENOENT ? end_at_entry(p, name, bytes, -1, r) : end_early(p, name, bytes, r);
	}
	r = fstat(fd, &at) ? -errno : 0;
	if (!r && S_ISLNK(at.st_mode) && (!is_last || w->follow || (slash && !w->entry))) {
		r = follow(p, name, fd, &at);
		close(fd);
		return r ? end_early(p, name, bytes, r) : GO_ON;
	}
	if (!r && !S_ISDIR(at.st_mode) && (!is_last || (slash && !w->entry)))
		r = -ENOTDIR;
	if (r) {
		close(fd);
		return end_early(p, name, bytes, r);
	}
	if (is_last && (w->entry || (!w->follow && !slash))) {
		r = end_at_entry(p, name, bytes, fd, 0);
		close(fd);
		return r;
	}
	move_to(p, fd);
	return is_last ? end_at_object(p, FST_LAST_NORMAL) : GO_ON;
}

/* A jump can end anywhere, also at what is no directory. */
static int end_behind_jump(struct place *p, bool slash)
{
	struct stat at;

	if (slash && !fstat(p->fd, &at) && !S_ISDIR(at.st_mode))
		return end_early(p, ".", 1, -ENOTDIR);
	return end_at_object(p, FST_LAST_NORMAL);
}

static int step(struct place *p)
{
	char name[NAME_MAX + 1];
	size_t slashes = strspn(p->rest, "/");

	p->rest += slashes;
	if (!*p->rest)
		return p->jumped ? end_behind_jump(p, slashes) : end_at_object(p, FST_LAST_ROOT);
	const char *start = p->rest;
	size_t bytes = strcspn(start, "/");
	p->rest += bytes;
	bool is_last = !p->rest[strspn(p->rest, "/")], slash = *p->rest == '/';
	if (bytes > NAME_MAX)
		return end_early(p, start, bytes, -ENAMETOOLONG);
	memcpy(name, start, bytes);
	name[bytes] = '\0';
	if (is_last)
		p->found->slash = slash;
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return step_by_dots(p, name, is_last);
	return step_by_name(p, name, bytes, is_last, slash);
}

int fst_slow_run(struct fst_walker *walker, const struct fst_walk *walk, struct fst_found *ret_found)
{
	char *end = walker->rest + sizeof(walker->rest) - 1;
	struct place p = { .walker = walker, .walk = walk, .found = ret_found, .rest = end };
	int r;

	*end = '\0';
	p.fd = walk->start_fd < 0 ? -1 : fcntl(walk->start_fd, F_DUPFD_CLOEXEC, 3);
	r = push(&p, walk->path, strlen(walk->path));
	if (!r && p.fd < 0)
		r = -EBADF;
	if (!r)
		do
			r = step(&p);
		while (r == GO_ON);
	if (p.fd >= 0)
		close(p.fd);
	return r;
}

/* ---- a walker --------------------------------------------------------------------------------------------------- */

void fst_walker_release(struct fst_walker *walker)
{
	close(walker->fd_names);
	if (walker->fd_mounts >= 0)
		close(walker->fd_mounts);
	walker->fd_names = walker->fd_mounts = -1;
}

int fst_walker_init(struct fst_walker *walker)
{
	char text[4] = "";
	uint64_t mount;
	int fd, sysctl = open("/proc/sys/fs/protected_symlinks", O_RDONLY | O_CLOEXEC);

	walker->fd_mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	fst_mounts_read(walker);
	walker->fd_names = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (walker->fd_names < 0)
		return -errno;
	/* The names that magic links lead to could not be believed, and rules would not see where those lead. */
	if (!fst_mounts_id(walker->fd_names, &mount)) {
		fst_walker_release(walker);
		return -ENOSYS;
	}
	/* Where it cannot be read it may well be set. */
	walker->guards_links = sysctl < 0 || read(sysctl, text, 1) != 1 || text[0] != '0';
	if (sysctl >= 0)
		close(sysctl);
	fd = fst_openat2(AT_FDCWD, "/", O_PATH, 0);
	walker->has_openat2 = fd >= 0;
	if (fd >= 0)
		close(fd);
	fd = fst_openat2(AT_FDCWD, "/", O_PATH, RESOLVE_CACHED);
	walker->has_cached = fd >= 0;
	if (fd >= 0)
		close(fd);
	return 0;
}

static void start_afresh(struct fst_found *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->kind = FST_FOUND_NOTHING;
	f->fd = -1;
	f->error = 0;
	f->last = FST_LAST_NORMAL;
	f->slash = f->named = f->by_name = f->unsure = f->readable = false;
	f->name[0] = f->canonical[0] = '\0';
}

int64_t fst_walk_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Where a name leads is asked of other file systems, too. */
static int look_here(const struct fst_walker *walker, const struct fst_walk *walk, struct fst_found *ret_found)
{
	int fd = walk->start_fd;
	char name[40];
	struct stat at;

	if (walk->cached && !fst_mounts_is_local(walker, fd))
		return -EAGAIN;
	if (fstat(fd, &at))
		return -errno;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	ret_found->device = at.st_dev;
	ret_found->inode = at.st_ino;
	ret_found->readable = !faccessat(AT_FDCWD, name, R_OK, AT_EACCESS);
	if (!walk->cached)
		fst_name_find(walker, fd, true, ret_found);
	ret_found->kind = FST_FOUND_OBJECT;
	ret_found->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return ret_found->fd < 0 ? -errno : 0;
}

static int walk_away(struct fst_walker *walker, const struct fst_walk *walk, struct fst_found *ret_found)
{
	int r = -ELOOP;

	if (walker->has_openat2 && (!walk->cached || walker->has_cached))
		r = fst_quick_run(walker, walk, ret_found);
	if (r == -ELOOP && walk->cached)
		r = -EAGAIN; /* that way has to look at each component, and may have to wait for it */
	if (r == -ELOOP) {
		start_afresh(ret_found);
		r = fst_slow_run(walker, walk, ret_found);
	}
	return r;
}

int fst_walk_run(struct fst_walker *walker, const struct fst_walk *walk, struct fst_found *ret_found)
{
	int r;

	ret_found->fd = -1;
	start_afresh(ret_found);
	walker->hastes = walk->cached;
	fst_mounts_look_for_changes(walker);
	r = walk->here ? look_here(walker, walk, ret_found) : walk_away(walker, walk, ret_found);
	if (r)
		start_afresh(ret_found);
	walker->hastes = false;
	return r;
}
