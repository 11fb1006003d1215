package hadolint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/lang/words"
)

// rule is a rule of hadolint's, without what it looks at.
func rule(id, doc string, severity diag.Severity, tags ...string) lint.Rule {
	return lint.Rule{Name: id, Doc: doc, URL: lint.Page(id), Severity: severity, Tags: tags}
}

// eachStage makes a Rule.View of a function that looks at the stages that have a FROM.
func eachStage(look func(*lint.Stage, *lint.Report)) func(*lint.View, *lint.Report) {
	return func(v *lint.View, r *lint.Report) {
		for _, s := range v.Stages {
			if s.Node != nil {
				look(s, r)
			}
		}
	}
}

// image is the image that a stage starts from, as written; "" when that is another stage, or none.
func image(s *lint.Stage) string {
	if base := unquote(s.Base); s.Parent == nil && base != "scratch" && !s.View.Given(base) {
		return base
	}
	return ""
}

// unquote drops the quotes around a word of the Dockerfile.
func unquote(word string) string {
	if n := len(word); n >= 2 && (word[0] == '"' || word[0] == '\'') && word[n-1] == word[0] {
		return word[1 : n-1]
	}
	return word
}

// reference cuts the name of an image: the last part of its name, its tag and its digest.
func reference(image string) (last, tag, digest string) {
	image, digest, _ = strings.Cut(image, "@")
	last = image[strings.LastIndexByte(image, '/')+1:]
	last, tag, _ = strings.Cut(last, ":")
	return last, tag, digest
}

// untagged: a name that starts with a variable may bring its tag along, and so may one that ends so.
func untagged() lint.Rule {
	r := rule("DL3006", "An image to start from has a tag or a digest", diag.Warning, "reproducible")
	r.View = eachStage(func(s *lint.Stage, r *lint.Report) {
		base := image(s)
		last, tag, digest := reference(base)
		if base == "" || base[0] == '$' || strings.Contains(last, "$") || tag != "" || digest != "" {
			return
		}
		f := r.Stage(s, base+" has no tag, so that it is whatever `latest` is on the day of the build")
		f.Hint = "name the version, like " + base + ":1.2, or pin a digest"
		lint.FixPin(f, s)
	})
	return r
}

func latest() lint.Rule {
	r := rule("DL3007", "An image to start from has another tag than latest", diag.Warning, "reproducible")
	r.View = eachStage(func(s *lint.Stage, r *lint.Report) {
		base := image(s)
		if _, tag, digest := reference(base); tag == "latest" && digest == "" {
			lint.FixPin(r.Stage(s, base+" is another image whenever there is a new one: name a version, or pin a digest"), s)
		}
	})
	return r
}

// sameName: where nothing asks for the first of two stages by its name, that name can go.
func sameName() lint.Rule {
	r := rule("DL3024", "Each stage has a name of its own", diag.Error, "correctness")
	r.Same = "DuplicateStageName"
	r.View = func(v *lint.View, r *lint.Report) {
		named := map[string]*lint.Stage{}
		for _, s := range v.Stages {
			if s.Node == nil || s.Name == "" {
				continue
			}
			if first := named[s.Name]; first != nil {
				f := r.Stage(s, "another stage in front of this one is called "+s.Name+", too: give each a name of its own")
				if !used(first, s.Index) {
					f.Fix("drop the name of the first, which nothing asks for", diag.Intent, unnamed(first)...)
				}
			}
			named[s.Name] = s
		}
	}
	return r
}

// used tells whether something in front of a stage, or its FROM, asks for an earlier one by its name.
func used(stage *lint.Stage, before int) bool {
	for _, s := range stage.View.Stages[stage.Index+1 : before+1] {
		if s.Parent == stage || strings.Contains(s.Base, "$") {
			return true
		}
		for _, step := range s.Steps {
			if s.Index < before && slices.Contains(sources(step.Body), stage.Name) {
				return true
			}
		}
	}
	return false
}

// unnamed drops the name of a stage.
func unnamed(s *lint.Stage) []diag.Edit {
	from, as := s.Node.Base.At.End, s.Node.As.At.End
	if between := s.View.Text.File.Source.Text[from:as]; len(strings.Fields(between)) != 2 {
		return nil // a comment is there, or an escape
	}
	return []diag.Edit{{Span: source.Span{File: s.Node.At.File, Start: from, End: as}}}
}

