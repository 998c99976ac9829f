/* SPDX-License-Identifier: MIT */
/*
 * The caller's side of a session: forks the tracer, talks to it, keeps what it reported. Touches no signal, no wait
 * and no descriptor that is not the session's own.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <talloc.h>

#include <filters/error.h>
#include <filters/policy/policy.h>
#include <flagstop/flagstop.h>
#include <tracer/tracer.h>

struct flagstop_session {
	struct flagstop_session_options options;
	int fd;
	pid_t tracer; /* 0: reaped */
	pid_t program;
	bool done;
	struct flagstop_summary summary;
	struct flagstop_event **events;
	size_t event_count;
	struct fst_packet packet;
};

static void reap(struct flagstop_session *session)
{
	while (session->tracer && waitpid(session->tracer, NULL, 0) < 0 && errno == EINTR)
		;
	session->tracer = 0;
}

static int end(struct flagstop_session *session)
{
	if (session->tracer && !session->done)
		kill(session->tracer, SIGKILL); /* EXITKILL does the rest */
	if (session->fd >= 0)
		close(session->fd);
	reap(session);
	return 0;
}

void flagstop_session_free(struct flagstop_session *session)
{
	talloc_free(session);
}

static int check_arguments(const struct flagstop_policy *policy, const struct flagstop_session_options *options,
			   struct flagstop_error *error)
{
	if (!policy || !options || options->struct_bytes < sizeof(*options))
		return fst_error_set(error, -EINVAL, "no policy, or options of another version");
	if (!options->argv || !options->argv[0])
		return fst_error_set(error, -EINVAL, "no program was given");
	if ((unsigned)options->backend > FLAGSTOP_BACKEND_PTRACE)
		return fst_error_set(error, -EINVAL, "no such backend");
	if (!(flagstop_policy_abis(policy) >> flagstop_abi_native() & 1)) {
		fst_error_set(error, -EBADMSG, "the policy does not name this machine's ABI, %s",
			      flagstop_abi_name(flagstop_abi_native()));
		fst_error_hint(error, "add `abi %s`", flagstop_abi_name(flagstop_abi_native()));
		return -EBADMSG;
	}
	return 0;
}

