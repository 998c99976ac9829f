/* SPDX-License-Identifier: MIT */
/* Named constants: the table against the headers of this host, and the ABIs against each other. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <linux/kcmp.h>
#include <linux/keyctl.h>
#if __has_include(<linux/kvm.h>)
#include <linux/kvm.h>
#endif
#include <linux/landlock.h>
#include <linux/membarrier.h>
#include <linux/mempolicy.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/perf_event.h>
#include <linux/reboot.h>
#include <linux/rseq.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <linux/userfaultfd.h>

#include <arch/constants.h>

struct constant {
	const char *name;
	int64_t value;
};

#define C(constant) { #constant, (int64_t)(constant) },

/* clang-format off */
static const struct constant constants[] = {
#ifdef __x86_64__
	C(MAP_32BIT) C(PTRACE_GETREGS)
#endif
#ifdef KVM_RUN /* arm's headers have it no more */
	C(KVM_CREATE_VM) C(KVM_RUN)
#endif
	/* fcntl.h */
	C(O_RDONLY) C(O_WRONLY) C(O_RDWR) C(O_ACCMODE) C(O_CREAT) C(O_EXCL) C(O_NOCTTY) C(O_TRUNC)
	C(O_APPEND) C(O_NONBLOCK) C(O_NDELAY) C(O_DSYNC) C(O_SYNC) C(O_DIRECT) C(O_DIRECTORY)
	C(O_NOFOLLOW) C(O_NOATIME) C(O_CLOEXEC) C(O_PATH) C(O_TMPFILE) C(AT_FDCWD)
	C(AT_SYMLINK_NOFOLLOW) C(AT_REMOVEDIR) C(AT_EACCESS) C(AT_EMPTY_PATH) C(AT_NO_AUTOMOUNT)
	C(F_DUPFD) C(F_GETFD) C(F_SETFD) C(F_GETFL) C(F_SETFL) C(F_DUPFD_CLOEXEC) C(F_ADD_SEALS)
	C(F_GET_SEALS) C(F_SETPIPE_SZ) C(F_OFD_SETLK) C(F_SETOWN) C(F_SETSIG) C(F_NOTIFY)
	C(F_SETLEASE) C(FD_CLOEXEC) C(F_SEAL_WRITE) C(LOCK_EX) C(LOCK_NB) C(SPLICE_F_MOVE)
	C(SPLICE_F_GIFT) C(FALLOC_FL_PUNCH_HOLE) C(SYNC_FILE_RANGE_WRITE) C(POSIX_FADV_DONTNEED)
	C(POSIX_FADV_NOREUSE) C(SEEK_HOLE) C(SEEK_DATA)
	/* netinet/in.h */
	C(IPPROTO_IP) C(IPPROTO_ICMP) C(IPPROTO_TCP) C(IPPROTO_UDP) C(IPPROTO_IPV6)
	C(IPPROTO_ICMPV6) C(IPPROTO_SCTP) C(IPPROTO_UDPLITE) C(IPPROTO_RAW) C(IPPROTO_MPTCP)
	C(SOL_IP) C(SOL_IPV6) C(SOL_ICMPV6) C(IP_TRANSPARENT) C(IP_ADD_MEMBERSHIP) C(IPV6_V6ONLY)
	C(MCAST_JOIN_GROUP)
	/* netinet/tcp.h */
	C(TCP_NODELAY) C(TCP_CORK) C(TCP_ULP) C(TCP_FASTOPEN) C(TCP_MD5SIG) C(TCP_REPAIR) C(SOL_TCP)
	/* poll.h */
	C(POLLIN) C(POLLOUT) C(POLLERR) C(POLLHUP) C(POLLRDHUP)
	/* sched.h */
	C(CLONE_VM) C(CLONE_FS) C(CLONE_FILES) C(CLONE_SIGHAND) C(CLONE_PIDFD) C(CLONE_PTRACE)
	C(CLONE_VFORK) C(CLONE_PARENT) C(CLONE_THREAD) C(CLONE_NEWNS) C(CLONE_SYSVSEM)
	C(CLONE_SETTLS) C(CLONE_PARENT_SETTID) C(CLONE_CHILD_CLEARTID) C(CLONE_UNTRACED)
	C(CLONE_CHILD_SETTID) C(CLONE_NEWCGROUP) C(CLONE_NEWUTS) C(CLONE_NEWIPC) C(CLONE_NEWUSER)
	C(CLONE_NEWPID) C(CLONE_NEWNET) C(CLONE_IO) C(CLONE_NEWTIME) C(CSIGNAL) C(SCHED_OTHER)
	C(SCHED_FIFO) C(SCHED_RR) C(SCHED_BATCH) C(SCHED_IDLE) C(SCHED_DEADLINE)
	C(SCHED_RESET_ON_FORK)
	/* signal.h */
	C(SIGHUP) C(SIGINT) C(SIGQUIT) C(SIGILL) C(SIGTRAP) C(SIGABRT) C(SIGIOT) C(SIGBUS) C(SIGFPE)
	C(SIGKILL) C(SIGUSR1) C(SIGSEGV) C(SIGUSR2) C(SIGPIPE) C(SIGALRM) C(SIGTERM) C(SIGSTKFLT)
	C(SIGCHLD) C(SIGCONT) C(SIGSTOP) C(SIGTSTP) C(SIGTTIN) C(SIGTTOU) C(SIGURG) C(SIGXCPU)
	C(SIGXFSZ) C(SIGVTALRM) C(SIGPROF) C(SIGWINCH) C(SIGIO) C(SIGPOLL) C(SIGPWR) C(SIGSYS)
	C(SIG_BLOCK) C(SIG_UNBLOCK) C(SIG_SETMASK)
	/* stdio.h */
	C(RENAME_NOREPLACE) C(RENAME_EXCHANGE) C(RENAME_WHITEOUT)
	/* sys/epoll.h */
	C(EPOLL_CLOEXEC) C(EPOLL_CTL_ADD) C(EPOLL_CTL_DEL) C(EPOLL_CTL_MOD) C(EPOLLIN)
	C(EPOLLONESHOT) C(EPOLLEXCLUSIVE)
	/* sys/eventfd.h */
	C(EFD_SEMAPHORE) C(EFD_CLOEXEC) C(EFD_NONBLOCK)
	/* sys/fanotify.h */
	C(FAN_CLOEXEC) C(FAN_CLASS_CONTENT) C(FAN_UNLIMITED_MARKS) C(FAN_MARK_ADD) C(FAN_MARK_MOUNT)
	C(FAN_OPEN_EXEC_PERM)
	/* sys/inotify.h */
	C(IN_CLOEXEC) C(IN_NONBLOCK) C(IN_ACCESS) C(IN_ALL_EVENTS) C(IN_ONLYDIR) C(IN_ONESHOT)
	/* sys/ioctl.h */
	C(TCGETS) C(TCSETSW) C(TIOCSTI) C(TIOCGWINSZ) C(TIOCSWINSZ) C(TIOCSCTTY) C(TIOCLINUX)
	C(FIONREAD) C(FIONBIO) C(FIOCLEX) C(SIOCGIFCONF) C(SIOCSIFADDR)
	/* sys/ipc.h */
	C(IPC_CREAT) C(IPC_EXCL) C(IPC_NOWAIT) C(IPC_PRIVATE) C(IPC_RMID) C(IPC_SET) C(IPC_STAT)
	/* sys/mman.h */
	C(PROT_NONE) C(PROT_READ) C(PROT_WRITE) C(PROT_EXEC) C(PROT_GROWSDOWN) C(MAP_SHARED)
	C(MAP_PRIVATE) C(MAP_SHARED_VALIDATE) C(MAP_FIXED) C(MAP_ANONYMOUS) C(MAP_ANON)
	C(MAP_NORESERVE) C(MAP_STACK) C(MAP_HUGETLB) C(MAP_SYNC) C(MAP_FIXED_NOREPLACE)
	C(MAP_POPULATE) C(MAP_LOCKED) C(MAP_GROWSDOWN) C(MAP_TYPE) C(MREMAP_MAYMOVE)
	C(MREMAP_FIXED) C(MREMAP_DONTUNMAP) C(MADV_DONTNEED) C(MADV_FREE) C(MADV_HUGEPAGE)
	C(MADV_COLD) C(MADV_WIPEONFORK) C(MS_ASYNC) C(MS_SYNC) C(MCL_CURRENT) C(MCL_ONFAULT)
	C(MLOCK_ONFAULT) C(MFD_CLOEXEC) C(MFD_ALLOW_SEALING) C(MFD_HUGETLB)
	C(PKEY_DISABLE_WRITE)
	/* sys/mount.h */
	C(MS_RDONLY) C(MS_NOSUID) C(MS_NODEV) C(MS_NOEXEC) C(MS_REMOUNT) C(MS_BIND) C(MS_MOVE)
	C(MS_REC) C(MS_SILENT) C(MS_PRIVATE) C(MS_SLAVE) C(MS_SHARED) C(MS_RELATIME)
	C(MS_STRICTATIME) C(MS_LAZYTIME) C(MNT_FORCE) C(MNT_DETACH) C(MNT_EXPIRE) C(UMOUNT_NOFOLLOW)
	/* sys/personality.h */
	C(ADDR_NO_RANDOMIZE) C(READ_IMPLIES_EXEC) C(MMAP_PAGE_ZERO) C(UNAME26) C(PER_LINUX32)
	/* sys/prctl.h */
	C(PR_SET_PDEATHSIG) C(PR_SET_DUMPABLE) C(PR_SET_NAME) C(PR_SET_SECCOMP) C(PR_CAPBSET_DROP)
	C(PR_SET_SECUREBITS) C(PR_SET_MM) C(PR_SET_PTRACER) C(PR_SET_CHILD_SUBREAPER)
	C(PR_SET_NO_NEW_PRIVS) C(PR_CAP_AMBIENT) C(PR_SET_SPECULATION_CTRL)
	C(PR_SET_SYSCALL_USER_DISPATCH) C(PR_SCHED_CORE) C(PR_MCE_KILL_GET) C(PR_SET_VMA)
	C(PR_CAP_AMBIENT_RAISE)
	/* sys/ptrace.h */
	C(PTRACE_TRACEME) C(PTRACE_PEEKTEXT) C(PTRACE_POKEDATA) C(PTRACE_CONT) C(PTRACE_KILL)
	C(PTRACE_ATTACH) C(PTRACE_DETACH) C(PTRACE_SYSCALL) C(PTRACE_SYSEMU)
	C(PTRACE_SETOPTIONS) C(PTRACE_GETREGSET) C(PTRACE_SEIZE) C(PTRACE_INTERRUPT)
	C(PTRACE_LISTEN) C(PTRACE_GET_SYSCALL_INFO) C(PTRACE_GET_RSEQ_CONFIGURATION)
	C(PTRACE_SECCOMP_GET_FILTER) C(PTRACE_O_EXITKILL) C(PTRACE_O_TRACESECCOMP)
	/* sys/random.h */
	C(GRND_NONBLOCK) C(GRND_RANDOM) C(GRND_INSECURE)
	/* sys/resource.h */
	C(RLIMIT_CPU) C(RLIMIT_FSIZE) C(RLIMIT_DATA) C(RLIMIT_STACK) C(RLIMIT_CORE) C(RLIMIT_RSS)
	C(RLIMIT_NPROC) C(RLIMIT_NOFILE) C(RLIMIT_MEMLOCK) C(RLIMIT_AS) C(RLIMIT_RTTIME)
	C(PRIO_PROCESS) C(PRIO_USER) C(RUSAGE_SELF) C(RUSAGE_CHILDREN) C(RUSAGE_THREAD)
	/* sys/shm.h */
	C(SHM_RDONLY) C(SHM_RND) C(SHM_EXEC) C(SHM_HUGETLB) C(SHM_LOCK)
	/* sys/signalfd.h */
	C(SFD_CLOEXEC) C(SFD_NONBLOCK)
	/* sys/socket.h */
	C(AF_UNSPEC) C(AF_UNIX) C(AF_LOCAL) C(AF_INET) C(AF_INET6) C(AF_NETLINK) C(AF_ROUTE)
	C(AF_PACKET) C(AF_VSOCK) C(AF_ALG) C(AF_BLUETOOTH) C(AF_CAN) C(AF_KEY) C(AF_RXRPC)
	C(AF_TIPC) C(AF_XDP) C(AF_QIPCRTR) C(AF_MCTP) C(PF_INET) C(PF_UNIX) C(SOCK_STREAM)
	C(SOCK_DGRAM) C(SOCK_RAW) C(SOCK_RDM) C(SOCK_SEQPACKET) C(SOCK_DCCP) C(SOCK_PACKET)
	C(SOCK_CLOEXEC) C(SOCK_NONBLOCK) C(MSG_OOB) C(MSG_PEEK) C(MSG_DONTROUTE) C(MSG_CTRUNC)
	C(MSG_TRUNC) C(MSG_DONTWAIT) C(MSG_EOR) C(MSG_WAITALL) C(MSG_FIN) C(MSG_SYN) C(MSG_CONFIRM)
	C(MSG_RST) C(MSG_ERRQUEUE) C(MSG_NOSIGNAL) C(MSG_MORE) C(MSG_WAITFORONE) C(MSG_BATCH)
	C(MSG_ZEROCOPY) C(MSG_FASTOPEN) C(MSG_CMSG_CLOEXEC) C(SHUT_RD) C(SHUT_WR) C(SHUT_RDWR)
	C(SOL_SOCKET) C(SOL_RAW) C(SOL_PACKET) C(SOL_NETLINK) C(SOL_TLS) C(SOL_XDP) C(SOL_ALG)
	C(SOL_BLUETOOTH) C(SOL_RXRPC) C(SO_DEBUG) C(SO_REUSEADDR) C(SO_REUSEPORT) C(SO_PASSCRED)
	C(SO_PEERCRED) C(SO_BINDTODEVICE) C(SO_ATTACH_FILTER) C(SO_ATTACH_BPF) C(SO_LOCK_FILTER)
	C(SO_MARK) C(SO_RCVTIMEO) C(SO_TIMESTAMP) C(SO_SNDBUFFORCE) C(SO_ZEROCOPY)
	/* sys/stat.h */
	C(S_IFMT) C(S_IFREG) C(S_IFDIR) C(S_IFSOCK) C(S_ISUID) C(S_ISVTX) C(S_IRWXU) C(S_IWOTH)
	C(UTIME_NOW) C(UTIME_OMIT) C(STATX_ALL) C(STATX_BTIME)
	/* sys/swap.h */
	C(SWAP_FLAG_PREFER) C(SWAP_FLAG_DISCARD)
	/* sys/time.h */
	C(ITIMER_REAL) C(ITIMER_PROF)
	/* sys/timerfd.h */
	C(TFD_CLOEXEC) C(TFD_NONBLOCK) C(TFD_TIMER_ABSTIME) C(TFD_TIMER_CANCEL_ON_SET)
	/* sys/uio.h */
	C(RWF_NOWAIT) C(RWF_HIPRI) C(RWF_APPEND)
	/* sys/wait.h */
	C(WNOHANG) C(WUNTRACED) C(WSTOPPED) C(WEXITED) C(WCONTINUED) C(WNOWAIT) C(__WALL)
	C(__WCLONE) C(__WNOTHREAD) C(P_ALL) C(P_PID) C(P_PGID) C(P_PIDFD)
	/* sys/xattr.h */
	C(XATTR_CREATE) C(XATTR_REPLACE)
	/* time.h */
	C(CLOCK_REALTIME) C(CLOCK_MONOTONIC) C(CLOCK_BOOTTIME) C(CLOCK_TAI) C(TIMER_ABSTIME)
	/* unistd.h */
	C(R_OK) C(W_OK) C(X_OK) C(F_OK) C(SEEK_SET) C(SEEK_CUR) C(SEEK_END)
	/* linux/bpf.h */
	C(BPF_MAP_CREATE) C(BPF_PROG_LOAD) C(BPF_BTF_LOAD) C(BPF_LINK_CREATE) C(BPF_PROG_BIND_MAP)
	/* linux/capability.h */
	C(CAP_SYS_ADMIN) C(CAP_SYS_PTRACE) C(CAP_BPF)
	/* linux/close_range.h */
	C(CLOSE_RANGE_CLOEXEC) C(CLOSE_RANGE_UNSHARE)
	/* linux/fs.h */
	C(FICLONE) C(FS_IOC_GETFLAGS) C(BLKGETSIZE64) C(BLKROSET)
	/* linux/futex.h */
	C(FUTEX_WAIT) C(FUTEX_WAKE) C(FUTEX_LOCK_PI) C(FUTEX_WAIT_BITSET) C(FUTEX_PRIVATE_FLAG)
	C(FUTEX_CLOCK_REALTIME) C(FUTEX_WAIT_PRIVATE)
	/* linux/io_uring.h */
	C(IORING_ENTER_GETEVENTS) C(IORING_REGISTER_BUFFERS) C(IORING_SETUP_SQPOLL)
	C(IORING_OP_OPENAT)
	/* linux/kcmp.h */
	C(KCMP_FILE) C(KCMP_VM)
	/* linux/keyctl.h */
	C(KEYCTL_READ) C(KEYCTL_SETPERM) C(KEYCTL_WATCH_KEY) C(KEY_SPEC_SESSION_KEYRING)
	/* linux/landlock.h */
	C(LANDLOCK_RULE_PATH_BENEATH) C(LANDLOCK_CREATE_RULESET_VERSION)

	/* linux/membarrier.h */
	C(MEMBARRIER_CMD_GLOBAL) C(MEMBARRIER_CMD_PRIVATE_EXPEDITED)
	/* linux/mempolicy.h */
	C(MPOL_BIND) C(MPOL_INTERLEAVE) C(MPOL_F_STATIC_NODES)
	/* linux/netlink.h */
	C(NETLINK_ROUTE) C(NETLINK_AUDIT) C(NETLINK_NETFILTER)
	/* linux/openat2.h */
	C(RESOLVE_NO_XDEV) C(RESOLVE_BENEATH) C(RESOLVE_IN_ROOT) C(RESOLVE_NO_MAGICLINKS)
	/* linux/perf_event.h */
	C(PERF_FLAG_FD_CLOEXEC) C(PERF_FLAG_PID_CGROUP) C(PERF_EVENT_IOC_SET_BPF)
	/* linux/reboot.h */
	C(LINUX_REBOOT_CMD_RESTART) C(LINUX_REBOOT_MAGIC1)
	/* linux/rseq.h */
	C(RSEQ_FLAG_UNREGISTER)
	/* linux/seccomp.h */
	C(SECCOMP_SET_MODE_STRICT) C(SECCOMP_SET_MODE_FILTER) C(SECCOMP_GET_ACTION_AVAIL)
	C(SECCOMP_GET_NOTIF_SIZES) C(SECCOMP_FILTER_FLAG_TSYNC) C(SECCOMP_FILTER_FLAG_LOG)
	C(SECCOMP_FILTER_FLAG_SPEC_ALLOW) C(SECCOMP_FILTER_FLAG_NEW_LISTENER)
	C(SECCOMP_FILTER_FLAG_TSYNC_ESRCH) C(SECCOMP_MODE_FILTER) C(SECCOMP_RET_TRACE)
	C(SECCOMP_RET_USER_NOTIF) C(SECCOMP_IOCTL_NOTIF_RECV) C(SECCOMP_IOCTL_NOTIF_ADDFD)
	/* linux/sockios.h */
	C(SIOCGIFINDEX) C(SIOCETHTOOL)
	/* linux/userfaultfd.h */
	C(UFFD_USER_MODE_ONLY) C(UFFDIO_API) C(UFFDIO_COPY)
};

