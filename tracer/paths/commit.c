/* SPDX-License-Identifier: MIT */
/*
 * What the kernel reads in the place of the program's memory. Decides in which form it gets a path that was judged, so
 * that it can act on nothing else:
 *
 *     opens      openat2() of the canonical name, with RESOLVE_NO_SYMLINKS: the kernel goes by those names alone;
 *                where it finds a link, of which nobody knew (plain.c) or that is new, the call comes back
 *     the rest   /proc/HOLDER/fd/N, which is the object itself; or with a name behind it that is not followed
 *     kept       the name, where no tracee can make it lead elsewhere (kept.h)
 *     exec       the canonical name, since a handle would show; what came of it is looked at (exec.c)
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/openat2.h>
#include <talloc.h>

#include <filters/bpf/window.h>
#include <tracer/paths/paths.h>
#include <tracer/space.h>

/* What open(2) does not ignore, which is the same in all ABIs: VALID_OPEN_FLAGS, include/linux/fcntl.h, 6.18. */
#define OPEN_FLAGS UINT64_C(0x7fffc3)
#define HOW_BYTES 24

static bool is_exec(const struct fst_gathered_path *p)
{
	return p->path->intent & FST_INTENT_EXECUTES;
}

/* ---- handles ---------------------------------------------------------------------------------------------------- */

/* The descriptor becomes the thread's: the tracee reaches it as long as the call can come. */
static int keep_handle(struct fst_paths_thread *thread, struct fst_gathered_path *p)
{
	int fd = p->found.fd;

	thread->handles[thread->handle_count++] = fd;
	p->found.fd = -1;
	return fd;
}

/* Not where it would be written to: what may be done to a link is not the same in all file systems. */
bool fst_commit_takes_links(const struct fst_gathered_path *p)
{
	return p->path->target == FST_TARGET_OBJECT && !p->follows && p->path->follow == FST_FOLLOW_UNLESS &&
		p->path->flags >= 0 && p->path->intent == FST_INTENT_READS;
}

int fst_commit_name_entry(const struct fst_paths *paths, const struct fst_found *found, char *to, size_t size)
{
	return snprintf(to, size, "/proc/%d/fd/%d/%s%s", (int)paths->setup.holder->pid, found->fd, found->name,
			found->slash ? "/" : "");
}

static void write_handle(const struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g,
			 struct fst_gathered_path *p, char *to, size_t size)
{
	const struct fst_found *f = &p->found;
	int used = snprintf(to, size, "/proc/%d/fd/%d", (int)paths->setup.holder->pid, p->found.fd);

	if (f->kind == FST_FOUND_ENTRY)
		fst_commit_name_entry(paths, f, to, size);
	else if (fst_commit_takes_links(p))
		fst_pin_set(&g->pin, (unsigned)p->path->flags, g->call.args[p->path->flags] & ~p->path->follow_bit);
	else if (!p->follows) /* a slash made it followed: then it is a directory, and must be entered */
		snprintf(to + used, size - (size_t)used, "/.");
	keep_handle(thread, p);
}

/* ---- opens ------------------------------------------------------------------------------------------------------ */

/* A creating open of what was not there must not follow what has come there since. */
static uint64_t flags_by_handle(const struct fst_gathered_path *p)
{
	const uint64_t no_follow = p->path->follow_bit;

	if (p->found.kind == FST_FOUND_OBJECT)
		return p->open_flags & ~no_follow;
	return p->found.error == -ENOENT ? p->open_flags | no_follow : p->open_flags;
}

static void write_how(struct fst_gathered *g, int argument, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	const uint64_t how[] = { flags, mode, resolve };

	_Static_assert(sizeof(how) == HOW_BYTES, "struct open_how");
	memcpy(fst_pin_struct(&g->pin, argument), how, sizeof(how));
}

static int argument_of(const struct fst_gathered *g, enum flagstop_arg_role role, int otherwise)
{
	const struct flagstop_arg *args = NULL;
	unsigned count = flagstop_call_args(g->index, g->abi, &args);

	for (unsigned i = 0; i < count; i++)
		if (args[i].role == role)
			return (int)i;
	return otherwise;
}

/* As open(2) becomes openat2(2) in the kernel: build_open_how, fs/open.c, 6.18. */
static void write_openat2(const struct fst_paths *paths, struct fst_gathered *g, struct fst_gathered_path *p)
{
	const uint64_t path_flags = FST_OPEN_PATH | O_DIRECTORY | O_CLOEXEC | p->path->follow_bit;
	const uint64_t makes = FST_OPEN_CREAT | (O_TMPFILE & ~O_DIRECTORY);
	uint64_t flags = p->open_flags, mode = g->how.mode;
	char *to = fst_pin_string(&g->pin, 0, 1);

	if (!g->has_how) {
		int at = argument_of(g, FLAGSTOP_ROLE_MODE, -1);

		flags &= flags & FST_OPEN_PATH ? path_flags : OPEN_FLAGS;
		mode = flags & makes && at >= 0 ? g->call.args[at] & 07777 : 0;
	}
	snprintf(to, PATH_MAX, "%s%s", p->found.canonical, p->is_plain && p->found.slash ? "/" : "");
	write_how(g, 2, flags, mode, RESOLVE_NO_SYMLINKS | (g->how.resolve & RESOLVE_CACHED));
	if (!fst_pin_first_is_hidden(&g->pin)) /* else it is that already */
		fst_pin_set(&g->pin, 0, (uint64_t)AT_FDCWD);
	fst_pin_set(&g->pin, 3, HOW_BYTES);
	fst_pin_number(&g->pin, paths->openat2_nr[g->abi]);
}

