/* SPDX-License-Identifier: MIT */
/* The stubs' machine code, against what the assembler makes of what they are said to be; with its labels' offsets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include <arch/stub.h>

#define DISTANCE "0x2480" /* from a stub to its words */

__asm__(".pushsection .rodata\n"
	".set words, of_x86_64 + " DISTANCE "\n"
	"of_x86_64:\n"
	"	syscall\n"
	"x86_64_entry:\n"
	"	mov words(%rip), %rdi\n"
	"	mov words + 8(%rip), %rsi\n"
	"	mov words + 16(%rip), %rdx\n"
	"	mov words + 24(%rip), %r10\n"
	"	mov words + 32(%rip), %r8\n"
	"	mov words + 40(%rip), %r9\n"
	"	mov words + 56(%rip), %rcx\n"
	"	lea (%rcx, %rax), %rcx\n"
	"	jrcxz x86_64_again\n"
	"	mov words + 48(%rip), %rcx\n"
	"	jmp *words + 48(%rip)\n"
	"x86_64_again:\n"
	"	mov words + 64(%rip), %eax\n"
	"	jmp of_x86_64\n"
	"x86_64_end:\n"
	".set narrow_at, 0x70002080\n"
	".set narrow_words, narrow_at + " DISTANCE "\n"
	".code32\n"
	"of_i386:\n"
	"	int $0x80\n"
	"i386_entry:\n"
	"	mov narrow_words, %ebx\n"
	"	mov narrow_words + 16, %edx\n"
	"	mov narrow_words + 24, %esi\n"
	"	mov narrow_words + 32, %edi\n"
	"	mov narrow_words + 40, %ebp\n"
	"	mov narrow_words + 56, %ecx\n"
	"	jecxz i386_back\n"
	"	lea (%ecx, %eax), %ecx\n"
	"	jecxz i386_again\n"
	"i386_back:\n"
	"	mov narrow_words + 8, %ecx\n"
	"	jmp *narrow_words + 48\n"
	"i386_again:\n"
	"	mov narrow_words + 8, %ecx\n"
	"	mov narrow_words + 64, %eax\n"
	"	jmp of_i386\n"
	"i386_end:\n"
	".code64\n"
	".popsection\n");
extern const unsigned char of_x86_64[], x86_64_entry[], x86_64_again[], x86_64_end[];
extern const unsigned char of_i386[], i386_entry[], i386_again[], i386_end[];

static const struct row {
	const struct fst_layout *layout;
	uint64_t at;
	const unsigned char *code, *entry, *again, *end;
} rows[] = {
	{ &fst_layout_x86_64, 0x6fff00000080, of_x86_64, x86_64_entry, x86_64_again, x86_64_end },
	{ &fst_layout_i386, 0x70002080, of_i386, i386_entry, i386_again, i386_end },
};

static void stub__is_what_the_assembler_makes_of_it(void **state)
{
	const struct row *row = *state;
	const struct fst_stub *stub = fst_stub_of(row->layout);
	unsigned char code[FST_STUB_MAX_BYTES];

	assert_non_null(stub);
	assert_int_equal(stub->bytes, row->end - row->code);
	stub->write(code, row->at, row->at + strtoul(DISTANCE, NULL, 16));
	assert_memory_equal(code, row->code, stub->bytes);
	assert_int_equal(stub->entry, row->entry - row->code);
	assert_int_equal(stub->again, row->again - row->code);
}

int main(void)
{
	const struct CMUnitTest laws[] = {
		{ "stub__of_x86_64_is_what_the_assembler_makes_of_it", stub__is_what_the_assembler_makes_of_it, NULL,
		  NULL, (void *)&rows[0] },
		{ "stub__of_i386_is_what_the_assembler_makes_of_it", stub__is_what_the_assembler_makes_of_it, NULL,
		  NULL, (void *)&rows[1] },
	};

	return cmocka_run_group_tests_name("stub", laws, NULL, NULL);
}
