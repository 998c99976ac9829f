/* SPDX-License-Identifier: MIT */
/*
 * SystemCallFilter= and its relatives of unit files (systemd.exec(5)). Decides what a list means: the first one
 * makes it an allow-list or a deny-list, later ones add to it or take away, and an allow-list begins with @default.
 * Settings that systemd builds other filters from are none of its business: they are listed as lost.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <talloc.h>

#include <filters/error.h>
#include <filters/formats/lists.h>

#define NONE (-1) /* listed, without an errno */
#define KILL (-2)
#define UNLISTED (-3)

static const struct {
	const char *name;
	enum flagstop_abi abi;
} archs[] = {
	{ "x86-64", FLAGSTOP_ABI_X86_64 },
	{ "x86", FLAGSTOP_ABI_I386 },
	{ "x32", FLAGSTOP_ABI_X32 },
	{ "arm64", FLAGSTOP_ABI_AARCH64 },
	{ "arm", FLAGSTOP_ABI_ARM },
	{ "riscv64", FLAGSTOP_ABI_RISCV64 },
	{ "ppc64-le", FLAGSTOP_ABI_PPC64LE },
	{ "s390x", FLAGSTOP_ABI_S390X },
	{ "loongarch64", FLAGSTOP_ABI_LOONGARCH64 },
};

#define ARCHS (sizeof(archs) / sizeof(*archs))

/* What a list has come to. */
struct list {
	bool given, allows; /* allows: what is not listed is refused */
	int *error;         /* by call: UNLISTED, NONE, KILL or an errno */
};

struct unit {
	struct fst_reading *reading;
	struct list filter, log;
	unsigned abis; /* 0: not said */
	int error;     /* of SystemCallErrorNumber=: KILL or an errno */
	unsigned words;
};

static int fail_at(struct unit *unit, struct fst_slice slice, const char *message)
{
	struct fst_spot spot = fst_slice_spot(unit->reading, slice);

	return fst_read_fail(unit->reading, &spot, -EBADMSG, "%s, not '%.60s'", message,
			     fst_slice_copy(unit->reading, slice));
}

/* An errno or `kill`; systemd takes names and numbers. */
static int read_error(struct unit *unit, struct fst_slice slice, int *ret_error)
{
	int number;

	if (fst_slice_is(slice, "kill")) {
		*ret_error = KILL;
		return 0;
	}
	number = fst_read_errno(fst_slice_copy(unit->reading, slice));
	if (number < 0 || number > 4095)
		return fail_at(unit, slice, "expected an errno as EPERM, or kill");
	*ret_error = number;
	return 0;
}

/* ---- lists ------------------------------------------------------------------------------------------------------ */

/* Adds where the list is of the kind that the line is of, else takes away; an errno stays with what is taken away. */
static void put_call(struct list *list, unsigned call, bool inverted, int error)
{
	if (inverted != list->allows || error != NONE)
		list->error[call] = error;
	else
		list->error[call] = UNLISTED;
}

static int put_group(struct unit *unit, struct list *list, const char *name, bool inverted, int error)
{
	struct fst_callset set;
	int r = fst_list_group(unit->reading, name, &set);

	for (unsigned call = 0; call < flagstop_call_count() && !r; call++)
		for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
			if (fst_callset_has(&set, abi, call)) {
				put_call(list, call, inverted, error);
				break;
			}
	return r;
}

static int put_name(struct unit *unit, struct list *list, struct fst_slice word, bool inverted, int error)
{
	struct fst_spot spot = fst_slice_spot(unit->reading, word);
	const char *name = fst_slice_copy(unit->reading, word);
	int call;

	if (*name == '@' && !fst_list_is_systemd_group(name + 1)) {
		fst_losses_add(unit->reading->losses, FLAGSTOP_LOSS_UNKNOWN_CALL, "unknown-group", &spot,
			       "no set of systemd's is named '%.60s': left out", name);
		return 0;
	}
	if (*name == '@')
		return put_group(unit, list, name + 1, inverted, error);
	call = fst_read_call(unit->reading, name, &spot);
	if (call >= 0)
		put_call(list, (unsigned)call, inverted, error);
	return 0;
}

static int put_word(struct unit *unit, struct list *list, struct fst_slice word, bool inverted)
{
	struct fst_slice name, error_word = word;
	int error = NONE, r = 0;

	if (!fst_slice_cut(&error_word, ':', &name))
		return put_name(unit, list, word, inverted, NONE);
	r = read_error(unit, error_word, &error);
	if (!r && !name.bytes)
		r = fail_at(unit, word, "expected a call or an @set");
	if (!r && !inverted) {
		struct fst_spot spot = fst_slice_spot(unit->reading, word);

		fst_losses_add(unit->reading->losses, FLAGSTOP_LOSS_MEANING, "allowed-errno", &spot,
			       "systemd ignores what is allowed with an errno: '%.60s'",
			       fst_slice_copy(unit->reading, word));
		return 0;
	}
	return r ? r : put_name(unit, list, name, inverted, error);
}

