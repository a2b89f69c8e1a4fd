package nics

import (
	"strconv"
	"strings"
)

// Rates: powers of 1000, as tc(8) has them. Below a packet a second nothing works; above, a veth ends.
const (
	leastRate = 8_000
	mostRate  = 1_000_000_000_000
)

// Unit returns the nth unit, the greatest first, and the bits that it stands for.
func Unit(n int) (name string, bits uint64) {
	switch n {
	case 0:
		return "gbit", 1_000_000_000
	case 1:
		return "mbit", 1_000_000
	case 2:
		return "kbit", 1_000
	}
	return "bit", 1
}

// Units is how many there are.
const Units = 4

// parseRate understands a rate: decimal digits and bit, kbit, mbit or gbit. It is in bits a second, from 8kbit to
// 1000gbit.
func parseRate(text string) (uint64, bool) {
	for n := range Units {
		name, bits := Unit(n)
		digits, found := strings.CutSuffix(text, name)
		if !found {
			continue
		}
		count, err := strconv.ParseUint(digits, 10, 32)
		rate := count * bits // below 2^32 × 10^9: fits
		if err == nil && digits[0] != '0' && leastRate <= rate && rate <= mostRate {
			return rate, true
		}
		return 0, false
	}
	return 0, false
}
