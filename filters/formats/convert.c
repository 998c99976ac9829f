/* SPDX-License-Identifier: MIT */
/*
 * The table of formats, and one conversion: source → policy text → policy → result. Decides that nothing comes out
 * unless all of it went well; knows no format.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <talloc.h>

#include <filters/error.h>
#include <filters/formats/format.h>

#define BOTH (FLAGSTOP_FORMAT_READ | FLAGSTOP_FORMAT_WRITE)

static const struct fst_format formats[] = {
	{ "flagstop", "a policy of our own", BOTH, fst_policy_read, fst_policy_write },
	{ "oci", "the JSON profile of Docker, Podman and OCI runtimes", BOTH, fst_oci_read, fst_oci_write },
	{ "systemd", "SystemCallFilter= and its relatives", BOTH, fst_systemd_read, fst_systemd_write },
	{ "minijail", "a policy file of minijail0", BOTH, fst_minijail_read, fst_minijail_write },
	{ "firejail", "seccomp lines of a firejail profile", BOTH, fst_firejail_read, fst_firejail_write },
	{ "pledge", "promises of pledge(2)", FLAGSTOP_FORMAT_READ, fst_pledge_read, NULL },
	{ "strace", "a set of calls as strace -e takes it", FLAGSTOP_FORMAT_READ, fst_strace_read, NULL },
	{ "libseccomp", "C source that builds the filter with libseccomp", FLAGSTOP_FORMAT_WRITE, NULL,
	  fst_libseccomp_write },
	{ "raw", "a program as seccomp(2) and bwrap --seccomp take it", FLAGSTOP_FORMAT_WRITE | FLAGSTOP_FORMAT_BINARY,
	  NULL, fst_raw_write },
	{ "asm", "the program as assembler", FLAGSTOP_FORMAT_WRITE, NULL, fst_asm_write },
	{ "c", "the program as a C array", FLAGSTOP_FORMAT_WRITE, NULL, fst_c_write },
};

#define FORMATS (sizeof(formats) / sizeof(*formats))

struct flagstop_conversion {
	struct fst_losses losses;
	char *text;
	size_t bytes;
};

const char *flagstop_format(unsigned index, unsigned *ret_can, const char **ret_description)
{
	if (index >= FORMATS)
		return NULL;
	if (ret_can)
		*ret_can = formats[index].can;
	if (ret_description)
		*ret_description = formats[index].description;
	return formats[index].name;
}

/* ---- places ----------------------------------------------------------------------------------------------------- */

struct fst_spot fst_spot_at(const char *file, const char *text, size_t bytes, size_t offset, size_t columns)
{
	return (struct fst_spot){ file, text, bytes, offset, 0, 0, (unsigned)(columns ? columns : 1) };
}

/* Reading a long text would take its length squared if each place were counted out. */
static struct fst_spot resolve(const struct fst_spot *spot)
{
	struct fst_spot resolved = *spot;

	if (spot->line || !spot->text)
		return resolved;
	resolved.line = resolved.column = 1;
	for (size_t i = 0; i < spot->offset && i < spot->bytes; i++) {
		resolved.column++;
		if (spot->text[i] == '\n') {
			resolved.line++;
			resolved.column = 1;
		}
	}
	return resolved;
}

/* ---- losses ----------------------------------------------------------------------------------------------------- */

static uint64_t hash_of(const char *text)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	while (*text)
		hash = (hash ^ (unsigned char)*text++) * UINT64_C(1099511628211);
	return hash;
}

static struct flagstop_loss *find_loss(struct fst_losses *losses, const char *name, const char *text, uint64_t hash)
{
	for (unsigned i = 0; i < losses->count; i++)
		if (losses->hashes[i] == hash && !strcmp(losses->list[i].name, name) &&
		    !strcmp(losses->list[i].text, text))
			return &losses->list[i];
	return NULL;
}

static struct flagstop_loss *new_loss(struct fst_losses *losses, uint64_t hash)
{
	if (losses->count == losses->size) {
		unsigned size = losses->size ? 2 * losses->size : 8;
		struct flagstop_loss *list =
			talloc_realloc(losses->parent, losses->list, struct flagstop_loss, size);
		uint64_t *hashes = talloc_realloc(losses->parent, losses->hashes, uint64_t, size);

		if (list)
			losses->list = list;
		if (hashes)
			losses->hashes = hashes;
		if (!list || !hashes)
			return NULL;
		losses->size = size;
	}
	losses->hashes[losses->count] = hash;
	return &losses->list[losses->count++];
}

