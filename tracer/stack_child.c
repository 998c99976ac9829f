/* SPDX-License-Identifier: MIT */
/*
 * Decides what the helper process may do, and what a stack looks like as text. Refuses to know who asks and for how
 * long they wait: whatever goes wrong here, they kill it.
 */

#include "tracer/stack_child.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tracer/child.h"
#include "tracer/image.h"
#include "tracer/symbols.h"
#include "tracer/unwind.h"

#define MEMORY_MAX_BYTES (UINT64_C(256) << 20)
#define NAME_MAX_BYTES 256
#define MODULE_MAX_BYTES 1024
#define STRING_MAX_BYTES 256
#define LINE_MAX_BYTES (NAME_MAX_BYTES + MODULE_MAX_BYTES + 80)
#define CUT "..."

struct worker {
	struct fst_memory memory;
	struct fst_maps maps;
	struct fst_unwind *unwind;
	struct fst_symbols *symbols;
	struct fst_frame frames[FST_STACK_MAX_FRAMES];
	struct fst_stack_child_question question;
	struct fst_stack_child_answer answer;
};

/* ---- what the helper may do ----------------------------------------------------------------------------------- */

static void set_limit(int resource, rlim_t value)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) || (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < value))
		return;
	limit = (struct rlimit){ .rlim_cur = value, .rlim_max = value };
	setrlimit(resource, &limit);
}

/* On top of what was mapped at fork: an embedder may have gigabytes. */
static int limit_memory(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	uint64_t pages;
	int got;

	if (!file)
		return -errno;
	got = fscanf(file, "%" SCNu64, &pages);
	fclose(file);
	if (got != 1)
		return -EPROTO;
	set_limit(RLIMIT_AS, pages * (uint64_t)sysconf(_SC_PAGESIZE) + MEMORY_MAX_BYTES);
	return 0;
}

