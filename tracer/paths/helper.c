/* SPDX-License-Identifier: MIT */
/*
 * Both sides of the helper. Decides how long a walk may take, and when the helper is killed and started again. What it
 * walks, and what it says, is walk.c's.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <talloc.h>

#include <tracer/child.h>
#include <tracer/paths/helper.h>

struct question {
	struct fst_creds creds;
	struct fst_walk walk;
};

struct answer {
	int result;
	struct fst_found found;
};

struct fst_helper {
	pid_t tid;  /* 0: none runs */
	int socket; /* -1: none, or it was killed and is not reaped yet */
	struct question question;
	struct answer answer;
};

/* ---- messages with a descriptor --------------------------------------------------------------------------------- */

static int send_with(int socket, const void *bytes, size_t count, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec part = { (void *)bytes, count };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		struct cmsghdr *head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)count ? 0 : -EPIPE;
}

/* *ret_fd is -1 when none came. */
static int receive_with(int socket, void *bytes, size_t count, int *ret_fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = { bytes, count };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	ssize_t got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
	struct cmsghdr *head = got < 0 ? NULL : CMSG_FIRSTHDR(&message);

	*ret_fd = -1;
	if (head && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(ret_fd, CMSG_DATA(head), sizeof(*ret_fd));
	return got == (ssize_t)count ? 0 : -EPIPE;
}

/* ---- the process ------------------------------------------------------------------------------------------------ */

static int confine(int socket, pid_t parent)
{
	const struct rlimit none = { 0, 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "flagstop-paths");
	if (getppid() != parent || prctl(PR_SET_DUMPABLE, 0))
		return -1;
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_NPROC, &none);
	fst_child_close_all_but(&socket, 1);
	return 0;
}

static _Noreturn void serve(int socket, pid_t parent)
{
	struct fst_walker *walker = calloc(1, sizeof(*walker));
	struct question *question = calloc(1, sizeof(*question));
	struct answer *answer = calloc(1, sizeof(*answer));

	if (confine(socket, parent) || !walker || !question || !answer || fst_walker_init(walker))
		_exit(1);
	while (!receive_with(socket, question, sizeof(*question), &question->walk.start_fd)) {
		answer->found.fd = -1;
		answer->result = fst_creds_take(&question->creds);
		if (!answer->result)
			answer->result = fst_walk_run(walker, &question->walk, &answer->found);
		if (question->walk.start_fd >= 0)
			close(question->walk.start_fd);
		if (send_with(socket, answer, sizeof(*answer), answer->found.fd))
			break;
		if (answer->found.fd >= 0)
			close(answer->found.fd);
	}
	_exit(0);
}

/* ---- its life --------------------------------------------------------------------------------------------------- */

static void close_socket(struct fst_helper *helper)
{
	if (helper->socket >= 0)
		close(helper->socket);
	helper->socket = -1;
}

void fst_helper_reaped(struct fst_helper *helper)
{
	close_socket(helper);
	helper->tid = 0;
}

pid_t fst_helper_pid(const struct fst_helper *helper)
{
	return helper->tid;
}

/* One that hangs in a file system does not die before that lets go of it: then waitpid() tells of it later. */
static void kill_helper(struct fst_helper *helper)
{
	if (!helper->tid)
		return;
	kill(helper->tid, SIGKILL);
	close_socket(helper);
	if (waitpid(helper->tid, NULL, WNOHANG) == helper->tid)
		helper->tid = 0;
}

void fst_helper_dismiss(struct fst_helper *helper)
{
	kill_helper(helper);
}

static int end_with(struct fst_helper *helper)
{
	kill_helper(helper);
	return 0;
}

struct fst_helper *fst_helper_new(void *parent)
{
	struct fst_helper *helper = talloc_zero(parent, struct fst_helper);

	if (!helper)
		return NULL;
	helper->socket = -1;
	talloc_set_destructor(helper, end_with);
	return helper;
}

static int start(struct fst_helper *helper)
{
	pid_t parent = getpid(), tid;
	int pair[2];

	if (helper->tid && helper->socket < 0 && waitpid(helper->tid, NULL, WNOHANG) != helper->tid)
		return -ETIMEDOUT; /* the last one hangs still */
	if (helper->tid && helper->socket >= 0)
		return 0;
	helper->tid = 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -EPIPE;
	tid = fork();
	if (!tid)
		serve(pair[1], parent);
	close(pair[1]);
	if (tid < 0) {
		close(pair[0]);
		return -EPIPE;
	}
	helper->tid = tid;
	helper->socket = pair[0];
	return 0;
}

/* What it says is believed only as far as it can be true. */
static int take_answer(struct fst_helper *helper, struct fst_found *ret_found)
{
	struct answer *a = &helper->answer;
	int fd, r = receive_with(helper->socket, a, sizeof(*a), &fd);

	if (!r && !a->result && ((a->found.kind == FST_FOUND_NOTHING) != (fd < 0)))
		r = -EPIPE;
	if (r || a->result) {
		if (fd >= 0)
			close(fd);
		return r ? r : a->result;
	}
	*ret_found = a->found;
	ret_found->fd = fd;
	return 0;
}

int fst_helper_walk(struct fst_helper *helper, const struct fst_creds *creds, const struct fst_walk *walk,
		    struct fst_found *ret_found)
{
	int r = start(helper);

	ret_found->fd = -1;
	if (r)
		return r;
	helper->question.creds = *creds;
	helper->question.walk = *walk;
	helper->question.walk.cached = false;
	r = send_with(helper->socket, &helper->question, sizeof(helper->question), walk->start_fd);
	if (!r)
		r = fst_child_await(helper->tid, helper->socket, FST_HELPER_TIMEOUT_MS);
	if (!r)
		r = take_answer(helper, ret_found);
	if (r == -EPIPE || r == -ETIMEDOUT)
		kill_helper(helper);
	return r;
}
