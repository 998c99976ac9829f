/* SPDX-License-Identifier: MIT */
/*
 * Fills and prints the public error object.
 *
 * Decides how much of a long line is shown and that nothing in an error can steer a terminal. Knows neither policies
 * nor programs, and never prints: it writes into the caller's memory only.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <arch/text.h>
#include <filters/error.h>

#define CONTEXT_BYTES \
	40 /* what is shown in front of the column when the line has to be cut there */
#define CUT "..."

/* An object of an older, shorter layout or one that was never initialised: there is nowhere to write to. */
static bool is_usable(const struct flagstop_error *error)
{
	return error && error->struct_bytes >= sizeof(*error);
}

static bool is_control(unsigned char byte)
{
	return byte < 0x20 || byte == 0x7f;
}

/* Policies and file names are somebody else's text: neither line breaks nor escape sequences may come through. */
static void replace_controls(char *text)
{
	for (char *at = text; *at; at++) {
		unsigned char byte = (unsigned char)at[0], next = (unsigned char)at[1];

		/* U+0080 to U+009F, some of which terminals obey even when they arrive as UTF-8 */
		if (byte == 0xc2 && next >= 0x80 && next <= 0x9f)
			at[0] = at[1] = '?';
		else if (is_control(byte))
			*at = '?';
	}
}

int fst_error_set(struct flagstop_error *error, int code, const char *format, ...)
{
	size_t struct_bytes;
	va_list args;

	if (!is_usable(error))
		return code;
	struct_bytes = error->struct_bytes;
	memset(error, 0, sizeof(*error));
	error->struct_bytes = struct_bytes;
	error->code = code;
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	replace_controls(error->message);
	if (!error->message[0])
		snprintf(error->message, sizeof(error->message), "error %d", code);
	return code;
}

void fst_error_hint(struct flagstop_error *error, const char *format, ...)
{
	va_list args;

	if (!is_usable(error))
		return;
	va_start(args, format);
	vsnprintf(error->hint, sizeof(error->hint), format, args);
	va_end(args);
	replace_controls(error->hint);
}

/* Where the shown piece of the line begins, so that the meant bytes are in it with something in front of them. */
static size_t piece_start(size_t offset, size_t columns, size_t source_bytes, size_t room)
{
	size_t start = offset > CONTEXT_BYTES ? offset - CONTEXT_BYTES : 0;

	if (source_bytes <= room || offset + columns + strlen(CUT) <= room)
		return 0;
	return start < source_bytes - room ? start : source_bytes - room;
}

/* Byte for byte, so that the caret stays below what it means: a tab becomes one blank, what is not ASCII a '?'. */
static void copy_piece(char *to, const char *from, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		unsigned char byte = (unsigned char)from[i];

		if (byte == '\t')
			to[i] = ' ';
		else
			to[i] = is_control(byte) || byte >= 0x80 ? '?' : (char)byte;
	}
	to[bytes] = '\0';
}

static void place_source(struct flagstop_error *error, const char *source, size_t source_bytes)
{
	size_t room = sizeof(error->source) - 1, offset = error->column ? error->column - 1 : 0;
	size_t columns = error->columns, start, bytes;

	if (offset > source_bytes)
		offset = source_bytes;
	if (columns > source_bytes - offset)
		columns = source_bytes - offset;
	start = piece_start(offset, columns, source_bytes, room);
	bytes = source_bytes - start < room ? source_bytes - start : room;
	copy_piece(error->source, source + start, bytes);
	if (start)
		memcpy(error->source, CUT, strlen(CUT));
	if (start + bytes < source_bytes)
		memcpy(error->source + bytes - strlen(CUT), CUT, strlen(CUT));
	error->caret = (unsigned)(offset - start);
}

void fst_error_place(struct flagstop_error *error, const char *file, unsigned line, unsigned column,
		     unsigned columns, const char *source, size_t source_bytes)
{
	const char *end = source ? memchr(source, '\n', source_bytes) : NULL;

	if (!is_usable(error))
		return;
	snprintf(error->file, sizeof(error->file), "%s", file ? file : "");
	error->line = line;
	error->column = column;
	error->columns = column && !columns ? 1 : columns;
	if (end)
		source_bytes = (size_t)(end - source);
	place_source(error, source ? source : "", source ? source_bytes : 0);
}

static void put_place(struct fst_text *output, const struct flagstop_error *error)
{
	char file[sizeof(error->file)];

	if (!error->file[0])
		return;
	memcpy(file, error->file, sizeof(file));
	file[sizeof(file) - 1] = '\0';
	replace_controls(file);
	fst_text_put(output, "%s:", file);
	if (error->line)
		fst_text_put(output, "%u:", error->line);
	if (error->line && error->column)
		fst_text_put(output, "%u:", error->column);
	fst_text_put(output, " ");
}

static void put_source(struct fst_text *output, const struct flagstop_error *error)
{
	int gutter = snprintf(NULL, 0, "  %u", error->line);
	size_t shown = strlen(error->source), marks = error->columns;
	size_t caret = error->caret < shown ? error->caret : shown;

	if (!error->line || !shown)
		return;
	fst_text_put(output, "\n  %u | %s", error->line, error->source);
	if (!error->column)
		return;
	fst_text_put(output, "\n%*s | %*s^", gutter, "", (int)caret, "");
	if (marks > shown - caret)
		marks = shown - caret;
	for (size_t i = 1; i < marks; i++)
		fst_text_put(output, "~");
}

size_t flagstop_error_format(const struct flagstop_error *error, char *text, size_t size)
{
	struct fst_text output = { text, size, 0 };

	if (size)
		text[0] = '\0';
	if (!is_usable(error))
		return 0;
	put_place(&output, error);
	fst_text_put(&output, "%s", error->message);
	put_source(&output, error);
	if (error->hint[0])
		fst_text_put(&output, "\n%s", error->hint);
	return output.bytes;
}
