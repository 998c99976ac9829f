/* SPDX-License-Identifier: MIT */
/* How a process is parked and fetched. Does not know why, nor who the two tracers are. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <talloc.h>

#include <arch/park.h>
#include <tracer/call.h>
#include <tracer/park.h>
#include <tracer/proc.h>

#define PAGE_BYTES 4096
#define ERRNO_MAX 4095

struct fst_park {
	const struct fst_layout *layout;
	const struct fst_park_code *code;
	int segment;
	void *here; /* keeps the segment, which is marked to go with whoever has it last */
	uint32_t shmat, shmdt;
	uint64_t secret[2];
	ino_t namespace; /* of System V segments: elsewhere another one may have the same number */
};

static ino_t namespace_of(pid_t tid)
{
	int fd = fst_proc_open(tid, "ns/ipc", O_RDONLY);
	struct stat info;
	ino_t number = fd >= 0 && !fstat(fd, &info) ? info.st_ino : 0;

	if (fd >= 0)
		close(fd);
	return number;
}

/* ---- the page --------------------------------------------------------------------------------------------------- */

static int release(struct fst_park *park)
{
	if (park->here)
		shmdt(park->here);
	return 0;
}

static int make_page(struct fst_park *park, uint32_t poison)
{
	struct shmid_ds what;
	int r;

	park->segment = shmget(IPC_PRIVATE, PAGE_BYTES, IPC_CREAT | 0700);
	if (park->segment < 0)
		return -ENOSYS;
	park->here = shmat(park->segment, NULL, 0);
	if (park->here == (void *)-1)
		park->here = NULL;
	r = park->here ? shmctl(park->segment, IPC_STAT, &what) : -1;
	what.shm_perm.mode = 0500; /* from here on it may be mapped for reading and executing only */
	r = r ? r : shmctl(park->segment, IPC_SET, &what);
	shmctl(park->segment, IPC_RMID, NULL);
	if (r)
		return -ENOSYS;
	park->code->write(park->here, poison);
	return 0;
}

static uint32_t number_of(const char *call)
{
	return (uint32_t)flagstop_call_number((unsigned)flagstop_call_find(call), flagstop_abi_native());
}

int fst_park_new(void *parent, const struct fst_session_keys *keys, struct fst_park **ret_park)
{
	const struct fst_layout *layout = fst_native_own_layout();
	const struct fst_park_code *code = fst_park_code_of(layout);
	struct fst_park *park = code ? talloc_zero(parent, struct fst_park) : NULL;
	int r = park ? 0 : code ? -ENOMEM :
				  -ENOSYS;

	if (!r) {
		*park = (struct fst_park){ .layout = layout,
					   .code = code,
					   .shmat = number_of("shmat"),
					   .shmdt = number_of("shmdt"),
					   .secret = { keys->window_secret[0], keys->window_secret[1] } };
		park->namespace = namespace_of(getpid());
		talloc_set_destructor(park, release);
		r = make_page(park, keys->poison + FST_POISON_KILL_PROCESS);
	}
	if (r)
		talloc_free(park);
	else
		*ret_park = park;
	return r;
}

void fst_park_plan(const struct fst_park *park, struct fst_window_plan *ret_plan)
{
	*ret_plan = (struct fst_window_plan){
		.segments_only = true,
		.abi = flagstop_abi_native(),
		.abis = fst_native_abis(),
		.secret = { park->secret[0], park->secret[1] },
		.chunk_count = 1,
		.chunks = { { .id = (uint32_t)park->segment } },
	};
}

/* ---- who may ---------------------------------------------------------------------------------------------------- */

/* One thread, which nobody else could wake or take the page from; and no filter of its own, which might kill. */
static bool is_alone(const struct fst_park *park, pid_t tid, unsigned filters)
{
	char text[8192];

	if (!park->namespace || namespace_of(tid) != park->namespace)
		return false;
	return !fst_proc_text(tid, "status", text, sizeof(text)) &&
		fst_proc_number(text, "Tgid", 10, 0) == (uint64_t)tid && fst_proc_number(text, "Threads", 10, 0) == 1 &&
		fst_proc_number(text, "Seccomp_filters", 10, 0) == filters;
}

bool fst_park_may(const struct fst_park *park, pid_t tid, const struct fst_call_stop *call, unsigned filters)
{
	struct fst_registers registers;

	if (flagstop_abi_of_call(call->data.arch, call->data.nr) != (int)flagstop_abi_native() ||
	    call->data.instruction_pointer >= park->code->end_of_user || fst_ptrace_registers(tid, &registers) ||
	    registers.layout != park->layout)
		return false;
	if (fst_layout_get(park->layout, registers.set, park->code->flags) & park->code->stepping)
		return false;
	return is_alone(park, tid, filters);
}

/* It is asked for a descriptor that nobody has: rights over the process come before that (kernel/pid.c). */
bool fst_park_may_take(int pidfd)
{
	return syscall(SYS_pidfd_getfd, pidfd, -1, 0) < 0 && errno == EBADF;
}

/* ---- calls of ours ---------------------------------------------------------------------------------------------- */

/* What cannot be done must not be left half done. */
static enum fst_park_end give_up(pid_t tid, int r)
{
	if (r != -ESRCH)
		kill(tid, SIGKILL);
	return FST_PARK_GONE;
}

