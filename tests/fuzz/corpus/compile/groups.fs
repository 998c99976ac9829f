group @mine = @file-system - (open openat) + close
group @few = @mine & @stdio
deny EPERM @mine - @few
allow @few # lint: allow redundant, shadowed: to see
promise stdio rpath exec
