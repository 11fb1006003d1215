package ir

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/lexer"
	"github.com/seed-e0495807/strake/lang/source"
)

// MaxOriginDepth is how many origins may lie behind one another: more means that
// passes feed on what they made.
const MaxOriginDepth = 256

// Verify checks what a pass could have broken: that nothing is nil, that origins
// lead back to places in the files, and that every stage and op can be written
// as an instruction which reads back as the same. A module that Build made
// without an error is valid; duplicate stage names are, as in BuildKit.
//
// Every code starts with "ir-". Verify takes any module, however broken, and
// never changes it.
func Verify(m *Module) diag.List { return VerifyChange(nil, m) }

// VerifyChange is Verify for what a valid module has become. What both have was looked at and
// read back when old was verified, and is not again.
func VerifyChange(old, m *Module) diag.List {
	v := verifier{m: m, heights: map[*Origin]int{}, ops: map[*Op]bool{}, stages: map[*Stage]bool{}}
	if old != nil && m != nil && old.Escape == m.Escape {
		v.known, v.froms = opsOf(old), map[from]bool{}
		for _, s := range old.Stages {
			v.froms[fromOf(s)] = true
		}
	}
	if m == nil {
		v.errorf(nil, "ir-nil", "is nil")
		return v.diags
	}
	v.module()
	if v.escape = m.Escape; v.escape != '`' {
		v.escape = '\\' // also for an invalid one, which has been told
	}
	for i, op := range m.Args {
		v.where = place{what: "global argument", op: i + 1}
		v.op(op)
		v.global(op)
	}
	for i, s := range m.Stages {
		v.where = place{what: "stage", stage: i}
		v.stage(s)
	}
	return v.diags
}

// VerifyLowered is Verify for a module that goes to a backend: no *Custom may be
// left.
func VerifyLowered(m *Module) diag.List {
	diags := Verify(m)
	if m == nil {
		return diags
	}
	v := verifier{diags: diags}
	for i, s := range m.Stages {
		if s == nil {
			continue
		}
		for j, op := range s.Ops {
			if op == nil || isNil(op.Body) {
				continue
			}
			if c, ok := op.Body.(*Custom); ok {
				v.where = place{what: "op", op: j + 1, stage: i}
				v.errorf(op.Origin, "ir-custom", "%s was not expanded by any plugin", c.Name).
					Hint = "name the plugin that has this instruction, or remove it"
			}
		}
	}
	return v.diags
}

func opsOf(m *Module) map[*Op]bool {
	all := map[*Op]bool{}
	for _, op := range m.Args {
		all[op] = true
	}
	for _, s := range m.Stages {
		for _, op := range s.Ops {
			all[op] = true
		}
	}
	return all
}

// from is what the text of a FROM says.
type from struct{ name, base, platform string }

func fromOf(s *Stage) from { return from{s.Name, s.Base, s.Platform} }

// place is what is being looked at, for messages.
type place struct {
	what    string // "global argument", "stage" or "op"; "" is the module
	op      int    // from 1
	stage   int
	name    string // of the stage
	keyword string // of the op
}

// String is for people, like "op 2 of stage 1 (build) (RUN)".
func (p place) String() string {
	text := "module"
	switch p.what {
	case "global argument":
		text = fmt.Sprintf("global argument %d", p.op)
	case "stage":
		text = fmt.Sprintf("stage %d", p.stage)
	case "op":
		text = fmt.Sprintf("op %d of stage %d", p.op, p.stage)
	}
	for _, more := range []string{p.name, p.keyword} {
		if more != "" {
			text += " (" + more + ")"
		}
	}
	return text
}

type verifier struct {
	m       *Module
	known   map[*Op]bool  // that were verified
	froms   map[from]bool // that read back
	escape  byte
	diags   diag.List
	where   place
	heights map[*Origin]int // of those that are known to be sound; 0 while looked at
	ops     map[*Op]bool
	stages  map[*Stage]bool
}

// errorf reports an error about what v.where says, at the first place that its
// origin leads to.
func (v *verifier) errorf(o *Origin, code, format string, args ...any) *diag.Diagnostic {
	var at source.Span
	if spans := o.Spans(); len(spans) > 0 {
		at = spans[0]
	}
	return v.diags.Errorf(at, code, "%s: %s", v.where, fmt.Sprintf(format, args...))
}

func (v *verifier) module() {
	if v.m.Escape != '\\' && v.m.Escape != '`' {
		v.errorf(nil, "ir-escape", "%q is no escape character", v.m.Escape).Expected = "` or \\"
	}
	v.directive("syntax", v.m.Syntax)
	v.directive("check", v.m.Check)
	if len(v.m.Stages) == 0 {
		v.errorf(nil, "ir-no-stage", "has no stages")
	}
}

func (v *verifier) directive(name, value string) {
	_, got, _ := lexer.ParseDirective(name + "=" + value)
	if value != "" && (got != value || strings.Contains(value, "\n")) {
		v.errorf(nil, "ir-directive", "%q cannot be the value of the %s directive", value, name)
	}
}

// global checks what an op before the first FROM has to be.
func (v *verifier) global(op *Op) {
	if op == nil || isNil(op.Body) {
		return
	}
	if _, ok := op.Body.(*Arg); !ok {
		v.errorf(op.Origin, "ir-global", "is %T; only ARG may stand before the first FROM", op.Body)
	}
}

