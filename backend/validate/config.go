package validate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Setting is a part of the image's config that differs.
type Setting struct {
	Name   string `json:"name"` // like Env PATH
	Change Change `json:"change"`
	A      string `json:"a,omitempty"` // a text, or JSON
	B      string `json:"b,omitempty"`
	Form   string `json:"form,omitempty"` // the same but for this
}

// apart are the parts of a config that no container sees: when and how the image was made.
// Its layers are compared as a tree.
var apart = []string{"created", "history", "rootfs"}

// compareConfigs compares two configs, all parts of them, also those that this program has
// never heard of. The times and the texts of their histories are apart.
func compareConfigs(a, b *Image) (settings []Setting, history []Aspect, err error) {
	x, err := fieldsOf(a)
	if err != nil {
		return nil, nil, err
	}
	y, err := fieldsOf(b)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range union(x, y) {
		switch {
		case slices.Contains(apart, name):
		case name == "config":
			inner, err := containerConfigs(x[name], y[name])
			if err != nil {
				return nil, nil, err
			}
			settings = append(settings, inner...)
		default:
			settings = append(settings, values(title(name), x[name], y[name])...)
		}
	}
	return settings, histories(a, b), nil
}

// fieldsOf gives the parts of a JSON object, those that are empty left out: null, "", [], {}
// and what is missing mean the same in a config.
func fieldsOf(i *Image) (map[string]any, error) {
	var m map[string]any
	if err := decode(i.Config, &m); err != nil {
		return nil, damaged(i.Name, "its config is no JSON object: %v", err)
	}
	return m, nil
}

// decode reads JSON, with numbers as they are written.
func decode(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return d.Decode(v)
}

// containerConfigs compares what a container is started with.
func containerConfigs(a, b any) (list []Setting, err error) {
	x, okA := a.(map[string]any)
	y, okB := b.(map[string]any)
	if a != nil && !okA || b != nil && !okB {
		return values("Config", a, b), nil
	}
	for _, name := range union(x, y) {
		switch name {
		case "Env":
			list = append(list, environments(x[name], y[name])...)
		case "Labels", "ExposedPorts", "Volumes":
			list = append(list, members(strings.TrimSuffix(name, "s"), x[name], y[name])...)
		default:
			list = append(list, values(name, x[name], y[name])...)
		}
	}
	return list, nil
}

// environments compares lists of NAME=VALUE. The order is seen by a program that lists all.
func environments(a, b any) []Setting {
	x, okA := pairs(a)
	y, okB := pairs(b)
	if !okA || !okB {
		return values("Env", a, b)
	}
	list := members("Env", x, y)
	if len(list) == 0 && encoded(a) != encoded(b) {
		return []Setting{{Name: "Env", Change: Changed, A: text(a), B: text(b), Form: "their order"}}
	}
	return list
}

// pairs reads NAME=VALUE. A name that is there twice has no one value.
func pairs(v any) (map[string]any, bool) {
	if v == nil {
		return nil, true
	}
	items, ok := v.([]any)
	m := map[string]any{}
	for _, item := range items {
		s, isText := item.(string)
		name, value, isPair := strings.Cut(s, "=")
		_, twice := m[name]
		if !isText || !isPair || twice {
			return nil, false
		}
		m[name] = value
	}
	return m, ok
}

// members compares objects, each member as a setting.
func members(name string, a, b any) (list []Setting) {
	x, okA := a.(map[string]any)
	y, okB := b.(map[string]any)
	if a != nil && !okA || b != nil && !okB {
		return values(name, a, b)
	}
	for _, key := range union(x, y) {
		left, inA := x[key]
		right, inB := y[key]
		s := Setting{Name: name + " " + key, Change: Changed, A: text(left), B: text(right)}
		switch {
		case !inB:
			s.Change, s.B = Removed, ""
		case !inA:
			s.Change, s.A = Added, ""
		case encoded(left) == encoded(right):
			continue
		}
		list = append(list, s)
	}
	return list
}

// values compares two values, of which nil is none.
func values(name string, a, b any) []Setting {
	s := Setting{Name: name, Change: Changed, A: text(a), B: text(b)}
	switch {
	case empty(a) && empty(b), encoded(a) == encoded(b):
		return nil
	case empty(b):
		s.Change, s.B = Removed, ""
	case empty(a):
		s.Change, s.A = Added, ""
	}
	return []Setting{s}
}

// empty tells whether a part of a config says nothing: null, "", false, [] and {} are as if
// it were missing. An empty list of an entry point or a command is none, too.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// text shows a value: a string as it is, and anything else as JSON.
func text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return encoded(v)
}

// encoded is a value as JSON, with the keys of objects in order.
func encoded(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSpace(b.String())
}

func union(x, y map[string]any) []string {
	all := maps.Clone(x)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, y)
	return slices.Sorted(maps.Keys(all))
}

// title is a key of a config as docker writes it: Architecture, Os.
func title(key string) string {
	if key == "" {
		return key
	}
	return strings.ToUpper(key[:1]) + key[1:]
}

// histories compares when and by which steps the images were made.
func histories(a, b *Image) (list []Aspect) {
	created := func(i *Image) string {
		if i.parsed.Created == nil {
			return "unknown"
		}
		return i.parsed.Created.UTC().Format("2006-01-02T15:04:05.999999999Z")
	}
	if x, y := created(a), created(b); x != y {
		list = append(list, Aspect{What: "created", A: x, B: y})
	}
	x, y := a.parsed.History, b.parsed.History
	if len(x) != len(y) {
		return append(list, Aspect{What: "history", A: plural(len(x), "entry", "entries"), B: plural(len(y), "entry", "entries")})
	}
	differ := 0
	for i, left := range x {
		right := y[i]
		left.Created, right.Created = nil, nil
		if left != right {
			differ++
		}
	}
	if differ > 0 {
		entries := fmt.Sprintf("%d of %d entries have another text", differ, len(x))
		list = append(list, Aspect{What: "history", A: entries, B: entries})
	}
	return list
}
