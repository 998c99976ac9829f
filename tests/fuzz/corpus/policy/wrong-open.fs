allow (read write
default deny
