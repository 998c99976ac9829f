/* SPDX-License-Identifier: MIT */
/*
 * Finds out what a call's arguments point to. Decides what the kernel would make of them for this call, up to where it
 * would act; refuses to know what the policy makes of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/openat2.h>
#include <talloc.h>

#include <tracer/paths/paths.h>

#define HOW_BYTES 24              /* OPEN_HOW_SIZE_VER0, which is the latest: include/uapi/linux/openat2.h, 6.18 */
#define CLONE_ARGS_LEAST_BYTES 64 /* CLONE_ARGS_SIZE_VER0: include/uapi/linux/sched.h, 6.18 */
#define STRUCT_MAX_BYTES 4096     /* what the kernel takes: a page */

static int cannot(struct fst_gathered *g, const char *reason)
{
	g->reason = reason;
	return -EACCES;
}

/* What the kernel would answer stays; that we cannot know is a refusal. */
static int of_memory(struct fst_gathered *g, int r)
{
	if (r == -ETIMEDOUT)
		return cannot(g, "its memory does not come in time");
	if (r == -EACCES || r == -EPERM)
		return cannot(g, "its memory may not be read");
	return r;
}

/* ---- walking with its rights ------------------------------------------------------------------------------------ */

static int know_rights(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g)
{
	int r;

	if (thread->creds)
		return 0;
	thread->creds = talloc(paths, struct fst_creds);
	if (!thread->creds)
		return cannot(g, "no memory");
	r = fst_creds_read(thread->tid, thread->creds);
	if (r) {
		TALLOC_FREE(thread->creds);
		return r == -ESRCH ? r : cannot(g, "its rights cannot be told");
	}
	thread->is_alien = !fst_creds_are_same(thread->creds, &paths->own);
	return 0;
}

/* Where a relative path begins: -1 is nowhere; *ret_fd stays open until the walk is over, and longer if it is kept. */
static int open_start(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g,
		      const struct fst_path *path, int *ret_fd, bool *ret_is_kept)
{
	int fd = path->dirfd < 0 ? AT_FDCWD : (int)g->call.args[path->dirfd];
	char name[40];

	*ret_is_kept = false;
	if (fd == AT_FDCWD) {
		*ret_fd = fst_paths_cwd(paths, thread, ret_is_kept);
	} else if (fd >= 0) {
		snprintf(name, sizeof(name), "%d/fd/%d", (int)thread->tid, fd);
		*ret_fd = openat(paths->fd_proc, name, O_PATH | O_CLOEXEC);
	} else {
		return -EBADF;
	}
	if (*ret_fd >= 0)
		return 0;
	if (errno == ENOENT)
		return -EBADF;
	if (errno == EACCES)
		return cannot(g, "it is not dumpable, so that its directories cannot be looked at");
	return cannot(g, "its directories cannot be looked at");
}

/* An exec is looked at afterwards, and has its object for that; an address has little room. */
static bool may_be_kept(const struct fst_gathered *g, const struct fst_gathered_path *p)
{
	return p->walk.path[0] == '/' && !p->walk.entry && !p->walk.resolve && !g->has_address &&
		!(p->path->intent & FST_INTENT_EXECUTES);
}

static bool take_kept(const struct fst_paths *paths, struct fst_gathered_path *p)
{
	struct fst_found *f = &p->found;

	p->is_kept = fst_kept_has(paths->kept, p->walk.path, fst_walk_now_ns());
	if (!p->is_kept)
		return false;
	fst_name_stands(f);
	memcpy(f->canonical, p->walk.path, strlen(p->walk.path) + 1);
	return true;
}

/* By its name alone. */
static bool takes_no_walk(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g,
			  struct fst_gathered_path *p)
{
	if (p->is_descriptor)
		return false;
	if (paths->kept && may_be_kept(g, p) && take_kept(paths, p))
		return true;
	p->is_plain = !thread->walks && fst_plain_take(paths, thread, g, p);
	g->is_guess |= p->is_plain;
	return p->is_plain;
}

static int walk(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g,
		struct fst_gathered_path *p)
{
	bool keeps = paths->kept && may_be_kept(g, p);
	int r = -EAGAIN;

