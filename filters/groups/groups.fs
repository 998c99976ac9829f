# SPDX-License-Identifier: MIT
#
# The built-in groups. Which calls the groups of the first part hold are facts about systemd's sets of the same names
# (release 252's `systemd-analyze syscall-filter`), with what kernels and systemd added since; the second part has
# flagstop's own; the third names, for each promise of pledge(2), the calls it touches: a group says which calls, a
# promise (promises.fs) also says with which arguments, so that `allow @inet` is far more than `promise inet`.
#
# One line of plain words stands above each group: it is its description. generate.py cuts this file at the groups;
# each has to be understood by itself. Names are known to some ABI of the tables, or it is a mistake.
#
# @chown is a set of systemd's and a promise of pledge's with the same calls: it is defined once.

# ---- systemd's

# what nearly every program needs: memory, time, identity, its own threads' bookkeeping, exit, exec
group @default = (
	arch_prctl brk cacheflush clock_getres clock_getres_time64 clock_gettime clock_gettime64
	clock_nanosleep clock_nanosleep_time64 execve exit exit_group futex futex_requeue
	futex_time64 futex_wait futex_waitv futex_wake get_robust_list get_thread_area get_tls
	getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getpgid getpgrp
	getpid getppid getrandom getresgid getresgid32 getresuid getresuid32 getrlimit getsid
	gettid gettimeofday getuid getuid32 map_shadow_stack membarrier mmap mmap2 mprotect mseal
	munmap nanosleep pause prlimit64 restart_syscall riscv_flush_icache riscv_hwprobe rseq
	rseq_slice_yield rt_sigreturn sched_getaffinity sched_yield set_robust_list set_thread_area
	set_tid_address set_tls sigreturn time ugetrlimit uprobe uretprobe
)

# asynchronous input and output: libaio and io_uring
group @aio = (
	io_cancel io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit
	io_uring_enter io_uring_register io_uring_setup
)

# reading, writing, seeking, duplicating and closing descriptors that are open already
group @basic-io = (
	_llseek close close_range dup dup2 dup3 lseek pread64 preadv preadv2 pwrite64 pwritev
	pwritev2 read readv write writev
)

# changing owner and group of files; pledge's promise of that name touches the same calls
group @chown = chown chown32 fchown fchown32 fchownat lchown lchown32

# setting the system clock
group @clock = (
	adjtimex clock_adjtime clock_adjtime64 clock_settime clock_settime64 settimeofday stime
)

# running code of another CPU mode: virtual 8086, segments, endianness
group @cpu-emulation = modify_ldt subpage_prot switch_endian vm86 vm86old

# looking into and steering other processes, performance counters
group @debug = (
	lookup_dcookie perf_event_open pidfd_getfd ptrace rtas s390_runtime_instr
	sys_debug_setcontext
)

# everything that takes a path or is about files: open, stat, rename, attributes, watches
group @file-system = (
	access cachestat chdir chmod close creat faccessat faccessat2 fallocate fchdir fchmod
	fchmodat fchmodat2 fcntl fcntl64 fgetxattr file_getattr file_setattr flistxattr
	fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 ftruncate ftruncate64
	futimesat getcwd getdents getdents64 getxattr getxattrat inotify_add_watch inotify_init
	inotify_init1 inotify_rm_watch lgetxattr link linkat listxattr listxattrat llistxattr
	lremovexattr lsetxattr lstat lstat64 mkdir mkdirat mknod mknodat mmap mmap2 munmap
	newfstatat oldfstat oldlstat oldstat open openat openat2 readlink readlinkat removexattr
	removexattrat rename renameat renameat2 rmdir setxattr setxattrat stat stat64 statfs
	statfs64 statx symlink symlinkat truncate truncate64 unlink unlinkat utime utimensat
	utimensat_time64 utimes
)

# waiting for descriptors: poll, select, epoll, eventfd
group @io-event = (
	_newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2
	epoll_wait epoll_wait_old eventfd eventfd2 poll ppoll ppoll_time64 pselect6 pselect6_time64
	select
)

# pipes, System V and POSIX message queues, semaphores, shared memory, other processes' memory
group @ipc = (
	ipc memfd_create mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64
	mq_timedsend mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd pipe pipe2
	process_madvise process_vm_readv process_vm_writev semctl semget semop semtimedop
	semtimedop_time64 shmat shmctl shmdt shmget
)

# the kernel's key store
group @keyring = add_key keyctl request_key

# keeping memory out of swap
group @memlock = mlock mlock2 mlockall munlock munlockall

# loading and unloading kernel modules
group @module = delete_module finit_module init_module

