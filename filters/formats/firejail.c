/* SPDX-License-Identifier: MIT */
/*
 * The seccomp lines of firejail profiles, and the same as options (firejail(1)). Decides what keep, drop and the
 * default list mean, and that what firejail needs for itself stays allowed. Lines about other things are listed and
 * left alone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <talloc.h>

#include <filters/error.h>
#include <filters/formats/lists.h>

/* firejail's own groups; the others are systemd's sets. */
static const struct {
	const char *name, *calls;
} groups[] = {
	{ "default-keep", "execve,execveat,prctl" },
	{ "memfd", "memfd_create,memfd_secret" },
	{ "default",
	  "@clock,@cpu-emulation,@debug,@module,@mount,@obsolete,@raw-io,@reboot,@swap,acct,add_key,bpf,fanotify_init,"
	  "io_cancel,io_destroy,io_getevents,io_setup,io_submit,ioprio_set,keyctl,mbind,migrate_pages,move_pages,"
	  "name_to_handle_at,nfsservctl,open_by_handle_at,process_vm_writev,request_key,set_mempolicy,setdomainname,"
	  "sethostname,syslog,userfaultfd,vhangup,vmsplice" },
	{ "default-nodebuggers", "@default,personality,process_vm_readv,ptrace" },
};

/* One list of a profile, for one ABI: the native one or its 32-bit relative. */
enum kind {
	LIST_NONE,
	LIST_DEFAULT, /* the default list, and what is added to it */
	LIST_DROP,
	LIST_KEEP,
};

struct list {
	enum kind kind;
	struct fst_slice words;
};

struct jail {
	struct fst_reading *reading;
	struct list native, secondary;
	struct flagstop_verdict refusal;
	bool blocks_secondary, debuggers;
	struct fst_profile *profile;
	enum flagstop_abi abi; /* that a list is being applied to */
	unsigned words, includes;
};

static int fail_at(struct jail *jail, struct fst_slice slice, const char *expected)
{
	struct fst_spot spot = fst_slice_spot(jail->reading, slice);

	return fst_read_fail(jail->reading, &spot, -EBADMSG, "expected %s, not '%.60s'", expected,
			     fst_slice_copy(jail->reading, slice));
}

/* ---- lists ------------------------------------------------------------------------------------------------------ */

static int add_call(struct jail *jail, unsigned call, struct flagstop_verdict verdict)
{
	return fst_profile_add(jail->profile, jail->abi, call, NULL, verdict);
}

static int add_set(struct jail *jail, const char *name, struct flagstop_verdict verdict)
{
	struct fst_callset set;
	int r = fst_list_group(jail->reading, name, &set);

	for (unsigned call = 0; call < flagstop_call_count() && !r; call++)
		if (fst_callset_has(&set, jail->abi, call) && flagstop_call_number(call, jail->abi) >= 0)
			r = add_call(jail, call, verdict);
	return r;
}

/* The calls of a group; -ENOENT when there is none of that name. */
static int add_group(struct jail *jail, const char *name, struct flagstop_verdict verdict)
{
	for (unsigned i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		struct fst_slice rest = { groups[i].calls, strlen(groups[i].calls) }, word;
		int r = 0;

		if (strcmp(name, groups[i].name))
			continue;
		while (!r && fst_slice_word(&rest, ",", &word)) {
			const char *each = fst_slice_copy(jail->reading, word);
			int call = *each == '@' ? -ENOENT : flagstop_call_find(each);

			if (*each == '@')
				r = add_group(jail, each + 1, verdict);
			else if (call >= 0)
				r = add_call(jail, (unsigned)call, verdict);
		}
		return r;
	}
	return fst_list_is_systemd_group(name) ? add_set(jail, name, verdict) : -ENOENT;
}

static int number_of(struct jail *jail, struct fst_slice word)
{
	const char *text = fst_slice_copy(jail->reading, word);
	char *end;
	unsigned long number = strtoul(text + 1, &end, 0);

	if (*end || !text[1])
		return fail_at(jail, word, "a number behind '$'");
	return flagstop_call_from_number(jail->abi, (uint32_t)number);
}

