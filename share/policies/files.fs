# Opens files in /home/sandbox, /lib and /usr/lib, and nowhere else; makes no links. What else a program does is not
# looked at: stack this on a policy that says so, or promises.
default allow # lint: allow deny-list: only opened files are looked at

deny EACCES @links
allow open openat openat2 when path under "/lib" "/usr/lib" and reads and not writes and not creates
allow open openat openat2 creat when path under "/home/sandbox"
deny EACCES open openat openat2 creat
deny EPERM open_by_handle_at

# A file that comes from elsewhere by another name would be under it; and may not leave it.
deny EACCES rename renameat renameat2 when not path under "/home/sandbox"
