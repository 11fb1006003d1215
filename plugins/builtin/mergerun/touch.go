package mergerun

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/lang/late"
)

// touch notes files that the script may make, change or remove, and gives their names in full.
func (w *walker) touch(list ...file) (full words) {
	for _, p := range list {
		if p.whole && (p.text == "" || outside(p.text)) {
			continue
		}
		for _, p := range p.resolve(w.here(), w.linked) {
			if p.dir && p.whole && systemDir(p.text) {
				continue // what is put there counts
			}
			if p.whiteout() {
				w.refuse(because("syntax", "a file named .wh.… removes another one of a layer below"))
			}
			if slices.ContainsFunc(w.stubs, func(dir string) bool { return p.may(dir) || p.inside(dir) }) {
				w.refuse(becauseStub())
			}
			full = append(full, p)
			w.made[p.base()] = true
			is := p.part()
			w.touched = max(w.touched, is)
			w.tuned = w.tuned || is == setup && w.repeats // what runs before it may run again, or at once
			if is == code && !p.whole && p.tail == "" {
				continue // it may be anything, which code says
			}
			if why := p.changed(); why != nil {
				w.follow(why)
			}
		}
	}
	return full
}

// whiteout tells whether a name may be one that stands for the removal of another file
// (image-spec, layer.md, Whiteouts). Of the end of a path something has to be known, and
// has to fit.
func (p file) whiteout() bool {
	last := p.text[strings.LastIndexByte(p.text, '/')+1:]
	return strings.HasPrefix(last, ".wh.") || !p.whole && last != "" && strings.HasPrefix(".wh.", last)
}

// aliases are the names of files, or of directories that they are in, as far as they are known.
func aliases(list words) (names []string) {
	for _, p := range list {
		switch {
		case strings.HasPrefix(p.text, anywhere) && !p.named():
		case strings.HasPrefix(p.text, anywhere):
			names = append(names, p.base())
		case p.whole && pathChars(p.text):
			names = append(names, p.text)
		default:
			names = append(names, path.Dir(p.text[:strings.LastIndexByte(p.text, '/')+1]+"x"))
		}
	}
	return names
}

// led tells whether a name may be that of a symbolic link of the stage, or lead to what
// each container has anew.
func (w *walker) led(p file) bool {
	return slices.ContainsFunc(p.resolve(w.here(), func(string) bool { return false }), func(p file) bool {
		if why := shared(p.text); why != nil && why.code == "container" {
			w.exposes = because("container", "a name was made for files of the container that each RUN has anew")
		}
		return w.linked(p.text)
	})
}

// systemDir tells directories that are there, with something in them.
func systemDir(text string) bool {
	return slices.ContainsFunc(slices.Concat(programDirs, libraryDirs[:10], settingDirs), func(dir string) bool { return under(dir, text) })
}

// here are the directories that the script may be in at this place.
func (w *walker) here() places {
	for _, n := range slices.Backward(w.stack) {
		if s, ok := n.(*syntax.Stmt); ok {
			return w.places[s]
		}
	}
	return nil
}

// unnamed is a file of which nothing is known.
var unnamed = file{}

// operands are the names that arguments may have: themselves, behind "=", and behind the
// letters of options.
func operands(a words) (list words) {
	for _, w := range a {
		switch {
		case w.text == "" && !w.whole:
			list = append(list, w)
		case numeric().MatchString(w.text) && w.whole, strings.Contains(w.text, "://"):
			continue
		case !strings.HasPrefix(w.text, "-"):
			list = append(list, w)
		case w.text[1:] != "" && w.text[1] != '-' && strings.Contains(w.text, "/"):
			list = append(list, w.from(strings.IndexByte(w.text, '/')))
		}
		if i := strings.IndexByte(w.text, '=') + 1; i > 0 && (i < len(w.text) || !w.whole) {
			list = append(list, w.from(i))
		}
	}
	return list
}

var numeric = late.Regexp(`^[-+:0-9]*$`)

// from is a name without its first bytes.
func (p file) from(i int) file { p.text = p.text[i:]; return p }

// tree is all that may be in a directory.
func (p file) tree() file {
	if !p.whole {
		return p
	}
	return file{text: p.text + "/"}
}
