/* SPDX-License-Identifier: MIT */
/*
 * Opens of plain names: "/a/b", or "b" below what is called so, without "..". Such a name is the object's own where no
 * link is on its way, and only the kernel can say so when it counts: it gets the name with RESOLVE_NO_SYMLINKS, and
 * answers ELOOP where there is one. Then the stub makes the program's call once more, and that is walked. Decides which
 * names are worth that; and remembers where links were, for they are there most often the next time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <tracer/paths/paths.h>

/* ---- names ------------------------------------------------------------------------------------------------------ */

/* Of where a relative path begins. */
static int name_of_start(struct fst_paths *paths, struct fst_paths_thread *thread, const struct fst_gathered *g,
			 const struct fst_path *path, char name[PATH_MAX])
{
	int fd = path->dirfd < 0 ? AT_FDCWD : (int)g->call.args[path->dirfd];
	bool is_kept;
	char link[40];

	if (fd != AT_FDCWD) {
		snprintf(link, sizeof(link), "%d/fd/%d", (int)thread->tid, fd);
		return fst_name_read(paths->fd_proc, link, name);
	}
	fd = fst_paths_cwd(paths, thread, &is_kept);
	if (fd < 0)
		return -errno;
	int r = fst_name_of(&paths->walker, fd, name);
	if (!is_kept)
		close(fd);
	return r;
}

static bool find_name(struct fst_paths *paths, struct fst_paths_thread *thread, const struct fst_gathered *g,
		      struct fst_gathered_path *p)
{
	struct fst_found *f = &p->found;
	size_t used = 0;

	if (p->walk.path[0] != '/') {
		if (name_of_start(paths, thread, g, p->path, f->canonical) || f->canonical[0] != '/' ||
		    fst_name_is_deleted(f->canonical))
			return false;
		used = f->canonical[1] ? strlen(f->canonical) : 0;
	}
	return fst_name_append_plain(f->canonical, used, p->walk.path, &f->slash);
}

/* ---- where links were ------------------------------------------------------------------------------------------- */

static uint32_t hash(const char *name, size_t bytes)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < bytes; i++)
		h = (h ^ (unsigned char)name[i]) * 16777619u;
	return h ? h : 1;
}

static uint32_t *place_of(struct fst_paths *paths, uint32_t h)
{
	return &paths->linked[h % FST_LINKED_MAX];
}

/* With the last slash. */
static size_t directory_bytes(const char *name)
{
	return (size_t)(strrchr(name, '/') - name) + 1;
}

static bool had_links(struct fst_paths *paths, const char *name)
{
	uint32_t whole = hash(name, strlen(name)), directory = hash(name, directory_bytes(name));

	return *place_of(paths, whole) == whole || *place_of(paths, directory) == directory;
}

/* Of a link in the last place others in its directory know nothing. */
void fst_plain_note(struct fst_paths *paths, const struct fst_gathered_path *p)
{
	const char *found = p->found.canonical;
	uint32_t whole, directory;
	char path[PATH_MAX];
	size_t bytes;
	bool unused;

	if (p->walk.path[0] != '/' || p->path->target != FST_TARGET_OPEN ||
	    !fst_name_append_plain(path, 0, p->walk.path, &unused))
		return;
	bytes = directory_bytes(path);
	whole = hash(path, strlen(path));
	directory = hash(path, bytes);
	if (!strcmp(path, found)) {
		*place_of(paths, whole) = *place_of(paths, directory) = 0;
	} else if (found[0] == '/') {
		bool same = directory_bytes(found) == bytes && !memcmp(path, found, bytes);
		uint32_t h = same ? whole : directory;

		*place_of(paths, h) = h;
	}
}

/* ---- both ------------------------------------------------------------------------------------------------------- */

bool fst_plain_take(struct fst_paths *paths, struct fst_paths_thread *thread, const struct fst_gathered *g,
		    struct fst_gathered_path *p)
{
	struct fst_found *f = &p->found;

	fst_mounts_look_for_changes(&paths->walker);
	if (!fst_commit_may_openat2(paths, g, p) || p->walk.resolve || !fst_pin_can_guess(&g->pin) ||
	    g->pin.thread->retried)
		return false;
	fst_name_stands(f);
	return find_name(paths, thread, g, p) && !had_links(paths, f->canonical) &&
		fst_mounts_know_names(&paths->walker, f->canonical);
}
