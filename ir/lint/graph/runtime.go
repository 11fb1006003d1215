package graph

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

// final is the stage whose image runs, unless another is asked for.
func final(v *lint.View) *lint.Stage {
	if len(v.Stages) == 0 || v.Stages[len(v.Stages)-1].Node == nil {
		return nil
	}
	return v.Stages[len(v.Stages)-1]
}

func rootAtRunTime() lint.Rule {
	r := rule("root-at-run-time", diag.Info, "security", "An image should run as another user than root: end it with a USER")
	r.Level, r.Same = lint.Experimental, "DL3002"
	r.View = func(v *lint.View, r *lint.Report) {
		if s := final(v); s != nil && s.Base != "scratch" && s.End().Root() {
			r.Stage(s, "the image runs as root: end it with a USER")
		}
	}
	return r
}

func userWithoutNumber() lint.Rule {
	r := rule("user-without-number", diag.Info, "security", "The last USER should be a number: Kubernetes cannot tell of a name that it is not root, and refuses it under runAsNonRoot")
	r.Level = lint.Experimental
	r.View = func(v *lint.View, r *lint.Report) {
		s := final(v)
		if s == nil {
			return
		}
		for _, o := range slices.Backward(s.Steps) {
			if o.Onbuild {
				continue
			}
			if user, ok := o.Body.(*ir.User); ok {
				name, _, _ := strings.Cut(user.Name, ":")
				if name != "" && name != "root" && !strings.Contains(name, "$") && (name[0] < '0' || name[0] > '9') {
					r.Step(o, "Kubernetes refuses a name under runAsNonRoot, since it may be root's: write the number of "+name)
				}
				return
			}
		}
	}
	return r
}

func cmdIgnored() lint.Rule {
	r := rule("cmd-ignored", diag.Warning, "run time", "An ENTRYPOINT in shell form passes nothing on: a CMD beside it does nothing")
	r.View = func(v *lint.View, r *lint.Report) {
		for _, stage := range v.Stages {
			var entry *ir.Entrypoint
			var cmd *lint.Step
			for s := range stage.Own() {
				switch b := s.Body.(type) {
				case *ir.Entrypoint:
					entry = b
				case *ir.Cmd:
					if cmd = s; b.Command.Exec && len(b.Command.Args) == 0 {
						cmd = nil // it takes away what the base image has
					}
				}
			}
			if entry != nil && cmd != nil && !entry.Command.Exec && entry.Command.Line != "" && !strings.ContainsAny(entry.Command.Line, "@*") &&
				!strings.Contains(entry.Command.Line, "$0") && !strings.Contains(entry.Command.Line, "$1") {
				r.Step(cmd, "the ENTRYPOINT is in shell form, which passes no CMD on: write it as JSON, or leave this out")
			}
		}
	}
	return r
}

// without are official images in which a program is missing: with any tag, or with one that ends so.
func without(tool string) []string {
	switch tool {
	case "curl":
		return []string{"debian", "ubuntu", "alpine", "busybox", "python:slim", "node:slim", "ruby:slim", "python:alpine", "node:alpine", "ruby:alpine"}
	case "wget", "nc":
		return []string{"debian", "ubuntu", "python:slim", "node:slim", "ruby:slim"}
	}
	return nil
}

// lacks tells whether an image surely has no such program.
func lacks(image, tool string) bool {
	name := imageName(image)
	return name != "" && slices.ContainsFunc(without(tool), func(known string) bool {
		of, end, tagged := strings.Cut(known, ":")
		return of == name && (!tagged || strings.HasSuffix(image, ":"+end) || strings.HasSuffix(image, "-"+end))
	})
}

func healthcheckToolMissing() lint.Rule {
	r := rule("healthcheck-tool-missing", diag.Warning, "run time", "The program that a HEALTHCHECK runs has to be in the image: it is never healthy otherwise")
	r.View = lint.OnBody(func(s *lint.Step, h *ir.Healthcheck, r *lint.Report) {
		if h.None || s.Onbuild {
			return
		}
		script, err := shell.Parse(&ir.Run{Command: h.Command}, nil)
		if err != nil || len(script.Commands) == 0 {
			return
		}
		tool := script.Commands[0].Name
		if !lacks(s.Stage.Root().Base, tool) {
			return
		}
		for _, o := range slices.AppendSeq(slices.Collect(s.Before()), s.After()) {
			switch o.Body.(type) {
			case *ir.Run:
				e := o.Effects().Effects
				if len(e.Unknown) > 0 || e.Writes.Any || slices.ContainsFunc(e.Packages, func(p effects.Package) bool { return !p.Known || mayBring(p, tool) }) || lint.Mentions(o.Node, tool) {
					return
				}
			case *ir.Copy, *ir.Add: // it may be among these
				if mayInstall(o, tool) {
					return
				}
			}
		}
		r.Step(s, tool+" is not in "+s.Stage.Root().Base+", and nothing installs it: the container is never healthy")
	})
	return r
}

// mayInstall tells whether a COPY or ADD may bring a program: by its name, or to where programs are.
func mayInstall(s *lint.Step, tool string) bool {
	_, dest := moved(s.Body)
	at, known := absolute(s, dest)
	return !known || lint.Mentions(s.Node, tool) || !slices.ContainsFunc([]string{"/app", "/srv", "/etc", "/var", "/home", "/usr/src", "/code", "/usr/share", "/data"}, func(dir string) bool { return isBelow(at, dir) })
}

