package usernsctl

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/usernsctl/hostcheck"
	"userns-helpers/internal/usernsctl/nicview"
)

// nicsAnswer is the answer as JSON.
type nicsAnswer struct {
	Format int `json:"format"`
	nicview.View
}

// nics is the command nics.
func (a asker) nics() int {
	view, err := nicview.Look(hostcheck.Names(hostcheck.Here()))
	if err != nil {
		return a.failed(err)
	}
	if a.json {
		return a.answer(nicsAnswer{format, view}, fine)
	}
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_REALTIME, &t)
	return a.say([]byte(nicsText(view, t.Sec)), fine)
}

// nicsText is the list for people: two lines for each, the second one with its protections.
func nicsText(view nicview.View, now int64) string {
	rows := [][]string{{"INTERFACE", "USER", "BRIDGE", "CONTAINER", "PID", "AGE", "FROM", "TO"}}
	for _, n := range view.NICs {
		rows = append(rows, []string{
			printable(n.Name), printable(userText(n)), printable(dash(n.Bridge)), printable(dash(n.Container)), pidText(n), ageText(n.Since, now), bytesText(n.FromInside), bytesText(n.ToInside),
		})
	}
	lines := strings.SplitAfter(columns(rows), "\n")
	var out strings.Builder
	out.WriteString(lines[0])
	for i, n := range view.NICs {
		out.WriteString(lines[i+1] + "    " + onText(n) + "\n")
		for _, odd := range n.Oddities {
			out.WriteString(wrap(printable(odd.Text), "    "))
		}
	}
	out.WriteString(plural(len(view.NICs), "interface") + "\n")
	if view.Limited {
		out.WriteString("Not all processes and slots are visible: root sees more.\n")
	}
	return out.String()
}

// userText is who made an interface, and in whose name.
func userText(n nicview.NIC) string {
	user := n.User
	if user == "" && n.UID >= 0 {
		user = strconv.FormatInt(n.UID, 10)
	}
	switch {
	case user == "":
		return dash(n.Charged)
	case strings.HasPrefix(n.Charged, "@"):
		return user + " " + n.Charged
	}
	return user
}

// onText are the protections.
func onText(n nicview.NIC) string {
	text := "protections: none"
	if len(n.Protections) > 0 {
		text = strings.Join(n.Protections, ", ")
	}
	if n.Address != "" {
		text = "address " + n.Address + "; " + text
	}
	if n.Charged == "" {
		text += "; in no ledger and no slot that is visible"
	}
	return text
}

// pidText is the process, or the namespace where none is seen.
func pidText(n nicview.NIC) string {
	switch {
	case n.Leaving:
		return "ended"
	case n.PID != 0:
		return strconv.Itoa(n.PID)
	case n.Namespace >= 0:
		return "netns " + strconv.Itoa(n.Namespace)
	}
	return "-"
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// ageText is how long ago something was, by its two largest units.
func ageText(since, now int64) string {
	s := now - since
	switch {
	case since == 0 || s < 0:
		return "-"
	case s < 60:
		return strconv.FormatInt(s, 10) + "s"
	case s < 3600:
		return strconv.FormatInt(s/60, 10) + "m"
	case s < 86400:
		return strconv.FormatInt(s/3600, 10) + "h" + strconv.FormatInt(s/60%60, 10) + "m"
	}
	return strconv.FormatInt(s/86400, 10) + "d" + strconv.FormatInt(s/3600%24, 10) + "h"
}

// bytesText is a number of bytes with a decimal prefix.
func bytesText(n uint64) string {
	units := "kMGTPE"
	if n < 1000 {
		return strconv.FormatUint(n, 10) + "B"
	}
	value := float64(n)
	i := -1
	for value >= 999.5 && i < len(units)-1 {
		value /= 1000
		i++
	}
	precision := 0
	if value < 9.95 {
		precision = 1
	}
	return strconv.FormatFloat(value, 'f', precision, 64) + string(units[i])
}
