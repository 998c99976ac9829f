/* SPDX-License-Identifier: MIT */
/* Decides what the naive sandbox does: no more than its header says. */
#include "naive.h"

#include "../system/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <tests/tracees/folder.h>
#include <tracer/call.h>

#define RULE 7

static void be_the_program(int go, char *const *argv)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, FOLDER_CALL, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | RULE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, insns };
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(97);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
	execv(argv[0], argv);
	_exit(98);
}

static void judge(pid_t tid, enum naive_verdict verdict)
{
	struct fst_call_rest rest;
	unsigned long data = 0;
	int r = 0;

	ptrace(PTRACE_GETEVENTMSG, tid, 0, &data);
	if (verdict == NAIVE_KILL)
		kill(tid, SIGKILL);
	if (verdict == NAIVE_DENY || (verdict == NAIVE_BY_DATA && data == RULE))
		r = fst_call_skip(tid, FST_PLACE_SECCOMP, -EPERM, &rest);
	if (r == 1 && !ptrace(PTRACE_SYSCALL, tid, 0, 0) && waitpid(tid, NULL, __WALL) == tid)
		fst_call_finish(tid, &rest);
}

static void be_the_tracer(pid_t program, int go, enum naive_verdict verdict)
{
	int status, last = 0;
	pid_t tid;

	ptrace(PTRACE_SEIZE, program, 0,
	       PTRACE_O_EXITKILL | PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		       PTRACE_O_TRACECLONE);
	if (write(go, "", 1) != 1)
		_exit(97);
	while ((tid = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status)) {
			last = tid == program ? status : last;
			continue;
		}
		if (status >> 16 == PTRACE_EVENT_SECCOMP)
			judge(tid, verdict);
		ptrace(PTRACE_CONT, tid, 0, status >> 16 ? 0 : WSTOPSIG(status));
	}
	_exit(WIFSIGNALED(last) ? 128 + WTERMSIG(last) : WEXITSTATUS(last));
}

int naive_run(enum naive_verdict verdict, char *const *argv, char *out, size_t size)
{
	int go[2], output[2], status;

	assert_int_equal(pipe2(output, O_CLOEXEC), 0);
	fflush(stdout);
	pid_t tracer = fork();
	if (!tracer) {
		dup2(output[1], 1);
		if (pipe2(go, O_CLOEXEC))
			_exit(97);
		pid_t program = fork();
		if (!program)
			be_the_program(go[0], argv);
		be_the_tracer(program, go[1], verdict);
	}
	close(output[1]);
	harness_read_all(output[0], out, size);
	close(output[0]);
	assert_int_equal(waitpid(tracer, &status, 0), tracer);
	return WEXITSTATUS(status);
}