# mounting, unmounting, changing the root
group @mount = (
	chroot fsconfig fsmount fsopen fspick listmount listns mount mount_setattr move_mount
	open_tree open_tree_attr pivot_root statmount umount umount2
)

# sockets of any family
group @network-io = (
	accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom
	recvmmsg recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socket
	socketcall socketpair
)

# calls that no current program has a use for, or that no kernel carries out any more
group @obsolete = (
	_sysctl afs_syscall bdflush break create_module epoll_ctl_old epoll_wait_old ftime
	get_kernel_syms getpmsg gtty idle lock mpx prof profil putpmsg query_module security
	sgetmask ssetmask stime stty sysfs timerfd tuxcall ulimit uselib ustat vserver
)

# memory protection keys
group @pkey = pkey_alloc pkey_free pkey_mprotect

# what needs a capability to be of use
group @privileged = (
	@chown @clock @module @raw-io @reboot @swap _sysctl acct bpf capset chroot fanotify_init
	fanotify_mark nfsservctl open_by_handle_at pivot_root quotactl quotactl_fd setdomainname
	setfsuid setfsuid32 setgroups setgroups32 sethostname setresuid setresuid32 setreuid
	setreuid32 setuid setuid32 vhangup
)

# creating, running, signalling and waiting for processes; namespaces
group @process = (
	capget clone clone3 execveat fork getrusage kill pidfd_open pidfd_send_signal prctl
	process_mrelease rt_sigqueueinfo rt_tgsigqueueinfo setns swapcontext tgkill times tkill
	unshare vfork wait4 waitid waitpid
)

# I/O ports and PCI memory
group @raw-io = (
	ioperm iopl pciconfig_iobase pciconfig_read pciconfig_write s390_pci_mmio_read
	s390_pci_mmio_write
)

# rebooting and loading another kernel
group @reboot = kexec_file_load kexec_load reboot

# priorities, scheduling, limits, memory policy
group @resources = (
	ioprio_set mbind migrate_pages move_pages nice sched_setaffinity sched_setattr
	sched_setparam sched_setscheduler set_mempolicy set_mempolicy_home_node setpriority
	setrlimit
)

# changing user and group ids
group @setuid = (
	setgid setgid32 setgroups setgroups32 setregid setregid32 setresgid setresgid32 setresuid
	setresuid32 setreuid setreuid32 setuid setuid32
)

# handling signals in one's own process
group @signal = (
	rt_sigaction rt_sigpending rt_sigprocmask rt_sigsuspend rt_sigtimedwait
	rt_sigtimedwait_time64 sigaction sigaltstack signal signalfd signalfd4 sigpending
	sigprocmask sigsuspend
)

# swap devices
group @swap = swapoff swapon

# writing to the disk what is cached
group @sync = fdatasync fsync msync sync sync_file_range sync_file_range2 syncfs

# what a usual daemon needs: a good start for an allow list
group @system-service = (
	@aio @basic-io @chown @default @file-system @io-event @ipc @keyring @memlock @network-io
	@process @resources @setuid @signal @sync @timer arm_fadvise64_64 capget capset
	copy_file_range fadvise64 fadvise64_64 flock get_mempolicy getcpu getpriority ioctl
	ioprio_get kcmp lsm_get_self_attr lsm_list_modules madvise mremap name_to_handle_at
	oldolduname olduname personality readahead readdir remap_file_pages sched_get_priority_max
	sched_get_priority_min sched_getaffinity sched_getattr sched_getparam sched_getscheduler
	sched_rr_get_interval sched_rr_get_interval_time64 sched_yield sendfile sendfile64 setfsgid
	setfsgid32 setfsuid setfsuid32 setpgid setsid splice sysinfo tee umask uname userfaultfd
	vmsplice
)

# timers and alarms
group @timer = (
	alarm getitimer setitimer timer_create timer_delete timer_getoverrun timer_gettime
	timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime
	timerfd_gettime64 timerfd_settime timerfd_settime64 times
)

# all calls of the tables
group @known = *

# a program confining itself further: Landlock and seccomp
group @sandbox = landlock_add_rule landlock_create_ruleset landlock_restrict_self seccomp

# ---- flagstop's own

# one's own memory: mapping, growing, protecting, advising
group @memory = (
	brk cacheflush madvise map_shadow_stack membarrier mincore mlock mlock2 mlockall mmap mmap2
	mprotect mremap mseal msync munlock munlockall munmap remap_file_pages riscv_flush_icache
)

# making hard and symbolic links
group @links = link linkat symlink symlinkat

