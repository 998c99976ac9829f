/* SPDX-License-Identifier: MIT */
/*
 * Decides which pages are read here, and when the helper is asked, killed, or given up. The helper only looks whether
 * a page comes; what counts is read here afterwards, by the rules of the kernel's own copies.
 *
 * A page that was there may be gone a moment later, and then nothing but SIGKILL ends the wait for it. So somebody
 * looks from outside whether a read lasts: the watchdog, which ends the tracer, and with it all tracees. Since there is
 * that bound, a page that was seen is not looked for again, which would be one call in seven of a pinned open.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <talloc.h>

#include <tracer/child.h>
#include <tracer/memory.h>
#include <tracer/proc.h>

#define PAGE_BYTES ((uint64_t)getpagesize()) /* 64 KiB in some: the page map has an entry for each */
#define CACHED 64
#define STARTS_MAX 9 /* the first and eight more: each but the first is a page that did not come */
#define TRIES 3
#define SEEN 32 /* pages that are remembered of each tracee */
#define NO_PAGE UINT64_MAX
#define PRESENT (UINT64_C(1) << 63) /* of an entry of pagemap(5) */

struct tracee {
	pid_t tid;           /* 0: none */
	int pagemap_fd;      /* < 0: there is none */
	uint64_t seen[SEEN]; /* pages that were present */
	unsigned next_seen;  /* which makes room for another one */
};

struct fst_memory_reader {
	pid_t helper; /* 0: none runs */
	int socket_fd;
	unsigned starts;
	pid_t watchdog;
	volatile uint32_t *turn; /* shared with it: odd while this process reads */
	struct tracee cache[CACHED];
};

/* ---- the helper ------------------------------------------------------------------------------------------------- */

static int receive_fd(int socket_fd, uint64_t *ret_address)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = { ret_address, sizeof(*ret_address) };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *head;
	int fd;

	if (recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC) != sizeof(*ret_address))
		return -1;
	head = CMSG_FIRSTHDR(&message);
	if (!head || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

/* All but the socket is closed: it needs nothing else, and must hold nothing that a tracee waits for. */
static void be_the_helper(int socket_fd, pid_t parent)
{
	uint64_t address;
	char byte;
	int fd, error;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NAME, "flagstop-memory");
	if (getppid() != parent)
		_exit(1);
	fst_child_close_all_but(&socket_fd, 1);
	while ((fd = receive_fd(socket_fd, &address)) >= 0) {
		error = pread(fd, &byte, 1, (off_t)address) == 1 ? 0 : EFAULT;
		close(fd);
		if (send(socket_fd, &error, sizeof(error), MSG_NOSIGNAL) != sizeof(error))
			break;
	}
	_exit(0);
}

static int start_helper(struct fst_memory_reader *reader)
{
	pid_t parent = getpid(), tid;
	int pair[2];

	if (reader->helper)
		return reader->socket_fd < 0 ? -ETIMEDOUT : 0; /* it does not die yet */
	if (reader->starts == STARTS_MAX)
		return -ETIMEDOUT;
	reader->starts++;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -ETIMEDOUT;
	tid = fork();
	if (!tid)
		be_the_helper(pair[1], parent);
	close(pair[1]);
	reader->helper = tid > 0 ? tid : 0;
	reader->socket_fd = tid > 0 ? pair[0] : -1;
	if (tid < 0)
		close(pair[0]);
	return tid < 0 ? -ETIMEDOUT : 0;
}

void fst_memory_reaped(struct fst_memory_reader *reader)
{
	if (reader->socket_fd >= 0)
		close(reader->socket_fd);
	reader->socket_fd = -1;
	reader->helper = 0;
}

pid_t fst_memory_helper(const struct fst_memory_reader *reader)
{
	return reader->helper;
}

/* Nobody waits for its end here: what it hangs in may hold it. The tracer's own wait tells. */
static void abandon_helper(struct fst_memory_reader *reader)
{
	kill(reader->helper, SIGKILL);
	close(reader->socket_fd);
	reader->socket_fd = -1;
}

static int send_fd(int socket_fd, int fd, uint64_t address)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec part = { &address, sizeof(address) };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	return sendmsg(socket_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -EPIPE : 0;
}