/* A name, or $ and a number: the call, or -ENOENT with the loss listed. */
static int find_call(struct jail *jail, struct fst_slice name)
{
	struct fst_spot spot = fst_slice_spot(jail->reading, name);
	int call;

	if (!fst_slice_begins(name, "$"))
		return fst_read_call(jail->reading, fst_slice_copy(jail->reading, name), &spot);
	call = number_of(jail, name);
	if (call == -ENOENT)
		fst_losses_add(jail->reading->losses, FLAGSTOP_LOSS_UNKNOWN_CALL, "unknown-call", &spot,
			       "%s has no call of the number '%.20s': left out", flagstop_abi_name(jail->abi),
			       fst_slice_copy(jail->reading, name));
	return call;
}

/* What stands behind a call's colon. */
static int read_error(struct jail *jail, struct fst_slice word, struct flagstop_verdict *ret_verdict)
{
	int number;

	if (fst_slice_is(word, "kill") || fst_slice_is(word, "log")) {
		*ret_verdict = fst_verdict(
			fst_slice_is(word, "kill") ? FLAGSTOP_ACTION_KILL_THREAD : FLAGSTOP_ACTION_LOG, 0);
		return 0;
	}
	number = fst_read_errno(fst_slice_copy(jail->reading, word));
	if (number < 0)
		return fail_at(jail, word, "an errno as EPERM, kill or log");
	*ret_verdict = fst_verdict_errno(number);
	return 0;
}

static int add_word(struct jail *jail, struct fst_slice word, struct flagstop_verdict verdict)
{
	struct fst_slice name = word, rest = word;
	int call, r;

	if (fst_slice_begins(word, "@")) {
		r = add_group(jail, fst_slice_copy(jail->reading, word) + 1, verdict);
		return r == -ENOENT ? fail_at(jail, word, "a group of firejail's as @clock") : r;
	}
	if (fst_slice_cut(&rest, ':', &name)) {
		r = read_error(jail, rest, &verdict);
		if (r)
			return r;
	}
	if (!name.bytes)
		return fail_at(jail, word, "a call");
	call = find_call(jail, name);
	if (call < 0)
		return call == -ENOENT ? 0 : call;
	return add_call(jail, (unsigned)call, verdict);
}

/* The exceptions come first, as firejail puts them; then what the list says. */
static int add_words(struct jail *jail, struct fst_slice words, bool exceptions, struct flagstop_verdict verdict)
{
	struct fst_slice word;
	int r = 0;

	while (!r && fst_slice_word(&words, ", \t", &word)) {
		if (fst_slice_begins(word, "!") != exceptions)
			continue;
		if (exceptions) {
			word.text++;
			word.bytes--;
		}
		r = fst_list_count(jail->reading, word, &jail->words);
		if (!r)
			r = add_word(jail, word, verdict);
	}
	return r;
}

static int apply(struct jail *jail, const struct list *list, enum flagstop_abi abi)
{
	struct flagstop_verdict allow = fst_verdict(FLAGSTOP_ACTION_ALLOW, 0);
	bool keeps = list->kind == LIST_KEEP;
	int r;

	jail->abi = abi;
	r = add_words(jail, list->words, true, keeps ? jail->refusal : allow);
	if (!r && keeps)
		r = add_group(jail, "default-keep", allow);
	if (!r && list->kind == LIST_DEFAULT)
		r = add_group(jail, jail->debuggers ? "default" : "default-nodebuggers", jail->refusal);
	if (!r)
		r = add_words(jail, list->words, false, keeps ? allow : jail->refusal);
	for (unsigned call = 0; call < flagstop_call_count() && !r; call++)
		r = add_call(jail, call, keeps ? jail->refusal : allow);
	return r;
}

/* ---- lines ------------------------------------------------------------------------------------------------------ */

