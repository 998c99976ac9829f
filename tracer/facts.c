/* SPDX-License-Identifier: MIT */
/*
 * Flagged calls whose verdict hangs on what their arguments point to. Decides what is done where that cannot be known;
 * what it is, paths/ knows, and what it means, the policy.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include <linux/seccomp.h>

#include <tracer/tracer.h>

bool fst_facts_is_new_call(struct fst_tracer *tracer, struct fst_tracee *tracee, struct fst_call_stop *call)
{
	enum fst_pin_entry entry = fst_pin_entry(tracer->pins, &tracee->changes->pin, call);

	if (entry == FST_PIN_FORGED)
		kill(tracee->tid, SIGKILL);
	if (entry == FST_PIN_NEW)
		fst_paths_forget(tracer->paths, &tracee->changes->paths);
	return entry == FST_PIN_NEW;
}

static struct flagstop_verdict deny(int error)
{
	return (struct flagstop_verdict){ FLAGSTOP_ACTION_DENY, error };
}

/*
 * A filter of the program's own, where seccomp is emulated, refuses a call before the kernel, or we, would fail it.
 * True: it did.
 */
static bool is_refused_by_itself(struct fst_tracer *tracer, struct fst_tracee *tracee, struct fst_judged *judged)
{
	if (!fst_emulation_judge(tracer, tracee, judged))
		return false;
	fst_paths_drop(tracer->paths, &tracee->changes->paths);
	fst_emulation_carry_out(tracer, tracee, judged);
	return true;
}

/* C libraries go on with `clone` where there is no clone3, and fail where it is refused in any other way. */
static int error_of_unknown(const struct flagstop_data *call)
{
	int abi = flagstop_abi_of_call(call->arch, call->nr);

	return flagstop_call_from_number(abi, call->nr) == flagstop_call_find("clone3") ? ENOSYS : EACCES;
}

/* On account of the rule that asked for what is not known. */
static void refuse_unknown(struct fst_tracer *tracer, struct fst_tracee *tracee, struct fst_judged *judged,
			   const struct fst_gathered *g)
{
	fst_stops_judge(tracer, judged, NULL);
	judged->verdict = deny(error_of_unknown(&judged->call.data));
	if (is_refused_by_itself(tracer, tracee, judged))
		return;
	tracer->told = g;
	fst_stops_refuse(tracer, tracee, judged, g->reason);
	tracer->told = NULL;
}

/*
 * What is permitted and fails all the same, fails as the kernel would let it. False: it was judged by a guess, and not
 * simply permitted.
 */
static bool settle(struct fst_tracer *tracer, struct fst_tracee *tracee, struct fst_judged *judged,
		   const struct fst_gathered *g)
{
	bool flagged = fst_stops_judge(tracer, judged, &g->facts);
	int error = g->error;

	if (g->is_guess && judged->verdict.action != FLAGSTOP_ACTION_ALLOW) {
		fst_paths_drop(tracer->paths, &tracee->changes->paths);
		return false;
	}
	if (is_refused_by_itself(tracer, tracee, judged))
		return true;
	if (error && judged->verdict.action < FLAGSTOP_ACTION_ASK) {
		fst_paths_drop(tracer->paths, &tracee->changes->paths);
		fst_verdict_apply(tracer, tracee, &judged->call.data, deny(-error));
		return true;
	}
	fst_stops_settle(tracer, tracee, judged, flagged);
	return true;
}

/* False: it must be done again, and nothing guessed. */
static bool gather_and_settle(struct fst_tracer *tracer, struct fst_tracee *tracee, struct fst_judged *judged,
			      unsigned wanted)
{
	struct fst_gathered *g;

	switch (fst_paths_gather(tracer->paths, &tracee->changes->paths, &judged->call, wanted, &g)) {
	case FST_GATHER_READY:
		return settle(tracer, tracee, judged, g);
	case FST_GATHER_FAILS:
		judged->verdict = (struct flagstop_verdict){ FLAGSTOP_ACTION_ALLOW, 0 };
		if (!is_refused_by_itself(tracer, tracee, judged))
			fst_verdict_apply(tracer, tracee, &judged->call.data, deny(-g->error));
		break;
	case FST_GATHER_UNKNOWN:
		refuse_unknown(tracer, tracee, judged, g);
		break;
	case FST_GATHER_AGAIN:
	case FST_GATHER_GONE:
		break;
	}
	return true;
}

