/* SPDX-License-Identifier: MIT */
/* Decides which thread shares a CPU with the tracer, and for how long. Knows stops by who made them and when. */
#include <signal.h>
#include <string.h>

#include <flagstop/arch.h>
#include <tracer/together.h>

/* ---- masks ------------------------------------------------------------------------------------------------------ */

static bool read_mask(pid_t tid, cpu_set_t *ret_cpus)
{
	CPU_ZERO(ret_cpus);
	return !sched_getaffinity(tid, sizeof(*ret_cpus), ret_cpus);
}

static void put_back(pid_t tid, const struct fst_together_mask *mask)
{
	cpu_set_t every;

	memset(&every, 0xff, sizeof(every));
	sched_setaffinity(tid, sizeof(cpu_set_t), mask->whole ? &every : &mask->cpus);
}

/* Others may set it, too (taskset(1), a cpuset): then it is not ours to put back. */
static void put_back_if_ours(const struct fst_together *together, pid_t tid, const struct fst_together_mask *mask)
{
	cpu_set_t now;

	if (read_mask(tid, &now) && CPU_EQUAL(&now, &together->one))
		put_back(tid, mask);
}

/* What all-ones comes to tells whether a mask was narrowed by somebody or is as wide as what confines us. */
static bool learn_ours(struct fst_together *together)
{
	if (together->knows_ours)
		return true;
	together->ours.whole = true;
	if (!read_mask(0, &together->ours.cpus))
		return false;
	put_back(0, &together->ours);
	if (!read_mask(0, &together->all))
		return false;
	together->ours.whole = CPU_EQUAL(&together->all, &together->ours.cpus);
	put_back(0, &together->ours);
	together->knows_ours = true;
	return true;
}

/* A real-time thread would keep us from running; a deadline thread may not be narrowed. */
bool fst_together_is_ordinary(pid_t tid)
{
	int policy = sched_getscheduler(tid) & ~SCHED_RESET_ON_FORK;

	return policy == SCHED_OTHER || policy == SCHED_BATCH;
}

/* The CPU that we are on, or another that both may use; -1: there is none. */
static int choose_cpu(const struct fst_together *together)
{
	int cpu = together->prefers >= 0 ? together->prefers : sched_getcpu();
	cpu_set_t both;

	CPU_AND(&both, &together->its.cpus, &together->ours.cpus);
	if (cpu >= 0 && CPU_ISSET(cpu, &both))
		return cpu;
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &both))
			return cpu;
	return -1;
}

/* ---- together and apart ----------------------------------------------------------------------------------------- */

static bool look_at(struct fst_together *together, pid_t tid)
{
	if (!fst_together_is_ordinary(tid) || !fst_together_is_ordinary(0) || !learn_ours(together) ||
	    !read_mask(tid, &together->its.cpus))
		return false;
	together->its.whole = CPU_EQUAL(&together->its.cpus, &together->all);
	return true;
}

static void bring(struct fst_together *together, pid_t tid)
{
	if (tid == together->refused)
		return;
	int cpu = look_at(together, tid) ? choose_cpu(together) : -1;
	together->refused = tid; /* unless all goes well */
	if (cpu < 0)
		return;
	CPU_ZERO(&together->one);
	CPU_SET(cpu, &together->one);
	together->moved_it = CPU_COUNT(&together->its.cpus) > 1;
	together->moved_us = CPU_COUNT(&together->ours.cpus) > 1;
	if (together->moved_it && sched_setaffinity(tid, sizeof(cpu_set_t), &together->one))
		return;
	if (together->moved_it) {
		CPU_OR(&together->used, &together->used, &together->one);
		together->has_moved = true;
	}
	if (together->moved_us)
		sched_setaffinity(0, sizeof(cpu_set_t), &together->one);
	together->refused = 0;
	together->with = tid;
	together->times += together->moved_it;
	fst_wait_want_ticks(together->wait, together->moved_it || together->moved_us);
}

static void part(struct fst_together *together)
{
	if (!together->with)
		return;
	if (together->moved_it)
		put_back_if_ours(together, together->with, &together->its);
	if (together->moved_us)
		put_back_if_ours(together, 0, &together->ours);
	together->with = 0;
	fst_wait_want_ticks(together->wait, false);
}