static int set_list(struct jail *jail, struct list *list, enum kind kind, struct fst_slice words)
{
	if (list->kind != LIST_NONE)
		return fail_at(jail, words, "one list of calls; another one stands before");
	if (kind != LIST_DEFAULT && !words.bytes)
		return fail_at(jail, words, "a list of calls");
	*list = (struct list){ kind, words };
	return 0;
}

static const struct {
	const char *word;
	enum kind kind;
	bool secondary;
} list_words[] = {
	{ "seccomp", LIST_DEFAULT, false },
	{ "seccomp.drop", LIST_DROP, false },
	{ "seccomp.keep", LIST_KEEP, false },
	{ "seccomp.32", LIST_DEFAULT, true },
	{ "seccomp.32.drop", LIST_DROP, true },
	{ "seccomp.32.keep", LIST_KEEP, true },
};

static int read_error_action(struct jail *jail, struct fst_slice value)
{
	return read_error(jail, value, &jail->refusal);
}

/* Lines that firejail builds filters from, besides the lists. */
static bool makes_filters(struct fst_slice key)
{
	return fst_slice_is(key, "protocol") || fst_slice_is(key, "memory-deny-write-execute") ||
		fst_slice_is(key, "restrict-namespaces");
}

static int read_line(struct jail *jail, struct fst_slice line)
{
	struct fst_spot spot = fst_slice_spot(jail->reading, line);
	struct fst_slice key, value = line;

	if (fst_slice_begins(value, "--")) {
		value.text += 2;
		value.bytes -= 2;
	}
	fst_slice_word(&value, " \t=", &key);
	if (value.bytes) {
		value.text++;
		value.bytes--;
	}
	value = fst_slice_trim(value);
	for (unsigned i = 0; i < sizeof(list_words) / sizeof(*list_words); i++)
		if (fst_slice_is(key, list_words[i].word))
			return set_list(jail, list_words[i].secondary ? &jail->secondary : &jail->native,
					list_words[i].kind, value);
	if (fst_slice_is(key, "seccomp-error-action"))
		return read_error_action(jail, value);
	if (fst_slice_is(key, "seccomp.block-secondary"))
		jail->blocks_secondary = true;
	else if (fst_slice_is(key, "allow-debuggers"))
		jail->debuggers = true;
	else if (fst_slice_is(key, "include") && ++jail->includes)
		fst_losses_add(jail->reading->losses, FLAGSTOP_LOSS_MEANING, "include", &spot,
			       "included files are not read: what they say of system calls is missing");
	else if (makes_filters(key))
		fst_losses_add(jail->reading->losses, FLAGSTOP_LOSS_MEANING, "setting", &spot,
			       "'%.40s' is not carried over, though firejail makes a filter of it",
			       fst_slice_copy(jail->reading, key));
	else
		fst_losses_add(jail->reading->losses, FLAGSTOP_LOSS_NOTE, "settings", &spot,
			       "lines that are not about system calls are left out");
	return 0;
}

/* What the filter that blocks other ABIs says of the native one: no other execution domain than Linux's. */
static int block_personality(struct jail *jail)
{
	static const struct fst_range others[] = { { 1, UINT32_MAX - 1 } };
	enum flagstop_abi native = jail->reading->options.native;
	unsigned call = (unsigned)flagstop_call_find("personality");
	const struct fst_cond *when =
		fst_cond_ranges(jail->profile, 0, fst_cond_bits(native, call, 0), UINT32_MAX, others, 1);

	return when ? fst_profile_add(jail->profile, native, call, when, jail->refusal) : -ENOMEM;
}

