module userns-helpers

go 1.24.0

require (
	github.com/BurntSushi/toml v1.6.0
	github.com/vishvananda/netlink v1.3.1
	github.com/vishvananda/netns v0.0.5
	golang.org/x/net v0.49.0
	golang.org/x/sys v0.40.0
	pgregory.net/rapid v1.3.0
)