static int wait_for(pid_t tid, int *ret_status)
{
	while (waitpid(tid, ret_status, __WALL) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* Makes a call in the place of the one that it is stopped at, up to its exit stop. 1: it came elsewhere. */
static int make_call(const struct fst_park *park, pid_t tid, uint32_t nr, const uint64_t first[3], int64_t *ret_result,
		     int *ret_status)
{
	const uint64_t args[6] = { first[0], first[1], first[2], 0, park->secret[0], park->secret[1] };
	struct fst_call_rest unused; /* all registers are put back */
	int r = fst_call_set_arguments(tid, 0x3f, args);

	if (!r)
		r = fst_call_renumber(tid, nr, &unused);
	if (r >= 0)
		r = fst_ptrace_resume_to_syscall(tid, 0);
	if (!r)
		r = wait_for(tid, ret_status);
	if (r)
		return r;
	if (!WIFSTOPPED(*ret_status) || fst_stop_decode(*ret_status).kind != FST_STOP_SYSCALL)
		return 1;
	return fst_call_result(tid, ret_result);
}

/* ---- the giver -------------------------------------------------------------------------------------------------- */

/* At the exit of its shmat(). */
static int send_round(struct fst_parked *parked)
{
	struct fst_registers there = parked->own;
	const struct fst_layout *l = there.layout;
	int r = fst_ptrace_mask(parked->tid, &parked->mask);

	fst_layout_set(l, there.set, l->pc, parked->address);
	fst_layout_set(l, there.set, l->nr, UINT64_MAX); /* no call: nothing is restarted */
	if (!r)
		r = fst_ptrace_set_mask(parked->tid, UINT64_MAX);
	if (!r)
		r = fst_ptrace_set_registers(parked->tid, &there);
	return r ? r : fst_ptrace_detach(parked->tid, 0);
}

enum fst_park_end fst_park_give(const struct fst_park *park, pid_t tid, struct fst_parked *ret_parked, int *ret_status)
{
	const uint64_t first[3] = { (uint64_t)park->segment, 0, FST_WINDOW_SHMAT_FLAGS };
	int64_t result = 0;

	ret_parked->tid = tid;
	int r = fst_ptrace_registers(tid, &ret_parked->own);
	if (!r)
		r = make_call(park, tid, park->shmat, first, &result, ret_status);
	if (r == 1)
		return FST_PARK_STOPPED;
	if (r)
		return give_up(tid, r);
	if (result < 0 && result >= -ERRNO_MAX) {
		r = fst_call_again(tid, &ret_parked->own);
		r = r ? r : fst_ptrace_resume(tid, 0);
		return r ? give_up(tid, r) : FST_PARK_NOT;
	}
	ret_parked->address = (uint64_t)result;
	r = send_round(ret_parked);
	return r ? give_up(tid, r) : FST_PARK_DONE;
}

/* ---- the taker -------------------------------------------------------------------------------------------------- */

/* Up to a stop that does not lie in the middle of anything. SIGSTOP alone cannot be blocked: it has its effect. */
static int interrupt(pid_t tid, struct fst_stop *ret_stop)
{
	int status, r;

	for (;;) {
		r = fst_ptrace_interrupt(tid);
		if (!r)
			r = wait_for(tid, &status);
		if (r)
			return r;
		if (!WIFSTOPPED(status))
			return -ESRCH;
		*ret_stop = fst_stop_decode(status);
		if (ret_stop->kind == FST_STOP_EVENT || ret_stop->kind == FST_STOP_GROUP)
			return 0;
		r = fst_ptrace_resume(tid, ret_stop->kind == FST_STOP_SIGNAL ? ret_stop->signal : 0);
		if (r)
			return r;
	}
}

static int go_on(const struct fst_park *park, const struct fst_parked *parked, struct fst_stop stop)
{
	struct fst_registers registers;
	int r = fst_ptrace_registers(parked->tid, &registers);

	if (r)
		return r;
	uint64_t pc = fst_layout_get(park->layout, registers.set, park->layout->pc);
	if (registers.layout != park->layout || pc - parked->address >= park->code->bytes)
		return -EPROTO; /* it ran something else */
	r = fst_call_again(parked->tid, &parked->own);
	if (r)
		return r;
	return stop.kind == FST_STOP_GROUP ? fst_ptrace_listen(parked->tid) : fst_ptrace_resume(parked->tid, 0);
}

/* Its pid was given to somebody else before we came: that one is left alone again. */
static enum fst_park_end leave_stranger(pid_t tid)
{
	struct fst_stop stop;

	if (!interrupt(tid, &stop))
		fst_ptrace_detach(tid, 0);
	return FST_PARK_GONE;
}

enum fst_park_end fst_park_take(const struct fst_park *park, const struct fst_parked *parked, int pidfd,
				unsigned wanted)
{
	struct fst_stop stop;
	int r = fst_ptrace_seize(parked->tid, wanted);

	if (!r && syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0))
		return leave_stranger(parked->tid);
	if (!r)
		r = interrupt(parked->tid, &stop);
	if (!r)
		r = go_on(park, parked, stop);
	if (!r)
		return FST_PARK_DONE;
	syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	return FST_PARK_GONE;
}

enum fst_park_end fst_park_leave(const struct fst_park *park, const struct fst_parked *parked, int *ret_status)
{
	const uint64_t first[3] = { parked->address, 0, 0 };
	struct fst_registers own;
	int64_t result;
	int r = fst_ptrace_registers(parked->tid, &own);

	if (!r)
		r = make_call(park, parked->tid, park->shmdt, first, &result, ret_status);
	if (r == 1)
		return FST_PARK_STOPPED;
	if (!r)
		r = fst_ptrace_set_mask(parked->tid, parked->mask);
	if (!r)
		r = fst_call_again(parked->tid, &own);
	if (!r)
		r = fst_ptrace_resume(parked->tid, 0);
	return r ? give_up(parked->tid, r) : FST_PARK_DONE;
}
