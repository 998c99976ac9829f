/* SPDX-License-Identifier: MIT */
/*
 * The way of a changed call through the stub: there; back out of it for a signal, or to be made once more; and of
 * children that begin in it. Decides whether a thread that is found in the window came there honestly.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include <talloc.h>

#include <tracer/anew.h>
#include <tracer/call.h>
#include <tracer/pins.h>

/* What the child of a changed call is to be given, until its first stop. */
struct fst_pin_birth {
	pid_t child;
	struct fst_pin_thread parent; /* as it was then */
	struct fst_pin_birth *next;
};

static const struct fst_stub *stub_of(const struct fst_pins *pins, const struct fst_pin_thread *thread)
{
	return pins->views[thread->view].stub;
}

static uint64_t stub_address(const struct fst_pin_thread *thread)
{
	return thread->slot.stub_address[thread->view];
}

int fst_pin_stub_send(const struct fst_pins *pins, struct fst_pin_thread *thread, unsigned view)
{
	struct fst_registers changed = thread->own;
	const struct fst_layout *l = changed.layout;
	int r;

	thread->view = (uint8_t)view;
	for (unsigned i = 0; i < 6; i++) {
		thread->slot.words[i] = fst_pins_get(&thread->own, l->args[i]);
		fst_pins_set(&changed, l->args[i], thread->sent[i]);
		thread->sent[i] = fst_pins_get(&changed, l->args[i]); /* as wide as the kernel will tell of it */
	}
	thread->slot.words[6] = fst_pins_get(&thread->own, l->pc);
	thread->slot.words[7] = thread->retries ? ELOOP : FST_STUB_NEVER;
	thread->slot.words[8] = thread->own_nr;
	fst_pins_set(&changed, l->pc, stub_address(thread) + stub_of(pins, thread)->entry);
	if (thread->sent_nr != thread->own_nr)
		fst_pins_set(&changed, l->nr, thread->sent_nr);
	r = fst_ptrace_set_registers(thread->tid, &changed);
	if (!r) {
		thread->state = FST_PIN_STUB;
		r = fst_ptrace_resume(thread->tid, 0);
	}
	return fst_pins_end(thread->tid, r);
}

/* ---- stops ------------------------------------------------------------------------------------------------------ */

static bool has_chunk(struct fst_pins *pins, struct fst_pin_thread *thread, unsigned view, uint64_t address)
{
	int chunk = fst_window_chunk_at(pins->window, view, address);

	if (chunk < 0)
		return false;
	if (!thread->space)
		thread->space = fst_spaces_get(&pins->spaces, pins, thread->tid);
	return thread->space && !fst_space_look(&pins->spaces, thread->space, pins->window, thread->tid) &&
		thread->space->mapped[view] >> chunk & 1;
}

/*
 * Whether it is the window that lies there in that process. A call that is not found to come from there is judged as
 * any other.
 */
static bool is_window(struct fst_pins *pins, struct fst_pin_thread *thread, uint64_t address)
{
	for (unsigned view = 0; view < FST_WINDOW_VIEWS; view++)
		if (fst_window_has(pins->window, view, address))
			return fst_window_is_only(pins->window, view) || has_chunk(pins, thread, view, address);
	return false;
}

static void resume_restarted(struct fst_pin_thread *thread, uint16_t call_next)
{
	struct fst_registers registers;
	int r = fst_ptrace_registers(thread->tid, &registers);

	/* The call's own traces: it left from the stub this time. */
	if (!r && call_next) {
		fst_pins_set(&registers, call_next, fst_pins_get(&thread->own, thread->own.layout->pc));
		r = fst_ptrace_set_registers(thread->tid, &registers);
	}
	if (!r)
		r = fst_ptrace_resume(thread->tid, 0);
	fst_pins_end(thread->tid, r);
}

/* The program's own call, with its own arguments, made by the stub. */
static bool comes_back(const struct fst_pin_thread *thread, const struct flagstop_data *data)
{
	const struct fst_layout *l = thread->own.layout;

	if (!thread->retries || data->nr != thread->own_nr)
		return false;
	for (unsigned i = 0; i < 6; i++)
		if (data->args[i] != fst_pins_get(&thread->own, l->args[i]))
			return false;
	return true;
}