static const struct constant errnos[] = {
	C(EPERM) C(ENOENT) C(ESRCH) C(EINTR) C(EIO) C(ENXIO) C(E2BIG) C(ENOEXEC) C(EBADF) C(ECHILD)
	C(EAGAIN) C(ENOMEM) C(EACCES) C(EFAULT) C(ENOTBLK) C(EBUSY) C(EEXIST) C(EXDEV) C(ENODEV)
	C(ENOTDIR) C(EISDIR) C(EINVAL) C(ENFILE) C(EMFILE) C(ENOTTY) C(ETXTBSY) C(EFBIG) C(ENOSPC)
	C(ESPIPE) C(EROFS) C(EMLINK) C(EPIPE) C(EDOM) C(ERANGE) C(EDEADLK) C(ENAMETOOLONG) C(ENOLCK)
	C(ENOSYS) C(ENOTEMPTY) C(ELOOP) C(EWOULDBLOCK) C(ENOMSG) C(EIDRM) C(ENOSTR) C(ENODATA)
	C(ETIME) C(ENOLINK) C(EPROTO) C(EBADMSG) C(EOVERFLOW) C(EILSEQ) C(ERESTART) C(EUSERS)
	C(ENOTSOCK) C(EMSGSIZE) C(EPROTONOSUPPORT) C(EOPNOTSUPP) C(EAFNOSUPPORT) C(EADDRINUSE)
	C(ENETUNREACH) C(ECONNRESET) C(ENOTCONN) C(ETIMEDOUT) C(ECONNREFUSED) C(EHOSTUNREACH)
	C(EALREADY) C(EINPROGRESS) C(ESTALE) C(EDQUOT) C(ECANCELED) C(ENOKEY) C(EKEYREJECTED)
	C(EOWNERDEAD) C(ERFKILL) C(EHWPOISON)
};
/* clang-format on */

