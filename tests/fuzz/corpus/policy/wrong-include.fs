include "none.fs"
