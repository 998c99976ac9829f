/* SPDX-License-Identifier: MIT */
/* Converts filters of other programs to policies and back, and says what was lost on the way. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

struct arguments {
	const char *from, *to, *output, *file;
	bool strict, list;
	struct flagstop_convert_options options;
};

static int list_formats(void)
{
	const char *name, *description;
	unsigned can;

	for (unsigned i = 0; (name = flagstop_format(i, &can, &description)); i++)
		printf("%-11s %-10s %s\n", name,
		       can & FLAGSTOP_FORMAT_READ ? can & FLAGSTOP_FORMAT_WRITE ? "in and out" : "in" : "out",
		       description);
	return finish_output(0);
}

/* "oci, systemd, …" of the formats that can be read, or written. */
static void check_format(const char *name, unsigned can, const char *option, struct argp_state *state)
{
	char known[256] = "";
	size_t used = 0;
	const char *each;
	unsigned its;

	for (unsigned i = 0; (each = flagstop_format(i, &its, NULL)); i++) {
		if (!(its & can))
			continue;
		if (!strcmp(each, name))
			return;
		used += snprintf(known + used, used < sizeof(known) ? sizeof(known) - used : 0, "%s%s",
				 used ? ", " : "", each);
	}
	argp_error(state, "%s takes %s, not '%s'", option, known, name);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'f':
		check_format(arg, FLAGSTOP_FORMAT_READ, "--from", state);
		a->from = arg;
		return 0;
	case 't':
		check_format(arg, FLAGSTOP_FORMAT_WRITE, "--to", state);
		a->to = arg;
		return 0;
	case 'o':
		a->output = arg;
		return 0;
	case 's':
		a->strict = true;
		return 0;
	case 'l':
		a->list = true;
		return 0;
	case 'c':
		a->options.caps = arg;
		return 0;
	case 'k':
		a->options.kernel = arg;
		return 0;
	case 'e':
		a->options.newer_enosys = 1;
		return 0;
	case 'a':
		a->options.native = parse_abi(arg, state);
		a->options.given |= FLAGSTOP_CONVERT_NATIVE;
		return 0;
	case ARGP_KEY_ARG:
		if (a->file)
			argp_error(state, "one FILE");
		a->file = arg;
		return 0;
	case ARGP_KEY_END:
		if (!a->list && (!a->from || !a->to || !a->file))
			argp_error(state, "%s", !a->file ? "which file?" : "--from and --to say which formats");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void print_loss(const struct flagstop_loss *loss)
{
	bool is_note = loss->kind == FLAGSTOP_LOSS_NOTE;

	fprintf(stderr, "%sflagstop:%s ", styled(stderr, is_note ? DIM : YELLOW), styled(stderr, PLAIN));
	if (*loss->file && loss->line)
		fprintf(stderr, "%s:%u:%u: ", loss->file, loss->line, loss->column);
	else if (*loss->file)
		fprintf(stderr, "%s: ", loss->file);
	fprintf(stderr, "%s: %s [%s]", is_note ? "note" : "lost", loss->text, loss->name);
	if (loss->count > 1)
		fprintf(stderr, " (%u times)", loss->count);
	fputc('\n', stderr);
}

/* A file that was there stays as it was until the new one is whole. */
static int write_file(const char *path, const char *text, size_t bytes)
{
	struct stat status;
	bool replace = stat(path, &status) || S_ISREG(status.st_mode);
	char temporary[4096];
	int fd;

	if ((size_t)snprintf(temporary, sizeof(temporary), replace ? "%s.XXXXXX" : "%s", path) >= sizeof(temporary)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = replace ? mkostemp(temporary, O_CLOEXEC) : open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while (bytes) {
		ssize_t wrote = write(fd, text, bytes);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			break;
		text += wrote;
		bytes -= (size_t)wrote;
	}
	mode_t mask = umask(0);
	umask(mask);
	if (bytes || (replace && fchmod(fd, 0666 & ~mask)) || close(fd) || (replace && rename(temporary, path))) {
		int error = errno;

		if (replace)
			unlink(temporary);
		errno = error;
		return -1;
	}
	return 0;
}

static int write_result(const struct flagstop_conversion *conversion, const struct arguments *a)
{
	size_t bytes;
	const char *text = flagstop_conversion_text(conversion, &bytes);

	if (!a->output || !strcmp(a->output, "-")) {
		fwrite(text, 1, bytes, stdout);
		return finish_output(0);
	}
	if (!write_file(a->output, text, bytes))
		return 0;
	fprintf(stderr, "flagstop: %s: %s\n", a->output, strerror(errno));
	return EXIT_TROUBLE;
}

static int convert(const struct arguments *a, const char *text, size_t bytes)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_conversion *conversion;
	const struct flagstop_loss *loss;
	int r = flagstop_convert(a->from, a->to, strcmp(a->file, "-") ? a->file : "<stdin>", text, bytes, &a->options,
				 &conversion, &error);

	if (r) {
		print_error(&error);
		return r == -EBADMSG || r == -E2BIG || r == -EOPNOTSUPP ? EXIT_WRONG : EXIT_TROUBLE;
	}
	for (size_t i = 0; (loss = flagstop_conversion_loss(conversion, i)); i++)
		print_loss(loss);
	size_t losses = flagstop_conversion_losses(conversion);
	if (a->strict && losses) {
		fprintf(stderr, "flagstop: %zu %s lost: nothing was written\n", losses,
			losses == 1 ? "thing" : "things");
		r = EXIT_WRONG;
	} else {
		r = write_result(conversion, a);
	}
	flagstop_conversion_free(conversion);
	return r;
}

int command_convert(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "from", 'f', "FORMAT", 0, "what FILE is", 0 },
		{ "to", 't', "FORMAT", 0, "what to write", 0 },
		{ "list", 'l', 0, 0, "list the formats", 0 },
		{ "output", 'o', "FILE", 0, "write there instead of standard output", 0 },
		{ "strict", 's', 0, 0, "write nothing and end with 1 when anything is lost", 0 },
		{ "arch", 'a', "ABI", 0, "the machine that the profile is for (default: this one)", 0 },
		{ "caps", 'c', "CAP,...", 0, "oci: the capabilities that entries may ask for (default: none)", 0 },
		{ "kernel", 'k', "X.Y", 0, "oci: the kernel that entries may ask for (default: the tables')", 0 },
		{ "enosys", 'e', 0, 0, "oci: as runc does, calls newer than all that the profile names get ENOSYS", 0 },
		{ 0 },
	};
	static const struct argp argp = { options, parse, "FILE",
					  "Converts filters of other programs to policies, and policies to theirs. "
					  "What cannot be carried over is listed on standard error.",
					  NULL, NULL, NULL };
	struct arguments a = { .options = FLAGSTOP_CONVERT_OPTIONS_INIT };
	size_t bytes;

	parse_options(&argp, argc, argv, 0, EXIT_TROUBLE, &a);
	if (a.list)
		return list_formats();
	char *text = read_file(a.file, FLAGSTOP_CONVERT_MAX_BYTES, &bytes);
	if (!text)
		return EXIT_TROUBLE;
	int status = convert(&a, text, bytes);
	free(text);
	return status;
}
