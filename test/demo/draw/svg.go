package main

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// svg collects the elements of a picture.
type svg struct{ strings.Builder }

func (s *svg) addf(format string, args ...any) { fmt.Fprintf(s, format+"\n", args...) }

func escaped(text string) string {
	var to strings.Builder
	_ = xml.EscapeText(&to, []byte(text))
	return to.String()
}

// picture is the whole file: its size, what it shows for those who cannot see it, and its style.
func (s *svg) picture(width, height int, title, style string) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n"+
		"<title>%s</title>\n<style>%s</style>\n%s</svg>\n", width, height, width, height, escaped(title), style, s.String())
}
