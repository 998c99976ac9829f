/* SPDX-License-Identifier: MIT */
#ifndef FST_FUZZ_FORMATS_H
#define FST_FUZZ_FORMATS_H

/*
 * The targets that convert: other programs' profiles, whose format the first line names, to policies; and policies to
 * every format that can be written.
 */

#include <flagstop/convert.h>
#include <tests/fuzz/targets.h>

/* minijail's and our own policies read other files: see fuzz_is_harmless. */
static inline bool fuzz_is_harmless_profile(const char *format, const uint8_t *bytes, size_t count)
{
	if (strcmp(format, "minijail") && strcmp(format, "flagstop"))
		return true;
	return fuzz_is_harmless(bytes, count) && !memmem(bytes, count, "@", 1);
}

static inline bool fuzz_is_format(const char *name)
{
	const char *each, *description;
	unsigned can;

	for (unsigned i = 0; (each = flagstop_format(i, &can, &description)); i++)
		if (!strcmp(each, name))
			return can & FLAGSTOP_FORMAT_READ;
	return false;
}

/* What a reader writes is a policy. */
static inline const char *fuzz_check_converted(const struct flagstop_conversion *conversion)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	const struct flagstop_loss *loss;
	size_t bytes;
	const char *text = flagstop_conversion_text(conversion, &bytes), *wrong = NULL;

	if (policy && flagstop_policy_add_text(policy, "converted.fs", text, bytes, NULL))
		wrong = "a profile was converted to what is no policy";
	for (size_t i = 0; (loss = flagstop_conversion_loss(conversion, i)); i++)
		if (!loss->name[0] || !loss->text[0] || !loss->count)
			wrong = "a loss without words";
	flagstop_policy_free(policy);
	return wrong;
}

static inline const char *fuzz_convert(const char *from, const char *to, const uint8_t *bytes, size_t count,
				       bool is_policy)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_conversion *conversion = NULL;
	int r = flagstop_convert(from, to, "fuzz", (const char *)bytes, count, NULL, &conversion, &error);
	const char *wrong = NULL;

	if (r)
		return r == -ENOMEM ? NULL :
			conversion  ? "a conversion that failed is there" :
				      fuzz_check_error(&error, r);
	if (is_policy)
		wrong = fuzz_check_converted(conversion);
	flagstop_conversion_free(conversion);
	return wrong;
}

static inline const char *fuzz_readers(const uint8_t *bytes, size_t count)
{
	const uint8_t *end = count ? memchr(bytes, '\n', count < 16 ? count : 16) : NULL;
	char format[16];
	size_t head;

	if (!end)
		return NULL;
	head = (size_t)(end - bytes);
	memcpy(format, bytes, head);
	format[head] = '\0';
	bytes += head + 1;
	count -= head + 1;
	if (!fuzz_is_format(format) || !fuzz_is_harmless_profile(format, bytes, count))
		return NULL;
	return fuzz_convert(format, "flagstop", bytes, count, true);
}

static inline const char *fuzz_writers(const uint8_t *bytes, size_t count)
{
	const char *each, *description, *wrong = NULL;
	unsigned can;

	if (!fuzz_is_harmless(bytes, count))
		return NULL;
	for (unsigned i = 0; (each = flagstop_format(i, &can, &description)) && !wrong; i++)
		if (can & FLAGSTOP_FORMAT_WRITE)
			wrong = fuzz_convert("flagstop", each, bytes, count, !strcmp(each, "flagstop"));
	return wrong;
}

#endif
