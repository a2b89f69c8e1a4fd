package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"userns-helpers/test/blackbox/harness"
)

// callers is how many call at once.
const callers = 50

// crowds measures how long many calls at once take until the last one has ended.
func (b *bench) crowds() error {
	r := row{Row: Row{Group: "at once", Name: fmt.Sprintf("newuidmap, %d callers at once", callers)}, runs: b.runs(20)}
	r.debian, r.ours = b.sides(b.mappingCrowd, newuidmap)
	if err := b.row(r); err != nil {
		return err
	}
	if err := write(usernet, fmt.Sprintf("%s veth br0 %d\n", b.user.name, callers)); err != nil {
		return err
	}
	r = row{Row: Row{Group: "at once", Name: fmt.Sprintf("lxc-user-nic, %d callers at once", callers)}, runs: b.runs(8)}
	r.debian, r.ours = b.sides(b.creatingCrowd, userNic)
	return b.row(r)
}

func (b *bench) mappingCrowd(program string) side {
	return side{once: func() (sample, error) {
		return b.crowd("-U", func(target *harness.Target) []string {
			return []string{program, strconv.Itoa(target.PID), "0", "100000", "65536"}
		})
	}}
}

// creatingCrowd makes one interface in each of many namespaces; they go with these.
func (b *bench) creatingCrowd(program string) side {
	return side{once: func() (sample, error) {
		if err := recordOthers(0, "br0"); err != nil {
			return sample{}, err
		}
		s, err := b.crowd("-Urn", func(target *harness.Target) []string {
			return []string{program, "create", "/dev/null", "c1", strconv.Itoa(target.PID), "veth", "br0", "eth0"}
		})
		return s, errors.Join(err, emptied("br0", 2))
	}}
}

// crowd makes the targets, starts one program for each and waits for all.
func (b *bench) crowd(unshare string, argv func(*harness.Target) []string) (s sample, err error) {
	var calls [callers]call
	for i := range calls {
		target, err := b.user.hold(unshare)
		if err != nil {
			return s, err
		}
		defer target.Release()
		calls[i] = call{argv: argv(target), uid: b.user.uid}
	}
	out, err := output()
	if err != nil {
		return s, err
	}
	defer out.Close()
	began := time.Now()
	var pids [callers]int
	for i, c := range calls {
		if pids[i], err = c.start(c.argv, out); err != nil {
			return s, err
		}
	}
	for i, pid := range pids {
		var status syscall.WaitStatus
		var used syscall.Rusage
		if _, err := syscall.Wait4(pid, &status, 0, &used); err != nil {
			return s, err
		}
		if err := calls[i].finish(status, out); err != nil {
			return s, err
		}
		s.cpu += time.Duration(used.Utime.Nano() + used.Stime.Nano())
		s.faults += used.Minflt + used.Majflt
	}
	s.wall = time.Since(began)
	return s, nil
}

// emptied waits until a bridge has no more than so many ports: the interfaces of a namespace go some time after it.
func emptied(bridge string, ports int) error {
	for range 1000 {
		entries, err := os.ReadDir("/sys/class/net/" + bridge + "/brif")
		if err != nil {
			return err
		}
		if len(entries) <= ports {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("the ports of %s stay", bridge)
}
