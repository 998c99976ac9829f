/* SPDX-License-Identifier: MIT */
/*
 * Opens of plain names: "/a/b", or "b" below what is called so, without "..". Such a name is the object's own where no
 * link is on its way, and only the kernel can say so when it counts: it gets the name with RESOLVE_NO_SYMLINKS, and
 * answers ELOOP where there is one. Then the stub makes the program's call once more, and that is walked. Decides which
 * names are worth that; and remembers where links were, for they are there most often the next time.
 */
#include <string.h>

#include <linux/openat2.h>

#include <tracer/paths/paths.h>

/* ---- names ------------------------------------------------------------------------------------------------------ */

/* What was deleted has a name that is another one's by now, or nobody's. */
static bool find_start(const struct fst_walker *walker, int fd, char name[PATH_MAX], size_t *ret_used)
{
	static const char mark[] = " (deleted)";
	const size_t mark_bytes = sizeof(mark) - 1;

	if (fst_name_of(walker, fd, name) || name[0] != '/')
		return false;
	*ret_used = name[1] ? strlen(name) : 0;
	return *ret_used < mark_bytes || memcmp(name + *ret_used - mark_bytes, mark, mark_bytes) != 0;
}

static bool find_name(const struct fst_walker *walker, const struct fst_walk *walk, char name[PATH_MAX])
{
	size_t used = 0;

	if (walk->path[0] != '/' && !find_start(walker, walk->start_fd, name, &used))
		return false;
	return fst_name_append_plain(name, used, walk->path);
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
	const char *path = p->walk.path, *found = p->found.canonical;
	uint32_t whole, directory;
	size_t bytes;

	if (path[0] != '/' || p->path->target != FST_TARGET_OPEN)
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

bool fst_plain_take(struct fst_paths *paths, const struct fst_gathered *g, struct fst_gathered_path *p)
{
	struct fst_found *f = &p->found;

	fst_mounts_look_for_changes(&paths->walker);
	if (!fst_commit_may_openat2(paths, g, p) || p->walk.resolve || !fst_pin_can_retry(&g->pin) ||
	    g->pin.thread->retried || !find_name(&paths->walker, &p->walk, f->canonical) ||
	    had_links(paths, f->canonical) ||
	    !fst_mounts_know_names(&paths->walker, f->canonical))
		return false;
	fst_name_stands(f);
	return true;
}
