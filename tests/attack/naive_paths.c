/* SPDX-License-Identifier: MIT */
/* Decides what the naive path sandbox does: no more than its header says. */
#include "naive_paths.h"

#include "../system/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arch/paths.h>
#include <tracer/call.h>

static const char *const watched[] = {
	"openat",
	"newfstatat",
	"execve",
	"connect",
	"sendto",
	"sendmsg",
	"sendmmsg",
	"mkdir",
	"unlink",
	"clone3",
	"bind",
};
enum { WATCHED = sizeof(watched) / sizeof(*watched) };

static void be_the_program(int go, char *const *argv)
{
	struct sock_filter insns[2 * WATCHED + 2] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0) };
	unsigned short count = 1;
	char byte;

	for (int i = 0; i < WATCHED; i++) {
		int call = flagstop_call_find(harness_call(watched[i]));
		int64_t nr = flagstop_call_number((unsigned)call, flagstop_abi_native());

		insns[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 1);
		insns[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
	}
	insns[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { count, insns };
	if (read(go, &byte, 1) != 1)
		_exit(97);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
	execv(argv[0], argv);
	_exit(98);
}

static void fetch(pid_t tid, uint64_t address, void *to, size_t bytes)
{
	struct iovec here = { to, bytes }, there = { (void *)address, bytes };

	/* Strings near the end of a mapping are read as far as they go. */
	while (there.iov_len && process_vm_readv(tid, &here, 1, &there, 1, 0) < 0)
		here.iov_len = there.iov_len /= 2;
}

/* What is known of the call's memory, and its arguments. */
struct call {
	const struct fst_call_memory *memory;
	unsigned index;
	uint64_t args[6], sp;
};

static bool look_at(pid_t tid, struct call *call)
{
	struct fst_registers registers;
	int index = -1;

	if (!fst_call_registers(tid, &registers)) {
		const struct fst_layout *l = registers.layout;

		index = flagstop_call_from_number(l->abi, (uint32_t)fst_layout_get(l, registers.set, l->nr));
		for (unsigned i = 0; i < 6; i++)
			call->args[i] = fst_layout_get(l, registers.set, l->args[i]);
		call->sp = fst_layout_get(l, registers.set, l->sp);
		call->index = (unsigned)index;
		call->memory = index < 0 ? NULL : fst_paths_of_call(call->index, l->abi);
	}
	return index >= 0 && call->memory;
}

static void read_path(pid_t tid, const struct call *call, char path[PATH_MAX], int *ret_dirfd)
{
	const struct fst_path *first = call->memory->paths;
	const struct fst_read *read = call->memory->reads;
	struct sockaddr_un address = { 0 };
	struct msghdr message = { 0 };

	*ret_dirfd = AT_FDCWD;
	if (call->memory->path_count) {
		*ret_dirfd = first->dirfd < 0 ? AT_FDCWD : (int)call->args[first->dirfd];
		fetch(tid, call->args[first->argument], path, PATH_MAX - 1);
		return;
	}
	if (read->kind == FST_READ_SOCKADDR && call->args[read->argument])
		fetch(tid, call->args[read->argument], &address, sizeof(address));
	if (read->kind == FST_READ_MSGHDR || read->kind == FST_READ_MMSGHDR) { /* the first */
		fetch(tid, call->args[read->argument], &message, sizeof(message));
		fetch(tid, (uint64_t)message.msg_name, &address, sizeof(address));
	}
	if (address.sun_family == AF_UNIX)
		snprintf(path, PATH_MAX, "%.*s", (int)sizeof(address.sun_path), address.sun_path);
}

static bool is_untraced(pid_t tid, const struct call *call)
{
	const struct fst_read *read = call->memory->reads;
	uint64_t flags = 0;

	if (call->memory->read_count && read->kind == FST_READ_CLONE_ARGS)
		fetch(tid, call->args[read->argument], &flags, sizeof(flags));
	return flags & CLONE_UNTRACED;
}

static bool leads_under(pid_t tid, int dirfd, const char *path, const char *forbidden)
{
	char full[2 * PATH_MAX], found[PATH_MAX];

	if (path[0] == '/')
		snprintf(full, sizeof(full), "%s", path);
	else if (dirfd == AT_FDCWD)
		snprintf(full, sizeof(full), "/proc/%d/cwd/%s", (int)tid, path);
	else
		snprintf(full, sizeof(full), "/proc/%d/fd/%d/%s", (int)tid, dirfd, path);
	if (!realpath(full, found) && strrchr(full, '/') > full) {
		*strrchr(full, '/') = '\0'; /* what is not there yet is judged by its directory */
		if (!realpath(full, found))
			return false;
	}
	return !strncmp(found, forbidden, strlen(forbidden));
}

/* What was found is handed over, by a descriptor that lives until the next call of anybody. */
static void hand_over(pid_t tid, struct call *call, const char *path)
{
	static int last = -1;
	char text[64];
	uint64_t at = call->sp - 512;
	struct iovec here = { text, sizeof(text) }, there = { (void *)at, sizeof(text) };

	if (last >= 0)
		close(last);
	snprintf(text, sizeof(text), "/proc/%d/fd/%.16s", (int)tid, path + 14);
	last = open(strncmp(path, "/proc/self/fd/", 14) ? path : text, O_PATH | O_CLOEXEC);
	if (last < 0)
		return;
	snprintf(text, sizeof(text), "/proc/%d/fd/%d", (int)getpid(), last);
	process_vm_writev(tid, &here, 1, &there, 1, 0);
	call->args[1] = at;
	fst_call_set_arguments(tid, 1u << 1, call->args);
}

static void refuse(pid_t tid)
{
	struct fst_call_rest rest;

	if (fst_call_skip(tid, FST_PLACE_SECCOMP, -EACCES, &rest) == 1 && !ptrace(PTRACE_SYSCALL, tid, 0, 0) &&
	    waitpid(tid, NULL, __WALL) == tid)
		fst_call_finish(tid, &rest);
}

static void judge(pid_t tid, const char *forbidden, bool by_handle)
{
	struct call call;
	char path[PATH_MAX] = "";
	int dirfd;

	if (!look_at(tid, &call))
		return;
	read_path(tid, &call, path, &dirfd);
	if (by_handle && !strcmp(flagstop_call_name(call.index), "openat"))
		hand_over(tid, &call, path);
	if (!by_handle && ((path[0] && leads_under(tid, dirfd, path, forbidden)) || is_untraced(tid, &call)))
		refuse(tid);
}

static void be_the_tracer(pid_t program, int go, const char *forbidden, bool by_handle)
{
	int status;
	pid_t tid;

	ptrace(PTRACE_SEIZE, program, 0,
	       PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		       PTRACE_O_TRACECLONE);
	if (write(go, "", 1) != 1)
		_exit(97);
	while ((tid = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status))
			continue;
		if (status >> 16 == PTRACE_EVENT_SECCOMP)
			judge(tid, forbidden, by_handle);
		ptrace(PTRACE_CONT, tid, 0, status >> 16 ? 0 : WSTOPSIG(status));
	}
	_exit(0);
}

static void run(const char *folder, const char *forbidden, bool by_handle, char *const *argv, char *out, size_t size)
{
	int go[2], output[2], status;

	*out = '\0';
	if (!harness_has_kernel_filters())
		return; /* nothing would stop, and nothing be checked */
	assert_int_equal(pipe2(output, O_CLOEXEC), 0);
	fflush(stdout);
	pid_t tracer = fork();
	if (!tracer) {
		dup2(output[1], 1);
		if (chdir(folder) || pipe2(go, O_CLOEXEC))
			_exit(97);
		pid_t program = fork();
		if (!program)
			be_the_program(go[0], argv);
		be_the_tracer(program, go[1], forbidden, by_handle);
	}
	close(output[1]);
	harness_read_all(output[0], out, size);
	close(output[0]);
	assert_int_equal(waitpid(tracer, &status, 0), tracer);
}

void naive_paths_run(const char *folder, const char *forbidden, char *const *argv, char *out, size_t size)
{
	run(folder, forbidden, false, argv, out, size);
}

void naive_handles_run(const char *folder, char *const *argv, char *out, size_t size)
{
	run(folder, "/", true, argv, out, size);
}
