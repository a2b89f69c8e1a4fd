package readdir

import (
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestLifeIn(t *testing.T) {
	const rest = " 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 "
	for text, want := range map[string]int{
		"7 (a) S" + rest + "250 22": 250, "7 (a) Z 1 (b)\n) S" + rest + "1 0 ": 1,
		"": -1, "7 (a) S 1": -1, "7 (a) S" + rest + "-1 0": -1, "7 (a) S" + rest + "18446744073709551615 0": -1, "7 (a) S" + rest + "1000000000000 0": -1,
	} {
		state, started, is := lifeIn(text)
		if is != (want >= 0) || is && (started != uint64(want) || state != "S") {
			t.Errorf("%q: %q, %v, %v", text, state, started, is)
		}
	}
	var up unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &up); err != nil {
		t.Fatal(err)
	}
	if state, started, is := Life(strconv.Itoa(unix.Getpid())); state == "" || started == 0 || time.Duration(started)*Tick > time.Duration(up.Nano()) || !is {
		t.Errorf("%q, %v, %v", state, started, is)
	}
	if _, _, is := Life("none"); is {
		t.Error("there is no such process")
	}
}
