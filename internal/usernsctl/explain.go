package usernsctl

// explain is the command explain.
func (a asker) explain(what string, words []string) int { return a.failed(errNotYet) }
