# SPDX-License-Identifier: MIT
#
# pledge(2)'s promises as rules: what `promise NAME` puts in its place. generate.py cuts this file at the lines that
# begin with `##`; each piece stands for itself and only adds: it has `allow` rules, and `deny ENOSYS` for calls whose
# arguments are in memory and which programs replace by an older call when they hear that. What no promise allows is for
# `default` to decide, or for the rules behind the promise.
#
# A piece named A+B is added when all its promises were given: opening a file for reading and writing takes both rpath
# and wpath, which neither can say alone.
#
# When a promise begins to count. pledge(2) is called by the program itself, after its loader has done its work; here the
# promise is there before the program is. A dynamic loader opens libraries for reading and maps them as code, so `rpath`
# allows mapping a file as code as long as the mapping is private and not writable: `stdio rpath` runs dynamic
# programs, `stdio` alone static ones. That gives away little: such a mapping holds what a file on the disk holds, and
# code that the program made up itself (writable and executable memory, mprotect to executable, anonymous executable
# memory) still takes `prot_exec`. Who also promises wpath and cpath can write a file and map that; where this matters,
# write the rule by hand. How the first program comes to be executed is the runner's business; every later one takes
# `exec`.
#
# What pledge looks at and a filter of numbers cannot see: where a path leads (so dns and getpw need rpath for
# /etc, and tmppath has to wait for path rules), to whom a datagram goes (inet), what a message carries (sendmsg is
# with sendfd, inet and unix only), whether a pid is one's own (kill with pid 0 and the signals that libcs send their
# own threads are allowed, all others take proc).

## stdio: reading, writing and waiting on what is open, memory, time, signals, threads
deny ENOSYS clone3 openat2
allow @basic-io @io-event @signal @timer
allow @default - (execve mmap mmap2 mprotect prlimit64)
allow mremap madvise mincore msync getcpu getpriority getrusage sysinfo uname olduname oldolduname umask
allow fstat fstat64 oldfstat fstatfs fstatfs64 fsync fdatasync ftruncate ftruncate64 sync_file_range sync_file_range2
allow fadvise64 fadvise64_64 arm_fadvise64_64 readahead copy_file_range sendfile sendfile64 splice tee vmsplice
allow pipe pipe2 wait4 waitid waitpid recv recvfrom shutdown getpeername getsockname getsockopt
allow sched_get_priority_max sched_get_priority_min sched_rr_get_interval sched_rr_get_interval_time64
allow sched_getparam sched_getscheduler sched_getattr
allow (mmap - mmap@i386 - mmap@s390x) mmap2 when not prot & PROT_EXEC
# The arguments of these two are in memory. Programs for i386 use mmap2; s390x has nothing else.
allow mmap@s390x
allow mprotect when not prot & PROT_EXEC
allow prlimit64 when pid == 0 and new_limit == 0
allow clone when flags & CLONE_THREAD
allow kill when pid == 0
# abort(), pthread_cancel(), setuid() of a threaded program (32 and 33 are the C library's), preemption of goroutines
allow tgkill when sig in {0, SIGABRT, SIGURG, 32, 33}
allow fcntl fcntl64 when cmd in {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETPIPE_SZ, F_SETPIPE_SZ}
# TCGETS, TCGETS2 (which ppc64le lacks): isatty(), which stdio asks of every stream
allow ioctl when request in {FIONREAD, FIONBIO, FIOCLEX, FIONCLEX, TCGETS, TIOCGWINSZ}
allow ioctl - ioctl@ppc64le when request == TCGETS2
allow prctl when option in {PR_SET_NAME, PR_GET_NAME, PR_SET_VMA, PR_GET_DUMPABLE, PR_GET_PDEATHSIG, \
	PR_SET_PDEATHSIG, PR_GET_NO_NEW_PRIVS, PR_SET_NO_NEW_PRIVS, PR_GET_SECCOMP, PR_CAPBSET_READ, \
	PR_GET_TIMERSLACK, PR_SET_TIMERSLACK, PR_GET_KEEPCAPS, PR_GET_SECUREBITS}
allow sendto when dest_addr == 0
allow send
# A pair of datagram sockets could send to any other socket that has a name.
allow socketpair when domain == AF_UNIX and type & 0xf in {SOCK_STREAM, SOCK_SEQPACKET}
# glibc 2.33 to 2.38 has fstat() as newfstatat(fd, "", …); the path cannot be seen, but only metadata are given away.
allow newfstatat fstatat64 when flags & AT_EMPTY_PATH
allow statx when flags & AT_EMPTY_PATH

## rpath: looking at files, directories and their attributes; mapping libraries as code
allow @rpath - (open openat openat2)
allow open openat when flags & O_ACCMODE == O_RDONLY and not flags & (O_CREAT | O_TRUNC)
allow (mmap - mmap@i386 - mmap@s390x) mmap2 when prot & (PROT_EXEC | PROT_WRITE) == PROT_EXEC \
	and not flags & MAP_ANONYMOUS and flags & MAP_TYPE == MAP_PRIVATE

