package hadolint

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

// goPins wants the version of what go fetches.
func goPins() lint.Rule {
	return onScript("DL3062", "Say which version go installs, gets or runs", diag.Warning, []string{"packages", "reproducible"}, func(s *lint.Script, r *lint.Report) {
		for _, c := range commands(s) {
			if c.Name != "go" {
				continue
			}
			var open []string
			for _, w := range goPackages(expanded(s, c)) {
				if w.Known && !goPinned(w.Text) {
					open = append(open, w.Text)
				}
			}
			sayUnpinned(s, c, r, open, "package@v1.2.3")
		}
	}, "go")
}

// goOptions are those of go install, get and run: those of go build 1.26.
func goOptions() shell.Options {
	return shell.Options{Long: strings.Fields("C= a n p= race msan asan cover covermode= coverpkg= v work x json asmflags= buildmode= buildvcs compiler= gccgoflags= gcflags= installsuffix= ldflags= linkshared mod= modcacherw modfile= overlay= pgo= pkgdir= tags= trimpath toolexec= exec= d f fix t u tool insecure")}
}

// goPackages are what go install, go get and go run are given.
func goPackages(c *shell.Command) []shell.Word {
	if len(c.Args) == 0 || !slices.Contains([]string{"install", "get", "run"}, c.Arg(0)) {
		return nil
	}
	options, args := goOptions(), c.Args[1:]
	for len(args) > 0 && strings.HasPrefix(args[0].Text, "-") {
		name, _, joined := strings.Cut(strings.TrimLeft(args[0].Text, "-"), "=")
		n := 1
		if !joined && slices.Contains(options.Long, name+"=") {
			n = 2
		}
		args = args[min(n, len(args)):]
	}
	if c.Arg(0) == "run" {
		args = args[:min(1, len(args))] // the others are for the program
	}
	return args
}

func goPinned(text string) bool {
	name, version, has := strings.Cut(text, "@")
	if has {
		return !slices.Contains([]string{"", "latest", "upgrade", "patch", "main", "master", "HEAD"}, version)
	}
	return strings.HasPrefix(name, ".") || path.IsAbs(name) || strings.HasSuffix(name, ".go") || slices.Contains([]string{"", "std", "cmd", "all", "tool"}, name)
}
