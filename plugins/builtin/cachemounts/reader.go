package cachemounts

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
)

// reader knows what the words of a script can be.
type reader struct {
	state  *eval.State
	script *shell.Script
	dirs   []string // see cwds
}

// values are what a variable may have where the script reads it: what was in force, and all
// that the script gives it. It is false when one of those is not known.
func (r *reader) values(name string) (list []string, ok bool) {
	if _, set, _ := r.state.Var(name); set || name == "HOME" {
		value, known := r.state.Lookup(name)
		if !known {
			return nil, false
		}
		list = append(list, value)
	}
	for _, v := range r.script.Sets {
		if v.Name != name {
			continue
		}
		if !v.Value.Known || v.Value.Braces() || strings.HasPrefix(v.Value.Text, "~") {
			return nil, false
		}
		list = append(list, v.Value.Text)
	}
	return list, len(list) > 0
}

// lookup gives a variable that has one value.
func (r *reader) lookup(name string) (string, bool) {
	list, ok := r.values(name)
	if !ok {
		return "", false
	}
	for _, v := range list[1:] {
		if v != list[0] {
			return "", false
		}
	}
	return list[0], true
}

// text is a word with its variables expanded.
func (r *reader) text(w shell.Word) (string, bool) {
	text, ok := w.Value(r.lookup)
	return text, ok && !w.Braces() && !strings.HasPrefix(text, "~") // "~root"
}

// maxVariants is how many combinations of values a command may have to be looked at.
const maxVariants = 32

// variants are words as a program may get them: one list for each combination of the values that
// their variables may have. What is not known stays as it is written.
func (r *reader) variants(words []shell.Word) [][]shell.Word {
	chosen := []map[string]string{{}}
	for _, w := range words {
		for _, name := range w.Variables() {
			list, ok := r.values(name)
			if _, done := chosen[0][name]; done || !ok || len(chosen)*len(list) > maxVariants {
				continue
			}
			var more []map[string]string
			for _, m := range chosen {
				for _, v := range list {
					m := maps.Clone(m)
					m[name] = v
					more = append(more, m)
				}
			}
			chosen = more
		}
	}
	var out [][]shell.Word
	for _, m := range chosen {
		out = append(out, expand(words, m))
	}
	return out
}

// expand puts values in the place of variables. One without quotes becomes several words.
func expand(args []shell.Word, values map[string]string) (out []shell.Word) {
	lookup := func(name string) (string, bool) { v, ok := values[name]; return v, ok }
	for _, w := range args {
		text, ok := w.Value(lookup)
		_, quoted, alone := w.Variable()
		switch {
		case w.Braces():
			w.Known = false
			out = append(out, w)
		case w.Known || !ok:
			out = append(out, w)
		case alone && !quoted:
			for _, field := range strings.Fields(text) {
				out = append(out, shell.Word{Text: field, Known: true, Start: -1, End: -1})
			}
		default:
			out = append(out, shell.Word{Text: text, Known: true, Start: w.Start, End: w.End})
		}
	}
	return out
}

// kindOf tells what a command may see of the mounts of its RUN, whatever its variables have.
func (r *reader) kindOf(c *shell.Command) kind {
	if !r.quietFind(c) {
		return unknown
	}
	kinds := map[kind]bool{}
	for _, args := range r.variants(c.Args) {
		one := *c
		one.Args = args
		kinds[kindOf(&one)] = true
	}
	for _, k := range []kind{unknown, walker, installer, changer} {
		if kinds[k] {
			return k
		}
	}
	return quiet
}

// absolute are the paths that a word can be from where the script may be.
func (r *reader) absolute(text string) []string {
	if path.IsAbs(text) {
		return []string{path.Clean(text)}
	}
	var list []string
	for _, dir := range r.cwds() {
		list = append(list, path.Join(dir, text))
	}
	return list
}

// cwds are the directories that commands of the script may be in.
func (r *reader) cwds() []string {
	if r.dirs == nil {
		r.dirs = r.workdirs()
	}
	return r.dirs
}

// workdirs are the directories that commands of the script may be in. Where one is not known
// that may be any above a cache, so those are among them.
func (r *reader) workdirs() []string {
	anywhere := []string{"/", "/dev", "/root", "/var/cache", r.state.Home()}
	dirs := []string{r.state.Workdir}
	if r.state.Workdir == "" {
		dirs = anywhere
	}
	for _, c := range r.script.Commands {
		if !changesDir(c) {
			continue
		}
		word := shell.Word{Text: "~", Known: true}
		if len(c.Args) > 0 {
			word = c.Args[len(c.Args)-1]
		}
		switch text, ok := r.text(word); {
		case text == "-" && ok:
		case ok && path.IsAbs(text):
			dirs = append(dirs, path.Clean(text))
		case ok:
			for _, d := range dirs[:len(dirs):len(dirs)] {
				dirs = append(dirs, path.Join(d, text))
			}
		case strings.Trim(word.Text, `"`)[0] == '/' && strings.Count(strings.SplitN(word.Text, "$", 2)[0], "/") > 1:
			dirs = append(dirs, path.Join(strings.SplitN(strings.Trim(word.Text, `"`), "$", 2)[0], "x"))
		default:
			dirs = append(dirs, anywhere...)
		}
		if len(dirs) > 1000 { // so many that they can be anything
			dirs = anywhere
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}
