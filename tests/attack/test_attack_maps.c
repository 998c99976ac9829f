/* SPDX-License-Identifier: MIT */
/*
 * A program that changes what it maps, and where, while that is judged: where mmap has its arguments in memory (s390x)
 * it replaces the window that judged strings lie in, if who looked at them lets it go on with its own.
 */
#include "../system/pin_kit.h"
#include "attack.h"

#include <stdio.h>

#include <arch/layout.h>
#include <filters/bpf/window.h>

static void mapping__whose_address_changes_replaces_nothing(void **state)
{
	char window[24];
	char *once[] = { (char *)harness_tracee("attack_maps"), window, "once", ATTACK_NAIVE_SECONDS, NULL };
	char *argv[] = { once[0], window, "1", NULL };
	struct kit naive = { .way = KIT_NAIVE, .argv = once }, pinned = { .way = KIT_PIN, .argv = argv };
	struct run run = RUN_INIT("default allow\ndeny EACCES openat when path is \"/nowhere\"\n");

	(void)state;
	if (!fst_window_maps_by_structure(flagstop_abi_native())) {
		print_message("mmap has its arguments in registers here\n");
		skip();
	}
	snprintf(window, sizeof(window), "%#lx", (unsigned long)fst_native_own_layout()->window);
	assert_int_equal(kit_run(&naive), 0);
	assert_int_equal(kit_run(&pinned), 0);
	attack_settle("mmap, by the pieces", naive.out, pinned.out);
	run.options.stacks = false;
	run_whole(&run, "attack_maps", window, attack_limit(), NULL);
	run_assert_exited(&run, 0);
	attack_settle("mmap", naive.out, run.out);
	run_free(&run);
}

int main(void)
{
	static const struct CMUnitTest laws[] = {
		{ "mapping__whose_address_changes_replaces_nothing", mapping__whose_address_changes_replaces_nothing,
		  attack_setup, harness_teardown, NULL },
	};

	return RUN_LAWS(laws);
}
