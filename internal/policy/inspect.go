package policy

// Check returns everything that is wrong with a policy, in the order of the file.
func Check(text []byte) []Problem {
	_, problems := parse(text)
	return problems
}
