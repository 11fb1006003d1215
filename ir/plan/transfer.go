package plan

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"
	"github.com/moby/buildkit/util/system"
	digest "github.com/opencontainers/go-digest"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	mode "github.com/tonistiigi/dchapes-mode"
)

// Transfer is COPY or ADD: it puts files into the image.
type Transfer struct {
	From     *Stage // nil is the build context
	Sources  []Source
	Files    []File
	Dest     string // absolute, a trailing slash kept
	Chown    string // "" keeps root
	Mode     *Mode
	Excludes []string
	Link     bool   // a layer that does not depend on those below
	LinkName string // what progress calls the vertex that lays it on top
}

// Source is one source: a path, a URL or a git repository.
type Source struct {
	Path     string // absolute, in From
	Patterns []string
	Required []string
	Unpack   bool
	Unset    []string // variables in it that are not set, and so became empty

	URL      string // not "": a file at a URL
	Filename string
	Checksum digest.Digest

	Git *Git
}

// Git is a git repository.
type Git struct {
	Remote, Ref, SubDir, Checksum          string
	KeepDir, SkipSubmodules, FetchByCommit bool
}

// UnsetHint tells of variables that made a path another than was meant; it is "" when
// there are none.
func UnsetHint(unset []string, escape byte) string {
	if len(unset) == 0 {
		return ""
	}
	return fmt.Sprintf("`$%s` is not set here and became empty: declare it with ARG or ENV in this stage; a $ that is meant is written %c$", unset[0], escape)
}

// File is a file made of a here document.
type File struct{ Name, Data string }

// Mode is file permissions: octal, or like "u+x".
type Mode struct {
	Octal    os.FileMode
	Symbolic string
}

// transfer is what COPY and ADD have in common, before expansion.
type transfer struct {
	add             bool
	sources         []string
	unset           [][]string // for each source
	inline          []ir.Inline
	dest            string
	chown, chmod    string
	checksum        string
	link, parents   bool
	keepGit, unpack *bool
	excludes        []string
	from            *Stage
}

func (p *planner) copy(s *Stage, op *operation, b *ir.Copy) error {
	t := &transfer{sources: b.Sources, inline: b.Inline, dest: b.Dest, chown: b.Chown, chmod: b.Chmod,
		link: b.Link, parents: b.Parents, excludes: b.Excludes}
	if len(op.sources) > 0 {
		t.from = op.sources[0]
		if !t.from.done {
			return about("--from="+b.From, wrong("later-stage", "move that stage above this one",
				"cannot copy from stage %q, it needs to be defined before current stage %q", b.From, s.Name))
		}
	}
	return p.transfer(s, op, t)
}

func (p *planner) add(s *Stage, op *operation, b *ir.Add) error {
	return p.transfer(s, op, &transfer{add: true, sources: b.Sources, inline: b.Inline, dest: b.Dest, chown: b.Chown,
		chmod: b.Chmod, checksum: b.Checksum, link: b.Link, keepGit: b.KeepGitDir, unpack: b.Unpack, excludes: b.Excludes})
}

// absent tells what is wrong with a path of the build context that a stage reads.
func (p *planner) absent(s *Stage, name, verb, hint string) error {
	if p.opt.Absent == nil || !p.reach[s] {
		return nil
	}
	return p.opt.Absent(name, verb, hint)
}

func (p *planner) transfer(s *Stage, op *operation, t *transfer) error {
	if err := p.budget.Take((len(t.sources) + len(t.inline) - 1) * sourceCost); err != nil {
		return err
	}
	if err := p.expandTransfer(s, t); err != nil {
		return err
	}
	out := &Transfer{From: t.from, Chown: t.chown, Excludes: t.excludes, Link: t.link}
	var err error
	if out.Dest, err = s.destination(t.dest); err != nil {
		return err
	}
	if t.link && byName(t.chown) {
		return about("--chown="+t.chown, wrong("chown-link", "use numeric uid[:gid] instead",
			"--chown=%s: user and group names can't be resolved when used with --link", t.chown))
	}
	if out.Mode, err = parseMode(t.chmod); err != nil {
		return about("--chmod="+t.chmod, err)
	}
	if err := t.checkChecksum(); err != nil {
		return about("--checksum="+t.checksum, err)
	}
	title := p.title(s, op)
	name := p.nextName(s, op, title)
	var history strings.Builder
	history.WriteString(t.history())
	for i, src := range t.sources {
		history.WriteString(" " + src)
		source, err := t.source(src, s.platform.OS)
		if err != nil {
			return about(src, err)
		}
		if t.from == nil && source.URL == "" && source.Git == nil {
			p.noteIgnored(op, src)
			if !wildcards(src) { // a pattern may match nothing
				if err := p.absent(s, source.Path, "copy", UnsetHint(t.unset[i], p.mod.Escape)); err != nil {
					return about(src, err)
				}
			}
		}
		source.Unset = t.unset[i]
		out.Sources = append(out.Sources, source)
	}
	for _, f := range t.inline {
		history.WriteString(" <<" + f.Name)
		name, err := system.CheckSystemDriveAndRemoveDriveLetter(f.Name, s.platform.OS, false)
		if err != nil {
			return err
		}
		out.Files = append(out.Files, File{Name: name, Data: f.Data})
	}
	if t.link {
		out.LinkName = s.names.again(s.Name, "LINK "+title, op.onbuild, s.platform, s.env)
	}
	s.step(op, name, out)
	p.history(s, history.String()+" "+t.dest+layerMark, true)
	p.reads(t)
	return nil
}

