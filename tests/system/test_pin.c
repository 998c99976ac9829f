/* SPDX-License-Identifier: MIT */
/* Pinned calls of real programs: what the kernel acts on, and what the program finds in its registers. */
#include "pin_kit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], fifo[96];

static int make_fifo(void **state)
{
	int r = harness_setup(state);

	snprintf(folder, sizeof(folder), "/tmp/flagstop-pin-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	return r;
}

static int remove_fifo(void **state)
{
	unlink(fifo);
	rmdir(folder);
	return harness_teardown(state);
}

static struct in {
	enum kit_way way;
	bool second; /* a program of 32 bits */
} ways[] = { { KIT_PIN, false }, { KIT_PIN_EXIT, false }, { KIT_PIN, true }, { KIT_PIN_EXIT, true } };

static char *tracee(const struct in *in, const char *name)
{
	return (char *)(in->second ? harness_second_tracee(name) : harness_tracee(name));
}

static void run(struct kit *kit, char *const *argv)
{
	kit->argv = argv;
	assert_int_equal(kit_run(kit), 0);
	assert_int_equal(kit->refused, 0);
	assert_int_equal(kit->forged, 0);
	assert_int_equal(kit->slots_left, 0);
}

/* ---- registers -------------------------------------------------------------------------------------------------- */

static void call__leaves_the_registers_alone(void **state)
{
	char *argv[] = { tracee(*state, "pin_loop"), "/etc/hostname", "1000", NULL };
	struct kit kit = { .way = ((struct in *)*state)->way };
	long stops_each = kit.way == KIT_PIN ? 1 : 2;

	run(&kit, argv);
	assert_int_equal(kit_number(&kit, "calls "), 1000);
	assert_int_equal(kit_number(&kit, "wrong "), 0);
	assert_int_equal(kit_number(&kit, "failed "), 0);
	assert_true(kit.pinned > 1000);
	assert_int_equal(kit.attached, 1);
	assert_in_range(kit.stops, stops_each * kit.pinned, stops_each * kit.pinned + 20);
}

/* What the kernel says of an unreadable name, and of one that is too long. */
static void call__fails_as_the_kernel_lets_it_fail(void **state)
{
	static const char *const names[] = { "", "/nowhere/at/all" };

	for (unsigned i = 0; i < 2; i++) {
		char *argv[] = { tracee(*state, "pin_loop"), (char *)names[i], "1", NULL };
		struct kit kit = { .way = ((struct in *)*state)->way };

		run(&kit, argv);
		assert_int_equal(kit_number(&kit, "wrong "), 0);
		assert_int_equal(kit_number(&kit, "failed "), 1);
	}
}

/* ---- signals ---------------------------------------------------------------------------------------------------- */

static void disturbed(void **state, char *what, long handled, bool is_exact)
{
	char *argv[] = { tracee(*state, "pin_signals"), what, fifo, "/etc/hostname", NULL };
	struct kit kit = { .way = ((struct in *)*state)->way };

	run(&kit, argv);
	assert_int_equal(kit_number(&kit, "right "), 1);
	assert_int_equal(kit_number(&kit, "wrong "), 0);
	assert_int_equal(kit_number(&kit, "strange "), 0);
	assert_in_range(kit_number(&kit, "handled "), is_exact ? handled : 1, handled);
	if (kit.way == KIT_PIN && handled)
		assert_true(kit.fixed > 0);
}

static void call__is_restarted_behind_a_handler(void **state)
{
	disturbed(state, "restart", 3, true);
}

static void call__is_ended_by_a_handler(void **state)
{
	disturbed(state, "eintr", 3, true);
}

static void call__outlasts_ignored_signals(void **state)
{
	disturbed(state, "ignored", 0, true);
}

static void call__outlasts_another_in_its_handler(void **state)
{
	disturbed(state, "nested", 3, true);
}

static void call__can_be_jumped_out_of(void **state)
{
	disturbed(state, "jump", 3, false);
}

static void call__outlasts_a_stop(void **state)
{
	disturbed(state, "stopped", 0, true);
}

/* An interruption that is no signal restarts the call in the stub. */
static void call__restarts_in_the_stub(void **state)
{
	char *argv[] = { tracee(*state, "pin_signals"), "none", fifo, "/etc/hostname", NULL };
	struct kit kit = { .way = KIT_PIN, .interrupt_us = 5000 };

	run(&kit, argv);
	assert_int_equal(kit_number(&kit, "wrong "), 0);
	assert_true(kit.restarts > 0);
}

static void storm__of_signals_confuses_no_call(void **state)
{
	char *argv[] = { tracee(*state, "pin_storm"), "/etc/hostname", "3000", "700", NULL };
	struct kit kit = { .way = ((struct in *)*state)->way };

	run(&kit, argv);
	assert_int_equal(kit_number(&kit, "wrong "), 0);
	assert_int_equal(kit_number(&kit, "failed "), 0);
	assert_int_equal(kit_number(&kit, "strange "), 0);
	assert_true(kit_number(&kit, "handled ") > 10);
}

/* ---- who shares what -------------------------------------------------------------------------------------------- */

static void shared(void **state, char *how, char *count)
{
	char *argv[] = { tracee(*state, "pin_shares"), how, "/etc/hostname", "/etc/passwd", count, NULL };
	struct kit kit = { .way = ((struct in *)*state)->way };

	run(&kit, argv);
	assert_int_equal(kit_number(&kit, "wrong "), 0);
	assert_int_equal(kit_number(&kit, "crossed "), 0);
	assert_int_equal(kit_number(&kit, "status "), 0);
}

static void slots__of_parent_and_child_are_two(void **state)
{
	shared(state, "fork", "2000");
}

static void slots__of_a_vfork_are_two(void **state)
{
	shared(state, "vfork", "100");
}

static void slots__are_enough_for_more_threads_than_a_chunk_has(void **state)
{
	shared(state, "threads", "5");
}

/* ---- filters of the program's own ------------------------------------------------------------------------------- */

static void filtered(const struct in *in, struct kit *kit, char *when)
{
	char *argv[] = { tracee(in, "pin_filtered"), when, "/etc/hostname", "100", NULL };

	kit->argv = argv;
	assert_int_equal(kit_run(kit), 0);
	assert_int_equal(kit_number(kit, "wrong "), 0);
	assert_int_equal(kit->slots_left, 0);
}

/* It would kill for a call that comes from the window. */
static void filter__of_the_program_sees_no_stub(void **state)
{
	struct kit kit = { .way = KIT_PIN };

	filtered(*state, &kit, "late");
	assert_int_equal(kit_number(&kit, "calls "), 101);
	assert_int_equal(kit_number(&kit, "failed "), 0);
	assert_int_equal(kit.refused, 0);
	assert_true(kit.stops >= kit.pinned + 100);
}

/* Without a window there is no way that the filter might not kill for; the dynamic linker has to do without, too. */
static void filter__that_was_there_first_leaves_no_way(void **state)
{
	char *argv[] = { tracee(*state, "pin_filtered"), "before", "/etc/hostname", "100", NULL };
	struct kit kit = { .way = KIT_PIN, .argv = argv };

	assert_int_equal(kit_run(&kit), 127); /* no library can be opened */
	assert_true(kit.refused > 0);
	assert_non_null(strstr(kit.reason, "a filter of its own"));
	assert_int_equal(kit.forged, 0);
}

#define IN(prefix, function, suffix, way) \
	{ \
		prefix #function suffix, function, make_fifo, remove_fifo, &ways[way] \
	}
#define IN_ONE(function) IN("", function, "", 0), IN("second__", function, "", 2)
#define IN_BOTH(function) \
	IN("", function, "__by_stub", 0), IN("", function, "__by_exit", 1), \
		IN("second__", function, "__by_stub", 2), IN("second__", function, "__by_exit", 3)
static const struct CMUnitTest laws[] = {
	IN_BOTH(call__leaves_the_registers_alone),
	IN_BOTH(call__fails_as_the_kernel_lets_it_fail),
	IN_BOTH(call__is_restarted_behind_a_handler),
	IN_BOTH(call__is_ended_by_a_handler),
	IN_BOTH(call__outlasts_ignored_signals),
	IN_BOTH(call__outlasts_another_in_its_handler),
	IN_BOTH(call__can_be_jumped_out_of),
	IN_BOTH(call__outlasts_a_stop),
	IN_ONE(call__restarts_in_the_stub),
	IN_BOTH(storm__of_signals_confuses_no_call),
	IN_ONE(filter__of_the_program_sees_no_stub),
	IN_ONE(filter__that_was_there_first_leaves_no_way),
	IN_BOTH(slots__of_parent_and_child_are_two),
	IN_BOTH(slots__of_a_vfork_are_two),
	IN_ONE(slots__are_enough_for_more_threads_than_a_chunk_has),
};

int main(void)
{
	return RUN_LAWS(laws);
}
