/* SPDX-License-Identifier: MIT */
/* What a call is changed to: notes it, and where the tracee will see a copy. Sends nothing (pin.c). */
#include <tracer/pins.h>

void fst_pin_set(struct fst_pin *pin, unsigned argument, uint64_t value)
{
	pin->changed |= 1u << argument;
	pin->args[argument] = value;
}

uint64_t fst_pin_address(const struct fst_pin *pin, const void *at)
{
	return pin->thread->slot.address[pin->view] + (uint64_t)((const char *)at - pin->thread->slot.strings[0]);
}

char *fst_pin_string(struct fst_pin *pin, unsigned string, int argument)
{
	char *to = pin->thread->slot.strings[string];

	if (argument >= 0)
		fst_pin_set(pin, (unsigned)argument, fst_pin_address(pin, to));
	return to;
}

void *fst_pin_struct(struct fst_pin *pin, int argument)
{
	void *to = pin->thread->slot.area;

	if (argument >= 0)
		fst_pin_set(pin, (unsigned)argument, fst_pin_address(pin, to));
	return to;
}

void fst_pin_number(struct fst_pin *pin, uint32_t nr)
{
	pin->renumbered = true;
	pin->nr = nr;
}

void fst_pin_to_exit(struct fst_pin *pin)
{
	pin->by_exit = true;
}

void fst_pin_become(struct fst_pin *pin, const struct flagstop_data *call)
{
	for (unsigned i = 0; i < 6; i++)
		if (!(pin->changed >> i & 1))
			fst_pin_set(pin, i, call->args[i]);
	if (!pin->renumbered)
		fst_pin_number(pin, call->nr);
}

void fst_pin_retry(struct fst_pin *pin)
{
	pin->retries = true;
}

void fst_pin_begin_scalars(struct fst_pins *pins, struct fst_pin_thread *thread, const struct flagstop_data *call,
			   struct fst_pin *ret_pin)
{
	int view = fst_pins_view_of(pins, call);

	*ret_pin = (struct fst_pin){ .pins = pins, .thread = thread, .by_gate = true, .call = *call };
	ret_pin->by_exit = view < 0;
	ret_pin->view = view < 0 ? 0 : (unsigned)view;
}
