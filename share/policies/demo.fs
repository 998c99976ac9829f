# What `scons demo` runs python3 under. Most calls the kernel allows by their number, some by their arguments; some are
# flagged and allowed, some denied. The report at the end says which, how often, on which line's account, and from where.

default deny EPERM

deny EACCES socket when domain in {AF_INET, AF_INET6}  # no internet,
allow socket when domain == AF_UNIX                    # but local sockets; lint: allow redundant: so does line 12
trace getppid                                          # stopped, counted, allowed
return 1000 getuid geteuid                             # pretend to be somebody
trap chroot pivot_root when arg0 == 0                  # nobody calls these with NULL and means it
deny ENOSYS @module @reboot @swap @raw-io
allow @system-service - (io_uring_setup process_vm_writev userfaultfd)  # by the number alone: the kernel remembers it
