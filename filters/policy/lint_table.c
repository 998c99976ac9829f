/* SPDX-License-Identifier: MIT */
/*
 * Facts about calls that linting rests on: which do the same, which undo what others are refused, and for which of them
 * libraries try something else when the kernel does not know them. Knows no policy.
 */
#include <filters/policy/lint.h>

const struct fst_lint_family fst_lint_families[] = {
	{ "can open files", NULL, "open openat openat2 creat open_by_handle_at" },
	{ "can tell a file's attributes", NULL,
	  "stat lstat stat64 lstat64 oldstat oldlstat newfstatat fstatat64 statx file_getattr" },
	{ "can start processes", NULL, "clone clone3 fork vfork" },
	{ "can execute programs", NULL, "execve execveat" },
	{ "can rename files", NULL, "rename renameat renameat2" },
	{ "can make hard links", NULL, "link linkat" },
	{ "can make symbolic links", NULL, "symlink symlinkat" },
	{ "can remove files", NULL, "unlink unlinkat" },
	{ "can make directories", NULL, "mkdir mkdirat" },
	{ "can make special files", NULL, "mknod mknodat" },
	{ "can read links", NULL, "readlink readlinkat" },
	{ "can test access", NULL, "access faccessat faccessat2" },
	{ "can change a file's mode", NULL, "chmod fchmodat fchmodat2" },
	{ "can change a file's owner", NULL, "chown lchown fchownat chown32 lchown32" },
	{ "can change a descriptor's owner", NULL, "fchown fchown32 fchownat" },
	{ "can change a file's times", NULL, "utime utimes futimesat utimensat utimensat_time64" },
	{ "can name an address", "addr", "connect sendto sendmsg sendmmsg" },
	{ "can cut files", NULL, "truncate truncate64" },
	{ "can cut open files", NULL, "ftruncate ftruncate64" },
	{ "can set extended attributes", NULL, "setxattr lsetxattr setxattrat" },
	{ "can remove extended attributes", NULL, "removexattr lremovexattr removexattrat" },
	{ "can list directories", NULL, "getdents getdents64 readdir" },
	{ "can accept connections", NULL, "accept accept4 socketcall" },
	{ "can make sockets", NULL, "socket socketcall" },
	{ "can connect", NULL, "connect socketcall" },
	{ "can bind sockets", NULL, "bind socketcall" },
	{ "can send messages", NULL, "send sendto sendmsg sendmmsg socketcall" },
	{ "can receive messages", NULL, "recv recvfrom recvmsg recvmmsg recvmmsg_time64 socketcall" },
	{ "can share memory with others", NULL, "shmget ipc" },
	{ "can use message queues", NULL, "msgget ipc" },
	{ "can use semaphores", NULL, "semget ipc" },
	{ "can make memory executable", "prot", "mmap mmap2 mprotect pkey_mprotect shmat" },
	{ "can map memory", NULL, "mmap mmap2" },
	{ "can send signals", NULL, "kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal" },
	{ "can duplicate descriptors", NULL, "dup2 dup3" },
	{ "can make pipes", NULL, "pipe pipe2" },
	{ "can control descriptors", NULL, "fcntl fcntl64" },
	{ "can set limits", "resource", "setrlimit prlimit64" },
	{ "can set the clock", NULL,
	  "settimeofday stime clock_settime clock_settime64 adjtimex clock_adjtime clock_adjtime64" },
	{ "can handle signals", NULL, "signal sigaction rt_sigaction" },
	{ "can change the root", NULL, "chroot pivot_root" },
	{ "can mount", NULL, "mount fsmount move_mount open_tree open_tree_attr" },
	{ "can unmount", NULL, "umount umount2" },
	{ "can load modules", NULL, "init_module finit_module create_module" },
	{ "can load another kernel", NULL, "kexec_load kexec_file_load" },
	{ "can change user ids", NULL, "setuid setreuid setresuid setuid32 setreuid32 setresuid32" },
	{ "can change group ids", NULL, "setgid setregid setresgid setgid32 setregid32 setresgid32" },
	{ "can watch files", NULL, "inotify_init inotify_init1" },
	{ "can write other processes' memory", NULL, "process_vm_writev ptrace" },
};
const unsigned fst_lint_family_count = sizeof(fst_lint_families) / sizeof(*fst_lint_families);

