package mergerun

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/plugins"
)

// state is how the shell of a RUN starts. It is never changed once made.
type state struct {
	image    int      // the stage whose base image says what is not said here; -1 when none does
	shell    []string // nil is not known
	dir      string   // absolute; "" is not known
	user     string   // "" is not known
	windows  bool     // it may be one of Windows, as long as SHELL does not say
	foreign  bool     // the platform is another than Linux
	startup  bool     // a variable is set that changes how a shell starts
	settings bool     // or that gives programs options, or says what they run
	hidden   bool     // the base image has triggers, which run first
	trigger  bool     // ONBUILD: what a stage that starts from here begins with
	past     past
}

// start is the state at the FROM of a stage.
func (j *job) start(stage int, ends []*state) *state {
	s := j.Module.Stages[stage]
	if i := eval.Parent(j.Module, stage); i >= 0 {
		if now := *ends[i]; now.trigger { // it can become anything
			return &state{image: -1, foreign: now.foreign, windows: now.windows, startup: true, past: now.past}
		}
		return ends[i]
	}
	now := &state{image: stage}
	if s.Base == "scratch" {
		now = &state{image: -1, shell: []string{"/bin/sh", "-c"}, dir: "/", user: "root"}
	}
	facts, err := j.host.Facts(j.ctx, stage)
	if err == nil && len(facts.Shell) > 0 && s.Base != "scratch" {
		now.shell = facts.Shell
	}
	name := strings.ToLower(s.Base)
	now.windows = j.Module.Escape == '`' || strings.HasPrefix(strings.ToLower(s.Platform), "windows")
	for _, p := range facts.Platforms {
		now.foreign = now.foreign || !strings.HasPrefix(p, "linux")
	}
	for _, part := range []string{"windows", "nanoserver", "servercore"} {
		now.windows = now.windows || strings.Contains(name, part)
	}
	return now
}

// after is the state behind an op.
func (j *job) after(now *state, at plugins.Place, body ir.Body) *state {
	next := *now
	switch b := body.(type) {
	case *ir.Shell:
		next.shell, next.windows = b.Args, false
	case *ir.User:
		next.user, _, _ = strings.Cut(j.word(at, b.Name), ":")
	case *ir.Workdir:
		dir := j.word(at, b.Path)
		switch {
		case path.IsAbs(dir):
			next.dir = path.Clean(dir)
		case dir == "" || now.dir == "":
			next.dir = ""
		default:
			next.dir = path.Join(now.dir, dir)
		}
	case *ir.Env:
		for _, p := range b.Pairs {
			next.variable(p.Key, p.Value)
		}
	case *ir.Arg:
		for _, d := range b.Defaults {
			next.variable(d.Key, "?") // who builds may give another value
		}
	case *ir.Copy:
		next.past = now.past.copied(now.dir, b)
	case *ir.Add:
		next.past = now.past.added(now.dir, b)
	case *ir.Onbuild:
		next.trigger = true
	case *ir.Custom:
		next = state{image: -1, startup: true, windows: now.windows, foreign: now.foreign, past: now.past} // it can become anything
	default:
		return now
	}
	return &next
}

