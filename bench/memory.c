/* SPDX-License-Identifier: MIT */
/* What the tracer's process holds with one sleeping tracee and with many, as VmRSS counts it. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

/* ---- the tracees ----------------------------------------------------------------------------- */

static void __attribute__((noreturn)) sleep_for_ever(int fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (write(fd, "", 1) == 1)
		for (;;)
			pause();
	_exit(1);
}

/* They alone are in our process group. Reaped here: a thousand at once are much for some inits. */
static void end_others(void)
{
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
	while (wait(NULL) > 0)
		;
}

/* Says that all of them run, and waits to be told to end. */
int sleepers_main(int fd, unsigned count)
{
	char byte;
	int ready[2];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setpgid(0, 0) || pipe2(ready, O_CLOEXEC))
		return 1;
	for (unsigned i = 1; i < count; i++) {
		pid_t tid = fork();

		if (tid < 0)
			return 1;
		if (!tid)
			sleep_for_ever(ready[1]);
		if (read(ready[0], &byte, 1) != 1)
			return 1;
	}
	int failed = write(fd, "", 1) != 1 || read(fd, &byte, 1) != 1;
	end_others();
	return failed;
}

/* ---- what is held ---------------------------------------------------------------------------- */

/* One line of /proc/PID/status: what stands behind "Name:\t", or "". */
static void read_status(pid_t pid, const char *name, char *text, size_t size)
{
	char path[32], line[256];
	FILE *file;

	*text = '\0';
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, name, strlen(name)))
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(text, size, "%s", line + strlen(name));
	}
	fclose(file);
}

/* A line that is in kB, in bytes; -1 where there is none. */
static long status_bytes(pid_t pid, const char *name)
{
	char text[64];

	read_status(pid, name, text, sizeof(text));
	return *text ? strtol(text, NULL, 10) * 1024 : -1;
}

/* The child of the command that calls itself flagstop-tracer. */
static pid_t find_tracer(pid_t command)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;
	char name[64], parent[64];
	pid_t found = 0;

	while (folder && !found && (entry = readdir(folder))) {
		pid_t pid = atoi(entry->d_name);

		if (pid <= 0)
			continue;
		read_status(pid, "Name:\t", name, sizeof(name));
		read_status(pid, "PPid:\t", parent, sizeof(parent));
		if (!strcmp(name, "flagstop-tracer") && atoi(parent) == command)
			found = pid;
	}
	if (folder)
		closedir(folder);
	return found;
}

static pid_t spawn(const struct settings *settings, const char *policy, int fd, unsigned count)
{
	char fd_text[12], count_text[12], self[4096];
	ssize_t bytes = readlink("/proc/self/exe", self, sizeof(self) - 1);
	pid_t tid;

	if (bytes < 0)
		return -1;
	self[bytes] = '\0';
	snprintf(fd_text, sizeof(fd_text), "%d", fd);
	snprintf(count_text, sizeof(count_text), "%u", count);
	char *argv[] = { (char *)settings->flagstop, "run", "-q", "-p", (char *)policy, "--", self,
			 "sleepers", fd_text, count_text, NULL };
	return posix_spawn(&tid, argv[0], NULL, NULL, argv, environ) ? -1 : tid;
}

struct held {
	long tracer, command;
	long anonymous; /* the tracer's; pages of files vary with what the kernel maps ahead */
};

static int look(const struct settings *settings, const char *policy, const int ends[2],
		unsigned count, struct held *ret_held)
{
	pid_t command = spawn(settings, policy, ends[1], count);
	int status;
	char byte;

	close(ends[1]);
	if (command < 0)
		return -1;
	int ready = recv(ends[0], &byte, 1, 0) == 1;
	pid_t tracer = ready ? find_tracer(command) : 0;
	if (tracer)
		*ret_held = (struct held){ status_bytes(tracer, "VmRSS:\t"),
					   status_bytes(command, "VmRSS:\t"),
					   status_bytes(tracer, "RssAnon:\t") };
	if (ready)
		send(ends[0], "", 1, MSG_NOSIGNAL);
	if (waitpid(command, &status, 0) != command)
		return -1;
	if (!tracer || ret_held->tracer <= 0 || ret_held->command <= 0 || ret_held->anonymous <= 0)
		return -1;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -1;
}

static int look_at(const struct settings *settings, const char *policy, unsigned count,
		   struct held *ret_held)
{
	int ends[2];

	progress("memory: %u tracees", count);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -1;
	fcntl(ends[1], F_SETFD, 0);
	int r = look(settings, policy, ends, count, ret_held);
	close(ends[0]);
	if (r)
		fprintf(stderr, "flagstop-bench: memory: a session of %u tracees failed\n", count);
	return r;
}

int measure_memory(const struct settings *settings, json_t *report)
{
	const char *policy = policy_file("default allow\ntrace getppid\n");
	struct held one, many;
	double a_tracee;

	if (settings->tracees < 2)
		return 0;
	if (!policy || look_at(settings, policy, 1, &one) || look_at(settings, policy, settings->tracees, &many))
		return -1;
	a_tracee = (double)(many.anonymous - one.anonymous) / (settings->tracees - 1);
	json_object_set_new(report, "rss_bytes",
			    json_pack("{s:I, s:I, s:i, s:f, s:I}", "tracer", (json_int_t)one.tracer,
				      "tracer_of_many", (json_int_t)many.tracer, "many", (int)settings->tracees,
				      "a_tracee", a_tracee,
				      "waiting_command", (json_int_t)one.command));
	return 0;
}