## wpath: opening existing files for writing, truncating them
allow open openat when flags & O_ACCMODE == O_WRONLY and not flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))
allow truncate truncate64 ftruncate ftruncate64 fallocate

## rpath+wpath: opening existing files for both
allow open openat when flags & O_ACCMODE in {O_RDONLY, O_RDWR} and not flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))

## cpath: making, renaming and removing files, directories and links
allow @cpath - (creat open openat openat2)

## cpath+rpath: creating files by opening them for reading
allow open openat when flags & O_ACCMODE == O_RDONLY and flags & O_CREAT and not flags & O_TRUNC

## cpath+wpath: creating files by opening them for writing
allow creat
allow open openat when flags & O_ACCMODE == O_WRONLY

## cpath+rpath+wpath: creating files by opening them for both
allow open openat when flags & O_ACCMODE in {O_RDONLY, O_WRONLY, O_RDWR}

## dpath: making special files
allow @dpath

## tmppath: files in /tmp
allow open openat unlink unlinkat when pathname under "/tmp"

## inet: sockets of the Internet families
allow socket when domain in {AF_INET, AF_INET6} and type & 0xf in {SOCK_STREAM, SOCK_DGRAM}
allow accept accept4 bind connect listen sendto sendmsg sendmmsg recvmsg recvmmsg recvmmsg_time64
allow setsockopt when level in {SOL_SOCKET, IPPROTO_TCP, IPPROTO_UDP}
# Not the options of multicast, which take mcast.
allow setsockopt when level == IPPROTO_IP and not optname in 32..48
allow setsockopt when level == IPPROTO_IPV6 and not optname in {17..21, 27..29, 42..48}

## mcast: joining multicast groups
allow setsockopt when level in {IPPROTO_IP, IPPROTO_IPV6}

## unix: sockets of the Unix family
allow socket socketpair when domain == AF_UNIX
allow accept accept4 bind connect listen sendto sendmsg sendmmsg recvmsg recvmmsg recvmmsg_time64
allow setsockopt when level == SOL_SOCKET

## dns: asking name servers; /etc/resolv.conf and its like take rpath
allow socket when domain in {AF_INET, AF_INET6} and type & 0xf in {SOCK_STREAM, SOCK_DGRAM}
allow connect sendto sendmsg sendmmsg recvmsg recvmmsg recvmmsg_time64
allow setsockopt when level == SOL_SOCKET or level in {IPPROTO_IP, IPPROTO_IPV6} and not optname in {17..21, 27..29, 32..48}

## getpw: users and groups by name: the local services that know them; /etc/passwd takes rpath
allow socket when domain == AF_UNIX and type & 0xf == SOCK_STREAM
allow connect

## sendfd: sending descriptors
allow @sendfd

## recvfd: receiving descriptors
allow recvmsg recvmmsg recvmmsg_time64

## fattr: changing modes, times and extended attributes
allow @fattr - @chown

## chown: changing owner and group
allow @chown

## flock: locking files
allow flock
allow fcntl fcntl64 when cmd in {F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW}
allow fcntl64@i386 fcntl64@arm when cmd in {F_GETLK64, F_SETLK64, F_SETLKW64}

## tty: settings of a terminal; not typing into it (TIOCSTI, TIOCLINUX)
allow ioctl when request in {TCGETS, TCSETS, TCSETSW, TCSETSF, TCSBRK, TCSBRKP, TCXONC, TCFLSH, \
	TIOCSBRK, TIOCCBRK, TIOCGWINSZ, TIOCSWINSZ, TIOCGPGRP, TIOCSPGRP, TIOCGSID, TIOCOUTQ, \
	TIOCSCTTY, TIOCNOTTY, TIOCEXCL, TIOCNXCL}
allow ioctl - ioctl@ppc64le when request in {TCGETS2, TCSETS2, TCSETSW2, TCSETSF2}

## proc: creating processes, signalling and governing them
allow fork vfork setpgid setsid kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_send_signal
allow clone when not flags & (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
	CLONE_NEWPID | CLONE_NEWNET | CLONE_UNTRACED | CLONE_PTRACE)
allow setpriority nice setrlimit prlimit64 sched_setscheduler sched_setparam sched_setattr sched_setaffinity
allow fcntl fcntl64 when cmd in {F_SETOWN, F_GETOWN, F_SETSIG, F_GETSIG}

## exec: running programs
allow @exec

## prot_exec: memory that is code
allow (mmap - mmap@i386) mmap2 mprotect pkey_mprotect
allow pkey_alloc pkey_free

## settime: setting the system clock
allow @settime

## ps: looking at other processes; /proc takes rpath
allow @ps

## vminfo: figures about the system's memory; /proc takes rpath
allow @vminfo

## id: changing user and group ids, limits and priorities
allow @id

## unveil: narrowing oneself by path, here with Landlock
allow @unveil
