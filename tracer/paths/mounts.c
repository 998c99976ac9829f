/* SPDX-License-Identifier: MIT */
/*
 * Which mounts never make anybody wait: those of file systems that the kernel answers for. What comes later is not
 * known, and asked somewhere else. Does not know what is asked.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tracer/paths/walk.h>

static bool is_local(const char *type)
{
	static const char *const types[] = { "ext2", "ext3", "ext4", "xfs", "btrfs", "f2fs",
					     "tmpfs", "zfs", "devtmpfs", "erofs", "overlay", "squashfs" };

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

/* 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw: proc(5); spaces in names are written otherwise */
static bool read_line(const char *line, uint64_t *ret_id)
{
	const char *dash = strstr(line, " - ");
	unsigned long id;
	char type[32];

	if (!dash || sscanf(line, "%lu", &id) != 1 || sscanf(dash + 3, "%31s", type) != 1 || !is_local(type))
		return false;
	*ret_id = id;
	return true;
}

void fst_mounts_read(struct fst_walker *walker)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[8192];

	walker->local_count = 0;
	while (file && walker->local_count < FST_LOCAL_MAX && fgets(line, sizeof(line), file))
		walker->local_count += read_line(line, &walker->local[walker->local_count]);
	if (file)
		fclose(file);
}

/* By its descriptor: statx(2) tells since 5.8, /proc since 3.15. */
static bool read_id_from_proc(int fd, uint64_t *ret_id)
{
	char name[40], text[256];

	snprintf(name, sizeof(name), "/proc/self/fdinfo/%d", fd);
	int info = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t bytes = info < 0 ? -1 : read(info, text, sizeof(text) - 1);
	if (info >= 0)
		close(info);
	text[bytes < 0 ? 0 : bytes] = '\0';
	const char *at = strstr(text, "\nmnt_id:");
	return at && sscanf(at, " mnt_id: %" SCNu64, ret_id) == 1;
}

bool fst_mounts_id(int fd, uint64_t *ret_id)
{
	struct statx at;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &at) || !(at.stx_mask & STATX_MNT_ID))
		return read_id_from_proc(fd, ret_id);
	*ret_id = at.stx_mnt_id;
	return true;
}

bool fst_mounts_is_local(const struct fst_walker *walker, int fd)
{
	uint64_t id;

	if (!fst_mounts_id(fd, &id))
		return false;
	for (unsigned i = 0; i < walker->local_count; i++)
		if (walker->local[i] == id)
			return true;
	return false;
}
