allow open when pathname under "lib" "usr" and caller in "x"