static void reset(struct list *list)
{
	list->given = false;
	for (unsigned call = 0; call < flagstop_call_count(); call++)
		list->error[call] = UNLISTED;
}

static int read_list(struct unit *unit, struct list *list, struct fst_slice value)
{
	struct fst_slice word;
	bool inverted = fst_slice_begins(value, "~");
	int r = 0;

	if (!value.bytes) {
		reset(list);
		return 0;
	}
	if (inverted) {
		value.text++;
		value.bytes--;
	}
	if (!list->given) {
		list->given = true;
		list->allows = !inverted;
		if (list == &unit->filter && list->allows)
			r = put_group(unit, list, "default", false, NONE);
	}
	while (!r && fst_slice_word(&value, FST_SLICE_BLANKS, &word)) {
		r = fst_list_count(unit->reading, word, &unit->words);
		if (!r)
			r = put_word(unit, list, word, inverted);
	}
	return r;
}

/* ---- settings --------------------------------------------------------------------------------------------------- */

static int read_filter(struct unit *unit, struct fst_slice value)
{
	return read_list(unit, &unit->filter, value);
}

static int read_log(struct unit *unit, struct fst_slice value)
{
	return read_list(unit, &unit->log, value);
}

static int read_error_number(struct unit *unit, struct fst_slice value)
{
	unit->error = KILL;
	return value.bytes ? read_error(unit, value, &unit->error) : 0;
}

static int read_archs(struct unit *unit, struct fst_slice value)
{
	struct fst_slice word;
	unsigned i;

	if (!value.bytes)
		unit->abis = 0;
	while (fst_slice_word(&value, FST_SLICE_BLANKS, &word)) {
		struct fst_spot spot = fst_slice_spot(unit->reading, word);

		for (i = 0; i < ARCHS && !fst_slice_is(word, archs[i].name); i++)
			;
		if (i < ARCHS)
			unit->abis |= 1u << archs[i].abi;
		else if (fst_slice_is(word, "native"))
			unit->abis |= 1u << unit->reading->options.native;
		else
			fst_losses_add(unit->reading->losses, FLAGSTOP_LOSS_MEANING, "architecture", &spot,
				       "the tables do not have the architecture '%.40s': its programs are killed",
				       fst_slice_copy(unit->reading, word));
	}
	return 0;
}

static const struct {
	const char *key;
	int (*read)(struct unit *unit, struct fst_slice value);
} settings[] = {
	{ "SystemCallFilter", read_filter },
	{ "SystemCallErrorNumber", read_error_number },
	{ "SystemCallArchitectures", read_archs },
	{ "SystemCallLog", read_log },
};

