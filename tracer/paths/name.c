/* SPDX-License-Identifier: MIT */
/* The names of descriptors. Decides whether a name is to be believed; walks nothing by itself. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/openat2.h>

#include <tracer/paths/walk.h>

#define PROC_SUPER_MAGIC 0x9fa0 /* linux/magic.h */

int fst_openat2(int dirfd, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC, .resolve = resolve };
	long fd = syscall(SYS_openat2, dirfd, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

bool fst_is_in_proc(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == PROC_SUPER_MAGIC;
}

int fst_name_read(int directory, const char *link, char name[PATH_MAX])
{
	ssize_t bytes = readlinkat(directory, link, name, PATH_MAX);

	if (bytes < 0)
		return -errno;
	if (bytes == PATH_MAX)
		return -ENAMETOOLONG;
	name[bytes] = '\0';
	return 0;
}

int fst_name_of(const struct fst_walker *walker, int fd, char name[PATH_MAX])
{
	char number[16];

	snprintf(number, sizeof(number), "%d", fd);
	return fst_name_read(walker->fd_names, number, name);
}

/* `what`: STATX_INO for the same object, 0 for one of the same mount. */
static bool is_same(int fd, int other, unsigned what)
{
	struct statx a, b;

	if (statx(fd, "", AT_EMPTY_PATH, what | STATX_MNT_ID, &a) ||
	    statx(other, "", AT_EMPTY_PATH, what | STATX_MNT_ID, &b))
		return false;
	if (!(a.stx_mask & b.stx_mask & STATX_MNT_ID)) { /* Linux 5.8 */
		uint64_t mount, other_mount;

		if (!fst_mounts_id(fd, &mount) || !fst_mounts_id(other, &other_mount))
			return false;
		a.stx_mnt_id = mount;
		b.stx_mnt_id = other_mount;
	}
	return a.stx_dev_major == b.stx_dev_major && a.stx_dev_minor == b.stx_dev_minor &&
		a.stx_mnt_id == b.stx_mnt_id && (!what || a.stx_ino == b.stx_ino);
}

static bool leads_to(const struct fst_walker *walker, const char *name, int fd, unsigned what)
{
	int other = walker->has_openat2 ? fst_openat2(AT_FDCWD, name, O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS) :
					  open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	bool same;

	if (other < 0)
		return false;
	same = is_same(fd, other, what);
	close(other);
	return same;
}

bool fst_name_is_deleted(const char *name)
{
	static const char mark[] = " (deleted)";
	size_t bytes = strlen(name);

	return bytes >= sizeof(mark) && !strcmp(name + bytes - (sizeof(mark) - 1), mark);
}

/* What was deleted keeps the name that it had, in a directory that must still be the one of that name. */
static bool had_that_name(const struct fst_walker *walker, const char *name, int fd)
{
	char directory[PATH_MAX];
	size_t bytes = (size_t)(strrchr(name, '/') - name);

	memcpy(directory, name, bytes);
	directory[bytes] = '\0';
	return leads_to(walker, bytes ? directory : "/", fd, 0);
}

void fst_name_stands(struct fst_found *ret_found)
{
	ret_found->kind = FST_FOUND_OBJECT;
	ret_found->fd = -1;
	ret_found->error = 0;
	ret_found->last = FST_LAST_NORMAL;
	ret_found->slash = false;
	ret_found->named = ret_found->by_name = true;
}

void fst_name_find(const struct fst_walker *walker, int fd, bool jumped, struct fst_found *ret_found)
{
	struct fst_found *f = ret_found;
	char name[PATH_MAX];

	if (fst_name_of(walker, fd, name))
		return;
	f->named = f->by_name = name[0] == '/';
	f->unsure = walker->hastes && f->named && (jumped || fst_name_is_deleted(name));
	if (f->unsure)
		return;
	if (f->named && (jumped || fst_name_is_deleted(name))) {
		f->by_name = leads_to(walker, name, fd, STATX_INO);
		f->named = f->by_name || (fst_name_is_deleted(name) && had_that_name(walker, name, fd));
	}
	/* What is no name must not look like one. */
	snprintf(f->canonical, sizeof(f->canonical), "%s%.*s", !f->named && name[0] == '/' ? "(unreachable)" : "",
		 PATH_MAX - 16, name);
}

void fst_name_of_missing(const struct fst_walker *walker, int directory, bool jumped, const char *name,
			 struct fst_found *ret_found)
{
	char parent[PATH_MAX];

	fst_name_find(walker, directory, jumped, ret_found);
	if (ret_found->unsure)
		return;
	memcpy(parent, ret_found->canonical, sizeof(parent));
	if (ret_found->named && fst_name_join(ret_found->canonical, parent, name, strlen(name), ""))
		ret_found->named = ret_found->by_name = false;
}

/* Adds one component; -ENAMETOOLONG. */
static int add(char result[PATH_MAX], size_t *used, const char *name, size_t bytes)
{
	if (*used == 1 && result[0] == '/')
		*used = 0;
	if (*used + 1 + bytes >= PATH_MAX)
		return -ENAMETOOLONG;
	result[(*used)++] = '/';
	memcpy(result + *used, name, bytes);
	*used += bytes;
	result[*used] = '\0';
	return 0;
}

int fst_name_join(char result[PATH_MAX], const char *directory, const char *name, size_t name_bytes, const char *rest)
{
	size_t used = strlen(directory), bytes;

	memmove(result, directory, used + 1);
	int r = add(result, &used, name, name_bytes);
	for (; !r && *rest; rest += bytes) {
		rest += strspn(rest, "/");
		bytes = strcspn(rest, "/");
		if (bytes == 2 && !memcmp(rest, "..", 2))
			break;
		if (bytes && !(bytes == 1 && *rest == '.'))
			r = add(result, &used, rest, bytes);
	}
	return r;
}

bool fst_name_append_plain(char name[PATH_MAX], size_t used, const char *path, bool *ret_slash)
{
	*ret_slash = false;
	for (size_t bytes; *path; path += bytes) {
		path += strspn(path, "/");
		bytes = strcspn(path, "/");
		if (bytes == 2 && path[0] == '.' && path[1] == '.')
			return false;
		*ret_slash = !bytes || (bytes == 1 && path[0] == '.');
		if (*ret_slash)
			continue;
		if (used + 1 + bytes + 1 >= PATH_MAX)
			return false;
		name[used++] = '/';
		memcpy(name + used, path, bytes);
		used += bytes;
		*ret_slash = path[bytes] == '/';
	}
	name[used] = '\0';
	return used;
}
