package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/platforms"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/source"
)

// Print writes a plan as text: for people, and for tests to compare. The same plan gives the
// same text, and what a backend makes of a plan shows in it, save the values behind a
// Base.Context. Nothing reads it back.
//
// Every line is one thing; what belongs to it follows, a tab further in. A text is quoted as
// in Go, and a number of a stage is its place in Plan.Stages.
//
//	plan    = "plan" PLATFORM { build } { stage } [ "target" NUMBER image ] { fact } { note } .
//	build   = "epoch" SECONDS | "proxy" NAME TEXT | "reads" ( "all" | { TEXT } )
//	        | "scan" "context" | "scan" NUMBER .
//	stage   = "stage" NUMBER [ TEXT ] "for" PLATFORM [ "runs" PLATFORM ] "from" base [ "no-cache" ]
//	          { "start" variable | "start dir" TEXT | "start user" TEXT } { step } .
//	base    = "scratch" | "stage" NUMBER | "context" | "image" TEXT [ "store" TEXT ] [ "as" TEXT ] .
//	step    = KEYWORD [ TEXT ] { action } .            what progress calls it, or nothing
//	action  = "env" variable | "dir" TEXT | "user" TEXT | "mkdir" TEXT [ "user" TEXT ]
//	        | "run" { TEXT } [ "network" NAME ] [ "insecure" ]
//	        | "script" TEXT TEXT | "device" TEXT [ "required" ] | mount
//	        | ( "source" TEXT | "url" TEXT | "git" TEXT ) [ "from" NUMBER ] { option }
//	        | "file" TEXT TEXT | "to" TEXT { option } .
//	mount   = "mount" ( "bind" | "cache" | "tmpfs" | "secret" | "ssh" ) { option } .
//	option  = NAME { TEXT | NUMBER } .
//	variable = NAME TEXT .
//	image   = "config" JSON { "history" PLACE TEXT [ "layer" ] } .
//	fact    = "fact" PLACE NAME [ TEXT ] { option } .  the name is that of the type
//	note    = "note" PLACE TEXT .
//	PLACE   = FILE ":" LINE ":" COLUMN | "-" .
func Print(p *Plan) string {
	w := &printer{numbers: map[*Stage]int{}, files: sources(p.Module)}
	for i, s := range p.Stages {
		w.numbers[s] = i
	}
	if p.Target != nil {
		w.plan(p)
	}
	for _, f := range p.Facts {
		w.line("fact %s %s", place(w.files, f.At().Spans()), factText(f))
	}
	for _, d := range p.Notes {
		w.line("note %s %q", place(w.files, []source.Span{d.Span}), d.Message)
	}
	return w.b.String()
}

func sources(m *ir.Module) []*source.File {
	set := &source.Set{}
	out := make([]*source.File, len(m.Files))
	for i, f := range m.Files {
		out[i] = set.Add(f.Name, f.Text)
	}
	return out
}

func place(files []*source.File, spans []source.Span) string {
	if len(spans) == 0 || spans[0].IsZero() || int(spans[0].File) >= len(files) {
		return "-"
	}
	return files[spans[0].File].Position(spans[0].Start).String()
}

func factText(f Fact) string {
	name := strings.TrimPrefix(fmt.Sprintf("%T", f), "plan.")
	switch f := f.(type) {
	case UndeclaredArg:
		return name + quoted(f.Name) + option("near", f.Near)
	case PlatformFlag:
		return name + quoted(f.Value) + list("set", f.Set) + list("unset", f.Unset)
	case OtherPlatform:
		return name + quoted(f.Base) + option("want", f.Want) + option("got", f.Got)
	case UnsetVariable:
		return name + quoted(f.Name) + option("near", f.Near)
	case Declared:
		return name + quoted(f.Key)
	case RelativeDir:
		return name + quoted(f.Path)
	case Port:
		return name + quoted(f.Spec)
	case IgnoredFile:
		return name + quoted(f.Path)
	}
	return name
}

func quoted(list ...string) string {
	var b strings.Builder
	for _, s := range list {
		b.WriteString(" " + strconv.Quote(s))
	}
	return b.String()
}

type printer struct {
	b       strings.Builder
	numbers map[*Stage]int
	files   []*source.File
}

func (w *printer) line(format string, args ...any) { fmt.Fprintf(&w.b, format+"\n", args...) }

func (w *printer) plan(p *Plan) {
	w.line("plan %s", platforms.FormatAll(p.Platform))
	if p.Epoch != nil {
		w.line("epoch %d", p.Epoch.Unix())
	}
	for _, k := range slices.Sorted(maps.Keys(p.Proxy)) {
		w.line("proxy %s %q", k, p.Proxy[k])
	}
	if p.Context == nil {
		w.line("reads all")
	} else {
		w.line("reads%s", quoted(p.Context...))
	}
	if p.ScanContext {
		w.line("scan context")
	}
	for _, s := range p.ScanStages {
		w.line("scan %d", w.numbers[s])
	}
	for _, s := range p.Stages {
		w.stage(s)
	}
	w.line("target %d", w.numbers[p.Target])
	image := p.Target.Image
	history := image.History
	image.History = nil
	config, _ := json.Marshal(image) // of plain values
	w.line("\tconfig %s", config)
	for i, h := range history {
		var spans []source.Span
		if o := p.History[i]; o != nil {
			spans = o.Spans()
		}
		w.line("\thistory %s %q%s", place(w.files, spans), h.CreatedBy, flag("layer", !h.EmptyLayer))
	}
}

