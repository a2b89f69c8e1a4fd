module userns-helpers

go 1.24

require (
	github.com/vishvananda/netlink v1.3.1
	github.com/vishvananda/netns v0.0.5
	golang.org/x/sys v0.40.0
)

godebug (
	containermaxprocs=0
	updatemaxprocs=0
)