/* ---- what happens ----------------------------------------------------------------------------------------------- */

void fst_together_init(struct fst_together *together, struct fst_wait *wait, bool off)
{
	/* The first of them sets a mask. */
	static const char *const looks[FST_TOGETHER_LOOKS] = { "sched_setaffinity", "sched_getaffinity",
							       "sched_setscheduler", "sched_setattr" };

	*together = (struct fst_together){ .wait = wait, .off = off, .prefers = -1 };
	for (size_t i = 0; i < FST_TOGETHER_LOOKS; i++)
		together->looks[i] = flagstop_call_find(looks[i]);
}

static void end_window(struct fst_together *together, pid_t last)
{
	uint64_t now = fst_wait_now_ns(), took = now - together->since_ns;

	if (together->with) {
		if (took > FST_TOGETHER_SLOW_NS || together->its_stops < FST_TOGETHER_WINDOW * 3 / 4)
			part(together);
	} else if (took < FST_TOGETHER_FAST_NS && together->its_stops > FST_TOGETHER_WINDOW * 7 / 8) {
		bring(together, together->candidate);
	}
	together->candidate = together->with ? together->with : last;
	together->its_stops = together->stops = 0;
	together->since_ns = now;
}

void fst_together_stopped(struct fst_together *together, pid_t tid)
{
	if (together->off)
		return;
	together->its_stops += tid == together->candidate;
	if (++together->stops >= FST_TOGETHER_WINDOW)
		end_window(together, tid);
}

void fst_together_tick(struct fst_together *together)
{
	if (together->with && fst_wait_now_ns() - together->since_ns > FST_TOGETHER_SLOW_NS)
		part(together);
}

/*
 * It has its maker's mask of the moment when it was made. A mask of one CPU is ours, as long as the program set none,
 * unless somebody outside narrowed a thread to just the CPU that we used, and that thread made this one.
 */
void fst_together_born(struct fst_together *together, pid_t tid)
{
	cpu_set_t its;

	if (!together->has_moved || together->off || !read_mask(tid, &its) || CPU_COUNT(&its) != 1)
		return;
	CPU_AND(&its, &its, &together->used);
	if (CPU_COUNT(&its) == 1)
		put_back(tid, &together->its);
}

void fst_together_call(struct fst_together *together, const struct flagstop_data *call)
{
	int abi = flagstop_abi_of_call(call->arch, call->nr);
	int index = abi < 0 ? -1 : flagstop_call_from_number(abi, call->nr);

	for (size_t i = 0; i < FST_TOGETHER_LOOKS; i++)
		if (index >= 0 && index == together->looks[i])
			part(together);
	if (index >= 0 && index == together->looks[0])
		together->off = true; /* from now on a mask of one CPU may be the program's own wish */
}

void fst_together_exec(struct fst_together *together, pid_t former, pid_t tid)
{
	if (together->with != former && together->with != tid)
		return;
	together->with = tid;
	part(together);
}

int fst_together_share(struct fst_together *together, pid_t tid, unsigned index)
{
	if (together->with == tid)
		part(together);
	if (together->off || !learn_ours(together) || CPU_COUNT(&together->ours.cpus) < 2)
		return -1;
	if (together->prefers < 0)
		together->prefers = sched_getcpu();
	int cpu = together->prefers;
	for (unsigned left = index % ((unsigned)CPU_COUNT(&together->ours.cpus) - 1) + 1; left; left--)
		do
			cpu = (cpu + 1) % CPU_SETSIZE;
		while (!CPU_ISSET(cpu, &together->ours.cpus));
	return cpu;
}

void fst_together_gone(struct fst_together *together, pid_t tid)
{
	if (together->refused == tid)
		together->refused = 0;
	if (together->with != tid)
		return;
	together->moved_it = false;
	part(together);
}

void fst_together_signal(struct fst_together *together, pid_t tid, int signal)
{
	static const int dumping[] = { SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ,
				       SIGSYS };

	if (together->with != tid)
		return;
	for (size_t i = 0; i < sizeof(dumping) / sizeof(*dumping); i++)
		if (signal == dumping[i])
			part(together);
}
