/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_PIN_H
#define FST_TRACER_PIN_H

/*
 * Pinning: the kernel acts on what was checked, though the program may write its memory at any time.
 *
 * What a call reads is copied into a slot of the window (window.h), which the program sees and cannot change; the
 * argument registers are pointed at the copy for the kernel, and are the program's own again when it goes on. Where the
 * architecture has a stub (arch/stub.h) that takes one stop; else, and where a filter of the program's own would see
 * the stub, a second one, at the exit of the call; so it is, too, where each call has that one anyway.
 *
 *     r = fst_pin_begin(pins, thread, &call, &pin);            slot and window, or why there are none
 *     fst_memory_string(…, fst_pin_string(&pin, 0, 1), …);      argument 1 will be this copy
 *     fst_pin_set(&pin, 2, flags);                              argument 2 will be this value
 *     r = fst_pin_commit(&pin);                                 the kernel goes on with it
 *
 * The window comes into a process with its first pinned call: a shmat() is made in its place, and the call again after
 * it. Everything here is about one thread at its stop; nothing waits.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <filters/bpf/compile.h>
#include <tracer/ptrace.h>
#include <tracer/window.h>

struct fst_pins;  /* a session's */
struct fst_space; /* what is known of a process' address space */

enum fst_pin_state {
	FST_PIN_IDLE,
	FST_PIN_STUB,   /* the last changed call was sent by the stub: it may still be in there */
	FST_PIN_EXIT,   /* its registers are put back at the exit stop, which comes next */
	FST_PIN_ATTACH, /* it makes the shmat() of ours; its exit stop comes next */
	/* Where a first argument is hidden: */
	FST_PIN_SKIPPED, /* its call is skipped, and made anew from its exit stop, which comes next */
	FST_PIN_ANEW,    /* it is about to make that: the entry stop comes next, or a signal */
};

/* Of a thread; all zero at first. Lives as long as the thread is known. */
struct fst_pin_thread {
	pid_t tid;
	enum fst_pin_state state;
	bool has_slot;
	bool retries;     /* the last changed call, as fst_pin_retry has it */
	uint8_t retried;  /* how often this call came back so */
	bool comes_again; /* it will be the next one, without the stub */
	uint8_t ready;    /* bits of views (window.h) where the window is: no need to look */
	uint8_t view;     /* whose stub the last changed call went by; FST_PIN_ATTACH: of which it comes */
	bool attaches;    /* what it makes anew is the shmat() */
	bool is_anew;     /* the last changed call was made anew */
	bool passes;      /* and may yet stop for a flag, which was judged */
	unsigned slot_index, chunk;
	struct fst_window_slot slot;
	struct fst_space *space;
	/* Of the last changed call. */
	struct fst_registers own; /* the program's, as they were at the stop */
	uint64_t sent[6];         /* the arguments that the kernel got */
	uint32_t own_nr, sent_nr;
	const struct fst_layout *gate; /* where that call has its arguments: another ABI's gate has its own way */
};

/* One call while it is made ready. */
struct fst_pin {
	struct fst_pins *pins;
	struct fst_pin_thread *thread;
	unsigned changed; /* bits of arguments */
	bool renumbered;
	bool by_exit; /* somebody looks at its result: two stops, whatever else */
	bool retries;
	uint32_t nr;
	uint64_t args[6];
	const char *reason; /* when nothing can be pinned: in words */
	unsigned view;      /* where the copies are seen */
	/* One that may have come by another ABI's gate, with its arguments in other registers; only if `by_gate`. */
	bool by_gate;
	struct flagstop_data call;
};

/* ---- a session -------------------------------------------------------------------------------------------------- */

/*
 * On `parent`; freed with it. `secret` is the window's of fst_session_keys; NULL: there is no window, and scalars alone
 * are changed. `abis` (bits): whose calls there may be. 0, or -ENOSYS and the like where this kernel or architecture
 * gives no window; *ret_reason is in words then.
 */
int fst_pins_new(void *parent, const uint64_t secret[2], unsigned abis, struct fst_pins **ret_pins,
		 const char **ret_reason);
/* Bits: ABIs other than the tracer's own whose calls map a window of theirs. */
unsigned fst_pins_second_abis(const struct fst_pins *pins);
bool fst_pins_have_window(const struct fst_pins *pins);
/*
 * Where no filters are installed, and each call stops on entry and on exit. The window's program is asked here then,
 * for each call: _refuses gives its errno, or 0. -ENOMEM.
 */
int fst_pins_stop_every_call(struct fst_pins *pins);
int fst_pin_refuses(const struct fst_pins *pins, const struct flagstop_data *call);
/* Whether it is a mmap whose arguments are in memory: where there is a window, each is copied. */
bool fst_pins_is_mapping(const struct fst_pins *pins, const struct flagstop_data *call);
/* Whether what is mapped there would touch the window, or wraps. */
bool fst_pins_guard(const struct fst_pins *pins, uint64_t address, uint64_t bytes);
/* For the program that guards the window. */
void fst_pins_plan(const struct fst_pins *pins, uint16_t trace_data, struct fst_window_plan *ret_plan);
/* `programs`: how many filters of ours every tracee carries. -EACCES: there is no /proc. */
int fst_pins_start(struct fst_pins *pins, size_t programs);

