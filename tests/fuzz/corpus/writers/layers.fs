abi x86_64 x32
default allow
return 5 read when fd == 0x7fffffff
return 4294967296 write when count == 0xffffffffffffffff
deny EACCES read write when fd in {0, 2, 4, 6, 8, 10..20, 0xfffffff0..0xffffffff}
kill thread ioctl when request & 0xff00 != 0x5400 and request < 0x80000000
log openat when flags & O_CREAT and not (mode & 0o111 == 0)
