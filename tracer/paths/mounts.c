/* SPDX-License-Identifier: MIT */
/*
 * Which mounts never make anybody wait: those of file systems that the kernel answers for; and below which a file has
 * the name that it is looked up by, and no other. What was mounted a moment ago is not known yet, and asked somewhere
 * else. Does not know what is asked.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
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

/* A name that does not fit, or has letters that are written otherwise there, stands for all. */
static void add_strange(struct fst_walker *walker, const char *point)
{
	if (walker->strange_count == FST_STRANGE_MAX || strlen(point) >= FST_STRANGE_BYTES || strchr(point, '\\') ||
	    !strcmp(point, "/"))
		walker->all_strange = true;
	else
		memcpy(walker->strange[walker->strange_count++], point, strlen(point) + 1);
}

/* 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue: proc(5) */
static void read_line(struct fst_walker *walker, const char *line)
{
	const char *dash = strstr(line, " - ");
	char type[32], point[PATH_MAX];
	unsigned long id;

	if (!dash || sscanf(line, "%lu %*s %*s %*s %4095s", &id, point) != 2 || sscanf(dash + 3, "%31s", type) != 1) {
		walker->all_strange = true;
		return;
	}
	if (!is_local(type) || strstr(dash, "casefold"))
		add_strange(walker, point);
	if (!is_local(type))
		return;
	if (walker->local_count < FST_LOCAL_MAX)
		walker->local[walker->local_count++] = id;
}

void fst_mounts_read(struct fst_walker *walker)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[8192];

	walker->local_count = walker->strange_count = 0;
	walker->all_strange = !file;
	while (file && fgets(line, sizeof(line), file))
		read_line(walker, line);
	if (file)
		fclose(file);
}

/* A change shows once: proc(5), /proc/PID/mounts. */
void fst_mounts_look_for_changes(struct fst_walker *walker)
{
	struct pollfd changed = { .fd = walker->fd_mounts, .events = POLLPRI };
	int64_t now_ns = fst_walk_now_ns();

	if (now_ns - walker->mounts_looked_ns < FST_MOUNTS_NS)
		return;
	walker->mounts_looked_ns = now_ns;
	if (walker->fd_mounts < 0 || poll(&changed, 1, 0))
		fst_mounts_read(walker);
}

bool fst_mounts_know_names(const struct fst_walker *walker, const char *path)
{
	for (unsigned i = 0; i < walker->strange_count; i++) {
		size_t bytes = strlen(walker->strange[i]);

		if (!strncmp(path, walker->strange[i], bytes) && (path[bytes] == '/' || !path[bytes]))
			return false;
	}
	return !walker->all_strange;
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
