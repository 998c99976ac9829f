/* SPDX-License-Identifier: MIT */
#ifndef FLAGSTOP_POLICY_H
#define FLAGSTOP_POLICY_H

/*
 * Policies: text in, a meaning out. `decide(policy, call) → verdict + the rule that gave it` is the one evaluator; the
 * compiled programs, the tracer and everything that explains must agree with it.
 *
 * A policy is a stack of layers. Each layer is an ordered list of rules, first match wins, then its default. Over the
 * layers the strictest verdict wins; among equals, that of the layer added last.
 *
 * A policy is built by one thread; once built (no more _add calls) it is constant and may be used by any number.
 */

#include <stddef.h>
#include <stdint.h>

#include <flagstop/arch.h>
#include <flagstop/error.h>
#include <flagstop/facts.h>
#include <flagstop/program.h>

#ifdef __cplusplus
extern "C" {
#endif

struct flagstop_policy;

#define FLAGSTOP_POLICY_MAX_BYTES (1 << 20) /* of one file */
#define FLAGSTOP_POLICY_MAX_LINE_BYTES 4096 /* of one line */
#define FLAGSTOP_POLICY_MAX_INCLUDE_DEPTH 16
#define FLAGSTOP_POLICY_MAX_LAYERS 32

/* What happens to a call, from the weakest to the strictest. DENY and RETURN rank alike. */
enum flagstop_action {
	FLAGSTOP_ACTION_ALLOW,
	FLAGSTOP_ACTION_LOG,     /* allowed, and the kernel logs it */
	FLAGSTOP_ACTION_TRACE,   /* stopped, recorded, allowed */
	FLAGSTOP_ACTION_REWRITE, /* the same, with arguments that the rule changes */
	FLAGSTOP_ACTION_ASK,     /* somebody is asked; denied with EPERM where there is nobody */
	FLAGSTOP_ACTION_RETURN,  /* not carried out; the program gets `value` as the result */
	FLAGSTOP_ACTION_DENY,    /* not carried out; the program gets errno `value` (1 … 4095) */
	FLAGSTOP_ACTION_TRAP,    /* SIGSYS with si_errno `value` (0 … 65535) */
	FLAGSTOP_ACTION_KILL_THREAD,
	FLAGSTOP_ACTION_KILL_PROCESS,
};

struct flagstop_verdict {
	enum flagstop_action action;
	int64_t value;
};

/* "allow", "deny EACCES", "return 1000", "kill", "kill thread" …, as policies spell it. As snprintf(3). */
size_t flagstop_verdict_format(struct flagstop_verdict verdict, char *text, size_t size);

/*
 * The word alone: "allow", "log", "trace", "rewrite", "ask", "return", "deny", "trap", "kill-thread", "kill". NULL when
 * unknown.
 */
const char *flagstop_action_name(enum flagstop_action action);

/* Which rule gave a verdict. The strings live as long as the policy. */
struct flagstop_rule {
	const char *file; /* as given; "<promise stdio>" and "<guard>" for what flagstop brings along */
	unsigned line;    /* 1-based; 0: the layer says nothing about it (its implied default) */
	unsigned column;
	const char *text; /* the rule as written, trimmed; for what is implied, words that say so */
	unsigned layer;   /* 0-based, in the order they were added */
};

/* An empty policy: no layer, everything is allowed. NULL when there is no memory. Free takes NULL. */
struct flagstop_policy *flagstop_policy_new(void);
void flagstop_policy_free(struct flagstop_policy *policy);

/*
 * Each adds one layer. On failure the policy is as it was before.
 *   _add_file      reads `path` ("-": standard input); includes are relative to the file that includes.
 *   _add_text      `name` stands for the file in errors and rules; includes are relative to the working directory.
 *   _add_promises  `promises` as pledge(2) spells them, separated by blanks; everything else is denied with EPERM.
 *   _add_unveil    `unveiled` is a list of what can be seen of the file system: letters, ':' and a path, separated by
 *                  commas, as in "r:/usr/lib,rwc:/home/sandbox". r: read, w: write, x: execute, c: create and remove,
 *                  as unveil(2) has them; none: hide. Of several paths the longest counts. Elsewhere there is nothing
 *                  (ENOENT); what the letters lack is EACCES. Other calls are allowed.
 */
int flagstop_policy_add_file(struct flagstop_policy *policy, const char *path, struct flagstop_error *reterr_error);
int flagstop_policy_add_text(struct flagstop_policy *policy, const char *name, const char *text, size_t text_bytes,
			     struct flagstop_error *reterr_error);
int flagstop_policy_add_promises(struct flagstop_policy *policy, const char *promises,
				 struct flagstop_error *reterr_error);
int flagstop_policy_add_unveil(struct flagstop_policy *policy, const char *unveiled,
			       struct flagstop_error *reterr_error);

/*
 * Adds the guards: what a tracer must refuse whatever the policy says, so that it cannot be outranked, escaped or
 * attacked (a listener, CLONE_UNTRACED, ptrace, calls aimed at `protected_pids`). They are a layer like any other,
 * written in the language (filters/policy/policy.c) and decided in the kernel, but for clone3's flags beside rules on
 * memory. A negative number among the pids is a process group, as kill(2) names it. A session adds them by itself; add
 * them to see what a session does.
 */
int flagstop_policy_add_guards(struct flagstop_policy *policy, const int *protected_pids, size_t protected_pid_count,
			       struct flagstop_error *reterr_error);

/*
 * Other names of what the policy's paths name: `map` is asked for each path that a rule gives (of a glob, for the
 * directories before what is special in it) and returns another one, which is copied, or NULL. Rules then hold of both.
 * Resolve links this way before deciding calls of programs that run here; a session does so by itself. 0, -ENOMEM.
 */
int flagstop_policy_map_paths(struct flagstop_policy *policy, const char *(*map)(const char *path, void *context),
			      void *context);

unsigned flagstop_policy_layer_count(const struct flagstop_policy *policy);

/*
 * Layers that `on exec PATH use POLICY` added: whether there are any, and which of them are in force once a process, in
 * which those of `layers` were, has executed the file of that canonical name (a bit for each; bits of other layers mean
 * nothing). What was in force stays so. A process begins with 0.
 */
int flagstop_policy_has_exec_layers(const struct flagstop_policy *policy);
uint32_t flagstop_policy_after_exec(const struct flagstop_policy *policy, uint32_t layers, const char *path);

/* A bit for each ABI that all layers name: 1 << FLAGSTOP_ABI_X86_64 …. Calls of any other are refused (kill). */
unsigned flagstop_policy_abis(const struct flagstop_policy *policy);

/*
 * The one evaluator. *ret_rule may be NULL. Never fails: what cannot be judged is KILL_PROCESS, and so is what hangs on
 * a fact that is not known. `facts` may be NULL: none is. _decide knows none.
 */
struct flagstop_verdict flagstop_policy_decide_with(const struct flagstop_policy *policy,
						    const struct flagstop_data *call,
						    const struct flagstop_facts *facts,
						    struct flagstop_rule *ret_rule);
struct flagstop_verdict flagstop_policy_decide(const struct flagstop_policy *policy, const struct flagstop_data *call,
					       struct flagstop_rule *ret_rule);

/*
 * How much is left to the kernel.
 *   REPORT_ALL   denials with an errno are flagged too, so that they can be counted, explained and traced to their
 *   caller
 *   REPORT_NONE  everything that scalars decide stays in the kernel
 */
enum flagstop_report {
	FLAGSTOP_REPORT_ALL,
	FLAGSTOP_REPORT_NONE,
};

enum flagstop_place {
	FLAGSTOP_PLACE_KERNEL,           /* by the number alone: the kernel's action cache can hold it */
	FLAGSTOP_PLACE_KERNEL_ARGUMENTS, /* in the kernel, by arguments */
	FLAGSTOP_PLACE_TRACER,           /* flagged: the tracer is asked */
};

/* Where this very call is decided. */
enum flagstop_place flagstop_policy_place(const struct flagstop_policy *policy, const struct flagstop_data *call,
					  enum flagstop_report report);

/* 1 when any call of any ABI can be flagged, 0 when the kernel decides everything. */
int flagstop_policy_needs_tracer(const struct flagstop_policy *policy, enum flagstop_report report);

/* How many calls of an ABI some argument values of which are flagged; `flagged` (may be NULL) gets a byte each call. */
unsigned flagstop_policy_flagged(const struct flagstop_policy *policy, enum flagstop_abi abi,
				 enum flagstop_report report, unsigned char *flagged);

/*
 * One way a call can be decided by one layer, in the order they are tried: the last has no condition. For explaining.
 * _ways gives how many there are in layer `layer`; the strings of `rule` live as long as the policy.
 */
struct flagstop_way {
	struct flagstop_verdict verdict;
	struct flagstop_rule rule;
	int conditional; /* 1: only when the rule's condition holds */
};
unsigned flagstop_policy_ways(const struct flagstop_policy *policy, enum flagstop_abi abi, unsigned call,
			      unsigned layer, struct flagstop_way *ways, unsigned ways_size);

/*
 * What happens to a call as people write it, and as events show it: `openat(AT_FDCWD, "/etc/passwd", O_RDONLY)`,
 * `connect(3, {ip = 10.0.0.1, port = 443})`, a bare name, or a number. A string stands for a pointer to it, and a path
 * for what it resolves to, or, as `"notes" -> "/home/x/notes"`, with what it resolves to behind it; braces stand for
 * pointers to addresses and structures (flagstop(1)). Arguments that are missing, or `_`, are unknown; so is what a
 * relative path, or one with links, is.
 */
struct flagstop_explanation {
	struct flagstop_data call; /* what was judged; unknown arguments are 0 */
	int index;                 /* the call, or -ENOENT for a number that no call has */
	unsigned known;            /* a bit for each argument that was given */
	int determined;            /* 0: it depends on arguments that were not given, and the rest means nothing */
	struct flagstop_verdict verdict;
	struct flagstop_rule rule;
	enum flagstop_place place;
	/*
	 * What the arguments point to, and strings as they were given: in the text that was given, or in `memory`, so
	 * that both must live as long.
	 */
	struct flagstop_facts facts;
	struct flagstop_fact given[6];
	char memory[FLAGSTOP_POLICY_MAX_LINE_BYTES + 16];
};
int flagstop_policy_explain(const struct flagstop_policy *policy, enum flagstop_abi abi, const char *text,
			    enum flagstop_report report, struct flagstop_explanation *ret_explanation,
			    struct flagstop_error *reterr_error);

/*
 * The call in the words of flagstop_event.example, with `_` for what was not given; without its arguments where none
 * was. As snprintf(3).
 */
size_t flagstop_explanation_format(const struct flagstop_explanation *explanation, char *text, size_t size);

/* The call of such a text alone, for the interpreter. */
int flagstop_data_parse(const char *text, enum flagstop_abi abi, struct flagstop_data *ret_data,
			struct flagstop_error *reterr_error);

/* The name of built-in group `index` (without the @) and one line about it; NULL behind the last. */
const char *flagstop_group(unsigned index, const char **ret_description);

/* ---- compiled programs ---------------------------------------------------------------------------------------- */

/* What is preferred where instructions that stand there and instructions that run can be had for each other. */
enum flagstop_optimize {
	FLAGSTOP_OPTIMIZE_BOTH,
	FLAGSTOP_OPTIMIZE_SIZE,  /* the fewest instructions; among equals, those of which fewer run */
	FLAGSTOP_OPTIMIZE_SPEED, /* the fewest that run, in the mean */
};

/* How often a call was made. */
struct flagstop_frequency {
	enum flagstop_abi abi;
	unsigned call;
	uint64_t count;
};

struct flagstop_compile_options {
	size_t struct_bytes;
	enum flagstop_report report;
	uint16_t trace_data; /* RET_DATA of what is flagged: a hint, never a verdict */
	unsigned abis;       /* a bit for each ABI to compile; the others are refused. 0: all that the layer names */
	enum flagstop_optimize optimize;
	/* Calls that come often get short ways. NULL and 0: all calls are alike. Several of one call add up. */
	const struct flagstop_frequency *frequencies;
	size_t frequency_count;
	int unproved; /* 1: without the proof that each program does what the policy says; for measuring its cost */
};
#define FLAGSTOP_COMPILE_OPTIONS_INIT \
	{ \
		.struct_bytes = sizeof(struct flagstop_compile_options) \
	}

/*
 * The policy as cBPF programs to be installed one after the other (the kernel evaluates all of them and takes the
 * strictest): at least one a layer, more where a layer does not fit into 4,096 instructions. -E2BIG with the count when
 * they do not fit into what one thread may carry (32,768 instructions in the kernel's own form, which may be twice as
 * many, and 4 more a program; kernel/seccomp.c).
 */
struct flagstop_programs;
int flagstop_policy_compile(const struct flagstop_policy *policy, const struct flagstop_compile_options *options,
			    struct flagstop_programs **ret_programs, struct flagstop_error *reterr_error);
void flagstop_programs_free(struct flagstop_programs *programs);
size_t flagstop_programs_count(const struct flagstop_programs *programs);
/* The instructions of program `index`, owned by `programs`. */
const struct flagstop_insn *flagstop_programs_get(const struct flagstop_programs *programs, size_t index,
						  size_t *ret_count);

/*
 * How many instructions run when a call of that ABI is made under these programs (one behind the other, as the kernel
 * runs them), wherever they come from. Each call is tried with arguments at the ends of what the policy's conditions
 * compare with, and right beside (up to 1,024 combinations); a call counts as the mean over its arguments.
 */
struct flagstop_cost {
	double executed_mean;     /* over all calls of the ABI, each alike */
	unsigned executed_worst;  /* of all that was tried, numbers of no call and another architecture among them */
	double executed_weighted; /* over the calls of options->frequencies; executed_mean where none was made */
	unsigned calls;           /* that the ABI has */
};
int flagstop_policy_cost(const struct flagstop_policy *policy, enum flagstop_abi abi,
			 const struct flagstop_compile_options *options, const struct flagstop_insn *const *programs,
			 const size_t *counts, size_t program_count, struct flagstop_cost *ret_cost);

#ifdef __cplusplus
}
#endif

#endif