// sources are the stages and images that a step has files from, in lower case.
func sources(body ir.Body) (list []string) {
	switch b := body.(type) {
	case *ir.Copy:
		if b.From != "" {
			list = append(list, strings.ToLower(b.From))
		}
	case *ir.Run:
		for _, m := range b.Mounts {
			if from, ok := m.Option("from"); ok {
				list = append(list, strings.ToLower(from))
			}
		}
	}
	return list
}

func constantPlatform() lint.Rule {
	r := rule("DL3029", "The platform of a FROM is up to who builds", diag.Warning, "portability")
	r.Same = "FromPlatformFlagConstDisallowed"
	r.View = eachStage(func(s *lint.Stage, r *lint.Report) {
		if s.Platform == "" || strings.Contains(s.Platform, "BUILDPLATFORM") || strings.Contains(s.Platform, "TARGETPLATFORM") {
			return
		}
		f := r.Stage(s, "--platform="+s.Platform+" makes the stage the same whatever platform is built for: leave it to the --platform of the build, or use $BUILDPLATFORM")
		if flag, ok := lint.Flag(s.Node, "platform"); ok && !strings.Contains(s.Platform, "$") {
			f.Fix("drop --platform", diag.Intent, r.Text().RemoveFlag(flag)...)
		}
	})
	return r
}

// otherRegistry: all that files come from counts, not only what stages start from.
func otherRegistry() lint.Rule {
	r := rule("DL3026", "Images come from the registries that are allowed", diag.Error, "security")
	r.View = func(v *lint.View, r *lint.Report) {
		trusted := v.Options.Registries
		if len(trusted) == 0 {
			return
		}
		allowed := "; those that are allowed are " + strings.Join(trusted, ", ")
		defaults, stages := defaultsOf(v.Module), map[string]bool{"scratch": true}
		for i, s := range v.Stages {
			if host, ok := registry(image(s), defaults); ok && s.Node != nil && !trusts(trusted, host) {
				r.Stage(s, s.Base+" is of the registry "+host+allowed)
			}
			for _, step := range s.Steps {
				for _, from := range sources(step.Body) {
					if host, ok := registry(from, nil); ok && !stages[from] && !trusts(trusted, host) {
						r.Step(step, from+" is of the registry "+host+allowed)
					}
				}
			}
			stages[s.Name], stages[strconv.Itoa(i)] = true, true
		}
	}
	return r
}

// registry is the host that an image comes from; it is false of none, and when nothing tells.
func registry(image string, defaults args) (string, bool) {
	if strings.Contains(image, "$") {
		lexer := words.Lexer{Escape: '\\', SkipUnset: true}
		image, _ = lexer.Word(image, defaults)
	}
	host, _, slash := strings.Cut(image, "/")
	switch {
	case image == "", strings.Contains(host, "$"):
		return "", false
	case !slash, !strings.ContainsAny(host, ".:") && host != "localhost":
		return "docker.io", true
	}
	return host, true
}

// trusts tells whether a host is one of those that are allowed.
func trusts(trusted []string, host string) bool {
	return slices.ContainsFunc(trusted, func(pattern string) bool {
		return matches(pattern, host) || host == "docker.io" && (pattern == "hub.docker.com" || pattern == "index.docker.io")
	})
}

// matches tells whether a name is of a pattern, in which "*" stands for any text.
func matches(pattern, name string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, head)
	for i := 0; ok && i <= len(name); i++ {
		if matches(rest, name[i:]) {
			return true
		}
	}
	return false
}

// args are the defaults of the ARGs in front of the first FROM.
type args map[string]string

// Get makes them the variables of a word.
func (a args) Get(name string) (string, bool) {
	value, ok := a[name]
	return value, ok
}

func defaultsOf(m *ir.Module) args {
	out := args{}
	for _, op := range m.Args {
		for _, d := range op.Body.(*ir.Arg).Defaults {
			lexer := words.Lexer{Escape: rune(m.Escape), SkipUnset: true}
			if value, err := lexer.Word(d.Value, out); err == nil && d.Set {
				out[d.Key] = value
			}
		}
	}
	return out
}
