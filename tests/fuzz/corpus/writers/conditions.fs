default allow
deny EACCES socket when domain in {AF_INET, AF_INET6, 16..20} and (type & 0xf == SOCK_RAW or protocol != 0)
trap 7 lseek when offset < 0 or offset >= 0x7fffffff00000000
ask ioctl when request in { 0x5412, \
	0x5401 .. 0x5410 }
return -1 kill when not (pid == -1 or sig <= 0) and sig < ~0 & 0x7f
kill mmap when (prot & (PROT_WRITE | PROT_EXEC)) == 1 << 1 | 4
