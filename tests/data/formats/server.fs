# a network server, for conversions: conditions of every kind, two ABIs
abi x86_64 i386
default deny EPERM
unknown deny EPERM

allow @basic-io @default @signal @io-event - (mprotect mmap mmap2)
allow mprotect when not prot & PROT_EXEC
allow mmap@x86_64 mmap2 when prot & (PROT_WRITE | PROT_EXEC) != PROT_WRITE | PROT_EXEC
allow socket when domain in {AF_UNIX, AF_INET, AF_INET6} and type & 0xf == SOCK_STREAM
deny EAFNOSUPPORT socket
deny EACCES socketcall@i386
allow setsockopt when level in 0..6 or optname >= 100
allow clone when flags & 0x7e020000 == 0 and flags & CLONE_THREAD
allow futex when futex_op != FUTEX_FD
allow lseek when offset <= 0x7fffffff
kill ptrace process_vm_writev
kill-thread reboot
trap bpf
log connect
return 0 sync
