//go:build system

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"userns-helpers/test/blackbox/harness"
)

// pod is what this test understands of a pod, and what a kubelet and containerd make of it.
type pod struct {
	HostUsers             *bool
	ShareProcessNamespace bool
	InitContainers        []podContainer
	Containers            []podContainer
	Volumes               []struct {
		Name      string
		EmptyDir  *struct{ Medium string }
		ConfigMap *struct{ Name string }
	}
}

type podContainer struct {
	Name, RestartPolicy string
	Command             []string
	StartupProbe        struct{ Exec struct{ Command []string } }
	SecurityContext     struct {
		RunAsUser, RunAsGroup    *int
		AllowPrivilegeEscalation *bool
		ReadOnlyRootFilesystem   bool
		Capabilities             struct{ Drop, Add []string }
	}
	VolumeMounts []struct {
		Name, MountPath, SubPath string
		ReadOnly                 bool
	}
}

// cluster is a pod at work: its containers are crun's, in namespaces that a process holds, as a pod's first container does.
type cluster struct {
	t       *testing.T
	dir     string
	spec    pod
	configs map[string]map[string]string // of ConfigMaps, by name
	first   *harness.Target              // the first process of the shared PID namespace
	shift   int                          // what the pod's user ID 0 is outside
}

// example is packaging/kubernetes/pod.yaml.
func example(t *testing.T) (spec pod, configs map[string]map[string]string) {
	t.Helper()
	text, err := exec.Command("python3", "-c", "import json, sys, yaml; json.dump(list(yaml.safe_load_all(open(sys.argv[1]))), sys.stdout)",
		"../../packaging/kubernetes/pod.yaml").Output()
	if err != nil {
		t.Fatal(err)
	}
	var documents []struct {
		Kind     string
		Metadata struct{ Name string }
		Data     map[string]string
		Spec     pod
	}
	if err := json.Unmarshal(text, &documents); err != nil {
		t.Fatal(err)
	}
	configs = map[string]map[string]string{}
	for _, document := range documents {
		switch document.Kind {
		case "ConfigMap":
			configs[document.Metadata.Name] = document.Data
		case "Pod":
			spec = document.Spec
		default:
			t.Fatalf("a %s", document.Kind)
		}
	}
	return spec, configs
}

