/* SPDX-License-Identifier: MIT */
/* attack_uring FOLDER: has io_uring make the folder, with no mkdir call at all. Says what it came to. */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct io_uring_params p;

	memset(&p, 0, sizeof(p));
	int ring = syscall(SYS_io_uring_setup, 4, &p);
	if (ring < 0 || argc < 2) {
		printf("io_uring %s\n", strerror(errno));
		return 0;
	}
	/* Older kernels map no more than there is. */
	size_t sq_bytes = p.sq_off.array + p.sq_entries * sizeof(unsigned);
	size_t cq_bytes = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
	char *sq = mmap(0, sq_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	char *cq = mmap(0, cq_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_CQ_RING);
	struct io_uring_sqe *entry =
		mmap(0, p.sq_entries * sizeof(*entry), PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	memset(entry, 0, sizeof(*entry));
	entry->opcode = IORING_OP_MKDIRAT;
	entry->fd = AT_FDCWD;
	entry->addr = (unsigned long)argv[1];
	entry->len = 0700;
	((unsigned *)(sq + p.sq_off.array))[0] = 0;
	*(volatile unsigned *)(sq + p.sq_off.tail) += 1;
	syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0);
	int result = ((struct io_uring_cqe *)(cq + p.cq_off.cqes))[0].res;
	if (result == -EINVAL) {
		printf("io_uring that makes no folders (before 5.15)\n");
		return 0;
	}
	printf("mkdir %s\n", result ? strerror(-result) : "done");
	return 0;
}
