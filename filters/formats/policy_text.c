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

/* pledge(2)'s words are the language's own; places are those of the words. */
int fst_pledge_read(struct fst_reading *reading)
{
	size_t at = 0, used = 0;
	char *promises = talloc_array(reading->scratch, char, reading->bytes + 1);

	if (!promises)
		return fst_read_no_memory(reading);
	/* Quotes and line ends are blanks, comments are nothing. */
	for (; at < reading->bytes; at++) {
		char c = reading->text[at];

		if (c == '#')
			while (at + 1 < reading->bytes && reading->text[at + 1] != '\n')
				at++;
		promises[used++] = strchr("#\"'\r\n\t,", c) ? ' ' : c;
	}
	promises[used] = '\0';
	if (strspn(promises, " ") == used) {
		struct fst_spot spot = fst_spot_at(reading->name, reading->text, reading->bytes, 0, 1);

		return fst_read_fail(reading, &spot, -EBADMSG, "expected promises as 'stdio rpath'");
	}
	reading->policy_text = talloc_asprintf(reading->scratch, "# from %s (pledge)\nabi %s\npromise %s\n", reading->name,
					       flagstop_abi_name(reading->options.native), promises);
	return reading->policy_text ? 0 : fst_read_no_memory(reading);
}
