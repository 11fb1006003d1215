package hadolint

import (
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

// valued are options of installing whose value is the next word, beside those that package effects
// knows: the value is no package.
var valued = map[string]string{
	"pip": "--group --report -C --cert --client-cert --log --retries --resume-retries --exists-action --use-feature --use-deprecated " +
		"--keyring-provider --default-timeout --global-option --build-option --config-setting --config-settings --hash",
	"npm": "--userconfig --globalconfig --workspace -w --tag --fetch-timeout --fetch-retries --fetch-retry-factor --fetch-retry-mintimeout " +
		"--fetch-retry-maxtimeout --maxsockets --install-strategy --cpu --os --libc --before --script-shell --cafile --location --depth " +
		"--https-proxy --proxy --noproxy --local-address --otp --auth-type --access --node-options --save-prefix --user-agent --heading",
	"apk": "--progress-fd --timeout --wait --cache-max-age",
}

// installs tells whether a command of a package manager has it install, and with what.
func installs(s *lint.Script, c *shell.Command, words ...string) (effects.Task, bool) {
	bare := c
	for option := range strings.FieldsSeq(valued[c.Name]) {
		if args := withoutOption(bare.Args, option); len(args) < len(bare.Args) {
			less := *bare
			less.Args, bare = args, &less
		}
	}
	task, ok := s.Task(bare)
	return task, ok && slices.Contains(words, task.Command)
}

// aptPins: a release and a file are as good as a version.
func aptPins() lint.Rule {
	r := rule("DL3008", "Packages that apt-get installs have a version", diag.Warning, "reproducible")
	r.View = eachCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		task, ok := installs(s, c, "install")
		if !ok {
			return
		}
		sayUnpinned(s, c, r, unpinned(s, task.Packages, func(name string) bool {
			return strings.ContainsAny(name, "=/") || strings.HasSuffix(name, ".deb")
		}), "curl=7.88.1-10")
	}, "apt-get")
	return r
}

// aptLists: lists that a stage has which is only copied from are in no image. A later RUN does not
// take them out of the layer of this one.
func aptLists() lint.Rule {
	r := rule("DL3009", "The lists of packages are deleted in the RUN that fetches them", diag.Info, "size")
	r.View = eachScript(func(s *lint.Script, r *lint.Report) {
		if s.Step.Stage.Shipped() {
			aptListsOf(s, r)
		}
	}, "apt-get", "apt", "aptitude")
	return r
}

const listsDir = "/var/lib/apt/lists"

func aptListsOf(s *lint.Script, r *lint.Report) {
	var update *shell.Command
	for _, c := range commands(s) {
		switch c.Name {
		case "apt-get", "apt", "aptitude":
			if _, ok := installs(s, c, "update"); ok {
				update = c
			} else if _, ok := installs(s, c, "distclean", "dist-clean"); ok {
				update = nil
			}
		case "rm", "find":
			if slices.ContainsFunc(flat(s, c), isList) {
				update = nil
			}
		}
	}
	if update == nil || cached(s, listsDir) || removesLists(s) {
		return
	}
	f := r.Command(s, update, "the lists that this fetches stay in the layer: delete "+listsDir+" in the same RUN")
	f.Fix("delete the lists at the end of the RUN", diag.Intent, s.Change(func(e *shell.Editor) { e.Behind(" && rm -rf " + listsDir + "/*") })...)
}

// isList tells a path, or a pattern, of which the lists are.
func isList(text string) bool {
	rest, ok := strings.CutPrefix(text, "/var/lib/")
	return ok && (rest == "" || rest == "*" || strings.HasPrefix(rest, "apt") || strings.HasPrefix(rest, "{") && strings.Contains(rest, "apt"))
}

// removesLists tells whether a command of rm or find takes the lists away where no word says so: by
// where it stands.
func removesLists(s *lint.Script) bool {
	if !slices.ContainsFunc(s.Commands, func(c *shell.Command) bool { return c.Name == "cd" || c.Name == "pushd" }) {
		return false
	}
	return slices.ContainsFunc(s.Step.Effects().Commands, func(c effects.Command) bool {
		return (c.Name == "rm" || c.Name == "find") && c.Effects.Removes.Grade != effects.Unknown && c.Effects.Removes.Overlap(listsDir+"/x")
	})
}

func aptYes() lint.Rule {
	r := rule("DL3014", "apt-get install is given -y, as nobody is there to answer", diag.Warning, "correctness")
	r.View = eachCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		if _, ok := installs(s, c, "install"); !ok || answers(flat(s, c)) || mayHave(s, c, "install") || configured(s, assumesYes{}, "APT::Get::Assume-Yes", "true", "1", "yes") {
			return
		}
		r.Command(s, c, "apt-get install asks, and gives up as nobody answers: use -y").
			Fix("use -y", diag.Intent, beside(s, c, "install", "-y ", "")...)
	}, "apt-get")
	return r
}

