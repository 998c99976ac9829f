/* SPDX-License-Identifier: MIT */
/* Finds a condition in the text of its rule. Knows of the language no more than where a condition begins. */
#include <string.h>

#include <filters/policy/when.h>

static bool ends_word(char c)
{
	return c == ' ' || c == '\t' || c == '(' || c == ')' || !c;
}

/* `when` is no call, group or action, so that the first word of that spelling is it. */
const char *fst_when_text(const struct fst_rule *rule)
{
	const char *at = rule->text;

	if (!rule->when || !at)
		return "";
	while ((at = strstr(at, "when"))) {
		if (at > rule->text && ends_word(at[-1]) && ends_word(at[4])) {
			at += 4;
			return at + strspn(at, " \t");
		}
		at++;
	}
	return "";
}
