/* SPDX-License-Identifier: MIT */
/*
 * The tracer process from its fork to its end: sets itself apart from the caller, starts the program, waits for stops,
 * sends the report. Knows nothing of what a stop means.
 *
 * The hot path is waitpid and two ptrace requests. So that it needs no poll, no signal handler and has no race, a
 * message from the caller is an event of waitpid, too: a child (the doorbell) ends when there is one to be read.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <talloc.h>

#include <filters/error.h>
#include <flagstop/probe.h>
#include <tracer/child.h>
#include <tracer/choose.h>
#include <tracer/resolve.h>
#include <tracer/spawn.h>
#include <tracer/tracer.h>

#define END_LOOKS 10 /* in a second */

/* ---- to the caller ---------------------------------------------------------------------------------------------- */

void fst_tracer_started(struct fst_tracer *tracer)
{
	struct fst_message started = { .type = FST_MESSAGE_STARTED, .tid = tracer->program };

	started.summary.traced = tracer->traced;
	fst_wire_send(tracer->fd, &started, NULL, 0);
}

void fst_tracer_fail(struct fst_tracer *tracer, int code, const char *message, const char *hint)
{
	struct fst_message failed = { .type = FST_MESSAGE_FAILED, .code = code };
	const char *const texts[] = { message, hint };

	fst_wire_send(tracer->fd, &failed, texts, 2);
	_exit(1); /* EXITKILL, or the parent-death signal, takes the child with it */
}

static void send_event(struct fst_tracer *tracer, const struct fst_event *e, uint64_t count)
{
	struct flagstop_rule rule;
	int call = flagstop_call_from_number(e->abi, e->nr);
	char name[32];

	fst_rule_describe(e->rule, tracer->policy->layers[e->layer]->layer, e->layer, &rule);
	snprintf(name, sizeof(name), "syscall_%#x", e->nr);
	struct fst_message message = {
		.type = FST_MESSAGE_EVENT,
		.tid = e->tid,
		.count = count,
		.abi = e->abi,
		.nr = e->nr,
		.line = rule.line,
		.column = rule.column,
		.layer = rule.layer,
		.answer = { .verdict = e->verdict },
	};
	const char *const texts[] = { call < 0 ? name : flagstop_call_name(call), e->example, rule.file, rule.text,
				      e->stack };
	fst_wire_send(tracer->fd, &message, texts, 5);
}

static void send_report(struct fst_tracer *tracer)
{
	struct fst_message done = { .type = FST_MESSAGE_DONE };
	const struct fst_event *e;
	uint64_t count;

	for (size_t i = 0; (e = fst_events_get(tracer->events, i, &count)); i++)
		send_event(tracer, e, count);
	tracer->summary.events_lost += fst_events_lost(tracer->events);
	tracer->summary.brought_together += tracer->together.times;
	done.summary = tracer->summary;
	fst_wire_send(tracer->fd, &done, NULL, 0);
}

/* ---- the doorbell ----------------------------------------------------------------------------------------------- */

/*
 * The end of the connection tells of the caller's end, too, unless a child of the caller's has the other end as
 * well.
 */
static void ring_when_readable(const struct fst_tracer *tracer, pid_t parent)
{
	struct pollfd bells[2 + FST_WORKERS_MAX] = { { .fd = tracer->fd, .events = POLLIN },
						     { .fd = tracer->caller_fd, .events = POLLIN } };
	int reports[FST_WORKERS_MAX];
	size_t count = fst_workers_reports(tracer, reports);

	for (size_t i = 0; i < count; i++)
		bells[2 + i] = (struct pollfd){ .fd = reports[i], .events = POLLIN };
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	while (poll(bells, 2 + count, -1) < 0 && errno == EINTR)
		;
	_exit(0);
}

static void hang_doorbell(struct fst_tracer *tracer)
{
	pid_t parent = getpid(), tid = fork();

	if (!tid)
		ring_when_readable(tracer, parent);
	if (tid < 0) /* nobody could end us, or answer us, any more */
		_exit(1);
	tracer->doorbell = tid;
}

