package subid

import (
	"bytes"
	"strconv"
	"testing"

	"userns-helpers/internal/idmap"
)

// hugeFile is a file of n lines of others, with the owner's line at the end.
func hugeFile(n int) []byte {
	var file []byte
	for i := range n {
		file = append(strconv.AppendInt(append(file, "user"...), int64(i), 10), ':')
		file = strconv.AppendInt(file, int64(100000+i*65536)%4000000000, 10)
		file = append(file, ":65536\n"...)
	}
	return append(file, "alice:100000:65536\n"...)
}

func BenchmarkScan(b *testing.B) {
	wanted, _ := idmap.NewRange(100000, 65536)
	for _, n := range []int{10, 100_000, 1_000_000} {
		file := hugeFile(n)
		b.Run(strconv.Itoa(n)+"-lines", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(file)))
			for b.Loop() {
				found, err := Scan(bytes.NewReader(file), OwnerOf(1000, "alice"), []idmap.Range{wanted})
				if err != nil || !found.Granted.Covers(wanted) {
					b.Fatal("not granted", err)
				}
			}
		})
	}
}
