package mergerun

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// options are those of a program that runs another and ends with it.
type options struct {
	alone    string   // letters
	values   string   // letters of those that take a value
	long     []string // that are known, up to "="
	operands int      // words in front of the command
	env      bool     // assignments may stand there
	settings bool     // it reads settings
}

// optionsOf are those of sudo(8) 1.9, of env(1), nice(1) and timeout(1) of coreutils 9.1, of
// ionice(1) of util-linux 2.38, of xargs(1) of findutils 4.9, and of gosu 1.14; su-exec is not
// checked against a manual. A login shell, another root or a pool of processes is none of theirs.
func optionsOf(name string) (options, bool) {
	switch name {
	case "sudo":
		return options{alone: "EHn", values: "ug", long: []string{"--preserve-env", "--user=", "--set-home", "--non-interactive"}, env: true, settings: true}, true
	case "env":
		return options{alone: "i", values: "u", long: []string{"--ignore-environment", "--unset="}, env: true}, true
	case "nice":
		return options{values: "n", long: []string{"--adjustment="}}, true
	case "ionice":
		return options{values: "cn"}, true
	case "timeout":
		return options{values: "ks", long: []string{"--preserve-status", "--signal=", "--kill-after="}, operands: 1}, true
	case "xargs":
		return options{alone: "0rt", values: "nLIds", long: []string{"--no-run-if-empty", "--null", "--max-args=", "--delimiter="}}, true
	case "gosu", "su-exec":
		return options{operands: 1}, true
	}
	return options{}, false
}

// wrapped tells where the command of a wrapper starts, 0 when there is none. It is false
// when that is not known.
func wrapped(name string, args []string, list []*syntax.Word) (at int, ok bool) {
	o, ok := optionsOf(name)
	if !ok {
		return 0, false
	}
	operands := o.operands
	for i := 1; i < len(args); i++ {
		text, whole := static(list[i])
		variable, _, set := strings.Cut(text, "=")
		switch {
		case o.env && set && variable != "" && !strings.HasPrefix(text, "-"):
			if changesPrograms(variable) {
				return 0, false
			}
		case !whole:
			return i, operands == 0 && text != "" // which nested looks at
		case strings.HasPrefix(text, "--"):
			if !slices.ContainsFunc(o.long, func(l string) bool { return text == l || strings.HasSuffix(l, "=") && strings.HasPrefix(text, l) }) {
				return 0, false
			}
		case strings.HasPrefix(text, "-") && len(text) > 1:
			n, known := o.short(text[1:])
			if !known {
				return 0, false
			}
			i += n
		case operands > 0:
			operands--
		default:
			return i, true
		}
	}
	return 0, name == "env" || name == "xargs" // which print
}

// short reads letters of options, and tells how many of the next words are values.
func (o options) short(letters string) (next int, known bool) {
	for i := 0; i < len(letters); i++ {
		switch {
		case strings.IndexByte(o.values, letters[i]) >= 0:
			if i+1 < len(letters) {
				return 0, true
			}
			return 1, true
		case strings.IndexByte(o.alone, letters[i]) < 0:
			return 0, false
		}
	}
	return 0, true
}