static void take_down_doorbell(struct fst_tracer *tracer)
{
	if (!tracer->doorbell)
		return;
	kill(tracer->doorbell, SIGKILL);
	waitpid(tracer->doorbell, NULL, __WALL);
	tracer->doorbell = 0;
}

static void forward(struct fst_tracer *tracer, int signal)
{
	/* Until its end was seen here, the pid cannot be another process's. */
	if (tracer->program && signal > 0)
		kill(tracer->program, signal);
}

static void answer_doorbell(struct fst_tracer *tracer)
{
	int r;

	tracer->doorbell = 0;
	fst_workers_collect(tracer);
	while ((r = fst_wire_receive(tracer->fd, &tracer->packet, 0)) == 1) {
		if (tracer->packet.message.type == FST_MESSAGE_SIGNAL)
			forward(tracer, tracer->packet.message.code);
		else if (tracer->packet.message.type == FST_MESSAGE_ANSWER)
			fst_ask_answer(tracer, &tracer->packet.message);
	}
	if (r != -EAGAIN || getppid() != tracer->caller) /* the caller is gone: nothing may be left behind */
		_exit(1);
	hang_doorbell(tracer);
}

static void answer_tracer(struct fst_tracer *tracer)
{
	tracer->doorbell = 0;
	fst_workers_receive(tracer);
	hang_doorbell(tracer);
}

/* A tracee of the same user could stop it, and we would not hear that the caller is gone. */
static void handle_doorbell(struct fst_tracer *tracer, int status)
{
	if (WIFSTOPPED(status))
		kill(tracer->doorbell, SIGCONT);
	else if (fst_workers_is_one(tracer))
		answer_tracer(tracer);
	else
		answer_doorbell(tracer);
}

/* ---- waiting ---------------------------------------------------------------------------------------------------- */

static void describe_failed_start(struct fst_tracer *tracer, const struct fst_spawn *spawn)
{
	int error = spawn->status->error;
	char message[256];

	if (spawn->status->stage == FST_SPAWN_EXEC && error == ENOENT) {
		snprintf(message, sizeof(message), "%s: no such program", spawn->argv[0]);
		fst_tracer_fail(tracer, -ENOENT, message, "");
	}
	if (spawn->status->stage == FST_SPAWN_EXEC && error) {
		snprintf(message, sizeof(message), "%s cannot be executed: %s", spawn->argv[0], strerror(error));
		fst_tracer_fail(tracer, -ENOEXEC, message, "");
	}
	if (spawn->status->stage == FST_SPAWN_FILTERS && error) {
		snprintf(message, sizeof(message), "the kernel refused a filter: %s", strerror(error));
		fst_tracer_fail(tracer, error == ENOMEM ? -E2BIG : error == ENOSYS || error == EINVAL ? -ENOSYS :
													-EPERM,
				message, "`flagstop probe` says what is missing here");
	}
	fst_tracer_fail(tracer, -EIO, "the program's process died before it was executed", "");
}

/* The program is gone when it was never executed: then there is no session. */
static void note_end_of_program(struct fst_tracer *tracer, const struct fst_spawn *spawn)
{
	if (!tracer->executed)
		describe_failed_start(tracer, spawn);
	tracer->program = 0;
}

/*
 * Our own children must not keep waitpid from saying that all are gone. A child of a tracee that was killed in its fork
 * may still come then, and one that was born to the last as it ended: it brings the doorbell and the watchdog back.
 */
static void dismiss_helpers(struct fst_tracer *tracer)
{
	if (tracer->tracees || fst_workers_go_on(tracer)) {
		if (!tracer->doorbell)
			hang_doorbell(tracer);
		if (tracer->memory && fst_memory_watch(tracer->memory))
			_exit(1); /* nobody would bound what we read */
		return;
	}
	fst_stack_free(tracer->stack);
	tracer->stack = NULL;
	take_down_doorbell(tracer);
	fst_holder_end(&tracer->holder);
	if (tracer->memory)
		fst_memory_dismiss(tracer->memory);
	if (tracer->paths)
		fst_helper_dismiss(fst_paths_helper(tracer->paths));
}

