/* SPDX-License-Identifier: MIT */
/* Decides which names are kept, and for how long. Knows no policy, and no tracee. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/openat2.h>
#include <talloc.h>

#undef HASH_NONFATAL_OOM
#undef uthash_nonfatal_oom
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(item) ((item)->unhashed = true)
#include <uthash.h>

#include <tracer/paths/kept.h>

/* A name that is kept; or, with a slash at its end, a directory that was looked at. */
struct name {
	bool unhashed;
	bool is_good;
	int64_t looked_ns;
	UT_hash_handle hh;
	char text[];
};

struct fst_kept {
	const struct fst_walker *walker;
	struct name *names;
};

/* Any right at all: some of them change root's files, and with others these can be had. */
static bool has_rights(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct d[2];
	uid_t real, effective, saved;

	if (getresuid(&real, &effective, &saved) || !real || !effective || !saved || syscall(SYS_capget, &head, d))
		return true;
	return d[0].permitted | d[1].permitted | d[0].inheritable | d[1].inheritable;
}

struct fst_kept *fst_kept_new(void *parent, const struct fst_walker *walker)
{
	struct fst_kept *kept = has_rights() || !walker->has_cached ? NULL : talloc_zero(parent, struct fst_kept);

	if (kept)
		kept->walker = walker;
	return kept;
}

static struct name *find(const struct fst_kept *kept, const char *text, size_t bytes, int64_t now_ns)
{
	struct name *name = NULL;

	HASH_FIND(hh, kept->names, text, bytes, name);
	return name && now_ns - name->looked_ns < FST_KEPT_NS ? name : NULL;
}

static void forget_all(struct fst_kept *kept)
{
	struct name *name, *next;

	HASH_ITER(hh, kept->names, name, next)
	{
		HASH_DEL(kept->names, name);
		talloc_free(name);
	}
}

static struct name *add(struct fst_kept *kept, const char *text, size_t bytes)
{
	struct name *name = talloc_zero_size(kept, sizeof(*name) + bytes);

	if (!name)
		return NULL;
	memcpy(name->text, text, bytes);
	HASH_ADD(hh, kept->names, text, bytes, name);
	if (!name->unhashed)
		return name;
	talloc_free(name);
	return NULL;
}

static void remember(struct fst_kept *kept, const char *text, size_t bytes, bool is_good, int64_t now_ns)
{
	struct name *name = NULL;

	HASH_FIND(hh, kept->names, text, bytes, name);
	if (!name && HASH_COUNT(kept->names) >= FST_KEPT_MAX)
		forget_all(kept);
	if (!name)
		name = add(kept, text, bytes);
	if (!name)
		return;
	name->is_good = is_good;
	name->looked_ns = now_ns;
}

/* Of another file system the owner and the mode may be anything. An ACL shows in the group's bits: acl(5). */
static bool is_roots_alone(const struct fst_kept *kept, const char *path)
{
	int fd = fst_openat2(AT_FDCWD, path, O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS | RESOLVE_CACHED);
	struct stat at;
	bool is_so = fd >= 0 && fst_mounts_is_local(kept->walker, fd) && !fstat(fd, &at) && !at.st_uid &&
		!(at.st_mode & (S_IWGRP | S_IWOTH));

	if (fd >= 0)
		close(fd);
	return is_so;
}

/* `bytes` of a canonical path, up to and with a slash: that directory, and those above. */
static bool is_safe_directory(struct fst_kept *kept, const char *path, size_t bytes, int64_t now_ns)
{
	const struct name *known = find(kept, path, bytes, now_ns);
	char text[PATH_MAX];
	size_t above = bytes - 1;

	if (known)
		return known->is_good;
	while (above && path[above - 1] != '/')
		above--;
	memcpy(text, path, bytes);
	text[bytes] = '\0';
	bool is_safe = (!above || is_safe_directory(kept, path, above, now_ns)) && is_roots_alone(kept, text);
	remember(kept, path, bytes, is_safe, now_ns);
	return is_safe;
}

bool fst_kept_has(const struct fst_kept *kept, const char *path, int64_t now_ns)
{
	const struct name *name = kept ? find(kept, path, strlen(path), now_ns) : NULL;
	size_t bytes = strlen(path);

	return name && name->is_good && path[bytes - 1] != '/';
}

bool fst_kept_has_directory(struct fst_kept *kept, const char *path, int64_t now_ns)
{
	size_t bytes = (size_t)(strrchr(path, '/') - path);

	while (bytes && path[bytes - 1] != '/')
		bytes--;
	return kept && (!bytes || is_safe_directory(kept, path, bytes, now_ns));
}

/* Where it is not known that a link would have been followed. */
static bool is_link(int fd)
{
	struct statx at;

	return statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE, &at) || S_ISLNK(at.stx_mode);
}

void fst_kept_note(struct fst_kept *kept, const struct fst_walk *walk, const struct fst_found *found, int64_t now_ns)
{
	const char *path = walk->path;

	if (!kept || found->kind != FST_FOUND_OBJECT || found->error || !found->by_name || path[0] != '/' || !path[1] ||
	    strcmp(path, found->canonical))
		return;
	size_t directory = (size_t)(strrchr(path, '/') - path) + 1;
	if (is_safe_directory(kept, path, directory, now_ns) && (walk->follow || !is_link(found->fd)))
		remember(kept, path, strlen(path), true, now_ns);
}