/* Everything that the tracer had and the helper must not, before the first byte of the tracee's is looked at. */
static int confine(int socket_fd, pid_t parent)
{
	/* The parent may have died before it was asked for: then nobody will ever send the signal. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent || prctl(PR_SET_DUMPABLE, 0))
		return -ESRCH;
	signal(SIGCHLD, SIG_DFL);
	prctl(PR_SET_NAME, "flagstop-stacks");
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	set_limit(RLIMIT_CORE, 0);
	set_limit(RLIMIT_FSIZE, 0);
	set_limit(RLIMIT_NPROC, 0);
	fst_child_close_all_but(&socket_fd, 1);
	return limit_memory();
}

/* ---- text ----------------------------------------------------------------------------------------------------- */

/* Names are the tracee's own: they must neither end a line nor reach a terminal as a command. */
static size_t add_printable(char *line, size_t at, const char *text, size_t most)
{
	for (; *text && most; text++, most--)
		line[at++] = *text >= ' ' && *text <= '~' ? *text : '?';
	if (*text)
		memcpy(line + at - 3, CUT, 3);
	return at;
}

static size_t format_frame(struct worker *worker, const struct fst_frame *frame, char line[LINE_MAX_BYTES])
{
	uint64_t site = frame->exact ? frame->pc : frame->pc - 1, start;
	const struct fst_map *map = fst_maps_find(&worker->maps, site);
	const char *name;
	size_t at = 0;

	if (map && fst_symbols_find(worker->symbols, &worker->memory, map, site, &name, &start)) {
		at = add_printable(line, at, name, NAME_MAX_BYTES);
		at += (size_t)snprintf(line + at, LINE_MAX_BYTES - at, "+0x%" PRIx64, frame->pc - start);
	} else {
		at += (size_t)snprintf(line, LINE_MAX_BYTES, "0x%" PRIx64, frame->pc);
	}
	if (!map || !*map->name)
		return at + (size_t)snprintf(line + at, LINE_MAX_BYTES - at, " (?)");
	at += (size_t)snprintf(line + at, LINE_MAX_BYTES - at, " (");
	at = add_printable(line, at, map->name, MODULE_MAX_BYTES);
	at += (size_t)snprintf(line + at, LINE_MAX_BYTES - at, "+0x%" PRIx64 ")", frame->pc - map->start + map->offset);
	return at;
}

/* Whole lines only, and never so many that no "..." fits behind them. Returns the number of frames. */
static int format_frames(struct worker *worker, size_t count, bool cut, size_t size)
{
	struct fst_stack_child_answer *answer = &worker->answer;
	size_t reserve = strlen("\n" CUT) + 1, at = 0, i;
	char line[LINE_MAX_BYTES];

	for (i = 0; i < count; i++) {
		size_t bytes = format_frame(worker, &worker->frames[i], line);

		if (at + bytes + 1 + reserve > size) {
			cut = true;
			break;
		}
		if (at)
			answer->text[at++] = '\n';
		memcpy(answer->text + at, line, bytes);
		at += bytes;
	}
	if (cut && size >= reserve) {
		if (at)
			answer->text[at++] = '\n';
		memcpy(answer->text + at, CUT, strlen(CUT));
		at += strlen(CUT);
	}
	answer->text_bytes = (uint32_t)at;
	return (int)i;
}

/* ---- questions ------------------------------------------------------------------------------------------------ */

static int read_string(struct worker *worker, int memory_fd)
{
	struct fst_stack_child_answer *answer = &worker->answer;
	char string[STRING_MAX_BYTES + 1];
	size_t bytes = 0;

	if (worker->question.text_size < sizeof(string) + strlen("\"\"" CUT))
		return -EINVAL;
	fst_memory_begin(&worker->memory, memory_fd);
	do {
		if (fst_memory_read(&worker->memory, worker->question.string + bytes, string + bytes, 1))
			return -EFAULT;
	} while (string[bytes] && ++bytes < STRING_MAX_BYTES);
	bool cut = bytes == STRING_MAX_BYTES;
	string[bytes] = '\0';
	answer->text[0] = '"';
	size_t at = add_printable(answer->text, 1, string, STRING_MAX_BYTES);
	answer->text_bytes =
		(uint32_t)(at +
			   (size_t)snprintf(answer->text + at, sizeof(answer->text) - at, "\"%s", cut ? CUT : ""));
	return 1;
}

static int capture(struct worker *worker, int memory_fd, int maps_fd)
{
	const struct fst_stack_child_question *question = &worker->question;
	bool cut;
	int count;

	if (question->regset_bytes > sizeof(question->regset) || question->text_size > sizeof(worker->answer.text))
		return -EINVAL;
	count = fst_maps_read(&worker->maps, maps_fd);
	if (count)
		return count == -ENOMEM ? count : -EACCES;
	/* Every process has at least its vdso or its program; one that has nothing left is gone. */
	if (!worker->maps.count)
		return -ESRCH;
	fst_memory_begin(&worker->memory, memory_fd);
	fst_symbols_begin(worker->symbols);
	count = fst_unwind_frames(worker->unwind, &worker->memory, &worker->maps, question->regset,
				  question->regset_bytes, worker->frames, FST_STACK_MAX_FRAMES, &cut);
	return count < 0 ? count : format_frames(worker, (size_t)count, cut, question->text_size);
}

/* Returns how many descriptors came (0 or 2), or -1 when the tracer is gone or something else was sent. */
static int receive(int socket_fd, struct worker *worker, int fds[2])
{
	union {
		char bytes[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = { .iov_base = &worker->question, .iov_len = sizeof(worker->question) };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *head;

	if (recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(worker->question))
		return -1;
	head = CMSG_FIRSTHDR(&message);
	if (!head || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS ||
	    head->cmsg_len != CMSG_LEN(2 * sizeof(int)))
		return -1;
	memcpy(fds, CMSG_DATA(head), 2 * sizeof(int));
	return 0;
}

static bool answer_one(int socket_fd, struct worker *worker)
{
	struct fst_stack_child_answer *answer = &worker->answer;
	size_t bytes;
	int fds[2];

	if (receive(socket_fd, worker, fds))
		return false;
	answer->text_bytes = 0;
	answer->result = worker->question.string ? read_string(worker, fds[0]) : capture(worker, fds[0], fds[1]);
	close(fds[0]);
	close(fds[1]);
	bytes = FST_STACK_CHILD_HEAD_BYTES + answer->text_bytes;
	return send(socket_fd, answer, bytes, MSG_NOSIGNAL) == (ssize_t)bytes;
}

_Noreturn void fst_stack_child_run(int socket_fd, pid_t parent)
{
	struct worker *worker;

	if (confine(socket_fd, parent))
		_exit(1);
	worker = calloc(1, sizeof(*worker));
	if (!worker)
		_exit(1);
	worker->unwind = fst_unwind_new();
	worker->symbols = fst_symbols_new();
	if (!worker->unwind || !worker->symbols)
		_exit(1);
	while (answer_one(socket_fd, worker))
		continue;
	_exit(0);
}
