/* SPDX-License-Identifier: MIT */
/* Decides what the holder gives up, and in which order: it is dumpable only once there is nothing left to be read. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/capability.h>

#include <arch/stub.h>
#include <tracer/holder.h>
#include <tracer/ptrace.h>

#define START_TIMEOUT_MS 5000

static int drop_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };

	return (int)syscall(SYS_capset, &head, none);
}

/*
 * The kernel writes to the area of restartable sequences (rseq(2)) whenever the thread was moved or interrupted, and
 * ends it when the area is not there.
 */
static int leave_sequences(void)
{
	char *area = (char *)__builtin_thread_pointer() + __rseq_offset;
	unsigned bytes = __rseq_size < 32 ? 32 : __rseq_size; /* what was registered, not what is used of it */

	return __rseq_size ? (int)syscall(SYS_rseq, area, bytes, 1 /* RSEQ_FLAG_UNREGISTER */, RSEQ_SIG) : 0;
}

/* Returns only where it could not be done. */
static void be_the_holder(const struct fst_hermit *hermit, pid_t parent, int ready)
{
	const struct rlimit no_core = { 0, 0 };
	sigset_t all;
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	sigfillset(&all);
	if (page == MAP_FAILED || hermit->bytes > page_bytes || sigprocmask(SIG_SETMASK, &all, NULL) ||
	    prctl(PR_SET_DUMPABLE, 0) || drop_capabilities() || prctl(PR_SET_PDEATHSIG, SIGKILL) ||
	    getppid() != parent)
		return;
	prctl(PR_SET_NAME, "flagstop-holder");
	setrlimit(RLIMIT_CORE, &no_core);
	memcpy(page, hermit->code, hermit->bytes);
	__builtin___clear_cache(page, (char *)page + hermit->bytes);
	if (mprotect(page, page_bytes, PROT_READ | PROT_EXEC) || leave_sequences())
		return;
	fst_hermit_entry *enter = (fst_hermit_entry *)(uintptr_t)page;
	enter((uintptr_t)page, (uintptr_t)page + page_bytes, hermit->end_of_memory, ready);
}

/* s390x has the stack first (CONFIG_CLONE_BACKWARDS2, kernel/fork.c); the rest is nothing everywhere. */
static pid_t fork_with_table(void)
{
	const struct flagstop_arg *args = NULL;
	unsigned count = flagstop_call_args((unsigned)flagstop_call_find("clone"), flagstop_abi_native(), &args);
	const long flags = CLONE_FILES | SIGCHLD;

	if (count && !strcmp(args->name, "flags"))
		return (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, 0);
	return (pid_t)syscall(SYS_clone, NULL, flags, NULL, NULL, 0);
}

void fst_holder_end(struct fst_holder *holder)
{
	if (!holder->pid)
		return;
	kill(holder->pid, SIGKILL);
	waitpid(holder->pid, NULL, __WALL);
	holder->pid = 0;
}

/* For ever: nobody lets it go on, and nobody else can hold it. It is not there yet for who could write its memory. */
static int halt(pid_t pid)
{
	int status, r = fst_ptrace_seize(pid, 0);

	if (!r)
		r = fst_ptrace_interrupt(pid);
	if (!r && (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)))
		r = -EIO;
	return r;
}

int fst_holder_start(struct fst_holder *ret_holder)
{
	const struct fst_hermit *hermit = fst_native_hermit();
	struct pollfd ready;
	pid_t parent = getpid();
	int told;

	*ret_holder = (struct fst_holder){ 0 };
	if (!hermit)
		return -ENOSYS;
	ready = (struct pollfd){ .fd = eventfd(0, EFD_CLOEXEC), .events = POLLIN };
	if (ready.fd < 0)
		return -EIO;
	ret_holder->pid = fork_with_table();
	if (!ret_holder->pid) {
		be_the_holder(hermit, parent, ready.fd);
		syscall(SYS_exit_group, 1);
	}
	told = ret_holder->pid > 0 ? poll(&ready, 1, START_TIMEOUT_MS) : 0;
	close(ready.fd);
	if (told == 1 && !halt(ret_holder->pid))
		return 0;
	if (ret_holder->pid > 0)
		fst_holder_end(ret_holder);
	ret_holder->pid = 0;
	return -EIO;
}
