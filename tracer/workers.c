/* SPDX-License-Identifier: MIT */
/*
 * Decides which process goes to which tracer, and when. Knows of a hand-over only that it is offered, done, and told;
 * park.c does it.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <talloc.h>

#include <filters/bpf/window.h>
#include <tracer/park.h>
#include <tracer/tracer.h>

#define WINDOW_STOPS 256
#define WINDOW_NS 250000000 /* slower ones are nobody's bottleneck, whatever else the machine does */
#define HOT_STOPS 32        /* of a window */
#define SEEN 8              /* threads that are counted in one */
#define ANSWER_TIMEOUT_MS 100

enum hand_type {
	HAND_PIDS,  /* whom no call may be aimed at: the workers */
	HAND_OFFER, /* a thread that stands at a stop: an answer is due */
	HAND_GO,    /* it is parked */
	HAND_NO,    /* it is not: nothing happened */
	HAND_LAST,  /* nobody will come any more */
};

struct hand {
	enum hand_type type;
	uint64_t offer;
	struct fst_parked parked; /* of OFFER, its tid alone */
	int cpu;                  /* that the tracer leaves to the worker; -1: none */
	bool no_pin;
	int pids[FST_WORKERS_MAX];
};

struct answer {
	uint64_t offer;
	bool taken;
};

struct worker {
	pid_t pid;           /* 0: it has ended */
	int control, report; /* our ends */
	uint64_t placed;     /* how many went there */
};

struct fst_workers {
	unsigned count;
	struct worker each[FST_WORKERS_MAX];
	struct fst_park *park;
	unsigned filters; /* that every tracee carries */
	int clone;        /* the call's index */
	uint64_t offers, placed_here;
	bool last;   /* nobody comes any more */
	bool closed; /* nobody goes any more */
	/* Who stopped how often lately. */
	struct {
		pid_t tid;
		unsigned stops;
	} seen[SEEN];
	unsigned stops;
	uint64_t since_ns;
	/* of a worker */
	bool is_one;
	unsigned index;
	int control, report;
};

/* ---- starting them ---------------------------------------------------------------------------------------------- */

static bool asks(const struct flagstop_policy *policy)
{
	bool found = false;

	for (unsigned i = 0; i < policy->layer_count; i++) {
		const struct fst_layer *layer = policy->layers[i]->layer;

		found |= layer->fallback.verdict.action == FLAGSTOP_ACTION_ASK ||
			layer->unknown.verdict.action == FLAGSTOP_ACTION_ASK;
		for (unsigned k = 0; k < layer->rule_count; k++)
			found |= layer->rules[k].verdict.action == FLAGSTOP_ACTION_ASK;
	}
	return found;
}

static unsigned wanted(const struct fst_tracer *tracer, const struct flagstop_policy *policy)
{
	unsigned most = tracer->options->workers;
	cpu_set_t cpus;

	if (most < 2 || !tracer->traced || !tracer->backend->filters || tracer->pins || tracer->emulation ||
	    tracer->has_exec_layers || tracer->filtered_above || asks(policy) ||
	    sched_getaffinity(0, sizeof(cpus), &cpus))
		return 0;
	if (most > (unsigned)CPU_COUNT(&cpus))
		most = (unsigned)CPU_COUNT(&cpus);
	if (most > FST_WORKERS_MAX + 1)
		most = FST_WORKERS_MAX + 1;
	return most - 1;
}

static void __attribute__((noreturn)) fail(struct fst_tracer *tracer)
{
	fst_tracer_fail(tracer, -EIO, "a worker could not be made", "without --workers it can run");
}

/* In the new worker. */
static void become_one(struct fst_tracer *tracer, pid_t parent, unsigned index, const int control[2],
		       const int report[2])
{
	struct fst_workers *w = tracer->workers;

	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	prctl(PR_SET_NAME, "flagstop-worker");
	setsid();
	w->is_one = true;
	w->index = index;
	w->control = control[1];
	w->report = report[1];
}

static void start_one(struct fst_tracer *tracer, unsigned index)
{
	struct worker *worker = &tracer->workers->each[index];
	pid_t parent = getpid();
	int control[2], report[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, report))
		fail(tracer);
	worker->pid = fork();
	if (worker->pid < 0)
		fail(tracer);
	if (!worker->pid) {
		become_one(tracer, parent, index, control, report);
		return;
	}
	close(control[1]);
	close(report[1]);
	worker->control = control[0];
	worker->report = report[0];
}

