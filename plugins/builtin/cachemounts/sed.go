package cachemounts

import (
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
)

// quietSed tells whether all scripts of a sed(1) are known, and have neither the command e nor
// the flag e of s.
func quietSed(given []shell.Option, operands []shell.Word) bool {
	var scripts []shell.Word
	for _, o := range given {
		if o.Name == "e" || o.Name == "expression" {
			scripts = append(scripts, o.Value)
		}
	}
	if len(scripts) == 0 {
		if len(operands) == 0 {
			return true // it says how it is used
		}
		scripts = operands[:1]
	}
	for _, w := range scripts {
		if !w.Known || w.Text == "{}" || !quietSedScript(w.Text) {
			return false
		}
	}
	return true
}

// quietSedScript reads the commands of a script, as sed(1) 4.9 has them. What it does not
// know is not quiet.
func quietSedScript(s string) bool {
	for {
		s = strings.TrimLeft(s, " \t\n;{}!,0123456789$~+")
		if s == "" {
			return true
		}
		switch name := s[0]; name {
		case '/', '\\': // an address
			if name == '\\' {
				s = s[1:]
			}
			var ok bool
			if s, ok = delimited(s); !ok {
				return false
			}
			s = strings.TrimLeft(s, "IM")
		case 's', 'y':
			rest, ok := delimited(s[1:])
			if !ok {
				return false
			}
			if rest, ok = delimited(s[1:2] + rest); !ok {
				return false
			}
			s = strings.TrimLeft(rest, "gpiIm0123456789")
			if s != "" && s[0] == 'w' {
				_, s, _ = strings.Cut(s, "\n")
			} else if s != "" && !strings.ContainsRune(" \t\n;}#", rune(s[0])) {
				return false
			}
		case 'a', 'i', 'c':
			for s != "" {
				var line string
				line, s, _ = strings.Cut(s, "\n")
				if !strings.HasSuffix(line, `\`) {
					break
				}
			}
		case '#', 'r', 'R', 'w', 'W', ':', 'b', 't', 'T':
			end := "\n"
			if strings.IndexByte("btT", name) >= 0 {
				end = "\n;}"
			}
			at := strings.IndexAny(s, end)
			if at < 0 {
				return true
			}
			s = s[at:]
		case 'd', 'D', 'g', 'G', 'h', 'H', 'n', 'N', 'p', 'P', 'x', '=', 'z', 'q', 'Q', 'l':
			s = s[1:]
		default:
			return false
		}
	}
}

// delimited drops a delimiter and all up to the next of its kind.
func delimited(s string) (string, bool) {
	if s == "" {
		return "", false
	}
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return s[i+1:], true
		}
	}
	return "", false
}
