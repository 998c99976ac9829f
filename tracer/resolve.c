/* SPDX-License-Identifier: MIT */
/*
 * Where the paths of rules lead when a session starts, and whether what they name has other names there: in directories
 * where upper and lower case are alike. Knows no policy.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/fs.h>

#include <flagstop/session.h>
#include <tracer/resolve.h>

#ifndef FS_CASEFOLD_FL
#define FS_CASEFOLD_FL 0x40000000 /* since 5.4 */
#endif

/* The end of what is before the last name, without the slashes between; 0: nothing is. */
static size_t cut_name(const char *path, size_t bytes)
{
	while (bytes && path[bytes - 1] != '/')
		bytes--;
	while (bytes && path[bytes - 1] == '/')
		bytes--;
	return bytes;
}

const char *flagstop_path_resolve(const char *path, void *buffer)
{
	char there[PATH_MAX], *resolved = buffer;
	size_t bytes = strlen(path), whole = bytes;

	if (bytes >= sizeof(there) || *path != '/')
		return NULL;
	memcpy(there, path, bytes + 1);
	while (bytes && !realpath(there, resolved)) {
		if (errno != ENOENT)
			return NULL;
		bytes = cut_name(path, bytes);
		there[bytes] = '\0';
	}
	if (!bytes)
		return NULL;
	size_t used = strlen(resolved);
	used -= resolved[used - 1] == '/' && bytes < whole;
	if (used + (whole - bytes) >= PATH_MAX)
		return NULL;
	memcpy(resolved + used, path + bytes, whole - bytes + 1);
	return resolved;
}

/* Whole file systems that are so, or may be: fat, exfat, ntfs, hfs, smb (linux/magic.h, and their own fs/...). */
static bool is_of_fold(unsigned long type)
{
	static const unsigned types[] = { 0x4d44, 0x2011bab0, 0x5346544e, 0x7366746e, 0x4244,
					  0x482b, 0xff534d42, 0xfe534d42, 0x517b };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if ((unsigned)type == types[i])
			return true;
	return false;
}

/* What cannot be opened is taken to tell them apart, as most do. */
static bool folds(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
	struct statfs fs;
	unsigned flags = 0;

	if (fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags))
		flags = 0;
	if (fd >= 0)
		close(fd);
	return flags & FS_CASEFOLD_FL || (!statfs(directory, &fs) && is_of_fold((unsigned long)fs.f_type));
}

bool fst_path_folds(const char *path, bool itself, void *context)
{
	char directory[PATH_MAX];
	size_t bytes = strlen(path);

	(void)context;
	if (bytes >= sizeof(directory))
		return false;
	memcpy(directory, path, bytes + 1);
	if (!strcmp(path, "/"))
		return itself && folds(path);
	for (bool below = itself; bytes; below = true) {
		if (below && folds(directory))
			return true;
		bytes = cut_name(directory, bytes);
		directory[bytes] = '\0';
	}
	return folds("/");
}