static void send_hand(const struct fst_workers *w, unsigned index, const struct hand *hand)
{
	if (send(w->each[index].control, hand, sizeof(*hand), MSG_NOSIGNAL) != sizeof(*hand))
		_exit(1); /* it is dead: so are all that it traced, and so must we be */
}

/* The tracer is gone, which ends us anyway. */
static void receive_hand(const struct fst_workers *w, struct hand *ret_hand)
{
	ssize_t bytes;

	while ((bytes = recv(w->control, ret_hand, sizeof(*ret_hand), 0)) < 0 && errno == EINTR)
		;
	if (bytes != sizeof(*ret_hand))
		_exit(1);
}

static void tell_pids(struct fst_workers *w)
{
	struct hand hand = { .type = HAND_PIDS };

	for (unsigned i = 0; i < w->count; i++)
		hand.pids[i] = w->each[i].pid;
	for (unsigned i = 0; i < w->count; i++)
		send_hand(w, i, &hand);
}

static void learn_pids(struct fst_workers *w)
{
	struct hand hand;

	receive_hand(w, &hand);
	for (unsigned i = 0; i < w->count; i++)
		w->each[i].pid = hand.pids[i];
}

void fst_workers_start(struct fst_tracer *tracer, const struct flagstop_policy *policy)
{
	unsigned count = wanted(tracer, policy);
	struct fst_session_keys *keys = &tracer->keys;
	struct fst_workers *w = count ? talloc_zero(tracer, struct fst_workers) : NULL;
	size_t bytes = sizeof(keys->window_secret);

	if (!w)
		return;
	if (getrandom(keys->window_secret, bytes, 0) != (ssize_t)bytes || fst_park_new(w, keys, &w->park)) {
		memset(keys->window_secret, 0, bytes);
		talloc_free(w);
		return;
	}
	keys->parks = true;
	w->count = count;
	w->clone = flagstop_call_find("clone");
	tracer->workers = w;
	for (unsigned i = 0; i < count && !w->is_one; i++)
		start_one(tracer, i);
	if (w->is_one)
		learn_pids(w);
	else
		tell_pids(w);
}

bool fst_workers_is_one(const struct fst_tracer *tracer)
{
	return tracer->workers && tracer->workers->is_one;
}

size_t fst_workers_pids(const struct fst_tracer *tracer, int *pids)
{
	size_t count = tracer->workers ? tracer->workers->count : 0;

	for (size_t i = 0; i < count; i++)
		pids[i] = tracer->workers->each[i].pid;
	return count;
}

int fst_workers_add_program(struct fst_tracer *tracer, struct flagstop_programs *programs)
{
	struct flagstop_insn insns[FST_WINDOW_PROGRAM_MAX_INSNS];
	struct fst_workers *w = tracer->workers;
	struct fst_window_plan plan;
	int r;

	if (!w)
		return 0;
	fst_park_plan(w->park, &plan);
	r = fst_programs_add(programs, insns, fst_window_program(&plan, insns));
	w->filters = (unsigned)flagstop_programs_count(programs);
	return r;
}

size_t fst_workers_fds(const struct fst_tracer *tracer, int *fds)
{
	const struct fst_workers *w = tracer->workers;
	size_t count = 0;

	if (!w)
		return 0;
	if (w->is_one) {
		fds[count++] = w->control;
		fds[count++] = w->report;
		return count;
	}
	for (unsigned i = 0; i < w->count; i++) {
		fds[count++] = w->each[i].control;
		fds[count++] = w->each[i].report;
	}
	return count;
}

/* ---- who is hot ------------------------------------------------------------------------------------------------- */

static void mark_hot(struct fst_tracer *tracer)
{
	struct fst_workers *w = tracer->workers;
	unsigned hot = 0;

	for (unsigned i = 0; i < SEEN; i++)
		hot += w->seen[i].stops >= HOT_STOPS;
	for (unsigned i = 0; hot > 1 && i < SEEN; i++) {
		struct fst_tracee *tracee =
			w->seen[i].stops >= HOT_STOPS ? fst_stops_find(tracer, w->seen[i].tid) : NULL;

		if (tracee && !tracee->placed)
			tracee->hot = true;
	}
}

