/* SPDX-License-Identifier: MIT */
/*
 * What a session keeps for its paths, and what a thread does. Decides when handles end, and how long
 * a working directory is believed to be the one that it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <talloc.h>

#include <tracer/paths/paths.h>
#include <tracer/proc.h>

#define CWDS_MAX 256 /* descriptors of ours */

static int let_go(struct fst_paths *paths)
{
	if (paths->fd_proc >= 0)
		close(paths->fd_proc);
	fst_walker_release(&paths->walker);
	return 0;
}

/* 0: there is none. */
static uint32_t number_of(const char *name, enum flagstop_abi abi)
{
	int call = flagstop_call_find(name);
	int64_t nr = call < 0 ? -1 : flagstop_call_number((unsigned)call, abi);

	return nr > 0 ? (uint32_t)nr : 0;
}

/*
 * Where the kernel has no openat2, changing the number would end in ENOSYS. A kernel of 64 bits gives 32-bit programs
 * O_LARGEFILE with it, which their open() has not (force_o_largefile, fs/open.c).
 */
static void know_calls(struct fst_paths *paths)
{
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		int64_t flag;

		paths->openat2_nr[abi] = paths->walker.has_openat2 ? number_of("openat2", abi) : 0;
		paths->sendmsg_nr[abi] = number_of("sendmsg", abi);
		if (flagstop_arg_bits(abi, FLAGSTOP_ARG_UWORD) == 32 &&
		    !flagstop_constant_find("O_LARGEFILE", abi, &flag))
			paths->large_file[abi] = (uint64_t)flag;
	}
}

int fst_paths_new(void *parent, const struct fst_paths_setup *setup, struct fst_paths **ret_paths)
{
	struct fst_paths *paths = talloc_zero(parent, struct fst_paths);

	if (!paths)
		return -ENOMEM;
	paths->setup = *setup;
	paths->shared = setup->may_share;
	paths->helper = fst_helper_new(paths);
	paths->fd_proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (paths->fd_proc < 0 || !paths->helper || fst_walker_init(&paths->walker) ||
	    fst_creds_read(getpid(), &paths->own)) {
		int r = paths->helper ? -ENOSYS : -ENOMEM;

		talloc_free(paths);
		return r;
	}
	paths->kept = fst_kept_new(paths, &paths->walker);
	know_calls(paths);
	talloc_set_destructor(paths, let_go);
	*ret_paths = paths;
	return 0;
}

struct fst_helper *fst_paths_helper(const struct fst_paths *paths)
{
	return paths->helper;
}

void fst_paths_forget(struct fst_paths *paths, struct fst_paths_thread *thread)
{
	fst_paths_drop(paths, thread);
	while (thread->handle_count)
		close(thread->handles[--thread->handle_count]);
	thread->executes = false;
	TALLOC_FREE(thread->exec_given);
	thread->counts_at = 0;
	if (!thread->moves)
		return;
	/* Its call is over, since it makes another one or none any more. */
	thread->moves = false;
	paths->moving--;
	paths->cwd_turn++;
}

void fst_paths_forget_rights(struct fst_paths_thread *thread)
{
	TALLOC_FREE(thread->creds);
}

/* ---- working directories ---------------------------------------------------------------------------------------- */

/*
 * Who shares a directory with whom only the kernel knows (CLONE_FS). So a change is one of all: while anybody may be at
 * it none is kept, and those from before are not used. A thread makes its call, and makes it again where the kernel
 * wants that, until its next call is seen.
 */
void fst_paths_move(struct fst_paths *paths, struct fst_paths_thread *thread)
{
	paths->moving += !thread->moves;
	thread->moves = true;
}

void fst_paths_share(struct fst_paths *paths)
{
	paths->shared = true;
}

bool fst_paths_is_alone(const struct fst_paths *paths, const struct fst_paths_thread *thread)
{
	char text[8192];

	return !paths->shared && !fst_proc_text(thread->tid, "status", text, sizeof(text)) &&
		fst_proc_number(text, "Threads", 10, 0) == 1;
}

static void let_go_of_cwd(struct fst_paths *paths, struct fst_paths_thread *thread)
{
	if (!thread->has_cwd)
		return;
	close(thread->cwd);
	thread->has_cwd = false;
	paths->cwds--;
}

int fst_paths_cwd(struct fst_paths *paths, struct fst_paths_thread *thread, bool *ret_is_kept)
{
	char name[40];
	int fd;

	*ret_is_kept = thread->has_cwd && !paths->moving && thread->cwd_turn == paths->cwd_turn;
	if (*ret_is_kept)
		return thread->cwd;
	let_go_of_cwd(paths, thread);
	snprintf(name, sizeof(name), "%d/cwd", (int)thread->tid);
	fd = openat(paths->fd_proc, name, O_PATH | O_CLOEXEC);
	if (fd < 0 || paths->moving || paths->cwds == CWDS_MAX)
		return fd;
	*ret_is_kept = thread->has_cwd = true;
	thread->cwd = fd;
	thread->cwd_turn = paths->cwd_turn;
	paths->cwds++;
	return fd;
}

void fst_paths_gone(struct fst_paths *paths, struct fst_paths_thread *thread)
{
	fst_paths_forget(paths, thread);
	fst_paths_forget_rights(thread);
	let_go_of_cwd(paths, thread);
}