/* Settings that systemd makes filters of, too. */
static bool makes_filters(struct fst_slice key)
{
	static const char *const keys[] = {
		"RestrictAddressFamilies",
		"RestrictNamespaces",
		"RestrictRealtime",
		"RestrictSUIDSGID",
		"MemoryDenyWriteExecute",
		"LockPersonality",
		"ProtectClock",
		"ProtectKernelModules",
		"ProtectKernelLogs",
		"ProtectHostname",
		"ProtectKernelTunables",
		"PrivateDevices",
	};

	for (unsigned i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (fst_slice_is(key, keys[i]))
			return true;
	return false;
}

static int read_setting(struct unit *unit, struct fst_slice line)
{
	struct fst_spot spot = fst_slice_spot(unit->reading, line);
	struct fst_slice key, value = line;

	if (!fst_slice_cut(&value, '=', &key))
		return fail_at(unit, line, "expected a setting as SystemCallFilter=@system-service");
	key = fst_slice_trim(key);
	value = fst_slice_trim(value);
	for (unsigned i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		if (fst_slice_is(key, settings[i].key))
			return settings[i].read(unit, value);
	if (makes_filters(key))
		fst_losses_add(unit->reading->losses, FLAGSTOP_LOSS_MEANING, "setting", &spot,
			       "%s= is not carried over, though systemd makes a filter of it",
			       fst_slice_copy(unit->reading, key));
	else
		fst_losses_add(unit->reading->losses, FLAGSTOP_LOSS_NOTE, "settings", &spot,
			       "settings that are not about system calls are left out");
	return 0;
}

static int read_lines(struct unit *unit)
{
	struct fst_slice line;
	size_t at = 0;
	int r = 0;

	while (!r && fst_slice_line(unit->reading, &at, true, &line))
		if (line.bytes && !strchr("#;[", line.text[0]))
			r = read_setting(unit, line);
	return r;
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

static struct flagstop_verdict verdict_of(int error)
{
	return error == KILL ? fst_verdict(FLAGSTOP_ACTION_KILL_PROCESS, 0) : fst_verdict_errno(error);
}

static struct flagstop_verdict listed_verdict(const struct unit *unit, unsigned call)
{
	int error = unit->filter.error[call];

	if (error != NONE)
		return verdict_of(error);
	return unit->filter.allows ? fst_verdict(FLAGSTOP_ACTION_ALLOW, 0) : verdict_of(unit->error);
}

/* Logging is a filter of its own: it says something of what the other one lets through. */
static struct flagstop_verdict with_log(const struct unit *unit, bool listed, struct flagstop_verdict verdict)
{
	if (unit->log.given && verdict.action == FLAGSTOP_ACTION_ALLOW && listed == unit->log.allows)
		verdict.action = FLAGSTOP_ACTION_LOG;
	return verdict;
}

/* libseccomp lets socketcall() through to what socket() gets, unless it is listed itself. */
static int add_muxed(struct unit *unit, struct fst_profile *profile, unsigned call, struct flagstop_verdict verdict)
{
	int r = 0;

	for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT && !r; abi++) {
		unsigned muxed;
		int number = profile->by_abi[abi] ? fst_profile_mux(abi, call, &muxed) : -ENOENT;

		if (number < 0 || unit->filter.error[muxed] != UNLISTED)
			continue;
		const struct fst_cond *when = fst_cond_compare(profile, abi, muxed, 0, FST_COMPARE_EQ, (uint64_t)number,
							       0, NULL);
		r = when ? fst_profile_add(profile, abi, muxed, when, verdict) : -ENOMEM;
	}
	return r;
}

static int build(struct unit *unit)
{
	unsigned abis = unit->abis ? unit->abis : fst_family_of(unit->reading->options.native);
	struct fst_profile *profile = fst_profile_new(unit->reading->scratch, abis);
	int r = profile ? 0 : -ENOMEM;

	if (!r) {
		profile->fallback = unit->filter.given && unit->filter.allows ? verdict_of(unit->error) :
										fst_verdict(FLAGSTOP_ACTION_ALLOW, 0);
		profile->unknown = profile->fallback = with_log(unit, false, profile->fallback);
	}
	for (unsigned call = 0; call < flagstop_call_count() && !r; call++) {
		bool listed = unit->filter.error[call] != UNLISTED;
		bool logged = unit->log.error[call] != UNLISTED;
		struct flagstop_verdict verdict = listed ? listed_verdict(unit, call) : profile->fallback;

		if (!listed && !logged)
			continue;
		if (!listed && verdict.action == FLAGSTOP_ACTION_LOG)
			verdict.action = FLAGSTOP_ACTION_ALLOW;
		verdict = with_log(unit, logged, verdict);
		r = fst_profile_add_all(profile, abis, call, verdict);
		if (!r && listed)
			r = add_muxed(unit, profile, call, verdict);
	}
	unit->reading->profile = profile;
	return r ? fst_read_no_memory(unit->reading) : 0;
}

int fst_systemd_read(struct fst_reading *reading)
{
	struct unit unit = { .reading = reading, .error = KILL };
	int r;

	unit.filter.error = talloc_array(reading->scratch, int, flagstop_call_count());
	unit.log.error = talloc_array(reading->scratch, int, flagstop_call_count());
	if (!unit.filter.error || !unit.log.error)
		return fst_read_no_memory(reading);
	reset(&unit.filter);
	reset(&unit.log);
	r = read_lines(&unit);
	/* Architectures alone are a filter, too: all calls of the others are killed. */
	if (!r && !unit.filter.given && !unit.log.given && !unit.abis) {
		struct fst_spot spot = { .file = reading->name };

		r = fst_read_fail(reading, &spot, -EBADMSG, "expected a line as SystemCallFilter=@system-service");
	}
	return r ? r : build(&unit);
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

static void put_line(struct fst_writing *writing, const char *key, const char *prefix, const struct fst_flat *flat,
		     bool (*wanted)(const struct fst_writing *, const struct fst_flat *, unsigned),
		     bool with_errno)
{
	struct fst_wrap wrap = { 0, false };

	for (unsigned call = 0; call < flagstop_call_count(); call++) {
		char word[128], number[16];

		if (!flat[call].has || !wanted(writing, flat, call))
			continue;
		snprintf(word, sizeof(word), "%s", flagstop_call_name(call));
		if (with_errno && fst_verdict_kills(flat[call].verdict))
			snprintf(word, sizeof(word), "%s:kill", flagstop_call_name(call));
		else if (with_errno)
			snprintf(word, sizeof(word), "%s:%s", flagstop_call_name(call),
				 fst_list_errno_text(writing, flat[call].verdict, number));
		if (!wrap.any)
			fst_write_put(writing, "%s=%s", key, prefix);
		fst_write_word(writing, &wrap, " ", " \\\n\t", word);
	}
	if (wrap.any)
		fst_write_put(writing, "\n");
}

static bool is_allowed(const struct fst_writing *writing, const struct fst_flat *flat, unsigned call)
{
	(void)writing;
	return fst_verdict_lets_through(flat[call].verdict);
}

static bool is_logged(const struct fst_writing *writing, const struct fst_flat *flat, unsigned call)
{
	(void)writing;
	return flat[call].verdict.action == FLAGSTOP_ACTION_LOG;
}

/* What neither the default nor the list of what is allowed says. */
static bool is_refused_otherwise(const struct fst_writing *writing, const struct fst_flat *flat, unsigned call)
{
	struct flagstop_verdict fallback = writing->bound->layer->fallback.verdict;

	if (fst_verdict_lets_through(flat[call].verdict))
		return false;
	return fst_verdict_lets_through(fallback) || !fst_verdict_equal(flat[call].verdict, fallback);
}

static void put_archs(struct fst_writing *writing)
{
	struct fst_wrap wrap = { 0, false };

	fst_write_put(writing, "SystemCallArchitectures=");
	for (unsigned i = 0; i < ARCHS; i++)
		if (writing->bound->layer->abis >> archs[i].abi & 1)
			fst_write_word(writing, &wrap, " ", NULL, archs[i].name);
	fst_write_put(writing, "\n");
}

static void note_verdicts(struct fst_writing *writing, const struct fst_flat *flat)
{
	for (unsigned call = 0; call < flagstop_call_count(); call++) {
		enum flagstop_action action = flat[call].verdict.action;

		if (!flat[call].has)
			continue;
		if (action == FLAGSTOP_ACTION_KILL_THREAD || action == FLAGSTOP_ACTION_TRAP)
			fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "kill", NULL,
				       "'%s' becomes a kill of the process", flagstop_action_name(action));
		if (action == FLAGSTOP_ACTION_TRACE)
			fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "trace", NULL,
				       "'trace' becomes plainly allowed");
	}
	if (writing->bound->layer->fallback.verdict.action == FLAGSTOP_ACTION_LOG)
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "log", NULL,
			       "what no rule names is logged: of that only the calls that the tables have");
	if (!fst_verdict_equal(writing->bound->layer->fallback.verdict, writing->bound->layer->unknown.verdict))
		fst_losses_add(writing->losses, FLAGSTOP_LOSS_MEANING, "unknown", NULL,
			       "numbers that no call has get the default, which 'unknown' does not");
}

