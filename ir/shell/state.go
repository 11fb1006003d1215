package shell

import (
	"encoding/json"
	"maps"
	"path"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/words"
)

// State is what is in force where an op stands. States are shared: nobody changes one.
type State struct {
	Shell   []string
	User    string // as the last USER has it, "" is root
	Workdir string // "" is not known
	// UserKnown is false when the base image may have set a user.
	UserKnown bool
	// Triggers tells that the base image has ONBUILD instructions, which run first and of
	// which nothing is known here.
	Triggers bool

	vars  map[string]variable
	users map[string]Account
}

// Account is a user of the image.
type Account struct {
	UID, GID int
	Home     string
}

// variable is one of ENV or ARG.
type variable struct {
	value string
	known bool
	env   bool // of ENV, over which ARG has no power
}

// NewState is that of an image with this user ("" is root), known or not, and these
// variables.
func NewState(user string, known bool, env map[string]string, users map[string]Account) *State {
	s := &State{Shell: Default(), User: user, UserKnown: known, Workdir: "/", vars: map[string]variable{}, users: users}
	for k, v := range env {
		s.vars[k] = variable{v, true, true}
	}
	return s
}

// FromConfig is the state that an image config starts a stage with.
func FromConfig(config json.RawMessage, users map[string]Account) (*State, error) {
	var image struct {
		Config struct {
			User, WorkingDir    string
			Env, Shell, OnBuild []string
		} `json:"config"`
	}
	if err := json.Unmarshal(config, &image); err != nil {
		return nil, err
	}
	s := NewState(image.Config.User, true, nil, users)
	if image.Config.WorkingDir != "" {
		s.Workdir = image.Config.WorkingDir
	}
	s.Triggers = len(image.Config.OnBuild) > 0
	if len(image.Config.Shell) > 0 {
		s.Shell = image.Config.Shell
	}
	for _, e := range image.Config.Env {
		name, value, _ := strings.Cut(e, "=")
		s.vars[name] = variable{value, true, true}
	}
	return s, nil
}

// Var gives a variable of ENV or ARG. It is not known when it depends on how the image
// is built.
func (s *State) Var(name string) (value string, set, known bool) {
	v, set := s.vars[name]
	return v.value, set, v.known || !set
}

// Lookup gives a variable whose value is known, and HOME.
func (s *State) Lookup(name string) (string, bool) {
	if v, ok := s.vars[name]; ok {
		return v.value, v.known
	}
	if name == "HOME" {
		home := s.Home()
		return home, home != ""
	}
	return "", false
}

// Get makes a State the variables of words of the Dockerfile.
func (s *State) Get(name string) (string, bool) {
	v, ok := s.vars[name]
	return v.value, ok && v.known
}

// Root tells whether commands surely run as root.
func (s *State) Root() bool {
	user, _, _ := strings.Cut(s.User, ":")
	return s.UserKnown && (user == "" || user == "root" || user == "0")
}

// Account gives the numbers of the user in force, and the home directory, which is ""
// when it is not known. It is false when the numbers are not known.
func (s *State) Account() (Account, bool) {
	if s.Root() {
		return Account{Home: s.Home()}, true
	}
	user, group, _ := strings.Cut(s.User, ":")
	if a, ok := s.users[user]; ok && s.UserKnown && group == "" {
		return a, true
	}
	uid, err := strconv.Atoi(user)
	if err != nil || !s.UserKnown {
		return Account{}, false
	}
	gid := 0 // of a number that is no user of the image
	if group != "" {
		if gid, err = strconv.Atoi(group); err != nil {
			return Account{}, false
		}
	}
	for _, a := range s.users {
		if a.UID == uid && group == "" {
			return a, true
		}
	}
	return Account{UID: uid, GID: gid}, true
}

// Home is the home directory of the user in force, "" when it is not known.
func (s *State) Home() string {
	if v, ok := s.vars["HOME"]; ok {
		return v.value
	}
	if s.Root() {
		return "/root"
	}
	user, _, _ := strings.Cut(s.User, ":")
	return s.users[user].Home
}

// States gives the state in front of each op of a stage, and behind the last. What the
// stage goes back to starts with base.
func States(m *ir.Module, stage int, base *State) []*State {
	s := base
	lexer := &words.Lexer{Escape: rune(m.Escape), SkipUnset: true}
	for _, body := range Inherited(m, stage) {
		s = s.after(body, lexer)
	}
	list := make([]*State, 0, len(m.Stages[stage].Ops)+1)
	for _, op := range m.Stages[stage].Ops {
		list = append(list, s)
		s = s.after(op.Body, lexer)
	}
	return append(list, s)
}

// Inherited is what runs in front of the ops of a stage: those of the stages that it goes
// back to, and the triggers of its parent, which are run by no other stage.
func Inherited(m *ir.Module, stage int) []ir.Body {
	p := Parent(m, stage)
	if p < 0 {
		return nil
	}
	list := Inherited(m, p)
	for _, op := range m.Stages[p].Ops {
		list = append(list, op.Body)
	}
	for _, op := range m.Stages[p].Ops {
		if on, ok := op.Body.(*ir.Onbuild); ok {
			if body, err := ir.ParseBody(on.Trigger, '\\'); err == nil { // as BuildKit reads it; others end the build
				list = append(list, body)
			}
		}
	}
	return list
}

// Parent is the stage that a stage starts from, -1 when that is an image.
func Parent(m *ir.Module, stage int) int {
	for i := stage - 1; i >= 0; i-- {
		if m.Stages[i].Name != "" && m.Stages[i].Name == m.Stages[stage].Base {
			return i
		}
	}
	return -1
}

