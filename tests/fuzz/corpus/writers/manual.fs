# a program that reads files and writes to what is open
abi x86_64
default deny EPERM
unknown deny ENOSYS

return 1000 getuid
allow @basic-io @default @signal @io-event - mprotect
allow mprotect when not prot & PROT_EXEC
allow open openat when flags & O_ACCMODE == O_RDONLY and not flags & (O_CREAT | O_TRUNC)
allow @file-system & (fstat newfstatat getdents64 readlink)
deny EACCES @links
trace socket