// up starts a pod: the sidecar first, the main container when its probe succeeds.
func up(t *testing.T, spec pod, configs map[string]map[string]string) *cluster {
	t.Helper()
	p := &cluster{t: t, dir: t.TempDir(), spec: spec, configs: configs}
	host(t, "chmod", "-R", "a+rx", filepath.Dir(p.dir))
	argv := []string{"unshare", "--net", "--ipc", "--pid", "--fork", "cat"}
	if spec.HostUsers != nil && !*spec.HostUsers {
		argv = append([]string{"unshare", "--user"}, argv[1:]...)
		p.shift = 3 << 20
	}
	held, err := harness.Hold(harness.Owner{}, argv...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(held.Release)
	if p.first, err = held.Child(); err != nil {
		t.Fatal(err)
	}
	if p.shift > 0 {
		for _, file := range []string{"uid_map", "gid_map"} {
			if err := p.first.Write(file, fmt.Sprintf("0 %d 65536\n", p.shift)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range spec.InitContainers {
		check(t, c.RestartPolicy == "Always", c.Name+" is a sidecar")
		p.run(c)
		eventually(t, c.Name+" is ready", func() bool { _, err := p.exec(c, c.StartupProbe.Exec.Command...); return err == nil })
	}
	for _, c := range spec.Containers {
		p.run(c)
	}
	return p
}

// volume is where a volume lies, or what subPath names in it. An emptyDir is made as the kubelet makes it, mode 0777; a file of a
// ConfigMap is root's.
func (p *cluster) volume(name, subPath string) string {
	p.t.Helper()
	path := filepath.Join(p.dir, "volume-"+name+subPath)
	for _, v := range p.spec.Volumes {
		if v.Name != name {
			continue
		}
		switch {
		case v.EmptyDir != nil && subPath == "":
			if os.Mkdir(path, 0o700) == nil {
				host(p.t, "chmod", "777", path)
				host(p.t, "chown", fmt.Sprintf("%d:%[1]d", p.shift), path)
			}
			return path
		case v.ConfigMap != nil && subPath != "":
			text, ok := p.configs[v.ConfigMap.Name][subPath]
			check(p.t, ok, "the ConfigMap has "+subPath)
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				p.t.Fatal(err)
			}
			host(p.t, "chown", fmt.Sprintf("%d:%[1]d", p.shift), path)
			return path
		}
	}
	p.t.Fatalf("no volume %s", name)
	return ""
}

type object = map[string]any

// run starts a container, with the configuration of runtime-spec that containerd would give it, as far as it matters here.
func (p *cluster) run(c podContainer) {
	p.t.Helper()
	bundle := filepath.Join(p.dir, c.Name)
	p.image(bundle+"/rootfs", c.SecurityContext.RunAsUser)
	drop := c.SecurityContext.Capabilities.Drop
	check(p.t, len(drop) == 1 && drop[0] == "ALL", c.Name+" has no capability but those that are added")
	mounts := []object{
		{"destination": "/proc", "type": "proc", "source": "proc", "options": []string{"nosuid", "noexec", "nodev"}},
		{"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": []string{"nosuid", "mode=755", "size=65536k"}},
	}
	for _, m := range c.VolumeMounts {
		options := []string{"rbind", "rprivate", "rw"}
		if m.ReadOnly {
			options[2] = "ro"
		}
		mounts = append(mounts, object{"destination": m.MountPath, "type": "bind", "source": p.volume(m.Name, m.SubPath), "options": options})
	}
	namespaces := []object{{"type": "mount"}}
	shared := []string{"net", "ipc"}
	if p.spec.ShareProcessNamespace {
		shared = append(shared, "pid")
	} else {
		namespaces = append(namespaces, object{"type": "pid"})
	}
	if p.shift > 0 {
		shared = append(shared, "user")
	}
	for _, name := range shared {
		kind := map[string]string{"net": "network"}[name]
		if kind == "" {
			kind = name
		}
		namespaces = append(namespaces, object{"type": kind, "path": fmt.Sprintf("/proc/%d/ns/%s", p.first.PID, name)})
	}
	p.put(bundle+"/config.json", object{
		"ociVersion": "1.0.2", "process": c.process(c.Command),
		"root": object{"path": "rootfs", "readonly": c.SecurityContext.ReadOnlyRootFilesystem}, "mounts": mounts,
		"linux": object{
			"namespaces":    namespaces,
			"maskedPaths":   []string{"/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list", "/proc/sched_debug", "/proc/scsi"},
			"readonlyPaths": []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"},
		},
	})
	// Of a container that was started its standard output is nobody's pipe, which would be waited for.
	log, err := os.Create(bundle + "/log")
	if err != nil {
		p.t.Fatal(err)
	}
	defer log.Close()
	command := exec.Command("crun", "--cgroup-manager", "disabled", "run", "--detach", "--bundle", bundle, p.id(c))
	command.Stdout, command.Stderr = log, log
	if err := command.Run(); err != nil {
		text, _ := os.ReadFile(log.Name())
		p.t.Fatalf("crun run %s: %v\n%s", c.Name, err, text)
	}
	p.t.Cleanup(func() { _ = exec.Command("crun", "--cgroup-manager", "disabled", "delete", "--force", p.id(c)).Run() })
}

// process is what a process of the container has.
func (c podContainer) process(argv []string) object {
	security := c.SecurityContext
	capabilities := []string{}
	for _, name := range security.Capabilities.Add {
		capabilities = append(capabilities, "CAP_"+name)
	}
	return object{
		"user": object{"uid": *security.RunAsUser, "gid": *security.RunAsGroup}, "args": argv, "cwd": "/", "env": []string{"PATH=/usr/bin:/bin"},
		"noNewPrivileges": security.AllowPrivilegeEscalation != nil && !*security.AllowPrivilegeEscalation,
		"capabilities":    object{"bounding": capabilities, "permitted": capabilities, "effective": capabilities},
	}
}

// put writes JSON.
func (p *cluster) put(path string, value object) {
	p.t.Helper()
	text, err := json.Marshal(value)
	if err == nil {
		err = os.WriteFile(path, text, 0o600)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *cluster) id(c podContainer) string { return filepath.Base(p.dir) + "-" + c.Name }

// image makes a root of busybox and our programs, without a setuid bit; it knows the user of its container alone. Where the pod has IDs of its own it belongs to these, as
// an ID-mapped mount shows it.
func (p *cluster) image(root string, user *int) {
	p.t.Helper()
	host(p.t, "sh", "-ec", `mkdir -p "$1/bin" "$1/usr/bin" "$1/usr/libexec/userns-helpers" "$1/proc" "$1/dev" "$1/run/userns-helpers" "$1/etc"
		cp "$(command -v busybox)" "$1/bin/busybox"
		for name in sh cat chmod test sleep unshare kill; do ln -s busybox "$1/bin/$name"; done
		cp "$2/usr/bin/newuidmap" "$2/usr/bin/newgidmap" "$1/usr/bin/"
		cp "$2/usr/libexec/userns-helpers/userns-helperd" "$1/usr/libexec/userns-helpers/"
		chmod 755 "$1"/usr/bin/* "$1"/usr/libexec/userns-helpers/*
		echo "own:x:$4:$4::/:/bin/sh" >"$1/etc/passwd"; : >"$1/etc/subuid"; : >"$1/etc/subgid"
		chown -R "$3:$3" "$1"`, "sh", root, *oursFlag, fmt.Sprint(p.shift), fmt.Sprint(*user))
}

// exec runs a command in a container.
func (p *cluster) exec(c podContainer, argv ...string) (string, error) {
	process := filepath.Join(p.dir, "process.json")
	p.put(process, c.process(argv))
	command := exec.Command("crun", "--cgroup-manager", "disabled", "exec", "--process", process, p.id(c))
	command.WaitDelay = time.Second
	text, err := command.CombinedOutput()
	return strings.Join(strings.Fields(string(text)), " "), err
}

// maps is a script: a user namespace and its two maps.
func maps(inside, outside, count int) []string {
	const script = `unshare -U sleep 60 & sleep 0.2
		newuidmap $! $* && newgidmap $! $*; echo $?; cat /proc/$!/uid_map /proc/$!/gid_map; kill $!`
	return []string{"/bin/sh", "-c", script, "sh", fmt.Sprint(inside), fmt.Sprint(outside), fmt.Sprint(count)}
}

// TestKubernetes: the pod of packaging/kubernetes, as far as two containers tell it: the main one gets the maps that it may have
// and no others, with the pod's own IDs and with the node's; and none where it does not share its processes.
func TestKubernetes(t *testing.T) {
	yes, no := true, false
	for name, c := range map[string]struct {
		change func(*pod)
		want   string // of a map that is granted
	}{
		"as it is":          {func(*pod) {}, "0 0 2000 1000 0 2000 1000"},
		"the node's IDs":    {func(p *pod) { p.HostUsers = &yes }, "0 0 2000 1000 0 2000 1000"},
		"processes apart":   {func(p *pod) { p.ShareProcessNamespace = no }, "newuidmap: the service does not serve you"},
		"without a service": {func(p *pod) { p.InitContainers = nil }, "newuidmap: uid range [0-1000) -> [2000-3000) not allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			spec, configs := example(t)
			c.change(&spec)
			p := up(t, spec, configs)
			main := spec.Containers[0]
			said, _ := p.exec(main, maps(0, 2000, 1000)...)
			check(t, strings.HasPrefix(said, c.want), fmt.Sprintf("a granted map: %q", said))
			if strings.HasPrefix(c.want, "0 ") {
				said, _ = p.exec(main, maps(0, 0, 1)...)
				check(t, strings.Contains(said, "not allowed") && strings.HasSuffix(said, " 1"), fmt.Sprintf("the pod's root: %q", said))
				_, err := p.exec(main, "/bin/busybox", "rm", "/run/userns-helpers/maps.sock")
				check(t, err != nil, "the main container cannot remove the socket")
			}
		})
	}
}
