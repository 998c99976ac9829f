/* SPDX-License-Identifier: MIT */
/*
 * The child between fork and exec. Decides in which order things are set so that nothing of the session reaches the
 * program, and nothing of the policy is missing when it starts.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <talloc.h>

#include <tracer/spawn.h>

static const char *find_path(char *const *envp)
{
	for (; *envp; envp++)
		if (!strncmp(*envp, "PATH=", 5))
			return *envp + 5;
	return "/bin:/usr/bin"; /* _CS_PATH; execvp(3) */
}

static char **add_candidate(void *parent, char **list, unsigned *count, const char *directory, int bytes,
			    const char *name)
{
	list = talloc_realloc(parent, list, char *, *count + 2);
	if (!list)
		return NULL;
	list[*count] = bytes ? talloc_asprintf(list, "%.*s/%s", bytes, directory, name) : talloc_strdup(list, name);
	list[*count + 1] = NULL;
	return list[(*count)++] ? list : NULL;
}

char **fst_spawn_candidates(void *parent, const char *name, char *const *envp)
{
	const char *path = find_path(envp);
	char **list = NULL;
	unsigned count = 0;

	if (strchr(name, '/') || !*name)
		return add_candidate(parent, NULL, &count, "", 0, name);
	for (;;) {
		size_t bytes = strcspn(path, ":");

		/* An empty element is the working directory. */
		list = add_candidate(parent, list, &count, bytes ? path : ".", bytes ? (int)bytes : 1, name);
		if (!list || !path[bytes])
			return list;
		path += bytes + 1;
	}
}

static long seccomp_with_secret(const struct fst_spawn *s, const struct sock_fprog *program)
{
	const uint64_t *secret = s->keys->secret;

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program, 0, (unsigned long)secret[0],
		       (unsigned long)secret[1]);
}

static int install(const struct fst_spawn *s, size_t index)
{
	size_t count;
	const struct flagstop_insn *insns = flagstop_programs_get(s->programs, index, &count);
	struct sock_fprog program = { (unsigned short)count, (struct sock_filter *)insns };

	if (!seccomp_with_secret(s, &program))
		return 0;
	/* EACCES: neither CAP_SYS_ADMIN nor no_new_privs (seccomp(2)). Only the first filter can meet it. */
	if (errno != EACCES || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int)seccomp_with_secret(s, &program);
}

static void execute(const struct fst_spawn *s)
{
	const uint64_t *secret = s->keys->secret;
	int denied = 0;

	for (char **file = s->candidates; *file; file++) {
		syscall(SYS_execve, *file, s->argv, s->envp, 0, (unsigned long)secret[0], (unsigned long)secret[1]);
		if (errno == EACCES)
			denied = 1;
		else if (errno != ENOENT && errno != ENOTDIR)
			break;
	}
	s->status->error = denied && (errno == ENOENT || errno == ENOTDIR) ? EACCES : errno;
}

_Static_assert(sizeof(struct flagstop_insn) == sizeof(struct sock_filter), "the kernel's layout");

/* exec would do it, too; but a signal may come before that, and the caller's handlers must not run in a copy of it. */
static void drop_handlers(void)
{
	const struct sigaction as_usual = { .sa_handler = SIG_DFL };
	struct sigaction inherited;

	for (int i = 1; i < NSIG; i++)
		if (!sigaction(i, NULL, &inherited) && inherited.sa_handler != SIG_IGN &&
		    inherited.sa_handler != SIG_DFL)
			sigaction(i, &as_usual, NULL);
}

static void child(const struct fst_spawn *s, int go_fd, pid_t parent)
{
	char byte;

	if (s->die_with_parent) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			return;
	}
	if (read(go_fd, &byte, 1) != 1)
		return;
	sigaction(SIGCHLD, s->sigchld, NULL);
	drop_handlers();
	if (sigprocmask(SIG_SETMASK, s->mask, NULL)) {
		s->status->error = errno;
		return;
	}
	s->status->stage = FST_SPAWN_FILTERS;
	for (size_t i = 0; s->programs && i < flagstop_programs_count(s->programs); i++) {
		if (install(s, i)) {
			s->status->error = errno;
			return;
		}
	}
	s->status->stage = FST_SPAWN_EXEC;
	execute(s);
}

pid_t fst_spawn_fork(struct fst_spawn *spawn)
{
	pid_t parent = getpid();
	int ends[2];
	pid_t tid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	tid = fork();
	if (!tid) {
		close(ends[1]);
		child(spawn, ends[0], parent);
		syscall(SYS_exit_group, 127);
		for (;;) /* the policy refused even that */
			__builtin_trap();
	}
	int error = errno;
	close(ends[0]);
	if (tid < 0) {
		close(ends[1]);
		return -error;
	}
	spawn->child_fd = ends[1];
	return tid;
}