static void note_stop(struct fst_tracer *tracer, pid_t tid)
{
	struct fst_workers *w = tracer->workers;
	unsigned at = 0;

	while (at < SEEN - 1 && w->seen[at].tid && w->seen[at].tid != tid)
		at++;
	if (w->seen[at].tid != tid) {
		w->seen[at].tid = tid; /* the last place is shared by all that came late */
		w->seen[at].stops = 0;
	}
	w->seen[at].stops++;
	if (++w->stops < WINDOW_STOPS)
		return;
	uint64_t now = fst_wait_now_ns();
	if (now - w->since_ns < WINDOW_NS)
		mark_hot(tracer);
	memset(w->seen, 0, sizeof(w->seen));
	w->stops = 0;
	w->since_ns = now;
}

/* ---- the tracer gives ------------------------------------------------------------------------------------------- */

/* The one that got fewest; -1: us. */
static int choose(const struct fst_workers *w)
{
	int best = 0;

	for (unsigned i = 1; i < w->count; i++)
		if (w->each[i].placed < w->each[best].placed)
			best = (int)i;
	return w->each[best].placed <= w->placed_here ? best : -1;
}

static bool await_answer(const struct fst_workers *w, unsigned index)
{
	struct pollfd control = { .fd = w->each[index].control, .events = POLLIN };
	struct answer answer = { 0 };
	uint64_t begin = fst_wait_now_ns(), limit = (uint64_t)ANSWER_TIMEOUT_MS * 1000000;

	/* An answer to an offer that was taken back may still be there. */
	while (answer.offer != w->offers && fst_wait_now_ns() - begin < limit) {
		if (poll(&control, 1, ANSWER_TIMEOUT_MS) <= 0)
			continue;
		if (recv(control.fd, &answer, sizeof(answer), MSG_DONTWAIT) != sizeof(answer))
			return false;
	}
	return answer.offer == w->offers && answer.taken;
}

/* A process that is in the middle of something stays. */
static bool is_plain(const struct fst_tracee *tracee)
{
	return !tracee->condemned && !tracee->trapped && !tracee->unfinished && !tracee->question &&
		!tracee->sentence && !tracee->layers.waiting;
}

static bool may_go(const struct fst_tracer *tracer, const struct fst_tracee *tracee)
{
	struct fst_call_stop call;

	return is_plain(tracee) && tracer->executed && tracee->tid != tracer->program && !tracer->workers->last &&
		!tracer->workers->closed && fst_together_is_ordinary(tracee->tid) &&
		!fst_ptrace_call(tracee->tid, &call) && call.place == FST_PLACE_SECCOMP &&
		fst_park_may(tracer->workers->park, tracee->tid, &call, tracer->workers->filters);
}

static bool give(struct fst_tracer *tracer, struct fst_tracee *tracee, unsigned index)
{
	struct fst_workers *w = tracer->workers;
	pid_t tid = tracee->tid;
	struct hand hand = { .type = HAND_OFFER, .offer = ++w->offers, .parked = { .tid = tid } };
	int status = 0;

	send_hand(w, index, &hand);
	bool wanted_there = await_answer(w, index);
	hand.type = HAND_NO;
	if (!wanted_there) {
		send_hand(w, index, &hand);
		return false;
	}
	hand.cpu = fst_together_share(&tracer->together, tid, index);
	hand.no_pin = tracer->together.off;
	enum fst_park_end end = fst_park_give(w->park, tid, &hand.parked, &status);
	if (end == FST_PARK_DONE)
		hand.type = HAND_GO;
	send_hand(w, index, &hand);
	if (end == FST_PARK_DONE) {
		w->each[index].placed++;
		tracer->summary.handed_over++;
		fst_stops_let_go(tracer, tracee);
	} else if (end == FST_PARK_STOPPED) {
		fst_stops_handle(tracer, tid, status);
	}
	return true;
}

static bool place(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	struct fst_workers *w = tracer->workers;
	int index = tracee->tid == tracer->program ? -1 : choose(w);

	tracee->hot = false;
	tracee->placed = true;
	if (index >= 0 && may_go(tracer, tracee) && give(tracer, tracee, (unsigned)index))
		return true;
	w->placed_here++;
	return false;
}

