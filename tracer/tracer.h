/* SPDX-License-Identifier: MIT */
#ifndef FST_TRACER_TRACER_H
#define FST_TRACER_TRACER_H

/*
 * The tracer process: one thread that owns everything it traces.
 *
 *     main.c     sets the process up, starts the program, waits for stops
 *     stops.c    one stop: what it is and who deals with it
 *     look.c     which call a tracee is stopped at
 *     call.c     changes to that call
 *     verdict.c  carries a verdict out on a stopped call
 *     sentence.c a kill or a trap where no filter carries it out
 *     backends/  what differs between the ways to stop a tracee at its calls
 *     ask.c      calls that wait for somebody's answer
 *     seccomp/   being seccomp(2) where every call stops
 *     facts.c    calls that are judged by what their arguments point to
 *     workers.c  other tracers of the session, and who goes to them
 */

#include <stdbool.h>
#include <stdint.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(item) ((item)->unhashed = true)
#include <uthash.h>

#include <filters/bpf/compile.h>
#include <tracer/backends/backend.h>
#include <tracer/call.h>
#include <tracer/events.h>
#include <tracer/holder.h>
#include <tracer/layers.h>
#include <tracer/memory.h>
#include <tracer/paths/paths.h>
#include <tracer/pin.h>
#include <tracer/ptrace.h>
#include <tracer/seccomp/emulate.h>
#include <tracer/stack.h>
#include <tracer/together.h>
#include <tracer/wait.h>
#include <tracer/wire.h>
#include <tracer/workers.h>

enum fst_sentence {
	FST_SENTENCE_NONE,
	FST_SENTENCE_TRAP,  /* its call is being skipped; then SIGSYS is sent */
	FST_SENTENCE_RESET, /* its call became one that resets its handler of SIGSYS; then SIGSYS is sent */
	FST_SENTENCE_KILL,  /* its call is being skipped; then SIGSYS is sent */
	FST_SENTENCE_SENT,  /* SIGSYS will end it */
};

/* Not in every C library's headers: si_code of a SIGSYS that a filter sent (asm-generic/siginfo.h). */
#define FST_SENT_BY_FILTER 1

/* Of a session that changes calls on their way. */
struct fst_changes {
	struct fst_pin_thread pin;
	struct fst_paths_thread paths;
};

struct fst_tracee {
	pid_t tid;
	bool unhashed;
	bool condemned;               /* the kernel was told to end it: it makes no further call */
	bool trapped;                 /* SIGSYS was asked for, whose siginfo is still to be set right */
	bool unfinished;              /* the call has `rest` to be set right at its exit stop, which comes next */
	bool in_call;                 /* it was seen to enter a call, and not to leave it (only where calls stop) */
	bool carried;                 /* the call that is judged is not the one that it made (carry.c) */
	bool skipping;                /* it was let go until a call that is then skipped, whatever we do */
	uint8_t denials;              /* in a row; counted as far as it matters */
	enum fst_call_place expected; /* where its next stop at a call will be; 0: the kernel is asked */
	struct fst_call_rest rest;
	struct fst_call_before rewritten; /* arguments to be put back, where there are no filters */
	struct fst_changes *changes;      /* NULL without tracer->pins: most sessions need none, and it is large */
	struct fst_layers_thread layers;
	struct fst_emulated emulated;
	struct flagstop_data trap; /* the call that it is trapped, or killed, for */
	int trap_value;
	enum fst_sentence sentence;
	struct fst_registers *sentenced; /* as they were at that call */
	struct fst_question *question;   /* it waits for this one's answer */
	bool hot, placed;                /* workers.c's */
	struct fst_parked *parked;       /* it came from another tracer, and stands beside a page of ours still */
	UT_hash_handle hh;
};

/* A flagged call while it is judged. */
struct fst_judged {
	struct fst_call_stop call;
	uint32_t layers; /* of `on exec`, in force for who makes it */
	struct flagstop_verdict verdict;
	const struct fst_rule *rule;
	unsigned layer;
};

struct fst_question {
	uint64_t id;
	pid_t tid;
	struct fst_judged judged;
	struct fst_question *next;
};

/* "allow always": later calls of this number that this rule stops get this verdict. */
struct fst_remembered {
	const struct fst_rule *rule;
	uint32_t arch, nr;
	struct flagstop_verdict verdict;
	struct fst_remembered *next;
};

