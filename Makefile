# userns-helpers: newuidmap, newgidmap, getsubids, lxc-user-nic, usernsctl and userns-helperd.
#
# make build needs nothing but Go, and its modules once; make install nothing at all. Neither needs root.

# Where things are installed. DESTDIR is put in front of each.
DESTDIR    =
PREFIX     = /usr
BINDIR     = $(PREFIX)/bin
SBINDIR    = $(PREFIX)/sbin
LIBEXECDIR = /usr/libexec
DATADIR    = $(PREFIX)/share
MANDIR     = $(DATADIR)/man
ZSHDIR     = $(DATADIR)/zsh/site-functions
TMPFILESDIR = $(PREFIX)/lib/tmpfiles.d
UNITDIR    = $(PREFIX)/lib/systemd/system
SYSCONFDIR = /etc
RUNDIR     = /run
STATEDIR   = /var/lib
# The mode of the three privileged programs. 755 for an install with file capabilities.
SUIDPERMS  = 4755

# The paths that the programs use: fixed here, when they are linked, and by nothing at run time.
PATH_passwd    = /etc/passwd
PATH_group     = /etc/group
PATH_subuid    = /etc/subuid
PATH_subgid    = /etc/subgid
PATH_loginDefs = /etc/login.defs
PATH_machineID = /etc/machine-id
PATH_macKey    = $(STATEDIR)/userns-helpers/mac-key
PATH_usernet   = $(SYSCONFDIR)/lxc/lxc-usernet
PATH_ledger    = $(RUNDIR)/lxc/nics
PATH_slots     = $(RUNDIR)/lxc/nics.d
PATH_dhcpHosts = $(RUNDIR)/lxc/dhcp-hosts
PATH_ovsVsctl  = /usr/bin/ovs-vsctl
PATH_policy    = $(SYSCONFDIR)/userns-helpers/policy.toml
PATH_forbidden = $(SYSCONFDIR)/userns-helpers/forbidden-host-ids
PATH_accepted  = $(SYSCONFDIR)/userns-helpers/accepted-findings
PATH_nsswitch  = /etc/nsswitch.conf
PATH_sssdPipe  = /var/lib/sss/pipes/nss
PATH_sssdPipes = /var/lib/sss/pipes
PATH_userdb    = /run/systemd/userdb/io.systemd.Multiplexer
PATH_nscd      = /var/run/nscd/socket
PATH_getent    = /usr/bin/getent
PATH_maps      = $(RUNDIR)/userns-helpers/maps.sock
PATH_nics      = $(RUNDIR)/userns-helpers/nics.sock
# Where ld.so looks for the modules that subid: in nsswitch.conf names, with colons between.
PATH_libraries = /usr/lib/x86_64-linux-gnu:/usr/lib/aarch64-linux-gnu:/usr/lib64:/usr/lib:/lib64:/lib
PATHS          = passwd group subuid subgid loginDefs machineID macKey usernet ledger slots dhcpHosts ovsVsctl \
	nsswitch sssdPipe sssdPipes userdb nscd getent libraries policy forbidden accepted maps nics

# A source tarball carries its version in the file VERSION; a clone asks git.
VERSION := $(shell cat VERSION 2>/dev/null || hack/as-owner git describe --tags --always --dirty 2>/dev/null || hack/versions --package unknown 0 || echo unknown)

GO         = go
# For the packager: appended to the linker's flags.
GO_LDFLAGS =
# Each program has its ELF entry point, which runs before the Go runtime does: internal/kernel/entry has the assembly.
ENTRY = $(if $(filter amd64 arm64,$(shell $(GO) env GOARCH)),-E=userns_helpers_$(ENTRY_$(COMMAND)))
ENTRY_newuidmap  = newuidmap
ENTRY_newgidmap  = newgidmap
ENTRY_usernic    = usernic
ENTRY_userns-helperd = helperd
ENTRY_getsubids  = plain
ENTRY_usernsctl  = plain
# In place of what go.mod gives the runtime: as many threads as package entry says, not as a container's limits do, nor is
# memory sampled for a profile that nobody asks for. Where a toolchain ignores it the programs do the same, later.
GODEBUG_ALL = containermaxprocs=0,updatemaxprocs=0,decoratemappings=0,memprofilerate=0
LDFLAGS_ALL = $(ENTRY) -X runtime.godebugDefault=$(GODEBUG_ALL) -X userns-helpers/internal/text/paths.version=$(VERSION) \
	$(foreach name,$(PATHS),-X userns-helpers/internal/text/paths.$(name)=$(PATH_$(name))) $(GO_LDFLAGS)