void fst_workers_call(struct fst_tracer *tracer, const struct flagstop_data *call)
{
	int abi = flagstop_abi_of_call(call->arch, call->nr);
	int index = abi < 0 ? -1 : flagstop_call_from_number((enum flagstop_abi)abi, call->nr);

	if (index == tracer->workers->clone &&
	    (call->args[0] & (CLONE_VM | CLONE_VFORK | CLONE_THREAD)) == CLONE_VM)
		tracer->workers->closed = true;
}

static bool leave(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	struct fst_parked parked = *tracee->parked;
	int status = 0;

	talloc_free(tracee->parked);
	tracee->parked = NULL;
	if (fst_park_leave(tracer->workers->park, &parked, &status) == FST_PARK_STOPPED)
		fst_stops_handle(tracer, parked.tid, status);
	return true;
}

bool fst_workers_deal_with(struct fst_tracer *tracer, struct fst_tracee *tracee)
{
	if (tracer->workers->is_one)
		return tracee->parked && leave(tracer, tracee);
	note_stop(tracer, tracee->tid);
	return tracee->hot && place(tracer, tracee);
}

/* ---- a worker takes --------------------------------------------------------------------------------------------- */

static void take(struct fst_tracer *tracer, const struct hand *hand, int pidfd)
{
	struct fst_workers *w = tracer->workers;
	unsigned exits = tracer->options->report == FLAGSTOP_REPORT_ALL ? FST_WANT_EXITS : 0;
	struct fst_tracee *tracee;

	if (fst_park_take(w->park, &hand->parked, pidfd, tracer->backend->stops | exits) != FST_PARK_DONE)
		return;
	tracee = fst_stops_adopt(tracer, hand->parked.tid);
	if (tracee)
		tracee->parked = talloc_memdup(tracee, &hand->parked, sizeof(hand->parked));
	if (!tracee || !tracee->parked)
		kill(hand->parked.tid, SIGKILL);
	tracer->together.prefers = hand->cpu;
	tracer->together.off |= hand->no_pin;
}

static void consider(struct fst_tracer *tracer, const struct hand *offer)
{
	const struct fst_workers *w = tracer->workers;
	int pidfd = (int)syscall(SYS_pidfd_open, offer->parked.tid, 0);
	struct answer answer = { offer->offer, pidfd >= 0 && fst_park_may_take(pidfd) };
	struct hand hand;

	if (send(w->control, &answer, sizeof(answer), MSG_NOSIGNAL) != sizeof(answer))
		_exit(1);
	receive_hand(w, &hand);
	if (hand.type == HAND_GO)
		take(tracer, &hand, pidfd);
	if (pidfd >= 0)
		close(pidfd);
}

void fst_workers_receive(struct fst_tracer *tracer)
{
	struct fst_workers *w = tracer->workers;
	struct hand hand;
	ssize_t bytes;

	while ((bytes = recv(w->control, &hand, sizeof(hand), MSG_DONTWAIT)) == sizeof(hand)) {
		if (hand.type == HAND_OFFER)
			consider(tracer, &hand);
		else if (hand.type == HAND_LAST)
			w->last = true;
	}
	if (bytes >= 0 || (errno != EAGAIN && errno != EINTR))
		_exit(1);
}

int fst_workers_control(const struct fst_tracer *tracer)
{
	return tracer->workers->control;
}

/* ---- what is told ----------------------------------------------------------------------------------------------- */

/* Rules are the same ones everywhere, but not at the same place in memory: the guards' were made by each for itself. */
#define FALLBACK UINT64_MAX
#define UNKNOWN (UINT64_MAX - 1)
#define NO_RULE (UINT64_MAX - 2)

static uint64_t index_of(const struct fst_layer *layer, const struct fst_rule *rule)
{
	return !rule                     ? NO_RULE :
		rule == &layer->fallback ? FALLBACK :
		rule == &layer->unknown  ? UNKNOWN :
					   (uint64_t)(rule - layer->rules);
}

static const struct fst_rule *rule_at(const struct fst_layer *layer, uint64_t index)
{
	return index == FALLBACK           ? &layer->fallback :
		index == UNKNOWN           ? &layer->unknown :
		index >= layer->rule_count ? NULL :
					     &layer->rules[index];
}