struct fst_tracer {
	int fd;        /* to the caller */
	int caller_fd; /* its pidfd, or -1 */
	pid_t caller;
	pid_t self; /* the session's tracer, in a worker as well */
	const struct flagstop_policy *policy;
	const struct flagstop_session_options *options;
	struct fst_session_keys keys;
	uint16_t trace_data;
	pid_t program;
	pid_t doorbell; /* a child that ends when a message can be read; 0: none */
	bool executed;  /* the program's own image runs: from here on calls are judged */
	bool traced;
	struct fst_wait wait;
	struct fst_together together;
	struct fst_workers *workers; /* NULL: there are none */
	const struct fst_backend *backend;
	bool no_call_info;               /* the kernel does not tell of calls: registers have to do */
	bool no_skipped_calls;           /* it has no PTRACE_SYSEMU */
	bool filtered_above;             /* a filter from outside is on all tracees */
	struct fst_emulation *emulation; /* of seccomp(2); NULL: the kernel's own is used */
	uint64_t zeros;                  /* where a vDSO has some, from its beginning; 0: nowhere */
	struct fst_tracee *tracees;
	bool has_exec_layers, has_carried;
	struct fst_child *children;     /* layers.c's */
	struct fst_question *questions; /* in the order they came up; the caller has the first one */
	struct fst_remembered *remembered;
	uint64_t last_question, awaited; /* 0: none */
	struct fst_paths *paths;         /* NULL: no rule asks for facts */
	const struct fst_gathered *told; /* what is known of the call that is recorded now, and not pending */
	const char *reason;              /* of the refusal that is recorded now; NULL: its rule says it all */
	struct fst_events *events;
	struct fst_stack *stack; /* NULL once no tracee is left */
	/* Where the policy looks at memory; else NULL, and there is no holder. */
	struct fst_pins *pins;
	struct fst_memory_reader *memory;
	struct fst_holder holder;
	struct flagstop_summary summary;
	struct fst_packet packet;
	char stack_text[FST_STACK_MAX_TEXT_BYTES];
	char call_text[1024];
};

/* stops.c */
void fst_stops_handle(struct fst_tracer *tracer, pid_t tid, int status);
struct fst_tracee *fst_stops_find(struct fst_tracer *tracer, pid_t tid);
/* It is another tracer's from now on; and one that was another's is ours. NULL: no memory. */
void fst_stops_let_go(struct fst_tracer *tracer, struct fst_tracee *tracee);
struct fst_tracee *fst_stops_adopt(struct fst_tracer *tracer, pid_t tid);
/* Counts an event; with who made the call, where that is wanted of such a verdict. */
void fst_stops_record(struct fst_tracer *tracer, pid_t tid, const struct fst_judged *judged);
/* A flagged call that cannot be judged for that reason, which is told: carries its verdict out, a denial. */
void fst_stops_refuse(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct fst_judged *judged,
		      const char *reason);
/* Takes the stack into tracer->stack_text; "" when there is none to be had. */
void fst_stops_take_stack(struct fst_tracer *tracer, pid_t tid);
/* The call in words, in tracer->call_text; with the strings that it points to, where that is wanted. */
const char *fst_stops_describe(struct fst_tracer *tracer, pid_t tid, const struct flagstop_data *call, bool strings);

/* Judges, and tells whether our own programs flag this call. `facts` may be NULL. */
bool fst_stops_judge(struct fst_tracer *tracer, struct fst_judged *judged, const struct flagstop_facts *facts);
/* Records the verdict and carries it out, or asks. */
void fst_stops_settle(struct fst_tracer *tracer, struct fst_tracee *tracee, struct fst_judged *judged, bool flagged);

/* facts.c */
/*
 * At a stop before a call, first of all. False: it is one that the kernel makes again, and is on its way; or one that
 * nobody makes, who is killed.
 */
bool fst_facts_is_new_call(struct fst_tracer *tracer, struct fst_tracee *tracee, struct fst_call_stop *call);
/* At a call that is new. False: its verdict hangs on no facts, and nothing was done. */
bool fst_facts_handle(struct fst_tracer *tracer, struct fst_tracee *tracee, struct fst_judged *judged);
/* Whether the window's program flags it since it changes rights; they are looked at again then. */
bool fst_facts_watches(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct flagstop_data *call);
/* At an exec stop. False: what runs was not permitted, and is killed. */
bool fst_facts_check_exec(struct fst_tracer *tracer, struct fst_tracee *tracee);
/*
 * Once the session's own descriptors are all that is open. `programs`: NULL where none are installed. 0; -ENOMEM;
 * -ENOSYS: there is no /proc.
 */
