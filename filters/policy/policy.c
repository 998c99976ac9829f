/* SPDX-License-Identifier: MIT */
/*
 * Policies as stacks of layers, and the one evaluator. Refuses to know how a verdict is carried out, and where: that is
 * place.c's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <talloc.h>

#include <filters/error.h>
#include <filters/groups/groups.h>
#include <filters/policy/policy.h>

struct flagstop_policy *flagstop_policy_new(void)
{
	return talloc_zero(NULL, struct flagstop_policy);
}

void flagstop_policy_free(struct flagstop_policy *policy)
{
	talloc_free(policy);
}

unsigned flagstop_policy_layer_count(const struct flagstop_policy *policy)
{
	return policy->layer_count;
}

unsigned flagstop_policy_abis(const struct flagstop_policy *policy)
{
	unsigned abis = (1u << FLAGSTOP_ABI_COUNT) - 1;

	for (unsigned i = 0; i < policy->layer_count; i++)
		if (!policy->layers[i]->exec) /* those name all that the others do */
			abis &= policy->layers[i]->layer->abis;
	return abis;
}

/* ---- layers ----------------------------------------------------------------------------------------------------- */

static unsigned rank(enum flagstop_action action)
{
	return action == FLAGSTOP_ACTION_RETURN ? FLAGSTOP_ACTION_DENY : action;
}

static bool needs_tracer_to_return(struct flagstop_verdict v)
{
	return v.action == FLAGSTOP_ACTION_RETURN && !fst_verdict_fits_errno(v);
}

/* What the tracer alone may decide: what it returns, and all that follows once a fact was asked for. */
static unsigned strictest_by_tracer(const struct fst_decision *d)
{
	unsigned strictest = 0;
	bool asked = false;

	for (unsigned i = 0; i < d->count; i++) {
		struct flagstop_verdict v = d->steps[i].rule->verdict;

		asked |= d->steps[i].has_facts;
		if ((asked || needs_tracer_to_return(v)) && rank(v.action) > strictest)
			strictest = rank(v.action);
	}
	return strictest;
}

static bool may_refuse(const struct fst_decision *d)
{
	for (unsigned i = 0; i < d->count; i++)
		if (d->steps[i].rule->verdict.action >= FLAGSTOP_ACTION_RETURN)
			return true;
	return false;
}

static unsigned facts_of(const struct fst_decision *d)
{
	unsigned facts = 0;

	for (unsigned i = 0; d->has_facts && i < d->count; i++)
		if (d->steps[i].has_facts)
			facts |= fst_cond_facts(d->steps[i].when);
	return facts;
}

/* What a layer's decision of a call means for what other layers say of it. */
struct note {
	const struct fst_decision *decision;
	unsigned strictest, facts;
	bool refuses;
};

static struct note note_of(const struct fst_decision *d)
{
	return (struct note){ d, strictest_by_tracer(d), facts_of(d), may_refuse(d) };
}

static void note_layer(struct flagstop_policy *policy, const struct fst_bound *bound)
{
	struct note note = note_of(bound->unknown);

	if (note.strictest > policy->unknown_contested)
		policy->unknown_contested = (uint8_t)note.strictest;
	policy->unknown_refusing += note.refuses;
	policy->unknown_wanted |= (uint8_t)note.facts;
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++) {
		for (unsigned call = 0; bound->by_abi[abi] && call < flagstop_call_count(); call++) {
			const struct fst_decision *d = bound->by_abi[abi][call];

			if (!d)
				continue;
			if (d != note.decision) /* most calls have the default's */
				note = note_of(d);
			if (note.strictest > policy->contested[abi][call])
				policy->contested[abi][call] = (uint8_t)note.strictest;
			policy->refusing[abi][call] += note.refuses;
			policy->wanted[abi][call] |= (uint8_t)note.facts;
		}
	}
}

static int may_add(const struct flagstop_policy *policy, struct flagstop_error *error)
{
	if (!policy)
		return fst_error_set(error, -EINVAL, "no policy was given");
	if (policy->guarded)
		return fst_error_set(error, -EINVAL, "no layer can be added behind the guards");
	if (policy->layer_count == FLAGSTOP_POLICY_MAX_LAYERS - 1) /* one is kept for the guards */
		return fst_error_set(error, -E2BIG, "a policy has at most %d layers", FLAGSTOP_POLICY_MAX_LAYERS - 1);
	return 0;
}

