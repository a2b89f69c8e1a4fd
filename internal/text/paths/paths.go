// Package paths holds what is fixed when a program is linked: the absolute paths that it uses, and its version.
//
// They are set by the linker (go build -ldflags "-X userns-helpers/internal/text/paths.usernet=/other/path")
// and by nothing else: a privileged program that let its caller name a file would read and write it as root.
package paths

// The linker's -X can only set plain string variables; nothing in the programs assigns to them.
var (
	passwd    = "/etc/passwd"
	group     = "/etc/group"
	subuid    = "/etc/subuid"
	subgid    = "/etc/subgid"
	loginDefs = "/etc/login.defs"
	usernet   = "/etc/lxc/lxc-usernet"
	ledger    = "/run/lxc/nics"
	slots     = "/run/lxc/nics.d"
	dhcpHosts = "/run/lxc/dhcp-hosts"
	machineID = "/etc/machine-id"
	macKey    = "/var/lib/userns-helpers/mac-key"
	ovsVsctl  = "/usr/bin/ovs-vsctl"
	policy    = "/etc/userns-helpers/policy.toml"
	forbidden = "/etc/userns-helpers/forbidden-host-ids"
	accepted  = "/etc/userns-helpers/accepted-findings"
	nsswitch  = "/etc/nsswitch.conf"
	sssdPipe  = "/var/lib/sss/pipes/nss"
	sssdPipes = "/var/lib/sss/pipes"
	userdb    = "/run/systemd/userdb/io.systemd.Multiplexer"
	nscd      = "/var/run/nscd/socket"
	getent    = "/usr/bin/getent"
	libraries = "/usr/lib/x86_64-linux-gnu:/usr/lib/aarch64-linux-gnu:/usr/lib64:/usr/lib:/lib64:/lib"
	maps      = "/run/userns-helpers/maps.sock"
	nics      = "/run/userns-helpers/nics.sock"
	version   = "unknown"
)

// Passwd is the user database, passwd(5).
func Passwd() string { return passwd }

// Group is the group database, group(5).
func Group() string { return group }

// Subuid grants subordinate user ids, subuid(5).
func Subuid() string { return subuid }

// Subgid grants subordinate group ids, subgid(5).
func Subgid() string { return subgid }

// LoginDefs configures the shadow suite, login.defs(5).
func LoginDefs() string { return loginDefs }

// Usernet allows network interfaces to users, lxc-usernet(5).
func Usernet() string { return usernet }

// Ledger records the network interfaces that were made, one row each.
func Ledger() string { return ledger }

// Slots is the directory in which quotas are kept exact, see package slots.
func Slots() string { return slots }

// DHCPHosts is the directory of files that say to dnsmasq(8) which address is whose (--dhcp-hostsdir).
func DHCPHosts() string { return dhcpHosts }

// MachineID is the identity of this installation, machine-id(5).
func MachineID() string { return machineID }

// MACKey is the key that the stable addresses of containers depend on: only root can read it.
func MACKey() string { return macKey }

// OvsVsctl configures Open vSwitch, ovs-vsctl(8).
func OvsVsctl() string { return ovsVsctl }

// Policy says which protections and limits there are besides the grants, policy.toml(5).
func Policy() string { return policy }

// Forbidden lists the ids of the host that are never mapped, forbidden-host-ids(5).
func Forbidden() string { return forbidden }

// Accepted lists what usernsctl check finds and the administrator of the host accepts.
func Accepted() string { return accepted }

// Nsswitch says which services know users, groups and subordinate ids, nsswitch.conf(5).
func Nsswitch() string { return nsswitch }

// SSSDPipe is the socket of SSSD's nss responder.
func SSSDPipe() string { return sssdPipe }

// SSSDPipes is the directory of SSSD's sockets: if it is missing, SSSD is not installed.
func SSSDPipes() string { return sssdPipes }

// Userdb is the socket of systemd-userdbd that speaks for all of its services.
func Userdb() string { return userdb }

// Nscd is the socket of the name service cache, nscd(8).
func Nscd() string { return nscd }

// Getent asks the name service switch, getent(1).
func Getent() string { return getent }

// Libraries are the directories in which the modules for subid: are installed (libsubid_NAME.so), separated by colons.
func Libraries() string { return libraries }

// Maps is the socket of the service that writes maps, userns-helperd(8).
func Maps() string { return maps }

// Nics is the socket of the service that makes interfaces, userns-helperd(8).
func Nics() string { return nics }

// Version is the version of this build, as --version prints it.
func Version() string { return version }
