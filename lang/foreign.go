package lang

import (
	"slices"
	"strings"
)

// foreign gives the next step for a file that is not a Dockerfile, but about builds of some:
// a bake file or a Compose file. It is "" for any other, and for all whose first line is an
// instruction or which have a FROM. What the file is, is said at that line, and nothing else.
func foreign(f *File, claims []Claim) (hint string) {
	first := true
	for _, item := range f.Items {
		switch in := item.(type) {
		case *From:
			return ""
		case *Custom:
			if first && slices.ContainsFunc(claims, in.claimed) {
				return ""
			}
			first = false
		case Instruction:
			if first {
				return ""
			}
		}
	}
	switch text := strings.TrimPrefix(f.Source.Text, "\xEF\xBB\xBF"); {
	case first:
		return ""
	case isBake(text):
		return "this is a bake file: `docker buildx bake` builds it; name a Dockerfile with -f"
	case isCompose(text):
		return "this is a Compose file: `docker compose build` builds it; name a Dockerfile with -f"
	}
	return ""
}

// claimed reports whether a claim is for the instruction.
func (c *Custom) claimed(by Claim) bool { return by.Keyword == strings.ToUpper(c.Keyword.Text) }

// isBake finds a block of a bake file: https://docs.docker.com/build/bake/reference/
func isBake(text string) bool {
	for line := range strings.Lines(text) {
		for _, block := range []string{"target", "group", "variable", "function"} {
			name, ok := strings.CutPrefix(line, block+` "`)
			if _, rest, named := strings.Cut(name, `"`); ok && named && strings.HasPrefix(strings.TrimSpace(rest), "{") {
				return true
			}
		}
	}
	return isJSON(text, "target") || isJSON(text, "group")
}

// isCompose finds the services of a Compose file: https://docs.docker.com/reference/compose-file/
func isCompose(text string) bool {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "services:"); ok && strings.Trim(rest, " \t\r\n") == "" {
			return true
		}
	}
	return isJSON(text, "services")
}

// isJSON reports whether a text looks like an object of JSON that has a key.
func isJSON(text, key string) bool {
	return strings.HasPrefix(strings.TrimSpace(text), "{") && strings.Contains(text, `"`+key+`"`)
}