/* As if the program had made it anew: from here on nothing tells of the stub. */
static enum fst_pin_entry take_back(const struct fst_pins *pins, struct fst_pin_thread *thread,
				    struct fst_call_stop *call)
{
	struct fst_registers registers;
	uint64_t pc = fst_pins_get(&thread->own, thread->own.layout->pc);
	int r = fst_ptrace_registers(thread->tid, &registers);

	thread->state = FST_PIN_IDLE;
	thread->retried++;
	call->data.instruction_pointer = pc;
	if (!r) {
		fst_pins_set(&registers, registers.layout->pc, pc);
		if (stub_of(pins, thread)->call_next)
			fst_pins_set(&registers, stub_of(pins, thread)->call_next, pc);
		r = fst_ptrace_set_registers(thread->tid, &registers);
	}
	fst_pins_end(thread->tid, r);
	return FST_PIN_NEW;
}

/* What was made anew, and looked at on its entry. */
static enum fst_pin_entry let_pass(struct fst_pin_thread *thread, const struct flagstop_data *data)
{
	thread->passes = false;
	if (!fst_anew_is_sent(thread, data))
		return FST_PIN_FORGED;
	fst_pins_end(thread->tid, fst_ptrace_resume_to_syscall(thread->tid, 0));
	return FST_PIN_RESTART;
}

enum fst_pin_entry fst_pin_entry(struct fst_pins *pins, struct fst_pin_thread *thread, struct fst_call_stop *call)
{
	const struct flagstop_data *data = &call->data;
	const struct fst_pins_view *view = &pins->views[thread->view];

	if (thread->state == FST_PIN_EXIT && thread->passes)
		return let_pass(thread, data);
	if (!is_window(pins, thread, data->instruction_pointer)) {
		thread->retried = thread->comes_again ? thread->retried : 0;
		thread->comes_again = false;
		thread->state = FST_PIN_IDLE;
		return FST_PIN_NEW;
	}
	if (thread->state != FST_PIN_STUB ||
	    data->instruction_pointer != stub_address(thread) + view->stub->entry || data->arch != view->audit_arch)
		return FST_PIN_FORGED;
	if (comes_back(thread, data))
		return take_back(pins, thread, call);
	if (memcmp(data->args, thread->sent, sizeof(thread->sent)))
		return FST_PIN_FORGED;
	if (data->nr == thread->sent_nr) {
		resume_restarted(thread, view->stub->call_next);
		return FST_PIN_RESTART;
	}
	return data->nr == view->restart_syscall ? FST_PIN_NEW : FST_PIN_FORGED;
}

/* Behind the call, which is about to be made once more. */
static bool is_on_its_way_back(const struct fst_stub *stub, const struct fst_pin_thread *thread, uint64_t offset,
			       const struct fst_registers *registers)
{
	return thread->retries && offset >= stub->entry &&
		(offset >= stub->again || fst_layout_result(registers->layout, registers->set) == -ELOOP);
}

/* From anywhere in the stub to where the program thinks it is: at its call, or right behind it. */
static int leave_stub(const struct fst_stub *stub, const struct fst_pin_thread *thread, uint64_t offset,
		      struct fst_registers *registers)
{
	const struct fst_layout *l = registers->layout;
	uint64_t pc = fst_pins_get(&thread->own, l->pc);
	bool back = is_on_its_way_back(stub, thread, offset, registers), before = offset < stub->entry || back;

	for (unsigned i = 0; i < 6; i++)
		fst_pins_set(registers, l->args[i], fst_pins_get(&thread->own, l->args[i]));
	fst_pins_set(registers, l->pc, before ? pc - fst_layout_call_bytes(l, registers->set) : pc);
	if (offset > stub->entry && stub->call_next)
		fst_pins_set(registers, stub->call_next, pc);
	if (back || (before && (uint32_t)fst_pins_get(registers, l->result) == thread->sent_nr))
		fst_pins_set(registers, l->result, thread->own_nr);
	if ((uint32_t)fst_pins_get(registers, l->nr) == thread->sent_nr) /* what a restart would make */
		fst_pins_set(registers, l->nr, thread->own_nr);
	return fst_ptrace_set_registers(thread->tid, registers);
}

