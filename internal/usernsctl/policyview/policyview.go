// Package policyview shows what a policy of lxc-user-nic says about an interface, as the file would say it.
package policyview

import (
	"net/netip"
	"strconv"
	"strings"

	"userns-helpers/internal/policy/nics"
)

// Setting is one protection, and why it is what it is.
type Setting struct {
	nics.Setting
	Key  string
	Text string // the value as the file would have it; "" for a rate, a VLAN, pools or an address that is not set
}

// Explain returns what the policy decides, key by key in the order of nics.Keys, with where it comes from.
func Explain(p *nics.Policy, s nics.Subject) []Setting {
	settings := make([]Setting, 0, len(nics.Keys()))
	for _, key := range nics.Keys() {
		found := p.Where(s, key)
		settings = append(settings, Setting{found, key, textOf(key, found)})
	}
	return settings
}

// textOf is a value as the file would have it.
func textOf(key string, s nics.Setting) string {
	value, isNumber := s.Value, key == nics.RateToContainer || key == nics.VLAN
	switch {
	case key == nics.Addresses:
		return poolsText(s.Pools)
	case key == nics.Address && s.Address.IsValid():
		return strconv.Quote(s.Address.String())
	case key == nics.Address:
		return ""
	case !isNumber:
		return strconv.FormatBool(value != 0)
	case value == 0:
		return ""
	case key == nics.RateToContainer:
		return `"` + rateText(value) + `"`
	}
	return strconv.FormatUint(value, 10)
}

// poolsText is a list of pools.
func poolsText(pools []netip.Prefix) string {
	var quoted []string
	for _, pool := range pools {
		quoted = append(quoted, strconv.Quote(pool.String()))
	}
	if quoted == nil {
		return ""
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// rateText is a rate with the greatest unit that leaves no rest.
func rateText(rate uint64) string {
	for n := range nics.Units {
		name, bits := nics.Unit(n)
		if rate%bits == 0 {
			return strconv.FormatUint(rate/bits, 10) + name
		}
	}
	return ""
}
