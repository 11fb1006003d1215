package pin

import (
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/dfgitutil"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/source"
)

// Place is something that a Dockerfile gets from elsewhere.
type Place struct {
	Keyword  string // of the instruction
	Name     string // of the image, or the URL, as written
	URL      bool
	Checksum string      // of a URL, "" is none
	At       source.Span // what is replaced: the name, the flag with the checksum, or the empty place of one
	Where    source.Span // of the name, for messages
	Stay     string      // why it is not pinned, "" when it can be
}

// Places finds the images and the URLs that a Dockerfile names: of FROM, COPY --from, RUN --mount and
// ADD. Stages are none of them.
func Places(file *lang.File) []Place {
	f := &finder{names: map[string]bool{}}
	for _, in := range file.Instructions() {
		switch in := in.(type) {
		case *lang.From:
			f.image("FROM", in.Base.Text, in.Base.At, f.names[in.Base.Text])
			f.stages++
			if in.As.Text != "" {
				f.names[strings.ToLower(in.As.Text)] = true
			}
		case *lang.Copy:
			f.flags(in.Head(), "COPY")
		case *lang.Run:
			f.flags(in.Head(), "RUN")
		case *lang.Add:
			f.add(in)
		}
	}
	return f.list
}

type finder struct {
	list   []Place
	names  map[string]bool // of stages so far
	stages int
}

func (f *finder) image(keyword, name string, at source.Span, stage bool) {
	if stage || name == "" || keyword == "FROM" && name == "scratch" {
		return
	}
	p := Place{Keyword: keyword, Name: name, At: at, Where: at}
	switch {
	case strings.Contains(name, "$"):
		p.Stay = "a variable has the name"
	case strings.ContainsAny(name, "\"'\\`"):
		p.Stay = "it has quotes"
	}
	f.list = append(f.list, p)
}

// flags finds images in --from=NAME and --mount=…,from=NAME.
func (f *finder) flags(h *lang.Header, keyword string) {
	for _, flag := range h.Flags {
		switch {
		case flag.Name == "from" && keyword == "COPY":
			f.from(keyword, flag, "from", flag.Value)
		case flag.Name == "mount":
			for _, part := range strings.Split(flag.Value, ",") {
				if key, name, _ := strings.Cut(part, "="); strings.EqualFold(key, "from") {
					f.from(keyword, flag, key, name)
				}
			}
		}
	}
}

// from is about the value of a flag, which is a stage, its number or an image.
func (f *finder) from(keyword string, flag lang.Flag, key, name string) {
	n, err := strconv.Atoi(name)
	stage := f.names[strings.ToLower(name)] || err == nil && n >= 0 && n < f.stages && keyword == "COPY"
	at := flag.At
	if i := strings.Index("--"+flag.Name+"="+flag.Value, key+"="+name); i >= 0 && int(at.End-at.Start) == len("--"+flag.Name+"="+flag.Value) {
		at.Start += uint32(i + len(key+"="))
		at.End = at.Start + uint32(len(name))
		f.image(keyword, name, at, stage)
		return
	}
	if !stage {
		f.list = append(f.list, Place{Keyword: keyword, Name: name, At: at, Where: at, Stay: "the flag goes over several lines, or has quotes"})
	}
}

// add finds URLs, of which one may have a checksum.
func (f *finder) add(in *lang.Add) {
	var urls []lang.Word
	for _, w := range in.Paths.Sources {
		if strings.Contains(w.Text, "://") || strings.HasPrefix(w.Text, "git@") {
			urls = append(urls, w)
		}
	}
	head := in.Head()
	behind := source.Span{File: head.Keyword.At.File, Start: head.Keyword.At.End, End: head.Keyword.At.End}
	for _, w := range urls {
		p := Place{Keyword: "ADD", Name: w.Text, URL: true, At: behind, Where: w.At}
		for _, flag := range head.Flags {
			if flag.Name == "checksum" {
				p.Checksum, p.At = flag.Value, flag.At
			}
		}
		git, commit := repository(w.Text)
		switch {
		case strings.ContainsAny(w.Text, "$\"'\\`") || strings.Contains(p.Checksum, "$"):
			p.Stay = "a variable has the URL, or a part of it"
		case commit:
			p.Stay = "it names a commit"
		case git && p.Checksum != "":
			p.Stay = "it has a checksum"
		case git:
			p.Stay = "it is a git repository: write the commit behind #"
		case len(in.Paths.Sources) > 1:
			p.Stay = "an ADD of several things has no checksum: write one for each"
		}
		f.list = append(f.list, p)
	}
}

// repository tells a URL that BuildKit takes for a git repository, and whether that names a commit whole.
func repository(url string) (git, commit bool) {
	ref, git, _ := dfgitutil.ParseGitRef(url)
	return git, ref != nil && (isCommit(ref.Ref) || isCommit(ref.Checksum))
}

// isCommit tells the whole name of a commit.
func isCommit(name string) bool {
	return (len(name) == 40 || len(name) == 64) && strings.Trim(name, "0123456789abcdef") == ""
}
