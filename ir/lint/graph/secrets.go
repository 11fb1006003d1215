package graph

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

// keys are files that hold nothing but secrets, by their names.
var keys = []string{".netrc", "_netrc", ".pypirc", ".git-credentials", ".dockercfg", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".pgpass",
	".ssh", ".aws", ".kube", ".gnupg", "kubeconfig", "terraform.tfstate", "privkey.pem", "private.key", "server.key"}

func secretFileCopied() lint.Rule {
	r := rule("secret-file-copied", diag.Warning, "security", "A file of secrets should be mounted with RUN --mount=type=secret, not copied: a layer keeps it, also when it is removed")
	r.View = lint.OnKeyword(func(s *lint.Step, r *lint.Report) {
		sources, _, ok := copied(s.Body)
		if !ok {
			return
		}
		for _, source := range sources {
			if name := path.Base(strings.TrimRight(strings.TrimRight(source, "*"), "/")); slices.Contains(keys, name) {
				r.Step(s, name+" holds secrets, and the layer keeps it, also when it is removed: mount it with RUN --mount=type=secret where it is needed")
				return
			}
		}
	}, "COPY", "ADD")
	return r
}

func secretWritten() lint.Rule {
	r := rule("secret-written", diag.Warning, "security", "A secret that a RUN writes into a file is in the layer: mount the file with --mount=type=secret, or remove it in the same RUN")
	r.View = lint.OnCommand(func(s *lint.Script, c *shell.Command, r *lint.Report) {
		if !s.Step.Stage.Shipped() {
			return
		}
		switch sub, _ := effects.Subcommand(c); {
		case (c.Name == "echo" || c.Name == "printf") && writesFile(s, c):
		case slices.Contains([]string{"npm", "yarn", "pnpm", "git", "composer", "pip", "poetry", "bundle"}, c.Name) && sub == "config":
		case clones(c):
		default:
			return
		}
		if name := secretOf(s, c); name != "" && len(found(s.Step, "rm")) == 0 && !s.Assigns(name) { // what rm removes may be that file
			r.Command(s, c, "the layer keeps what `"+c.Name+"` writes of $"+name+": give it by --mount=type=secret, or remove the file in this RUN")
		}
	}, "echo", "printf", "npm", "yarn", "pnpm", "git", "composer", "pip", "poetry", "bundle")
	return r
}

// secretOf is a variable with a secret among the words of a command, which the file gives a value.
func secretOf(s *lint.Script, c *shell.Command) string {
	for _, w := range c.Args {
		for _, name := range w.Variables() {
			if secretName(name) && given(s.Step, name) {
				return name
			}
		}
	}
	return ""
}

// writesFile tells whether what a command prints goes to a file that stays, or to tee.
func writesFile(s *lint.Script, c *shell.Command) bool {
	if slices.ContainsFunc(c.Writes, func(w shell.Word) bool {
		return !strings.HasPrefix(w.Text, "/dev/") && !strings.HasPrefix(w.Text, "/tmp/")
	}) {
		return true
	}
	tee := false
	s.Pipes(func(from, to *shell.Command) { tee = tee || from == c && to.Name == "tee" })
	return tee
}

func secretMountCopied() lint.Rule {
	r := rule("secret-mount-copied", diag.Error, "security", "What is mounted as a secret should not be copied into the image: the layer keeps it")
	r.View = lint.OnBody(func(s *lint.Step, run *ir.Run, r *lint.Report) {
		var targets []string
		for _, m := range run.Mounts {
			if kind, _ := m.Option("type"); kind != "secret" {
				continue
			}
			target, ok := m.Option("target")
			if id, is := m.Option("id"); !ok && is {
				target = "/run/secrets/" + id
			}
			if strings.HasPrefix(target, "/") && !strings.Contains(target, "$") {
				targets = append(targets, target)
			}
		}
		if len(targets) == 0 || len(found(s, "rm")) > 0 {
			return
		}
		for _, c := range s.Commands() {
			operands := c.Operands()
			switch c.Name {
			case "cp", "install":
				operands = operands[:max(len(operands)-1, 0)]
			case "cat":
				if !writesFile(s.Script(), c) {
					continue
				}
			default:
				continue
			}
			for _, w := range operands {
				if w.Known && slices.Contains(targets, w.Text) {
					r.Command(s.Script(), c, w.Text+" is a secret, and the layer keeps what is made of it: use it where it is mounted, or mount it where it is to be")
				}
			}
		}
	})
	return r
}

func passwordInLayer() lint.Rule {
	r := rule("password-in-layer", diag.Warning, "security", "A password that stands in the Dockerfile is known to all who have that, or the image")
	r.View = lint.OnScript(func(s *lint.Script, r *lint.Report) {
		for _, c := range s.Commands {
			if c.Name == "useradd" || c.Name == "usermod" {
				for i, w := range c.Args[:max(len(c.Args)-1, 0)] {
					if (w.Text == "-p" || w.Text == "--password") && c.Arg(i+1) != "" && !strings.ContainsAny(c.Arg(i + 1)[:1], "!*") {
						r.Command(s, c, "the password of the user stands in the image for all to read: leave the account locked, or set it where the image runs")
					}
				}
			}
		}
		if len(s.Find("chpasswd", "passwd")) == 0 {
			return
		}
		s.Pipes(func(from, to *shell.Command) {
			if to.Name != "chpasswd" && (to.Name != "passwd" || !to.Has("--stdin")) || from.Name != "echo" && from.Name != "printf" {
				return
			}
			if len(from.Args) > 0 && !slices.ContainsFunc(from.Args, func(w shell.Word) bool { return !w.Known }) {
				r.Command(s, from, "this password stands in the image for all to read: leave the account locked, or set it where the image runs")
			}
		})
	}, "useradd", "usermod", "chpasswd", "passwd")
	return r
}

// hasCall tells whether a word has a substitution in it that runs one of some programs.
func hasCall(w shell.Word, programs ...string) bool {
	hit := false
	if w.Syntax() == nil {
		return false
	}
	shell.Walk(w.Syntax(), func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && len(call.Args) > 0 && slices.Contains(programs, path.Base(call.Args[0].Lit())) {
			hit = true
		}
		return true
	})
	return hit
}
