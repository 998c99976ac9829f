/* SPDX-License-Identifier: MIT */
/*
 * confine_calls FILE: takes the filter in that file, and says what each number gives with a few arguments. No call is
 * made: a filter beneath refuses all with an errno that is no other's, and is outranked by any other refusal, since it
 * is older. Whoever is killed is followed by another child.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NUMBERS 480
#define VALUES 8
#define KEY 0x5eed
#define PASSED 7777 /* by the filter */

static struct {
	int at;
	long results[NUMBERS * VALUES];
} * shared;

static int install(struct sock_filter *insns, size_t count)
{
	struct sock_fprog program = { count, insns };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program, 0, 0, KEY);
}

/* uretprobe and uprobe of x86_64: newer kernels ask no filter about them. */
static int is_probe(int nr)
{
	return nr == 335 || nr == 336;
}

static void make_calls(struct sock_filter *insns, size_t count)
{
	static const unsigned long values[VALUES] = { 0, 1, 8, 16, 40, 0x20008, 0x7e020000, ~0ul };
	struct sock_filter beneath[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 40),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, KEY, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 777),
	};

	if (install(beneath, sizeof(beneath) / sizeof(*beneath)) || install(insns, count))
		shared->at = NUMBERS * VALUES;
	while (shared->at < NUMBERS * VALUES) {
		unsigned long v = values[shared->at % VALUES];
		int nr = shared->at / VALUES;
		long result = is_probe(nr) ? 0 : syscall(nr, v, v, v, v, v, v);

		shared->results[shared->at] = result != -1 ? result : errno == 777 ? PASSED :
										     -(long)errno;
		shared->at++;
	}
	__builtin_trap();
}

static void print(int nr)
{
	const long *results = shared->results + nr * VALUES;
	int last = 0;

	printf("%d:", nr);
	for (int i = 1; i < VALUES; i++)
		last = results[i] != results[i - 1] ? i : last;
	for (int i = 0; i <= last; i++)
		printf(" %ld", results[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	static struct sock_filter insns[4096];
	const struct rlimit none = { 0, 0 };
	int file = open(argc > 1 ? argv[1] : "/", O_RDONLY), status;
	ssize_t bytes = read(file, insns, sizeof(insns));

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	setrlimit(RLIMIT_CORE, &none);
	if (bytes <= 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return 1;
	while (shared->at < NUMBERS * VALUES) {
		if (!fork())
			make_calls(insns, bytes / sizeof(*insns));
		wait(&status);
		if (shared->at < NUMBERS * VALUES)
			shared->results[shared->at++] = -10000 - WTERMSIG(status);
	}
	for (int nr = 0; nr < NUMBERS; nr++)
		print(nr);
	return 0;
}