func (p *planner) expandTransfer(s *Stage, t *transfer) error {
	for _, w := range []*string{&t.chown, &t.chmod, &t.checksum, &t.dest} {
		v, err := p.words.word(*w, s.env)
		if err != nil {
			return err
		}
		*w = v
	}
	t.unset = make([][]string, len(t.sources))
	written := t.sources
	t.sources = slices.Clone(t.sources)
	for i, word := range written {
		v, names, err := p.words.look(word, s.env)
		if err != nil {
			return err
		}
		t.sources[i], t.unset[i] = v, emptied(word, names.unset)
	}
	var err error
	for i, f := range t.inline {
		if !f.Expand {
			continue
		}
		if f.Data, err = p.words.document(f.Data, s.env); err != nil {
			return err
		}
		if i == 0 {
			t.inline = append([]ir.Inline(nil), t.inline...)
		}
		t.inline[i] = f
	}
	return nil
}

// emptied are the variables of a word whose value is taken as it is, and which so became
// empty: ${name:-default} does not.
func emptied(word string, unset []string) []string {
	var out []string
	for _, name := range unset {
		if strings.Contains(word, "${"+name+"}") {
			out = append(out, name)
			continue
		}
		for rest := word; ; {
			_, after, ok := strings.Cut(rest, "$"+name)
			if !ok {
				break
			}
			if r, _ := utf8.DecodeRuneInString(after); after == "" || r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				out = append(out, name)
				break
			}
			rest = after
		}
	}
	return out
}

// destination makes the destination absolute; "" and "." stand for the working
// directory.
func (s *Stage) destination(dest string) (string, error) {
	dest, err := system.CheckSystemDriveAndRemoveDriveLetter(dest, s.platform.OS, true)
	if err != nil {
		return "", fmt.Errorf("removing drive letter: %w", err)
	}
	if system.IsAbs(dest, s.platform.OS) {
		return system.NormalizePath("/", dest, s.platform.OS, true)
	}
	if dest == "." || dest == "" {
		dest = "./"
	}
	return system.NormalizePath(s.dir(), dest, s.platform.OS, true)
}

// byName reports whether an owner is given by name, which an image without
// /etc/passwd cannot resolve.
func byName(owner string) bool {
	user, group, _ := strings.Cut(owner, ":")
	for _, id := range []string{user, group} {
		if id == "root" || id == "" {
			continue
		}
		if _, err := strconv.ParseInt(id, 10, 32); err != nil {
			return true
		}
	}
	return false
}

func parseMode(text string) (*Mode, error) {
	if text == "" {
		return nil, nil
	}
	notOctal := wrong("bad-chmod", "write octal digits like 0644, or u=rwX,go=rX", "invalid chmod parameter: '%v'. it should be octal string and between 0 and 07777", text)
	if n, err := strconv.ParseUint(text, 8, 32); err == nil {
		if n > 0o7777 {
			return nil, notOctal
		}
		return &Mode{Octal: os.FileMode(n)}, nil
	}
	if _, err := mode.Parse(text); err != nil {
		var number *strconv.NumError
		if errors.As(err, &number) {
			return nil, notOctal // it looks like a number
		}
		return nil, err
	}
	return &Mode{Symbolic: text}, nil
}

func (t *transfer) checkChecksum() error {
	switch {
	case t.checksum == "":
	case len(t.sources) != 1:
		return wrong("checksum", "use an ADD for each source", "checksum can't be specified for multiple sources")
	case !isHTTP(t.sources[0]) && !isGit(t.sources[0]):
		return wrong("checksum", "drop --checksum: a local file cannot be checked", "checksum requires HTTP(S) or Git sources")
	}
	return nil
}

// history is the start of the history entry: the flags that it shows.
func (t *transfer) history() string {
	h := "COPY"
	if t.add {
		h = "ADD"
	}
	if t.parents {
		h += " --parents"
	}
	if t.chown != "" {
		h += " --chown=" + t.chown
	}
	if t.chmod != "" {
		h += " --chmod=" + t.chmod
	}
	return h
}

