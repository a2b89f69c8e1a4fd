package netquota

import "testing"

func TestUserOf(t *testing.T) {
	for _, uid := range []uint32{0, 1, 999, 65536, 999_999, 1_000_000, 1_149_800_001, 1<<32 - 2} {
		name := HostName(uid, 12345)
		if got, ok := UserOf(name); !ok || got != uid {
			t.Errorf("%s: %d, %v; want %d", name, got, ok, uid)
		}
	}
	for _, name := range []string{"", "veth", "veth_AAAA", "veth1000_AAA", "veth1000_AAAAA", "veth01_AAAA", "vethAbCdEf", "veth1000-AAAA", "vethAAAAAA-AAAA", "veth!!!!!!-AAAA", "veth999999-AAAA", "eth0"} {
		if got, ok := UserOf(name); ok {
			t.Errorf("%s: %d", name, got)
		}
	}
}
