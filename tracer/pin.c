/* SPDX-License-Identifier: MIT */
/*
 * Sends a changed call on its way and puts the program's registers back. Decides which way it goes (stub or exit stop)
 * and how the window comes into a process; does not know what is pinned, nor why.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include <linux/seccomp.h>
#include <talloc.h>

#include <tracer/anew.h>
#include <tracer/call.h>
#include <tracer/pins.h>

#define RETRIES_MAX 100
#define FIRST_RESTART 512 /* ERESTARTSYS to ERESTART_RESTARTBLOCK: include/linux/errno.h */
#define LAST_RESTART 516

static uint32_t number_of(const char *call, enum flagstop_abi abi)
{
	int index = flagstop_call_find(call);
	int64_t nr = index < 0 ? -1 : flagstop_call_number((unsigned)index, abi);

	return (uint32_t)nr;
}

static int make_window(struct fst_pins *pins, const uint64_t secret[2])
{
	memcpy(pins->secret, secret, sizeof(pins->secret));
	pins->owners = talloc_zero_array(pins, struct fst_pin_thread *, FST_WINDOW_MAX_SLOTS);
	return pins->owners ? fst_window_new(pins, pins->layout, pins->views[1].layout, &pins->window) : -ENOMEM;
}

static struct fst_pins_view view_of(const struct fst_layout *layout, enum flagstop_abi abi)
{
	return (struct fst_pins_view){
		.layout = layout,
		.stub = fst_stub_of(layout),
		.audit_arch = flagstop_abi_audit_arch(abi),
		.shmat = number_of("shmat", abi),
		.restart_syscall = number_of("restart_syscall", abi),
	};
}

static void know_views(struct fst_pins *pins, unsigned abis)
{
	const struct fst_layout *second = fst_native_second_layout();

	pins->views[0] = view_of(pins->layout, flagstop_abi_native());
	if (second && second->window && abis >> second->abi & 1)
		pins->views[1] = view_of(second, second->abi);
}

unsigned fst_pins_second_abis(const struct fst_pins *pins)
{
	return pins->window && pins->views[1].layout ? 1u << pins->views[1].layout->abi : 0;
}

int fst_pins_new(void *parent, const uint64_t secret[2], unsigned abis, struct fst_pins **ret_pins,
		 const char **ret_reason)
{
	struct fst_pins *pins = talloc_zero(parent, struct fst_pins);
	int r = 0;

	*ret_reason = "no memory";
	if (!pins)
		return -ENOMEM;
	pins->layout = fst_native_own_layout();
	pins->end_number = 0x40000000; /* from there on they are x32's, or nobody's */
	know_views(pins, abis);
	pins->mmap = number_of("mmap", flagstop_abi_native());
	pins->maps_by_structure = fst_window_maps_by_structure(flagstop_abi_native());
	if (secret)
		r = make_window(pins, secret);
	if (r) {
		*ret_reason = pins->layout->window ?
			"the kernel gives no System V shared memory, which pinned arguments lie in" :
			"on this architecture there is no place for pinned arguments";
		talloc_free(pins);
		return r;
	}
	*ret_pins = pins;
	return 0;
}

int fst_pins_stop_every_call(struct fst_pins *pins)
{
	struct fst_window_plan plan;

	pins->at_every_call = true;
	for (unsigned view = 0; view < FST_WINDOW_VIEWS; view++)
		pins->views[view].stub = NULL; /* the exit is seen anyway */
	pins->guard = talloc_array(pins, struct flagstop_insn, FST_WINDOW_PROGRAM_MAX_INSNS);
	if (!pins->guard)
		return -ENOMEM;
	fst_pins_plan(pins, 0, &plan);
	pins->guard_count = fst_window_program(&plan, pins->guard);
	return 0;
}

