package records

import (
	"cmp"
	"slices"
	"strings"
)

// Group is records that are alike: the same program, result, user and reason, and for interfaces that were granted the same
// bridge.
type Group struct {
	Program string `json:"program"`
	Result  string `json:"result"`
	User    string `json:"user"`             // login names, with commas; "" if none is known
	UID     *int64 `json:"uid"`              // null where a record has none
	ID      string `json:"id,omitempty"`     // of the reason, as in DIAGNOSTICS of the programs' manuals
	Bridge  string `json:"bridge,omitempty"` // of an interface
	Count   int    `json:"count"`
	First   int64  `json:"first"` // seconds since 1970
	Last    int64  `json:"last"`
	Why     string `json:"why,omitempty"` // of the last record: the message to the user
	Asked   string `json:"asked"`         // of the last record: what was asked for, or done
	By      string `json:"by,omitempty"`  // of the last record: what allowed it
}

// Bounds of groups: whoever writes to a log could make as many as there are lines, and so hide those of others.
const (
	mostGroups = 5000
	mostOfOne  = 100 // user; further records of theirs are those of one group, without a reason
)

// Groups are the groups of a log.
type Groups struct {
	all   map[key]*Group
	ofOne map[int64]int // how many there are of a user
	Other int           // records of further groups
}

// key is what records of a group have in common.
type key struct {
	program, result, user, id, bridge string
	uid                               int64
}

// Add adds a record.
func (g *Groups) Add(r Record) {
	group := g.of(r)
	if group == nil {
		g.Other++
		return
	}
	group.Count++
	group.First = min(group.First, r.Time)
	if r.Time >= group.Last {
		// A part of a line would keep all of it.
		group.User, group.Last, group.Why, group.By = strings.Clone(r.User), r.Time, strings.Clone(r.Field("why")), strings.Clone(r.Field("by"))
		group.Asked = strings.Clone(cmp.Or(r.Field("asked"), r.Field("change")))
	}
}

// of is the group of a record; nil if there are too many.
func (g *Groups) of(r Record) *Group {
	k := key{program: r.Program, result: r.Result, id: r.Field("id"), uid: -1}
	if r.HasUID {
		k.uid = int64(r.UID)
	} else {
		k.user = r.User
	}
	if r.Result == "granted" {
		k.bridge = bridgeOf(r)
	}
	if g.all == nil {
		g.all, g.ofOne = make(map[key]*Group), make(map[int64]int)
	}
	if g.all[k] == nil && g.ofOne[k.uid] >= mostOfOne && k.uid >= 0 {
		k = key{program: r.Program, result: r.Result, uid: k.uid}
	}
	if g.all[k] == nil && len(g.all) < mostGroups {
		k.user, k.id, k.bridge = strings.Clone(k.user), strings.Clone(k.id), strings.Clone(k.bridge)
		group := &Group{Program: k.program, Result: k.result, ID: k.id, Bridge: k.bridge, First: r.Time}
		if k.uid >= 0 {
			group.UID = &k.uid
		}
		g.all[k] = group
		g.ofOne[k.uid]++
	}
	return g.all[k]
}

// bridgeOf is the bridge that lxc-user-nic was asked for: its arguments are create PATH NAME PID TYPE BRIDGE CONTAINER-NAME.
func bridgeOf(r Record) string {
	words := strings.Fields(r.Field("asked"))
	if r.Program != "lxc-user-nic" || len(words) < 6 || words[0] != "create" && words[0] != "delete" || strings.Contains(r.Field("asked"), `"`) {
		return ""
	}
	return words[5]
}

// Sorted are the groups: those with the latest records first.
func (g *Groups) Sorted() []Group {
	sorted := make([]Group, 0, len(g.all))
	for _, group := range g.all {
		sorted = append(sorted, *group)
	}
	slices.SortFunc(sorted, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Last, a.Last), cmp.Compare(a.Program, b.Program), cmp.Compare(a.Result, b.Result), cmp.Compare(a.User, b.User),
			cmp.Compare(a.ID, b.ID), cmp.Compare(a.Bridge, b.Bridge))
	})
	return sorted
}
