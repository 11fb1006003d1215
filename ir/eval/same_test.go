package eval

import (
	"reflect"
	"testing"
)

// TestSame holds that states of which any field differs are told apart.
func TestSame(t *testing.T) {
	base := func() *State {
		return NewState("u", true, "/w", map[string]string{"A": "1", "B": "2"}, map[string]Account{"u": {UID: 1}})
	}
	if !base().same(base()) {
		t.Error("a state is not the same as one that says the same")
	}
	differ := map[string]func(*State){
		"Shell": func(s *State) { s.Shell = []string{"/bin/bash", "-c"} }, "User": func(s *State) { s.User = "v" }, "Workdir": func(s *State) { s.Workdir = "/" },
		"OS": func(s *State) { s.OS = "linux" }, "UserKnown": func(s *State) { s.UserKnown = false }, "ShellKnown": func(s *State) { s.ShellKnown = true },
		"Triggers": func(s *State) { s.Triggers = true }, "lost": func(s *State) { s.lost = true }, "hidden": func(s *State) { s.hidden = &names{name: "A"} },
		"formed": func(s *State) { s.formed = &names{name: "A"} }, "globals": func(s *State) { s.globals = &globals{map[string]string{"A": "x"}} },
		"users": func(s *State) { s.users = s.users.with("u", Account{UID: 2}) },
		"vars":  func(s *State) { s.vars = s.vars.with("A", variable{value: "2", known: true, env: true}) },
	}
	for field := range reflect.TypeFor[State]().Fields() {
		change, ok := differ[field.Name]
		if !ok {
			t.Errorf("same does not look at %s", field.Name)
			continue
		}
		s := base()
		if change(s); s.same(base()) || base().same(s) {
			t.Errorf("states with another %s are the same", field.Name)
		}
	}
	more := base()
	if more.vars = more.vars.with("C", variable{}); more.same(base()) || base().same(more) {
		t.Error("states with more variables are the same")
	}
}
