package shell

import "strings"

// Found are the commands that find(1) 4.9 runs on what it comes to: those behind -exec and the
// like, up to ";" or "+", and those of their scripts. Of other programs there are none.
func (c *Command) Found() (list []*Command) {
	if c.Name != "find" {
		return nil
	}
	for i := 0; i < len(c.Args); i++ {
		if !isOneOf(c.Args[i].Text, strings.Fields("-exec -execdir -ok -okdir")...) {
			continue
		}
		i++
		end := i
		for end < len(c.Args) && !isOneOf(c.Args[end].Text, ";", "+") {
			end++
		}
		if i < end {
			runs := []*Command{c.Runs(c.Args[i:end])}
			if script, err := runs[0].Inner(); err == nil && script != nil {
				runs = append(runs, script.Commands...)
			}
			for _, r := range runs {
				list = append(list, r)
				list = append(list, r.Found()...)
			}
		}
		i = end
	}
	return list
}
