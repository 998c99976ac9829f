/* SPDX-License-Identifier: MIT */
/*
 * Why the kernel refuses something, as far as a process can see: filters and tracers above it, Yama, SELinux. Decides
 * which of the possible reasons is told; tries nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <tracer/why.h>

struct circumstances {
	bool is_missing; /* the errno is one of those for what the kernel does not know */
	bool by_tracing;
	int error;
	const char *origin;
};

/* The number at the start of a file, or behind that word in it; 0 where there is none. */
static long number_in(const char *path, const char *behind)
{
	char text[2048];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *at = text;

	if (fd >= 0)
		close(fd);
	if (got < 0)
		return 0;
	text[got] = '\0';
	if (behind)
		at = strstr(text, behind);
	return at ? strtol(at + (behind ? strlen(behind) : 0), NULL, 10) : 0;
}

static bool is_listener(const struct circumstances *c)
{
	return c->error == EBUSY;
}

static bool is_without_privilege(const struct circumstances *c)
{
	return c->error == EACCES && !c->by_tracing;
}

static bool is_traced(const struct circumstances *c)
{
	return c->by_tracing && number_in("/proc/self/status", "TracerPid:") > 0;
}

static bool is_yama_off(const struct circumstances *c)
{
	return c->by_tracing && c->error == EPERM && number_in("/proc/sys/kernel/yama/ptrace_scope", NULL) == 3;
}

static bool is_yama_admin(const struct circumstances *c)
{
	return c->by_tracing && c->error == EPERM && number_in("/proc/sys/kernel/yama/ptrace_scope", NULL) == 2;
}

static bool is_selinux(const struct circumstances *c)
{
	return c->by_tracing && (c->error == EPERM || c->error == EACCES) &&
		number_in("/sys/fs/selinux/booleans/deny_ptrace", NULL) == 1;
}

static bool is_filtered(const struct circumstances *c)
{
	(void)c;
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) > 0;
}

static bool is_missing(const struct circumstances *c)
{
	return c->is_missing;
}

static bool is_any(const struct circumstances *c)
{
	(void)c;
	return true;
}

/* The first that holds is told. */
static const struct why {
	bool (*holds)(const struct circumstances *c);
	const char *reason, *remedy; /* NULL: where the feature comes from */
} whys[] = {
	{ is_listener, "a filter above has the one user-notification listener, as container runtimes may",
	  "start the container without notification, or let --backend auto choose" },
	{ is_without_privilege, "neither CAP_SYS_ADMIN nor NO_NEW_PRIVS is there",
	  "nothing, where no set-user-ID program is run: flagstop sets NO_NEW_PRIVS" },
	{ is_traced, "another tracer follows this process (TracerPid in /proc/self/status)",
	  "start it outside of strace, gdb, or another flagstop" },
	{ is_yama_off, "Yama's ptrace_scope is 3: nobody may trace until the next boot",
	  "boot with kernel.yama.ptrace_scope below 3" },
	{ is_yama_admin, "Yama's ptrace_scope is 2: only CAP_SYS_PTRACE may trace",
	  "sysctl kernel.yama.ptrace_scope=1, or run with that capability" },
	{ is_selinux, "SELinux's deny_ptrace is on", "setsebool deny_ptrace off" },
	{ is_filtered, "a filter above may refuse it (Seccomp in /proc/self/status), as a container's profile does",
	  "start the container with a profile that allows it: --security-opt seccomp=FILE" },
	{ is_missing, "the kernel does not have it", NULL },
	{ is_any, "a privilege is missing, or a security module says no",
	  "look at the capabilities, and in the kernel's log for a security module" },
};

void fst_why(int error, bool by_tracing, const char *origin, const char **ret_reason, const char **ret_remedy)
{
	const struct circumstances c = {
		.is_missing = error == -ENOSYS || error == -EINVAL || error == -EIO,
		.by_tracing = by_tracing,
		.error = -error,
		.origin = origin,
	};
	const struct why *why = whys;

	while (!why->holds(&c))
		why++;
	*ret_reason = why->reason;
	*ret_remedy = why->remedy ? why->remedy : origin;
}
