/* SPDX-License-Identifier: MIT */
/* Decides which questions of the kernel's are answered. */
#include "stall.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
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
				   .size = 4096,
				   .mode = node == FILE_NODE ? S_IFREG | 0644 : S_IFDIR | 0755 };
}

/* False: it is held for ever. */
static int take(int fuse, const struct fuse_in_header *head, const char *name)
{
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096 };
	struct fuse_entry_out entry = { .nodeid = FILE_NODE,
					.entry_valid = FOR_EVER,
					.attr_valid = FOR_EVER,
					.attr = attributes(FILE_NODE) };
	struct fuse_attr_out attr = { .attr_valid = FOR_EVER, .attr = attributes(head->nodeid) };
	struct fuse_open_out open = { .fh = 0 };
	bool is_there, is_end = head->opcode == FUSE_RELEASE || head->opcode == FUSE_FLUSH;

	switch (head->opcode) {
	case FUSE_INIT:
		answer(fuse, head->unique, 0, &init, sizeof(init));
		return 1;
	case FUSE_LOOKUP:
		if (!strcmp(name, "slow"))
			return 0;
		is_there = !strcmp(name, "f");
		answer(fuse, head->unique, is_there ? 0 : -ENOENT, &entry, is_there ? sizeof(entry) : 0);
		return 1;
	case FUSE_GETATTR:
		answer(fuse, head->unique, 0, &attr, sizeof(attr));
		return 1;
	case FUSE_OPEN:
		answer(fuse, head->unique, 0, &open, sizeof(open));
		return 1;
	case FUSE_READ:
	case FUSE_STATFS:
		return 0;
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

int stall_mount(const char *folder, struct stall *ret_stall)
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC), held[2], r;
	pid_t self = getpid();
	char options[80];

	if (fuse < 0)
		return -errno;
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