/* 0: the page can be had now. */
static int ask_helper(struct fst_memory_reader *reader, pid_t tid, uint64_t address)
{
	int fd, error, r;

	r = start_helper(reader);
	if (r)
		return r;
	fd = fst_proc_open(tid, "mem", O_RDONLY);
	if (fd < 0)
		return fd == -ESRCH ? fd : -EACCES;
	r = send_fd(reader->socket_fd, fd, address);
	close(fd);
	if (!r && !fst_child_await(reader->helper, reader->socket_fd, FST_MEMORY_TIMEOUT_MS) &&
	    recv(reader->socket_fd, &error, sizeof(error), MSG_DONTWAIT) == sizeof(error))
		return error ? -EFAULT : 0;
	abandon_helper(reader);
	return -ETIMEDOUT;
}

/* ---- the watchdog ----------------------------------------------------------------------------------------------- */

/* Nothing else of the tracer's is of use to it; its pid is protected by the guards, as the tracer's is. */
static void be_the_watchdog(const volatile uint32_t *turn, pid_t parent)
{
	uint32_t last = 0;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NAME, "flagstop-watch");
	fst_child_close_all_but(NULL, 0);
	while (getppid() == parent) {
		uint32_t now = *turn;

		if (now & 1 && now == last)
			kill(parent, SIGKILL);
		last = now;
		poll(NULL, 0, FST_MEMORY_WATCH_MS);
	}
	_exit(0);
}

int fst_memory_watch(struct fst_memory_reader *reader)
{
	pid_t parent;

	if (reader->watchdog > 0) /* asked at each stop */
		return 0;
	parent = getpid();
	reader->watchdog = fork();
	if (!reader->watchdog)
		be_the_watchdog(reader->turn, parent);
	return reader->watchdog > 0 ? 0 : -ENOMEM;
}

pid_t fst_memory_watchdog(const struct fst_memory_reader *reader)
{
	return reader->watchdog;
}

/* ---- pages ------------------------------------------------------------------------------------------------------ */

static struct tracee *find_tracee(struct fst_memory_reader *reader, pid_t tid)
{
	struct tracee *t = &reader->cache[(unsigned)tid % CACHED];
	int fd;

	if (t->tid == tid)
		return t;
	fd = fst_proc_open(tid, "pagemap", O_RDONLY);
	if (t->tid)
		close(t->pagemap_fd);
	*t = (struct tracee){ .tid = tid, .pagemap_fd = fd };
	for (unsigned i = 0; i < SEEN; i++)
		t->seen[i] = NO_PAGE;
	return t;
}

void fst_memory_forget(struct fst_memory_reader *reader, pid_t tid)
{
	struct tracee *t = &reader->cache[(unsigned)tid % CACHED];

	if (t->tid != tid)
		return;
	close(t->pagemap_fd);
	t->tid = 0;
}

/* Sets *ret_unknown where nobody tells: a kernel without CONFIG_PROC_PAGE_MONITOR, or one that shows it to root. */
static bool is_present(const struct tracee *t, uint64_t page, bool *ret_unknown)
{
	uint64_t entry;
	ssize_t bytes = pread(t->pagemap_fd, &entry, sizeof(entry), (off_t)(page * sizeof(entry)));

	*ret_unknown = bytes < 0;
	return bytes == sizeof(entry) && entry & PRESENT;
}

static bool was_seen(const struct tracee *t, uint64_t page)
{
	for (unsigned i = 0; i < SEEN; i++)
		if (t->seen[i] == page)
			return true;
	return false;
}

/* That the helper saw it has to do where nobody tells. */
static int await_page(struct fst_memory_reader *reader, pid_t tid, uint64_t address)
{
	uint64_t page = address / PAGE_BYTES;
	struct tracee *t = find_tracee(reader, tid);
	bool unknown = false, present = was_seen(t, page);

	if (present)
		return 0;
	for (unsigned i = 0; i < TRIES && !present; i++) {
		present = is_present(t, page, &unknown);
		int r = present ? 0 : ask_helper(reader, tid, address);
		if (r)
			return r;
		present |= unknown;
	}
	if (present)
		t->seen[t->next_seen++ % SEEN] = page;
	return present ? 0 : -EFAULT;
}

/* It may have been unmapped since. */
static void forget_page(struct fst_memory_reader *reader, pid_t tid, uint64_t address)
{
	struct tracee *t = &reader->cache[(unsigned)tid % CACHED];

	for (unsigned i = 0; i < SEEN; i++)
		if (t->seen[i] == address / PAGE_BYTES)
			t->seen[i] = NO_PAGE;
}

/*
 * Where there is no process_vm_readv(2) (CONFIG_CROSS_MEMORY_ATTACH), or a filter above denies it. This way asks for no
 * permissions of pages: a string is read that the kernel would not have read, and written to what is read-only.
 */
