/* SPDX-License-Identifier: MIT */
/* Decides whom to ask whether it stopped. Knows nothing of what a stop is, and misses none. */
#include <errno.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include <tracer/wait.h>

#define NS_PER_S 1000000000
#define SCAN_SHARE 20 /* scans may take one part in so many of the time */
#define SCAN_PERIOD_MIN_NS 1000000
#define SCAN_PERIOD_MAX_NS 100000000
#define UNNAMED_MAX 16

uint64_t fst_wait_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* ---- ticks ------------------------------------------------------------------------------------------------------ */

/* waitpid has no mask of its own, so a tick may come right before it: there is another one. */
static void tick(int signal)
{
	(void)signal;
}

static void set_timer(struct fst_wait *wait, uint64_t period_ns)
{
	struct timeval period = { .tv_usec = (suseconds_t)(period_ns / 1000) };
	struct itimerval timer = { period, period };

	if (wait->tick_ns == period_ns)
		return;
	wait->tick_ns = period_ns;
	setitimer(ITIMER_REAL, &timer, NULL);
}

static uint64_t scan_period_ns(const struct fst_wait *wait)
{
	uint64_t period = wait->scan_ns * SCAN_SHARE;

	return period < SCAN_PERIOD_MIN_NS  ? SCAN_PERIOD_MIN_NS :
		period > SCAN_PERIOD_MAX_NS ? SCAN_PERIOD_MAX_NS :
					      period;
}

/* It is unblocked only where waitpid is to be woken by it; sigwaitinfo takes blocked signals. */
static void set_ticks(struct fst_wait *wait)
{
	sigset_t alarm;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(wait->wants_ticks && !wait->by_signal ? SIG_UNBLOCK : SIG_BLOCK, &alarm, NULL);
	if (wait->wants_ticks)
		set_timer(wait, FST_WAIT_TICK_NS);
	else
		set_timer(wait, wait->by_signal && wait->unsure ? scan_period_ns(wait) : 0);
}

void fst_wait_want_ticks(struct fst_wait *wait, bool want)
{
	if (wait->wants_ticks == want)
		return;
	wait->wants_ticks = want;
	set_ticks(wait);
}

/* ---- few and many ----------------------------------------------------------------------------------------------- */

static void choose(struct fst_wait *wait, bool by_signal)
{
	/* Not ignored, which would reap for us. */
	struct sigaction action = { .sa_handler = SIG_DFL, .sa_flags = by_signal ? 0 : SA_NOCLDSTOP };

	sigaction(SIGCHLD, &action, NULL);
	wait->by_signal = by_signal;
	wait->scanning = wait->unsure = by_signal; /* who stopped before this was not named */
	wait->scanned = 0;
	memset(wait->hot, 0, sizeof(wait->hot));
	set_ticks(wait);
}

void fst_wait_init(struct fst_wait *wait)
{
	struct sigaction action = { .sa_handler = tick };

	*wait = (struct fst_wait){ .patience = 1 };
	sigaction(SIGALRM, &action, NULL);
	choose(wait, false);
}

/* ---- many ------------------------------------------------------------------------------------------------------- */

static pid_t ask_one(pid_t tid, int *ret_status)
{
	return waitpid(tid, ret_status, __WALL | WUNTRACED | WNOHANG);
}

static pid_t note_hot(struct fst_wait *wait, pid_t tid)
{
	pid_t before = tid, next;

	for (unsigned i = 0; i < FST_WAIT_HOT; i++) {
		next = wait->hot[i];
		wait->hot[i] = before;
		if (next == tid)
			break;
		before = next;
	}
	return tid;
}

/* The newest was let go on just now: left out, unless a signal that came to nothing may have hidden its own. */
static pid_t ask_hot(struct fst_wait *wait, int *ret_status)
{
	if (wait->unnamed >= UNNAMED_MAX) { /* whom a signal names comes first now */
		wait->unnamed = 0;
		return 0;
	}
	unsigned first = wait->hidden ? 0 : 1;
	wait->hidden = false;
	for (unsigned i = FST_WAIT_HOT; i-- > first;) { /* who waited longest first */
		pid_t tid = wait->hot[i];

		if (!tid)
			continue;
		pid_t got = ask_one(tid, ret_status);
		if (got > 0) {
			wait->unnamed++;
			return note_hot(wait, tid);
		}
		if (got < 0)
			wait->hot[i] = 0;
	}
	return 0;
}

