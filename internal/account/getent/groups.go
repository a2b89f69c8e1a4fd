package getent

import (
	"bytes"
	"strconv"
	"time"

	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/account/passwd"
	"userns-helpers/internal/kernel/exec"
)

// most is how many groups one execution is asked for. Their lines mostly fit into roomy.
const most = 512

// roomy is how long an answer about several groups can be and be believed to be whole: getent does not say that it could not
// write, and goes on. It writes pieces of 4 KiB.
const roomy = exec.LongestOutput / 2

// accounts asks for one account, or for several groups in one execution, since an execution takes longer than a question, and
// a caller chooses in how many groups they are: in 65,536 (NGROUPS_MAX), with their subordinate ids.
func (s Switch) accounts(keys []lookup.Key, end time.Time) ([]lookup.Account, error) {
	if len(keys) == 1 {
		return s.each(keys, end)
	}
	result, err := s.execute(end, question(keys)...)
	switch {
	case err != nil:
		return nil, err
	case len(result.Output) > roomy:
		return s.halves(keys, end)
	case result.Status != found && result.Status != notFound:
		return nil, endedWith(result.Status)
	}
	groups, whole, err := parse(result.Output, keys)
	if err != nil || whole {
		return groups, err
	}
	return s.past(groups, keys, end)
}

// question asks for groups, and for root's behind them: whoever answers that has answered all. Glibc's getent goes on behind a
// group that nobody has; others stop there.
func question(keys []lookup.Key) []string {
	arguments := []string{"group"}
	for _, key := range keys {
		arguments = append(arguments, strconv.FormatUint(uint64(key.ID), 10))
	}
	return append(arguments, "0")
}

// parse reads an answer: a line for each group that a service has, in the order of keys. It is whole if the last one is root's.
// With an error come those before it.
func parse(output []byte, keys []lookup.Key) (groups []lookup.Account, whole bool, err error) {
	for len(output) > 0 {
		text, rest, ended := bytes.Cut(output, []byte{'\n'})
		line, ok := passwd.Group(text)
		if !ended || !ok {
			return groups, false, errMalformed
		}
		for len(keys) > 0 && keys[0].ID != line.ID {
			keys = keys[1:]
		}
		if len(keys) == 0 {
			return lastly(groups, line, rest)
		}
		groups, keys, output = append(groups, line.Account()), keys[1:], rest
	}
	return groups, false, nil
}

// lastly has read a line behind those that were asked for.
func lastly(groups []lookup.Account, line passwd.Line, rest []byte) ([]lookup.Account, bool, error) {
	if line.ID != 0 || len(rest) > 0 {
		return groups, false, errMalformed
	}
	return groups, true, nil
}

// past goes on behind the first of keys that an answer does not have, one by one: getent may have stopped there.
func (s Switch) past(groups []lookup.Account, keys []lookup.Key, end time.Time) ([]lookup.Account, error) {
	n := 0
	for n < len(groups) && groups[n].ID == keys[n].ID {
		n++
	}
	if n == len(keys) {
		return groups, nil
	}
	others, err := s.each(keys[n+1:], end)
	return append(groups[:n:n], others...), err
}

func (s Switch) each(keys []lookup.Key, end time.Time) ([]lookup.Account, error) {
	return lookup.Each(keys, func(key lookup.Key) (lookup.Account, bool, error) { return s.account(key, end) })
}

func (s Switch) halves(keys []lookup.Key, end time.Time) ([]lookup.Account, error) {
	first, err := s.accounts(keys[:len(keys)/2], end)
	if err != nil {
		return first, err
	}
	second, err := s.accounts(keys[len(keys)/2:], end)
	return append(first, second...), err
}
