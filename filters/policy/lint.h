/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_LINT_H
#define FST_FILTERS_LINT_H

/*
 * What the files that look for findings share.
 *
 *     lint.c        the catalogue, silencing, and the list of findings
 *     lint_rules.c  looks at each rule: what it adds, and what its condition compares
 *     lint_calls.c  looks at each call: what is allowed beside what is refused
 *     lint_table.c  facts about calls, as tables
 */

#include <filters/policy/policy.h>
#include <flagstop/lint.h>

enum fst_lint_name {
	FST_LINT_SHADOWED,
	FST_LINT_REDUNDANT,
	FST_LINT_EMPTY,
	FST_LINT_ALWAYS_TRUE,
	FST_LINT_POINTER,
	FST_LINT_ALIAS,
	FST_LINT_ABI_GAP,
	FST_LINT_MULTIPLEXER,
	FST_LINT_BREAKS_LIBC,
	FST_LINT_DENY_LIST,
	FST_LINT_UNKNOWN_ALLOWED,
	FST_LINT_UNDO_PTRACE,
	FST_LINT_UNDO_PROCESS_VM,
	FST_LINT_UNDO_PIDFD_GETFD,
	FST_LINT_UNDO_IO_URING,
	FST_LINT_UNDO_BPF,
	FST_LINT_UNDO_KERNEL_CODE,
	FST_LINT_UNDO_USERFAULTFD,
	FST_LINT_UNDO_HANDLES,
	FST_LINT_UNDO_MOUNTS,
	FST_LINT_UNDO_PERSONALITY,
	FST_LINT_UNKNOWN_LINT,
	FST_LINT_COUNT,
};

/* A layer that is being looked at. */
struct fst_lint {
	const struct flagstop_policy *policy;
	const struct fst_bound *bound;
	const struct fst_layer *layer;
	struct flagstop_findings *findings;
	const struct flagstop_lint_options *options;
	uint64_t effort; /* what is left of it for finding out which conditions can hold */
	bool failed;     /* no memory */
	void *scratch;   /* talloc parent of what is needed for this layer only */
};

/*
 * Adds a finding at `place`, unless it is there already or is silenced by its name or on the line where `rule` ends. A
 * place without a line means the layer as a whole.
 */
void fst_lint_report(struct fst_lint *lint, enum fst_lint_name name, const struct fst_rule *rule,
		     const struct fst_place *place, const char *hint, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* Whether flagstop brought the rule along: nobody can change it. */
bool fst_lint_is_builtin(const struct fst_rule *rule);

/* The rule's index in the layer, or -1 for its default and what is implied. */
int fst_lint_index(const struct fst_layer *layer, const struct fst_rule *rule);

static inline bool fst_lint_refuses(struct flagstop_verdict verdict)
{
	return verdict.action >= FLAGSTOP_ACTION_ASK;
}

void fst_lint_rules(struct fst_lint *lint);
void fst_lint_calls(struct fst_lint *lint);

/* ---- lint_table.c: lists of names of calls, separated by blanks; tests know that each exists --------------------- */

struct fst_lint_family {
	const char *what;     /* that all of them do, as in "can open files" */
	const char *argument; /* only conditions on this argument restrict it; NULL: any */
	const char *calls;
};
extern const struct fst_lint_family fst_lint_families[];
extern const unsigned fst_lint_family_count;

struct fst_lint_undo {
	enum fst_lint_name name;
	const char *calls;    /* allowing one of them ... */
	const char *undone;   /* ... undoes what is refused of these; NULL: of anything */
	const char *argument; /* ... by conditions on this argument; NULL: any way */
	bool by_rule;         /* what default refuses does not count */
};
extern const struct fst_lint_undo fst_lint_undos[];
extern const unsigned fst_lint_undo_count;

struct fst_lint_probe {
	const char *call;
	const char *instead; /* what libraries go on with on ENOSYS alone; NULL: they go on without it on any errno */
};
extern const struct fst_lint_probe fst_lint_probes[];
extern const unsigned fst_lint_probe_count;

#endif