void fst_losses_add(struct fst_losses *losses, enum flagstop_loss_kind kind, const char *name,
		    const struct fst_spot *spot, const char *format, ...)
{
	struct flagstop_loss *loss;
	va_list args;

	va_start(args, format);
	char *text = talloc_vasprintf(losses->parent, format, args);
	va_end(args);
	uint64_t hash = text ? hash_of(text) : 0;
	loss = text ? find_loss(losses, name, text, hash) : NULL;
	if (!loss && losses->count == FST_LOSSES_MAX) {
		loss = &losses->list[FST_LOSSES_MAX - 1];
		loss->name = "more";
		loss->text = "more than can be listed";
	}
	if (loss) {
		loss->count++;
		talloc_free(text);
		return;
	}
	const char *file = talloc_strdup(losses->parent, spot && spot->file ? spot->file : "");
	loss = text && file ? new_loss(losses, hash) : NULL;
	if (!loss) {
		losses->no_memory = true;
		return;
	}
	for (char *at = text; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = '?';
	struct fst_spot resolved = spot ? resolve(spot) : (struct fst_spot){ 0 };
	*loss = (struct flagstop_loss){ kind, name, text, file, resolved.line, resolved.column, 1 };
}

const struct flagstop_loss *flagstop_conversion_loss(const struct flagstop_conversion *conversion, size_t index)
{
	return index < conversion->losses.count ? &conversion->losses.list[index] : NULL;
}

size_t flagstop_conversion_losses(const struct flagstop_conversion *conversion)
{
	size_t count = 0;

	for (unsigned i = 0; i < conversion->losses.count; i++)
		count += conversion->losses.list[i].kind != FLAGSTOP_LOSS_NOTE;
	return count;
}

/* ---- what readers need ------------------------------------------------------------------------------------------ */

static const char *line_of(const struct fst_spot *spot, size_t *ret_bytes)
{
	const char *at = spot->text, *end = spot->text + spot->bytes;

	for (unsigned line = 1; line < spot->line && at < end; line++) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));

		at = newline ? newline + 1 : end;
	}
	const char *newline = memchr(at, '\n', (size_t)(end - at));
	*ret_bytes = (size_t)((newline ? newline : end) - at);
	return at;
}

int fst_read_fail(struct fst_reading *reading, const struct fst_spot *spot, int code, const char *format, ...)
{
	char message[sizeof(reading->error->message)];
	va_list args;
	size_t bytes;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	fst_error_set(reading->error, code, "%s", message);
	if (spot && spot->text) {
		struct fst_spot resolved = resolve(spot);
		const char *line = line_of(&resolved, &bytes);

		fst_error_place(reading->error, spot->file, resolved.line, resolved.column, resolved.columns, line,
				bytes);
	} else if (spot) {
		fst_error_place(reading->error, spot->file, spot->line, spot->column, spot->columns, "", 0);
	}
	return code;
}

int fst_read_no_memory(struct fst_reading *reading)
{
	return fst_error_set(reading->error, -ENOMEM, "no memory");
}

int fst_read_call(struct fst_reading *reading, const char *name, const struct fst_spot *spot)
{
	int call = flagstop_call_find(name);

	if (call >= 0)
		return call;
	fst_losses_add(reading->losses, FLAGSTOP_LOSS_UNKNOWN_CALL, "unknown-call", spot,
		       "no call is named '%.60s': left out", name);
	return -ENOENT;
}

int fst_read_errno(const char *text)
{
	char *end;
	unsigned long number;

	if (*text < '0' || *text > '9')
		return flagstop_errno_find(text);
	errno = 0;
	number = strtoul(text, &end, 0);
	return *end || errno || number > 65535 ? -ENOENT : (int)number;
}

unsigned fst_family_of(enum flagstop_abi native)
{
	switch (native) {
	case FLAGSTOP_ABI_X86_64:
	case FLAGSTOP_ABI_X32:
		return 1u << FLAGSTOP_ABI_X86_64 | 1u << FLAGSTOP_ABI_X32 | 1u << FLAGSTOP_ABI_I386;
	case FLAGSTOP_ABI_AARCH64:
		return 1u << FLAGSTOP_ABI_AARCH64 | 1u << FLAGSTOP_ABI_ARM;
	default:
		return 1u << native;
	}
}

/* ---- what writers need ------------------------------------------------------------------------------------------ */

void fst_write_put(struct fst_writing *writing, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (!writing->failed) {
		char *text = talloc_vasprintf_append_buffer(writing->text, format, args);

		writing->failed = !text;
		if (text)
			writing->text = text;
	}
	va_end(args);
}

void fst_write_bytes(struct fst_writing *writing, const void *bytes, size_t count)
{
	char *text = talloc_realloc(writing->scratch, writing->text, char, writing->bytes + count + 1);

	if (!text) {
		writing->failed = true;
		return;
	}
	memcpy(text + writing->bytes, bytes, count);
	writing->bytes += count;
	text[writing->bytes] = '\0';
	writing->text = text;
}

