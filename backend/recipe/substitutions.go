package recipe

import (
	"regexp"
	"slices"
	"strings"
)

// substituted are the commands of sed that were typed for a file, if they are what makes one list
// of lines of another.
func (r *reading) substituted(name string, old, now []string) (commands []string, ok bool) {
	text := slices.Clone(old)
	for _, l := range r.lines {
		for _, t := range l.simple {
			if l.failed || l.comment == "" || !t.is([]string{"sed"}, "-i") || !t.names(name) {
				continue
			}
			for _, c := range t.sedCommands() {
				s, ok := readSubstitution(c)
				if !ok {
					return nil, false
				}
				s.apply(text)
				commands = append(commands, c)
			}
		}
	}
	return commands, len(commands) > 0 && slices.Equal(text, now)
}

// sedCommands are those of a call of sed, with "" among them where it is not known what they do.
func (t typed) sedCommands() (commands []string) {
	words := slices.DeleteFunc(slices.Clone(t.words[1:]), func(w string) bool { return w == "-i" })
	for len(words) > 1 && words[0] == "-e" {
		commands, words = append(commands, words[1]), words[2:]
	}
	if len(commands) == 0 && len(words) > 0 {
		commands, words = words[:1], words[1:]
	}
	if slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, "-") }) {
		return []string{""}
	}
	return commands
}

// substitution is a command of sed that puts a text in the place of another one, in each line.
type substitution struct {
	old *regexp.Regexp
	now string
	all bool
}

// readSubstitution reads a command like s/old/new/g. It is false for one that has what the kinds of
// sed read in several ways.
func readSubstitution(command string) (s substitution, ok bool) {
	if len(command) < 4 || command[0] != 's' || !strings.Contains("/#,@%|!", command[1:2]) || !plainText(command) || strings.Contains(command, "\n") {
		return s, false
	}
	parts := strings.Split(command[2:], command[1:2])
	if len(parts) != 3 || parts[0] == "" || strings.ContainsAny(parts[1], `\&`) || parts[2] != "" && parts[2] != "g" {
		return s, false
	}
	pattern, end := strings.CutSuffix(parts[0], "$")
	pattern, begin := strings.CutPrefix(pattern, "^")
	if pattern == "" || strings.ContainsAny(pattern, `\[]^$*+?(){}|`) {
		return s, false
	}
	pattern = strings.ReplaceAll(regexp.QuoteMeta(pattern), `\.`, ".")
	if begin {
		pattern = "^" + pattern
	}
	if end {
		pattern += "$"
	}
	old, err := regexp.Compile(pattern)
	return substitution{old, parts[1], parts[2] == "g"}, err == nil
}

// apply does what sed will.
func (s substitution) apply(text []string) {
	for i, line := range text {
		if s.all {
			text[i] = s.old.ReplaceAllLiteralString(line, s.now)
		} else if at := s.old.FindStringIndex(line); at != nil {
			text[i] = line[:at[0]] + s.now + line[at[1]:]
		}
	}
}
