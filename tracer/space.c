/* SPDX-License-Identifier: MIT */
/*
 * Reads what the kernel says of a process. Believes no address: a chunk is there if its segment is mapped as it must
 * be.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <talloc.h>

#include <tracer/proc.h>
#include <tracer/space.h>

/* ---- status ----------------------------------------------------------------------------------------------------- */

struct status {
	pid_t tgid;
	unsigned filters;
	bool has_filters;
};

static int read_status(pid_t tid, struct status *ret_status)
{
	char text[8192];
	int r = fst_proc_text(tid, "status", text, sizeof(text));

	if (r)
		return r;
	*ret_status = (struct status){
		.tgid = (pid_t)fst_proc_number(text, "Tgid", 10, 0),
		.has_filters = fst_proc_field(text, "Seccomp_filters"), /* 5.9 */
		.filters = (unsigned)fst_proc_number(text, "Seccomp_filters", 10, 0),
	};
	return ret_status->tgid ? 0 : -ESRCH;
}

/* ---- maps ------------------------------------------------------------------------------------------------------- */

/*
 * One mapping: 6fff00000000-6fff000c1000 r-xs 00000000 00:01 32769    /SYSV00000000 (deleted)
 * A segment's number is its inode, in a file system that nobody can mount (ipc/shm.c, newseg).
 */
struct mapping {
	uint64_t start, end, offset;
	unsigned long inode;
	char flags[5], device[16];
};

typedef void on_mapping(const struct mapping *mapping, void *context);

/* Lines are far shorter than the buffer but for their names, which may be cut. */
static void read_lines(int fd, on_mapping *on, void *context)
{
	char text[8192];
	size_t kept = 0;
	ssize_t bytes;

	while ((bytes = read(fd, text + kept, sizeof(text) - 1 - kept)) > 0) {
		char *line = text, *end;
		struct mapping m;

		text[kept + (size_t)bytes] = '\0';
		for (; (end = strchr(line, '\n')); line = end + 1)
			if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %15s %lu", &m.start, &m.end, m.flags,
				   &m.offset, m.device, &m.inode) == 6)
				on(&m, context);
		kept = strlen(line);
		memmove(text, line, kept + 1);
	}
}

static int read_maps(pid_t tid, on_mapping *on, void *context)
{
	int fd = fst_proc_open(tid, "maps", O_RDONLY);

	if (fd < 0)
		return fd;
	read_lines(fd, on, context);
	close(fd);
	return 0;
}

struct look {
	const struct fst_spaces *spaces;
	const struct fst_window *window;
	uint8_t mapped[FST_WINDOW_VIEWS];
};

static void note_chunk_in(struct look *look, const struct mapping *m, unsigned view, unsigned chunk)
{
	uint64_t address = fst_window_chunk_address(look->window, view, chunk);

	if (address && m->start == address && m->end == address + fst_window_chunk_bytes(look->window, chunk) &&
	    !m->offset && m->inode == fst_window_chunk_id(look->window, chunk) && !strcmp(m->flags, "r-xs") &&
	    !strcmp(m->device, look->spaces->device))
		look->mapped[view] |= (uint8_t)(1u << chunk);
}

static void note_chunk(const struct mapping *m, void *context)
{
	struct look *look = context;

	for (unsigned view = 0; view < FST_WINDOW_VIEWS; view++)
		for (unsigned i = 0; i < fst_window_chunk_count(look->window); i++)
			note_chunk_in(look, m, view, i);
}

int fst_space_look_at_maps(const struct fst_spaces *spaces, struct fst_space *space, const struct fst_window *window,
			   pid_t tid)
{
	struct look look = { .spaces = spaces, .window = window };
	int r = read_maps(tid, note_chunk, &look);

	for (unsigned view = 0; view < FST_WINDOW_VIEWS; view++)
		space->mapped[view] = r ? 0 : look.mapped[view];
	return r;
}

struct own_look {
	uint64_t here;
	char *device;
};

static void note_device(const struct mapping *m, void *context)
{
	struct own_look *look = context;

	if (m->start == look->here)
		memcpy(look->device, m->device, sizeof(m->device));
}

int fst_spaces_init(struct fst_spaces *spaces, const struct fst_window *window, size_t programs)
{
	struct own_look look = { fst_window_chunk_here(window, 0), spaces->device };
	struct status own;
	int r = read_status(getpid(), &own);

	if (!r)
		r = read_maps(getpid(), note_device, &look);
	if (!r && own.has_filters)
		spaces->filters = own.filters + (unsigned)programs;
	return r || !*spaces->device ? -EACCES : 0;
}

/* ---- spaces ----------------------------------------------------------------------------------------------------- */

struct fst_space *fst_spaces_find(const struct fst_spaces *spaces, pid_t tgid)
{
	struct fst_space *space = NULL;

	HASH_FIND_INT(spaces->all, &tgid, space);
	return space;
}

static struct fst_space *add(struct fst_spaces *spaces, void *parent, pid_t tgid)
{
	struct fst_space *space = talloc_zero(parent, struct fst_space);

	if (!space)
		return NULL;
	space->tgid = tgid;
	HASH_ADD_INT(spaces->all, tgid, space);
	if (space->unhashed) {
		talloc_free(space);
		return NULL;
	}
	return space;
}

struct fst_space *fst_spaces_get(struct fst_spaces *spaces, void *parent, pid_t tid)
{
	struct fst_space *space;
	struct status status;

	if (read_status(tid, &status))
		return NULL;
	space = fst_spaces_find(spaces, status.tgid);
	if (!space)
		space = add(spaces, parent, status.tgid);
	if (space)
		space->threads++;
	return space;
}

void fst_spaces_put(struct fst_spaces *spaces, struct fst_space *space)
{
	if (!space || --space->threads)
		return;
	HASH_DEL(spaces->all, space);
	talloc_free(space);
}

int fst_space_look(const struct fst_spaces *spaces, struct fst_space *space, const struct fst_window *window,
		   pid_t tid)
{
	struct status status;
	int r;

	if (space->looked)
		return 0;
	r = read_status(tid, &status);
	if (r)
		return r;
	space->filtered |= spaces->filters ? status.filters != spaces->filters : spaces->any_was_filtered;
	r = fst_space_look_at_maps(spaces, space, window, tid);
	space->looked = !r;
	return r;
}