int fst_facts_start(struct fst_tracer *tracer, const struct flagstop_programs *programs);
/* Counts the call, with who made it where that is wanted. */
void fst_stops_count(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct fst_judged *judged,
		     bool flagged);

/* look.c */
/* Keeps account of where in a call the tracee is; `kind` is the stop that it came to. */
void fst_look_note_stop(struct fst_tracee *tracee, enum fst_stop_kind kind);
/* The call, and the place in it, at a stop of that kind; with or without the kernel's help. -ESRCH: it is gone. */
int fst_look_at_call(const struct fst_tracer *tracer, const struct fst_tracee *tracee, enum fst_stop_kind kind,
		     struct fst_call_stop *ret_call);

/*
 * sentence.c. Begins at a stop before the call is carried out; each stop of the tracee at a call is then for _go_on,
 * until it is dead or has its signal. The tracee must be let go until its next stop at a call afterwards, which
 * _go_on does by itself.
 */
int fst_sentence_begin(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct flagstop_data *call,
		       struct flagstop_verdict verdict);
void fst_sentence_go_on(struct fst_tracer *tracer, struct fst_tracee *tracee);
/* Ends the thread instead of its call, and goes on: by SIGKILL, where it is the last one; nobody sees another's end. */
void fst_sentence_end_thread(const struct fst_tracer *tracer, struct fst_tracee *tracee,
			     const struct flagstop_data *call);
/* Where fst_tracer.zeros are, learnt from our own vDSO. */
uint64_t fst_sentence_find_zeros(void);

/* verdict.c: carries it out and lets the tracee go on. What cannot be carried out kills. */
/*
 * What the policy's rewrites make of the call's arguments. True: it goes on so, or is dead. False: the caller lets it
 * go on, and *call is what is made.
 */
bool fst_rewrite_apply(struct fst_tracer *tracer, struct fst_tracee *tracee, struct flagstop_data *call);
/* When it is over, where that is not the window's business (pin.h). */
void fst_rewrite_put_back(struct fst_tracee *tracee);

/*
 * carry.c, at a stop before a call: a socketcall that must be looked into becomes the call that it carries, in *judged.
 * True: it was refused, or is gone.
 */
bool fst_carry_handle(struct fst_tracer *tracer, struct fst_tracee *tracee, struct fst_judged *judged);
void fst_verdict_apply(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct flagstop_data *call,
		       struct flagstop_verdict verdict);
/*
 * At the SIGSYS that a trap of the tracer's brought about: makes it what the kernel would have sent for the real
 * call.
 */
void fst_verdict_correct_trap(struct fst_tracee *tracee);
/* At the exit stop of a call: what was left to be set right. 0 or a negative errno. */
int fst_verdict_finish(struct fst_tracee *tracee);
/* Resumes, until what the backend wants to see. A tracee that cannot be resumed, and is not gone, is killed. */
void fst_verdict_resume(const struct fst_tracer *tracer, struct fst_tracee *tracee, int signal);

/* ask.c */
void fst_ask_question(struct fst_tracer *tracer, struct fst_tracee *tracee, const struct fst_judged *judged);
void fst_ask_answer(struct fst_tracer *tracer, const struct fst_message *message);
void fst_ask_forget(struct fst_tracer *tracer, struct fst_tracee *tracee);

/* main.c: never returns. `fd` is the tracer's end of the pair. */
struct fst_tracer_start {
	const struct flagstop_policy *policy;
	const struct flagstop_session_options *options;
	int fd;
	pid_t caller;
	const sigset_t *mask; /* the caller's */
};
void fst_tracer_main(const struct fst_tracer_start *start) __attribute__((noreturn));

/* Tells the caller that the program's image runs. */
void fst_tracer_started(struct fst_tracer *tracer);
/* Tells the caller why there is no session, and ends the tracer and with it all tracees. */
void fst_tracer_fail(struct fst_tracer *tracer, int code, const char *message, const char *hint)
	__attribute__((noreturn));

#endif