void fst_write_word(struct fst_writing *writing, struct fst_wrap *wrap, const char *separator, const char *newline,
		    const char *word)
{
	unsigned bytes = (unsigned)strlen(word), gap = wrap->any ? (unsigned)strlen(separator) : 0;

	if (newline && wrap->any && wrap->column + gap + bytes > 98) {
		fst_write_put(writing, "%s%s", newline, word);
		wrap->column = bytes + 8;
	} else {
		fst_write_put(writing, "%s%s", wrap->any ? separator : "", word);
		wrap->column += gap + bytes;
	}
	wrap->any = true;
}

struct fst_spot fst_write_spot(const struct fst_writing *writing, const struct fst_rule *rule)
{
	struct fst_spot spot = { 0 };

	/* The lines of a policy that a reader made are nobody's: they would be looked for in the source. */
	if (writing->source && rule && rule->place.line)
		spot = (struct fst_spot){ .file = rule->place.file,
					  .line = rule->place.line,
					  .column = rule->place.column };
	return spot;
}

/* ---- the conversion --------------------------------------------------------------------------------------------- */

static const struct fst_format *find(const char *name)
{
	for (size_t i = 0; name && i < FORMATS; i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

static int find_both(const char *from, const char *to, const struct fst_format *ret[2], struct flagstop_error *error)
{
	const char *names[] = { from, to };

	for (int i = 0; i < 2; i++) {
		ret[i] = find(names[i]);
		if (!ret[i])
			return fst_error_set(error, -ENOENT, "no format is named '%s'", names[i] ? names[i] : "");
		if (!(ret[i]->can & (i ? FLAGSTOP_FORMAT_WRITE : FLAGSTOP_FORMAT_READ)))
			return fst_error_set(error, -EOPNOTSUPP, "format '%s' can only be %s", names[i],
					     i ? "read" : "written");
	}
	return 0;
}

static int complete(struct flagstop_convert_options *options, const struct flagstop_convert_options *given,
		    struct flagstop_error *error)
{
	*options = (struct flagstop_convert_options)FLAGSTOP_CONVERT_OPTIONS_INIT;
	if (given && given->struct_bytes < sizeof(*given))
		return fst_error_set(error, -EINVAL, "the options were not initialised");
	if (given)
		*options = *given;
	if (!(options->given & FLAGSTOP_CONVERT_NATIVE))
		options->native = flagstop_abi_native();
	if ((unsigned)options->native >= FLAGSTOP_ABI_COUNT)
		return fst_error_set(error, -EINVAL, "no such ABI");
	if (!options->kernel)
		options->kernel = flagstop_tables_release();
	return 0;
}

static int read_source(const struct fst_format *format, struct fst_reading *reading)
{
	const char *zero = memchr(reading->text, '\0', reading->bytes);
	int r;

	if (reading->bytes > FLAGSTOP_CONVERT_MAX_BYTES)
		return fst_error_set(reading->error, -E2BIG, "%s is larger than %d bytes", reading->name,
				     FLAGSTOP_CONVERT_MAX_BYTES);
	if (zero) {
		struct fst_spot spot = fst_spot_at(reading->name, reading->text, reading->bytes,
						   (size_t)(zero - reading->text), 1);

		return fst_read_fail(reading, &spot, -EBADMSG, "not a text file: byte 0x00");
	}
	r = format->read(reading);
	if (r && reading->profile && reading->profile->too_many)
		return fst_error_set(reading->error, -E2BIG, "%s comes to more than %d rules", reading->name,
				     FLAGSTOP_CONVERT_MAX_RULES);
	if (r || reading->policy_text)
		return r;
	reading->profile->comment = talloc_asprintf(reading->profile, "# from %s (%s)\n", reading->name, format->name);
	reading->policy_text = fst_profile_text(reading->profile, reading->scratch);
	return reading->policy_text ? 0 : fst_read_no_memory(reading);
}

/* A policy of a foreign format is our own doing: a mistake in it is an internal one. */
static int load(const struct fst_format *format, struct fst_reading *reading, struct flagstop_policy *policy)
{
	size_t bytes = strlen(reading->policy_text);
	int r;

	if (format->read == fst_policy_read && !strcmp(reading->name, "-"))
		return flagstop_policy_add_text(policy, "<stdin>", reading->policy_text, bytes, reading->error);
	if (format->read == fst_policy_read && strchr(reading->name, '/'))
		return fst_policy_add_text(policy, reading->name, reading->policy_text, bytes,
					   talloc_strndup(reading->scratch, reading->name,
							  (size_t)(strrchr(reading->name, '/') - reading->name + 1)),
					   reading->error);
	r = flagstop_policy_add_text(policy, reading->name, reading->policy_text, bytes, reading->error);
	if (r == -EBADMSG && format->read != fst_policy_read)
		fst_error_hint(reading->error, "this is the policy that '%s' was read as; it should have been right",
			       format->name);
	return r;
}

static int write_result(const struct fst_format *from, const struct fst_format *to, struct fst_reading *reading,
			const struct flagstop_policy *policy, struct flagstop_conversion *conversion)
{
	struct fst_writing writing = {
		.scratch = reading->scratch,
		.policy = policy,
		.bound = policy->layers[0],
		.native = reading->options.native,
		.source = from->read == fst_policy_read ? reading->name : NULL,
		.losses = reading->losses,
		.error = reading->error,
		.text = talloc_strdup(reading->scratch, ""),
	};
	int r;

	if (fst_policy_has_facts(policy) || fst_policy_has_rewrites(policy)) {
		fst_error_set(reading->error, -EOPNOTSUPP,
			      "no format has conditions on paths and strings, or rewrites");
		fst_error_hint(reading->error, "filters decide by registers alone; what is behind them takes a tracer");
		return -EOPNOTSUPP;
	}
	/* Both ways through the text of a policy would only lose its comments. */
	if (to->write == fst_policy_write && from->read != fst_policy_read) {
		conversion->text = talloc_strdup(conversion, reading->policy_text);
		conversion->bytes = conversion->text ? strlen(conversion->text) : 0;
		return conversion->text ? 0 : fst_read_no_memory(reading);
	}
	r = to->write(&writing);
	if (!r && (writing.failed || !writing.text || reading->losses->no_memory))
		r = fst_read_no_memory(reading);
	if (r)
		return r;
	conversion->bytes = to->can & FLAGSTOP_FORMAT_BINARY ? writing.bytes : strlen(writing.text);
	conversion->text = talloc_steal(conversion, writing.text);
	return 0;
}

static int run(const struct fst_format *from, const struct fst_format *to, struct fst_reading *reading,
	       struct flagstop_conversion *conversion)
{
	struct flagstop_policy *policy;
	int r = read_source(from, reading);

	if (r)
		return r;
	policy = flagstop_policy_new();
	if (!policy)
		return fst_read_no_memory(reading);
	talloc_steal(reading->scratch, policy);
	r = load(from, reading, policy);
	if (!r)
		r = write_result(from, to, reading, policy, conversion);
	return r;
}

/*
 * With a zero byte behind it. What talloc_strndup copies ends at the first one, and `bytes` would be more than
 * there is.
 */
static const char *copy_bytes(void *parent, const char *text, size_t bytes)
{
	char *copy = talloc_size(parent, bytes + 1);

	if (copy && bytes)
		memcpy(copy, text, bytes);
	if (copy)
		copy[bytes] = '\0';
	return copy;
}

int flagstop_convert(const char *from, const char *to, const char *name, const char *text, size_t bytes,
		     const struct flagstop_convert_options *options, struct flagstop_conversion **ret_conversion,
		     struct flagstop_error *reterr_error)
{
	struct flagstop_error unwanted = FLAGSTOP_ERROR_INIT;
	struct fst_reading reading = { .name = name, .bytes = bytes };
	struct flagstop_conversion *conversion;
	const struct fst_format *both[2];
	int r;

	reading.error = reterr_error ? reterr_error : &unwanted;
	if (!name || (!text && bytes) || !ret_conversion)
		return fst_error_set(reading.error, -EINVAL, "a conversion needs a name and a text");
	r = find_both(from, to, both, reading.error);
	if (!r)
		r = complete(&reading.options, options, reading.error);
	if (r)
		return r;
	conversion = talloc_zero(NULL, struct flagstop_conversion);
	reading.scratch = talloc_new(conversion);
	reading.text = copy_bytes(reading.scratch, text, bytes);
	if (!reading.scratch || !reading.text) {
		talloc_free(conversion);
		return fst_read_no_memory(&reading);
	}
	conversion->losses.parent = conversion;
	reading.losses = &conversion->losses;
	r = run(both[0], both[1], &reading, conversion);
	if (r) {
		talloc_free(conversion);
		return r;
	}
	talloc_free(reading.scratch);
	*ret_conversion = conversion;
	return 0;
}

void flagstop_conversion_free(struct flagstop_conversion *conversion)
{
	talloc_free(conversion);
}

const char *flagstop_conversion_text(const struct flagstop_conversion *conversion, size_t *ret_bytes)
{
	if (ret_bytes)
		*ret_bytes = conversion->bytes;
	return conversion->text;
}