/* Takes the layer over, also on failure. `exec` may be NULL: it is always in force. */
static int push_one(struct flagstop_policy *policy, struct fst_layer *layer, const struct fst_exec *exec,
		    unsigned exec_layer, struct flagstop_error *error)
{
	struct fst_bound *bound;
	int r = fst_bind(layer, &bound, error);

	if (!r && exec && fst_bind_to_exec(bound, exec, exec_layer, policy->layer_count))
		r = fst_error_set(error, -ENOMEM, "no memory");
	if (r) {
		talloc_free(layer);
		return r;
	}
	fst_beside_note(bound);
	r = fst_beside_check(policy, bound, error);
	if (!r)
		r = fst_rewrite_check(policy, bound, error);
	if (r) {
		talloc_free(layer);
		return r;
	}
	policy->layers[policy->layer_count++] = bound;
	note_layer(policy, bound);
	fst_rewrite_note(policy, bound);
	return 0;
}

static int push_first(struct flagstop_policy *policy, struct fst_layer *layer, bool in_kernel,
		      struct flagstop_error *error)
{
	int r = push_one(policy, layer, NULL, 0, error);

	if (!r)
		policy->layers[policy->layer_count - 1]->in_kernel = in_kernel;
	return r;
}

/* The layer, and what its `on exec` statements add, and theirs: all or none. */
static int push_with_execs(struct flagstop_policy *policy, struct fst_layer *layer, bool in_kernel,
			   struct flagstop_error *error)
{
	struct flagstop_policy before = *policy;
	int r = push_first(policy, layer, in_kernel, error);

	for (unsigned i = before.layer_count; !r && i < policy->layer_count; i++) {
		const struct fst_layer *from = policy->layers[i]->layer;

		for (unsigned k = 0; !r && k < from->exec_count; k++) {
			r = may_add(policy, error);
			if (!r)
				r = fst_exec_load(policy, i, &from->execs[k], &layer, error);
			if (!r)
				r = push_one(policy, layer, &from->execs[k], i, error);
		}
	}
	while (r && policy->layer_count > before.layer_count)
		talloc_free((void *)policy->layers[--policy->layer_count]->layer);
	if (r)
		*policy = before;
	return r;
}

static int push_layer(struct flagstop_policy *policy, struct fst_layer *layer, bool in_kernel,
		      struct flagstop_error *error)
{
	return layer->exec_count ? push_with_execs(policy, layer, in_kernel, error) :
				   push_first(policy, layer, in_kernel, error);
}

int flagstop_policy_add_file(struct flagstop_policy *policy, const char *path, struct flagstop_error *reterr_error)
{
	struct fst_layer *layer;
	int r = may_add(policy, reterr_error);

	if (!r)
		r = fst_parse_file(policy, path, &layer, reterr_error);
	return r ? r : push_layer(policy, layer, false, reterr_error);
}

int fst_policy_add_text(struct flagstop_policy *policy, const char *name, const char *text, size_t text_bytes,
			const char *directory, struct flagstop_error *reterr_error)
{
	struct fst_layer *layer;
	int r = may_add(policy, reterr_error);

	if (!r)
		r = fst_parse_text(policy, name, text, text_bytes, directory, &layer, reterr_error);
	return r ? r : push_layer(policy, layer, false, reterr_error);
}

int flagstop_policy_add_text(struct flagstop_policy *policy, const char *name, const char *text, size_t text_bytes,
			     struct flagstop_error *reterr_error)
{
	return fst_policy_add_text(policy, name, text, text_bytes, NULL, reterr_error);
}

int flagstop_policy_add_promises(struct flagstop_policy *policy, const char *promises,
				 struct flagstop_error *reterr_error)
{
	struct fst_layer *layer;
	int r = may_add(policy, reterr_error);

	if (!r)
		r = fst_parse_promises(policy, promises, &layer, reterr_error);
	return r ? r : push_layer(policy, layer, false, reterr_error);
}