static int build(struct jail *jail)
{
	enum flagstop_abi native = jail->reading->options.native;
	bool both = native == FLAGSTOP_ABI_X86_64 && jail->secondary.kind != LIST_NONE && !jail->blocks_secondary;
	int r = 0;

	jail->profile = fst_profile_new(jail->reading->scratch, 1u << native | (both ? 1u << FLAGSTOP_ABI_I386 : 0));
	if (!jail->profile)
		return fst_read_no_memory(jail->reading);
	jail->profile->fallback =
		jail->native.kind == LIST_KEEP ? jail->refusal : fst_verdict(FLAGSTOP_ACTION_ALLOW, 0);
	jail->profile->unknown = jail->profile->fallback;
	jail->reading->profile = jail->profile;
	if (jail->blocks_secondary)
		r = block_personality(jail);
	if (!r)
		r = apply(jail, &jail->native, native);
	if (!r && both)
		r = apply(jail, &jail->secondary, FLAGSTOP_ABI_I386);
	if (!jail->blocks_secondary)
		fst_losses_add(jail->reading->losses, FLAGSTOP_LOSS_MEANING, "foreign-abi", NULL,
			       "firejail lets calls of ABIs through that it has no list for: here they are killed");
	else
		fst_losses_add(jail->reading->losses, FLAGSTOP_LOSS_NOTE, "foreign-abi", NULL,
			       "calls of other ABIs are killed, where firejail carries out its error action");
	return r == -ENOMEM ? fst_read_no_memory(jail->reading) : r;
}

int fst_firejail_read(struct fst_reading *reading)
{
	struct jail jail = { .reading = reading, .refusal = fst_verdict_errno(flagstop_errno_find("EPERM")) };
	struct fst_slice line;
	size_t at = 0;
	int r = 0;

	while (!r && fst_slice_line(reading, &at, false, &line))
		if (line.bytes && line.text[0] != '#')
			r = read_line(&jail, line);
	if (!r && jail.native.kind == LIST_NONE) {
		struct fst_spot spot = { .file = reading->name };

		r = fst_read_fail(reading, &spot, -EBADMSG, "expected a line as 'seccomp.keep read,write'");
		if (jail.includes)
			fst_error_hint(reading->error, "includes are not read: convert the file that has such a line");
	}
	return r ? r : build(&jail);
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

struct line {
	struct fst_wrap wrap;
	const char *key;
};

static void put_word(struct fst_writing *writing, struct line *line, const char *format, const char *name,
		     const char *error)
{
	char word[128];

	snprintf(word, sizeof(word), format, name, error);
	if (!line->wrap.any)
		fst_write_put(writing, "%s ", line->key);
	fst_write_word(writing, &line->wrap, ",", NULL, word);
}

static void put_refused(struct fst_writing *writing, struct line *line, const char *name,
			struct flagstop_verdict verdict)
{
	char number[16];

	if (verdict.action == FLAGSTOP_ACTION_KILL_PROCESS || verdict.action == FLAGSTOP_ACTION_TRAP)
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "kill", NULL,
			       "'%s' becomes a kill of the thread", flagstop_action_name(verdict.action));
	if (verdict.action >= FLAGSTOP_ACTION_TRAP) {
		put_word(writing, line, "%s:%s", name, "kill");
		return;
	}
	int error = fst_list_errno(writing, verdict);
	const char *errno_name = flagstop_errno_name(error);

	if (!errno_name)
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "verdict", NULL,
			       "firejail takes errnos by name only: %d becomes EPERM", error);
	snprintf(number, sizeof(number), "%s", errno_name ? errno_name : "EPERM");
	put_word(writing, line, "%s:%s", name, number);
}

static bool is_kept(const char *name)
{
	return !strcmp(name, "execve") || !strcmp(name, "execveat") || !strcmp(name, "prctl");
}

static void put_kept(struct fst_writing *writing, struct line *line, const char *name, bool as_default)
{
	put_word(writing, line, "!%s%s", name, "");
	if (!as_default)
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "verdict", NULL,
			       "%s gets the default: firejail has no other way to refuse it", name);
}