func (w *printer) stage(s *Stage) {
	head := fmt.Sprintf("stage %d", w.numbers[s])
	if s.Name != "" {
		head += quoted(s.Name)
	}
	head += " for " + platforms.FormatAll(s.Platform)
	if s.RunPlatform != nil {
		head += " runs " + platforms.FormatAll(*s.RunPlatform)
	}
	head += " from " + w.base(&s.Base)
	if s.NoCache {
		head += " no-cache"
	}
	w.line("%s", head)
	for _, v := range s.Start.Env {
		w.line("\tstart %s %q", v.Key, v.Value)
	}
	if s.Start.Dir != "" {
		w.line("\tstart dir %q", s.Start.Dir)
	}
	if s.Start.User != "" {
		w.line("\tstart user %q", s.Start.User)
	}
	for _, step := range s.Steps {
		head := step.Op.Body.Keyword()
		if step.Name != "" {
			head += quoted(step.Name)
		}
		w.line("\t%s", head)
		w.action(step.Action)
	}
}

func (w *printer) base(b *Base) string {
	switch b.Kind {
	case BaseStage:
		return fmt.Sprintf("stage %d", w.numbers[b.Stage])
	case BaseContext:
		return "context"
	case BaseImage:
		out := "image" + quoted(b.Ref)
		if b.Store != "" {
			out += " store" + quoted(b.Store)
		}
		if b.Name != "" {
			out += " as" + quoted(b.Name)
		}
		return out
	}
	return "scratch"
}

func (w *printer) action(a Action) {
	switch a := a.(type) {
	case SetEnv:
		for _, v := range a {
			w.line("\t\tenv %s %q", v.Key, v.Value)
		}
	case SetDir:
		w.line("\t\tdir %q", string(a))
	case SetUser:
		w.line("\t\tuser %q", string(a))
	case *Mkdir:
		w.line("\t\tmkdir %q%s", a.Path, option("user", a.User))
	case *Exec:
		w.exec(a)
	case *Transfer:
		w.transfer(a)
	}
}

// option is an option that has a value, flag one that is there or not.
func option(name, value string) string {
	if value == "" {
		return ""
	}
	return " " + name + quoted(value)
}

func flag(name string, on bool) string {
	if !on {
		return ""
	}
	return " " + name
}

func (w *printer) exec(x *Exec) {
	network := ""
	if x.Network != "" {
		network = " network " + x.Network
	}
	w.line("\t\trun%s%s%s", quoted(x.Args...), network, flag("insecure", x.Insecure))
	if x.Script != nil {
		w.line("\t\tscript %q %q", x.Script.Name, x.Script.Data)
	}
	for _, d := range x.Devices {
		w.line("\t\tdevice %q%s", d.Name, flag("required", d.Required))
	}
	for _, m := range x.Mounts {
		w.mount(m)
	}
}

func (w *printer) mount(m Mount) {
	switch {
	case m.Secret != nil:
		s := m.Secret
		w.line("\t\tmount secret id %q%s%s%s%s", s.ID, given("target", s.Target), given("env", s.Env), flag("required", s.Required), owner(s.Owner))
	case m.SSH != nil:
		s := m.SSH
		w.line("\t\tmount ssh%s%s%s%s", option("id", s.ID), option("target", s.Target), flag("required", s.Required), owner(s.Owner))
	case m.Dir != nil:
		d := m.Dir
		size := ""
		if d.Size != 0 {
			size = fmt.Sprintf(" size %d", d.Size)
		}
		kind := [...]string{MountBind: "bind", MountCache: "cache", MountTmpfs: "tmpfs"}[d.Kind]
		w.line("\t\tmount %s%s source %q target %q%s%s%s%s%s", kind, w.from(d.From), d.Source, d.Target,
			option("id", d.CacheID), option("sharing", d.Sharing), size, flag("readonly", d.ReadOnly), owner(d.Owner))
	}
}

func given(name string, value *string) string {
	if value == nil {
		return ""
	}
	return " " + name + quoted(*value)
}

func owner(o Owner) string {
	out := ""
	if o.UID != nil {
		out += fmt.Sprintf(" uid %d", *o.UID)
	}
	if o.GID != nil {
		out += fmt.Sprintf(" gid %d", *o.GID)
	}
	if o.Mode != nil {
		out += fmt.Sprintf(" mode %#o", *o.Mode)
	}
	return out
}

func (w *printer) from(s *Stage) string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf(" from %d", w.numbers[s])
}

func (w *printer) transfer(t *Transfer) {
	from := w.from(t.From)
	for _, s := range t.Sources {
		unpack := flag("unpack", s.Unpack)
		switch {
		case s.Git != nil:
			g := s.Git
			w.line("\t\tgit %q%s%s%s%s%s%s", g.Remote, option("ref", g.Ref), option("subdir", g.SubDir), option("checksum", g.Checksum),
				flag("keep-git-dir", g.KeepDir), flag("skip-submodules", g.SkipSubmodules), flag("fetch-by-commit", g.FetchByCommit))
		case s.URL != "":
			w.line("\t\turl %q%s%s%s", s.URL, option("filename", s.Filename), option("checksum", s.Checksum.String()), unpack)
		default:
			w.line("\t\tsource %q%s%s%s%s%s", s.Path, from, list("patterns", s.Patterns), list("required", s.Required), list("unset", s.Unset), unpack)
		}
	}
	for _, f := range t.Files {
		w.line("\t\tfile %q %q", f.Name, f.Data)
	}
	mode := ""
	if t.Mode != nil {
		mode = option("mode", t.Mode.Symbolic)
		if mode == "" {
			mode = fmt.Sprintf(" mode %#o", uint32(t.Mode.Octal))
		}
	}
	w.line("\t\tto %q%s%s%s%s%s", t.Dest, option("owner", t.Chown), mode, list("exclude", t.Excludes), flag("link", t.Link), option("as", t.LinkName))
}

func list(name string, values []string) string {
	if len(values) == 0 {
		return ""
	}
	return " " + name + quoted(values...)
}
