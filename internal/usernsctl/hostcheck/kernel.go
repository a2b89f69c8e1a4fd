package hostcheck

import (
	"strings"

	"userns-helpers/internal/usernsctl/finding"
)

// setting is the content of a sysctl, by its path below /proc/sys; "" where there is none.
func (c *check) setting(path string) string {
	text := c.text("/proc/sys/" + path)
	return strings.TrimSpace(text)
}

// sysctl are the commands that set a sysctl, by its path below /proc/sys, now and for later; none without a value. In
// sysctl.d(5) a key may be a pattern: there is a line for plain names alone.
func sysctl(path, value string) []string {
	if value == "" {
		return nil
	}
	now := "echo " + value + " >" + finding.Word("/proc/sys/"+path)
	if strings.ContainsFunc(path, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("_-./", r)
	}) {
		return []string{now}
	}
	return []string{now, finding.Appended("/etc/sysctl.d/60-userns-helpers.conf", path+" = "+value)}
}

// checkKernel looks at the settings without which no user can make a container, and at one that lets containers change
// the host's routes.
func (c *check) checkKernel() {
	for _, s := range []struct{ path, bad, good, id, problem, advice string }{
		{
			"user/max_user_namespaces", "0", "31000", "kernel-namespaces", "user.max_user_namespaces is 0: nobody can make a user namespace",
			"Set it to a few thousand: sysctl -w user.max_user_namespaces=31000, and in /etc/sysctl.d.",
		},
		{
			"kernel/unprivileged_userns_clone", "0", "1", "kernel-namespaces",
			"kernel.unprivileged_userns_clone is 0: only root can make a user namespace",
			"Set it to 1: sysctl -w kernel.unprivileged_userns_clone=1, and in /etc/sysctl.d.",
		},
		{
			"kernel/apparmor_restrict_unprivileged_userns", "1", "", "kernel-apparmor",
			"kernel.apparmor_restrict_unprivileged_userns is 1: AppArmor removes the capabilities of programs without a profile in user namespaces",
			"Give each program that makes containers a profile with \"userns,\" (as Ubuntu does for lxc and podman), or set it to 0.",
		},
	} {
		if c.setting(s.path) == s.bad {
			c.report.Add(finding.Finding{ID: s.id, Level: finding.Warning, File: "/proc/sys/" + s.path, Problem: s.problem, Advice: s.advice, Fix: sysctl(s.path, s.good)})
		}
	}
	if len(c.rules) > 0 {
		c.checkAdvertisements("default")
	}
}

// checkAdvertisements reports an interface that believes router advertisements: containers are on the bridges that this host
// has an interface on. Of "default", what interfaces to come begin with, there is a note: kernels have it so, and it is no
// fault of a host. "all" is not looked at, since the kernel never asks for it (ipv6_accept_ra in net/ipv6.h).
func (c *check) checkAdvertisements(name string) {
	folder := "net/ipv6/conf/" + name + "/"
	accepts := c.setting(folder + "accept_ra")
	if accepts == "" || accepts == "0" || c.setting(folder+"disable_ipv6") == "1" {
		return
	}
	if accepts == "1" && c.setting(folder+"forwarding") == "1" {
		return // ip-sysctl: 1 is for hosts that do not forward, 2 for all
	}
	level, off := finding.Warning, sysctl(folder+"accept_ra", "0")
	if name == "default" {
		level, off = finding.Note, nil // the host's own network may need them
	}
	c.report.Add(finding.Finding{
		ID: "kernel-accept-ra", Level: level, File: "/proc/sys/" + folder + "accept_ra",
		Problem: "net.ipv6.conf." + name + ".accept_ra is " + accepts + ": " + believes(name),
		Advice: "One router advertisement from a container can give the host a route. Set it to 0; if the host's own network needs " +
			"advertisements, set accept_ra=1 for its interface alone.", Fix: off,
	})
}

// believes says what the setting is for.
func believes(name string) string {
	if name == "default" {
		return "each new bridge and interface accepts router advertisements"
	}
	return "the host accepts router advertisements from containers on this bridge"
}
