/* SPDX-License-Identifier: MIT */
/* flagstop's own language as a format: read as it is, written call by call, so that equal policies look alike. */
#include <errno.h>
#include <string.h>

#include <talloc.h>

#include <filters/error.h>
#include <filters/formats/format.h>

int fst_policy_read(struct fst_reading *reading)
{
	reading->policy_text = reading->text;
	return 0;
}

int fst_policy_write(struct fst_writing *writing)
{
	struct fst_profile *profile = fst_profile_of_bound(writing->scratch, writing->bound);
	char *text = profile ? fst_profile_text(profile, writing->scratch) : NULL;

	if (!text)
		return fst_error_set(writing->error, -ENOMEM, "no memory");
	writing->text = text;
	return 0;
}

/* Comments, quotes and line ends become blanks, so that a word's offset stays what it was. */
static char *words_of(struct fst_reading *reading)
{
	char *words = talloc_strndup(reading->scratch, reading->text, reading->bytes);
	bool in_comment = false;

	for (char *at = words; at && *at; at++) {
		in_comment = *at == '#' || (in_comment && *at != '\n');
		if (in_comment || strchr("\"'\r\n\t,", *at))
			*at = ' ';
	}
	return words;
}

static int fail_at_offset(struct fst_reading *reading, int code)
{
	char message[sizeof(reading->error->message)], hint[sizeof(reading->error->hint)];
	unsigned offset = reading->error->column ? reading->error->column - 1 : 0, columns = reading->error->columns;
	struct fst_spot spot = fst_spot_at(reading->name, reading->text, reading->bytes, offset, columns);

	memcpy(message, reading->error->message, sizeof(message));
	memcpy(hint, reading->error->hint, sizeof(hint));
	fst_read_fail(reading, &spot, code, "%s", message);
	fst_error_hint(reading->error, "%s", hint);
	return code;
}

/* pledge(2)'s words are the language's own. */
int fst_pledge_read(struct fst_reading *reading)
{
	char *words = words_of(reading);
	struct fst_layer *layer;
	int r;

	if (!words)
		return fst_read_no_memory(reading);
	if (!words[strspn(words, " ")]) {
		struct fst_spot spot = fst_spot_at(reading->name, reading->text, reading->bytes, 0, 1);

		return fst_read_fail(reading, &spot, -EBADMSG, "expected promises as 'stdio rpath'");
	}
	r = fst_parse_promises(reading->scratch, words, &layer, reading->error);
	if (r)
		return r == -ENOMEM ? r : fail_at_offset(reading, r);
	reading->policy_text = talloc_asprintf(reading->scratch, "# from %s (pledge)\nabi %s\npromise %s\n",
					       reading->name, flagstop_abi_name(reading->options.native), words);
	return reading->policy_text ? 0 : fst_read_no_memory(reading);
}