/*
 * What is refused whatever the policy says. Each line closes a way around flags that was tried (docs/threat-model.md):
 *   a listener outranks a flag: the program would answer its own notification with CONTINUE and no stop would come;
 *   clone3's flags lie in memory, where CLONE_UNTRACED cannot be seen: libcs fall back to clone on ENOSYS. A session
 *   with rules on memory copies and judges them;
 *   a ring makes calls that no filter sees;
 *   a tracee that traces another one can change its registers behind the verdict;
 *   the tracer runs as the same user: a non-dumpable process can still be killed, stopped or starved. All signals are
 *   blocked there, but for the two that cannot be; and a signal that goes by a descriptor (of a pidfd, or of /proc/PID,
 *   which serves as one) has no number to look at.
 */
static const char guard_head[] =
	"default allow\n"
	"unknown allow\n"
	"deny ENOSYS io_uring_setup io_uring_enter io_uring_register\n"
	"deny EPERM clone when flags & CLONE_UNTRACED\n"
	"deny EPERM ptrace\n"
	"deny ENOSYS pidfd_send_signal\n"
	"deny EPERM fcntl when cmd == F_SETSIG and arg in {SIGKILL, SIGSTOP}\n"
	"deny EPERM kill when pid == -1 and sig in {SIGKILL, SIGSTOP}\n";

/* ABIs whose calls' memory can be copied and kept: those that a window is known for (arch/layout.h). */
static bool keeps_memory(unsigned abi)
{
	return abi == FLAGSTOP_ABI_X86_64 || abi == FLAGSTOP_ABI_AARCH64 || abi == FLAGSTOP_ABI_PPC64LE ||
		abi == FLAGSTOP_ABI_RISCV64 || abi == FLAGSTOP_ABI_S390X || abi == FLAGSTOP_ABI_I386 ||
		abi == FLAGSTOP_ABI_ARM;
}

/*
 * Beside rules on paths, which are judged by the names that the tracer sees: whoever may mount, change its root or
 * enter another namespace gives these names to other things. A page that only comes when its owner wants it
 * (userfaultfd) holds up who reads it; a descriptor that is taken out of another process was judged for that one.
 */
static const char guard_paths[] =
	"deny EPERM @mount - (listmount listns statmount) + open_tree_attr setns userfaultfd pidfd_getfd\n"
	"deny EPERM unshare clone when flags & (CLONE_NEWNS | CLONE_NEWUSER)\n"
	"deny EPERM process_madvise when not advice in {MADV_COLD, MADV_PAGEOUT, MADV_WILLNEED, MADV_COLLAPSE}\n";

/* %s is the list of pids that are protected. */
static const char *const guard_by_pid[] = {
	"deny EPERM prlimit64 sched_setparam sched_setscheduler sched_setattr sched_setaffinity migrate_pages "
	"move_pages rt_sigqueueinfo rt_tgsigqueueinfo tgkill tkill kill process_vm_readv process_vm_writev kcmp "
	"setpgid pidfd_open when arg0 in {%s}\n",
	"deny EPERM setpriority when which in 0..1 and who in {%s}\n", /* PRIO_PROCESS, PRIO_PGRP */
	"deny EPERM ioprio_set when which in 1..2 and who in {%s}\n",  /* IOPRIO_WHO_PROCESS, IOPRIO_WHO_PGRP */
	"deny EPERM rt_tgsigqueueinfo tgkill setpgid when arg1 in {%s}\n",
};

/* A rule for each ABI, since what is not there in one may be judged in another. */
static char *add_clone3(char *text, const struct flagstop_policy *policy, unsigned abis, bool paths)
{
	bool facts = fst_policy_has_facts(policy);

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT && text; abi++) {
		const char *name = flagstop_abi_name(abi);

		if (!(abis >> abi & 1))
			continue;
		text = facts && keeps_memory(abi) ?
			talloc_asprintf_append(text, "deny EPERM clone3@%s when flags & (CLONE_UNTRACED%s)\n", name,
					       paths ? " | CLONE_NEWNS | CLONE_NEWUSER" : "") :
			talloc_asprintf_append(text, "deny ENOSYS clone3@%s\n", name);
	}
	return text;
}

