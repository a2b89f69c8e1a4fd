package ifname

import "testing"

// TestValid: the rule of the kernel, and what this project adds to it.
func TestValid(t *testing.T) {
	for _, name := range []string{"a", "br0", "veth2001_AAAA", "eth0.5", "abcdefghijklmno", "e.1-2_3", "eth0#1", "br\u2003", "br\u00fc", "b\xff", "none", "a..", "All"} {
		if !Valid(name) {
			t.Errorf("%q is refused", name)
		}
	}
	for _, name := range []string{
		"", "abcdefghijklmnop", ".", "..", "-e", "all", "default", "a/b", "../all", "a:b", "eth%d", "a b", "a\tb", "a\vb", "a\x00", "a\x7fb",
		"br\u00a0", // the kernel refuses its second byte, 0xa0
		"br\u00e0", // and the second byte of à is the same
	} {
		if Valid(name) {
			t.Errorf("%q passes", name)
		}
	}
	for name, possible := range map[string]bool{"eth%d": true, "-e": true, "a\x01b": true, "br\u00a0": false, "default": false, "a\fb": false} {
		if Possible(name) != possible {
			t.Errorf("%q: %v", name, !possible)
		}
	}
}
