package assembly

import (
	"strings"
	"testing"

	"userns-helpers/internal/policy/guard"
)

// crowded is the longest filter, which has jumps that are too far for a conditional one.
func crowded() guard.Nic {
	n := guard.Nic{MAC: [6]byte{2, 1, 2, 3, 4, 5}, Frames: true, Routers: true, Groups: true, Queries: true}
	for i := range guard.MostAddresses {
		n.IPv4 = append(n.IPv4, [4]byte{172, 16, 0, byte(i)})
		n.IPv6 = append(n.IPv6, [16]byte{0xfd, 1, 15: byte(i)})
	}
	return n
}

// TestText: every instruction has a line, and every part its words.
func TestText(t *testing.T) {
	filter := crowded().Filter()
	text := Text(filter)
	if strings.Contains(text, "%!") {
		t.Error(text)
	}
	numbered := 0
	for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if strings.HasPrefix(line, " ") {
			numbered++
		} else if !strings.HasSuffix(line, ".") && !strings.HasSuffix(line, ":") {
			t.Errorf("%q", line)
		}
	}
	if numbered != len(filter) {
		t.Error(numbered, len(filter))
	}
	small := Text(guard.Nic{Groups: true}.Filter())
	if want := `A frame without a whole Ethernet header is dropped.
     0  ld   len
     1  jge  #0xe, 3, 2
     2  ret drop
A frame to 01:80:c2:00:00:00 to 0f (spanning tree, pause, LLDP) is dropped.
     3  ld   [0]
     4  jeq  #0x180c200, 5, 9
     5  ldh  [4]
     6  and  #0xfff0
     7  jeq  #0x0, 8, 9
     8  ret drop
A frame to 01:00:0c:cc:cc:cc or cd (CDP, VTP, DTP; PVST+) is dropped.
     9  ld   [0]
    10  jeq  #0x1000ccc, 11, 16
    11  ldh  [4]
    12  jeq  #0xcccc, 13, 14
    13  ret drop
    14  jeq  #0xcccd, 15, 16
    15  ret drop
What is left passes.
    16  ret pass
`; small != want {
		t.Error(small)
	}
}