static void constant__is_that_of_the_hosts_header(void **state)
{
	const struct constant *row = *state;
	int64_t value = INT64_MIN;

	assert_int_equal(flagstop_constant_find(row->name, flagstop_abi_native(), &value), 0);
	/* headers differ in whether a constant is an int or unsigned: compare it as the 32 bits that it is */
	if (value != row->value)
		assert_true((uint32_t)value == (uint32_t)row->value && (value >> 32 == 0 || row->value >> 32 == 0));
}

static void errno__is_that_of_the_hosts_header(void **state)
{
	const struct constant *row = *state;

	assert_int_equal(flagstop_errno_find(row->name), row->value);
	assert_int_equal(flagstop_errno_find(flagstop_errno_name((int)row->value)), row->value);
}

static void errno__the_common_name_is_shown(void **state)
{
	(void)state;
	assert_string_equal(flagstop_errno_name(11), "EAGAIN");
	assert_string_equal(flagstop_errno_name(35), "EDEADLK");
	assert_string_equal(flagstop_errno_name(95), "EOPNOTSUPP");
}

static void errno__what_is_none_is_refused(void **state)
{
	(void)state;
	assert_null(flagstop_errno_name(0));
	assert_null(flagstop_errno_name(4095));
	assert_null(flagstop_errno_name(-1));
	assert_int_equal(flagstop_errno_find("O_CREAT"), -ENOENT);
	assert_int_equal(flagstop_errno_find("EPRM"), -ENOENT);
	assert_int_equal(flagstop_errno_find(NULL), -ENOENT);
}

