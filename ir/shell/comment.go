package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Comments are the lines of a script, from 1, that a comment begins, as sh or else bash reads it. It is
// false where neither does. A line of a here document, or of a word, with a # is none.
func Comments(text string) (lines map[uint]bool, ok bool) {
	file, _, err := parse("sh", text)
	if err != nil {
		return nil, false
	}
	lines = map[uint]bool{}
	syntax.Walk(file, func(n syntax.Node) bool {
		if c, ok := n.(*syntax.Comment); ok {
			at := c.Hash.Offset()
			start := strings.LastIndexByte(text[:at], '\n') + 1
			if strings.TrimSpace(text[start:at]) == "" {
				lines[c.Hash.Line()] = true
			}
		}
		return true
	})
	return lines, true
}
