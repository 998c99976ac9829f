/* SPDX-License-Identifier: MIT */
/*
 * What an exec came to. A name can be another file's by the time that the kernel looks it up, and a script names its
 * interpreter itself: so what runs is looked at before its first instruction.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <talloc.h>

#include <tracer/paths/paths.h>

void fst_paths_take_exec(struct fst_paths_thread *thread, struct fst_paths_thread *former)
{
	thread->executes = former->executes;
	thread->exec_device = former->exec_device;
	thread->exec_inode = former->exec_inode;
	thread->exec_call = former->exec_call;
	talloc_free(thread->exec_given);
	thread->exec_given = former->exec_given;
	former->exec_given = NULL;
}

/* The call as it was made, with nothing known but the path that it was given. */
static struct fst_gathered_path *recall_call(struct fst_paths *paths, const struct fst_paths_thread *thread)
{
	const struct flagstop_data *call = &thread->exec_call;
	struct fst_gathered *g = &paths->gathered;
	int abi = flagstop_abi_of_call(call->arch, call->nr);

	g->memory = fst_paths_of_call((unsigned)flagstop_call_from_number(abi, call->nr), abi);
	g->facts = (struct flagstop_facts)FLAGSTOP_FACTS_INIT;
	g->reason = NULL;
	for (unsigned i = 0; i < FST_CALL_PATHS_MAX; i++)
		g->paths[i].path = NULL;
	g->paths[0].path = &g->memory->paths[0];
	g->paths[0].is_descriptor = false;
	snprintf(g->paths[0].walk.path, PATH_MAX, "%s", thread->exec_given ? thread->exec_given : "");
	g->paths[0].found.canonical[0] = '\0';
	return &g->paths[0];
}

int fst_paths_look(struct fst_paths *paths, int fd, bool named, struct fst_found *ret_found)
{
	const struct fst_walk walk = { .start_fd = fd, .here = true, .cached = !named };
	int r = named ? -EAGAIN : fst_walk_run(&paths->walker, &walk, ret_found);

	if (r == -EAGAIN)
		r = fst_helper_walk(paths->helper, &paths->own, &walk, ret_found);
	if (!r)
		close(ret_found->fd);
	ret_found->fd = -1;
	return r;
}

static int look_at_what_runs(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered_path *p,
			     int fd)
{
	if (fst_paths_look(paths, fd, false, &p->found))
		return -EACCES;
	if (p->found.device == thread->exec_device && p->found.inode == thread->exec_inode)
		return 0;
	if (fst_paths_look(paths, fd, true, &p->found))
		return -EACCES;
	paths->gathered.facts.args[p->path->argument] =
		(struct flagstop_fact){ 1, p->found.canonical, strlen(p->found.canonical) };
	return p->found.canonical[0] ? 1 : -EACCES;
}

int fst_paths_check_exec(struct fst_paths *paths, struct fst_paths_thread *thread, struct fst_gathered **ret_gathered)
{
	char name[32];
	int fd, r;

	paths->cwd_turn++; /* the tid may be another thread's from now on, which need not share what that one did */
	if (!thread->executes)
		return 0;
	*ret_gathered = &paths->gathered;
	struct fst_gathered_path *p = recall_call(paths, thread);
	snprintf(name, sizeof(name), "%d/exe", (int)thread->tid);
	fd = openat(paths->fd_proc, name, O_PATH | O_CLOEXEC);
	r = fd < 0 ? -EACCES : look_at_what_runs(paths, thread, p, fd);
	if (fd >= 0)
		close(fd);
	if (r < 0)
		paths->gathered.reason = "what runs cannot be told";
	return r;
}