struct value_row {
	const char *law;
	const char *name;
	enum flagstop_abi abi;
	int64_t value;
	int code;
};

static const struct value_row value_rows[] = {
	{ "value__o_direct_of_x86_64", "O_DIRECT", FLAGSTOP_ABI_X86_64, 040000, 0 },
	{ "value__o_direct_of_aarch64", "O_DIRECT", FLAGSTOP_ABI_AARCH64, 0200000, 0 },
	{ "value__o_direct_of_arm", "O_DIRECT", FLAGSTOP_ABI_ARM, 0200000, 0 },
	{ "value__o_direct_of_ppc64le", "O_DIRECT", FLAGSTOP_ABI_PPC64LE, 0400000, 0 },
	{ "value__o_directory_of_aarch64", "O_DIRECTORY", FLAGSTOP_ABI_AARCH64, 040000, 0 },
	{ "value__o_nofollow_of_arm", "O_NOFOLLOW", FLAGSTOP_ABI_ARM, 0100000, 0 },
	{ "value__edeadlock_of_ppc64le", "EDEADLOCK", FLAGSTOP_ABI_PPC64LE, 58, 0 },
	{ "value__edeadlock_of_s390x", "EDEADLOCK", FLAGSTOP_ABI_S390X, 35, 0 },
	{ "value__so_passcred_of_ppc64le", "SO_PASSCRED", FLAGSTOP_ABI_PPC64LE, 20, 0 },
	{ "value__so_passcred_of_riscv64", "SO_PASSCRED", FLAGSTOP_ABI_RISCV64, 16, 0 },
	{ "value__map_locked_of_ppc64le", "MAP_LOCKED", FLAGSTOP_ABI_PPC64LE, 0x80, 0 },
	{ "value__tcgets_of_ppc64le", "TCGETS", FLAGSTOP_ABI_PPC64LE, 0x402c7413, 0 },
	{ "value__tcgets_of_loongarch64", "TCGETS", FLAGSTOP_ABI_LOONGARCH64, 0x5401, 0 },
	{ "value__map_32bit_is_of_x86_only", "MAP_32BIT", FLAGSTOP_ABI_AARCH64, 0, -ENOENT },
	{ "value__prot_mte_is_of_aarch64_only", "PROT_MTE", FLAGSTOP_ABI_X86_64, 0, -ENOENT },
	{ "value__prot_mte_of_aarch64", "PROT_MTE", FLAGSTOP_ABI_AARCH64, 0x20, 0 },
	{ "value__at_fdcwd_is_negative", "AT_FDCWD", FLAGSTOP_ABI_ARM, -100, 0 },
	{ "value__null_is_zero", "NULL", FLAGSTOP_ABI_X86_64, 0, 0 },
	{ "value__f_getlk64_of_i386", "F_GETLK64", FLAGSTOP_ABI_I386, 12, 0 },
	{ "value__f_getlk64_is_of_32_bits_only", "F_GETLK64", FLAGSTOP_ABI_X86_64, 0, -ENOENT },
	{ "value__structs_of_32_bits_are_smaller", "BLKBSZGET", FLAGSTOP_ABI_I386, 0x80041270, 0 },
	{ "value__structs_of_64_bits_are_larger", "BLKBSZGET", FLAGSTOP_ABI_X86_64, 0x80081270, 0 },
	{ "value__that_is_none", "O_CLOEXE", FLAGSTOP_ABI_X86_64, 0, -ENOENT },
	{ "value__in_no_abi", "O_CLOEXEC", FLAGSTOP_ABI_COUNT, 0, -ENOENT },
};