/* Whether it was one of our own children that `status` is about; what that means was dealt with. */
static bool was_helper(struct fst_tracer *tracer, pid_t tid, int status)
{
	if (tid == tracer->doorbell) {
		handle_doorbell(tracer, status);
		return true;
	}
	if (fst_workers_reaped(tracer, tid, status))
		return true;
	if (tid == tracer->holder.pid) {
		if (!WIFSTOPPED(status))
			_exit(1); /* its pid may be anybody's now, and tracees are sent there: all must end */
		kill(tid, SIGCONT);
		return true;
	}
	if (tracer->stack && tid == fst_stack_helper(tracer->stack)) {
		if (!WIFSTOPPED(status))
			fst_stack_reaped(tracer->stack);
		return true;
	}
	if (tracer->paths && tid == fst_helper_pid(fst_paths_helper(tracer->paths))) {
		if (!WIFSTOPPED(status))
			fst_helper_reaped(fst_paths_helper(tracer->paths));
		return true;
	}
	if (tracer->memory && tid == fst_memory_watchdog(tracer->memory)) {
		if (!WIFSTOPPED(status) && tracer->tracees)
			_exit(1); /* nobody bounds what we read any more */
		kill(tid, SIGCONT);
		return true;
	}
	if (tracer->memory && tid == fst_memory_helper(tracer->memory)) {
		if (!WIFSTOPPED(status))
			fst_memory_reaped(tracer->memory);
		return true;
	}
	return false;
}

/* Helpers that were told to end and have not yet: one that hangs in a file system may never. */
static bool awaits_helpers(const struct fst_tracer *tracer)
{
	return tracer->executed && !tracer->tracees &&
		((tracer->memory && fst_memory_helper(tracer->memory)) ||
		 (tracer->paths && fst_helper_pid(fst_paths_helper(tracer->paths))));
}

/*
 * Not for ever, then. Ends are signals, stops are none: these are found a little later, if somebody still comes; after
 * that it is killed with us (PTRACE_O_EXITKILL).
 */
static pid_t next_of_rest(int *ret_status)
{
	const struct timespec a_while = { .tv_nsec = 1000000000 / END_LOOKS };
	sigset_t child;
	pid_t tid = 0;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (unsigned looks = 0; looks < END_LOOKS; looks++) {
		tid = waitpid(-1, ret_status, __WALL | WNOHANG);
		if (tid)
			return tid;
		sigtimedwait(&child, NULL, &a_while);
	}
	return -1;
}

static void wait_traced(struct fst_tracer *tracer, const struct fst_spawn *spawn)
{
	int status;
	pid_t tid;

	fst_wait_init(&tracer->wait);
	fst_together_init(&tracer->together, &tracer->wait, !tracer->options->pin);
	for (;;) {
		tid = awaits_helpers(tracer) ? next_of_rest(&status) :
					       fst_wait_next(&tracer->wait, HASH_COUNT(tracer->tracees), &status);
		if (tid < 0) /* all are gone */
			return;
		if (!tid) {
			fst_together_tick(&tracer->together);
			continue;
		}
		if (was_helper(tracer, tid, status)) {
			if (tracer->workers && tracer->executed) /* the last of them may have ended, or been told to */
				dismiss_helpers(tracer);
			continue;
		}
		bool program_ended = tid == tracer->program && !WIFSTOPPED(status);
		fst_stops_handle(tracer, tid, status);
		if (program_ended)
			note_end_of_program(tracer, spawn);
		dismiss_helpers(tracer);
	}
}

static void wait_untraced(struct fst_tracer *tracer, const struct fst_spawn *spawn)
{
	int status;
	pid_t tid;

	while ((tid = waitpid(-1, &status, __WALL | WUNTRACED)) > 0) {
		if (tid == tracer->doorbell) {
			handle_doorbell(tracer, status);
		} else if (tid == tracer->program && !WIFSTOPPED(status)) {
			fst_stops_handle(tracer, tid, status);
			note_end_of_program(tracer, spawn);
			take_down_doorbell(tracer);
			return;
		}
	}
}

/* ---- setting up ------------------------------------------------------------------------------------------------- */

/* getrandom(2) is there since 3.17, and waits until there is something to have. */
static bool fill_at_random(void *to, size_t bytes)
{
	int fd;
	ssize_t got = getrandom(to, bytes, 0);

	if (got >= 0)
		return got == (ssize_t)bytes;
	fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, to, bytes);
	if (fd >= 0)
		close(fd);
	return got == (ssize_t)bytes;
}