	if (!thread->is_alien) {
		p->walk.cached = true;
		r = fst_walk_run(&paths->walker, &p->walk, &p->found);
	}
	if (r == -EAGAIN)
		r = fst_helper_walk(paths->helper, thread->creds, &p->walk, &p->found);
	if (!r && keeps)
		fst_kept_note(paths->kept, &p->walk, &p->found, fst_walk_now_ns());
	if (!r)
		fst_plain_note(paths, p);
	switch (r) {
	case 0:
		return 0;
	case -ETIMEDOUT:
		return cannot(g, "a file system does not answer in time");
	case -EPERM:
		return cannot(g, "it has rights that cannot be taken over");
	default:
		return cannot(g, "its path cannot be walked");
	}
}

/* ---- one path --------------------------------------------------------------------------------------------------- */

static bool creates(const struct fst_gathered_path *p)
{
	return p->path->target == FST_TARGET_OPEN && p->open_flags & FST_OPEN_CREAT;
}

/* What calls that act on names say of "." and "..", which are none: fs/namei.c, 6.18. */
static int error_of_last(const struct fst_gathered *g, const struct fst_gathered_path *p)
{
	const char *call = flagstop_call_name(g->index);

	if (p->path->target == FST_TARGET_NEW)
		return -EEXIST;
	if (!strncmp(call, "rename", 6))
		return -EBUSY;
	bool is_rmdir = !strcmp(call, "rmdir") || (!strcmp(call, "unlinkat") && g->call.args[2] & AT_REMOVEDIR);
	if (!is_rmdir)
		return -EISDIR;
	return p->found.last == FST_LAST_DOT ? -EINVAL : p->found.last == FST_LAST_DOTDOT ? -ENOTEMPTY :
											    -EBUSY;
}

/* What the call will fail with because of its path alone. */
static int error_of_path(const struct fst_gathered *g, const struct fst_gathered_path *p)
{
	const struct fst_found *f = &p->found;

	if (creates(p) && f->slash && (f->kind != FST_FOUND_NOTHING || f->error == -ENOTDIR))
		return -EISDIR;
	if (f->kind == FST_FOUND_NOTHING)
		return f->error ? f->error : -ENOENT;
	if (p->walk.entry && f->kind == FST_FOUND_OBJECT)
		return p->path->target == FST_TARGET_OPEN ? -EEXIST : error_of_last(g, p);
	if (p->path->target == FST_TARGET_ENTRY) /* where rename(2) may find nothing, too */
		return 0;
	if (p->path->target == FST_TARGET_NEW || creates(p))
		return f->error == -ENOENT ? 0 : f->error;
	return f->error;
}

static int set_fact(struct fst_gathered *g, unsigned argument, const struct fst_gathered_path *p)
{
	if (!p->found.canonical[0]) {
		/* What is too long is so wherever it lies, and what the call itself forbids as well. */
		if (p->found.error == -ENAMETOOLONG ||
		    (p->walk.resolve && (p->found.error == -EXDEV || p->found.error == -ELOOP)))
			return p->found.error;
		return cannot(g, "what it leads to has a name that is too long to be told");
	}
	g->facts.args[argument] =
		(struct flagstop_fact){ 1, p->found.canonical, strlen(p->found.canonical) };
	return 0;
}

/* "" with a flag that allows it. Of the working directory there is no descriptor: it is walked as ".". */
static int take_descriptor(struct fst_gathered *g, struct fst_gathered_path *p, unsigned slot)
{
	bool is_exec = p->path->intent & FST_INTENT_EXECUTES;

	if (p->path->dirfd < 0)
		return -ENOENT;
	if ((int)g->call.args[p->path->dirfd] == AT_FDCWD && !is_exec) {
		snprintf(p->walk.path, sizeof(p->walk.path), ".");
		return 1;
	}
	p->is_descriptor = true;
	g->facts.args[p->path->argument] = (struct flagstop_fact){ 1, "", 0 };
	g->path_count = slot + 1;
	return 0;
}

/* An exec of a descriptor is a new right to it: its object is judged by its name. */
static int name_descriptor(struct fst_paths *paths, struct fst_gathered *g, struct fst_gathered_path *p)
{
	if (fst_paths_look(paths, p->walk.start_fd, true, &p->found))
		return cannot(g, "a file system does not answer in time");
	p->found.kind = FST_FOUND_OBJECT;
	p->found.fd = fcntl(p->walk.start_fd, F_DUPFD_CLOEXEC, 3);
	return p->found.fd < 0 ? cannot(g, "too many descriptors are open") : 0;
}

static int read_text(struct fst_paths *paths, const struct fst_paths_thread *thread, struct fst_gathered *g,
		     struct fst_gathered_path *p, uint64_t address, const char *text)
{
	char *to = p->walk.path;

