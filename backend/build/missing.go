package build

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/moby/buildkit/solver/pb"

	"github.com/seed-e0495807/strake/backend/input"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
)

// missingFile finds what a COPY, an ADD or a mount did not find; of a pattern BuildKit
// names the directory.
var missingFile = late.Regexp(`"([^"]+)":? not found|lstat (/\S*): no such file or directory|(?:^|: )(/\S*) not found$|did not complete successfully: open (/\S*): no such file or directory`)

// missingSource is a source that is not where it is looked for: in the build context, a
// stage or an image, as the instruction says.
func (j *job) missingSource(ctx context.Context, f *failure) (diag.Diagnostic, bool) {
	m := missingFile().FindStringSubmatch(f.text)
	if m == nil || f.vertex != nil && f.vertex.op.GetSource() != nil {
		return diag.Diagnostic{}, false
	}
	name := m[1] + m[2] + m[3] + m[4]
	w := f.wanted(name)
	d := input.Missing(name, w.verb(), "")
	if len(w.unset) > 0 {
		d.Hint = plan.UnsetHint(w.unset, f.vertex.result.Plan.Module.Escape)
	}
	switch {
	case w.from != nil && w.from.Base.Kind != plan.BaseContext:
		w.fromStage(ctx, f, &d)
		return d, true
	case w.from != nil:
		d.Message = fmt.Sprintf("%q is not in the build context `%s`", name, w.from.Asked())
		d.Hint = cmp.Or(d.Hint, "paths are relative to what --build-context gives for that name")
		return d, true
	case !w.known && f.vertex != nil && f.plan() != nil:
		return d, true // it may be of a named context, or of another step
	case d.Hint != "":
		return d, true
	}
	d.Hint = input.Unsent
	if dir := j.Input.Locals["context"]; dir != "" && j.source != nil {
		d.Hint = cmp.Or(input.NearURL(name), j.source.Near(ctx, name), d.Hint)
	}
	return d, true
}

// wanted is where a step looks for a path.
type wanted struct {
	path  string
	known bool        // the step looks for it
	from  *plan.Stage // nil is the build context
	unset []string    // variables that became empty in it
	input int64       // of the vertex, which has it
	mount bool
}

// wanted finds a path among what a step copies and mounts.
func (f *failure) wanted(name string) wanted {
	w := wanted{path: name}
	st := f.plan()
	if st == nil {
		return w
	}
	switch a := st.Action.(type) {
	case *plan.Transfer:
		for _, s := range a.Sources {
			if s.Path == name || isBelow(s.Path, name) || len(a.Sources) == 1 {
				w.known, w.from, w.unset = true, a.From, s.Unset
				w.path = s.Path
				break
			}
		}
		w.input = f.copied()
	case *plan.Exec:
		for _, m := range a.Mounts {
			if m.Dir != nil && m.Dir.Kind != plan.MountTmpfs && path.Clean("/"+m.Dir.Source) == path.Clean("/"+name) {
				w.known, w.from, w.mount = true, m.Dir.From, true
				w.input = f.mountedAt(m.Dir.Target)
				break
			}
		}
	}
	return w
}

// verb is what the step is to do with the path.
func (w wanted) verb() string {
	if w.mount {
		return "mount"
	}
	return "copy"
}