static void value_row(void **state)
{
	const struct value_row *row = *state;
	int64_t value = 12345;

	assert_int_equal(flagstop_constant_find(row->name, row->abi, &value), row->code);
	assert_int_equal(value, row->code ? 12345 : row->value);
}

static void set__holds_its_own_and_no_others(void **state)
{
	(void)state;
	assert_int_equal(flagstop_constant_in_set("O_CLOEXEC", "open_flags"), 1);
	assert_int_equal(flagstop_constant_in_set("PROT_READ", "open_flags"), 0);
	assert_int_equal(flagstop_constant_in_set("O_CLOEXEC", "prot"), 0);
	assert_int_equal(flagstop_constant_in_set("O_CLOEXEC", "no_such_set"), 0);
	assert_int_equal(flagstop_constant_in_set("O_CLOEXEC", NULL), 0);
	assert_int_equal(flagstop_constant_in_set(NULL, "open_flags"), 0);
}

static void set__holds_those_of_its_fields(void **state)
{
	(void)state;
	assert_int_equal(flagstop_constant_in_set("SIGCHLD", "clone_flags"), 1);
	assert_int_equal(flagstop_constant_in_set("SOCK_STREAM", "sock_type"), 1);
}

static void set__hidden_names_are_in_it(void **state)
{
	(void)state;
	assert_int_equal(flagstop_constant_in_set("TCP_NODELAY", "sock_option"), 1);
	assert_int_equal(flagstop_constant_in_set("NETLINK_ROUTE", "ipproto"), 1);
	assert_int_equal(flagstop_constant_in_set("PF_INET", "address_family"), 1);
}