	if (text)
		return snprintf(to, sizeof(p->walk.path), "%s", text);
	int r = of_memory(g, fst_memory_string(paths->setup.reader, thread->tid, address, to, PATH_MAX));
	if (r < 0)
		to[0] = '\0';
	return r;
}

static void plan_walk(struct fst_gathered *g, struct fst_gathered_path *p, const struct fst_paths_thread *thread)
{
	const uint64_t fresh = FST_OPEN_CREAT | FST_OPEN_EXCL;

	p->open_flags = p->path->target == FST_TARGET_OPEN ?
		fst_path_open_flags(p->path, g->memory, g->call.args, g->how.flags) :
		0;
	p->follows = fst_path_follows(p->path, g->call.args, p->open_flags);
	p->walk.follow = p->follows;
	p->walk.itself = fst_commit_takes_links(p);
	p->walk.entry = p->path->target == FST_TARGET_ENTRY || p->path->target == FST_TARGET_NEW ||
		(creates(p) && (p->open_flags & fresh) == fresh);
	p->walk.resolve = g->has_how ? g->how.resolve & ~(uint64_t)RESOLVE_CACHED : 0;
	p->walk.tgid = thread->creds->tgid;
	p->walk.tid = thread->tid;
	p->walk.start_fd = -1;
}

/* What runs then could not be looked at any more, unless we may look at everything. */
static int check_exec(struct fst_paths *paths, struct fst_gathered *g, const struct fst_gathered_path *p)
{
	struct fst_found seen;

	if (!(p->path->intent & FST_INTENT_EXECUTES) || p->found.kind != FST_FOUND_OBJECT ||
	    paths->own.capabilities >> CAP_SYS_PTRACE & 1)
		return 0;
	if (fst_paths_look(paths, p->found.fd, false, &seen))
		return cannot(g, "a file system does not answer in time");
	if (seen.readable)
		return 0;
	return cannot(g, "it may be executed but not read, and so its process could not be watched");
}

static int walk_and_name(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g,
			 struct fst_gathered_path *p)
{
	bool is_there = takes_no_walk(paths, thread, g, p), start_is_kept = false;
	int r = 0;

	if (!is_there && (p->walk.path[0] != '/' || p->walk.resolve & (RESOLVE_IN_ROOT | RESOLVE_BENEATH)))
		r = open_start(paths, thread, g, p->path, &p->walk.start_fd, &start_is_kept);
	if (!r && !is_there)
		r = p->is_descriptor ? name_descriptor(paths, g, p) : walk(paths, thread, g, p);
	if (p->walk.start_fd >= 0 && !start_is_kept)
		close(p->walk.start_fd);
	if (r)
		return r;
	r = set_fact(g, p->path->argument, p);
	if (!r)
		r = check_exec(paths, g, p);
	if (!r && !g->error && !p->is_plain)
		g->error = error_of_path(g, p);
	return r;
}

int fst_gather_path(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g, unsigned slot,
		    uint64_t address, const char *text)
{
	struct fst_gathered_path *p = &g->paths[slot];
	int r = know_rights(paths, thread, g);

	p->found.fd = -1;
	p->is_descriptor = p->is_kept = p->is_plain = false;
	if (r)
		return r;
	if (!address && (p->path->null || (p->path->empty_bit && fst_path_may_be_empty(p->path, g->call.args)))) {
		g->facts.args[p->path->argument] = (struct flagstop_fact){ 1, "", 0 };
		p->path = NULL; /* nothing is read */
		g->path_count = slot + 1;
		return 0;
	}
	r = read_text(paths, thread, g, p, address, text);
	if (r < 0)
		return r;
	plan_walk(g, p, thread);
	if (!p->walk.path[0]) {
		if (!fst_path_may_be_empty(p->path, g->call.args))
			return -ENOENT;
		r = take_descriptor(g, p, slot);
		if (r < 0 || (!r && !(p->path->intent & FST_INTENT_EXECUTES)))
			return r;
	}
	g->path_count = slot + 1;
	return walk_and_name(paths, thread, g, p);
}

/* ---- the other arguments ---------------------------------------------------------------------------------------- */

/*
 * A structure that says how long it is, and may have grown since: copy_struct_from_user, include/linux/uaccess.h, 6.18.
 * `known` bytes of it; all else must be zero. The number of bytes that are there of these, or a negative errno.
 */