bool fst_facts_handle(struct fst_tracer *tracer, struct fst_tracee *tracee, struct fst_judged *judged)
{
	unsigned wanted = tracer->paths ? fst_policy_facts_wanted(tracer->policy, &judged->call.data) : 0;

	wanted &= ~(1u << FST_FACT_LAYERS);
	if (tracer->paths && fst_pins_is_mapping(tracer->pins, &judged->call.data))
		wanted |= 1;
	if (!wanted)
		return false;
	tracee->changes->paths.tid = tracee->tid;
	tracee->changes->paths.pin = &tracee->changes->pin;
	tracee->changes->paths.carries = tracee->carried;
	if (gather_and_settle(tracer, tracee, judged, wanted))
		return true;
	tracee->changes->paths.walks = true;
	gather_and_settle(tracer, tracee, judged, wanted);
	tracee->changes->paths.walks = false;
	return true;
}

bool fst_facts_watches(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct flagstop_data *call)
{
	if (tracer->paths && fst_window_is_about_directories(call)) {
		fst_paths_move(tracer->paths, &tracee->changes->paths);
		return true;
	}
	if (tracer->paths && fst_window_clones_to_share(call)) {
		fst_paths_share(tracer->paths);
		return true;
	}
	if (fst_pins_is_mapping(tracer->pins, call))
		return true;
	if (!fst_window_is_about_rights(call))
		return false;
	fst_paths_forget_rights(&tracee->changes->paths);
	return true;
}

/*
 * The exec was permitted for one object. Another one that runs is permitted if the same call with its name is: a
 * script's interpreter, most often. Else it does not come to its first instruction.
 */
bool fst_facts_check_exec(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	struct fst_judged judged = { .call.data = tracee->changes->paths.exec_call, .layers = fst_layers_of(tracee) };
	struct fst_gathered *g;

	tracee->changes->paths.tid = tracee->tid; /* it may have had no path of its own yet */
	int r = tracer->paths ? fst_paths_check_exec(tracer->paths, &tracee->changes->paths, &g) : 0;

	if (!r)
		return true;
	fst_stops_judge(tracer, &judged, r > 0 ? &g->facts : NULL);
	if (r > 0 && judged.verdict.action < FLAGSTOP_ACTION_ASK)
		return true;
	judged.verdict = (struct flagstop_verdict){ FLAGSTOP_ACTION_KILL_PROCESS, 0 };
	tracer->told = g;
	tracer->reason = g->reason;
	fst_stops_record(tracer, tracee->tid, &judged);
	tracer->told = NULL;
	tracer->reason = NULL;
	kill(tracee->tid, SIGKILL);
	return false;
}

/* ---- setting up ------------------------------------------------------------------------------------------------- */

/* Whether our own programs let a call through that another one is changed to, with arguments of that kind. */
static bool let_through(const struct flagstop_programs *programs, const char *name, enum flagstop_abi abi,
			struct flagstop_data data)
{
	int call = flagstop_call_find(name);
	int64_t nr = call < 0 ? -1 : flagstop_call_number((unsigned)call, abi);

	data.nr = (uint32_t)nr;
	data.arch = flagstop_abi_audit_arch(abi);

	for (size_t i = 0; nr >= 0 && i < flagstop_programs_count(programs); i++) {
		size_t count;
		const struct flagstop_insn *insns = flagstop_programs_get(programs, i, &count);
		uint32_t action = flagstop_program_run(insns, count, &data, NULL, NULL) & SECCOMP_RET_ACTION_FULL;

		if (action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG && action != SECCOMP_RET_TRACE)
			return false;
	}
	return nr >= 0;
}

/* Bits of ABIs. */
static unsigned let_through_of(const struct flagstop_programs *programs, const char *name, struct flagstop_data data)
{
	unsigned abis = 0;

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		abis |= (unsigned)(!programs || let_through(programs, name, abi, data)) << abi;
	return abis;
}

int fst_facts_start(struct fst_tracer *tracer, const struct flagstop_programs *programs)
{
	const struct flagstop_data openat2 = { .args = { (uint64_t)AT_FDCWD, 1, 1, 24 } };
	const struct flagstop_data sendmsg = { .args = { 3, 1 } };
	const struct fst_paths_setup setup = {
		.pins = tracer->pins,
		.reader = tracer->memory,
		.holder = &tracer->holder,
		.may_openat2 = let_through_of(programs, "openat2", openat2),
		.may_sendmsg = let_through_of(programs, "sendmsg", sendmsg),
		.may_share = fst_policy_has_rewrites(tracer->policy), /* by flags that nobody gave */
	};

	return tracer->pins ? fst_paths_new(tracer, &setup, &tracer->paths) : 0;
}
