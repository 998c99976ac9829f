/* SPDX-License-Identifier: MIT */
/* What is found in the files of /proc/TID. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <tracer/proc.h>

static void field__is_the_start_of_a_line(void **state)
{
	const char text[] = "Name:\tTgid: 7\nTgid:\t12\nSigIgn:\tff\n";

	(void)state;
	assert_int_equal(fst_proc_number(text, "Tgid", 10, 0), 12);
	assert_int_equal(fst_proc_number(text, "SigIgn", 16, 0), 0xff);
	assert_int_equal(fst_proc_number(text, "Sig", 16, 3), 3);
	assert_string_equal(fst_proc_field(text, "Name"), strchr(text, '\t'));
	assert_null(fst_proc_field(text, "Threads"));
	assert_null(fst_proc_field("", "Threads"));
}

static void text__of_a_thread_is_that_of_status(void **state)
{
	char text[8192];

	(void)state;
	assert_int_equal(fst_proc_text(getpid(), "status", text, sizeof(text)), 0);
	assert_int_equal(fst_proc_number(text, "Pid", 10, 0), getpid());
	assert_int_equal(fst_proc_text(getpid(), "status", text, 6), 0);
	assert_string_equal(text, "Name:");
}

static void thread__that_is_gone_is_not_there(void **state)
{
	char text[16] = "old";
	uint64_t value;
	pid_t tid = fork();

	(void)state;
	if (!tid)
		_exit(0);
	assert_int_equal(waitpid(tid, NULL, 0), tid);
	assert_int_equal(fst_proc_open(tid, "maps", O_RDONLY), -ESRCH);
	assert_int_equal(fst_proc_text(tid, "status", text, sizeof(text)), -ESRCH);
	assert_string_equal(text, "");
	assert_false(fst_proc_auxv(tid, AT_PAGESZ, &value));
}

static void auxv__is_what_the_image_sees(void **state)
{
	uint64_t value = 0;

	(void)state;
	assert_true(fst_proc_auxv(getpid(), AT_PAGESZ, &value));
	assert_int_equal(value, getauxval(AT_PAGESZ));
	assert_true(fst_proc_auxv(getpid(), AT_EXECFN, &value));
	assert_int_equal(value, getauxval(AT_EXECFN));
	assert_false(fst_proc_auxv(getpid(), 200, &value));
}

static void auxv__of_a_32_bit_image_has_pairs_of_32_bits(void **state)
{
	const uint32_t vector[] = { AT_SYSINFO, 0xf7fc0000, AT_SECURE, 0, AT_UID, 0,
				    AT_EXECFN, 0xffffdff0, AT_PAGESZ, 4096, AT_NULL, 0 };
	uint64_t value = 1;

	(void)state;
	assert_true(fst_proc_find_auxv(vector, sizeof(vector), AT_SECURE, &value));
	assert_int_equal(value, 0);
	assert_true(fst_proc_find_auxv(vector, sizeof(vector), AT_EXECFN, &value));
	assert_int_equal(value, 0xffffdff0);
	assert_true(fst_proc_find_auxv(vector, sizeof(vector), AT_PAGESZ, &value));
	assert_int_equal(value, 4096);
	assert_false(fst_proc_find_auxv(vector, sizeof(vector), AT_GID, &value));
	assert_false(fst_proc_find_auxv(vector, 12, AT_PAGESZ, &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(field__is_the_start_of_a_line),
		cmocka_unit_test(text__of_a_thread_is_that_of_status),
		cmocka_unit_test(thread__that_is_gone_is_not_there),
		cmocka_unit_test(auxv__is_what_the_image_sees),
		cmocka_unit_test(auxv__of_a_32_bit_image_has_pairs_of_32_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