static char *guard_text(void *parent, const struct flagstop_policy *policy, const int *pids, size_t count,
			const char *more)
{
	unsigned abis = flagstop_policy_abis(policy);
	bool paths = fst_beside_has_path_rules(policy);
	char *text = talloc_strdup(parent, "abi");
	char *list = talloc_strdup(text, "");

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT && text; abi++)
		if (abis >> abi & 1)
			text = talloc_asprintf_append(text, " %s", flagstop_abi_name(abi));
	if (text)
		text = talloc_asprintf_append(text, "\n%s%s", guard_head, paths ? guard_paths : "");
	text = add_clone3(text, policy, abis, paths);
	for (size_t i = 0; i < count && list; i++)
		list = talloc_asprintf_append(list, "%s%d", i ? ", " : "", pids[i]);
	for (size_t i = 0; i < sizeof(guard_by_pid) / sizeof(*guard_by_pid) && text && list && count; i++) {
		const char *format = guard_by_pid[i];
		const char *slot = strstr(format, "%s");

		text = talloc_asprintf_append(text, "%.*s%s%s", (int)(slot - format), format, list, slot + 2);
	}
	if (text)
		text = talloc_strdup_append(text, more);
	return list ? text : NULL;
}

int fst_policy_add_guards(struct flagstop_policy *policy, const int *protected_pids, size_t protected_pid_count,
			  const char *more, struct flagstop_error *reterr_error)
{
	struct fst_layer *layer;

	if (!policy || policy->guarded)
		return fst_error_set(reterr_error, -EINVAL, policy ? "the guards are there already" : "no policy");
	if (!flagstop_policy_abis(policy))
		return fst_error_set(reterr_error, -EBADMSG, "no ABI is named by all layers of the policy");
	char *text = guard_text(policy, policy, protected_pids, protected_pid_count, more);
	if (!text)
		return fst_error_set(reterr_error, -ENOMEM, "no memory");
	int r = fst_parse_text(policy, "<guard>", text, strlen(text), NULL, &layer, reterr_error);
	talloc_free(text);
	if (!r)
		r = push_layer(policy, layer, true, reterr_error);
	if (!r)
		policy->guarded = true;
	return r;
}

int flagstop_policy_add_guards(struct flagstop_policy *policy, const int *protected_pids, size_t protected_pid_count,
			       struct flagstop_error *reterr_error)
{
	return fst_policy_add_guards(policy, protected_pids, protected_pid_count, FST_GUARD_LISTENER, reterr_error);
}

/* ---- the evaluator ---------------------------------------------------------------------------------------------- */

/*
 * Among equals the newest layer's value counts, as with the kernel's filters. Guards that merely agree (all but their
 * denials), and layers that are not in force, leave a call on the account of the policy's own rule.
 */
static bool outranks(const struct fst_bound *bound, const struct fst_rule *rule, const struct fst_rule *other)
{
	int over = (int)rank(rule->verdict.action) - (int)rank(other->verdict.action);

	if (rule == &fst_rule_not_in_force)
		return false;
	return over > 0 || (!over && (!bound->in_kernel || rule->verdict.action == FLAGSTOP_ACTION_DENY));
}

static int64_t value_of(struct flagstop_verdict v)
{
	return v.action == FLAGSTOP_ACTION_DENY ? -v.value : v.value;
}

bool fst_verdict_is_same(struct flagstop_verdict a, struct flagstop_verdict b)
{
	return rank(a.action) == rank(b.action) && value_of(a) == value_of(b);
}

static void outcome_add(struct fst_outcome *o, const struct fst_rule *rule)
{
	if (!o->rule) {
		*o = (struct fst_outcome){ rule, rule, true };
		return;
	}
	if (rule != o->rule && rule->verdict.action == FLAGSTOP_ACTION_REWRITE) /* each by itself */
		o->certain = false;
	o->certain = o->certain && fst_verdict_is_same(o->rule->verdict, rule->verdict);
	if (rank(rule->verdict.action) > rank(o->strictest->verdict.action))
		o->strictest = rule;
}

