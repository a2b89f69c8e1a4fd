//go:build system

package nics

import (
	"slices"
	"strings"
)

// shown is one difference of the original's: in which aspect it fails in which cases.
type shown struct{ id, aspect, cases string }

// byChance names the cases that win or lose a race against the original: their difference need not show every time.
// Each has another case beside it, under the same id, that shows it every time.
const byChance = "quota/killed-by-its-user hostage/stopped hostage/stopped-unlisted-user hostage/frozen hostage/frozen-same-group " +
	"hostage/frozen-unlisted-user hostile/target-goes-away"

func (c testCase) byChance() bool { return slices.Contains(strings.Fields(byChance), c.id) }

// differences returns the aspects of a case in which the original is known to fail.
func (c testCase) differences() differs {
	out := differs{}
	for _, s := range originalFails() {
		for _, id := range strings.Fields(s.cases) {
			if id == c.id {
				out[s.aspect] = s.id
			}
		}
	}
	return out
}

// originalFails lists what the original fails, by the ids of docs/compatibility.md.
func originalFails() []shown {
	return []shown{
		{"N01", message, `
			command/delete-short command/type-empty command/delete-type nicname/taken nicname/bad-16-bytes
			nicname/bad-blank nicname/bad-colon nicname/bad-dot nicname/bad-dot-dot nicname/bad-long
			nicname/bad-newline nicname/bad-percent nicname/bad-percent-n nicname/bad-percent-s nicname/bad-slash
			nicname/bad-tab nicname/bad-two-patterns target/other-user target/pid-1 target/own-shell
			target/root-made target/user-namespace-only target/gone target/zombie target/wraps-32 target/never
			target/wraps-64 target/bad-empty target/bad-hex target/bad-huge target/bad-negative
			target/bad-newline target/bad-tail target/bad-text target/bad-zero namespace/fd-of-the-machine
			namespace/fd-of-bob namespace/fd-of-user-namespace namespace/fd-of-a-file namespace/fd-of-the-runtime
			namespace/own namespace/own-thread namespace/pid-1 namespace/bind-mount-of-the-machine namespace/bob
			namespace/bind-mount-of-bob namespace/user-namespace namespace/mount-namespace namespace/file
			namespace/folder namespace/device namespace/fifo namespace/missing namespace/long
			namespace/create-hides-paths namespace/delete-hides-folders namespace/delete-opens-as-caller
			namespace/fd-bad-blank namespace/fd-bad-huge namespace/fd-bad-negative namespace/fd-bad-not-open
			namespace/fd-bad-nothing namespace/fd-bad-plus namespace/fd-bad-tail namespace/fd-bad-text
			namespace/fd-bad-wraps delete/never-made delete/bob delete/bob-says-alice's-namespace
			delete/bob's-namespace delete/unlisted-user delete/own-namespace-is-the-machine's delete/the-bridge
			delete/lo delete/bob's-by-name delete/not-a-pair delete/wrong-bridge delete/name-16-bytes
			delete/name-path delete/name-empty usernet/commented-out usernet/commented-out-indented usernet/empty
			usernet/other-user usernet/longer-name usernet/shorter-name usernet/name-case usernet/other-type
			usernet/longer-type usernet/shorter-type usernet/other-bridge usernet/longer-bridge
			usernet/shorter-bridge usernet/only-none usernet/no-line-for-none usernet/at-without-name
			usernet/short-line usernet/user-without-entry usernet/environment-names-nobody usernet/bridges-apart
			usernet/lines-add-up usernet/quota number/beyond-64-bits number/empty-sign number/endless number/hex
			number/negative number/text number/wraps-to-five number/zero group/member-only-in-the-file
			group/name-of-the-user group/shared group/user-line-first group/group-line-first group/two-groups
			trust/missing trust/folder trust/dangling-link ledger/living-row-counts
			ledger/living-group-row-counts ledger/fifth-column ledger/nonsense
			ledger/unrecorded-on-another-bridge handover/from-the-other handover/there-and-back handover/group
			handover/large-uid cause/bad-name cause/name-taken cause/no-file cause/no-line
			cause/bounding-set cause/no-new-privileges cause/no-such-bridge cause/nosuid cause/not-a-bridge cause/not-setuid
			cause/not-yours cause/ovs-stopped cause/process-gone cause/quota-full cause/type cause/user-namespace
			cause/all-different cause/names-the-line cause/control-characters owner/other-member
			owner/other-member-none owner/other-member-of-the-original's owner/other-member-of-a-large-uid's owner/left-the-group
			naming/large-uid-quota ovs/quota ovs/other-user ovs/port-that-is-no-nic ovs/missing-bridge ovs/fails
			ovs/missing-program bridge/lo bridge/missing bridge/16-bytes bridge/path bridge/dot-dot bridge/slash
			bridge/empty bridge/blank bridge/not-a-bridge
			slip/bridge-case slip/case slip/colons slip/full-width slip/mark slip/name-alone slip/negative
			slip/no-break-space slip/no-break-spaces slip/no-bridge slip/no-type slip/quoted slip/text
			slip/three-fields slip/type slip/type-case slip/uid slip/zero slip/group-without-at
			slip/other-people's slip/other-bridge's nearby/bridges nearby/group nearby/no-such-bridge
			nearby/no-bridge nearby/no-file-no-such-bridge nearby/full nearby/container-nic-all
			nearby/container-nic-default nearby/bridge-all nearby/bridge-no-break-space cause/secure-bits`},
		{"N02", exit, `
			namespace/proc namespace/proc-fd namespace/bind-mount namespace/fd`},
		{"N02", stdout, `
			namespace/fd-without-process`},
		{"N03", exit, `
			delete/linux-bridge delete/none delete/proc-fd delete/bind-mount delete/frees-quota delete/twice
			delete/twice-at-once delete/of-the-original hostage/victim-deletes owner/the-member owner/large-uid-of-the-original's
			naming/large-uid-deletes`},
		{"N03", links, `
			delete/twice-at-once`},
		{"N03", rows, `
			delete/twice-at-once`},
		{"N04", exit, `
			command/type-macvlan command/type-vlan command/type-phys command/type-capitals`},
		{"N05", left, `
			nicname/taken nicname/bad-16-bytes nicname/bad-blank nicname/bad-colon nicname/bad-dot
			nicname/bad-dot-dot nicname/bad-long nicname/bad-newline nicname/bad-percent nicname/bad-percent-n
			nicname/bad-percent-s nicname/bad-slash nicname/bad-tab nicname/bad-two-patterns cause/bad-name
			cause/name-taken cause/control-characters nearby/container-nic-all nearby/container-nic-default`},
		{"N06", exit, `
			nicname/one-byte`},
		{"N07", links, `
			nicname/empty`},
		{"N07", stdout, `
			nicname/empty`},
		{"N08", exit, `
			target/bad-blank`},
		{"N09", left, `
			target/own-shell target/root-made target/user-namespace-only`},
		{"N10", exit, `
			output/closed-pipe output/closed-pipe-for-both output/closed-pipe-none output/full-device
			output/read-only output/full-pipe-nonblocking output/closed-socket output/free-again-after-failure
			output/refusal-into-closed-pipe ovs/closed-pipe`},
		{"N10", left, `
			ovs/closed-pipe`},
		{"N11", exit, `
			usernet/leading-blank usernet/leading-tab`},
		{"N12", exit, `
			usernet/bridges-apart usernet/none-apart group/bridges-apart`},
		{"N13", exit, `
			usernet/lines-add-up`},
		{"N14", exit, `
			number/exponent number/float number/tail number/very-negative number/plus number/words-behind
			number/wraps-in-32-bits slip/at slip/long slip/no-break-space-after slip/nul slip/tail slip/too-large
			slip/very-long slip/words-behind slip/file-that-the-caller-may-not-read`},
		{"N15", exit, `
			usernet/bad-line-negative number/sum-does-not-wrap number/negative-subtracts-nothing`},
		{"N16", exit, `
			group/primary group/own-group-named-as-user`},
		{"N17", exit, `
			group/after-unnamed group/before-unnamed group/not-a-member owner/user-named-like-a-group
			slip/group-case slip/group-number`},
		{"N18", rows, `
			group/first-line-has-no-room`},
		{"N19", exit, `
			trust/group-writable trust/writable-by-all trust/of-alice trust/link-to-untrusted
			cause/untrusted-file`},
		{"N19", late, `
			trust/pipe`},
		{"N20", message, `
			namespace/delete-hides-paths namespace/delete-hides-files`},
		{"N21", exit, `
			ledger/no-last-newline ledger/nonsense-and-room`},
		{"N21", left, `
			ledger/nonsense`},
		{"N21", rows, `
			output/silent-with-bad-rows ledger/no-last-newline ledger/appends-after-no-last-newline
			ledger/the-example ledger/many-dead ledger/dead-between-living ledger/nonsense
			ledger/nonsense-and-room`},
		{"N22", rows, `
			ledger/permissions ledger/permissions-umask-077 ledger/permissions-umask-777`},
		{"N23", exit, `
			ledger/removed-while-nics-live ledger/emptied-while-nics-live ledger/folder-removed-while-nics-live
			ledger/nobody-recorded-it ledger/nobody-recorded-it-none ledger/nobody-recorded-it-group
			ledger/nobody-recorded-it-room-for-one`},
		{"N24", left, `
			output/file-size-limit quota/file-size-0`},
		{"N24", links, `
			quota/file-size-0 quota/killed-by-its-user`},
		{"N25", late, `
			hostage/full-pipe-of-refused-user hostage/full-pipe-of-delete hostage/victim-deletes hostage/stopped
			hostage/frozen ovs/time-limit ovs/hangs hostage/stopped-unlisted-user hostage/frozen-same-group
			hostage/frozen-unlisted-user`},
		{"N26", "born", `
			onestep/host-end onestep/host-end-none onestep/mtu onestep/default-name`},
		{"N26", "requests", `
			onestep/one-request`},
		{"N26", "unguarded", `
			onestep/host-end onestep/mtu`},
		{"N27", "recognisable", `
			naming/large-uids-differ`},
		{"N28", "altname", `
			naming/altname`},
		{"N29", "stable", `
			address/stable-after-delete address/stable-after-ledger-is-lost address/none-stable`},
		{"N30", "ipv6", `
			quiet/bridge quiet/none quiet/large-uid`},
		{"N31", "tag", `
			ovs/tagged`},
		{"N32", exit, `
			ovs/quota`},
		{"N32", links, `
			ovs/delete ovs/delete-as-liblxc ovs/delete-after-the-container ovs/quota`},
		{"N32", rows, `
			ovs/delete ovs/delete-as-liblxc ovs/delete-after-the-container ovs/quota`},
		{"N33", exit, `
			ovs/other-member`},
		{"N33", left, `
			ovs/other-member`},
		{"N34", "environment", `
			ovs/environment`},
		{"N35", "asked", `
			ovs/missing-bridge`},
	}
}