static pid_t scan(struct fst_wait *wait, size_t tracees, int *ret_status)
{
	uint64_t begin = fst_wait_now_ns();
	pid_t tid = ask_one(-1, ret_status);

	wait->asked_ns = (wait->scanned ? wait->asked_ns : 0) + fst_wait_now_ns() - begin;
	/* Hot ones can stop as fast as they are found: that must not keep others from being heard by their signals. */
	if (tid && ++wait->scanned <= tracees)
		return tid;
	wait->scanning = false;
	wait->scanned = 0;
	wait->scan_ns = wait->asked_ns;
	if (!tid) /* none was missed */
		wait->unsure = false;
	return tid;
}

static void forget_silent(struct fst_wait *wait)
{
	memset(&wait->hot[1], 0, sizeof(wait->hot) - sizeof(wait->hot[0]));
}

/* Whom the next signal names, if it has something to tell; 0: a tick, or a signal that came to nothing. */
static pid_t await_signal(struct fst_wait *wait, int *ret_status, bool *ret_tick)
{
	siginfo_t info;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGALRM);
	int signal = sigwaitinfo(&set, &info);
	if (signal == SIGALRM) {
		*ret_tick = true;
		wait->scanning = wait->unsure;
		forget_silent(wait);
		return 0;
	}
	if (signal != SIGCHLD)
		return 0;
	if (!wait->unsure) {
		wait->unsure = true;
		set_ticks(wait);
	}
	if (info.si_pid <= 0) { /* the kernel had no memory for the siginfo */
		wait->scanning = true;
		return 0;
	}
	pid_t tid = ask_one(info.si_pid, ret_status);
	if (tid > 0)
		return note_hot(wait, tid);
	wait->hidden = true; /* it was found before its signal was, or is nobody of ours */
	return 0;
}

static pid_t next_of_many(struct fst_wait *wait, size_t tracees, int *ret_status)
{
	for (;;) {
		bool ticked = false;
		pid_t tid = wait->scanning ? scan(wait, tracees, ret_status) : 0;

		if (!tid)
			tid = ask_hot(wait, ret_status);
		if (!tid)
			tid = await_signal(wait, ret_status, &ticked);
		if (tid)
			return tid;
		if (!ticked)
			continue;
		if (!wait->unsure)
			set_ticks(wait);
		return 0;
	}
}

/* ---- all -------------------------------------------------------------------------------------------------------- */

/*
 * The kernel tells of the first in its list. One that runs, on our CPU, as soon as it is let go on, and stops, would be
 * the first each time. So while it is stopped others are asked for now and then, and at once again as long as there are
 * any: they come before it.
 */
static pid_t let_others_pass(struct fst_wait *wait, pid_t tid, int *ret_status)
{
	int status;

	if (tid != wait->last || !WIFSTOPPED(*ret_status)) {
		wait->last = tid;
		wait->in_a_row = 0;
		return tid;
	}
	if (++wait->in_a_row < wait->patience)
		return tid;
	wait->in_a_row = 0;
	pid_t other = ask_one(-1, &status);
	if (other <= 0) {
		wait->patience = wait->patience < FST_WAIT_PATIENCE ? 2 * wait->patience : FST_WAIT_PATIENCE;
		return tid;
	}
	wait->patience = 1;
	if (other != tid) {
		wait->held = tid;
		wait->held_status = *ret_status;
	}
	*ret_status = status;
	return other;
}

/*
 * What it has to tell by now is told instead: it was killed, or its tid is that of a thread which executed. 0: it is
 * gone.
 */
static pid_t ask_held(struct fst_wait *wait, int *ret_status)
{
	pid_t tid = wait->held, got = ask_one(tid, ret_status);

	wait->held = 0;
	if (!got)
		*ret_status = wait->held_status;
	return got < 0 ? 0 : tid;
}

static pid_t next_of_few(struct fst_wait *wait, int *ret_status)
{
	pid_t tid = waitpid(-1, ret_status, __WALL | WUNTRACED);

	if (tid <= 0)
		return tid < 0 && errno == EINTR ? 0 : tid;
	return let_others_pass(wait, tid, ret_status);
}

pid_t fst_wait_next(struct fst_wait *wait, size_t tracees, int *ret_status)
{
	pid_t held = wait->held ? ask_held(wait, ret_status) : 0;

	if (held)
		return held;
	if (wait->by_signal ? tracees < FST_WAIT_MANY / 2 : tracees >= FST_WAIT_MANY)
		choose(wait, !wait->by_signal);
	return wait->by_signal ? next_of_many(wait, tracees, ret_status) : next_of_few(wait, ret_status);
}