int fst_pin_refuses(const struct fst_pins *pins, const struct flagstop_data *call)
{
	uint32_t action;

	if (!pins->guard)
		return 0;
	action = flagstop_program_run(pins->guard, pins->guard_count, call, NULL, NULL);
	return (action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO ? (int)(action & SECCOMP_RET_DATA) : 0;
}

bool fst_pins_is_mapping(const struct fst_pins *pins, const struct flagstop_data *call)
{
	return pins->maps_by_structure && pins->window && call->nr == pins->mmap &&
		call->arch == pins->views[0].audit_arch;
}

bool fst_pins_guard(const struct fst_pins *pins, uint64_t address, uint64_t bytes)
{
	uint64_t end = address + bytes + UINT16_MAX; /* its last page, whatever that is */

	return end < address || (address >> 32 <= pins->layout->window >> 32 && end >= pins->layout->window);
}

bool fst_pins_have_window(const struct fst_pins *pins)
{
	return pins && pins->window;
}

int fst_pins_start(struct fst_pins *pins, size_t programs)
{
	return fst_spaces_init(&pins->spaces, pins->window, programs);
}

/* Of those tracees whose window is a small one; NULL: there are none. */
static const struct fst_layout *narrow_layout(const struct fst_pins *pins)
{
	const struct fst_layout *last = pins->views[1].layout ? pins->views[1].layout : pins->layout;

	return last->window_bytes ? last : NULL;
}

void fst_pins_plan(const struct fst_pins *pins, uint16_t trace_data, struct fst_window_plan *ret_plan)
{
	const struct fst_layout *narrow = narrow_layout(pins);
	unsigned narrow_view = narrow != pins->layout;

	*ret_plan = (struct fst_window_plan){
		.abi = flagstop_abi_native(),
		.abis = fst_native_abis(),
		.high = (uint32_t)(pins->layout->window >> 32),
		.ignored_high = (uint32_t)(pins->layout->ignored_address_bits >> 32),
		.id_is_unseen = pins->layout->first_argument_is_old,
		.secret = { pins->secret[0], pins->secret[1] },
		.trace_data = trace_data,
		.chunk_count = fst_window_chunk_count(pins->window),
	};
	for (unsigned i = 0; i < ret_plan->chunk_count; i++) {
		ret_plan->chunks[i].id = fst_window_chunk_id(pins->window, i);
		ret_plan->chunks[i].address = fst_window_chunk_address(pins->window, 0, i);
		ret_plan->chunks[i].narrow_address =
			(uint32_t)fst_window_chunk_address(pins->window, narrow_view, i);
	}
	if (!narrow)
		return;
	ret_plan->abis |= narrow->window_abis;
	ret_plan->narrow.start = (uint32_t)narrow->window;
	ret_plan->narrow.end = (uint32_t)narrow->window + narrow->window_bytes;
	ret_plan->narrow.abi = narrow->abi;
	ret_plan->narrow.abis = narrow->window_abis | 1u << narrow->abi;
}

/* ---- registers -------------------------------------------------------------------------------------------------- */

int fst_pins_end(pid_t tid, int r)
{
	if (r && r != -ESRCH)
		kill(tid, SIGKILL);
	return r ? -ESRCH : 0;
}

static int go_on(const struct fst_pins *pins, pid_t tid)
{
	return pins->at_every_call ? fst_ptrace_resume_to_syscall(tid, 0) : fst_ptrace_resume(tid, 0);
}

/* ---- the way of a changed call ---------------------------------------------------------------------------------- */

static int send_to_exit(struct fst_pin_thread *thread, const struct fst_pin *pin)
{
	struct fst_call_before before;
	struct fst_call_rest unused; /* the exit stop puts everything back */
	int r = 0;

	if (pin->changed && pin->by_gate) {
		r = fst_call_replace_arguments(thread->tid, &pin->call, pin->changed, pin->args, &before);
		thread->gate = r ? thread->gate : before.layout;
	} else if (pin->changed) {
		r = fst_call_set_arguments(thread->tid, pin->changed, thread->sent);
		if (r == -EOPNOTSUPP)
			return fst_pins_end(thread->tid, fst_anew_send(thread, false));
	}

	if (!r && thread->sent_nr != thread->own_nr)
		r = fst_call_renumber(thread->tid, thread->sent_nr, &unused);
	if (r >= 0) {
		thread->state = FST_PIN_EXIT;
		r = fst_ptrace_resume_to_syscall(thread->tid, 0);
	}
	return fst_pins_end(thread->tid, r);
}

static bool goes_by_stub(const struct fst_pin *pin)
{
	const struct fst_pin_thread *thread = pin->thread;

	return thread->ready >> pin->view & 1 && pin->pins->views[pin->view].stub && !thread->space->filtered &&
		!pin->by_exit;
}

bool fst_pin_can_retry(const struct fst_pin *pin)
{
	return (pin->pins->at_every_call || !pin->thread->space->filtered) && pin->thread->retried < RETRIES_MAX;
}

bool fst_pin_can_guess(const struct fst_pin *pin)
{
	return (goes_by_stub(pin) || pin->pins->at_every_call) && fst_pin_can_retry(pin);
}

int fst_pin_commit(struct fst_pin *pin)
{
	struct fst_pin_thread *thread = pin->thread;
	int r;

	if (!pin->changed && !pin->renumbered)
		return fst_pins_end(thread->tid, go_on(pin->pins, thread->tid));
	/* Scalars alone are neither made again nor anew. */
	r = pin->pins->window ? fst_call_registers(thread->tid, &thread->own) :
				fst_ptrace_registers(thread->tid, &thread->own);
	if (r)
		return fst_pins_end(thread->tid, r);
	thread->gate = thread->own.layout;
	thread->own_nr = (uint32_t)fst_pins_get(&thread->own, thread->own.layout->nr);
	thread->sent_nr = pin->renumbered ? pin->nr : thread->own_nr;
	thread->retries = pin->retries;
	thread->passes = thread->is_anew = false;
	for (unsigned i = 0; i < 6; i++)
		thread->sent[i] = pin->changed >> i & 1 ? pin->args[i] :
							  fst_pins_get(&thread->own, thread->own.layout->args[i]);
	/* 64-bit code that makes calls of 32 bits cannot run their stub. */
	if (goes_by_stub(pin) && thread->own.layout == pin->pins->views[pin->view].layout)
		return fst_pin_stub_send(pin->pins, thread, pin->view);
	return send_to_exit(thread, pin);
}

/* ---- the window in a process ------------------------------------------------------------------------------------ */

/* In the place of the call that was stopped; that one is made afterwards. */
static int attach(struct fst_pin *pin, const struct flagstop_data *call, unsigned chunk)
{
	struct fst_pins *pins = pin->pins;
	struct fst_pin_thread *thread = pin->thread;
	bool wide = !pins->views[pin->view].layout->window_bytes;
	const uint64_t args[6] = { fst_window_chunk_id(pins->window, chunk),
				   fst_window_chunk_address(pins->window, pin->view, chunk),
				   FST_WINDOW_SHMAT_FLAGS,
				   0,
				   wide ? pins->secret[0] : (uint32_t)pins->secret[0],
				   wide ? pins->secret[1] : (uint32_t)pins->secret[1] };
	struct fst_call_before unused_before;
	struct fst_call_rest unused; /* the exit stop puts everything back */
	int r = fst_call_registers(thread->tid, &thread->own);

	thread->chunk = chunk;
	thread->view = (uint8_t)pin->view;
	if (!r)
		r = fst_call_replace_arguments(thread->tid, call, 0x3f, args, &unused_before);
	if (r == -EOPNOTSUPP) {
		memcpy(thread->sent, args, sizeof(args));
		thread->sent_nr = pins->views[pin->view].shmat;
		r = fst_pins_end(thread->tid, fst_anew_send(thread, true));
		return r ? r : 1;
	}
	if (!r)
		r = fst_call_renumber(thread->tid, pins->views[pin->view].shmat, &unused);
	if (r >= 0) {
		thread->state = FST_PIN_ATTACH;
		r = fst_ptrace_resume_to_syscall(thread->tid, 0);
	}
	r = fst_pins_end(thread->tid, r);
	return r ? r : 1;
}

static const char *note_attached(struct fst_pins *pins, struct fst_pin_thread *thread, int64_t result)
{
	uint8_t bit = (uint8_t)(1u << thread->chunk);

	if (result == (int64_t)fst_window_chunk_address(pins->window, thread->view, thread->chunk)) {
		thread->space->mapped[thread->view] |= bit;
		return NULL;
	}
	/* EINVAL: something is there. It is ours if a process that shares this memory was faster. */
	if (result == -EINVAL && !fst_space_look_at_maps(&pins->spaces, thread->space, pins->window, thread->tid) &&
	    thread->space->mapped[thread->view] & bit)
		return NULL;
	switch (result) {
	case -EINVAL:
		return "where the window belongs something else is mapped, or System V shared memory is another "
		       "namespace's";
	case -EACCES:
		return "its user may not see the window";
	case -ENOSYS:
		return "this kernel has no shmat of its ABI, which 32-bit ones have since Linux 5.1";
	default:
		return "the window cannot be mapped";
	}
}

/* The call that it stopped at is made once more. */
static bool finish_attach(struct fst_pins *pins, struct fst_pin_thread *thread)
{
	int64_t result;
	int r = fst_call_result(thread->tid, &result);

	thread->state = FST_PIN_IDLE;
	if (!r) {
		thread->space->refusal[thread->view] = note_attached(pins, thread, result);
		r = fst_call_again(thread->tid, &thread->own);
	}
	if (!r)
		r = go_on(pins, thread->tid);
	fst_pins_end(thread->tid, r);
	return true;
}

static int take_slot(struct fst_pins *pins, struct fst_pin_thread *thread)
{
	int r = thread->has_slot ? 0 : fst_window_take(pins->window, &thread->slot_index);

	if (r)
		return r;
	thread->slot = fst_window_slot(pins->window, thread->slot_index);
	thread->has_slot = true;
	pins->owners[thread->slot_index] = thread;
	return 0;
}

static int refuse(struct fst_pin *pin, const char *reason)
{
	pin->reason = reason;
	return -EACCES;
}

int fst_pins_view_of(const struct fst_pins *pins, const struct flagstop_data *call)
{
	int abi = flagstop_abi_of_call(call->arch, call->nr);

	if (abi == (int)flagstop_abi_native())
		return 0;
	return pins->views[1].layout && abi == (int)pins->views[1].layout->abi ? 1 : -1;
}

static int prepare(struct fst_pin *pin, const struct fst_call_stop *call)
{
	struct fst_pins *pins = pin->pins;
	struct fst_pin_thread *thread = pin->thread;
	unsigned chunk;
	int r, view = fst_pins_view_of(pins, &call->data);

	if (view < 0)
		return refuse(pin, "it is a call of a second ABI, whose pointers do not reach the window");
	pin->view = (unsigned)view;
	pin->by_gate = view > 0;
	pin->call = call->data;
	if (thread->ready >> view & 1)
		return 0;
	if (!thread->space)
		thread->space = fst_spaces_get(&pins->spaces, pins, thread->tid);
	if (!thread->space)
		return refuse(pin, "nothing can be learnt of its process");
	if (take_slot(pins, thread))
		return refuse(pin, "there are more threads than the window has slots");
	r = fst_space_look(&pins->spaces, thread->space, pins->window, thread->tid);
	if (r == -ESRCH)
		return r;
	if (r)
		return refuse(pin, "its memory may not be looked at");
	chunk = fst_window_chunk_of(thread->slot_index);
	if (!fst_window_chunk_address(pins->window, pin->view, chunk))
		return refuse(pin, "there are more threads than the window of 32-bit programs has slots");
	if (thread->space->mapped[pin->view] >> chunk & 1) {
		thread->ready |= (uint8_t)(1u << pin->view);
		return 0;
	}
	if (thread->space->refusal[pin->view])
		return refuse(pin, thread->space->refusal[pin->view]);
	if (thread->space->filtered)
		return refuse(pin, "it carries a filter of its own, which mapping the window might fall foul of");
	return attach(pin, &call->data, chunk);
}

int fst_pin_begin(struct fst_pins *pins, struct fst_pin_thread *thread, const struct fst_call_stop *call,
		  struct fst_pin *ret_pin)
{
	*ret_pin = (struct fst_pin){ .pins = pins, .thread = thread };
	if (thread->ready & 1 && call->data.arch == pins->views[0].audit_arch && call->data.nr < pins->end_number)
		return 0;
	return prepare(ret_pin, call);
}

bool fst_pin_first_is_hidden(const struct fst_pin *pin)
{
	return pin->pins->layout->first_argument_is_hidden;
}

/* ---- stops ------------------------------------------------------------------------------------------------------ */

/* What the stub does by itself. If a signal comes in between, another call is taken for this one, and walked. */
static int make_own_call(struct fst_pin_thread *thread)
{
	thread->retried++;
	thread->comes_again = true;
	return fst_call_again(thread->tid, &thread->own);
}

static bool finish_exit(const struct fst_pins *pins, struct fst_pin_thread *thread)
{
	struct fst_registers registers;
	const struct fst_layout *l = thread->own.layout, *gate = thread->gate;
	int r = fst_ptrace_registers(thread->tid, &registers);

	int64_t result = r ? 0 : fst_layout_result(registers.layout, registers.set);
	bool again = thread->retries && result == -ELOOP;
	/* The kernel would do it with the first argument that it got. Most of these know no other way. */
	bool restarts = thread->is_anew && result <= -FIRST_RESTART && result >= -LAST_RESTART;

	thread->state = FST_PIN_IDLE;
	thread->passes = false;
	for (unsigned i = 0; i < 6 && !r; i++)
		if (gate->args[i] != l->result)
			fst_pins_set(&registers, gate->args[i], fst_pins_get(&thread->own, gate->args[i]));
	if (!r && l->number_way == FST_NUMBER_IN_REGSET && l->nr != l->result)
		fst_pins_set(&registers, l->nr, fst_pins_get(&thread->own, l->nr));
	if (!r && restarts)
		r = fst_call_again(thread->tid, &thread->own);
	else if (!r)
		r = again ? make_own_call(thread) : fst_ptrace_set_registers(thread->tid, &registers);
	if (!r)
		r = go_on(pins, thread->tid);
	fst_pins_end(thread->tid, r);
	return true;
}

bool fst_pin_exit(struct fst_pins *pins, struct fst_pin_thread *thread)
{
	switch (thread->state) {
	case FST_PIN_ATTACH:
		return finish_attach(pins, thread);
	case FST_PIN_EXIT:
		return finish_exit(pins, thread);
	case FST_PIN_SKIPPED:
		fst_pins_end(thread->tid, fst_anew_make(thread));
		return true;
	case FST_PIN_ANEW:
		fst_pins_end(thread->tid, fst_anew_look(thread));
		return true;
	default:
		return false;
	}
}

bool fst_pin_awaits_syscall_stop(const struct fst_pin_thread *thread)
{
	return thread->state == FST_PIN_EXIT || thread->state == FST_PIN_SKIPPED || thread->state == FST_PIN_ANEW;
}

void fst_pin_exec(struct fst_pins *pins, struct fst_pin_thread *thread)
{
	struct fst_space *space = fst_spaces_find(&pins->spaces, thread->tid);

	if (space) {
		space->looked = false;
		space->filtered = false;
		memset(space->mapped, 0, sizeof(space->mapped));
		memset(space->refusal, 0, sizeof(space->refusal));
	}
	/* The thread whose tid this one has now may have had a space, too: it was the same. */
	thread->ready = 0;
	thread->passes = false;
	thread->state = FST_PIN_IDLE;
}

void fst_pin_gone(struct fst_pins *pins, struct fst_pin_thread *thread)
{
	if (thread->has_slot) {
		pins->owners[thread->slot_index] = NULL;
		fst_window_give(pins->window, thread->slot_index);
	}
	fst_spaces_put(&pins->spaces, thread->space);
	thread->has_slot = false;
	thread->ready = 0;
	thread->space = NULL;
}

bool fst_pin_watches(struct fst_pins *pins, struct fst_pin_thread *thread, const struct flagstop_data *call)
{
	/* A filter of its own is asked about its calls as they were (seccomp/emulate.h), and about no others. */
	if (!fst_window_watches(call) || pins->at_every_call)
		return false;
	if (!thread->space)
		thread->space = fst_spaces_get(&pins->spaces, pins, thread->tid);
	if (thread->space)
		thread->space->filtered = true;
	pins->spaces.any_was_filtered = true;
	return true;
}
