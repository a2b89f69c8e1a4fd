// Package directory holds tests of users, groups and ranges that are in no file of the machine: on SSSD with an LDAP
// server, systemd-userdbd and unscd, and on false daemons. Debian's getsubids, newuidmap and newgidmap on the same SSSD
// are the oracle. test/run directory runs it.
package directory
