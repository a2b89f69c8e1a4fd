package exec

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// printing is a run of sh(1).
func printing(script string) Program {
	return Program{Path: "/bin/sh", Arguments: []string{"-c", script}, Environment: []string{"PATH=/usr/bin:/bin"}, Patience: 5 * time.Second}
}

func TestStream(t *testing.T) {
	var all bytes.Buffer
	status, err := Stream(printing("head -c 3000000 /dev/zero; exit 3"), func(r io.Reader) error { _, err := io.Copy(&all, r); return err })
	if status != 3 || err != nil || all.Len() != 3_000_000 {
		t.Errorf("status %d, %v, %d bytes", status, err, all.Len())
	}
}

// TestStreamEnds: a program that prints without end is ended when nobody reads, and one that is silent ends at the end of patience.
func TestStreamEnds(t *testing.T) {
	begun := time.Now()
	enough := errors.New("enough")
	if _, err := Stream(printing("yes"), func(r io.Reader) error { _, _ = r.Read(make([]byte, 10)); return enough }); !errors.Is(err, enough) {
		t.Error(err)
	}
	if status, err := Stream(printing("yes"), func(r io.Reader) error { _, err := r.Read(make([]byte, 10)); return err }); status != -1 || err != nil {
		t.Errorf("status %d, %v", status, err)
	}
	p := printing("sleep 60")
	p.Patience = 50 * time.Millisecond
	if status, err := Stream(p, func(r io.Reader) error { _, err := io.Copy(io.Discard, r); return err }); status != -1 || !errors.Is(err, ErrTimeout) {
		t.Errorf("status %d, %v", status, err)
	}
	if took := time.Since(begun); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestStreamRefuses(t *testing.T) {
	p := printing("")
	p.Path = "/nowhere/sh"
	if _, err := Stream(p, func(io.Reader) error { return nil }); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
}
