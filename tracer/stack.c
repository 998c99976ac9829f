/* SPDX-License-Identifier: MIT */
/*
 * Decides how long a stack may take, and when the helper is killed, started again, or given up. Refuses to know how a
 * stack is unwound, and believes nothing of what the helper says beyond its being printable lines.
 */

#include <tracer/stack.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tracer/child.h"
#include "tracer/proc.h"
#include "tracer/stack_child.h"
#include "tracer/wait.h"

#define STARTS_MAX 9 /* the first and eight more */
#define REAP_TIMEOUT_MS 100
#define NS_PER_MS INT64_C(1000000)

struct fst_stack {
	pid_t helper;  /* 0: none runs */
	int socket_fd; /* -1: none, or the helper was killed and is not reaped yet */
	unsigned starts;
	int64_t spent_ns;
	struct fst_stack_child_question question;
	struct fst_stack_child_answer answer;
};

struct fst_stack *fst_stack_new(void)
{
	struct fst_stack *stack = calloc(1, sizeof(*stack));

	if (stack)
		stack->socket_fd = -1;
	return stack;
}

static int64_t now_ns(void)
{
	return (int64_t)fst_wait_now_ns();
}

/* ---- the helper's life ---------------------------------------------------------------------------------------- */

static void close_socket(struct fst_stack *stack)
{
	if (stack->socket_fd >= 0)
		close(stack->socket_fd);
	stack->socket_fd = -1;
}

void fst_stack_reaped(struct fst_stack *stack)
{
	close_socket(stack);
	stack->helper = 0;
}

pid_t fst_stack_helper(const struct fst_stack *stack)
{
	return stack->helper;
}

static bool try_reap(struct fst_stack *stack)
{
	pid_t got = waitpid(stack->helper, NULL, WNOHANG);

	/* ECHILD: SIGCHLD is ignored, or somebody else reaped it. */
	if (got == stack->helper || (got < 0 && errno == ECHILD))
		fst_stack_reaped(stack);
	return !stack->helper;
}

/*
 * Not a blocking wait: a helper that reads a FUSE file can be in the kernel for as long as that file system likes,
 * SIGKILL or not. One that will not die yet keeps its pid, and no other is started in the meantime.
 */
static void end_helper(struct fst_stack *stack)
{
	int64_t deadline = now_ns() + REAP_TIMEOUT_MS * NS_PER_MS;
	struct pollfd end = { .fd = stack->socket_fd };

	if (!stack->helper)
		return;
	kill(stack->helper, SIGKILL);
	/* Its end of the socket closes shortly before it can be reaped. */
	if (end.fd >= 0)
		poll(&end, 1, REAP_TIMEOUT_MS);
	close_socket(stack);
	while (!try_reap(stack) && now_ns() < deadline)
		poll(NULL, 0, 1);
}

void fst_stack_free(struct fst_stack *stack)
{
	if (!stack)
		return;
	end_helper(stack);
	free(stack);
}

static int fork_helper(struct fst_stack *stack, const int pair[2])
{
	pid_t parent = getpid(), child;
	sigset_t all, before;

	/* No handler of the embedder's may run in the helper. */
	sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, &before))
		return -errno;
	child = fork();
	if (!child)
		fst_stack_child_run(pair[1], parent);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (child < 0)
		return -EAGAIN;
	stack->helper = child;
	stack->socket_fd = pair[0];
	return 0;
}

static int start_helper(struct fst_stack *stack)
{
	int pair[2], err;

	if (stack->starts >= STARTS_MAX)
		return -EBUSY;
	stack->starts++;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	err = fork_helper(stack, pair);
	close(pair[1]);
	if (err)
		close(pair[0]);
	return err;
}

static int ensure_helper(struct fst_stack *stack)
{
	/* Killed earlier, and could not be reaped then. */
	if (stack->helper && stack->socket_fd < 0 && !try_reap(stack))
		return -ETIMEDOUT;
	return stack->helper ? 0 : start_helper(stack);
}

/* ---- one capture ---------------------------------------------------------------------------------------------- */

