/* SPDX-License-Identifier: MIT */
/*
 * Carries out what the policy's `rewrite` rules make of a call's arguments. The program has its own in its registers
 * again when the call is over. Does not judge.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include <tracer/tracer.h>

void fst_rewrite_put_back(struct fst_tracee *tracee)
{
	int r = fst_call_put_back(tracee->tid, &tracee->rewritten);

	tracee->rewritten.bits = 0;
	if (r && r != -ESRCH)
		kill(tracee->tid, SIGKILL);
}

bool fst_rewrite_apply(struct fst_tracer *tracer, struct fst_tracee *tracee, struct flagstop_data *call)
{
	uint64_t args[6];
	unsigned changed = fst_policy_rewrite(tracer->policy, call, args);
	struct fst_pin pin;

	if (!changed && !tracee->carried)
		return false;
	/* Where each call stops on exit as well, that is where they are put back: a child's at its first stop. */
	if (!tracer->backend->filters) {
		int r = fst_call_replace_arguments(tracee->tid, call, changed, args, &tracee->rewritten);

		if (r && r != -ESRCH)
			kill(tracee->tid, SIGKILL);
		memcpy(call->args, args, sizeof(args));
		return r;
	}
	fst_pin_begin_scalars(tracer->pins, &tracee->changes->pin, call, &pin);
	for (unsigned i = 0; i < 6; i++)
		if (tracee->carried || changed >> i & 1)
			fst_pin_set(&pin, i, changed >> i & 1 ? args[i] : call->args[i]);
	if (tracee->carried)
		fst_pin_number(&pin, call->nr);
	fst_pin_commit(&pin);
	return true;
}
