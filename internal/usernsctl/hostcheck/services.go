package hostcheck

import (
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/usernsctl/finding"
)

// Service is a name service that gives ids to accounts, as far as a file of this host says.
type Service struct {
	File string // where that is configured
	Line int
	Name string // "SSSD's domain example.test"
	IDs  idmap.Range
}

// Services are the name services of this host of whose IDs something is known, and what could not be looked at.
func Services() ([]Service, []finding.Unseen) {
	c := &check{Host: Host{open: inspect}}
	var services []Service
	for _, d := range append(c.sssd(), c.winbind()...) {
		if !d.ids.Empty() {
			services = append(services, Service{d.file, d.line, d.name, d.ids})
		}
	}
	return services, c.report.Unseen
}
