package finding

import "strings"

// ids are the kinds of findings, sorted.
const ids = `
accepted-file
accepted-stale
accepted-unknown
account-digits
bridge-address
bridge-delay
bridge-snooping
bridge-stp
directory-unknown
file-crlf
file-group
file-link
file-link-dangling
file-newline
file-trust
forbidden-ids
forbidden-ids-granted
kernel-accept-ra
kernel-apparmor
kernel-namespaces
kernel-neighbours
ledger-filesystem
limits-live
limits-live-memory
limits-memory
limits-processes
living-overlap
living-shared
logindefs-bounds
logindefs-off
logindefs-twice
logindefs-value
mac-key
nic-differs
nic-left-bridge
nic-other-bridge
nic-other-mac
nic-shut
nic-unprotected
nsswitch-line
nsswitch-subid
policy
policy-bridge
policy-group
policy-hwaddr
policy-ifb
policy-owner
policy-pool
policy-vlan
program-hidden
program-missing
program-mode
program-nosuid
program-origin
program-owner
program-privilege
subid-account
subid-directory
subid-line
subid-octal
subid-overlap
subid-owner
subid-root
subid-zero
usernet-bridge
usernet-line
usernet-owner
usernet-type
usernet-zero
`

// IDs are the kinds of findings, sorted. Each has an entry in usernsctl(8). They are the same in each release: people
// accept findings by them, and programs know them.
func IDs() []string { return strings.Fields(ids) }
