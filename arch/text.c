/* SPDX-License-Identifier: MIT */
/* Appends to the caller's memory. Decides nothing but what is cut; knows nothing of what is written. */

#include <stdarg.h>
#include <stdio.h>

#include <arch/text.h>

void fst_text_put(struct fst_text *output, const char *format, ...)
{
	size_t left = output->bytes < output->size ? output->size - output->bytes : 0;
	va_list args;
	int bytes;

	va_start(args, format);
	bytes = vsnprintf(left ? output->text + output->bytes : NULL, left, format, args);
	va_end(args);
	if (bytes > 0)
		output->bytes += (size_t)bytes;
}