// answers tells whether arguments of apt-get have it take yes for each answer: -y, or a second -q.
func answers(args []string) bool {
	quiet := 0
	for i, arg := range args {
		name, value, given := strings.Cut(arg, "=")
		switch {
		case name == "--yes", name == "--assume-yes":
			return true
		case name == "--quiet" && given:
			quiet, _ = strconv.Atoi(value)
		case name == "--quiet":
			quiet++
		case strings.HasPrefix(arg, "--option="), strings.HasPrefix(arg, "-o"), i > 0 && (args[i-1] == "-o" || args[i-1] == "--option"):
			if isSetting(arg, "APT::Get::Assume-Yes", "true", "1", "yes") {
				return true
			}
		case strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "--"):
			letters := name[1:]
			if end := strings.IndexAny(letters, "otcaP"); end >= 0 {
				letters = letters[:end] // the value of an option is behind it
			}
			if strings.Contains(letters, "y") {
				return true
			}
			quiet += strings.Count(letters, "q")
			if n, err := strconv.Atoi(value); err == nil && strings.HasSuffix(letters, "q") {
				quiet += n - 1
			}
		}
	}
	return quiet > 1
}

// isSetting tells whether a text gives a setting of apt one of some values.
func isSetting(text, name string, values ...string) bool {
	_, rest, ok := strings.Cut(strings.ToLower(text), strings.ToLower(name))
	rest = strings.TrimLeft(rest, "= \t\\\"'")
	return ok && slices.ContainsFunc(values, func(v string) bool { return strings.HasPrefix(rest, v) })
}

// Keys of what a RUN is asked for once: whether it says a setting.
type (
	assumesYes struct{}
	recommends struct{}
)

// configured tells whether a RUN up to a script writes a setting of apt down, or says it otherwise.
func configured(s *lint.Script, key any, name string, values ...string) bool {
	says := func(run *ir.Run) bool {
		return isSetting(run.Command.Line, name, values...) || slices.ContainsFunc(run.Heredocs, func(d ir.Heredoc) bool { return isSetting(d.Data, name, values...) })
	}
	sets := func(o *lint.Step) bool {
		run, ok := o.Body.(*ir.Run)
		if script := o.Script(); ok && script != nil {
			return script.Share(key, func() any { return says(run) }).(bool)
		}
		return ok && says(run)
	}
	for o := range s.Step.Before() {
		if sets(o) {
			return true
		}
	}
	return !s.Step.Onbuild && sets(s.Step)
}

func aptRecommends() lint.Rule {
	r := rule("DL3015", "apt-get install leaves out what packages only recommend", diag.Info, "size")
	r.View = eachCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		const setting = "Install-Recommends"
		_, ok := installs(s, c, "install")
		args := flat(s, c)
		if !ok || slices.Contains(args, "--no-install-recommends") || mayHave(s, c, "install") || configured(s, recommends{}, setting, "false", "0", "no") ||
			slices.ContainsFunc(args, func(arg string) bool { return isSetting(arg, setting, "false", "0", "no") }) {
			return
		}
		r.Command(s, c, "apt-get installs what packages recommend, too, which few need: use --no-install-recommends").
			Fix("use --no-install-recommends", diag.Intent, beside(s, c, "install", "", " --no-install-recommends")...)
	}, "apt-get")
	return r
}

func aptByHand() lint.Rule {
	r := rule("DL3027", "apt-get or apt-cache is used in scripts, and not apt", diag.Warning, "correctness")
	r.View = eachCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		f := r.Command(s, c, "apt is for people at a terminal, and may change how it does things: use apt-get or apt-cache")
		program := ""
		switch task, _ := s.Task(c); task.Command {
		case "install", "update", "upgrade", "remove", "purge", "autoremove", "clean", "autoclean", "build-dep", "source", "download":
			program = "apt-get"
		case "search", "show", "depends", "policy", "showsrc":
			program = "apt-cache"
		}
		if program != "" && c.Prog.Text == "apt" && c.Prog.Start >= 0 {
			f.Fix("use "+program, diag.Intent, s.Edit(c.Prog.Start, c.Prog.End, program)...)
		}
	}, "apt")
	return r
}

// apkPins: any of apk's comparisons will do.
func apkPins() lint.Rule {
	r := rule("DL3018", "Packages that apk adds have a version", diag.Warning, "reproducible")
	r.View = eachCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		task, ok := installs(s, c, "add")
		if !ok {
			return
		}
		sayUnpinned(s, c, r, unpinned(s, task.Packages, func(name string) bool {
			return strings.ContainsAny(name, "=~<>") || strings.HasSuffix(name, ".apk") || name[0] == '!'
		}), "curl=8.5.0-r0")
	}, "apk")
	return r
}

func apkCache() lint.Rule {
	r := rule("DL3019", "apk add is given --no-cache", diag.Info, "size")
	r.View = eachCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		if _, ok := installs(s, c, "add"); !ok || slices.Contains(flat(s, c), "--no-cache") || mayHave(s, c, "add") ||
			cached(s, "/var/cache/apk", "/etc/apk/cache") {
			return
		}
		r.Command(s, c, "apk keeps the index of packages in the layer: use --no-cache, which needs neither --update nor a cleaning behind it").
			Fix("use --no-cache", diag.Intent, beside(s, c, "add", "", " --no-cache")...)
	}, "apk")
	return r
}