static void set__hidden_names_are_not_shown(void **state)
{
	const struct fst_table_set *set = fst_constants_set("ipproto");

	(void)state;
	assert_int_equal(flagstop_constant_in_set("IPPROTO_IP", "ipproto"), 1);
	assert_null(fst_constants_name(set, FLAGSTOP_ABI_X86_64, 0));
	assert_string_equal(fst_constants_name(set, FLAGSTOP_ABI_X86_64, 6), "IPPROTO_TCP");
}

/* Every member is found by its name in the set, and its value is the table's in some ABI. */
static void set__every_member_is_a_constant(void **state)
{
	(void)state;
	for (unsigned i = 0; i < fst_table_set_count; i++) {
		const struct fst_table_set *set = &fst_table_sets[i];

		assert_ptr_equal(fst_constants_set(set->name), set);
		for (unsigned j = 0; j < set->member_count; j++) {
			const char *name = fst_table_constants[fst_table_members[set->first_member + j].constant].name;
			unsigned abis = 0;
			int64_t value;

			assert_int_equal(flagstop_constant_in_set(name, set->name), 1);
			for (int abi = 0; abi < FLAGSTOP_ABI_COUNT; abi++)
				abis += !flagstop_constant_find(name, abi, &value);
			if (!abis)
				fail_msg("%s has no value", name);
		}
	}
}