static int send_question(struct fst_stack *stack, const int fds[2])
{
	union {
		char bytes[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec part = { .iov_base = &stack->question, .iov_len = sizeof(stack->question) };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(head), fds, 2 * sizeof(int));
	return sendmsg(stack->socket_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -EPIPE : 0;
}

/* The number of lines that are frames, or -EPROTO for text that the helper's own code would never write. */
static int check_text(const char *text, size_t bytes)
{
	int frames = bytes ? 1 : 0;
	size_t i;

	for (i = 0; i < bytes; i++) {
		if (text[i] == '\n')
			frames++;
		else if (text[i] < ' ' || text[i] > '~')
			return -EPROTO;
	}
	if (bytes >= 3 && !memcmp(text + bytes - 3, "...", 3) && (bytes == 3 || text[bytes - 4] == '\n'))
		frames--;
	return frames <= FST_STACK_MAX_FRAMES ? frames : -EPROTO;
}

/* A packet that is not what was agreed upon means that the helper is somebody else's by now. */
static int receive_answer(struct fst_stack *stack, char *text, size_t text_size)
{
	struct fst_stack_child_answer *answer = &stack->answer;
	ssize_t got = recv(stack->socket_fd, answer, sizeof(*answer), MSG_DONTWAIT | MSG_TRUNC);

	if (got < (ssize_t)FST_STACK_CHILD_HEAD_BYTES || got > (ssize_t)sizeof(*answer) ||
	    (size_t)got != FST_STACK_CHILD_HEAD_BYTES + answer->text_bytes || answer->text_bytes >= text_size ||
	    check_text(answer->text, answer->text_bytes) != (answer->result < 0 ? 0 : answer->result))
		return -EPIPE;
	memcpy(text, answer->text, answer->text_bytes);
	text[answer->text_bytes] = '\0';
	return answer->result;
}

static int ask(struct fst_stack *stack, const int fds[2], int64_t deadline, char *text, size_t text_size)
{
	int err = ensure_helper(stack);

	if (err)
		return err;
	err = send_question(stack, fds);
	if (!err)
		err = fst_child_await_until(stack->socket_fd, (uint64_t)deadline);
	if (!err)
		err = receive_answer(stack, text, text_size);
	if (err == -EPIPE || err == -ETIMEDOUT)
		end_helper(stack);
	return err;
}

static int ask_about(struct fst_stack *stack, pid_t tid, int64_t deadline, char *text, size_t text_size)
{
	int fds[2], err;

	fds[0] = fst_proc_open(tid, "mem", O_RDONLY);
	if (fds[0] < 0)
		return fds[0];
	fds[1] = fst_proc_open(tid, "maps", O_RDONLY);
	err = fds[1];
	if (err >= 0) {
		err = ask(stack, fds, deadline, text, text_size);
		close(fds[1]);
	}
	close(fds[0]);
	return err;
}

/* The question is in stack->question but for the size. */
static int ask_in_time(struct fst_stack *stack, pid_t tid, char *text, size_t text_size)
{
	int64_t left = FST_STACK_TOTAL_TIMEOUT_MS * NS_PER_MS - stack->spent_ns, begin;
	int result;

	if (left <= 0)
		return -EBUSY;
	if (left > FST_STACK_TIMEOUT_MS * NS_PER_MS)
		left = FST_STACK_TIMEOUT_MS * NS_PER_MS;
	stack->question.text_size =
		(uint32_t)(text_size < FST_STACK_MAX_TEXT_BYTES ? text_size : FST_STACK_MAX_TEXT_BYTES);
	begin = now_ns();
	result = ask_about(stack, tid, begin + left, text, text_size);
	stack->spent_ns += now_ns() - begin;
	return result;
}

int fst_stack_capture(struct fst_stack *stack, const struct fst_stack_request *request, char *text, size_t text_size)
{
	if (!stack || !request || !request->regset || !text || !text_size)
		return -EINVAL;
	text[0] = '\0';
	if (request->regset_bytes > sizeof(stack->question.regset))
		return -EOPNOTSUPP;
	stack->question.string = 0;
	stack->question.regset_bytes = (uint32_t)request->regset_bytes;
	memcpy(stack->question.regset, request->regset, request->regset_bytes);
	return ask_in_time(stack, request->tid, text, text_size);
}

int fst_stack_string(struct fst_stack *stack, pid_t tid, uint64_t address, char *text, size_t text_size)
{
	int result;

	if (!stack || !text || !text_size)
		return -EINVAL;
	text[0] = '\0';
	if (!address)
		return -EFAULT;
	stack->question.string = address;
	result = ask_in_time(stack, tid, text, text_size);
	return result < 0 ? result : 0;
}