#define OPENING "open openat openat2 creat"

const struct fst_lint_undo fst_lint_undos[] = {
	{ FST_LINT_UNDO_PTRACE, "ptrace", NULL, NULL, false },
	{ FST_LINT_UNDO_PROCESS_VM, "process_vm_writev", NULL, NULL, false },
	{ FST_LINT_UNDO_PIDFD_GETFD, "pidfd_getfd", OPENING " socket socketcall connect", NULL, false },
	{ FST_LINT_UNDO_IO_URING, "io_uring_setup",
	  OPENING
	  " socket connect bind listen accept accept4 send sendto sendmsg recv recvfrom recvmsg shutdown unlink "
	  "unlinkat "
	  "rename renameat renameat2 mkdir mkdirat link linkat symlink symlinkat statx setxattr fsetxattr fallocate "
	  "ftruncate splice tee madvise epoll_ctl pipe2",
	  NULL, false },
	{ FST_LINT_UNDO_BPF, "bpf", NULL, NULL, false },
	{ FST_LINT_UNDO_KERNEL_CODE, "init_module finit_module kexec_load kexec_file_load iopl ioperm", NULL, NULL,
	  false },
	{ FST_LINT_UNDO_USERFAULTFD, "userfaultfd", NULL, NULL, false },
	{ FST_LINT_UNDO_HANDLES, "open_by_handle_at", OPENING, NULL, false },
	{ FST_LINT_UNDO_MOUNTS, "mount move_mount open_tree open_tree_attr fsmount pivot_root chroot mount_setattr",
	  OPENING " execve execveat stat lstat newfstatat statx unlink unlinkat rename renameat renameat2", NULL,
	  true },
	{ FST_LINT_UNDO_PERSONALITY, "personality", "mmap mmap2 mprotect pkey_mprotect", "prot", true },
};
const unsigned fst_lint_undo_count = sizeof(fst_lint_undos) / sizeof(*fst_lint_undos);

/*
 * glibc 2.41 and musl 1.2.5 go on with the other call on ENOSYS only; openat2 and epoll_pwait2 are tried by programs
 * (systemd, libevent) in the same way. Those without another call bear any errno, but no kill.
 */
const struct fst_lint_probe fst_lint_probes[] = {
	{ "clone3", "clone" },
	{ "openat2", "openat" },
	{ "statx", "newfstatat" },
	{ "statx", "fstatat64" },
	{ "faccessat2", "faccessat" },
	{ "fchmodat2", "fchmodat" },
	{ "renameat2", "renameat" },
	{ "execveat", "execve" },
	{ "preadv2", "preadv" },
	{ "pwritev2", "pwritev" },
	{ "epoll_pwait2", "epoll_pwait" },
	{ "getrandom", "openat" },
	{ "rseq", NULL },
	{ "set_robust_list", NULL },
	{ "close_range", NULL },
	{ "membarrier", NULL },
	{ "clock_getres_time64", "clock_getres" },
	{ "clock_gettime64", "clock_gettime" },
	{ "clock_nanosleep_time64", "clock_nanosleep" },
	{ "futex_time64", "futex" },
	{ "ppoll_time64", "ppoll" },
	{ "pselect6_time64", "pselect6" },
	{ "recvmmsg_time64", "recvmmsg" },
	{ "rt_sigtimedwait_time64", "rt_sigtimedwait" },
	{ "sched_rr_get_interval_time64", "sched_rr_get_interval" },
	{ "semtimedop_time64", "ipc" },
	{ "timer_gettime64", "timer_gettime" },
	{ "timer_settime64", "timer_settime" },
	{ "timerfd_gettime64", "timerfd_gettime" },
	{ "timerfd_settime64", "timerfd_settime" },
	{ "utimensat_time64", "utimensat" },
};
const unsigned fst_lint_probe_count = sizeof(fst_lint_probes) / sizeof(*fst_lint_probes);
