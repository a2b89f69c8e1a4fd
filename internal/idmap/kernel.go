package idmap

import (
	"strconv"

	"userns-helpers/internal/text/verdict"
)

// The limits of user_namespaces(7), in the kernel's map_write: a page, of which the smallest is 4096 bytes, must not be
// filled, and UID_GID_MAP_MAX_EXTENTS is 340 since Linux 4.15.
const (
	maxBytes = 4096 - 1
	maxLines = 340
)

// CheckKernelLimits refuses what the kernel would refuse with a bare EINVAL, and names the limit or the two ranges that
// clash. The error is a *verdict.Refusal whose headline is the one that the failed write has.
func CheckKernelLimits(kind Kind, mappings []Mapping) error {
	if len(mappings) > maxLines {
		return kernelRefusal(kind, strconv.Itoa(len(mappings))+" ranges are asked for; the kernel accepts "+
			strconv.Itoa(maxLines)+" in a map")
	}
	if size := len(Text(mappings)); size > maxBytes {
		return kernelRefusal(kind, "the map is "+strconv.Itoa(size)+" bytes long; the kernel accepts "+
			strconv.Itoa(maxBytes)+": ask for fewer ranges")
	}
	for i := range mappings {
		for j := range i {
			if err := checkPair(kind, mappings[j], mappings[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkPair refuses two mappings that have an id in common, on either side.
func checkPair(kind Kind, a, b Mapping) error {
	where := ""
	switch {
	case !a.Upper.Intersect(b.Upper).Empty():
		where = " overlap inside the namespace"
	case !a.Lower.Intersect(b.Lower).Empty():
		where = " overlap outside the namespace"
	default:
		return nil
	}
	text := append(a.Append([]byte(kind.Word()+" ranges ")), " and "...)
	text = append(b.Append(text), where...)
	text = append(text, ": each id can be mapped once"...)
	if a.Lower.Count() == 1 || b.Lower.Count() == 1 {
		text = append(text, "; if the single one is your own, leave it out of the other range"...)
	}
	return kernelRefusal(kind, string(text))
}

func kernelRefusal(kind Kind, advice string) error {
	return &verdict.Refusal{Headline: "write to " + kind.MapFile() + " failed: Invalid argument", Advice: advice}
}
