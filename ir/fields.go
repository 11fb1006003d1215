package ir

import (
	"reflect"
	"slices"
	"time"
)

// field is a field of a body: its name in the textual form and a pointer to it.
// The pointer is a *string, *bool, **bool, *int, *time.Duration, *[]string,
// *Command, *[]Heredoc, *[]Inline, *[]Mount, *[]Device, *[]Pair or *[]Default.
type field struct {
	name string // "" for a field that comes first and is not named
	at   any
}

// fields lists the fields of a body in the order of the textual form. It is the
// one description of the bodies that printing, parsing and comparing share. It
// reports false for what is no body of this package, nil pointers included.
func fields(b Body) ([]field, bool) {
	if isNil(b) {
		return nil, false
	}
	switch b := b.(type) {
	case *Run:
		return []field{{"", &b.Command}, {"mount", &b.Mounts}, {"network", &b.Network}, {"security", &b.Security},
			{"device", &b.Devices}, {"heredoc", &b.Heredocs}}, true
	case *Copy:
		return []field{{"", &b.Sources}, {"inline", &b.Inline}, {"to", &b.Dest}, {"from", &b.From}, {"chown", &b.Chown},
			{"chmod", &b.Chmod}, {"link", &b.Link}, {"parents", &b.Parents}, {"exclude", &b.Excludes}}, true
	case *Add:
		return []field{{"", &b.Sources}, {"inline", &b.Inline}, {"to", &b.Dest}, {"chown", &b.Chown}, {"chmod", &b.Chmod},
			{"checksum", &b.Checksum}, {"link", &b.Link}, {"keep-git-dir", &b.KeepGitDir}, {"unpack", &b.Unpack},
			{"exclude", &b.Excludes}}, true
	case *Env:
		return []field{{"", &b.Pairs}}, true
	case *Label:
		return []field{{"", &b.Pairs}}, true
	case *Arg:
		return []field{{"", &b.Defaults}}, true
	case *Cmd:
		return []field{{"", &b.Command}}, true
	case *Entrypoint:
		return []field{{"", &b.Command}}, true
	case *Shell:
		return []field{{"", &b.Args}}, true
	case *Workdir:
		return []field{{"", &b.Path}}, true
	case *User:
		return []field{{"", &b.Name}}, true
	case *Expose:
		return []field{{"", &b.Ports}}, true
	case *Volume:
		return []field{{"", &b.Paths}}, true
	case *StopSignal:
		return []field{{"", &b.Signal}}, true
	case *Maintainer:
		return []field{{"", &b.Name}}, true
	case *Healthcheck:
		return []field{{"", &b.Command}, {"none", &b.None}, {"interval", &b.Interval}, {"timeout", &b.Timeout},
			{"start-period", &b.StartPeriod}, {"start-interval", &b.StartInterval}, {"retries", &b.Retries}}, true
	case *Onbuild:
		return []field{{"", &b.Trigger}}, true
	case *Custom:
		return []field{{"", &b.Name}, {"flags", &b.Flags}, {"args", &b.Args}, {"heredoc", &b.Heredocs}}, true
	}
	return nil, false
}

// isNil reports whether b is nil, or a nil pointer to a body.
func isNil(b Body) bool {
	v := reflect.ValueOf(b)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

// Known reports whether b is a body of this package, and not nil.
func Known(b Body) bool {
	_, ok := fields(b)
	return ok
}

// newBody makes an empty body of a keyword, or nil for an unknown one. CUSTOM
// stands for every *Custom.
func newBody(keyword string) Body {
	switch keyword {
	case "RUN":
		return &Run{}
	case "COPY":
		return &Copy{}
	case "ADD":
		return &Add{}
	case "ENV":
		return &Env{}
	case "LABEL":
		return &Label{}
	case "ARG":
		return &Arg{}
	case "CMD":
		return &Cmd{}
	case "ENTRYPOINT":
		return &Entrypoint{}
	case "SHELL":
		return &Shell{}
	case "WORKDIR":
		return &Workdir{}
	case "USER":
		return &User{}
	case "EXPOSE":
		return &Expose{}
	case "VOLUME":
		return &Volume{}
	case "STOPSIGNAL":
		return &StopSignal{}
	case "MAINTAINER":
		return &Maintainer{}
	case "HEALTHCHECK":
		return &Healthcheck{}
	case "ONBUILD":
		return &Onbuild{}
	case "CUSTOM":
		return &Custom{}
	}
	return nil
}

// Equal reports whether two bodies say the same. A nil list equals an empty
// one. Nil bodies equal nothing.
func Equal(a, b Body) bool {
	if reflect.TypeOf(a) != reflect.TypeOf(b) {
		return false
	}
	fa, ok := fields(a)
	fb, okb := fields(b)
	if !ok || !okb {
		return false
	}
	for i := range fa {
		if !equalField(fa[i].at, fb[i].at) {
			return false
		}
	}
	return true
}

// equalField compares what two pointers of one type point to.
func equalField(a, b any) bool {
	switch a := a.(type) {
	case *string:
		return *a == *b.(*string)
	case *bool:
		return *a == *b.(*bool)
	case **bool:
		b := b.(**bool)
		return (*a == nil) == (*b == nil) && (*a == nil || **a == **b)
	case *int:
		return *a == *b.(*int)
	case *time.Duration:
		return *a == *b.(*time.Duration)
	case *[]string:
		return slices.Equal(*a, *b.(*[]string))
	case *Command:
		b := b.(*Command)
		return a.Exec == b.Exec && a.Line == b.Line && slices.Equal(a.Args, b.Args)
	case *[]Heredoc:
		return slices.Equal(*a, *b.(*[]Heredoc))
	case *[]Inline:
		return slices.Equal(*a, *b.(*[]Inline))
	case *[]Mount:
		return slices.EqualFunc(*a, *b.(*[]Mount), slices.Equal)
	case *[]Device:
		return slices.Equal(*a, *b.(*[]Device))
	case *[]Pair:
		return slices.Equal(*a, *b.(*[]Pair))
	case *[]Default:
		return slices.Equal(*a, *b.(*[]Default))
	}
	return false
}
