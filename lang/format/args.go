package format

import (
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/source"
)

// arg is an argument of an instruction: a word, a pair, a part of a pair in the form
// "ENV name value", or all the text of a command.
type arg struct {
	at             source.Span
	text, value    string // the value is that of a pair
	valued, legacy bool   // it is a pair with a value; it is part of one in the old form
}

// sameArg tells whether an instruction takes two arguments for the same.
func sameArg(a, b arg) bool {
	a.at = b.at
	return a == b
}

// args are the arguments of an instruction, but for the name that AS gives a stage, which
// command a HEALTHCHECK has, and what is behind ONBUILD.
func args(in lang.Instruction) []arg {
	if c, ok := command(in); ok {
		if c.Exec {
			return words(c.Args...)
		}
		return words(c.Line)
	}
	switch n := in.(type) {
	case *lang.From:
		return words(n.Base)
	case *lang.Copy:
		return append(words(n.Paths.Sources...), words(n.Paths.Dest)...)
	case *lang.Add:
		return append(words(n.Paths.Sources...), words(n.Paths.Dest)...)
	case *lang.Env:
		return pairs(n.Pairs.List)
	case *lang.Label:
		return pairs(n.Pairs.List)
	case *lang.Arg:
		return pairs(n.Pairs.List)
	case *lang.Expose:
		return words(n.Ports.List...)
	case *lang.Volume:
		return words(n.Paths.List...)
	case *lang.Workdir:
		return words(n.Path)
	case *lang.User:
		return words(n.Name)
	case *lang.StopSignal:
		return words(n.Signal)
	case *lang.Maintainer:
		return words(n.Name)
	case *lang.Custom:
		return words(n.Args)
	}
	return nil
}

// command is what an instruction runs.
func command(in lang.Instruction) (lang.Command, bool) {
	switch n := in.(type) {
	case *lang.Run:
		return n.Command, true
	case *lang.Cmd:
		return n.Command, true
	case *lang.Entrypoint:
		return n.Command, true
	case *lang.Shell:
		return n.Command, true
	case *lang.Healthcheck:
		return n.Command, true
	}
	return lang.Command{}, false
}

func words(list ...lang.Word) []arg {
	out := make([]arg, len(list))
	for i, w := range list {
		out[i] = arg{at: w.At, text: w.Text}
	}
	return out
}

func pairs(list []lang.Pair) []arg {
	if len(list) == 1 && list[0].Legacy {
		out := words(list[0].Key, list[0].Value)
		out[0].legacy, out[1].legacy = true, true
		return out
	}
	out := make([]arg, len(list))
	for i, p := range list {
		out[i] = arg{at: p.Span(), text: p.Key.Text, value: p.Value.Text, valued: p.HasValue}
	}
	return out
}