static int gather_struct(struct fst_paths *paths, const struct fst_paths_thread *thread, struct fst_gathered *g,
			 const struct fst_read *read, void *to, size_t least, size_t known)
{
	unsigned char bytes[STRUCT_MAX_BYTES];
	uint64_t size = g->call.args[read->size];
	int r;

	if (size < least)
		return -EINVAL;
	if (size > STRUCT_MAX_BYTES)
		return -E2BIG;
	uint64_t address = g->call.args[read->argument];
	r = of_memory(g, fst_memory_copy(paths->setup.reader, thread->tid, address, bytes, (size_t)size));
	if (r < 0)
		return r;
	for (size_t i = known; i < size; i++)
		if (bytes[i])
			return -E2BIG;
	known = size < known ? (size_t)size : known;
	memcpy(to, bytes, known);
	g->facts.args[read->argument] = (struct flagstop_fact){ 1, to, known };
	return (int)known;
}

static int gather_how(struct fst_paths *paths, const struct fst_paths_thread *thread, struct fst_gathered *g,
		      const struct fst_read *read)
{
	int r = gather_struct(paths, thread, g, read, &g->how, HOW_BYTES, HOW_BYTES);

	g->has_how = r > 0;
	return r < 0 ? r : 0;
}

/* What it points to (set_tid) gives nobody anything that a policy could ask for. */
static int gather_clone(struct fst_paths *paths, const struct fst_paths_thread *thread, struct fst_gathered *g,
			const struct fst_read *read)
{
	int r = gather_struct(paths, thread, g, read, g->clone, CLONE_ARGS_LEAST_BYTES, sizeof(g->clone));

	g->clone_bytes = r > 0 ? (unsigned)r : 0;
	return r < 0 ? r : 0;
}

/* Straight into the slot, which is where the kernel will read it. */
static int gather_string(struct fst_paths *paths, const struct fst_paths_thread *thread, struct fst_gathered *g,
			 const struct fst_read *read)
{
	unsigned string = g->memory->path_count + g->strings;
	uint64_t address = g->call.args[read->argument];
	char *to;
	int r;

	if (!address)
		return -EFAULT;
	if (string > 1)
		return cannot(g, "it has more strings than can be kept");
	to = fst_pin_string(&g->pin, string, read->argument);
	r = of_memory(g, fst_memory_string(paths->setup.reader, thread->tid, address, to, PATH_MAX));
	if (r < 0)
		return r;
	g->strings++;
	g->facts.args[read->argument] = (struct flagstop_fact){ 1, to, (size_t)r };
	return 0;
}

static int gather_read(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g,
		       const struct fst_read *read)
{
	switch ((enum fst_read_kind)read->kind) {
	case FST_READ_STRING:
		return gather_string(paths, thread, g, read);
	case FST_READ_SOCKADDR:
	case FST_READ_MSGHDR:
	case FST_READ_MMSGHDR:
		return fst_gather_address(paths, thread, g, read);
	case FST_READ_OPEN_HOW: /* before the paths */
		return 0;
	case FST_READ_CLONE_ARGS:
		return gather_clone(paths, thread, g, read);
	}
	return cannot(g, "its structure cannot be kept from changing");
}

static int gather_paths(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g,
			unsigned wanted)
{
	int r = 0;

	for (unsigned i = 0; i < g->memory->path_count && !r; i++) {
		const struct fst_path *path = &g->memory->paths[i];

		if (!(wanted >> path->argument & 1))
			continue;
		g->paths[i].path = path;
		r = fst_gather_path(paths, thread, g, i, g->call.args[path->argument], NULL);
	}
	return r;
}

/* What is mapped at a fixed address may not replace the window. The kernel gets the copy. */
static int gather_mapping(struct fst_paths *paths, const struct fst_paths_thread *thread, struct fst_gathered *g)
{
	const uint64_t *args = g->mapping;
	int r = fst_memory_copy(paths->setup.reader, thread->tid, g->call.args[0], g->mapping, sizeof(g->mapping));

	if (r)
		return of_memory(g, r);
	if (args[3] & MAP_FIXED && fst_pins_guard(paths->setup.pins, args[0], args[1]))
		return -EPERM;
	g->has_mapping = true;
	return 0;
}

