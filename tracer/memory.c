/* SPDX-License-Identifier: MIT */
/*
 * Decides which pages are read here, and when the helper is asked, killed, or given up. The helper only looks whether
 * a page comes; what counts is read here afterwards, by the rules of the kernel's own copies.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <talloc.h>

#include <tracer/memory.h>

#define PAGE_BYTES 4096u
#define CACHED 64
#define STARTS_MAX 9 /* the first and eight more: each but the first is a page that did not come */
#define TRIES 3
#define PRESENT (UINT64_C(1) << 63) /* of an entry of pagemap(5) */

struct fst_memory_reader {
	pid_t helper; /* 0: none runs */
	int socket_fd;
	unsigned starts;
	struct {
		pid_t tid; /* 0: none */
		int pagemap_fd;
	} cache[CACHED];
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

/* The socket is moved to 0 and all else closed: it needs nothing, and must hold nothing that a tracee waits for. */
static void be_the_helper(int socket_fd, pid_t parent)
{
	uint64_t address;
	char byte;
	int fd, error;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_NAME, "flagstop-memory");
	if (getppid() != parent || dup2(socket_fd, 0) < 0)
		_exit(1);
	for (fd = 1; syscall(SYS_close_range, 1, ~0u, 0) && fd < 65536; fd++) /* no close_range (5.9) */
		close(fd);
	while ((fd = receive_fd(0, &address)) >= 0) {
		error = pread(fd, &byte, 1, (off_t)address) == 1 ? 0 : EFAULT;
		close(fd);
		if (send(0, &error, sizeof(error), MSG_NOSIGNAL) != sizeof(error))
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

static int open_of(pid_t tid, const char *format)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), format, (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return errno == ENOENT || errno == ESRCH ? -ESRCH : -EACCES;
}

/* 0: the page can be had now. */
static int ask_helper(struct fst_memory_reader *reader, pid_t tid, uint64_t address)
{
	struct pollfd reply;
	int fd, error, r;

	r = start_helper(reader);
	if (r)
		return r;
	fd = open_of(tid, "/proc/%d/mem");
	if (fd < 0)
		return fd;
	r = send_fd(reader->socket_fd, fd, address);
	close(fd);
	reply = (struct pollfd){ .fd = reader->socket_fd, .events = POLLIN };
	if (!r && poll(&reply, 1, FST_MEMORY_TIMEOUT_MS) == 1 &&
	    recv(reader->socket_fd, &error, sizeof(error), MSG_DONTWAIT) == sizeof(error))
		return error ? -EFAULT : 0;
	abandon_helper(reader);
	return -ETIMEDOUT;
}

/* ---- pages ------------------------------------------------------------------------------------------------------ */

static int pagemap_of(struct fst_memory_reader *reader, pid_t tid)
{
	unsigned at = (unsigned)tid % CACHED;
	int fd;

	if (reader->cache[at].tid == tid)
		return reader->cache[at].pagemap_fd;
	fd = open_of(tid, "/proc/%d/pagemap");
	if (fd < 0)
		return fd;
	if (reader->cache[at].tid)
		close(reader->cache[at].pagemap_fd);
	reader->cache[at].tid = tid;
	reader->cache[at].pagemap_fd = fd;
	return fd;
}

void fst_memory_forget(struct fst_memory_reader *reader, pid_t tid)
{
	unsigned at = (unsigned)tid % CACHED;

	if (reader->cache[at].tid != tid)
		return;
	close(reader->cache[at].pagemap_fd);
	reader->cache[at].tid = 0;
}

/* 1: it is; 0: it is not, or nobody can tell. */
static int is_present(struct fst_memory_reader *reader, pid_t tid, uint64_t address)
{
	int fd = pagemap_of(reader, tid);
	uint64_t entry;

	if (fd < 0)
		return fd;
	if (pread(fd, &entry, sizeof(entry), (off_t)(address / PAGE_BYTES * sizeof(entry))) != sizeof(entry))
		return 0;
	return !!(entry & PRESENT);
}

static int await_page(struct fst_memory_reader *reader, pid_t tid, uint64_t address)
{
	for (unsigned i = 0; i < TRIES; i++) {
		int r = is_present(reader, tid, address);

		if (r)
			return r < 0 ? r : 0;
		r = ask_helper(reader, tid, address);
		if (r)
			return r;
	}
	return -EFAULT;
}

/* Within one page. */
static int copy_piece(struct fst_memory_reader *reader, pid_t tid, uint64_t address, void *to, size_t bytes)
{
	struct iovec here = { to, bytes }, there = { (void *)(uintptr_t)address, bytes };
	ssize_t got;
	int r = await_page(reader, tid, address);

	if (r)
		return r;
	got = process_vm_readv(tid, &here, 1, &there, 1, 0);
	if (got == (ssize_t)bytes)
		return 0;
	if (got < 0 && errno == ESRCH)
		return -ESRCH;
	return got < 0 && errno == EPERM ? -EACCES : -EFAULT;
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
		int r = copy_piece(reader, tid, address, to, piece);

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
		int r = copy_piece(reader, tid, address + have, to + have, piece);
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
		struct iovec here = { (void *)from, piece }, there = { (void *)(uintptr_t)address, piece };
		int r = await_page(reader, tid, address);

		if (r)
			return r;
		if (process_vm_writev(tid, &here, 1, &there, 1, 0) != (ssize_t)piece)
			return errno == ESRCH ? -ESRCH : -EFAULT;
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
}

static int release(struct fst_memory_reader *reader)
{
	for (unsigned i = 0; i < CACHED; i++)
		if (reader->cache[i].tid)
			close(reader->cache[i].pagemap_fd);
	fst_memory_dismiss(reader);
	return 0;
}

struct fst_memory_reader *fst_memory_reader_new(void *parent)
{
	struct fst_memory_reader *reader = talloc_zero(parent, struct fst_memory_reader);

	if (!reader)
		return NULL;
	reader->socket_fd = -1;
	talloc_set_destructor(reader, release);
	return reader;
}