# A build never fetches another toolchain by itself.
GOTOOLCHAIN ?= local
export GOTOOLCHAIN
export GOFLAGS
export GO

BINARIES = bin/newuidmap bin/newgidmap bin/getsubids bin/lxc-user-nic bin/usernsctl bin/userns-helperd

# make V=1 shows the whole commands.
V =

# How long each fuzz target runs in make fuzz.
FUZZTIME = 30s

.PHONY: help build fetch install quick check test demo bench fuzz differences coverage dist deb deb-source rpm release release-check release-sign test-packages test-autopkgtest test-systemd test-hostage \
	version clean go modules $(BINARIES)

# What needs Go says so in the same words, and before anything else.
$(BINARIES) check test demo bench fuzz differences coverage dist deb deb-source rpm release release-check test-packages test-autopkgtest test-systemd test-hostage: | go
go:
	@hack/go

help: ## this text
	@echo "userns-helpers $(VERSION)"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F"|" '{ printf "%-20s %s\n", $$1, $$2 }'

build: $(BINARIES) ## compile the programs into bin/

fetch: modules ## the modules of go.mod, those of tests too; after this nothing needs a network
modules: | go
	@hack/modules

COMMAND = $(@F)
bin/lxc-user-nic: COMMAND = usernic
$(BINARIES): | modules
	@echo 'go build $@ ./cmd/$(COMMAND)'
	@V='$(V)' hack/compile $@ -trimpath -buildvcs=false -ldflags '$(LDFLAGS_ALL)' ./cmd/$(COMMAND)

# put installs with mode $(1) into directory $(2) the files $(3); replace does so with programs, whose old ones must not live on.
replace = hack/install-programs $(1) '$(DESTDIR)$(2)' $(3)
put = install -d '$(DESTDIR)$(2)' && install -m $(1) $(3) '$(DESTDIR)$(2)'

