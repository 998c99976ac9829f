/* SPDX-License-Identifier: MIT */
/*
 * poor FEATURE… -- PROGRAM [ARGUMENT…]: runs a program, and all that comes from it, where the kernel seems to lack
 * something: a filter from outside answers for it. With "listener" the filter has one, which lets every mkdir pass.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ANY 0xffffffff

static const struct feature {
	const char *name;
	unsigned nr, value; /* the call, and what its argument is */
	unsigned answer;
	unsigned argument;
} features[] = {
	{ "no-seccomp", SYS_seccomp, ANY, SECCOMP_RET_ERRNO | ENOSYS, 0 },
	{ "no-seccomp", SYS_prctl, PR_SET_SECCOMP, SECCOMP_RET_ERRNO | EINVAL, 0 },
	{ "no-seccomp", SYS_prctl, PR_GET_SECCOMP, SECCOMP_RET_ERRNO | EINVAL, 0 },
	{ "no-call-info", SYS_ptrace, 0x420e, SECCOMP_RET_ERRNO | EIO, 0 },
	{ "no-sysemu", SYS_ptrace, 31, SECCOMP_RET_ERRNO | EIO, 0 },
	{ "no-tracing", SYS_ptrace, PTRACE_SEIZE, SECCOMP_RET_ERRNO | EPERM, 0 },
	{ "no-copies", SYS_process_vm_readv, ANY, SECCOMP_RET_ERRNO | ENOSYS, 0 },
	{ "no-copies", SYS_process_vm_writev, ANY, SECCOMP_RET_ERRNO | ENOSYS, 0 },
	{ "no-page-map", SYS_pread64, 8, SECCOMP_RET_ERRNO | EPERM, 2 }, /* the bytes of an entry */
	{ "no-mount-ids", SYS_statx, ANY, SECCOMP_RET_ERRNO | ENOSYS, 0 },
	{ "no-random", SYS_getrandom, ANY, SECCOMP_RET_ERRNO | ENOSYS, 0 },
	{ "no-shared-memory", SYS_shmget, ANY, SECCOMP_RET_ERRNO | ENOSYS, 0 },
	{ "no-resolving", SYS_openat2, ANY, SECCOMP_RET_ERRNO | ENOSYS, 0 },
	{ "no-affinity", SYS_sched_setaffinity, ANY, SECCOMP_RET_ERRNO | EPERM, 0 },
	{ "listener", SYS_mkdir, ANY, SECCOMP_RET_USER_NOTIF, 0 },
};

static int add(struct sock_filter *insns, const struct feature *f)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, f->nr, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * f->argument),
		BPF_JUMP(f->value == ANY ? BPF_JMP | BPF_JGE | BPF_K : BPF_JMP | BPF_JEQ | BPF_K,
			 f->value == ANY ? 0 : f->value, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, f->answer),
	};

	memcpy(insns, code, sizeof(code));
	return sizeof(code) / sizeof(*code);
}

static void let_all_pass(int listener, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, 9);
	if (getppid() != parent) /* it was quicker */
		_exit(0);
	for (;;) {
		struct seccomp_notif call;

		memset(&call, 0, sizeof(call));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) && errno != EINTR && errno != ENOENT)
			_exit(0);
		struct seccomp_notif_resp pass = { .id = call.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &pass);
	}
}

int main(int argc, char **argv)
{
	struct sock_filter insns[64];
	int count = 0, i, flags = 0;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		for (unsigned f = 0; f < sizeof(features) / sizeof(*features); f++)
			if (!strcmp(argv[i], features[f].name))
				count += add(insns + count, &features[f]);
		if (!strcmp(argv[i], "listener"))
			flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
	}
	insns[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { count, insns };
	if (geteuid())
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	int listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (count == 1 || i + 1 >= argc || listener < 0) {
		fprintf(stderr, "poor: %s\n", count == 1 ? "lacks nothing" : strerror(errno));
		return 125;
	}
	pid_t parent = getpid();
	if (flags && !fork())
		let_all_pass(listener, parent);
	if (flags)
		close(listener);
	execv(argv[i + 1], argv + i + 1);
	return 127;
}
