package idmap

import "userns-helpers/internal/text/verdict"

// The limits of user_namespaces(7), in the kernel's map_write: a page, of which the smallest is 4096 bytes, must not be
// filled, and UID_GID_MAP_MAX_EXTENTS is 340 since Linux 4.15.
const (
	MaxBytes  = 4096 - 1
	MaxRanges = 340
)

// beyondKernel returns what the kernel would refuse with a bare EINVAL; nil if nothing.
func beyondKernel(asked []Mapping) verdict.Reason {
	if len(asked) > MaxRanges {
		return &Limit{Why: TooManyRanges, Is: len(asked)}
	}
	if size := len(Text(asked)); size > MaxBytes {
		return &Limit{Why: TooLong, Is: size}
	}
	for i, b := range asked {
		for _, a := range asked[:i] {
			inside := !a.Upper.Intersect(b.Upper).Empty()
			if inside || !a.Lower.Intersect(b.Lower).Empty() {
				return &Limit{Why: Overlap, A: a, B: b, Inside: inside}
			}
		}
	}
	return nil
}
