/* SPDX-License-Identifier: MIT */
/* Pinned calls of real programs: what the kernel acts on, and what the program finds in its registers. */
#include "pin_kit.h"

static void run(struct kit *kit, enum kit_way way, char *const *argv)
{
	*kit = (struct kit){ .way = way, .argv = argv };
	assert_int_equal(kit_run(kit), 0);
}

static enum kit_way by_stub = KIT_PIN, by_exit = KIT_PIN_EXIT;

static void pinned_call__leaves_the_registers_alone(void **state)
{
	char *argv[] = { (char *)harness_tracee("pin_loop"), "/etc/hostname", "1000", NULL };
	enum kit_way way = *(enum kit_way *)*state;
	struct kit kit;

	run(&kit, way, argv);
	assert_int_equal(kit_number(&kit, "calls "), 1000);
	assert_int_equal(kit_number(&kit, "wrong "), 0);
	assert_int_equal(kit_number(&kit, "failed "), 0);
	assert_true(kit.pinned > 1000);
	assert_int_equal(kit.attached, 1);
	long stops_each = way == KIT_PIN ? 1 : 2;
	assert_in_range(kit.stops, stops_each * kit.pinned, stops_each * kit.pinned + 20);
	assert_int_equal(kit.slots_left, 0);
}

static const struct CMUnitTest laws[] = {
	LAW_WITH("pinned_call__leaves_the_registers_alone__by_stub", pinned_call__leaves_the_registers_alone, &by_stub),
	LAW_WITH("pinned_call__leaves_the_registers_alone__by_exit", pinned_call__leaves_the_registers_alone, &by_exit),
};

int main(void)
{
	return RUN_LAWS(laws);
}