static void make_keys(struct fst_tracer *tracer)
{
	struct {
		uint64_t secret[2], window_secret[2];
		uint32_t poison;
		uint16_t trace_data;
	} random;

	if (!fill_at_random(&random, sizeof(random)))
		fst_tracer_fail(tracer, -EIO, "no random numbers", "");
	memcpy(tracer->keys.secret, random.secret, sizeof(random.secret));
	memcpy(tracer->keys.window_secret, random.window_secret, sizeof(random.window_secret));
	for (unsigned i = 0; i < 2; i++) { /* what a register holds */
		tracer->keys.secret[i] &= ULONG_MAX;
		tracer->keys.window_secret[i] &= ULONG_MAX;
		tracer->keys.narrow_secret[i] = (uint32_t)random.window_secret[i];
	}
	/* Below x32's bit, above what any table will hold even in 16 bits, and aligned so that all of them are. */
	tracer->keys.poison = fst_native_number(0x20008000 | (random.poison & 0x1fff7ff0));
	tracer->trace_data = random.trace_data;
}

static bool has(enum flagstop_feature feature)
{
	struct flagstop_probe probe;

	return !flagstop_probe(feature, &probe) && !probe.error;
}

/* Before the program runs: a rule that cannot be carried out would end who makes the call. */
static void check_rewrites(struct fst_tracer *tracer, const struct flagstop_policy *policy)
{
	if (!fst_policy_rewrites_argument(policy, fst_native_hidden_first_arguments(), 0) ||
	    has(FLAGSTOP_FEATURE_FIRST_ARGUMENT))
		return;
	fst_tracer_fail(tracer, -EOPNOTSUPP, "this kernel lets no tracer change a call's first argument",
			"Linux 6.16 does (PTRACE_SET_SYSCALL_INFO); rules that rewrite others hold here");
}

/* Pinned calls are made anew where theirs cannot be changed (anew.h): by filters, and knowing what it is. */
static void check_first_arguments(struct fst_tracer *tracer)
{
	if (!fst_native_hidden_first_arguments() || has(FLAGSTOP_FEATURE_FIRST_ARGUMENT) ||
	    (tracer->backend->filters && has(FLAGSTOP_FEATURE_SYSCALL_INFO)))
		return;
	fst_tracer_fail(tracer, -EOPNOTSUPP, "this kernel lets no tracer change a call's first argument",
			"rules on memory need Linux 6.16 (PTRACE_SET_SYSCALL_INFO), or `trace` and Linux 5.3");
}

/* What rules on memory need. Without them no tracee may be mapped anything; rewritten scalars need no memory. */
static void prepare_pins(struct fst_tracer *tracer, const struct flagstop_policy *policy)
{
	bool facts = fst_policy_has_facts(policy);
	const char *reason;
	int r = 0;

	if (!facts)
		memset(tracer->keys.window_secret, 0, sizeof(tracer->keys.window_secret));
	else
		check_first_arguments(tracer);
	bool others = fst_policy_has_rewrites(policy) || fst_policy_has_carried(policy);

	if (facts || (tracer->backend->filters && others))
		r = fst_pins_new(tracer, facts ? tracer->keys.window_secret : NULL, flagstop_policy_abis(policy),
				 &tracer->pins, &reason);
	if (r)
		fst_tracer_fail(tracer, r, reason, "without rules on paths, strings and addresses it can run");
	tracer->keys.narrow_abis = tracer->pins ? fst_pins_second_abis(tracer->pins) : 0;
	r = facts && !tracer->backend->filters ? fst_pins_stop_every_call(tracer->pins) : 0;
	if (r)
		fst_tracer_fail(tracer, r, "no memory", "");
	r = facts ? fst_holder_start(&tracer->holder) : 0;
	if (r)
		fst_tracer_fail(tracer, r, "no process can be made for tracees to reach descriptors through", "");
}