static void put_keep(struct fst_writing *writing, const struct fst_flat *flat, struct flagstop_verdict fallback)
{
	struct line line = { .key = "seccomp.keep" };

	for (unsigned call = 0; call < flagstop_call_count(); call++) {
		const char *name = flagstop_call_name(call);

		if (!flat[call].has)
			continue;
		if (flat[call].verdict.action == FLAGSTOP_ACTION_LOG)
			put_word(writing, &line, "%s%s", name, ":log");
		else if (fst_verdict_lets_through(flat[call].verdict))
			put_word(writing, &line, "%s%s", name, "");
		else if (is_kept(name))
			put_kept(writing, &line, name, fst_verdict_equal(flat[call].verdict, fallback));
		else if (!fst_verdict_equal(flat[call].verdict, fallback))
			put_refused(writing, &line, name, flat[call].verdict);
	}
	if (!line.wrap.any) {
		put_word(writing, &line, "%s%s", "exit_group", "");
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "empty", NULL,
			       "firejail takes no empty list: exit_group is in it");
	}
	fst_write_put(writing, "\n");
}

static void put_drop(struct fst_writing *writing, const struct fst_flat *flat)
{
	struct line line = { .key = "seccomp.drop" };

	for (unsigned call = 0; call < flagstop_call_count(); call++)
		if (flat[call].has && !fst_verdict_lets_through(flat[call].verdict))
			put_refused(writing, &line, flagstop_call_name(call), flat[call].verdict);
	if (!line.wrap.any) {
		put_word(writing, &line, "%s%s", "afs_syscall", "");
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "empty", NULL,
			       "firejail takes no empty list: afs_syscall, which no kernel has, is in it");
	}
	fst_write_put(writing, "\n");
}

static void put_error_action(struct fst_writing *writing, struct flagstop_verdict fallback)
{
	if (fallback.action >= FLAGSTOP_ACTION_TRAP) {
		if (fallback.action != FLAGSTOP_ACTION_KILL_THREAD)
			fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "kill", NULL,
				       "'%s' becomes a kill of the thread", flagstop_action_name(fallback.action));
		fst_write_put(writing, "seccomp-error-action kill\n");
		return;
	}
	int error = fst_list_errno(writing, fallback);
	const char *name = flagstop_errno_name(error);

	if (!name)
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "verdict", NULL,
			       "firejail takes errnos by name only: %d becomes EPERM", error);
	fst_write_put(writing, "seccomp-error-action %s\n", name ? name : "EPERM");
}

static void note_rest(struct fst_writing *writing, const struct fst_flat *flat)
{
	const struct fst_layer *layer = writing->bound->layer;
	unsigned abis = layer->abis;

	if (!fst_verdict_equal(layer->fallback.verdict, layer->unknown.verdict))
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "unknown", NULL,
			       "numbers that no call has get the default, which 'unknown' does not");
	if (abis & (abis - 1) || !(abis >> writing->native & 1))
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "abis", NULL,
			       "firejail's lists are for %s only", flagstop_abi_name(writing->native));
	if (fst_verdict_lets_through(layer->fallback.verdict) &&
	    layer->fallback.verdict.action != FLAGSTOP_ACTION_ALLOW)
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "log", NULL,
			       "'%s' for what no rule names becomes plainly allowed",
			       flagstop_action_name(layer->fallback.verdict.action));
	if (fst_verdict_lets_through(flat[flagstop_call_find("personality")].verdict))
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "personality", NULL,
			       "where firejail blocks other ABIs, personality changes nothing but back to Linux");
	for (unsigned call = 0; call < flagstop_call_count(); call++)
		if (flat[call].has && flat[call].verdict.action == FLAGSTOP_ACTION_TRACE)
			fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "trace", NULL,
				       "'trace' becomes plainly allowed");
}

int fst_firejail_write(struct fst_writing *writing)
{
	struct flagstop_verdict fallback = writing->bound->layer->fallback.verdict;
	struct fst_flat *flat = fst_list_flat(writing);

	if (!flat)
		return fst_error_set(writing->error, -ENOMEM, "no memory");
	note_rest(writing, flat);
	fst_write_put(writing, "seccomp.block-secondary\n");
	if (fst_verdict_lets_through(fallback)) {
		put_drop(writing, flat);
	} else {
		put_error_action(writing, fallback);
		put_keep(writing, flat, fallback);
	}
	return 0;
}
