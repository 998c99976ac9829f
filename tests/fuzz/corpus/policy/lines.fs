default deny
allow read\
  write
allow (
close # in the middle
	)
