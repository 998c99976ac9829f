/* SPDX-License-Identifier: MIT */
/*
 * Every profile, written in every format that is read, too, and read again: it means the same for every call, or that
 * something was lost was said. What is equal and said to have lost something would cry wolf; that fails as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <flagstop/compare.h>
#include <flagstop/flagstop.h>

#include <tests/profiles.h>

#include "test_formats.h"

struct trip {
	const struct profile *profile;
	const char *format;
};

/* What the library that carries the format out may do besides: policies that came from it have that already. */
static bool is_known_to_come_back(const struct flagstop_conversion *written)
{
	const struct flagstop_loss *loss;
	bool all = true;

	for (size_t i = 0; (loss = flagstop_conversion_loss(written, i)); i++) {
		if (loss->kind == FLAGSTOP_LOSS_NOTE || !strcmp(loss->name, "x32") ||
		    !strcmp(loss->name, "multiplexer") || !strcmp(loss->name, "trace"))
			continue;
		print_error("lost, and not gone: %s [%s]\n", loss->text, loss->name);
		all = false;
	}
	return all;
}

static struct flagstop_policy *policy_of(const struct flagstop_conversion *conversion)
{
	struct flagstop_policy *policy = flagstop_policy_new();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	size_t bytes;
	const char *text = flagstop_conversion_text(conversion, &bytes);

	if (flagstop_policy_add_text(policy, "trip.fs", text, bytes, &error))
		fail_msg("%s\n%s", error.message, text);
	return policy;
}

/* Prints the first difference. */
static enum flagstop_relation compare(const struct flagstop_policy *a, const struct flagstop_policy *b)
{
	struct flagstop_compare_options options = FLAGSTOP_COMPARE_OPTIONS_INIT;
	struct flagstop_side side_a = { .policy = a }, side_b = { .policy = b };
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_comparison *comparison;
	enum flagstop_relation relation;
	char call[256];

	if (flagstop_compare(&side_a, &side_b, &options, &comparison, &error))
		fail_msg("%s", error.message);
	relation = flagstop_comparison_relation(comparison);
	assert_true(flagstop_comparison_is_proven(comparison));
	if (relation != FLAGSTOP_RELATION_EQUAL) {
		const struct flagstop_difference *d = flagstop_comparison_get(comparison, 0);

		flagstop_call_format(d->abi < 0 ? FLAGSTOP_ABI_X86_64 : (enum flagstop_abi)d->abi, d->call.nr,
				     d->call.args, call, sizeof(call));
		print_message("%zu differences, as %s: %s became %s\n", flagstop_comparison_count(comparison), call,
			      d->a, d->b);
	}
	flagstop_comparison_free(comparison);
	return relation;
}

static void profile__comes_back_equal_or_its_losses_are_listed(void **state)
{
	const struct trip *trip = *state;
	struct flagstop_convert_options options = options_for_x86_64();
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_conversion *read, *written, *back;
	size_t bytes, lost;
	char *text = profile_text(trip->profile, &bytes);
	const char *name = trip->profile->path ? trip->profile->path : trip->profile->name;

	options.caps = trip->profile->caps;
	if (flagstop_convert(trip->profile->format, "flagstop", name, text, bytes, &options, &read, &error))
		fail_msg("%s", error.message);
	written = converted("flagstop", trip->format, flagstop_conversion_text(read, NULL), NULL);
	back = converted(trip->format, "flagstop", flagstop_conversion_text(written, NULL), NULL);
	lost = flagstop_conversion_losses(written) + flagstop_conversion_losses(back);
	struct flagstop_policy *before = policy_of(read), *after = policy_of(back);
	bool equal = compare(before, after) == FLAGSTOP_RELATION_EQUAL;
	assert_true(equal || lost);
	assert_true(!equal || !lost || is_known_to_come_back(written));
	flagstop_policy_free(before);
	flagstop_policy_free(after);
	flagstop_conversion_free(read);
	flagstop_conversion_free(written);
	flagstop_conversion_free(back);
	free(text);
}

int main(void)
{
	static const char *const formats[] = { "flagstop", "oci", "systemd", "minijail", "firejail" };
	struct CMUnitTest laws[PROFILES * COUNT(formats)];
	struct trip trips[PROFILES * COUNT(formats)];
	char names[PROFILES * COUNT(formats)][128];

	for (size_t i = 0; i < PROFILES * COUNT(formats); i++) {
		trips[i] = (struct trip){ &profiles[i / COUNT(formats)], formats[i % COUNT(formats)] };
		snprintf(names[i], sizeof(names[i]), "%s__comes_back_from_%s", trips[i].profile->name, trips[i].format);
		laws[i] = (struct CMUnitTest){ names[i], profile__comes_back_equal_or_its_losses_are_listed, NULL, NULL,
					       &trips[i] };
	}
	return cmocka_run_group_tests_name("trips", laws, NULL, NULL);
}
