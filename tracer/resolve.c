/* SPDX-License-Identifier: MIT */
/* Where the paths of rules lead when a session starts. Knows no policy. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <flagstop/session.h>

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