// mayBring tells a package that has a program, or may depend on one that has. Those of a language depend
// on no program of the system.
func mayBring(p effects.Package, tool string) bool {
	if slices.Contains([]string{"pip", "npm", "yarn", "pnpm", "gem", "bundle"}, p.Manager) {
		return strings.Contains(p.Name, tool)
	}
	return strings.Contains(p.Name, tool) || !slices.Contains([]string{"ca-certificates", "nginx", "tini", "tzdata", "python3", "redis-server", "redis", "openssl"}, p.Name)
}

func sshServer() lint.Rule {
	r := rule("ssh-server", diag.Hint, "security", "A container needs no SSH server: docker exec and kubectl exec lead into it")
	r.View = lint.OnBody(func(s *lint.Step, e *ir.Expose, r *lint.Report) {
		if s.Stage.Shipped() && slices.ContainsFunc(e.Ports, func(p string) bool { return p == "22" || p == "22/tcp" }) {
			r.Step(s, "port 22 is that of an SSH server: docker exec and kubectl exec lead into a container without one")
		}
	})
	return r
}

func stopByKill() lint.Rule {
	r := rule("stop-by-kill", diag.Warning, "run time", "STOPSIGNAL should be one that a program can catch: by SIGKILL it never ends in order")
	r.View = lint.OnBody(func(s *lint.Step, stop *ir.StopSignal, r *lint.Report) {
		if slices.Contains([]string{"SIGKILL", "KILL", "9", "SIGSTOP", "STOP"}, strings.ToUpper(strings.Trim(stop.Signal, `"'`))) {
			r.Step(s, "no program can catch "+stop.Signal+", and end in order: name another signal")
		}
	})
	return r
}

func worldWritable() lint.Rule {
	r := rule("world-writable", diag.Warning, "security", "Files should not be for anybody to write: give them to the user who does")
	r.View = lint.OnKeyword(func(s *lint.Step, r *lint.Report) {
		const message = "anybody in the container may change this: give it to the user who has to"
		switch b := s.Body.(type) {
		case *ir.Copy:
			if forAll(b.Chmod) {
				r.Step(s, message)
			}
		case *ir.Add:
			if forAll(b.Chmod) {
				r.Step(s, message)
			}
		case *ir.Run:
			for _, c := range found(s, "chmod") {
				if mode := c.Operands(); len(mode) > 1 && mode[0].Known && forAll(mode[0].Text) && !aside(mode[1:]) {
					r.Command(s.Script(), c, message)
				}
			}
		}
	}, "COPY", "ADD", "RUN")
	return r
}

// aside tells that what is changed is thrown away, or for everybody by its purpose.
func aside(words []shell.Word) bool {
	return !slices.ContainsFunc(words, func(w shell.Word) bool {
		return !strings.HasPrefix(w.Text, "/tmp") && !strings.HasPrefix(w.Text, "/var/tmp") && !strings.HasPrefix(w.Text, "/dev/")
	})
}

// forAll tells a mode by which all may write, and remove what is not theirs.
func forAll(mode string) bool {
	if mode != "" && strings.Trim(mode, "01234567") == "" {
		digit := mode[len(mode)-1] - '0'
		sticky := len(mode) > 3 && (mode[len(mode)-4]-'0')&1 == 1
		return len(mode) >= 3 && digit&2 != 0 && !sticky
	}
	for part := range strings.SplitSeq(mode, ",") {
		if i := strings.IndexAny(part, "+="); i >= 0 && strings.Contains(part[i:], "w") && (strings.ContainsAny(part[:i], "oa")) && !strings.Contains(part, "t") {
			return true
		}
	}
	return false
}

func setuid() lint.Rule {
	r := rule("setuid-given", diag.Warning, "security", "A program that runs as root whoever starts it is a way to become root: do without")
	r.View = lint.OnCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		mode := c.Operands()
		if len(mode) < 2 || !mode[0].Known {
			return
		}
		text := mode[0].Text
		octal := len(text) == 4 && strings.Trim(text, "01234567") == "" && text[0]&4 != 0
		plus := strings.IndexAny(text, "+=")
		if octal || plus >= 0 && strings.Contains(text[plus:], "s") && !strings.Contains(text[:plus], "g") {
			r.Command(s, c, "whoever starts this is the owner of the file while it runs: do without, or use file capabilities")
		}
	}, "chmod")
	return r
}

func copyIntoRoot() lint.Rule {
	r := rule("copy-into-root", diag.Warning, "layout", "The build context should be copied into a directory of its own: in / its files lie among those of the system, and may take their place")
	r.View = lint.OnKeyword(func(s *lint.Step, r *lint.Report) {
		sources, dest, ok := copied(s.Body)
		if !ok || s.Stage.Root().Base == "scratch" || s.Stage.Node == nil || !slices.ContainsFunc(sources, func(source string) bool { return source == "." || source == "./" }) {
			return
		}
		if at, known := absolute(s, dest); known && at == "/" {
			r.Step(s, "the files of the build context lie among those of the system, and may take their place: copy them into a directory of their own")
		}
	}, "COPY", "ADD")
	return r
}
