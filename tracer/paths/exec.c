/* SPDX-License-Identifier: MIT */
/*
 * What an exec came to. A name can be another file's by the time that the kernel looks it up, and a script names its
 * interpreter itself: so what runs is looked at before its first instruction.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <tracer/paths/paths.h>

void fst_paths_take_exec(struct fst_paths_thread *thread, const struct fst_paths_thread *former)
{
	thread->executes = former->executes;
	thread->exec_device = former->exec_device;
	thread->exec_inode = former->exec_inode;
	thread->exec_call = former->exec_call;
}

int fst_paths_check_exec(struct fst_paths *paths, struct fst_paths_thread *thread, struct flagstop_facts *ret_facts)
{
	struct fst_gathered_path *p = &paths->gathered.paths[0];
	const struct fst_call_memory *memory;
	const struct flagstop_data *call = &thread->exec_call;
	char name[32];
	struct stat at;
	int fd, r;

	paths->cwd_turn++; /* the tid may be another thread's from now on, which need not share what that one did */
	if (!thread->executes)
		return 0;
	snprintf(name, sizeof(name), "%d/exe", (int)thread->tid);
	fd = openat(paths->fd_proc, name, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -EACCES;
	r = fstat(fd, &at) ? -EACCES : 0;
	if (!r && (at.st_dev != thread->exec_device || at.st_ino != thread->exec_inode)) {
		int abi = flagstop_abi_of_call(call->arch, call->nr);

		memory = fst_paths_of_call((unsigned)flagstop_call_from_number(abi, call->nr), abi);
		p->found.canonical[0] = '\0';
		fst_name_find(&paths->walker, fd, true, &p->found);
		snprintf(paths->exec_name, sizeof(paths->exec_name), "%s", p->found.canonical);
		*ret_facts = (struct flagstop_facts)FLAGSTOP_FACTS_INIT;
		ret_facts->args[memory->paths[0].argument] =
			(struct flagstop_fact){ 1, paths->exec_name, strlen(paths->exec_name) };
		r = paths->exec_name[0] ? 1 : -EACCES;
	}
	close(fd);
	return r;
}
