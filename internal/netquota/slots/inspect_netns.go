package slots

import "golang.org/x/sys/unix"

// Locate returns the paths of ledger and slots for the interfaces of one network namespace. Who may not look among the
// slots is shown what all may see, the ledger of the book that administrators know.
func Locate(ledger, slots string, here Network) (string, string) {
	text := make([]byte, 64)
	n, err := unix.Readlink(slots+"/"+note, text)
	if err != nil || here.Initial || string(text[:n]) == here.noted() {
		return ledger, slots
	}
	return slots + "/" + here.ID + "/" + hiddenLedger, slots + "/" + here.ID
}