static void nearest__is_looked_for_in_the_set(void **state)
{
	(void)state;
	assert_string_equal(flagstop_constant_nearest("O_CLOEXE", "open_flags"), "O_CLOEXEC");
	assert_string_equal(flagstop_constant_nearest("O_CLOEXE", NULL), "O_CLOEXEC");
	assert_string_equal(flagstop_constant_nearest("EPREM", "errno"), "EPERM");
	assert_null(flagstop_constant_nearest("O_CLOEXE", "prot"));
	assert_null(flagstop_constant_nearest("O_CLOEXE", "no_such_set"));
	assert_null(flagstop_constant_nearest("NOTHING_LIKE_ANY", NULL));
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ADD_ROWS(rows, label, function) \
	for (size_t i = 0; i < COUNT(rows); i++) \
		tests[count++] = (struct CMUnitTest) \
		{ \
			rows[i].label, function, NULL, NULL, (void *)&rows[i] \
		}

int main(void)
{
	static struct CMUnitTest tests[COUNT(constants) + COUNT(errnos) + COUNT(value_rows) + 8] = {
		cmocka_unit_test(errno__the_common_name_is_shown),
		cmocka_unit_test(errno__what_is_none_is_refused),
		cmocka_unit_test(set__holds_its_own_and_no_others),
		cmocka_unit_test(set__holds_those_of_its_fields),
		cmocka_unit_test(set__hidden_names_are_in_it),
		cmocka_unit_test(set__hidden_names_are_not_shown),
		cmocka_unit_test(set__every_member_is_a_constant),
		cmocka_unit_test(nearest__is_looked_for_in_the_set),
	};
	size_t count = 8;

	ADD_ROWS(constants, name, constant__is_that_of_the_hosts_header);
	ADD_ROWS(errnos, name, errno__is_that_of_the_hosts_header);
	ADD_ROWS(value_rows, law, value_row);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