static void prepare_memory(struct fst_tracer *tracer, const struct flagstop_policy *policy)
{
	tracer->has_exec_layers = flagstop_policy_has_exec_layers(policy);
	if (!tracer->pins && !tracer->has_exec_layers && !tracer->emulation)
		return;
	tracer->memory = fst_memory_reader_new(tracer);
	if (!tracer->memory)
		fst_tracer_fail(tracer, -ENOMEM, "no memory", "");
}

/* The window's program stands beside those of the layers: it knows no policy. */
static void add_window_program(struct fst_tracer *tracer, struct flagstop_programs *programs)
{
	struct flagstop_insn insns[FST_WINDOW_PROGRAM_MAX_INSNS];
	struct fst_window_plan plan;

	if (!fst_pins_have_window(tracer->pins))
		return;
	fst_pins_plan(tracer->pins, tracer->trace_data, &plan);
	if (fst_programs_add(programs, insns, fst_window_program(&plan, insns)))
		fst_tracer_fail(tracer, -ENOMEM, "no memory", "");
}

/* The policy is ours, since the fork. */
static void look_at_paths(struct fst_tracer *tracer, struct flagstop_policy *policy)
{
	char resolved[PATH_MAX], message[512];
	struct flagstop_rule rule;
	int r = flagstop_policy_map_paths(policy, flagstop_path_resolve, resolved);

	if (!r)
		r = fst_policy_find_slip(policy, fst_path_folds, NULL, &rule);
	if (r < 0)
		fst_tracer_fail(tracer, -ENOMEM, "no memory", "");
	if (!r)
		return;
	snprintf(message, sizeof(message), "%s:%u: what this rule refuses has other names: %s", rule.file, rule.line,
		 "where it lies, upper and lower case are alike");
	fst_tracer_fail(tracer, -EBADMSG, message, "refuse all that lies in that directory, or permit only some of it");
}

static void guard(struct fst_tracer *tracer, const struct fst_tracer_start *start)
{
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_policy *guarded = talloc_zero(tracer, struct flagstop_policy);
	/* The caller's process group is the program's own, too, and not ours to protect. */
	int shielded[5 + FST_WORKERS_MAX] = { tracer->self, -tracer->self, start->caller };
	size_t count = 3 + fst_workers_pids(tracer, shielded + 3);

	if (tracer->holder.pid)
		shielded[count++] = tracer->holder.pid;
	if (tracer->memory)
		shielded[count++] = fst_memory_watchdog(tracer->memory);
	if (!guarded)
		fst_tracer_fail(tracer, -ENOMEM, "no memory", "");
	*guarded = *start->policy; /* the layers are shared, the guards are this session's own */
	const char *listener = tracer->emulation ? "" : FST_GUARD_LISTENER;
	const char *watched = tracer->traced && tracer->options->pin ? FST_TOGETHER_GUARDS : "";
	const char *sharing = tracer->workers ? FST_WORKERS_GUARDS : "";
	const char *more = talloc_asprintf(guarded, "%s%s%s", listener, watched, sharing);
	int r = more ? fst_policy_add_guards(guarded, shielded, count, more, &error) : -ENOMEM;
	if (r)
		fst_tracer_fail(tracer, r, error.message, error.hint);
	look_at_paths(tracer, guarded);
	tracer->policy = guarded;
	tracer->has_carried = fst_policy_has_carried(tracer->policy);
}

static struct flagstop_programs *compile(struct fst_tracer *tracer)
{
	struct flagstop_compile_options options = FLAGSTOP_COMPILE_OPTIONS_INIT;
	struct flagstop_error error = FLAGSTOP_ERROR_INIT;
	struct flagstop_programs *programs;

	options.report = tracer->options->report;
	options.trace_data = tracer->trace_data;
	int r = fst_compile(tracer->policy, &options, &tracer->keys, &programs, &error);
	if (r)
		fst_tracer_fail(tracer, r, error.message, error.hint);
	add_window_program(tracer, programs);
	if (fst_workers_add_program(tracer, programs))
		fst_tracer_fail(tracer, -ENOMEM, "no memory", "");
	return programs;
}

/* `programs`: NULL where none are installed. */
static void start_pins(struct fst_tracer *tracer, const struct flagstop_programs *programs)
{
	size_t count = programs ? flagstop_programs_count(programs) : 0;

	if (fst_pins_have_window(tracer->pins) && fst_pins_start(tracer->pins, count))
		fst_tracer_fail(tracer, -ENOSYS, "there is no /proc here, which rules on memory need", "");
}