static int gather_all(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered *g,
		      unsigned wanted)
{
	int r = 0;

	if (fst_pins_is_mapping(paths->setup.pins, &g->call))
		return gather_mapping(paths, thread, g);
	g->memory = fst_paths_of_call(g->index, g->abi);
	if (!g->memory)
		return cannot(g, "nothing is known of its memory");
	if (!paths->setup.holder->pid) /* a child of what is gone: without the holder there are no handles */
		return cannot(g, "all is over");
	for (unsigned i = 0; i < g->memory->read_count && !r; i++)
		if (g->memory->reads[i].kind == FST_READ_OPEN_HOW)
			r = gather_how(paths, thread, g, &g->memory->reads[i]);
	if (!r)
		r = gather_paths(paths, thread, g, wanted);
	for (unsigned i = 0; i < g->memory->read_count && !r; i++)
		if (wanted >> g->memory->reads[i].argument & 1)
			r = gather_read(paths, thread, g, &g->memory->reads[i]);
	return r;
}

static void start_afresh(struct fst_gathered *g, const struct fst_call_stop *call)
{
	int abi = flagstop_abi_of_call(call->data.arch, call->data.nr);

	g->call = call->data;
	/* What 64-bit code has in upper halves it does not get: SC_IA32_REGS_TO_ARGS, asm/syscall_wrapper.h, 6.18. */
	if (flagstop_arg_bits(abi, FLAGSTOP_ARG_UWORD) == 32)
		for (unsigned i = 0; i < 6; i++)
			g->call.args[i] = (uint32_t)g->call.args[i];
	g->abi = abi;
	g->index = (unsigned)flagstop_call_from_number(abi, call->data.nr);
	g->error = 0;
	g->reason = NULL;
	g->facts = (struct flagstop_facts)FLAGSTOP_FACTS_INIT;
	g->path_count = g->strings = 0;
	g->has_how = g->has_address = g->has_mapping = g->is_row = g->is_guess = false;
	g->clone_bytes = 0;
	g->how.flags = g->how.mode = g->how.resolve = 0;
	for (unsigned i = 0; i < FST_CALL_PATHS_MAX; i++) {
		g->paths[i].path = NULL;
		g->paths[i].walk.path[0] = '\0';
		g->paths[i].found.fd = -1;
	}
}

static void close_found(struct fst_gathered *g)
{
	for (unsigned i = 0; i < FST_CALL_PATHS_MAX; i++) {
		if (g->paths[i].found.fd >= 0)
			close(g->paths[i].found.fd);
		g->paths[i].found.fd = -1;
	}
}

enum fst_gather_result fst_paths_gather(struct fst_paths *paths, struct fst_paths_thread *thread,
					const struct fst_call_stop *call, unsigned wanted,
					struct fst_gathered **ret_gathered)
{
	struct fst_gathered *g = *ret_gathered = &paths->gathered;
	int r;

	start_afresh(g, call);
	g->is_carried = thread->carries;
	r = fst_pin_begin(paths->setup.pins, thread->pin, call, &g->pin);
	if (r == 1)
		return FST_GATHER_AGAIN;
	if (r == -EACCES)
		g->reason = g->pin.reason;
	if (!r)
		r = gather_all(paths, thread, g, wanted);
	if (!r) {
		thread->pending = g;
		return FST_GATHER_READY;
	}
	close_found(g);
	if (r == -ESRCH)
		return FST_GATHER_GONE;
	if (g->reason)
		return FST_GATHER_UNKNOWN;
	g->error = r;
	return FST_GATHER_FAILS;
}

void fst_paths_drop(struct fst_paths *paths, struct fst_paths_thread *thread)
{
	struct fst_gathered *g = thread->pending;

	thread->pending = NULL;
	if (!g)
		return;
	close_found(g);
	if (g != &paths->gathered)
		talloc_free(g);
}

/* Its facts point into what it was copied from, or elsewhere. */
static void move_facts(struct fst_gathered *copy, const struct fst_gathered *from)
{
	const char *begin = (const char *)from;

	for (unsigned i = 0; i < 6; i++) {
		struct flagstop_fact *fact = &copy->facts.args[i];

		if (fact->bytes >= begin && fact->bytes < begin + sizeof(*from))
			fact->bytes = (const char *)copy + (fact->bytes - begin);
	}
}

int fst_paths_keep(struct fst_paths *paths, struct fst_paths_thread *thread)
{
	struct fst_gathered *copy = talloc_memdup(paths, thread->pending, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	for (unsigned i = 0; i < FST_CALL_PATHS_MAX; i++)
		thread->pending->paths[i].found.fd = -1; /* they are the copy's now */
	move_facts(copy, thread->pending);
	thread->pending = copy;
	return 0;
}
