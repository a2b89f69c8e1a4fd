package slots

// FileError says which file or folder of the book something could not be done with.
type FileError struct {
	Path string
	Err  error
}

// Error names the path and the cause.
func (e *FileError) Error() string { return e.Path + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }

// about is err with the path that it is about; nil if there is none.
func about(path string, err error) error {
	if err == nil {
		return nil
	}
	return &FileError{path, err}
}
