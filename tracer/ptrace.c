/* SPDX-License-Identifier: MIT */
/* The only file that calls ptrace(2). Decides nothing but what a wait status means. */
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <linux/elf.h>

#include <tracer/ptrace.h>

/*
 * The C library and the kernel both define struct __ptrace_syscall_info, so neither header's is used.
 * linux/ptrace.h 5.3
 */
#define GET_SYSCALL_INFO 0x420e
#define SET_SYSCALL_INFO 0x4212 /* 6.16 */
#define SYSCALL_INFO_ENTRY 1
#define SYSCALL_INFO_EXIT 2
#define SYSCALL_INFO_SECCOMP 3
#define SYSEMU 31 /* asm/ptrace.h of those that have it */
#define GETSIGMASK 0x420a
#define SETSIGMASK 0x420b

#define SET_SYSCALL 23 /* arch/arm/include/uapi/asm/ptrace.h */

struct syscall_info {
	uint8_t op;
	uint8_t pad[3];
	uint32_t arch;
	uint64_t instruction_pointer;
	uint64_t stack_pointer;
	uint64_t nr; /* op ENTRY and SECCOMP from here on */
	uint64_t args[6];
	uint32_t ret_data; /* op SECCOMP */
};

static int request(int what, pid_t tid, unsigned long address, void *data)
{
	return ptrace(what, tid, (void *)address, data) == -1 ? -errno : 0;
}

struct fst_stop fst_stop_decode(int status)
{
	struct fst_stop stop = { FST_STOP_OTHER, WSTOPSIG(status) };

	switch (status >> 16) {
	case 0:
		/* PTRACE_O_TRACESYSGOOD marks these; no signal has bit 7. */
		stop.kind = stop.signal == (SIGTRAP | 0x80) ? FST_STOP_SYSCALL : FST_STOP_SIGNAL;
		break;
	case PTRACE_EVENT_STOP:
		/* SEIZE alone tells the two apart (ptrace(2), "Group-stop"). */
		stop.kind = stop.signal == SIGTRAP ? FST_STOP_EVENT : FST_STOP_GROUP;
		break;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		stop.kind = FST_STOP_CHILD;
		break;
	case PTRACE_EVENT_EXEC:
		stop.kind = FST_STOP_EXEC;
		break;
	case PTRACE_EVENT_EXIT:
		stop.kind = FST_STOP_EXIT;
		break;
	case PTRACE_EVENT_SECCOMP:
		stop.kind = FST_STOP_SECCOMP;
		break;
	}
	return stop;
}

int fst_ptrace_seize(pid_t tid, unsigned wanted)
{
	unsigned long options = PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
		PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD;

	options |= wanted & FST_WANT_EXITS ? PTRACE_O_TRACEEXIT : 0;
	options |= wanted & FST_WANT_FLAGGED ? PTRACE_O_TRACESECCOMP : 0;
	return request(PTRACE_SEIZE, tid, 0, (void *)options);
}

int fst_ptrace_resume(pid_t tid, int signal)
{
	return request(PTRACE_CONT, tid, 0, (void *)(long)signal);
}

int fst_ptrace_resume_to_syscall(pid_t tid, int signal)
{
	return request(PTRACE_SYSCALL, tid, 0, (void *)(long)signal);
}

int fst_ptrace_resume_to_skipped_call(pid_t tid, int signal)
{
	return request(SYSEMU, tid, 0, (void *)(long)signal);
}

int fst_ptrace_listen(pid_t tid)
{
	return request(PTRACE_LISTEN, tid, 0, NULL);
}

int fst_ptrace_message(pid_t tid, unsigned long *ret_message)
{
	return request(PTRACE_GETEVENTMSG, tid, 0, ret_message);
}

int fst_ptrace_call(pid_t tid, struct fst_call_stop *ret_call)
{
	struct syscall_info info;
	long bytes = ptrace(GET_SYSCALL_INFO, tid, (void *)sizeof(info), &info);

	if (bytes == -1)
		return -errno;
	memset(ret_call, 0, sizeof(*ret_call));
	ret_call->data.arch = info.arch;
	ret_call->data.instruction_pointer = info.instruction_pointer;
	ret_call->sp = info.stack_pointer;
	if (info.op == SYSCALL_INFO_EXIT)
		ret_call->place = FST_PLACE_EXIT;
	if (info.op == SYSCALL_INFO_ENTRY && (size_t)bytes >= offsetof(struct syscall_info, ret_data))
		ret_call->place = FST_PLACE_ENTRY;
	if (info.op == SYSCALL_INFO_SECCOMP && (size_t)bytes >= offsetof(struct syscall_info, ret_data) + 4) {
		ret_call->place = FST_PLACE_SECCOMP;
		ret_call->ret_data = info.ret_data;
	}
	if (ret_call->place & (FST_PLACE_ENTRY | FST_PLACE_SECCOMP)) {
		ret_call->data.nr = (uint32_t)info.nr;
		memcpy(ret_call->data.args, info.args, sizeof(info.args));
	}
	return 0;
}

