module userns-helpers

go 1.24.0

require golang.org/x/sys v0.40.0

godebug (
	containermaxprocs=0
	updatemaxprocs=0
)
