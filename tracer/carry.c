/* SPDX-License-Identifier: MIT */
/*
 * A socketcall whose arguments a rule asks for: they are copied once, and the call becomes the direct one with the
 * copies in its registers. What is judged is what is made, whoever writes that memory meanwhile; the program has its
 * own registers again at the exit. Where that cannot be, it is refused with the reason.
 */
#include <errno.h>
#include <string.h>

#include <arch/mux.h>
#include <tracer/tracer.h>

static bool refuse(struct fst_tracer *tracer, struct fst_tracee *tracee, struct fst_judged *judged, int error,
		   const char *reason)
{
	judged->verdict = (struct flagstop_verdict){ FLAGSTOP_ACTION_DENY, error };
	fst_stops_refuse(tracer, tracee, judged, reason);
	return true;
}

static int fetch(struct fst_tracer *tracer, pid_t tid, enum flagstop_abi abi, uint64_t address, unsigned count,
		 uint64_t args[6])
{
	unsigned bytes = flagstop_arg_bits(abi, FLAGSTOP_ARG_UWORD) / 8;
	uint64_t wide[6];
	uint32_t narrow[6];
	void *to = bytes == 8 ? (void *)wide : (void *)narrow;
	int r = fst_memory_copy(tracer->memory, tid, address, to, (size_t)count * bytes);

	for (unsigned i = 0; i < 6; i++)
		args[i] = r || i >= count ? 0 : bytes == 8 ? wide[i] :
							     narrow[i];
	return r;
}

bool fst_carry_handle(struct fst_tracer *tracer, struct fst_tracee *tracee, struct fst_judged *judged)
{
	struct flagstop_data *call = &judged->call.data;
	uint64_t args[6];

	tracee->carried = false;
	if (!tracer->has_carried) /* as on most: at each stop this is one question */
		return false;
	int abi = flagstop_abi_of_call(call->arch, call->nr);
	const struct fst_mux_part *part = abi < 0 ? NULL : fst_mux_carried(abi, call->nr, call->args[0]);
	if (!part || !fst_policy_carries(tracer->policy, call, judged->layers))
		return false;
	fst_stops_judge(tracer, judged, NULL);
	if (judged->verdict.action > FLAGSTOP_ACTION_ASK)
		return false;
	if (judged->call.place != FST_PLACE_SECCOMP)
		return refuse(tracer, tracee, judged, EACCES, "its arguments are in memory, and each call stops");
	if (judged->call.ret_data != tracer->trace_data) /* somebody else's flag */
		return false;
	if (judged->verdict.action == FLAGSTOP_ACTION_ASK)
		return refuse(tracer, tracee, judged, EACCES, "what it carries would be asked about");
	int r = fetch(tracer, tracee->tid, abi, call->args[1], part->arg_count, args);
	if (r == -ESRCH)
		return true;
	if (r)
		return refuse(tracer, tracee, judged, r == -EFAULT ? EFAULT : EACCES, "its arguments cannot be read");
	call->nr = (uint32_t)flagstop_call_number((unsigned)fst_mux_direct(abi, part), abi);
	memcpy(call->args, args, sizeof(args));
	fst_stops_judge(tracer, judged, NULL);
	if (judged->verdict.action == FLAGSTOP_ACTION_ASK)
		return refuse(tracer, tracee, judged, EACCES, "what it carries would be asked about");
	tracee->carried = true;
	return false;
}