int fst_ptrace_registers(pid_t tid, struct fst_registers *ret_registers)
{
	struct iovec iov = { ret_registers->set, sizeof(ret_registers->set) };
	int r = request(PTRACE_GETREGSET, tid, NT_PRSTATUS, &iov);

	if (r)
		return r;
	ret_registers->layout = fst_native_layout(iov.iov_len);
	return ret_registers->layout ? 0 : -EOPNOTSUPP;
}

int fst_ptrace_set_registers(pid_t tid, const struct fst_registers *registers)
{
	struct iovec iov = { (void *)registers->set, registers->layout->regset_bytes };

	return request(PTRACE_SETREGSET, tid, NT_PRSTATUS, &iov);
}

int fst_ptrace_set_number(pid_t tid, const struct fst_layout *layout, uint32_t nr)
{
	int number = (int)nr;
	struct iovec iov = { &number, sizeof(number) };

	if (layout->number_way == FST_NUMBER_BY_SET_SYSCALL)
		return request(SET_SYSCALL, tid, 0, (void *)(long)number);
	return request(PTRACE_SETREGSET, tid, layout->number_regset, &iov);
}

int fst_ptrace_signalled_number(pid_t tid, const struct fst_layout *layout, uint32_t *ret_nr)
{
	uint32_t number = 0;
	struct iovec iov = { &number, sizeof(number) };
	int r = layout->signalled_number_regset ?
		request(PTRACE_GETREGSET, tid, layout->signalled_number_regset, &iov) :
		-EOPNOTSUPP;

	if (!r)
		*ret_nr = fst_layout_number(layout, number);
	return r;
}

int fst_ptrace_set_first_argument(pid_t tid, uint64_t value)
{
	struct syscall_info info = { 0 };

	if (ptrace(GET_SYSCALL_INFO, tid, (void *)sizeof(info), &info) == -1)
		return -errno;
	if (info.op != SYSCALL_INFO_SECCOMP && info.op != SYSCALL_INFO_ENTRY)
		return -EINVAL;
	info.args[0] = value;
	return request(SET_SYSCALL_INFO, tid, sizeof(info), &info);
}

int fst_ptrace_siginfo(pid_t tid, siginfo_t *ret_info)
{
	return request(PTRACE_GETSIGINFO, tid, 0, ret_info);
}

int fst_ptrace_set_siginfo(pid_t tid, const siginfo_t *info)
{
	return request(PTRACE_SETSIGINFO, tid, 0, (void *)info);
}

int fst_ptrace_block_all_but(pid_t tid, int signal)
{
	uint64_t mask = ~(UINT64_C(1) << (signal - 1));

	return request(SETSIGMASK, tid, sizeof(mask), &mask);
}

int fst_ptrace_set_mask(pid_t tid, uint64_t mask)
{
	return request(SETSIGMASK, tid, sizeof(mask), &mask);
}

int fst_ptrace_mask(pid_t tid, uint64_t *ret_mask)
{
	return request(GETSIGMASK, tid, sizeof(*ret_mask), ret_mask);
}

int fst_ptrace_visit(pid_t tid)
{
	return request(PTRACE_SEIZE, tid, 0, NULL);
}

int fst_ptrace_interrupt(pid_t tid)
{
	return request(PTRACE_INTERRUPT, tid, 0, NULL);
}

int fst_ptrace_detach(pid_t tid, int signal)
{
	return request(PTRACE_DETACH, tid, 0, (void *)(long)signal);
}

int fst_ptrace_filter(pid_t tid, unsigned long index, struct flagstop_insn *insns)
{
	long count = ptrace(PTRACE_SECCOMP_GET_FILTER, tid, (void *)index, insns);

	return count < 0 ? -errno : (int)count;
}
