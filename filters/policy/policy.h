/* SPDX-License-Identifier: MIT */
#ifndef FST_FILTERS_POLICY_H
#define FST_FILTERS_POLICY_H

/* The inside of a policy, for the files of filters/ and the one of tracer/ that compiles sessions. */

#include <filters/policy/bind.h>

struct flagstop_policy {
	struct fst_bound *layers[FLAGSTOP_POLICY_MAX_LAYERS];
	unsigned layer_count;
	bool guarded; /* the last layer is the guards: nothing may be added behind it */
	/*
	 * How strict a verdict may be that the tracer alone can give: a `return` with a value that no errno carries, or
	 * what hangs on facts. What another layer refuses no more strictly than that must not be taken by the kernel:
	 * it would win unseen. 0: none.
	 */
	uint8_t contested[FLAGSTOP_ABI_COUNT][FST_CALLS_MAX];
	uint8_t refusing[FLAGSTOP_ABI_COUNT][FST_CALLS_MAX]; /* how many layers may refuse the call */
	uint8_t unknown_contested, unknown_refusing;         /* the same for numbers that no call has */
	/* A bit for each argument that some layer rewrites. */
	uint8_t rewritten[FLAGSTOP_ABI_COUNT][FST_CALLS_MAX];
	/* A bit for each argument whose facts some layer asks for, and FST_FACT_LAYERS. */
	uint8_t wanted[FLAGSTOP_ABI_COUNT][FST_CALLS_MAX];
	uint8_t unknown_wanted;
};

/* flagstop_policy_add_text with what includes are relative to; NULL: the working directory. */
int fst_policy_add_text(struct flagstop_policy *policy, const char *name, const char *text, size_t text_bytes,
			const char *directory, struct flagstop_error *reterr_error);

/*
 * exec.c: loads the policy that an `on exec` of that layer names. -EBADMSG where it leads back to itself, or lacks an
 * ABI.
 */
int fst_exec_load(struct flagstop_policy *policy, unsigned layer, const struct fst_exec *exec,
		  struct fst_layer **ret_layer, struct flagstop_error *reterr_error);

/* A listener outranks a flag. One of the guards, but for where no filter of the program's own reaches the kernel. */
#define FST_GUARD_LISTENER \
	"deny EBUSY seccomp when operation == SECCOMP_SET_MODE_FILTER " \
	"and flags & SECCOMP_FILTER_FLAG_NEW_LISTENER\n"

/*
 * flagstop_policy_add_guards with these rules at the end; those that say `trace` are the tracer's own, which nobody is
 * told of.
 */
int fst_policy_add_guards(struct flagstop_policy *policy, const int *protected_pids, size_t protected_pid_count,
			  const char *more, struct flagstop_error *reterr_error);

/* How strict the verdicts may be that compete with a refusal of that call (call < 0: an unknown number), or 0. */
unsigned fst_place_contested(const struct flagstop_policy *policy, int abi, int call);

/* Whether the tracer must be asked for this verdict of that layer on that call (call < 0: an unknown number). */
bool fst_place_is_flagged(const struct flagstop_policy *policy, const struct fst_bound *bound, int abi, int call,
			  struct flagstop_verdict verdict, enum flagstop_report report);

/* Whether it is the tracer who carries the verdict out: what flagstop_policy_place() answers by. */
bool fst_place_is_tracer(const struct flagstop_policy *policy, const struct flagstop_data *call,
			 enum flagstop_report report, struct flagstop_verdict *ret_verdict);

/*
 * The verdict and whether our own programs flag this call: a stop that they did not ask for came from another
 * filter. What hangs on a fact that is not known is KILL_PROCESS, on account of the rule that asks for it; `facts` may
 * be NULL.
 */
struct flagstop_verdict fst_policy_judge(const struct flagstop_policy *policy, const struct flagstop_data *call,
					 const struct flagstop_facts *facts, enum flagstop_report report,
					 const struct fst_rule **ret_rule, unsigned *ret_layer, bool *ret_flagged);

/*
 * A bit for each argument whose facts the verdict on this call may hang on, and FST_FACT_LAYERS: 0 for almost every
 * call. A table says no in constant time; only behind it are the call's scalars looked at.
 */
unsigned fst_policy_facts_wanted(const struct flagstop_policy *policy, const struct flagstop_data *call);

/* Whether any call's verdict may hang on what its arguments point to. */
bool fst_policy_has_facts(const struct flagstop_policy *policy);

/* What one layer may say of a call. */
struct fst_outcome {
	const struct fst_rule *rule;      /* the first that may decide */
	const struct fst_rule *strictest; /* of all that may */
	bool certain;                     /* all that may decide give the same verdict */
};
struct fst_outcome fst_decision_outcome(const struct fst_decision *decision, const uint64_t args[6], unsigned known,
					const struct flagstop_facts *facts);

/*
 * beside.c: rules on paths, and calls that change what paths mean. _note fills the layer's `path_rule` and `mover`;
 * _check refuses a layer that has one where the policy, or itself, has the other.
 */
void fst_beside_note(struct fst_bound *bound);
int fst_beside_check(const struct flagstop_policy *policy, const struct fst_bound *bound, struct flagstop_error *error);
bool fst_beside_has_path_rules(const struct flagstop_policy *policy);
bool fst_beside_is_mover(const char *call);

/*
 * map.c. Looks for a rule that refuses by a path (or permits all but one), where `slips` says that what it names can be
 * called by another name, too; with `itself`, any name in there. 1 and *ret_rule; 0: there is none; -ENOMEM.
 */
int fst_policy_find_slip(const struct flagstop_policy *policy,
			 bool (*slips)(const char *path, bool itself, void *context), void *context,
			 struct flagstop_rule *ret_rule);

/*
 * rewrite.c. What a call's arguments become, by all layers that rewrite some: a bit for each that changes, and
 * ret_args is written when there is one. For calls that are permitted; the verdict is on the call as it was made.
 */
unsigned fst_policy_rewrite(const struct flagstop_policy *policy, const struct flagstop_data *call,
			    uint64_t ret_args[6]);
bool fst_policy_has_rewrites(const struct flagstop_policy *policy);
/* Whether some rule changes that argument of a call of one of these ABIs (bits). */
bool fst_policy_rewrites_argument(const struct flagstop_policy *policy, unsigned abis, unsigned argument);
int fst_rewrite_check(const struct flagstop_policy *policy, const struct fst_bound *bound,
		      struct flagstop_error *error);
void fst_rewrite_note(struct flagstop_policy *policy, const struct fst_bound *bound);

/*
 * carried.c. Whether this socketcall's arguments must be fetched, by some layer of those in force (`layers`, as in
 * flagstop_facts), and the direct call judged in its place; and whether there may be such a call.
 */
bool fst_policy_carries(const struct flagstop_policy *policy, const struct flagstop_data *call, uint32_t layers);
bool fst_policy_has_carried(const struct flagstop_policy *policy);

/* What flagstop_policy_add_unveil adds, as a policy's text on `parent`. */
int fst_unveil_text(void *parent, const char *unveiled, char **ret_text, struct flagstop_error *error);

/* Alike in what becomes of the call: `return -1` and `deny EPERM` are. */
bool fst_verdict_is_same(struct flagstop_verdict a, struct flagstop_verdict b);

/* RETURN with a value that SECCOMP_RET_ERRNO can carry: 0, or a negative errno. */
bool fst_verdict_fits_errno(struct flagstop_verdict verdict);

void fst_rule_describe(const struct fst_rule *rule, const struct fst_layer *layer, unsigned index,
		       struct flagstop_rule *ret_rule);

#endif