/* An allow-list begins with @default: what of it is not allowed has to be taken away again. */
static int put_taken_away(struct fst_writing *writing, const struct fst_flat *flat)
{
	struct fst_reading reading = { .scratch = writing->scratch,
				       .losses = writing->losses,
				       .error = writing->error };
	struct fst_wrap wrap = { 0, false };
	struct fst_callset set;
	int r = fst_list_group(&reading, "default", &set);

	for (unsigned call = 0; call < flagstop_call_count() && !r; call++) {
		bool implied = false;

		for (unsigned abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
			implied |= fst_callset_has(&set, abi, call);
		if (!implied || !flat[call].has || fst_verdict_lets_through(flat[call].verdict) ||
		    is_refused_otherwise(writing, flat, call))
			continue;
		if (!wrap.any)
			fst_write_put(writing, "SystemCallFilter=~");
		fst_write_word(writing, &wrap, " ", " \\\n\t", flagstop_call_name(call));
	}
	if (wrap.any)
		fst_write_put(writing, "\n");
	return r;
}

int fst_systemd_write(struct fst_writing *writing)
{
	struct flagstop_verdict fallback = writing->bound->layer->fallback.verdict;
	struct fst_flat *flat = fst_list_flat(writing);
	char number[16];
	int r = 0;

	if (!flat)
		return fst_error_set(writing->error, -ENOMEM, "no memory");
	note_verdicts(writing, flat);
	fst_write_put(writing, "[Service]\n");
	put_archs(writing);
	if (fst_verdict_lets_through(fallback)) {
		put_line(writing, "SystemCallFilter", "~", flat, is_refused_otherwise, true);
	} else {
		if (fst_verdict_kills(fallback))
			fst_write_put(writing, "SystemCallErrorNumber=kill\n");
		else
			fst_write_put(writing, "SystemCallErrorNumber=%s\n",
				      fst_list_errno_text(writing, fallback, number));
		put_line(writing, "SystemCallFilter", "", flat, is_allowed, false);
		r = put_taken_away(writing, flat);
		put_line(writing, "SystemCallFilter", "~", flat, is_refused_otherwise, true);
	}
	put_line(writing, "SystemCallLog", "", flat, is_logged, false);
	return r;
}