bool fst_pin_signal(struct fst_pins *pins, struct fst_pin_thread *thread, int signal)
{
	const struct fst_pins_view *view = &pins->views[thread->view];
	struct fst_registers registers;
	siginfo_t info;
	uint64_t pc, offset;
	bool is_step = false;
	int r;

	if (thread->state == FST_PIN_ANEW) {
		thread->state = FST_PIN_IDLE;
		fst_pins_end(thread->tid, fst_call_again(thread->tid, &thread->own));
		return false;
	}
	if (thread->state != FST_PIN_STUB)
		return false;
	r = fst_ptrace_registers(thread->tid, &registers);
	pc = r ? 0 : fst_pins_get(&registers, registers.layout->pc);
	offset = pc - stub_address(thread);
	if (!r && registers.layout == view->layout && is_window(pins, thread, pc)) {
		if (offset >= view->stub->bytes)
			r = -EPROTO; /* nothing honest gets elsewhere */
		if (!r && signal == SIGTRAP && offset > view->stub->entry)
			is_step = !fst_ptrace_siginfo(thread->tid, &info) && info.si_code == TRAP_TRACE;
		if (!r)
			r = leave_stub(view->stub, thread, offset, &registers);
	}
	if (!r)
		thread->state = FST_PIN_IDLE;
	fst_pins_end(thread->tid, r);
	return is_step;
}

/* ---- children --------------------------------------------------------------------------------------------------- */

/* That it was sent by the stub is also true of who came back long ago. */
static bool is_in_stub(struct fst_pins *pins, struct fst_pin_thread *thread)
{
	struct fst_registers registers;

	return thread->state == FST_PIN_STUB && !fst_ptrace_registers(thread->tid, &registers) &&
		is_window(pins, thread, fst_pins_get(&registers, registers.layout->pc));
}

void fst_pin_bears(struct fst_pins *pins, struct fst_pin_thread *parent, pid_t child)
{
	struct fst_pin_birth *birth;

	if (parent->state != FST_PIN_EXIT && !is_in_stub(pins, parent))
		return;
	birth = talloc(pins, struct fst_pin_birth);
	if (!birth) {
		kill(child, SIGKILL); /* it would run with registers that are not its own */
		return;
	}
	*birth = (struct fst_pin_birth){ child, *parent, pins->births };
	pins->births = birth;
}

static struct fst_pin_birth *take_birth(struct fst_pins *pins, pid_t child)
{
	for (struct fst_pin_birth **at = &pins->births; *at; at = &(*at)->next) {
		struct fst_pin_birth *birth = *at;

		if (birth->child == child) {
			*at = birth->next;
			return birth;
		}
	}
	return NULL;
}

/*
 * Whose stub it stands in; that one is in the same call still, if its stop has not told of the child. A slot that no
 * call was sent from is nobody's stub.
 */
static const struct fst_pin_thread *stub_owner(const struct fst_pins *pins, const struct fst_registers *registers)
{
	uint64_t pc = fst_pins_get(registers, registers->layout->pc);

	for (unsigned i = 0; i < FST_WINDOW_MAX_SLOTS; i++) {
		const struct fst_pin_thread *owner = pins->owners[i];

		if (owner && owner->own.layout == registers->layout && stub_of(pins, owner) &&
		    pc - stub_address(owner) < stub_of(pins, owner)->bytes)
			return owner;
	}
	return NULL;
}

static int give_registers(struct fst_pin_thread *child, const struct fst_pin_thread *parent,
			  struct fst_registers *registers)
{
	const struct fst_layout *l = registers->layout, *gate = parent->gate ? parent->gate : l;

	for (unsigned i = 0; i < 6; i++)
		if (gate->args[i] != l->result)
			fst_pins_set(registers, gate->args[i], fst_pins_get(&parent->own, gate->args[i]));
	fst_pins_set(registers, l->pc, fst_pins_get(&parent->own, l->pc));
	return fst_ptrace_set_registers(child->tid, registers);
}

void fst_pin_born(struct fst_pins *pins, struct fst_pin_thread *child)
{
	struct fst_pin_birth *birth = take_birth(pins, child->tid);
	const struct fst_pin_thread *parent = birth ? &birth->parent : NULL;
	struct fst_registers registers;
	int r = fst_ptrace_registers(child->tid, &registers);

	if (!r) {
		bool in_window = is_window(pins, child, fst_pins_get(&registers, registers.layout->pc));

		if (in_window && !parent)
			parent = stub_owner(pins, &registers);
		if (parent)
			r = give_registers(child, parent, &registers);
		else if (in_window)
			r = -EPROTO;
	}
	talloc_free(birth);
	fst_pins_end(child->tid, r);
}
