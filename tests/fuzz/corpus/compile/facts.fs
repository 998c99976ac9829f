abi x86_64 aarch64
default deny EACCES
allow open openat openat2 creat when path under "/lib" "/usr/lib" and reads and not (writes or creates)
allow rename link when path matches "/home/*/[a-c]**" or path is ""
allow openat2 when resolve & RESOLVE_BENEATH and mode == 0 and flags & O_ACCMODE in {O_RDONLY, O_RDWR}
allow connect sendto sendmsg when addr.ip in {10.0.0.0/8, ::1, fe80::/10} and addr.port in 1..1023
deny bind when addr.family == AF_UNIX and not addr.path under "/run" and addr.path != "@x"
allow setxattr when name in {"user.a", "user.b"} and name != "user.c"
rewrite mkdir mode = mode & 0o700 when mode & 0o7000
rewrite mmap prot = prot & ~PROT_EXEC, flags = flags | MAP_POPULATE
