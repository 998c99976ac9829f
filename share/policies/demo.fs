# What `scons demo` runs python3 under. Most calls the kernel allows by their number, some by their arguments; some are
# flagged and allowed, some denied. The report at the end says which, how often, on which line's account, and from where.

default deny EPERM

deny EACCES socket when domain in {AF_INET, AF_INET6}  # no internet,
allow socket when domain == AF_UNIX                    # but local sockets
trace getppid                                          # stopped, counted, allowed
return 1000 getuid geteuid                             # pretend to be somebody
trap chroot pivot_root when arg0 == 0                  # nobody calls these with NULL and means it
deny ENOSYS @module @reboot @swap @raw-io
allow @system-service                                  # by the number alone: no stop, the kernel remembers it