// stageName is BuildKit's pattern of a valid name, lower case as it stores it.
var stageName = late.Regexp(`^[a-z][a-z0-9-_.]*$`)

func (v *verifier) stage(s *Stage) {
	if s == nil {
		v.errorf(nil, "ir-nil", "is nil")
		return
	}
	if v.stages[s] {
		v.errorf(s.Origin, "ir-shared", "is in the module twice")
		return
	}
	v.stages[s] = true
	v.where.name = s.Name
	v.origin(s.Origin)
	v.code(s.Code, s.Origin)
	switch {
	case s.Name != "" && !stageName().MatchString(s.Name):
		v.errorf(s.Origin, "ir-stage-name", "invalid stage name %q", s.Name).
			Expected = "a lower case letter, then lower case letters, digits, `-`, `_` or `.`"
	case s.Base == "":
		v.errorf(s.Origin, "ir-base", "has no base").Expected = "an image, the name of an earlier stage, or scratch"
	case !v.froms[fromOf(s)]:
		v.from(s)
	}
	for _, c := range s.Comments {
		if c == "" || strings.TrimSpace(c) != c || strings.Contains(c, "\n") {
			v.errorf(s.Origin, "ir-comment", "%q is no line of a comment", c).Expected = "one line, without blanks at its ends"
		}
	}
	stage := v.where.stage
	for i, op := range s.Ops {
		v.where = place{what: "op", op: i + 1, stage: stage, name: s.Name}
		v.op(op)
	}
}

// from checks that the FROM reads back.
func (v *verifier) from(s *Stage) {
	text := FormatFrom(s, v.escape)
	in, err := parseOne(text, v.escape)
	if err != nil {
		v.errorf(s.Origin, "ir-read-back", "cannot be written: `%s` does not read back: %v", text, err)
		return
	}
	if f, ok := in.(*lang.From); !ok || !SameStage(f, s) {
		v.errorf(s.Origin, "ir-read-back", "cannot be written: `%s` reads back as another stage", text)
	}
}

func (v *verifier) code(code string, o *Origin) {
	if strings.Contains(code, "\n") {
		v.errorf(o, "ir-code", "its code has a line break").Expected = "the instruction as one line"
	}
}

// origin checks a chain of origins.
func (v *verifier) origin(o *Origin) {
	if problem := v.chain(o, 0); problem != "" {
		v.errorf(o, "ir-origin", "its origin %s", problem)
	}
}

// chain says what is wrong with an origin that lies depth behind an op, or "".
func (v *verifier) chain(o *Origin, depth int) string {
	if o == nil {
		return "is nil"
	}
	height, seen := v.heights[o]
	switch {
	case seen && height == 0:
		return "is made out of itself"
	case depth+height >= MaxOriginDepth:
		return fmt.Sprintf("has more than %d others behind it", MaxOriginDepth)
	case seen:
		return ""
	}
	if problem := v.place(o); problem != "" {
		return problem
	}
	v.heights[o] = 0
	for _, from := range o.From {
		if problem := v.chain(from, depth+1); problem != "" {
			delete(v.heights, o)
			return problem
		}
		height = max(height, v.heights[from])
	}
	v.heights[o] = height + 1
	return ""
}

// place says what is wrong with the span of an origin, or "".
func (v *verifier) place(o *Origin) string {
	switch s := o.Span; {
	case s.IsZero() && o.By == "" && len(o.From) == 0:
		return "says nothing"
	case s.IsZero():
		return ""
	case int(s.File) >= len(v.m.Files):
		return fmt.Sprintf("is in file %d; there are %d", s.File, len(v.m.Files))
	case s.Start > s.End || int(s.End) > len(v.m.Files[s.File].Text):
		return fmt.Sprintf("is at %d-%d, outside its file", s.Start, s.End)
	}
	return ""
}

func (v *verifier) op(op *Op) {
	if op == nil {
		v.errorf(nil, "ir-nil", "is nil")
		return
	}
	if v.ops[op] {
		v.errorf(op.Origin, "ir-shared", "is in the module twice")
		return
	}
	v.ops[op] = true
	v.origin(op.Origin)
	if v.known[op] {
		return
	}
	v.code(op.Code, op.Origin)
	list, ok := fields(op.Body)
	switch {
	case isNil(op.Body):
		v.errorf(op.Origin, "ir-nil", "its body is nil")
	case !ok:
		v.errorf(op.Origin, "ir-body", "%T is no body", op.Body)
	default:
		v.where.keyword = op.Body.Keyword()
		if v.fields(op, list) {
			v.readBack(op)
		}
	}
}

// readBack checks that some text stands for the body.
func (v *verifier) readBack(op *Op) {
	text := Format(op.Body, v.escape)
	got, err := ParseBody(text, v.escape)
	switch {
	case err != nil:
		v.errorf(op.Origin, "ir-read-back", "cannot be written: `%s` does not read back: %v", text, err)
	case !Equal(got, op.Body):
		v.errorf(op.Origin, "ir-read-back", "cannot be written: `%s` reads back as `%s`", text, Format(got, v.escape))
	}
}

// oneOf reports a value that is not among those allowed; "" always is.
func (v *verifier) oneOf(op *Op, flag, value string, allowed ...string) {
	if value != "" && !slices.Contains(allowed, value) {
		v.errorf(op.Origin, "ir-value", "invalid %s mode %q", flag, value).Expected = strings.Join(allowed, ", ")
	}
}