// isBelow tells whether a path is a directory of another, which may be a pattern.
func isBelow(p, dir string) bool { return strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/") }

// copied is the input that the vertex of a COPY takes files from.
func (f *failure) copied() int64 {
	for _, a := range f.vertex.op.GetFile().GetActions() {
		if c := a.GetCopy(); c != nil && int(a.SecondaryInput) < len(f.vertex.op.Inputs) {
			return int64(a.SecondaryInput)
		}
	}
	return -2
}

// mountedAt is the input that the vertex of a RUN mounts at a path.
func (f *failure) mountedAt(dest string) int64 {
	for _, m := range f.vertex.op.GetExec().GetMounts() {
		if m.Dest == dest && m.MountType == pb.MountType_BIND {
			return m.Input
		}
	}
	return -2
}

// fromStage explains a path that a stage, or another image, does not have.
func (w wanted) fromStage(ctx context.Context, f *failure, d *diag.Diagnostic) {
	where := "the image `" + w.from.Asked() + "`"
	if def := w.from.Def(); def != nil {
		where = "the stage `" + w.from.Name + "`"
		if spans := def.Origin.Spans(); len(spans) > 0 {
			d.Related = append(d.Related, diag.Related{Span: spans[0], Message: "it is looked for in what this stage has at its end"})
		}
	}
	d.Message = fmt.Sprintf("%q is not in %s to %s", w.path, where, w.verb())
	if d.Hint != "" {
		return
	}
	d.Hint = "paths are those of " + where + ", not of the build context: look at what is there with RUN ls"
	if near := f.scene.input(ctx, f.vertex, w.input).near(ctx, w.path); near != "" && near != w.path {
		d.Hint = "did you mean `" + near + "`? The path is looked for in " + where
	}
}

// The daemon tells where it keeps its files, which is nobody's business.
var notDirectory = late.Regexp(`cannot (copy to non-directory|replace to directory): \S*?/buildkit\d+(/\S*)|cannot (replace to directory) \S*?/buildkit\d+(/\S*) with file|mkdir (/\S*): (not a directory)|mkdir (/\S*): (file exists)`)

// notDirectory is a directory that is to go where there is something else, or the other
// way round.
func (j *job) notDirectory(ctx context.Context, f *failure) (diag.Diagnostic, bool) {
	m := notDirectory().FindStringSubmatch(f.text)
	if m == nil {
		return diag.Diagnostic{}, false
	}
	name := m[2] + m[4] + m[5] + m[7]
	d := diag.Diagnostic{Code: "not-a-directory", Message: fmt.Sprintf("`%s` is no directory in the image", name),
		Hint: "choose another destination, or remove `" + name + "` in an earlier RUN"}
	if m[1]+m[3] == "replace to directory" {
		d.Message = fmt.Sprintf("`%s` is a directory in the image, and a file in what is copied", name)
		return d, true
	}
	if m[1] != "" {
		d.Message = fmt.Sprintf("`%s` is no directory in the image, but one in what is copied", name)
	}
	if f.vertex == nil {
		return d, true
	}
	e := f.below(ctx).entry(ctx, name)
	if e == nil || !isLink(e) {
		return d, true
	}
	d.Message = fmt.Sprintf("`%s` is a link to `%s` in the image", name, e.Linkname)
	d.Hint = "copy what is in the directory to where the link leads"
	if m[1] != "" {
		d.Message += ", and a directory in what is copied"
		if line := f.copyInside(name); line != "" {
			d.Hint += ": `" + line + "`"
		}
	}
	return d, true
}

// below is the tree that the vertex of a COPY or WORKDIR works on.
func (f *failure) below(ctx context.Context) *tree {
	for _, a := range f.vertex.op.GetFile().GetActions() {
		if int(a.Input) < len(f.vertex.op.Inputs) {
			return f.scene.input(ctx, f.vertex, int64(a.Input))
		}
	}
	return nil
}

// copyInside is a COPY of the directory that goes to a place, into that place; "" when the
// instruction does not say which it is.
func (f *failure) copyInside(name string) string {
	st := f.plan()
	if st == nil {
		return ""
	}
	b, ok := st.Op.Body.(*ir.Copy)
	t, transfer := st.Action.(*plan.Transfer)
	if !ok || !transfer || len(b.Sources) != 1 || len(t.Sources) != 1 || strings.ContainsAny(b.Sources[0], "*?[$") {
		return ""
	}
	inside, ok := strings.CutPrefix(name, strings.TrimSuffix(t.Dest, "/")+"/")
	if !ok {
		return ""
	}
	from := ""
	if b.From != "" {
		from = "--from=" + b.From + " "
	}
	return fmt.Sprintf("COPY %s%s/ %s/", from, path.Join(b.Sources[0], inside), name)
}

// linkLoop is a path that leads through links without an end, in what the step reads or in
// the image that it works on.
func (j *job) linkLoop(ctx context.Context, f *failure) (diag.Diagnostic, bool) {
	d := translate(f.text)
	st := f.plan()
	if d.Code != "link-loop" || st == nil {
		return d, false
	}
	t, ok := st.Action.(*plan.Transfer)
	if !ok {
		return d, false
	}
	for _, s := range t.Sources {
		if s.URL != "" || s.Git != nil {
			continue
		}
		p := path.Join("/", s.Path)
		switch {
		case t.From == nil && j.source != nil:
			var list diag.List
			if errors.As(j.source.Absent(ctx, p, "copy", ""), &list) && list[0].Code == d.Code {
				return list[0], true
			}
		case t.From != nil && f.scene.input(ctx, f.vertex, f.copied()).loops(ctx, p):
			where := "the image `" + t.From.Asked() + "`"
			if t.From.Def() != nil {
				where = "the stage `" + t.From.Name + "`"
			}
			return input.LinkLoop(fmt.Sprintf("%q of %s", p, where), "look at the links of "+where+", not at those of the build context: RUN ls -l "+p), true
		}
	}
	if f.below(ctx).loops(ctx, t.Dest) {
		return input.LinkLoop(fmt.Sprintf("%q in the image", t.Dest), "a link there leads to itself: remove it in an earlier RUN, or choose another destination"), true
	}
	return d, true
}

var noAccount = late.Regexp(`unable to find (user|group) ([^\s:]+): (.*)`)

// unknownUser is a user or group that the image does not have, with the USER that names it.
func (j *job) unknownUser(_ context.Context, f *failure) (diag.Diagnostic, bool) {
	m := noAccount().FindStringSubmatch(f.text)
	if m == nil {
		return diag.Diagnostic{}, false
	}
	kind, name := m[1], m[2]
	d := diag.Diagnostic{Code: "unknown-" + kind, Message: fmt.Sprintf("the image has no %s `%s`, which the step is to run as", kind, name),
		Hint: fmt.Sprintf("make it in an earlier RUN (%s), or give a number, which needs no entry", map[string]string{
			"user": "useradd or adduser", "group": "groupadd or addgroup"}[kind])}
	if f.vertex == nil || f.vertex.stage == nil {
		return d, true
	}
	op, image := f.vertex.stage.UserOf(f.vertex.step)
	switch {
	case op != nil && len(op.Origin.Spans()) > 0:
		d.Related = append(d.Related, diag.Related{Span: op.Origin.Spans()[0], Message: "it is named here"})
	case image:
		d.Hint = "the config of the base image names it: set another with USER; or " + d.Hint
	}
	return d, true
}