// after is the state behind an op.
func (s *State) after(body ir.Body, lexer *words.Lexer) *State {
	out := *s
	switch b := body.(type) {
	case *ir.Shell:
		out.Shell = b.Args
	case *ir.User:
		name, known := s.word(b.Name, lexer)
		out.User, out.UserKnown = name, known
	case *ir.Workdir:
		dir, known := s.word(b.Path, lexer)
		switch {
		case !known:
			out.Workdir = ""
		case path.IsAbs(dir):
			out.Workdir = path.Clean(dir)
		case s.Workdir != "":
			out.Workdir = path.Join(s.Workdir, dir)
		}
	case *ir.Env:
		out.vars = maps.Clone(s.vars)
		for _, p := range b.Pairs {
			value, known := s.word(p.Value, lexer)
			out.vars[p.Key] = variable{value, known, true}
		}
	case *ir.Arg:
		out.vars = maps.Clone(s.vars)
		for _, d := range b.Defaults {
			if !out.vars[d.Key].env {
				out.vars[d.Key] = variable{}
			}
		}
	case *ir.Run:
		out.addUsers(b)
	default:
		return s
	}
	return &out
}

// Expand gives a word of the Dockerfile with its variables expanded. It is false when one is
// not known. The escape is the module's.
func (s *State) Expand(text string, escape byte) (string, bool) {
	return s.word(text, &words.Lexer{Escape: rune(escape), SkipUnset: true})
}

// word expands a word of the Dockerfile; it is not known when a variable of it is not.
func (s *State) word(text string, lexer *words.Lexer) (string, bool) {
	if !strings.ContainsAny(text, "$\\\"'`") {
		return text, true
	}
	out, err := lexer.Word(text, s)
	return out, err == nil && !strings.Contains(out, "$")
}

// addUsers learns of users that a RUN makes with a number.
func (s *State) addUsers(run *ir.Run) {
	if !mentions(run, "useradd", "adduser") {
		return
	}
	script, err := Parse(run, s.Shell)
	if err != nil {
		return
	}
	copied := false
	for _, c := range script.Find("useradd", "adduser") {
		name, a, ok := newAccount(c)
		if !ok {
			continue
		}
		if !copied {
			s.users, copied = maps.Clone(s.users), true
			if s.users == nil {
				s.users = map[string]Account{}
			}
		}
		s.users[name] = a
	}
}

// mentions is a cheap look before a script is parsed.
func mentions(run *ir.Run, parts ...string) bool {
	for _, p := range parts {
		if strings.Contains(run.Command.Line, p) {
			return true
		}
		for _, a := range run.Command.Args {
			if strings.Contains(a, p) {
				return true
			}
		}
		for _, d := range run.Heredocs {
			if strings.Contains(d.Data, p) {
				return true
			}
		}
	}
	return false
}

// newAccount reads the options of useradd(8) of passwd 4.13, of adduser(8) 3.134 of Debian,
// and of BusyBox's adduser (not checked against a manual). Without a number for the group it
// is that of the user, which all make by default, but for adduser's system users and -N.
func newAccount(c *Command) (string, Account, bool) {
	a := Account{UID: -1, GID: -1}
	name, base := "", "/home"
	for i := 0; i < len(c.Args); i++ {
		option, value, joined := strings.Cut(c.Arg(i), "=")
		if !joined {
			value = c.Arg(i + 1)
		}
		takes := true
		switch {
		case option == "-u" || option == "--uid":
			a.UID = number(value)
		case option == "-g" || option == "--gid" || option == "-G" && c.Name == "adduser" || option == "--ingroup":
			a.GID = number(value)
		case option == "-d" && c.Name == "useradd" || option == "--home" || option == "--home-dir" || option == "-h" && c.Name == "adduser":
			a.Home = value
		case option == "--base-dir" || option == "-b" && c.Name == "useradd":
			base = value
		case isOneOf(option, "-s", "-c", "-G", "-k", "-K", "-p", "-e", "-f", "-Z", "--shell", "--comment", "--gecos", "--groups", "--password", "--skel",
			"--key", "--expiredate", "--inactive", "--selinux-user", "--firstuid", "--lastuid", "--firstgid", "--lastgid", "--conf"):
		case c.Name == "useradd" && isOneOf(option, "-R", "--root", "-P", "--prefix", "-D", "--defaults"):
			return "", a, false // of another root, or nobody
		case strings.HasPrefix(option, "-") && len(option) > 2 && !strings.HasPrefix(option, "--") && strings.HasSuffix(option, "u"):
			a.UID = number(value) // -mu 1000
		case strings.HasPrefix(option, "-"):
			takes = false
		default:
			takes = false
			if name = c.Arg(i); !c.Args[i].Known {
				return "", a, false
			}
		}
		if takes && !joined {
			i++
		}
	}
	system := c.Name == "adduser" && c.Has("-S", "--system")
	if a.Home == "" && !system { // which Debian gives /nonexistent, and BusyBox not
		a.Home = path.Join(base, name)
	}
	if a.GID < 0 && (!system || c.Has("--group")) && !c.Has("-g", "--gid", "-G", "--ingroup", "-N", "--no-user-group") {
		a.GID = a.UID
	}
	return name, a, name != "" && a.UID >= 0 && a.GID >= 0
}

func isOneOf(s string, list ...string) bool {
	for _, x := range list {
		if s == x {
			return true
		}
	}
	return false
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}