# What is installed, where and with which mode: the packages are made from this, too.
install: ## copy programs and man pages (DESTDIR= PREFIX= LIBEXECDIR= SUIDPERMS=4755); make build comes first
	@for program in $(BINARIES); do \
		[ -x $$program ] || { echo "install: $$program is missing: run 'make build' first" >&2; exit 1; }; done
	$(call replace,$(SUIDPERMS),$(BINDIR),bin/newuidmap bin/newgidmap)
	$(call replace,755,$(BINDIR),bin/getsubids bin/usernsctl)
	@# Users run usernsctl too. The name that it had before, where sbin is another directory:
	install -d '$(DESTDIR)$(SBINDIR)'
	[ '$(DESTDIR)$(SBINDIR)' -ef '$(DESTDIR)$(BINDIR)' ] || ln -sf '$(if $(filter $(dir $(BINDIR)),$(dir $(SBINDIR))),../$(notdir $(BINDIR)),$(BINDIR))/usernsctl' '$(DESTDIR)$(SBINDIR)/usernsctl'
	$(call replace,$(SUIDPERMS),$(LIBEXECDIR)/lxc,bin/lxc-user-nic)
	$(call replace,755,$(LIBEXECDIR)/userns-helpers,bin/userns-helperd)
	$(call put,644,$(MANDIR)/man1,$(wildcard man/*.1))
	$(call put,644,$(MANDIR)/man5,$(wildcard man/*.5))
	$(call put,644,$(MANDIR)/man8,$(wildcard man/*.8))
	install -d '$(DESTDIR)$(TMPFILESDIR)'
	sed 's|@STATE@|$(patsubst %/,%,$(dir $(PATH_macKey)))|; s|@DIRECTORY@|$(patsubst %/,%,$(dir $(PATH_ledger)))|; s|@SLOTS@|$(PATH_slots)|; s|@LEDGER@|$(PATH_ledger)|; s|@DHCPHOSTS@|$(PATH_dhcpHosts)|' \
		packaging/tmpfiles.d/userns-helpers.conf >'$(DESTDIR)$(TMPFILESDIR)/userns-helpers.conf'
	chmod 644 '$(DESTDIR)$(TMPFILESDIR)/userns-helpers.conf'
	install -d '$(DESTDIR)$(UNITDIR)'
	@for unit in userns-helpers-maps.socket userns-helpers-maps.service userns-helpers-nics.socket userns-helpers-nics.service; do \
		sed 's|@MAPS@|$(PATH_maps)|; s|@NICS@|$(PATH_nics)|; s|@RUN@|$(notdir $(patsubst %/,%,$(dir $(PATH_ledger))))|; s|@STATE@|$(notdir $(patsubst %/,%,$(dir $(PATH_macKey))))|; s|@HELPERD@|$(LIBEXECDIR)/userns-helpers/userns-helperd|' "packaging/systemd/$$unit" >'$(DESTDIR)$(UNITDIR)/'"$$unit" && \
		chmod 644 '$(DESTDIR)$(UNITDIR)/'"$$unit" || exit 1; done
	install -D -m 644 completions/usernsctl.bash '$(DESTDIR)$(DATADIR)/bash-completion/completions/usernsctl'
	install -D -m 644 completions/usernsctl.zsh '$(DESTDIR)$(ZSHDIR)/_usernsctl'
	install -D -m 644 completions/usernsctl.fish '$(DESTDIR)$(DATADIR)/fish/vendor_completions.d/usernsctl.fish'

quick: ## vet, links, words, imports, unit tests: half a minute, while you work
	hack/check --quick

check: ## vet, lint, unit tests, fuzz seeds: unprivileged and offline
	hack/check

test: ## everything, as root: installs what it needs, says so first
	hack/test

demo: ## as root: an ordinary user starts an LXC container on these programs
	test/demo/run

bench: ## as root: whole runs beside Debian's programs, into docs/evidence/benchmarks; a quarter of an hour
	hack/bench

fuzz: ## run every fuzz target for FUZZTIME=30s
	hack/fuzz $(FUZZTIME)

differences: build ## as root: each black-box case, what Debian's program does, what ours does, why they differ
	test/run maps -table
	test/run nics -table

coverage: ## as root: which statements unit tests and suites run, and why not the rest
	hack/coverage

dist: ## source tarball with vendored modules, the same bits each time
	hack/dist $(VERSION)

deb: ## Debian package in dist/, built without a network
	hack/deb $(VERSION)

deb-source: ## Debian source package in dist/, for dpkg-source, dpkg-buildpackage and sbuild
	hack/deb --source $(VERSION)

rpm: ## RPM package in dist/, built without a network (RPMFLAGS='--with real_paths')
	hack/rpm $(VERSION) $(RPMFLAGS)

release: ## source tarball, both packages with their sources, SBOM and SHA256SUMS in dist/
	hack/release $(VERSION)

release-sign: ## sign what is in dist/ (KEY=)
	hack/release-sign '$(KEY)'

release-check: ## build what dist/SHA256SUMS names once more, elsewhere, and compare
	hack/release-check $(VERSION)

test-packages: ## as root: install, upgrade and remove the packages in Debian roots while a user watches
	test/packages/all

test-autopkgtest: ## as root: debian/tests in a virtual machine with Debian 13, by Debian's autopkgtest
	test/packages/autopkgtest

test-systemd: build ## as root: what usernsctl grant tells systemd, the service's units, the package's upgrades, in Debian 12 and 13
	test/systemd/all

test-hostage: build ## as root: the service besieged for longer, and its listener killed at every system call
	test/run hostile -test.v -test.run 'TestService(Besieged|ListenerKilled)' -hostage 10s -listener-stride 1

version: ## print the version
	@echo $(VERSION)

clean: ## remove what was built
	rm -rf bin dist .cache
