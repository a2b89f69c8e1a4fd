package forbidden

import "io"

// Inspection is what there is to say of a file. Where anything is wrong, nothing may be mapped.
type Inspection struct {
	Understood IDs
	Wrong      []*Error // in the order of the file
	Incomplete bool     // it ends without a newline
}

// Inspect is Read for a program that reports.
//
// Errors: the reader's, and *Error for a file that is too large.
func Inspect(source io.Reader) (Inspection, error) {
	var found Inspection
	var err error
	found.Incomplete, err = read(source, func(e Entry) { found.Understood.entries = append(found.Understood.entries, e) },
		func(e *Error) { found.Wrong = append(found.Wrong, e) })
	return found, err
}

// Each calls each for every entry, in the order of the file.
func (d IDs) Each(each func(Entry)) {
	for _, e := range d.entries {
		each(e)
	}
}
