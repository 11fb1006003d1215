package ir

import (
	"fmt"
	"strconv"
	"strings"
)

// record is one value of a field in brackets: a mount, a here document, or all
// pairs of an ENV.
type record []entry

// entry is key, key="value" or key:"value"; sep says which.
type entry struct {
	key   string
	sep   byte // 0, '=' or ':'
	value string
}

// records gives what a field of structured values holds, for printing.
func records(at any) []record {
	var out []record
	switch at := at.(type) {
	case *[]Pair:
		if len(*at) > 0 {
			out = append(out, pairEntries(*at))
		}
	case *[]Default:
		if len(*at) > 0 {
			out = append(out, defaultEntries(*at))
		}
	case *[]Mount:
		for _, m := range *at {
			out = append(out, mountEntries(m))
		}
	case *[]Device:
		for _, d := range *at {
			out = append(out, record{{"name", '=', d.Name}}.with("required", d.Required))
		}
	case *[]Heredoc:
		for _, d := range *at {
			out = append(out, append(record{{"name", '=', d.Name}}.with("chomp", d.Chomp), entry{"data", '=', d.Data}))
		}
	case *[]Inline:
		for _, f := range *at {
			r := record{{"word", '=', f.Word}, {"name", '=', f.Name}}.with("expand", f.Expand)
			out = append(out, append(r, entry{"data", '=', f.Data}))
		}
	}
	return out
}

func (r record) with(key string, on bool) record {
	if on {
		return append(r, entry{key: key})
	}
	return r
}

func pairEntries(pairs []Pair) record {
	r := make(record, len(pairs))
	for i, p := range pairs {
		r[i] = entry{p.Key, '=', p.Value}
		if p.Legacy {
			r[i].sep = ':'
		}
	}
	return r
}

func defaultEntries(defaults []Default) record {
	r := make(record, len(defaults))
	for i, d := range defaults {
		r[i] = entry{key: d.Key}
		if d.Set {
			r[i] = entry{d.Key, '=', d.Value}
		}
	}
	return r
}

func mountEntries(m Mount) record {
	r := make(record, len(m))
	for i, o := range m {
		r[i] = entry{key: o.Key}
		if o.HasValue {
			r[i] = entry{o.Key, '=', o.Value}
		}
	}
	return r
}

// entries writes the entries; values of several lines have a line for each.
func (r record) entries(indent string) []string {
	out := make([]string, len(r))
	for i, e := range r {
		out[i] = bareKey(e.key)
		if e.sep == 0 {
			continue
		}
		out[i] += string(rune(e.sep))
		if strings.Count(e.value, "\n") < 2 {
			out[i] += strconv.Quote(e.value)
			continue
		}
		for line := range strings.Lines(e.value) {
			out[i] += "\n" + indent + strconv.Quote(line)
		}
	}
	return out
}

// bareKey quotes a key that is no name.
func bareKey(key string) string {
	for i := 0; i < len(key); i++ {
		c := key[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || c < '0' || '9' < c) {
			return strconv.Quote(key)
		}
	}
	if key == "" {
		return `""`
	}
	return key
}

// setRecord adds one value to a field of structured values, for parsing.
func setRecord(at any, r record) error {
	switch at := at.(type) {
	case *[]Pair:
		for _, e := range r {
			if e.sep == 0 {
				return fmt.Errorf("%q has no value", e.key)
			}
			*at = append(*at, Pair{Key: e.key, Value: e.value, Legacy: e.sep == ':'})
		}
		return nil
	case *[]Default:
		for _, e := range r {
			*at = append(*at, Default{Key: e.key, Value: e.value, Set: e.sep != 0})
		}
		return r.noColon()
	case *[]Mount:
		m := make(Mount, len(r))
		for i, e := range r {
			m[i] = MountOption{Key: e.key, Value: e.value, HasValue: e.sep != 0}
		}
		*at = append(*at, m)
		return r.noColon()
	case *[]Device:
		*at = append(*at, Device{})
		d := &(*at)[len(*at)-1]
		return r.into(map[string]any{"name": &d.Name, "required": &d.Required})
	case *[]Heredoc:
		*at = append(*at, Heredoc{})
		d := &(*at)[len(*at)-1]
		return r.into(map[string]any{"name": &d.Name, "data": &d.Data, "chomp": &d.Chomp})
	case *[]Inline:
		*at = append(*at, Inline{})
		f := &(*at)[len(*at)-1]
		return r.into(map[string]any{"word": &f.Word, "name": &f.Name, "data": &f.Data, "expand": &f.Expand})
	}
	return fmt.Errorf("no list is wanted here")
}

func (r record) noColon() error {
	for _, e := range r {
		if e.sep == ':' {
			return fmt.Errorf("%q has a colon; only pairs do", e.key)
		}
	}
	return nil
}

// into sets the fields that the entries name: strings by key="value", flags by
// the key alone.
func (r record) into(fields map[string]any) error {
	for _, e := range r {
		switch at := fields[e.key].(type) {
		case *string:
			if e.sep != '=' {
				return fmt.Errorf("%s takes a value", e.key)
			}
			*at = e.value
		case *bool:
			if e.sep != 0 {
				return fmt.Errorf("%s takes no value", e.key)
			}
			*at = true
		default:
			return fmt.Errorf("unknown or repeated key %q", e.key)
		}
		delete(fields, e.key)
	}
	return nil
}
