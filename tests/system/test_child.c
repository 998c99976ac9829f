/* SPDX-License-Identifier: MIT */
/* The tracer's own children: what they hold, and how long they are waited for. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <tracer/child.h>
#include <tracer/wait.h>

#define TIMEOUT_MS 100

/* ---- patience ---------------------------------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
	return (int64_t)(fst_wait_now_ns() / 1000000);
}

/* One that works for so many time-outs, or waits for so many, and answers then. What came of it. */
static int await_child(int times, bool works)
{
	int64_t end = now_ms() + times * TIMEOUT_MS;
	int pair[2], r;
	pid_t child;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (now_ms() < end)
			if (!works)
				poll(NULL, 0, (int)(end - now_ms()));
		_exit(write(pair[1], "", 1) != 1);
	}
	close(pair[1]);
	r = fst_child_await(child, pair[0], TIMEOUT_MS);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(pair[0]);
	return r;
}

static void child__that_has_work_to_do_is_waited_for(void **state)
{
	(void)state;
	assert_int_equal(await_child(3, true), 0);
}

static void child__that_waits_for_somebody_itself_is_not(void **state)
{
	(void)state;
	assert_int_equal(await_child(100, false), -ETIMEDOUT);
}

static void child__that_works_for_ever_is_given_up(void **state)
{
	int64_t begin = now_ms();

	(void)state;
	assert_int_equal(await_child(100, true), -ETIMEDOUT);
	assert_true(now_ms() - begin >= (int64_t)FST_CHILD_PATIENCE * TIMEOUT_MS);
}

static void child__that_ended_is_an_answer(void **state)
{
	(void)state;
	assert_int_equal(await_child(0, true), 0);
}

/* ---- descriptors ------------------------------------------------------------------------------------------------- */

static const struct lack {
	const char *law;
	int calls[4]; /* that are denied; 0: no more */
} lacks[] = {
	{ "descriptors__but_those_kept_are_closed", { 0 } },
	{ "descriptors__are_closed_where_there_is_no_close_range", { SYS_close_range } },
	{ "descriptors__are_closed_where_nobody_lists_them", { SYS_close_range, SYS_openat } },
};

static bool deny(const int *calls)
{
	struct sock_filter insns[10];
	struct sock_fprog program = { 0, insns };

	insns[program.len++] =
		(struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (; *calls; calls++) {
		insns[program.len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, *calls, 0, 1);
		insns[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	}
	insns[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* In a child: which of 0 to 7 are open, as bits; -1: something cannot be denied. */
static int closed_but(const int *kept, size_t count, const int *denied)
{
	int status, open_ones = 0;
	pid_t child = fork();

	if (!child) {
		for (int fd = 0; fd < 8; fd++)
			dup2(STDIN_FILENO, fd);
		if (*denied && !deny(denied))
			_exit(255);
		fst_child_close_all_but(kept, count);
		for (int fd = 0; fd < 7; fd++)
			open_ones |= (fcntl(fd, F_GETFD) >= 0) << fd;
		_exit(open_ones);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

static void check_lack(void **state)
{
	const struct lack *lack = *state;
	const int some[] = { 0, 3, 4, 6 };

	if (*lack->calls)
		harness_need_kernel_filters();
	assert_int_equal(closed_but(some, 4, lack->calls), 1 << 0 | 1 << 3 | 1 << 4 | 1 << 6);
	assert_int_equal(closed_but(some + 1, 1, lack->calls), 1 << 3);
	assert_int_equal(closed_but(NULL, 0, lack->calls), 0);
}

int main(void)
{
	const struct CMUnitTest laws[] = {
		LAW(child__that_has_work_to_do_is_waited_for),
		LAW(child__that_waits_for_somebody_itself_is_not),
		LAW(child__that_works_for_ever_is_given_up),
		LAW(child__that_ended_is_an_answer),
		LAW_WITH(lacks[0].law, check_lack, &lacks[0]),
		LAW_WITH(lacks[1].law, check_lack, &lacks[1]),
		LAW_WITH(lacks[2].law, check_lack, &lacks[2]),
	};

	return RUN_LAWS(laws);
}
