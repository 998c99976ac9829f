/* SPDX-License-Identifier: MIT */
/*
 * Carries out what the policy's `rewrite` rules make of a call's arguments. The program has its own in its registers
 * again when the call is over. Does not judge.
 */
#include <signal.h>

#include <tracer/tracer.h>

bool fst_rewrite_apply(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct flagstop_data *call)
{
	uint64_t args[6];
	unsigned changed = fst_policy_rewrite(tracer->policy, call, args);
	struct fst_pin pin;

	if (!changed)
		return false;
	if (!tracer->pins) { /* nobody would put the registers back */
		kill(tracee->tid, SIGKILL);
		return true;
	}
	fst_pin_begin_scalars(tracer->pins, &tracee->pin, &pin);
	for (unsigned i = 0; i < 6; i++)
		if (changed >> i & 1)
			fst_pin_set(&pin, i, args[i]);
	fst_pin_commit(&pin);
	return true;
}