void fst_workers_report(struct fst_tracer *tracer)
{
	struct fst_message message = { .type = FST_MESSAGE_EVENT };
	const struct fst_event *e;
	int fd = tracer->workers->report;

	for (size_t i = 0; (e = fst_events_get(tracer->events, i, &message.count)); i++) {
		const char *const texts[] = { e->stack, e->subject, e->example };

		message.tid = e->tid;
		message.abi = e->abi;
		message.nr = e->nr;
		message.layer = e->layer;
		message.answer.verdict = e->verdict;
		message.id = index_of(tracer->policy->layers[e->layer]->layer, e->rule);
		if (fst_wire_send(fd, &message, texts, 3))
			_exit(1);
	}
	message = (struct fst_message){ .type = FST_MESSAGE_DONE };
	tracer->summary.events_lost = fst_events_lost(tracer->events);
	tracer->summary.brought_together = tracer->together.times;
	message.summary = tracer->summary;
	if (fst_wire_send(fd, &message, NULL, 0))
		_exit(1);
}

static void take_event(struct fst_tracer *tracer, const struct fst_packet *p)
{
	const struct fst_message *m = &p->message;

	if (m->layer >= tracer->policy->layer_count)
		return;
	struct fst_event event = { .abi = m->abi,
				   .nr = m->nr,
				   .verdict = m->answer.verdict,
				   .rule = rule_at(tracer->policy->layers[m->layer]->layer, m->id),
				   .layer = m->layer,
				   .tid = m->tid,
				   .stack = fst_wire_text(p, 0),
				   .subject = fst_wire_text(p, 1) };
	if (fst_events_add_many(tracer->events, &event, m->count) == 1)
		fst_events_describe(tracer->events, fst_wire_text(p, 2));
}

static void take_summary(struct fst_tracer *tracer, const struct flagstop_summary *theirs)
{
	struct flagstop_summary *ours = &tracer->summary;

	ours->stops += theirs->stops;
	ours->calls_flagged += theirs->calls_flagged;
	ours->tracees += theirs->tracees;
	ours->events_lost += theirs->events_lost;
	ours->brought_together += theirs->brought_together;
}

static void collect(struct fst_tracer *tracer, const struct worker *worker)
{
	while (fst_wire_receive(worker->report, &tracer->packet, 0) == 1) {
		if (tracer->packet.message.type == FST_MESSAGE_EVENT)
			take_event(tracer, &tracer->packet);
		else if (tracer->packet.message.type == FST_MESSAGE_DONE)
			take_summary(tracer, &tracer->packet.message.summary);
	}
}

size_t fst_workers_reports(const struct fst_tracer *tracer, int *fds)
{
	const struct fst_workers *w = tracer->workers;
	size_t count = 0;

	for (unsigned i = 0; w && !w->is_one && i < w->count; i++)
		if (w->each[i].pid)
			fds[count++] = w->each[i].report;
	return count;
}

void fst_workers_collect(struct fst_tracer *tracer)
{
	struct fst_workers *w = tracer->workers;

	for (unsigned i = 0; w && !w->is_one && i < w->count; i++)
		if (w->each[i].pid)
			collect(tracer, &w->each[i]);
}

/* ---- the end ---------------------------------------------------------------------------------------------------- */

bool fst_workers_reaped(struct fst_tracer *tracer, pid_t tid, int status)
{
	struct fst_workers *w = tracer->workers;

	for (unsigned i = 0; w && !w->is_one && i < w->count; i++) {
		if (w->each[i].pid != tid)
			continue;
		if (WIFSTOPPED(status)) {
			kill(tid, SIGCONT);
		} else if (!WIFEXITED(status) || WEXITSTATUS(status)) {
			_exit(1); /* what it traced was killed with it */
		} else {
			collect(tracer, &w->each[i]);
			close(w->each[i].report);
			close(w->each[i].control);
			w->each[i].pid = 0;
		}
		return true;
	}
	return false;
}

bool fst_workers_go_on(struct fst_tracer *tracer)
{
	struct fst_workers *w = tracer->workers;
	const struct hand last = { .type = HAND_LAST };
	bool any = false;

	if (!w)
		return false;
	if (w->is_one)
		return !w->last;
	for (unsigned i = 0; i < w->count; i++) {
		any |= w->each[i].pid != 0;
		if (!w->last && w->each[i].pid)
			send_hand(w, i, &last);
	}
	w->last = true;
	return any;
}
