abi x86_64 i386
default deny EPERM # lint: allow breaks-libc, nothing: yes
allow read write
allow read
allow open openat when flags & O_ACCMODE == O_RDONLY and mode & 0 == 0
allow openat2 creat clone ptrace
allow statfs when path == 0x1234
deny socket@x86_64
allow socket@i386 execve faccessat newfstatat@x86_64
kill faccessat2
allow lseek when offset >= 0 or offset < 0
