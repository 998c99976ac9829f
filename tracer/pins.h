/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_PINS_H
#define FST_TRACER_PINS_H

/* A session's pins from within: what pin.c and pin_stub.c share. */

#include <tracer/pin.h>
#include <tracer/space.h>

struct fst_pin_birth;

struct fst_pins {
	struct fst_window *window;       /* NULL: none, and no stub is run */
	const struct fst_layout *layout; /* of most tracees */
	/* Who sees it, and by which calls; [1].layout NULL: nobody else does. */
	struct fst_pins_view {
		const struct fst_layout *layout;
		const struct fst_stub *stub; /* NULL: every changed call takes two stops */
		uint32_t audit_arch, shmat, restart_syscall;
	} views[FST_WINDOW_VIEWS];
	bool at_every_call;          /* it stops, and no filter looks at what is made of it */
	struct flagstop_insn *guard; /* there: the window's program */
	size_t guard_count;
	struct fst_spaces spaces;
	uint32_t mmap;
	bool maps_by_structure;
	uint64_t secret[2];
	uint32_t end_number;            /* of calls in the first view */
	struct fst_pin_thread **owners; /* by slot */
	struct fst_pin_birth *births;
};

static inline uint64_t fst_pins_get(const struct fst_registers *registers, uint16_t offset)
{
	return fst_layout_get(registers->layout, registers->set, offset);
}

static inline void fst_pins_set(struct fst_registers *registers, uint16_t offset, uint64_t value)
{
	fst_layout_set(registers->layout, registers->set, offset, value);
}

/* The end of what was done at a stop, 0 or -ESRCH: what cannot be done must not be left half done. */
int fst_pins_end(pid_t tid, int r);

/* Where the copies of such a call are seen; -1: nowhere. */
int fst_pins_view_of(const struct fst_pins *pins, const struct flagstop_data *call);

/* The changed call goes by the stub of that view: it takes no other stop. */
int fst_pin_stub_send(const struct fst_pins *pins, struct fst_pin_thread *thread, unsigned view);

#endif
