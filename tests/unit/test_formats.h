/* SPDX-License-Identifier: MIT */
#ifndef FST_TEST_FORMATS_H
#define FST_TEST_FORMATS_H

/* What the tests of formats share: conversions for one machine whatever the host is, and what was lost. */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <flagstop/convert.h>
#include <flagstop/policy.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static inline struct flagstop_convert_options options_for_x86_64(void)
{
	struct flagstop_convert_options options = FLAGSTOP_CONVERT_OPTIONS_INIT;

	options.native = FLAGSTOP_ABI_X86_64;
	options.given = FLAGSTOP_CONVERT_NATIVE;
	return options;
}

/* Fails the test, with the complaint, where the conversion does. */
static inline struct flagstop_conversion *converted(const char *from, const char *to, const char *text,
						    const struct flagstop_convert_options *options)
{
	struct flagstop_convert_options for_x86_64 = options_for_x86_64();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_conversion *conversion;
	char complaint[2048];

	if (!flagstop_convert(from, to, "t", text, strlen(text), options ? options : &for_x86_64, &conversion, &error))
		return conversion;
	flagstop_error_format(&error, complaint, sizeof(complaint));
	fail_msg("%s", complaint);
	return NULL;
}

static inline const struct flagstop_loss *find_loss(const struct flagstop_conversion *conversion, const char *name)
{
	const struct flagstop_loss *loss;

	for (size_t i = 0; (loss = flagstop_conversion_loss(conversion, i)); i++)
		if (!strcmp(loss->name, name))
			return loss;
	return NULL;
}

/* The text without the comment that says where it is from. */
static inline const char *without_head(const struct flagstop_conversion *conversion)
{
	const char *text = flagstop_conversion_text(conversion, NULL);

	return *text == '#' ? strchr(text, '\n') + 1 : text;
}

#endif
