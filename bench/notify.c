/* SPDX-License-Identifier: MIT */
/* The least that user notification can cost: a process that answers, and does nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>

#include "bench.h"

/* linux/seccomp.h, 6.6 */
#define SET_FLAGS _IOW('!', 4, __u64)
#define SYNC_WAKE_UP 1

static uint64_t answered;
static int report_fd;

/* The process that answers carries the filter itself: it makes no such call, and its worker has it from birth. */
static int listen_to_calls(bool opens)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, opens ? SYS_openat : SYS_getppid, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[3])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OPEN_MARK, 0, opens ? 1 : 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(insns) / sizeof(*insns), insns };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static void end(int signal)
{
	(void)signal;
	_exit(send(report_fd, &answered, sizeof(answered), MSG_NOSIGNAL) != sizeof(answered));
}

struct answer {
	uint32_t flags;
	int64_t value;
	uint64_t sync;
	bool gives_file;
};

/* By a call that is not listened to. The descriptor is the answer (SECCOMP_ADDFD_FLAG_SEND, 5.14). */
static void give_file(int listener, uint64_t id)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC };
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", &how, sizeof(how));
	struct seccomp_notif_addfd gift = {
		.id = id, .flags = SECCOMP_ADDFD_FLAG_SEND, .srcfd = (uint32_t)fd, .newfd_flags = O_CLOEXEC
	};

	ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &gift);
	close(fd);
}

static void __attribute__((noreturn)) answer(int listener, const struct answer *a)
{
	struct seccomp_notif notice;
	struct seccomp_notif_resp reply;

	for (;;) {
		memset(&notice, 0, sizeof(notice));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notice))
			continue;
		memset(&reply, 0, sizeof(reply));
		reply.id = notice.id;
		reply.flags = a->flags;
		reply.val = a->value;
		if (a->gives_file)
			give_file(listener, notice.id);
		else
			ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
		answered++;
	}
}

static void __attribute__((noreturn))
serve(const struct row *row, struct subject *subject, const struct answer *a)
{
	char *argv[WORKER_ARGUMENTS + 1];
	int listener = listen_to_calls(row->call == CALL_OPEN);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(subject->fd);
	if (listener < 0 || (a->sync && ioctl(listener, SET_FLAGS, a->sync)))
		_exit(1);
	report_fd = subject->worker_fd;
	signal(SIGCHLD, end);
	if (!fork()) {
		close(listener);
		subject_argv(subject, row, argv);
		execv(argv[0], argv);
		_exit(127);
	}
	answer(listener, a);
}

static int start(const struct row *row, struct subject *subject, const struct answer *a)
{
	subject->process = fork();
	if (subject->process < 0)
		return -errno;
	if (!subject->process)
		serve(row, subject, a);
	return 0;
}

int start_notify_continue(const struct row *row, struct subject *subject)
{
	return start(row, subject, &(struct answer){ .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE });
}

int start_notify_reply(const struct row *row, struct subject *subject)
{
	return start(row, subject, &(struct answer){ .value = 1 });
}

int start_notify_sync(const struct row *row, struct subject *subject)
{
	return start(row, subject, &(struct answer){ .value = 1, .sync = SYNC_WAKE_UP });
}

int start_notify_addfd(const struct row *row, struct subject *subject)
{
	return start(row, subject, &(struct answer){ .gives_file = true });
}
