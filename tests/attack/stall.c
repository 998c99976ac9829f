/* SPDX-License-Identifier: MIT */
/* Decides which questions of the kernel's are answered. */
#include "stall.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/fuse.h>

#define FOR_EVER 3600
#define FILE_NODE 2
#define PROG_NODE 3
#define FOLD_NODE 4
#define PROG "/bin/true"

static char prog[1 << 18];
static uint32_t prog_bytes;

static void answer(int fuse, uint64_t unique, int error, const void *body, size_t bytes)
{
	struct fuse_out_header head = { .len = (uint32_t)(sizeof(head) + bytes), .error = error, .unique = unique };
	struct iovec parts[] = { { &head, sizeof(head) }, { (void *)body, bytes } };

	(void)!writev(fuse, parts, 2);
}

static struct fuse_attr attributes(uint64_t node)
{
	return (struct fuse_attr){ .ino = node,
				   .nlink = 1,
				   .size = node == PROG_NODE ? prog_bytes : 4096,
				   .mode = node == PROG_NODE ? S_IFREG | 0755 :
					   node == FILE_NODE ? S_IFREG | 0644 :
							       S_IFDIR | 0755 };
}

static void answer_with_prog(int fuse, uint64_t unique, const struct fuse_read_in *in)
{
	uint32_t at = in->offset < prog_bytes ? (uint32_t)in->offset : prog_bytes;

	answer(fuse, unique, 0, prog + at, in->size < prog_bytes - at ? in->size : prog_bytes - at);
}

/* To FS_IOC_GETFLAGS, which nobody asks anything else than. */
#define FOLDS 0x40000000 /* FS_CASEFOLD_FL, linux/fs.h */
struct flags_out {
	struct fuse_ioctl_out head;
	uint32_t flags;
};

static bool is_traced(uint32_t tid)
{
	char name[32], text[4096] = "";
	const char *field;

	snprintf(name, sizeof(name), "/proc/%u/status", tid);
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t bytes = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[bytes > 0 ? bytes : 0] = '\0';
	field = strstr(text, "TracerPid:");
	return field && atoi(field + 10);
}

/* False: it is held for ever. */
static int take(int fuse, const struct fuse_in_header *head, const char *name)
{
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096 };
	bool is_prog = head->nodeid == PROG_NODE || !strcmp(name, "prog");
	uint64_t node = is_prog ? PROG_NODE : !strcmp(name, "fold") ? FOLD_NODE :
								      FILE_NODE;
	/* What is known of the program is not known for long. */
	struct fuse_entry_out entry = { .nodeid = node,
					.entry_valid = FOR_EVER,
					.attr_valid = is_prog ? 0 : FOR_EVER,
					.attr = attributes(node) };
	struct fuse_attr_out attr = { .attr_valid = is_prog ? 0 : FOR_EVER, .attr = attributes(head->nodeid) };
	struct fuse_open_out open = { .fh = 0 };
	struct flags_out flags = { .head.result = 0 };
	bool is_there, is_end = head->opcode == FUSE_RELEASE || head->opcode == FUSE_FLUSH;

	if (is_prog && (head->opcode == FUSE_LOOKUP || head->opcode == FUSE_GETATTR) && !is_traced(head->pid))
		return 0;
	switch (head->opcode) {
	case FUSE_INIT:
		answer(fuse, head->unique, 0, &init, sizeof(init));
		return 1;
	case FUSE_LOOKUP:
		if (!strcmp(name, "slow"))
			return 0;
		is_there = node != FILE_NODE || !strcmp(name, "f");
		answer(fuse, head->unique, is_there ? 0 : -ENOENT, &entry, is_there ? sizeof(entry) : 0);
		return 1;
	case FUSE_GETATTR:
		answer(fuse, head->unique, 0, &attr, sizeof(attr));
		return 1;
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		answer(fuse, head->unique, 0, &open, sizeof(open));
		return 1;
	case FUSE_IOCTL:
		flags.flags = head->nodeid == FOLD_NODE ? FOLDS : 0;
		answer(fuse, head->unique, 0, &flags, sizeof(flags));
		return 1;
	case FUSE_READ:
		if (is_prog)
			answer_with_prog(fuse, head->unique, (const struct fuse_read_in *)name);
		return is_prog;
	case FUSE_STATFS:
		if (head->nodeid != FILE_NODE)
			answer(fuse, head->unique, -ENOSYS, NULL, 0);
		return head->nodeid != FILE_NODE;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT: /* none of these wants an answer */
		return 1;
	default:
		answer(fuse, head->unique, is_end ? 0 : -ENOSYS, NULL, 0);
		return 1;
	}
}

static _Noreturn void serve(int fuse, int held, pid_t parent)
{
	static union {
		struct fuse_in_header head;
		char bytes[65536];
	} question;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	while (read(fuse, &question, sizeof(question)) > 0)
		if (!take(fuse, &question.head, question.bytes + sizeof(question.head)) && write(held, "", 1) != 1)
			break;
	_exit(0);
}

static void read_prog(void)
{
	int fd = open(PROG, O_RDONLY | O_CLOEXEC);
	ssize_t bytes = fd < 0 ? 0 : read(fd, prog, sizeof(prog));

	prog_bytes = bytes > 0 ? (uint32_t)bytes : 0;
	if (fd >= 0)
		close(fd);
}

int stall_mount(const char *folder, struct stall *ret_stall)
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC), held[2], r;
	pid_t self = getpid();
	char options[80];

	if (fuse < 0)
		return -errno;
	read_prog();
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fuse);
	r = mount("stall", folder, "fuse", MS_NOSUID | MS_NODEV, options) || pipe2(held, O_CLOEXEC) ? -errno : 0;
	if (r) {
		close(fuse);
		return r;
	}
	ret_stall->server = fork();
	if (!ret_stall->server)
		serve(fuse, held[1], self);
	close(fuse);
	close(held[1]);
	ret_stall->held = held[0];
	return 0;
}

void stall_end(const char *folder, struct stall *stall)
{
	kill(stall->server, SIGKILL);
	waitpid(stall->server, NULL, 0);
	close(stall->held);
	umount2(folder, MNT_DETACH);
}