struct fst_outcome fst_decision_outcome(const struct fst_decision *d, const uint64_t args[6], unsigned known,
					const struct flagstop_facts *facts)
{
	struct fst_outcome o = { 0 };

	for (unsigned i = 0; i < d->count; i++) {
		enum fst_truth truth = FST_TRUE;

		if (d->steps[i].when)
			truth = fst_cond_truth(d->steps[i].when, args, known, facts);
		if (truth != FST_FALSE)
			outcome_add(&o, d->steps[i].rule);
		if (truth == FST_TRUE)
			break;
	}
	return o;
}

/* All layers on one call. */
struct judging {
	const struct flagstop_policy *policy;
	struct fst_outcome outcomes[FLAGSTOP_POLICY_MAX_LAYERS];
	const struct fst_rule *strictest; /* of what is certain */
	unsigned layer;
};

static void judge_layers(struct judging *j, const struct flagstop_policy *policy, const struct flagstop_data *call,
			 const struct flagstop_facts *facts)
{
	j->policy = policy;
	j->strictest = NULL;
	j->layer = 0;
	for (unsigned i = 0; i < policy->layer_count; i++) {
		const struct fst_bound *bound = policy->layers[i];
		struct fst_outcome o = fst_decision_outcome(fst_bound_decision(bound, call->arch, call->nr), call->args,
							    ~0u, facts);

		j->outcomes[i] = o;
		if (o.certain && (!j->strictest || outranks(bound, o.rule, j->strictest))) {
			j->strictest = o.rule;
			j->layer = i;
		}
	}
}

/* Whether a layer's verdict would count beside what is certain. A kill is a kill, whoever says so. */
static bool would_count(const struct judging *j, unsigned layer, const struct fst_rule *rule)
{
	if (!j->strictest)
		return true;
	if (rule->verdict.action >= FLAGSTOP_ACTION_KILL_THREAD && rule->verdict.action == j->strictest->verdict.action)
		return false;
	if (layer > j->layer)
		return outranks(j->policy->layers[layer], rule, j->strictest);
	return !outranks(j->policy->layers[j->layer], j->strictest, rule);
}

/* The layer whose verdict may be another one, and then would count; or -ENOENT. */
static int find_hanging(const struct judging *j)
{
	for (unsigned i = 0; i < j->policy->layer_count; i++)
		if (!j->outcomes[i].certain && would_count(j, i, j->outcomes[i].strictest))
			return (int)i;
	return -ENOENT;
}

/* Programs know no facts. */
static bool is_flagged(const struct judging *j, const struct flagstop_data *call, enum flagstop_report report)
{
	int abi = flagstop_abi_of_call(call->arch, call->nr);
	int index = abi < 0 ? -1 : flagstop_call_from_number(abi, call->nr);

	for (unsigned i = 0; i < j->policy->layer_count; i++) {
		const struct fst_bound *bound = j->policy->layers[i];
		const struct fst_decision *d = fst_bound_decision(bound, call->arch, call->nr);
		struct fst_outcome o = j->outcomes[i];

		if (d->has_facts)
			o = fst_decision_outcome(d, call->args, ~0u, NULL);
		if (!o.certain || fst_place_is_flagged(j->policy, bound, abi, index, o.rule->verdict, report))
			return true;
	}
	return false;
}

struct flagstop_verdict fst_policy_judge(const struct flagstop_policy *policy, const struct flagstop_data *call,
					 const struct flagstop_facts *facts, enum flagstop_report report,
					 const struct fst_rule **ret_rule, unsigned *ret_layer, bool *ret_flagged)
{
	struct judging j;
	int hanging;

	judge_layers(&j, policy, call, facts);
	*ret_flagged = is_flagged(&j, call, report);
	hanging = find_hanging(&j);
	if (hanging >= 0) {
		*ret_layer = (unsigned)hanging;
		*ret_rule = j.outcomes[hanging].rule;
		return (struct flagstop_verdict){ FLAGSTOP_ACTION_KILL_PROCESS, 0 };
	}
	*ret_rule = j.strictest;
	*ret_layer = j.layer;
	return j.strictest ? j.strictest->verdict : (struct flagstop_verdict){ FLAGSTOP_ACTION_ALLOW, 0 };
}

