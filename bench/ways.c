/* SPDX-License-Identifier: MIT */
/* Which ways to make a call are compared. */
#include <errno.h>

#include "bench.h"

#define ONE_PLACE (1u << SAME)
#define ALL_PLACES (1u << SAME | 1u << OTHER | 1u << FLOATING)
#define TWO_PLACES (1u << SAME | 1u << FLOATING)

#define KERNEL_POLICY \
	"default allow\n" \
	"deny EPERM mount umount2 pivot_root chroot swapon swapoff reboot kexec_load " \
	"init_module finit_module delete_module settimeofday sethostname acct\n"
#define FLAGGED_POLICY "default allow\ntrace getppid\n"

static const char *const strace[] = { "strace", "-f", "-o", "/dev/null", "-e", "trace=getppid", NULL };
static const char *const strace_bpf[] = { "strace", "-f", "--seccomp-bpf", "-o", "/dev/null",
					  "-e", "trace=getppid", NULL };
static const char *const strace_open[] = { "strace", "-f", "--seccomp-bpf", "-o", "/dev/null",
					   "-e", "trace=openat", NULL };
#define GDB_LOOP "python\nwhile gdb.selected_inferior().pid:\n gdb.execute('continue', False, True)"

static const char *const gdb[] = { "gdb", "-nx",
				   "-q", "-batch",
				   "-ex", "set startup-with-shell off",
				   "-ex", "catch syscall getppid",
				   "-ex", "run",
				   "-ex", GDB_LOOP,
				   "--args", NULL };
static const char *const proot[] = { "proot", NULL };
static const char *const bwrap[] = { "bwrap", "--dev-bind", "/", "/", NULL };

#define REFERENCE(its_name, its_title, its_start) \
	.name = its_name, .title = its_title, .start = its_start, .end = end_process
#define HAND_WRITTEN(its_name, its_title, its_start) \
	.name = its_name, .title = its_title, .start = its_start, .end = end_hand_written_tracer
#define SESSION(its_name, its_title) \
	.name = its_name, .title = its_title, .start = start_session, .end = end_session
#define PEER(its_name, its_title, its_argv) \
	.name = its_name, .title = its_title, .start = start_peer, .end = end_process, \
	.argv = its_argv, .optional = true, .uncounted = true