/* ---- a call ----------------------------------------------------------------------------------------------------- */

/*
 * At a seccomp stop whose call is judged for the first time. 0: ready. 1: the window is on its way, the thread was
 * resumed and will stop at the same call again: do nothing more. -EACCES: nothing can be pinned, pin->reason says why;
 * the thread still stands there. -ESRCH.
 */
int fst_pin_begin(struct fst_pins *pins, struct fst_pin_thread *thread, const struct fst_call_stop *call,
		  struct fst_pin *ret_pin);

/* For calls whose scalars alone are changed: needs no window, and so cannot fail. */
void fst_pin_begin_scalars(struct fst_pins *pins, struct fst_pin_thread *thread, const struct flagstop_data *call,
			   struct fst_pin *ret_pin);

/* String 0 or 1 of the slot, PATH_MAX bytes, which `argument` will point at; < 0: nothing does by itself. */
char *fst_pin_string(struct fst_pin *pin, unsigned string, int argument);
/* FST_WINDOW_STRUCT_BYTES of the slot for all else. */
void *fst_pin_struct(struct fst_pin *pin, int argument);
/* Where the tracee sees what lies at `at` in its slot: for pointers within structs, and within the struct area. */
uint64_t fst_pin_address(const struct fst_pin *pin, const void *at);
void fst_pin_set(struct fst_pin *pin, unsigned argument, uint64_t value);
void fst_pin_number(struct fst_pin *pin, uint32_t nr);
/* The registers are another call's: what is not set yet is set as `call` has it. */
void fst_pin_become(struct fst_pin *pin, const struct flagstop_data *call);
bool fst_pin_first_is_hidden(const struct fst_pin *pin);

/* There will be a stop at its exit, where its result is still the kernel's (state FST_PIN_EXIT). */
void fst_pin_to_exit(struct fst_pin *pin);

/*
 * Should it end in ELOOP, the program's own call is made instead, as a new one (thread->retried). Not for ever, and not
 * where a filter of the program's own would be asked twice; can_guess: where that costs no stop of its own.
 */
bool fst_pin_can_retry(const struct fst_pin *pin);
bool fst_pin_can_guess(const struct fst_pin *pin);
void fst_pin_retry(struct fst_pin *pin);

/* Lets the call go on as set. 0, or -ESRCH; a thread that it cannot be done for is killed. */
int fst_pin_commit(struct fst_pin *pin);

/* ---- stops (stops.c) -------------------------------------------------------------------------------------------- */

enum fst_pin_entry {
	FST_PIN_NEW,     /* a call of the program's own making */
	FST_PIN_RESTART, /* the kernel makes the last changed call again: it was resumed */
	FST_PIN_FORGED,  /* somebody jumped into the window: nothing honest gets there */
};
/* At a seccomp stop, before anything else. A call that comes back is put where the program made it. */
enum fst_pin_entry fst_pin_entry(struct fst_pins *pins, struct fst_pin_thread *thread, struct fst_call_stop *call);
/*
 * At a signal-delivery-stop, before the handler's frame is made: takes the thread out of the stub. True: the signal
 * must be dropped, it is about a step within the stub.
 */
bool fst_pin_signal(struct fst_pins *pins, struct fst_pin_thread *thread, int signal);
/* At a syscall-exit-stop, or the entry stop of FST_PIN_ANEW. True: it was ours, and the thread was resumed. */
bool fst_pin_exit(struct fst_pins *pins, struct fst_pin_thread *thread);
/* Whatever it stops for before that, it must not miss that stop. */
bool fst_pin_awaits_syscall_stop(const struct fst_pin_thread *thread);
/* At the exec stop, of the thread whose tid it now has. */
void fst_pin_exec(struct fst_pins *pins, struct fst_pin_thread *thread);
/*
 * A changed call that makes a thread or a process: the child begins with the parent's registers, in the parent's stub.
 * At the parent's stop, if the child is not known yet; and at the child's first stop.
 */
void fst_pin_bears(struct fst_pins *pins, struct fst_pin_thread *parent, pid_t child);
void fst_pin_born(struct fst_pins *pins, struct fst_pin_thread *child);
/* At its death, once that was reaped. */
void fst_pin_gone(struct fst_pins *pins, struct fst_pin_thread *thread);
/*
 * A call about filters or user dispatch: the window's program flags them (filters/bpf/window.h). True if it is one;
 * what is known of its process changes then.
 */
bool fst_pin_watches(struct fst_pins *pins, struct fst_pin_thread *thread, const struct flagstop_data *call);

#endif
