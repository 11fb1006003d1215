package effects

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
)

// What rows say of words by which a program runs another: see program.Hands. Where a program has
// no option that runs another, they have all its arguments as operands.

// hasOption tells whether one of some options is there.
func hasOption(given []shell.Option, names ...string) bool {
	return slices.ContainsFunc(given, func(o shell.Option) bool { return slices.Contains(names, o.Name) })
}

// scripts are those that a program like sed is given: the values of an option, else the first operand.
func scripts(given []shell.Option, operands []shell.Word, names ...string) (list []shell.Word) {
	for _, o := range given {
		if slices.Contains(names, o.Name) {
			list = append(list, o.Value)
		}
	}
	if list == nil {
		return operands[:min(1, len(operands))]
	}
	return list
}

// unlike tells whether one of some words is not known to be of a kind. What find puts in is not.
func unlike(list []shell.Word, is func(string) bool) bool {
	return slices.ContainsFunc(list, func(w shell.Word) bool { return !w.Known || w.Text == "{}" || !is(w.Text) })
}

func awkHands(_ string, given []shell.Option, operands []shell.Word) bool {
	programs := scripts(given, operands, "e")
	return len(programs) == 0 || unlike(programs, func(s string) bool { return !awkRuns(s) })
}

func sedHands(_ string, given []shell.Option, operands []shell.Word) bool {
	return unlike(scripts(given, operands, "e", "expression"), func(s string) bool { _, ok := sedScript(s); return ok })
}

// tarHands is about links, by which tar(1) 1.34 leaves the tree.
func tarHands(_ string, given []shell.Option, _ []shell.Word) bool {
	return hasOption(given, "h", "dereference")
}

// visudoHands is about visudo(8) 1.9.13, which starts an editor unless it checks.
func visudoHands(_ string, given []shell.Option, operands []shell.Word) bool {
	return len(operands) > 0 && operands[0].Lit() != "/etc/sudoers" || !hasOption(given, "c", "check")
}

// opensslHands is about openssl(1) 3.0, whose engines and providers are libraries.
func opensslHands(_ string, _ []shell.Option, args []shell.Word) bool {
	return slices.ContainsFunc(args, func(w shell.Word) bool {
		return w.Text == "engine" || strings.HasPrefix(w.Text, "-engine") || strings.HasPrefix(w.Text, "-provider") || strings.HasPrefix(w.Text, "-conf")
	})
}

// readsScript is about ".", which reads a script; os-release(5) has assignments only.
func readsScript(name string, _ []shell.Option, args []shell.Word) bool {
	return name == "eval" || len(args) == 0 || args[0].Lit() != "/etc/os-release"
}

// findHands is about find(1) 4.9, which asks before it runs what -ok is given.
func findHands(_ string, _ []shell.Option, args []shell.Word) bool {
	return slices.ContainsFunc(args, func(w shell.Word) bool { return strings.HasPrefix(w.Text, "-ok") })
}

// npmHands is about `npm config edit`, which starts an editor.
func npmHands(_ string, _ []shell.Option, args []shell.Word) bool {
	return slices.ContainsFunc(args, func(w shell.Word) bool { return w.Lit() == "edit" })
}