bool fst_commit_may_openat2(const struct fst_paths *paths, const struct fst_gathered *g,
			    const struct fst_gathered_path *p)
{
	uint64_t large_file = g->has_how ? 0 : paths->large_file[g->abi];

	/* A first argument that is hidden cannot be made what the filters were asked about. */
	if (fst_pin_first_is_hidden(&g->pin) && (int)g->call.args[0] != AT_FDCWD)
		return false;
	/* A filter of the program's own would be asked about another call than it made. */
	return p->path->target == FST_TARGET_OPEN && paths->setup.may_openat2 >> g->abi & 1 &&
		paths->openat2_nr[g->abi] && !g->pin.thread->space->filtered &&
		(p->open_flags & large_file) == large_file;
}

static void write_open(const struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g,
		       struct fst_gathered_path *p)
{
	if (p->found.by_name && fst_commit_may_openat2(paths, g, p)) {
		write_openat2(paths, g, p);
		/* One that was walked meets a link only if that has come since. */
		if (p->is_plain || (p->follows && fst_pin_can_retry(&g->pin)))
			fst_pin_retry(&g->pin);
		return;
	}
	if (p->is_kept) {
		snprintf(fst_pin_string(&g->pin, 0, p->path->argument), PATH_MAX, "%s", p->found.canonical);
		if (g->has_how)
			write_how(g, 2, g->how.flags, g->how.mode, g->how.resolve);
		return;
	}
	uint64_t flags = flags_by_handle(p);
	write_handle(paths, thread, g, p, fst_pin_string(&g->pin, 0, p->path->argument), PATH_MAX);
	if (p->path->flags >= 0 && flags != p->open_flags)
		fst_pin_set(&g->pin, (unsigned)p->path->flags, flags);
	if (g->has_how) /* the way to a handle is a magic link */
		write_how(g, 2, flags, g->how.mode, g->how.resolve & RESOLVE_CACHED);
}

/* Its arguments: the structure, and how long it is. */
static void write_clone(struct fst_paths *paths, struct fst_gathered *g)
{
	uint64_t flags;

	memcpy(&flags, g->clone, sizeof(flags));
	if (fst_window_shares_directories(flags))
		fst_paths_share(paths);
	memcpy(fst_pin_struct(&g->pin, 0), g->clone, g->clone_bytes);
	fst_pin_set(&g->pin, 1, g->clone_bytes);
}

/* ---- all of it -------------------------------------------------------------------------------------------------- */

static void await_exec(struct fst_paths *paths, struct fst_paths_thread *thread, const struct fst_gathered *g,
		       const struct fst_gathered_path *p)
{
	struct fst_found seen;
	bool is_seen = p->found.kind == FST_FOUND_OBJECT && !fst_paths_look(paths, p->found.fd, false, &seen);

	/* What is not there is not executed; what comes there since is not what is expected. */
	thread->executes = true;
	thread->exec_device = is_seen ? seen.device : 0;
	thread->exec_inode = is_seen ? seen.inode : 0;
	thread->exec_call = g->call;
	talloc_free(thread->exec_given);
	thread->exec_given = talloc_strdup(paths, p->is_descriptor ? "" : p->walk.path);
}

int fst_commit_path(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g, unsigned slot,
		    char *to, size_t size)
{
	struct fst_gathered_path *p = &g->paths[slot];

	if (p->is_descriptor) {
		to[0] = '\0';
		if (is_exec(p))
			await_exec(paths, thread, g, p);
	} else if (p->is_kept) {
		snprintf(to, size, "%s", p->found.canonical);
	} else if (is_exec(p) && p->found.by_name) {
		await_exec(paths, thread, g, p);
		snprintf(to, size, "%s", p->found.canonical);
	} else {
		write_handle(paths, thread, g, p, to, size);
	}
	return 0;
}

void fst_paths_commit(struct fst_paths *paths, struct fst_paths_thread *thread)
{
	struct fst_gathered *g = thread->pending;
	struct fst_pin pin;

	for (unsigned i = 0; i < g->path_count && !g->has_address; i++) {
		struct fst_gathered_path *p = &g->paths[i];

		if (!p->path)
			continue;
		if (p->path->target == FST_TARGET_OPEN)
			write_open(paths, thread, g, p);
		else
			fst_commit_path(paths, thread, g, i, fst_pin_string(&g->pin, i, p->path->argument), PATH_MAX);
	}
	if (g->has_how && !g->path_count)
		write_how(g, 2, g->how.flags, g->how.mode, g->how.resolve);
	if (g->clone_bytes)
		write_clone(paths, g);
	if (g->has_mapping)
		memcpy(fst_pin_struct(&g->pin, 0), g->mapping, sizeof(g->mapping));
	if (g->has_address)
		fst_commit_address(paths, thread, g);
	if (g->is_carried)
		fst_pin_become(&g->pin, &g->call);
	pin = g->pin;
	fst_paths_drop(paths, thread);
	fst_pin_commit(&pin); /* gone is as good */
}