// variable notes one of ENV or ARG. Those that change how a shell starts are of bash(1),
// Bash Variables, and of dash(1), ENV.
func (s *state) variable(key, value string) {
	switch {
	case slices.Contains([]string{"BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "BASH_COMPAT", "POSIXLY_CORRECT"}, key), strings.HasPrefix(key, "BASH_FUNC_"):
		s.startup = true
	case key == "PATH":
		s.settings = s.settings || !usual(value)
	case key == "HOME" && value == "/root":
	case changesPrograms(key):
		s.settings = true
	}
}

// usual tells a PATH of directories that have programs of distributions.
func usual(value string) bool {
	for _, dir := range strings.Split(strings.Trim(value, `"'`), ":") {
		if !slices.Contains(programDirs, dir) && dir != "$PATH" && dir != "${PATH}" {
			return false
		}
	}
	return true
}

// word expands a word, to "" when nobody can.
func (j *job) word(at plugins.Place, text string) string {
	if !strings.ContainsAny(text, "$\\`'\"") {
		return text
	}
	text, err := j.host.Expand(j.ctx, at, text)
	if err != nil {
		return ""
	}
	return text
}

// base reads the config of a stage's base image, which a plugin may when it is granted.
func (j *job) base(stage int) *eval.Image {
	data, err := j.host.BaseConfig(j.ctx, stage)
	if err != nil {
		return nil
	}
	i, err := eval.ReadImage(data)
	if err != nil {
		return nil
	}
	return i
}

// known fills in what the base image says.
func (j *job) known(now *state) *state {
	if now.image < 0 {
		return now
	}
	image, asked := j.images[now.image]
	if !asked {
		image = j.base(now.image)
		j.images[now.image] = image
	}
	if image == nil {
		return now
	}
	next := *now
	next.hidden = len(image.Config.OnBuild) > 0
	next.foreign = next.foreign || image.OS != "" && image.OS != "linux"
	if next.shell == nil {
		if next.shell = image.Config.Shell; len(next.shell) == 0 {
			next.shell = []string{"/bin/sh", "-c"}
		}
	}
	if next.dir == "" {
		next.dir = path.Join("/", image.Config.WorkingDir)
	}
	if next.user == "" {
		if next.user, _, _ = strings.Cut(image.Config.User, ":"); next.user == "" {
			next.user = "root"
		}
	}
	for _, v := range image.Config.Env {
		key, value, _ := strings.Cut(v, "=")
		next.variable(key, value)
	}
	return &next
}

// errexit says whether a shell stops at the first command that fails.
type errexit uint8

const (
	off errexit = iota
	maybe
	on
)

// dialect is what a shell is known to do.
type dialect struct {
	shell   []string
	bash    bool
	errexit errexit
}

// dialect gives that of the shell of RUN, or why it is none that is understood.
func (s *state) dialect() (dialect, *reason) {
	d := dialect{shell: s.shell, errexit: maybe}
	if s.foreign {
		return d, because("shell", "only on Linux is it known what is the same")
	}
	if s.hidden {
		return d, because("opaque", "the base image has triggers, which come before the stage and are not read")
	}
	if s.windows {
		return d, because("shell", "the shell may be one of Windows, and SHELL does not say")
	}
	if s.startup {
		return d, because("shell", "a shell that starts reads what a variable names, as BASH_ENV, which an earlier RUN may change")
	}
	if s.shell == nil {
		d.shell = shell.Default()
		return d, nil // sh, or what the base image says: checked where that counts
	}
	switch path.Base(s.shell[0]) {
	case "sh", "dash", "ash":
	case "bash":
		d.bash = true
	default:
		return d, because("shell", "the shell %s is none of sh, dash, ash and bash", s.shell[0])
	}
	set, ok := flags(s.shell[1:])
	if !ok {
		return d, because("shell", "the flags of the shell %q are none that are understood", s.shell)
	}
	d.errexit = off
	if set {
		d.errexit = on
	}
	return d, nil
}

// flags reads the flags of a shell up to -c. A flag that makes it read files, or not
// execute anything, is not understood.
func flags(args []string) (errexit, ok bool) {
	command := false
	for i := 0; i < len(args); i++ {
		flag := args[i]
		if len(flag) < 2 || flag[0] != '-' {
			return false, false
		}
		for _, c := range flag[1:] {
			switch c {
			case 'c':
				command = true
			case 'e':
				errexit = true
			case 'u', 'x', 'f':
			case 'o':
				if i++; i >= len(args) || !slices.Contains([]string{"pipefail", "errexit", "nounset", "xtrace"}, args[i]) {
					return false, false
				}
				errexit = errexit || args[i] == "errexit"
			default:
				return false, false
			}
		}
	}
	return errexit, command
}
