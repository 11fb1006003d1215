package eval

import "slices"

// View is a State for those who see it from afar, as JSON.
type View struct {
	// Env are variables of ENV and ARG whose value is known, and Unknown those that are set, too.
	Env     map[string]string `json:"env,omitempty"`
	Unknown []string          `json:"unknown,omitempty"`
	// Lost tells that another variable was set, and nobody knows which.
	Lost bool `json:"lost,omitempty"`

	User    string   `json:"user,omitempty"` // as the last USER has it; "" is root, if Known says so
	Known   bool     `json:"user_known"`
	Workdir string   `json:"workdir,omitempty"` // "" is not known
	Shell   []string `json:"shell,omitempty"`
}

// Env are the variables of ENV, which an image keeps. What is not known of a value stands as it is
// written.
func (s *State) Env() map[string]string {
	env := map[string]string{}
	s.vars.each(func(name string, v variable) {
		if !v.env && v.under != nil {
			v = *v.under
		}
		if v.env {
			env[name] = v.value
		}
	})
	return env
}

// View gives what a state says.
func (s *State) View() *View {
	v := &View{User: s.User, Known: s.UserKnown, Workdir: s.Workdir, Shell: s.Shell, Lost: s.lost, Env: map[string]string{}}
	s.vars.each(func(name string, _ variable) {
		switch value, set, known := s.Var(name); {
		case set && known:
			v.Env[name] = value
		case set:
			v.Unknown = append(v.Unknown, name)
		}
	})
	slices.Sort(v.Unknown)
	return v
}