/* The first two are what all others are compared with. */
const struct row ways[] = {
	{ REFERENCE("native", "no filter", start_native), .places = ONE_PLACE },
	{ REFERENCE("kernel-allow", "allowed by number", start_allow), .places = ONE_PLACE },
	{ REFERENCE("kernel-allow-argument", "allowed by argument", start_allow_arguments),
	  .places = ONE_PLACE },
	{ REFERENCE("kernel-errno", "ERRNO", start_errno), .places = ONE_PLACE, .answer = -EPERM },
	{ REFERENCE("kernel-log", "LOG", start_log), .places = ONE_PLACE },
	{ REFERENCE("trap", "TRAP, handler", start_native), .places = ONE_PLACE, .setup = "trap" },
	{ REFERENCE("user-dispatch", "user dispatch, handler", start_native),
	  .places = ONE_PLACE,
	  .setup = "dispatch",
	  .optional = true },
	{ HAND_WRITTEN("notify-continue", "notification, CONTINUE", start_notify_continue),
	  .places = ALL_PLACES,
	  .stops = 1,
	  .optional = true },
	{ HAND_WRITTEN("notify-reply", "notification, reply", start_notify_reply),
	  .places = ALL_PLACES,
	  .stops = 1,
	  .optional = true },
	{ HAND_WRITTEN("notify-reply-sync", "notification, reply, synchronous", start_notify_sync),
	  .places = TWO_PLACES,
	  .stops = 1,
	  .optional = true },
	{ HAND_WRITTEN("ret-trace", "RET_TRACE loop: wait, continue", start_ret_trace),
	  .places = ALL_PLACES,
	  .crowd = true,
	  .stops = 1 },
	{ HAND_WRITTEN("ret-trace-info", "the same, GET_SYSCALL_INFO", start_ret_trace_info),
	  .places = ONE_PLACE,
	  .stops = 1 },
	{ HAND_WRITTEN("ret-trace-registers", "the same, GETREGSET", start_ret_trace_registers),
	  .places = ONE_PLACE,
	  .stops = 1 },
	{ HAND_WRITTEN("ret-trace-rewrite", "the same, GETREGSET, SETREGSET", start_ret_trace_rewrite),
	  .places = ONE_PLACE,
	  .stops = 1 },
	{ HAND_WRITTEN("ret-trace-skip", "the same, skipping the call", start_ret_trace_skip),
	  .places = ONE_PLACE,
	  .optional = true,
	  .answer = -EPERM,
	  .stops = 1 },
	{ HAND_WRITTEN("ptrace-syscall", "PTRACE_SYSCALL loop", start_ptrace_syscall),
	  .places = TWO_PLACES,
	  .stops = 2 },
	{ SESSION("flagstop-kernel", "flagstop, no tracer: not flagged"),
	  .places = ONE_PLACE,
	  .reference = "kernel-allow",
	  .policy = KERNEL_POLICY,
	  .report = FLAGSTOP_REPORT_NONE },
	{ SESSION("flagstop-unflagged", "flagstop, traced: not flagged"),
	  .places = ONE_PLACE,
	  .reference = "kernel-allow",
	  .policy = KERNEL_POLICY,
	  .report = FLAGSTOP_REPORT_ALL },
	{ SESSION("flagstop-allow", "flagstop: flagged, counted, allowed"),
	  .places = ALL_PLACES,
	  .crowd = true,
	  .reference = "ret-trace",
	  .stops = 1,
	  .policy = FLAGGED_POLICY,
	  .report = FLAGSTOP_REPORT_ALL },
	{ SESSION("flagstop-allow-no-pin", "the same, --no-pin"),
	  .places = 1u << FLOATING,
	  .reference = "ret-trace",
	  .stops = 1,
	  .policy = FLAGGED_POLICY,
	  .report = FLAGSTOP_REPORT_ALL,
	  .unpinned = true },
	{ SESSION("flagstop-deny", "flagstop: flagged, counted, denied"),
	  .places = TWO_PLACES,
	  .reference = "ret-trace-skip",
	  .answer = -EPERM,
	  .stops = 1,
	  .policy = "default allow\ndeny EPERM getppid\n",
	  .report = FLAGSTOP_REPORT_ALL },
	{ SESSION("flagstop-return", "flagstop: a result made up"),
	  .places = ONE_PLACE,
	  .reference = "ret-trace-skip",
	  .answer = 7,
	  .stops = 1,
	  .policy = "default allow\nreturn 7 getppid\n",
	  .report = FLAGSTOP_REPORT_ALL },
	{ PEER("strace", "strace", strace), .places = TWO_PLACES, .reference = "ret-trace" },
	{ PEER("strace-seccomp-bpf", "strace --seccomp-bpf", strace_bpf),
	  .places = TWO_PLACES,
	  .reference = "ret-trace" },
	{ PEER("gdb-catch", "gdb, catch syscall", gdb), .places = ONE_PLACE, .slow = true },
	{ PEER("bwrap", "bubblewrap, no filter", bwrap), .places = ONE_PLACE },
	{ REFERENCE("open-native", "openat+close: no filter", start_native),
	  .places = ONE_PLACE,
	  .call = CALL_OPEN },
	{ REFERENCE("open-kernel-allow", "openat+close: allowed by number", start_allow),
	  .places = ONE_PLACE,
	  .call = CALL_OPEN },
	{ HAND_WRITTEN("open-ret-trace", "openat+close: RET_TRACE loop", start_ret_trace),
	  .places = TWO_PLACES,
	  .call = CALL_OPEN,
	  .stops = 1 },
	{ SESSION("open-flagstop-allow", "openat+close: flagstop, flagged, allowed"),
	  .places = TWO_PLACES,
	  .call = CALL_OPEN,
	  .reference = "open-ret-trace",
	  .stops = 1,
	  .policy = "default allow\ntrace openat\n",
	  .report = FLAGSTOP_REPORT_ALL },
	{ PEER("open-strace-seccomp-bpf", "openat+close: strace --seccomp-bpf", strace_open),
	  .places = TWO_PLACES,
	  .call = CALL_OPEN,
	  .reference = "open-ret-trace" },
	{ PEER("open-proot", "openat+close: PRoot", proot),
	  .places = TWO_PLACES,
	  .call = CALL_OPEN,
	  .reference = "open-ret-trace" },
};
const size_t way_count = sizeof(ways) / sizeof(*ways);