# creating and synchronising threads (and, by clone's flags, processes)
group @threads = (
	clone clone3 exit futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake
	get_robust_list get_thread_area gettid membarrier rseq rseq_slice_yield sched_yield
	set_robust_list set_thread_area set_tid_address set_tls tgkill
)

# everything that turns a path into a descriptor
group @open = creat open open_by_handle_at open_tree open_tree_attr openat openat2

# ---- pledge's promises

# pledge: what a program does with the descriptors and the memory it has
group @stdio = (
	@basic-io @default @io-event @signal @timer clone clone3 fcntl fcntl64 fdatasync fstat fstat64
	fstatfs fstatfs64 fsync ftruncate ftruncate64 getcwd getdents getdents64 getpeername getpriority
	getrusage getsockname getsockopt getcpu ioctl kill madvise mincore mremap msync newfstatat pipe
	pipe2 prctl recv recvfrom recvmmsg recvmmsg_time64 recvmsg send sendfile sendfile64 sendmmsg
	sendmsg sendto setsockopt shutdown socketpair splice statx fadvise64 fadvise64_64
	arm_fadvise64_64 readahead copy_file_range sync_file_range sync_file_range2 sysinfo tee tgkill
	umask uname olduname oldolduname vmsplice wait4 waitid waitpid sched_get_priority_max
	sched_get_priority_min sched_getparam sched_getscheduler sched_rr_get_interval
	sched_rr_get_interval_time64
) - execve

# pledge: looking at files by their paths
group @rpath = (
	access chdir faccessat faccessat2 fchdir fgetxattr file_getattr flistxattr fstatat64
	fstatfs fstatfs64 getcwd getdents getdents64 getxattr getxattrat inotify_add_watch
	inotify_init inotify_init1 inotify_rm_watch lgetxattr listxattr listxattrat llistxattr
	lstat lstat64 name_to_handle_at newfstatat oldlstat oldstat open openat openat2 readdir
	readlink readlinkat stat stat64 statfs statfs64 statx
)

# pledge: changing files by their paths
group @wpath = fallocate ftruncate ftruncate64 open openat openat2 truncate truncate64

# pledge: creating, renaming and removing files and directories
group @cpath = (
	creat link linkat mkdir mkdirat open openat openat2 rename renameat renameat2 rmdir symlink
	symlinkat unlink unlinkat
)

# pledge: making special files
group @dpath = mknod mknodat

# pledge: files in /tmp; by path, which takes a tracer to tell
group @tmppath = chmod lstat newfstatat open openat openat2 statx unlink unlinkat

# pledge: sockets of the Internet families
group @inet = @network-io

# pledge: multicast options of sockets
group @mcast = setsockopt

# pledge: changing modes, times and other attributes of files
group @fattr = (
	@chown chmod fchmod fchmodat fchmodat2 file_setattr fremovexattr fsetxattr futimesat
	lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat utime utimensat
	utimensat_time64 utimes
)

# pledge: locking files
group @flock = fcntl fcntl64 flock

# pledge: sockets of the Unix family
group @unix = @network-io

# pledge: asking name servers
group @dns = @network-io newfstatat open openat stat statx

# pledge: reading the user and group databases
group @getpw = connect newfstatat open openat socket stat statx

# pledge: sending descriptors over a socket
group @sendfd = sendmmsg sendmsg

# pledge: receiving descriptors from a socket
group @recvfd = pidfd_getfd recvmmsg recvmmsg_time64 recvmsg

# pledge: controlling a terminal
group @tty = ioctl open openat vhangup

# pledge: creating processes and governing them
group @proc = (
	clone clone3 fork kill nice pidfd_open pidfd_send_signal prlimit64 rt_sigqueueinfo
	rt_tgsigqueueinfo sched_setaffinity sched_setattr sched_setparam sched_setscheduler setpgid
	setpriority setrlimit setsid tgkill tkill vfork wait4 waitid waitpid
)

# pledge: running another program
group @exec = execve execveat

# pledge: memory that holds code
group @prot_exec = memfd_create mmap mmap2 mprotect pkey_mprotect remap_file_pages shmat

# pledge: setting the system clock
group @settime = @clock

# pledge: looking at other processes
group @ps = (
	getpgid getpriority getsid ioprio_get kcmp sched_getaffinity sched_getattr sched_getparam
	sched_getscheduler
)

# pledge: figures about the whole system's memory
group @vminfo = sysinfo

# pledge: changing user and group ids, limits and priorities
group @id = @setuid prlimit64 setfsgid setfsgid32 setfsuid setfsuid32 setpriority setrlimit

# pledge: narrowing what can be reached by path; here Landlock
group @unveil = landlock_add_rule landlock_create_ruleset landlock_restrict_self