unsigned fst_policy_facts_wanted(const struct flagstop_policy *policy, const struct flagstop_data *call)
{
	int abi = flagstop_abi_of_call(call->arch, call->nr);
	int index = abi < 0 ? -1 : flagstop_call_from_number(abi, call->nr);
	unsigned wanted = abi < 0 ? 0 : index < 0 ? policy->unknown_wanted :
						    policy->wanted[abi][index];
	struct judging j;

	if (!wanted)
		return 0;
	judge_layers(&j, policy, call, NULL);
	return find_hanging(&j) < 0 ? 0 : wanted;
}

bool fst_policy_has_facts(const struct flagstop_policy *policy)
{
	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
		for (unsigned call = 0; call < flagstop_call_count(); call++)
			if (policy->wanted[abi][call] & ~(1u << FST_FACT_LAYERS))
				return true;
	return false;
}

void fst_rule_describe(const struct fst_rule *rule, const struct fst_layer *layer, unsigned index,
		       struct flagstop_rule *ret_rule)
{
	ret_rule->file = rule && rule->place.file ? rule->place.file : layer ? layer->name :
									       "";
	ret_rule->line = rule ? rule->place.line : 0;
	ret_rule->column = rule ? rule->place.column : 0;
	ret_rule->text = rule ? rule->text : "implied: nothing is refused";
	ret_rule->layer = index;
}

struct flagstop_verdict flagstop_policy_decide_with(const struct flagstop_policy *policy,
						    const struct flagstop_data *call,
						    const struct flagstop_facts *facts,
						    struct flagstop_rule *ret_rule)
{
	const struct fst_rule *rule = NULL;
	struct flagstop_verdict verdict;
	unsigned layer = 0;
	bool flagged;

	verdict = fst_policy_judge(policy, call, facts, FLAGSTOP_REPORT_NONE, &rule, &layer, &flagged);
	if (ret_rule)
		fst_rule_describe(rule, policy->layer_count ? policy->layers[layer]->layer : NULL, layer, ret_rule);
	return verdict;
}

struct flagstop_verdict flagstop_policy_decide(const struct flagstop_policy *policy, const struct flagstop_data *call,
					       struct flagstop_rule *ret_rule)
{
	return flagstop_policy_decide_with(policy, call, NULL, ret_rule);
}

const char *flagstop_group(unsigned index, const char **ret_description)
{
	if (index >= fst_groups_count)
		return NULL;
	*ret_description = fst_groups_table[index].description;
	return fst_groups_table[index].name;
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

static const char *const action_names[] = {
	[FLAGSTOP_ACTION_ALLOW] = "allow",
	[FLAGSTOP_ACTION_LOG] = "log",
	[FLAGSTOP_ACTION_TRACE] = "trace",
	[FLAGSTOP_ACTION_REWRITE] = "rewrite",
	[FLAGSTOP_ACTION_ASK] = "ask",
	[FLAGSTOP_ACTION_RETURN] = "return",
	[FLAGSTOP_ACTION_DENY] = "deny",
	[FLAGSTOP_ACTION_TRAP] = "trap",
	[FLAGSTOP_ACTION_KILL_THREAD] = "kill-thread",
	[FLAGSTOP_ACTION_KILL_PROCESS] = "kill",
};

const char *flagstop_action_name(enum flagstop_action action)
{
	return (unsigned)action < sizeof(action_names) / sizeof(*action_names) ? action_names[action] : NULL;
}

size_t flagstop_verdict_format(struct flagstop_verdict verdict, char *text, size_t size)
{
	const char *name = flagstop_action_name(verdict.action);

	if (verdict.action == FLAGSTOP_ACTION_DENY && flagstop_errno_name((int)verdict.value))
		return snprintf(text, size, "deny %s", flagstop_errno_name((int)verdict.value));
	if (verdict.action == FLAGSTOP_ACTION_DENY || verdict.action == FLAGSTOP_ACTION_RETURN ||
	    (verdict.action == FLAGSTOP_ACTION_TRAP && verdict.value))
		return snprintf(text, size, "%s %lld", name, (long long)verdict.value);
	return snprintf(text, size, "%s", name ? name : "?");
}