static void choose_backend(struct fst_tracer *tracer)
{
	enum flagstop_backend wanted = tracer->options->backend;
	/* Somebody has to clear what an exec does not (stops.c). */
	bool flags = tracer->traced || fst_native_own_layout()->kept_words;
	struct fst_choice choice = { .backend = wanted };

	tracer->filtered_above = fst_choose_is_filtered();
	if (wanted != FLAGSTOP_BACKEND_PTRACE)
		choice = fst_choose_backend(flags);
	if (wanted == FLAGSTOP_BACKEND_TRACE && choice.error)
		fst_tracer_fail(tracer, choice.error, choice.message, choice.hint);
	tracer->backend = choice.backend == FLAGSTOP_BACKEND_TRACE ? &fst_backend_trace : &fst_backend_ptrace;
	if (!tracer->backend->filters && !fst_choose_tells_entries())
		fst_tracer_fail(tracer, -ENOSYS,
				"below a filter, this kernel does not tell calls that begin from calls that end",
				"without a filter from outside it can run, or since Linux 5.3");
	tracer->traced = flags || !tracer->backend->filters;
	tracer->summary.traced = tracer->traced;
	tracer->summary.backend = tracer->backend->id;
	if (tracer->backend->filters)
		return;
	tracer->zeros = fst_sentence_find_zeros();
	tracer->emulation = fst_emulation_new(tracer);
	if (!tracer->emulation)
		fst_tracer_fail(tracer, -ENOMEM, "no memory", "");
}

static struct fst_spawn_status *share_status(struct fst_tracer *tracer)
{
	void *page = mmap(NULL, sizeof(struct fst_spawn_status), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			  -1, 0);

	if (page == MAP_FAILED)
		fst_tracer_fail(tracer, -ENOMEM, "no memory", "");
	return page;
}

static int compare_fds(const void *left, const void *right)
{
	return *(const int *)left - *(const int *)right;
}

/* A held copy of the program's pipe would keep its reader from seeing the end. */
static void close_all_but(int *fds, size_t count)
{
	qsort(fds, count, sizeof(*fds), compare_fds);
	fst_child_close_all_but(fds, count);
}

/* Where there are no exec stops, the end of the child's socket tells of the exec. */
static void wait_for_exec(struct fst_tracer *tracer, const struct fst_spawn *spawn)
{
	char byte;

	while (read(spawn->child_fd, &byte, 1) < 0 && errno == EINTR)
		;
	if (spawn->status->stage != FST_SPAWN_EXEC || spawn->status->error) {
		waitpid(tracer->program, NULL, __WALL);
		describe_failed_start(tracer, spawn);
	}
	tracer->executed = true;
	fst_tracer_started(tracer);
}

/*
 * Its own session, so that the terminal's signals reach the program alone, and so that a group that no shell looks
 * after is not taken for looked after because of us: the program's stops would last for ever. No signal ends us but
 * SIGKILL. Before the program runs, which could open our memory as long as we are dumpable.
 */
static void set_apart(void)
{
	prctl(PR_SET_NAME, "flagstop-tracer");
	prctl(PR_SET_DUMPABLE, 0);
	setsid();
}

/* What is the caller's is let go of, but for the socket. */
static void let_go(struct fst_tracer *tracer)
{
	int fds[1 + 2 * FST_WORKERS_MAX] = { tracer->fd };

	close_all_but(fds, 1 + fst_workers_fds(tracer, fds + 1));
	tracer->caller_fd = (int)syscall(SYS_pidfd_open, tracer->caller, 0); /* none before 5.3 */
	/* It is gone: the pid may be another's by now. */
	if (getppid() != tracer->caller)
		_exit(1);
}