// source tells what a source is. BuildKit looks for git first, then for a URL.
func (t *transfer) source(src, os string) (Source, error) {
	ref, isGit, err := parseGit(src)
	switch {
	case err != nil && isGit:
		return Source{}, err
	case err == nil && !ref.IndistinguishableFromLocal:
		if !t.add {
			return Source{}, wrong("remote-copy", "use ADD", "source can't be a git ref for COPY")
		}
		return t.git(ref)
	case isHTTP(src):
		if !t.add {
			return Source{}, wrong("remote-copy", "use ADD", "source can't be a URL for COPY")
		}
		return t.http(src)
	}
	return t.local(src, os)
}

// git reads a repository. What a reference says of the checksum and of .git
// holds for the sources behind it, too, as in BuildKit.
func (t *transfer) git(ref *dfgitutil.GitRef) (Source, error) {
	if t.keepGit != nil && ref.KeepGitDir != nil && *t.keepGit != *ref.KeepGitDir {
		return Source{}, errorf("inconsistent keep-git-dir configuration")
	}
	if ref.KeepGitDir != nil {
		t.keepGit = ref.KeepGitDir
	}
	if t.checksum != "" && ref.Checksum != "" && t.checksum != ref.Checksum {
		return Source{}, errorf("checksum mismatch %q != %q", t.checksum, ref.Checksum)
	}
	if ref.Checksum != "" {
		t.checksum = ref.Checksum
	}
	return Source{Git: &Git{
		Remote: ref.Remote, Ref: ref.Ref, SubDir: ref.SubDir, Checksum: t.checksum,
		KeepDir:        t.keepGit != nil && *t.keepGit,
		SkipSubmodules: ref.Submodules != nil && !*ref.Submodules,
		FetchByCommit:  ref.FetchByCommit,
	}}, nil
}

func (t *transfer) http(src string) (Source, error) {
	out := Source{URL: src, Filename: "__unnamed__", Unpack: t.unpack != nil && *t.unpack}
	if u, err := url.Parse(src); err == nil {
		if base := path.Base(u.Path); base != "." && base != "/" {
			out.Filename = base
		}
	}
	if t.checksum != "" {
		sum, err := digest.Parse(t.checksum)
		if err != nil {
			return Source{}, about(t.checksum, diag.List{{Code: "checksum", Message: err.Error(),
				Expected: "sha256: and 64 hexadecimal digits", Hint: "the digits are printed by: curl -fsSL URL | sha256sum"}})
		}
		out.Checksum = sum
	}
	return out, nil
}

func (t *transfer) local(src, os string) (Source, error) {
	out := Source{Unpack: t.add}
	if t.unpack != nil {
		out.Unpack = *t.unpack
	}
	if t.parents {
		// What stands behind "/./" is kept of the path.
		parent, pattern, pivot := strings.Cut(src, "/./")
		if !pivot {
			parent, pattern = "/", src
		}
		pattern, err := system.NormalizePath("/", pattern, os, false)
		if err != nil {
			return out, fmt.Errorf("removing drive letter: %w", err)
		}
		out.Patterns = []string{strings.TrimPrefix(pattern, "/")}
		if !wildcards(parent) && !wildcards(pattern) {
			required, err := system.NormalizePath("/", filepath.Join(parent, pattern), os, false)
			if err != nil {
				return out, fmt.Errorf("removing drive letter: %w", err)
			}
			out.Required = []string{required}
		}
		src = parent
	}
	var err error
	if out.Path, err = system.NormalizePath("/", src, os, false); err != nil {
		return out, fmt.Errorf("removing drive letter: %w", err)
	}
	return out, nil
}

// reads notes the paths that the step reads.
func (p *planner) reads(t *transfer) {
	paths := &p.paths
	if t.from != nil {
		paths = t.from.paths
	}
	for _, src := range t.sources {
		// Git sources count as paths in BuildKit, and so in the vertex.
		if !t.add || !strings.HasPrefix(src, "http://") && !strings.HasPrefix(src, "https://") {
			paths.add(src)
		}
	}
}

func isHTTP(src string) bool {
	return (strings.HasPrefix(src, "http://") || strings.HasPrefix(src, "https://")) && !isGit(src)
}

// isGit tells https://host/repository.git from a file at a URL.
func isGit(src string) bool {
	ref, git, _ := parseGit(src)
	return ref != nil && git
}

var errNotGit = errorf("not a git repository")

// parseGit reads the reference of a git repository, as BuildKit does. For a path it
// has a quick answer: a repository has a colon, or is at github.com.
func parseGit(src string) (ref *dfgitutil.GitRef, isGit bool, err error) {
	if !strings.Contains(src, ":") && !strings.HasPrefix(src, "github.com/") {
		return nil, false, errNotGit
	}
	return dfgitutil.ParseGitRef(src)
}

func wildcards(name string) bool {
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case '*', '?', '[':
			return true
		case '\\':
			i++
		}
	}
	return false
}
