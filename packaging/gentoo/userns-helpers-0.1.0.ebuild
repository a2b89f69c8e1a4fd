# Not tested.
#
# sys-apps/shadow owns /usr/bin/newuidmap and newgidmap, app-containers/lxc owns /usr/libexec/lxc/lxc-user-nic: ours are in
# /usr/libexec/userns-helpers. `userns-helpers-activate on` leads users to them.
# shellcheck shell=bash disable=SC2034,SC2154  # portage reads and sets them
EAPI=8

DESCRIPTION="Safer setuid helpers for rootless containers"
HOMEPAGE="https://userns-helpers.invalid/"
SRC_URI="https://userns-helpers.invalid/releases/${PN}-v${PV}.tar.gz"
S="${WORKDIR}/${PN}-v${PV}"

LICENSE="BSD Apache-2.0 MIT"
SLOT="0"
KEYWORDS="~amd64 ~arm64"
BDEPEND=">=dev-lang/go-1.24"

src_compile() {
	GOPROXY=off emake build
}

src_test() {
	GOPROXY=off go test -trimpath ./cmd/... ./internal/... || die
}

src_install() {
	packaging/private "${D}" /usr/libexec /usr/sbin || die
	dodoc README.md CHANGELOG.md docs/policy.toml.example
}
