abi x86_64 i386 x32 aarch64 arm riscv64 ppc64le s390x loongarch64
default kill
unknown kill thread
allow read write exit_group
allow open@i386 openat@x32 (read write)@s390x
log mmap mmap2
deny 4095 clone when flags & CLONE_NEWUSER
allow clone