static ssize_t move_by_file(pid_t tid, const struct iovec *here, off_t address, bool writes)
{
	int fd = fst_proc_open(tid, "mem", writes ? O_WRONLY : O_RDONLY);
	ssize_t moved;

	if (fd < 0) {
		errno = -fd;
		return -1;
	}
	moved = writes ? pwrite(fd, here->iov_base, here->iov_len, address) :
			 pread(fd, here->iov_base, here->iov_len, address);
	close(fd);
	return moved;
}

/* Within one page. */
static int move_piece(struct fst_memory_reader *reader, pid_t tid, uint64_t address, const struct iovec *here,
		      bool writes)
{
	struct iovec there = { (void *)(uintptr_t)address, here->iov_len };
	ssize_t moved;
	int r = await_page(reader, tid, address);

	if (r)
		return r;
	++*reader->turn;
	moved = writes ? process_vm_writev(tid, here, 1, &there, 1, 0) : process_vm_readv(tid, here, 1, &there, 1, 0);
	if (moved < 0 && (errno == ENOSYS || errno == EPERM))
		moved = move_by_file(tid, here, (off_t)address, writes);
	++*reader->turn;
	if (moved == (ssize_t)here->iov_len)
		return 0;
	forget_page(reader, tid, address);
	if (moved < 0 && errno == ESRCH)
		return -ESRCH;
	return moved < 0 && (errno == EPERM || errno == EACCES) ? -EACCES : -EFAULT;
}

static size_t rest_of_page(uint64_t address, size_t bytes)
{
	size_t rest = PAGE_BYTES - address % PAGE_BYTES;

	return bytes < rest ? bytes : rest;
}

/* ---- the three -------------------------------------------------------------------------------------------------- */

int fst_memory_copy(struct fst_memory_reader *reader, pid_t tid, uint64_t address, void *to, size_t bytes)
{
	while (bytes) {
		size_t piece = rest_of_page(address, bytes);
		struct iovec here = { to, piece };
		int r = move_piece(reader, tid, address, &here, false);

		if (r)
			return r;
		address += piece;
		to = (char *)to + piece;
		bytes -= piece;
	}
	return 0;
}

int fst_memory_string(struct fst_memory_reader *reader, pid_t tid, uint64_t address, char *to, size_t size)
{
	size_t have = 0;

	while (have < size) {
		/* Names are short: most of a page would be copied for nothing. */
		size_t piece = rest_of_page(address + have, have || size < 256 ? size - have : 256);
		struct iovec here = { to + have, piece };
		int r = move_piece(reader, tid, address + have, &here, false);
		const char *nul;

		if (r)
			return r;
		nul = memchr(to + have, '\0', piece);
		if (nul)
			return (int)(nul - to);
		have += piece;
	}
	return -ENAMETOOLONG;
}

int fst_memory_put(struct fst_memory_reader *reader, pid_t tid, uint64_t address, const void *from, size_t bytes)
{
	while (bytes) {
		size_t piece = rest_of_page(address, bytes);
		struct iovec here = { (void *)from, piece };
		int r = move_piece(reader, tid, address, &here, true);

		if (r)
			return r;
		address += piece;
		from = (const char *)from + piece;
		bytes -= piece;
	}
	return 0;
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

void fst_memory_dismiss(struct fst_memory_reader *reader)
{
	if (reader->helper && reader->socket_fd >= 0)
		abandon_helper(reader);
	if (reader->watchdog <= 0)
		return;
	kill(reader->watchdog, SIGKILL);
	waitpid(reader->watchdog, NULL, __WALL); /* it does nothing that could hold it */
	reader->watchdog = 0;
}

static int release(struct fst_memory_reader *reader)
{
	for (unsigned i = 0; i < CACHED; i++)
		if (reader->cache[i].tid)
			close(reader->cache[i].pagemap_fd);
	fst_memory_dismiss(reader);
	if (reader->turn)
		munmap((void *)reader->turn, PAGE_BYTES);
	return 0;
}

struct fst_memory_reader *fst_memory_reader_new(void *parent)
{
	struct fst_memory_reader *reader = talloc_zero(parent, struct fst_memory_reader);

	if (!reader)
		return NULL;
	reader->socket_fd = -1;
	talloc_set_destructor(reader, release);
	void *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	reader->turn = page == MAP_FAILED ? NULL : page;
	if (!reader->turn || fst_memory_watch(reader)) {
		talloc_free(reader);
		return NULL;
	}
	return reader;
}
