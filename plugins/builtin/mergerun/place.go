package mergerun

import (
	"path"
	"slices"
	"strings"
)

// Which program a name runs, and what that does, depends on files: programs, libraries and
// settings. So what a stage changes where those are, or may be, takes away what is known of
// programs. A name that is relative is looked at in each directory that the script may be in.

// part is what files are for programs.
type part uint8

const (
	data  part = iota // no program does anything else for it
	setup             // programs that read settings may
	code              // it may be a program or a library, under any name
)

// programDirs are those in which shells look (environ(7), PATH of official images), and
// libraryDirs what is loaded into programs (ld.so(8), Filesystem Hierarchy Standard 3.0, 4.6, 4.7).
var (
	programDirs = []string{"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"}
	libraryDirs = []string{"/lib", "/lib32", "/lib64", "/libx32", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/libexec",
		"/usr/local/lib", "/usr/local/lib32", "/usr/local/lib64", "/usr/local/libexec", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld.so.preload"}
	settingDirs = []string{"/etc", "/usr", "/var/lib", "/var/cache/debconf"}
	// dataDirs are in those, or hidden: what programs keep for themselves, texts for people, sources,
	// and where repositories are and their keys (sources.list(5), apt-secure(8), apk-repositories(5), yum.conf(5)).
	dataDirs = []string{"/etc/apt/sources.list", "/etc/apt/sources.list.d", "/etc/apt/trusted.gpg.d", "/etc/apt/keyrings", "/usr/share/keyrings",
		"/etc/apk/repositories", "/etc/apk/keys", "/etc/yum.repos.d", "/etc/pki/rpm-gpg", "/etc/timezone", "/etc/localtime", "/var/lib/apt/lists", "/var/lib/yum", "/var/lib/dnf",
		"/usr/src", "/usr/local/src", "/usr/share/doc", "/usr/share/man", "/usr/share/info", "/usr/share/locale", "/usr/local/share/ca-certificates",
		"/root/.cache", "/root/.npm"}
)

// shellPaths are the programs that run a RUN, in the directories where they are.
var shellPaths = strings.Fields(`/bin/sh /bin/bash /bin/dash /bin/ash /bin/busybox /usr/bin/sh /usr/bin/bash /usr/bin/dash /usr/bin/ash /usr/bin/busybox
	/usr/local/bin/sh /usr/local/bin/bash /usr/local/bin/dash /usr/local/bin/ash /usr/local/bin/busybox`)

// anywhere starts a name in a directory that nobody knows.
const anywhere = here + "/"

// resolve gives the names that one may stand for, in these directories.
func (p file) resolve(at places, linked func(string) bool) []file {
	switch text := p.text; {
	case text == "" && !p.whole && strings.Contains(p.tail, "/"):
		return []file{file{whole: true}.lost(p.tail)}
	case text == "" && !p.whole:
		return []file{{text: anywhere, tail: p.tail}}
	case strings.HasPrefix(text, "~"):
		_, rest, _ := strings.Cut(text, "/")
		return []file{p.lost(rest)}
	case path.IsAbs(text) && linked(path.Clean(text)):
		return []file{p.lost(path.Base(text)), {text: anywhere}}
	case path.IsAbs(text) && strings.Contains(text, ".."):
		return []file{p.clean(text), p.lost(text)}
	case path.IsAbs(text):
		return []file{p.clean(text)}
	}
	var out []file
	if strings.Contains(p.text, "..") {
		out = append(out, p.lost(p.text)) // above a link of the base, as /bin
	}
	for _, dir := range at {
		switch full := path.Join(dir, p.text); {
		case linked(full), linked(dir):
			out = append(out, p.lost(path.Base(p.text)), file{text: anywhere})
		case path.IsAbs(dir):
			out = append(out, p.clean(dir+"/"+p.text))
		default:
			out = append(out, p.lost(p.text))
		}
	}
	if len(out) == 0 {
		return []file{p.lost(p.text)}
	}
	return out
}

// lost is a name in a directory that nobody knows.
func (p file) lost(text string) file {
	if i := strings.LastIndex(text, "../"); i >= 0 {
		text = text[i+3:] // a link may lead anywhere in front
	}
	open := !p.whole && strings.HasSuffix(text, "/")
	if text = strings.TrimPrefix(path.Clean("/"+text), "/"); open && text != "" {
		text += "/"
	}
	return file{text: anywhere + text, whole: p.whole && text != "", tail: p.tail, dir: p.dir}
}

// clean is a path without dots and double slashes, but for a slash at an open end.
func (p file) clean(text string) file {
	end := ""
	if !p.whole && strings.HasSuffix(text, "/") {
		end = "/"
	}
	return file{text: strings.TrimSuffix(one(path.Clean(text)), "/") + end, whole: p.whole, tail: p.tail, dir: p.dir}.open()
}

// open makes a pattern that is not followed further an open end.
func (p file) open() file {
	for _, s := range []string{"[", "{", "**"} {
		if text, _, found := strings.Cut(p.text, s); found {
			p = file{text: text}
		}
	}
	if p.text == "" {
		p.text = "/"
	}
	return p
}

// elements are those of the path, the last of which may be open, and where it may start
// among n of another path.
func (p file) elements(n int) (list []string, starts []int) {
	rest, any := strings.CutPrefix(p.text, anywhere)
	list = strings.Split(strings.TrimPrefix(rest, "/"), "/")
	if !any {
		return list, []int{0}
	}
	for i := range n {
		starts = append(starts, i)
	}
	return list, starts
}

// literal tells a path from the root in which no letter stands for others, so that it can be
// compared as it is.
func (p file) literal() bool {
	return strings.HasPrefix(p.text, "/") && !strings.ContainsAny(p.text, "*?[\\")
}

func glob(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok || err != nil
}

// is tells whether a name may be exactly this path.
func (p file) is(target string) bool {
	if p.literal() {
		return p.whole && p.text == target || !p.whole && strings.HasPrefix(target, p.text) && strings.HasSuffix(target, p.tail)
	}
	return p.isLike(target)
}

// isLike is that for patterns, and for names in a directory that nobody knows.
func (p file) isLike(target string) bool {
	parts := strings.Split(target[1:], "/")
	list, starts := p.elements(len(parts))
	return slices.ContainsFunc(starts, func(at int) bool {
		rest := parts[at:]
		if len(list) > len(rest) || p.whole && len(list) < len(rest) {
			return false
		}
		for i, e := range list {
			if i == len(list)-1 && !p.whole {
				e += "*"
			}
			if !glob(e, rest[i]) {
				return false
			}
		}
		return p.whole || strings.HasSuffix(target, p.tail)
	})
}

// may tells whether a name may be this path, or a directory that it is in.
func (p file) may(target string) bool {
	rest, any := strings.CutPrefix(p.text, anywhere)
	switch {
	case p.whole && p.text == "/":
		return true
	case strings.ContainsAny(rest, "*?[\\"):
	case any && p.whole:
		return strings.Contains(target+"/", "/"+rest+"/")
	case p.whole:
		return under(target, p.text)
	case !any && !strings.HasPrefix(target, p.text):
		return false
	}
	return p.mayLike(target)
}

// mayLike is that for patterns, and for open ends.
func (p file) mayLike(target string) bool {
	for i := 1; i <= len(target); i++ {
		if (i == len(target) || target[i] == '/') && p.is(target[:i]) {
			return true
		}
	}
	return false
}

// inside tells whether a name may be in a directory.
func (p file) inside(dir string) bool {
	if strings.HasPrefix(p.text, anywhere) {
		return true
	}
	if p.literal() {
		return strings.HasPrefix(p.text, dir+"/") || !p.whole && strings.HasPrefix(dir, p.text)
	}
	return p.insideLike(dir)
}

func (p file) insideLike(dir string) bool {
	list, _ := p.elements(0)
	for i, part := range strings.Split(dir[1:], "/") {
		switch {
		case i >= len(list):
			return false
		case i == len(list)-1 && !p.whole:
			return glob(list[i]+"*", part)
		case !glob(list[i], part):
			return false
		}
	}
	return len(list) > strings.Count(dir, "/")
}

// named tells whether the end of a path is known, as far as it may be that of a program of the
// tables: none of them has a dot in its name.
func (p file) named() bool {
	base := strings.TrimSuffix(path.Base(p.text), ".[1-9]*") // a number behind, as of wget(1)
	return p.whole && !strings.ContainsAny(base, "*?") || !p.whole && strings.ContainsAny(p.tail, "/.")
}

// below tells a name that is not known, in a directory that nobody knows, which is in another that is
// not on the way to programs or libraries by its name.
func (p file) below() bool {
	first, _, ok := strings.Cut(strings.TrimPrefix(p.text, anywhere), "/")
	return ok && first != "" && first[0] != '.' && !strings.ContainsAny(first, "*?[\\") && !slices.ContainsFunc(slices.Concat(programDirs, libraryDirs), func(dir string) bool {
		return strings.Contains(dir+"/", "/"+first+"/")
	})
}

// base is the end of a path that is known.
func (p file) base() string {
	if p.whole {
		return path.Base(p.text)
	}
	return path.Base(p.tail)
}

// part tells what a resolved name may be for programs.
func (p file) part() part {
	at := func(dir string) bool { return p.may(dir) }
	in := func(dir string) bool { return p.inside(dir) }
	unknown := strings.HasPrefix(p.text, anywhere)
	below := unknown && p.below()
	switch {
	case p.whole && slices.ContainsFunc(dataDirs, func(dir string) bool { return under(p.text, dir) }):
		return data
	case !p.whole && slices.ContainsFunc(dataDirs, func(dir string) bool { return strings.HasPrefix(p.text, dir+"/") }):
		return data
	case slices.ContainsFunc(programDirs, at), slices.ContainsFunc(libraryDirs, at),
		!p.named() && !below && slices.ContainsFunc(programDirs, in),
		unknown && (!p.named() && !below || strings.Contains(p.text+p.tail, ".so")),
		!unknown && slices.ContainsFunc(libraryDirs, in):
		return code
	case unknown, strings.Contains(p.text, "/."), slices.ContainsFunc(settingDirs, func(dir string) bool {
		return at(dir) || in(dir)
	}):
		return setup
	}
	return data
}

// changed is why nothing can follow what makes, changes or removes a file.
func (p file) changed() *reason {
	for _, s := range scanned {
		if strings.HasPrefix(s.path, "/etc/") && p.may(s.path) { // the others are told from what is in them
			return s.why
		}
	}
	if why := shared(p.text); why != nil && !strings.HasPrefix(p.text, anywhere) {
		return why
	}
	if slices.ContainsFunc(shellPaths, p.may) {
		return becauseShell()
	}
	if strings.HasSuffix(p.text, "-binsh") { // packages of Alpine
		return becauseShell()
	}
	return nil
}