static int fork_tracer(struct flagstop_session *session, const struct flagstop_policy *policy,
		       struct flagstop_error *error)
{
	int ends[2];
	sigset_t all, mask;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return fst_error_set(error, -EIO, "no socket for the tracer: %s", strerror(errno));
	/* The tracer must never run a handler of the caller's: it starts, and stays, with all signals blocked. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &mask);
	struct fst_tracer_start start = { policy, &session->options, ends[1], getpid(), &mask };
	pid_t tid = fork();
	int failure = errno;
	if (!tid) {
		close(ends[0]);
		fst_tracer_main(&start);
	}
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	close(ends[1]);
	session->fd = ends[0];
	session->tracer = tid > 0 ? tid : 0;
	return tid > 0 ? 0 : fst_error_set(error, -EIO, "no process for the tracer: %s", strerror(failure));
}

static int tracer_died(struct flagstop_error *error)
{
	fst_error_set(error, -EPIPE, "the tracer died; what it traced was killed with it");
	return -EPIPE;
}

static int wait_until_started(struct flagstop_session *session, struct flagstop_error *error)
{
	const struct fst_message *m = &session->packet.message;
	int r = fst_wire_receive(session->fd, &session->packet, 1);

	if (r != 1)
		return tracer_died(error);
	if (m->type == FST_MESSAGE_STARTED) {
		session->program = m->tid;
		return 0;
	}
	if (m->type != FST_MESSAGE_FAILED)
		return fst_error_set(error, -EPROTO, "the tracer said something else than whether the program started");
	fst_error_set(error, m->code, "%s", fst_wire_text(&session->packet, 0));
	if (*fst_wire_text(&session->packet, 1))
		fst_error_hint(error, "%s", fst_wire_text(&session->packet, 1));
	return m->code;
}

int flagstop_session_start(const struct flagstop_policy *policy, const struct flagstop_session_options *options,
			   struct flagstop_session **ret_session, struct flagstop_error *reterr_error)
{
	int r = check_arguments(policy, options, reterr_error);

	if (r)
		return r;
	struct flagstop_session *session = talloc_zero(NULL, struct flagstop_session);
	if (!session)
		return fst_error_set(reterr_error, -ENOMEM, "no memory");
	session->options = *options;
	session->fd = -1;
	talloc_set_destructor(session, end);
	r = fork_tracer(session, policy, reterr_error);
	if (!r)
		r = wait_until_started(session, reterr_error);
	if (r) {
		talloc_free(session);
		return r;
	}
	*ret_session = session;
	return 0;
}

int flagstop_session_signal(struct flagstop_session *session, int signal)
{
	struct fst_message message = { .type = FST_MESSAGE_SIGNAL, .code = signal };

	return session->done ? -ESRCH : fst_wire_send(session->fd, &message, NULL, 0);
}

pid_t flagstop_session_pid(const struct flagstop_session *session)
{
	return session->program;
}

/* ---- what the tracer says --------------------------------------------------------------------------------------- */

static struct flagstop_rule rule_of(const struct fst_packet *packet, const char *file, const char *text)
{
	return (struct flagstop_rule){ file, packet->message.line, packet->message.column, text,
				       packet->message.layer };
}

static int answer_question(struct flagstop_session *session)
{
	const struct fst_packet *p = &session->packet;
	struct flagstop_question question = {
		.tid = p->message.tid,
		.call = fst_wire_text(p, 0),
		.rule = rule_of(p, fst_wire_text(p, 1), fst_wire_text(p, 2)),
		.stack = fst_wire_text(p, 3),
	};
	struct fst_message answer = { .type = FST_MESSAGE_ANSWER, .id = p->message.id };

	answer.answer = session->options.ask(&question, session->options.context);
	return fst_wire_send(session->fd, &answer, NULL, 0);
}

static int keep_event(struct flagstop_session *session)
{
	const struct fst_packet *p = &session->packet;
	struct flagstop_event **events =
		talloc_realloc(session, session->events, struct flagstop_event *, session->event_count + 1);
	const char *texts[FST_MESSAGE_TEXTS];

	if (!events)
		return -ENOMEM;
	session->events = events;
	struct flagstop_event *e = talloc_zero(events, struct flagstop_event);
	for (unsigned i = 0; i < FST_MESSAGE_TEXTS; i++) {
		texts[i] = e ? talloc_strdup(e, fst_wire_text(p, i)) : NULL;
		if (!texts[i])
			return -ENOMEM;
	}
	*e = (struct flagstop_event){
		.abi = p->message.abi,
		.nr = p->message.nr,
		.call = texts[0],
		.example = texts[1],
		.verdict = p->message.answer.verdict,
		.rule = rule_of(p, texts[2], texts[3]),
		.count = p->message.count,
		.tid = p->message.tid,
		.stack = texts[4],
	};
	events[session->event_count++] = e;
	return 0;
}

static int handle_message(struct flagstop_session *session)
{
	switch (session->packet.message.type) {
	case FST_MESSAGE_ASK:
		return answer_question(session);
	case FST_MESSAGE_EVENT:
		return keep_event(session);
	case FST_MESSAGE_DONE:
		session->summary = session->packet.message.summary;
		session->done = true;
		return 0;
	default:
		return -EPROTO;
	}
}

int flagstop_session_wait(struct flagstop_session *session, struct flagstop_error *reterr_error)
{
	while (!session->done) {
		int r = fst_wire_receive(session->fd, &session->packet, 1);

		if (r == 1)
			r = handle_message(session);
		else if (!r)
			r = -EPIPE;
		if (r == -EPIPE) {
			reap(session);
			return tracer_died(reterr_error);
		}
		if (r)
			return fst_error_set(reterr_error, r, "what the tracer said could not be kept: %s",
					     strerror(-r));
	}
	reap(session);
	return 0;
}

void flagstop_session_summary(const struct flagstop_session *session, struct flagstop_summary *ret_summary)
{
	*ret_summary = session->summary;
}

size_t flagstop_session_event_count(const struct flagstop_session *session)
{
	return session->event_count;
}

const struct flagstop_event *flagstop_session_event(const struct flagstop_session *session, size_t index)
{
	return index < session->event_count ? session->events[index] : NULL;
}

const char *flagstop_version(void)
{
	return FLAGSTOP_VERSION;
}
