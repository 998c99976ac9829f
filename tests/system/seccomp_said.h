/* SPDX-License-Identifier: MIT */
#ifndef FST_TESTS_SECCOMP_SAID_H
#define FST_TESTS_SECCOMP_SAID_H

/*
 * What tests/tracees/confine.c and confine_threads.c print natively, as root on x86_64, Linux 6.18, for each law of
 * test_run_seccomp.c. Recorded, for kernels that have no seccomp to ask; where it is there, both are compared.
 */
static const struct {
	const char *law, *text;
} seccomp_said[] = {
	{ "operation__that_is_unknown_is_einval",
	  "seccomp:9:0:null: -22\n"
	  "seccomp:ffffffff:0:null: -22\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "operation__is_32_bits",
	  "narrow: 0\n"
	  "seccomp:100000001:0:getuid=50001: 0\n"
	  "call:getuid: -1\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "flags__are_32_bits",
	  "narrow: 0\n"
	  "seccomp:1:100000000:getuid=50001: 0\n"
	  "call:getuid: -1\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "flags__that_are_unknown_are_refused_before_the_program_is_read",
	  "seccomp:1:8000:null: -22\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "flags__log_and_spec_allow_are_taken",
	  "narrow: 0\n"
	  "seccomp:1:2:all=7fff0000: 0\n"
	  "seccomp:1:4:all=7fff0000: 0\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "flags__tsync_esrch_alone_changes_nothing",
	  "narrow: 0\n"
	  "seccomp:1:10:getuid=50001: 0\n"
	  "call:getuid: -1\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "program__that_is_nowhere_is_efault",
	  "seccomp:1:0:null: -14\n"
	  "seccomp:1:0:wild: -14\n"
	  "prctl:2:null: -14\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "program__that_is_nowhere_is_told_before_privileges",
	  "drop: 0\n"
	  "prctl:2:wild: -14\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "program__of_no_length_is_refused_before_privileges",
	  "drop: 0\n"
	  "prctl:2:empty: -22\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "program__of_4097_is_refused_before_privileges",
	  "drop: 0\n"
	  "prctl:2:insns=4097: -22\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "program__of_65535_is_refused",
	  "narrow: 0\n"
	  "prctl:2:insns=65535: -22\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "privileges__are_needed_before_instructions_are_read",
	  "drop: 0\n"
	  "prctl:2:nowhere: -13\n"
	  "prctl:2:noinsns: -13\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "privileges__are_no_new_privs",
	  "drop: 0\n"
	  "narrow: 0\n"
	  "prctl:2:all=7fff0000: 0\n"
	  "get: 2\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "privileges__fail_where_neither_is_there",
	  "drop: 0\n"
	  "seccomp:1:0:all=7fff0000: -13\n"
	  "get: 0\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "instructions__that_are_nowhere_are_efault",
	  "narrow: 0\n"
	  "prctl:2:nowhere: -14\n"
	  "get: 0\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "instructions__in_the_kernels_half_are_efault",
	  "narrow: 0\n"
	  "prctl:2:far: -14\n"
	  "get: 0\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "instructions__of_which_one_is_nowhere_are_efault",
	  "narrow: 0\n"
	  "prctl:2:edge: -14\n"
	  "get: 0\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "instructions__at_address_0_are_einval",
	  "narrow: 0\n"
	  "prctl:2:noinsns: -22\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "instructions__of_an_unknown_opcode_are_einval",
	  "narrow: 0\n"
	  "prctl:2:odd=ffff.0: -22\n"
	  "get: 0\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "instructions__that_load_beyond_the_data_are_einval",
	  "narrow: 0\n"
	  "prctl:2:odd=20.40: -22\n"
	  "prctl:2:odd=20.3: -22\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "instructions__that_divide_by_zero_are_einval",
	  "narrow: 0\n"
	  "prctl:2:odd=34.0: -22\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "mode__that_is_unknown_is_einval",
	  "prctl:0:null: -22\n"
	  "prctl:3:null: -22\n"
	  "prctl:100000002:null: -22\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "mode__is_told",
	  "get: 0\n"
	  "narrow: 0\n"
	  "prctl:2:all=7fff0000: 0\n"
	  "get: 2\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "limit__is_32768_instructions_and_4_a_filter",
	  "narrow: 0\n"
	  "prctl:2:insns=4000: 0\n"
	  "prctl:2:insns=4000: 0\n"
	  "prctl:2:insns=4000: 0\n"
	  "prctl:2:insns=4000: 0\n"
	  "prctl:2:insns=384: -12\n"
	  "prctl:2:insns=4: 0\n"
	  "prctl:2:insns=2: 0\n"
	  "prctl:2:all=7fff0000: 0\n"
	  "get: 2\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "limit__is_asked_after_the_program",
	  "narrow: 0\n"
	  "prctl:2:insns=4000: 0\n"
	  "prctl:2:insns=4000: 0\n"
	  "prctl:2:insns=4000: 0\n"
	  "prctl:2:insns=4000: 0\n"
	  "prctl:2:insns=4000: -12\n"
	  "prctl:2:odd=34.0: -22\n"
	  "prctl:2:nowhere: -14\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "strict__takes_no_argument",
	  "seccomp:0:1:null: -22\n"
	  "seccomp:0:0:wild: -22\n"
	  "get: 0\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "strict__is_refused_after_a_filter",
	  "narrow: 0\n"
	  "prctl:2:all=7fff0000: 0\n"
	  "prctl:1:null: -22\n"
	  "seccomp:0:0:null: -22\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "strict__lets_write_pass_and_kills_for_others",
	  "child: exited -1 signal 9 core 0\n" },
	{ "strict__by_seccomp_is_the_same",
	  "child: exited -1 signal 9 core 0\n" },
	{ "strict__lets_exit_pass",
	  "child: exited -1 signal 9 core 0\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "strict__kills_for_exit_group",
	  "child: exited -1 signal 9 core 0\n" },
	{ "strict__kills_one_thread_alone",
	  "child: exited 4 signal 0 core 0\n" },
	{ "strict__is_inherited_by_nobody_since_fork_is_killed",
	  "child: exited -1 signal 9 core 0\n" },
	{ "action__errno_is_what_the_program_gets",
	  "narrow: 0\n"
	  "prctl:2:getppid=50001: 0\n"
	  "call:getppid: -1\n"
	  "call:getuid: 0\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "action__errno_above_4095_is_capped",
	  "narrow: 0\n"
	  "prctl:2:getppid=51000: 0\n"
	  "call:getppid: -4095\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "action__errno_0_is_a_result_of_0",
	  "narrow: 0\n"
	  "prctl:2:getsid=50000: 0\n"
	  "call:getsid: 0\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "action__log_lets_pass",
	  "narrow: 0\n"
	  "prctl:2:getsid=7ffc0000: 0\n"
	  "call:getsid:7fffffff: -3\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "action__trace_without_a_tracer_is_enosys",
	  "narrow: 0\n"
	  "prctl:2:getppid=7ff00009: 0\n"
	  "call:getppid: -38\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "action__user_notif_without_a_listener_is_enosys",
	  "narrow: 0\n"
	  "prctl:2:getppid=7fc00000: 0\n"
	  "call:getppid: -38\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "action__that_is_unknown_kills",
	  "narrow: 0\n"
	  "prctl:2:getppid=60000: 0\n"
	  "child: exited -1 signal 31 core 0\n" },
	{ "action__that_is_unknown_is_outranked_by_its_number",
	  "narrow: 0\n"
	  "prctl:2:getppid=7ffd0000: 0\n"
	  "prctl:2:getppid=50003: 0\n"
	  "call:getppid: -3\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "action__that_is_unknown_and_negative_kills",
	  "narrow: 0\n"
	  "prctl:2:getppid=90000000: 0\n"
	  "child: exited -1 signal 31 core 0\n" },
	{ "action__kill_process_leaves_sigsys",
	  "narrow: 0\n"
	  "prctl:2:getppid=80000000: 0\n"
	  "child: exited -1 signal 31 core 0\n" },
	{ "action__kill_thread_of_the_last_one_leaves_sigsys",
	  "narrow: 0\n"
	  "prctl:2:getppid=0: 0\n"
	  "child: exited -1 signal 31 core 0\n" },
	{ "action__kill_thread_leaves_the_others",
	  "narrow: 0\n"
	  "prctl:2:getppid=0: 0\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "action__kill_process_in_a_thread_ends_all",
	  "narrow: 0\n"
	  "prctl:2:getppid=80000000: 0\n"
	  "child: exited -1 signal 31 core 0\n" },
	{ "action__kill_cannot_be_caught",
	  "catch: 0\n"
	  "narrow: 0\n"
	  "prctl:2:getppid=80000000: 0\n"
	  "child: exited -1 signal 31 core 0\n" },
	{ "action__kill_cannot_be_ignored",
	  "ignore: 0\n"
	  "narrow: 0\n"
	  "prctl:2:getppid=80000000: 0\n"
	  "child: exited -1 signal 31 core 0\n" },
	{ "action__kill_cannot_be_blocked",
	  "block: 0\n"
	  "narrow: 0\n"
	  "prctl:2:getppid=0: 0\n"
	  "child: exited -1 signal 31 core 0\n" },
	{ "action__trap_is_a_sigsys_of_the_call",
	  "catch: 0\n"
	  "narrow: 0\n"
	  "prctl:2:getppid=3abcd: 0\n"
	  "signal 31 code 1 errno 43981 call 110 arch 0xc000003e addr 1 result 110\n"
	  "call:getppid:77: 110\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "action__trap_of_no_call",
	  "catch: 0\n"
	  "narrow: 0\n"
	  "prctl:2:none=30001: 0\n"
	  "signal 31 code 1 errno 1 call -1 arch 0xc000003e addr 1 result -1\n"
	  "call:none:77: -1\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "action__trap_without_a_handler_kills",
	  "narrow: 0\n"
	  "prctl:2:getppid=30000: 0\n"
	  "child: exited -1 signal 31 core 0\n" },
	{ "action__trap_ignored_kills",
	  "ignore: 0\n"
	  "narrow: 0\n"
	  "prctl:2:getppid=30000: 0\n"
	  "child: exited -1 signal 31 core 0\n" },
	{ "action__trap_blocked_kills",
	  "catch: 0\n"
	  "block: 0\n"
	  "narrow: 0\n"
	  "prctl:2:getppid=30000: 0\n"
	  "child: exited -1 signal 31 core 0\n" },
	{ "action__is_available_or_not",
	  "avail:80000000: 0\n"
	  "avail:0: 0\n"
	  "avail:30000: 0\n"
	  "avail:50000: 0\n"
	  "avail:7ff00000: 0\n"
	  "avail:7ffc0000: 0\n"
	  "avail:7fff0000: 0\n"
	  "avail:50001: -95\n"
	  "avail:60000: -95\n"
	  "seccomp:2:1:null: -22\n"
	  "seccomp:2:0:null: -14\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "argument__is_seen_in_both_halves",
	  "narrow: 0\n"
	  "prctl:2:wide=50007: 0\n"
	  "call:getuid:100000001: -7\n"
	  "call:getuid:200000001: 0\n"
	  "call:getsid:17fffffff: -3\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "precedence__is_the_strictest_whoever_came_first",
	  "narrow: 0\n"
	  "prctl:2:getppid=50001: 0\n"
	  "prctl:2:getppid=7fff0000: 0\n"
	  "prctl:2:getppid=7ff00000: 0\n"
	  "call:getppid: -1\n"
	  "prctl:2:getppid=0: 0\n"
	  "prctl:2:getppid=50002: 0\n"
	  "child: exited -1 signal 31 core 0\n" },
	{ "precedence__among_equals_is_the_newest",
	  "narrow: 0\n"
	  "prctl:2:getppid=50001: 0\n"
	  "prctl:2:getppid=50002: 0\n"
	  "prctl:2:getppid=50003: 0\n"
	  "call:getppid: -3\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "precedence__trap_is_above_errno",
	  "catch: 0\n"
	  "narrow: 0\n"
	  "prctl:2:getppid=30005: 0\n"
	  "prctl:2:getppid=50002: 0\n"
	  "signal 31 code 1 errno 5 call 110 arch 0xc000003e addr 1 result 110\n"
	  "call:getppid: 110\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "filter__may_refuse_further_ones",
	  "narrow: 0\n"
	  "prctl:2:seccomp=50001: 0\n"
	  "seccomp:1:0:all=7fff0000: -1\n"
	  "prctl:2:prctl=50002: 0\n"
	  "prctl:2:all=7fff0000: -2\n"
	  "get: -2\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "filter__is_inherited_by_fork",
	  "narrow: 0\n"
	  "prctl:2:getppid=50001: 0\n"
	  "call:getppid: -1\n"
	  "get: 2\n"
	  "child: exited 4 signal 0 core 0\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "filter__of_a_child_is_not_its_parents",
	  "narrow: 0\n"
	  "prctl:2:getppid=50001: 0\n"
	  "call:getppid: -1\n"
	  "child: exited 4 signal 0 core 0\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "filter__is_inherited_by_a_thread",
	  "narrow: 0\n"
	  "prctl:2:getppid=50001: 0\n"
	  "call:getppid: -1\n"
	  "get: 2\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "filter__is_kept_over_exec",
	  "narrow: 0\n"
	  "prctl:2:getppid=50001: 0\n"
	  "call:getppid: -1\n"
	  "get: 2\n"
	  "child: exited 0 signal 0 core 0\n" },
	{ "filter__of_a_thread_is_kept_over_its_exec",
	  "narrow: 0\n"
	  "prctl:2:getppid=50001: 0\n"
	  "call:getppid: -1\n"
	  "get: 2\n"
	  "child: exited 0 signal 0 core 0\n" },
	{ "filter__is_kept_over_fork_and_exec_in_a_row",
	  "narrow: 0\n"
	  "prctl:2:getppid=50001: 0\n"
	  "prctl:2:getpgid=50002: 0\n"
	  "call:getppid: -1\n"
	  "call:getpgid: -2\n"
	  "get: 2\n"
	  "child: exited 0 signal 0 core 0\n"
	  "child: exited 0 signal 0 core 0\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "filter__is_added_in_each_generation",
	  "narrow: 0\n"
	  "prctl:2:getppid=50001: 0\n"
	  "prctl:2:getsid=50002: 0\n"
	  "prctl:2:getuid=50003: 0\n"
	  "call:getppid: -1\n"
	  "call:getsid: -2\n"
	  "call:getuid: -3\n"
	  "child: exited 4 signal 0 core 0\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "tsync__of_one_thread_is_like_none",
	  "narrow: 0\n"
	  "seccomp:1:1:getppid=50001: 0\n"
	  "call:getppid: -1\n"
	  "child: exited 4 signal 0 core 0\n" },
	{ "tsync__binds_threads_that_have_no_filter",
	  "fresh: done, errno 0\n"
	  "getsid 7 getuid 0 narrow 1 mode 2\n"
	  "getsid 7 getuid 0 narrow 1 mode 2\n"
	  "getsid 7 getuid 0 narrow 1 mode 2\n"
	  "getsid 7 getuid 0 narrow 1 mode 2\n"
	  "unbound 0\n" },
	{ "tsync__binds_threads_that_have_an_older_one",
	  "older: done, errno 0\n"
	  "getsid 7 getuid 3 narrow 1 mode 2\n"
	  "getsid 7 getuid 3 narrow 1 mode 2\n"
	  "getsid 7 getuid 3 narrow 1 mode 2\n"
	  "getsid 7 getuid 3 narrow 1 mode 2\n"
	  "unbound 0\n" },
	{ "tsync__names_a_thread_that_has_another_filter",
	  "apart: names it, errno 0\n"
	  "getsid 0 getuid 0 narrow 0 mode 0\n"
	  "getsid 0 getuid 0 narrow 0 mode 0\n"
	  "getsid 0 getuid 0 narrow 0 mode 0\n"
	  "getsid 0 getuid 0 narrow 0 mode 0\n"
	  "unbound 0\n" },
	{ "tsync__esrch_says_that_a_thread_has_another_filter",
	  "apart: failed, errno 3\n"
	  "getsid 0 getuid 0 narrow 0 mode 0\n"
	  "getsid 0 getuid 0 narrow 0 mode 0\n"
	  "getsid 0 getuid 0 narrow 0 mode 0\n"
	  "getsid 0 getuid 0 narrow 0 mode 0\n"
	  "unbound 0\n" },
	{ "tsync__esrch_changes_nothing_where_all_is_well",
	  "older: done, errno 0\n"
	  "getsid 7 getuid 3 narrow 1 mode 2\n"
	  "getsid 7 getuid 3 narrow 1 mode 2\n"
	  "getsid 7 getuid 3 narrow 1 mode 2\n"
	  "getsid 7 getuid 3 narrow 1 mode 2\n"
	  "unbound 0\n" },
	{ "tsync__names_a_thread_in_strict_mode",
	  "strict: names it, errno 0\n"
	  "getsid 0 getuid 0 narrow 0 mode 0\n"
	  "getsid 0 getuid 0 narrow 0 mode 0\n"
	  "getsid 0 getuid 0 narrow 0 mode 0\n"
	  "getsid 0 getuid 0 narrow 0 mode 0\n"
	  "unbound 0\n" },
	{ "tsync__passes_over_a_thread_that_is_gone",
	  "dead: done, errno 0\n"
	  "getsid 7 getuid 0 narrow 1 mode 2\n"
	  "getsid 7 getuid 0 narrow 1 mode 2\n"
	  "getsid 7 getuid 0 narrow 1 mode 2\n"
	  "getsid 7 getuid 0 narrow 1 mode 2\n"
	  "unbound 0\n" },
	{ "tsync__passes_over_a_leader_that_is_gone",
	  "headless: done, errno 0\n"
	  "getsid 7 getuid 0 narrow 1 mode 2\n"
	  "getsid 7 getuid 0 narrow 1 mode 2\n"
	  "getsid 7 getuid 0 narrow 1 mode 2\n"
	  "getsid 7 getuid 0 narrow 1 mode 2\n"
	  "unbound 0\n" },
	{ "tsync__binds_threads_that_are_made_meanwhile",
	  "born: done, errno 0\n"
	  "getsid 7 getuid 0 narrow 1 mode 2\n"
	  "getsid 7 getuid 0 narrow 1 mode 2\n"
	  "getsid 7 getuid 0 narrow 1 mode 2\n"
	  "getsid 7 getuid 0 narrow 1 mode 2\n"
	  "unbound 0\n" },
	{ "tsync__gives_no_new_privs_to_who_executes_next",
	  "exec: done, errno 0\n"
	  "again: getsid 7 narrow 1\n" },
};

#endif