static void start_program(struct fst_tracer *tracer, struct fst_spawn *spawn)
{
	pid_t tid;
	int r = 0;

	tid = fst_spawn_fork(spawn);
	if (tid < 0)
		fst_tracer_fail(tracer, (int)tid, "the program's process could not be made", "");
	tracer->program = tid;
	unsigned exits = tracer->options->report == FLAGSTOP_REPORT_ALL ? FST_WANT_EXITS : 0;
	if (tracer->traced)
		r = fst_ptrace_seize(tid, tracer->backend->stops | exits);
	if (r) {
		kill(tid, SIGKILL);
		fst_tracer_fail(tracer, r == -EPERM ? -EPERM : -ENOSYS, "a child cannot be traced here",
				"`flagstop probe` says why; --report none needs no tracer for many policies");
	}
	set_apart();
	if (write(spawn->child_fd, "", 1) != 1)
		fst_tracer_fail(tracer, -EIO, "the program's process is gone", "");
	if (!tracer->traced)
		wait_for_exec(tracer, spawn);
	close(spawn->child_fd);
}

/* A worker's life: what it traces comes by messages, and it ends once no more will come. */
static void __attribute__((noreturn)) work(struct fst_tracer *tracer)
{
	int fds[2 * FST_WORKERS_MAX];

	close_all_but(fds, fst_workers_fds(tracer, fds));
	tracer->fd = fst_workers_control(tracer);
	tracer->caller_fd = -1;
	tracer->executed = true;
	hang_doorbell(tracer);
	wait_traced(tracer, NULL);
	fst_workers_report(tracer);
	_exit(0);
}

/* Every thread may have descriptors that its calls go through. The program got the limit that it was to have. */
static void start_paths(struct fst_tracer *tracer, const struct flagstop_programs *programs)
{
	struct rlimit limit;
	int r;

	if (!tracer->pins)
		return;
	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	r = fst_facts_start(tracer, programs);
	if (r)
		fst_tracer_fail(tracer, r, r == -ENOMEM ? "no memory" : "no /proc here that tells of mounts",
				"rules on paths, strings and addresses need it");
}

static void prepare(struct fst_tracer *tracer, const struct fst_tracer_start *start)
{
	tracer->fd = start->fd;
	tracer->caller = start->caller;
	tracer->self = getpid();
	tracer->options = start->options;
	tracer->events = fst_events_new(tracer);
	tracer->stack = fst_stack_new();
	tracer->summary.exit_code = -1;
	tracer->traced = flagstop_policy_needs_tracer(start->policy, start->options->report);
	if (!tracer->events || !tracer->stack)
		fst_tracer_fail(tracer, -ENOMEM, "no memory", "");
}

void fst_tracer_main(const struct fst_tracer_start *start)
{
	struct fst_tracer *tracer = talloc_zero(NULL, struct fst_tracer);
	/* Not ignored, which would reap for us; no signal for a stop either: waitpid is woken without, and sooner. */
	struct sigaction for_ends = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP }, sigchld;
	struct fst_spawn spawn = { .argv = start->options->argv, .mask = start->mask, .sigchld = &sigchld };

	if (!tracer)
		_exit(1);
	sigaction(SIGCHLD, &for_ends, &sigchld);
	prctl(PR_SET_DUMPABLE, 1); /* a child like that can be traced without privileges, whatever the caller is like */
	prepare(tracer, start);
	make_keys(tracer);
	choose_backend(tracer);
	check_rewrites(tracer, start->policy);
	prepare_pins(tracer, start->policy);
	prepare_memory(tracer, start->policy);
	fst_workers_start(tracer, start->policy);
	guard(tracer, start);
	if (fst_workers_is_one(tracer))
		work(tracer);
	spawn.programs = tracer->backend->filters ? compile(tracer) : NULL;
	start_pins(tracer, spawn.programs);
	spawn.envp = start->options->envp ? start->options->envp : environ;
	spawn.candidates = fst_spawn_candidates(tracer, spawn.argv[0], spawn.envp);
	spawn.keys = &tracer->keys;
	spawn.status = share_status(tracer);
	spawn.die_with_parent = !tracer->traced;
	if (!spawn.candidates)
		fst_tracer_fail(tracer, -ENOMEM, "no memory", "");
	start_program(tracer, &spawn);
	let_go(tracer);
	start_paths(tracer, spawn.programs);
	hang_doorbell(tracer);
	if (tracer->traced)
		wait_traced(tracer, &spawn);
	else
		wait_untraced(tracer, &spawn);
	send_report(tracer);
	_exit(0);
}
