/* SPDX-License-Identifier: MIT */
/* registers: makes a getppid with a pattern in every register, and says which of them it did not find again. */
#include <stdio.h>

struct seen {
	unsigned long after[15], flags; /* rax rbx rcx rdx rsi rdi rbp r8 … r15 */
};

static struct seen seen __attribute__((used));

__asm__(".text\nprobe:\n"
	"push %rbx\npush %rbp\npush %r12\npush %r13\npush %r14\npush %r15\n"
	"mov $110, %eax\n"
	"mov $0x1101, %rbx\nmov $0x1103, %rdx\nmov $0x1104, %rsi\nmov $0x1105, %rdi\nmov $0x1106, %rbp\n"
	"mov $0x1107, %r8\nmov $0x1108, %r9\nmov $0x1109, %r10\nmov $0x110b, %r12\nmov $0x110c, %r13\n"
	"mov $0x110d, %r14\nmov $0x110e, %r15\n"
	"stc\nsyscall\nbehind:\n"
	"push %rbx\npushf\nlea seen(%rip), %rbx\nmov %rax, (%rbx)\npopq 120(%rbx)\npopq 8(%rbx)\n"
	"mov %rcx, 16(%rbx)\nmov %rdx, 24(%rbx)\nmov %rsi, 32(%rbx)\nmov %rdi, 40(%rbx)\nmov %rbp, 48(%rbx)\n"
	"mov %r8, 56(%rbx)\nmov %r9, 64(%rbx)\nmov %r10, 72(%rbx)\nmov %r11, 80(%rbx)\nmov %r12, 88(%rbx)\n"
	"mov %r13, 96(%rbx)\nmov %r14, 104(%rbx)\nmov %r15, 112(%rbx)\n"
	"pop %r15\npop %r14\npop %r13\npop %r12\npop %rbp\npop %rbx\nret\n");
void probe(void);
extern const char behind[];

int main(void)
{
	static const char *const names[] = { "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8",
					     "r9", "r10", "r11", "r12", "r13", "r14", "r15" };

	probe();
	for (int i = 1; i < 15; i++) {
		unsigned long expected = i == 2 ? (unsigned long)behind : i == 10 ? seen.flags :
										    0x1100ul + i;

		if (seen.after[i] != expected)
			printf("%s is %#lx, not %#lx\n", names[i], seen.after[i], expected);
	}
	if (!(seen.flags & 1))
		printf("the carry flag is lost\n");
	printf("result %ld\n", (long)seen.after[0]);
	return 0;
}
