package effects

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/ir/shell"
)

// call is one command on its way through the table.
type call struct {
	w *walker
	*shell.Command
	assigns []*syntax.Assign // in front of it
	more    []field          // arguments that its words do not show, as of xargs
	bad     env              // when it fails

	row      *program
	given    map[string][]field // values of options by name; one without a value has none
	roles    []given            // what options name
	operands []field
	loose    bool     // a word may be an option, or several
	dirs     []string // that paths start from
	out      Effects
}

// given is a field with its role.
type given struct {
	role string
	field
}

// does gives what a command does.
func (w *walker) does(k *call) Effects {
	c := k.Command
	if c.Prog.Syntax() != nil && !c.Prog.Known {
		return All("only the run shows which program `" + c.Prog.Text + "` is")
	}
	if c.Apart {
		return All("`" + c.Text + "` runs with another directory, root or environment")
	}
	row := w.rows.find(c.Name)
	if dir, _ := path.Split(c.Prog.Text); dir != "" && !standard(dir) && (row == nil || !row.Anywhere || !path.IsAbs(dir)) {
		return All("`" + c.Prog.Text + "` is a program of the author's")
	}
	switch {
	case row == nil:
		return All("`" + c.Name + "` is not in the table")
	case c.Puts:
		return All("`" + c.Text + "` has words that xargs puts in")
	}
	k.dirs = w.dirs
	parsed := k.parse(row) // words are expanded without what stands in front
	before := w.env
	names := w.front(k.assigns, c)
	with := w.env
	if parsed {
		k.follow(row)
	} else {
		k.fail("`" + k.Name + "` has an option or a command that the table does not know: `" + k.Text + "`")
	}
	k.out.Dealings = append(k.out.Dealings, w.rows.dealings(row, c)...)
	if c.User != "" {
		k.out = concat([]Effects{k.out, byUser(c)})
	}
	w.behind(k, names, before, with)
	return k.out
}

// byUser is what programs write that run others as another user (sudo(8), su(1), runuser(1)).
func byUser(c *shell.Command) Effects {
	if c.User == "" {
		return Effects{}
	}
	return Effects{Reads: exactly("/etc/group", "/etc/passwd"), Writes: joinPaths(tree("/run/sudo"), tree("/var/lib/sudo"), tree("/var/log"))}
}

// fail says that the command may do anything.
func (k *call) fail(why string) {
	k.out = Join(k.out, All(why))
}

// parse takes the arguments apart by a row. It is false when an option is not known.
func (k *call) parse(row *program) bool {
	var args []field
	for _, a := range k.Args {
		args = append(args, k.w.fields(a)...)
	}
	args = append(args, k.more...)
	if k.Fed() {
		args = append(args, field{text: "what xargs reads", loose: true})
	}
	if row.Plain {
		k.row, k.operands = row, args
		return true
	}
	if row.Old && len(args) > 0 {
		args = dashed(args, args[0].plain(), func(name string) field { return field{text: name, known: true} }, row.valued)
	}
	return k.take(row, args)
}

// dashed writes the letters of a first word without a dash, as tar has them, as options are written:
// their values follow in their order.
func dashed[W any](args []W, letters string, option func(name string) W, valued func(name string) bool) []W {
	if letters == "" || letters[0] == '-' {
		return args
	}
	var out []W
	args = args[1:]
	for _, c := range letters {
		name := "-" + string(c)
		if out = append(out, option(name)); valued(name) && len(args) > 0 {
			out, args = append(out, args[0]), args[1:]
		}
	}
	return append(out, args...)
}

// take reads arguments by the options of a row, and goes on with the row of a command.
func (k *call) take(row *program, args []field) bool {
	if k.given == nil {
		k.given = map[string][]field{}
	}
	k.row, k.operands = row, nil
	for i := 0; i < len(args); i++ {
		f := args[i]
		t, whole := text(f.text)
		name, value, _ := strings.Cut(f.text, "=")
		switch {
		case f.one && strings.HasPrefix(name, "--") && row.known[name].takes != 0 && row.known[name].role != roleUnchosen:
			o := row.known[name]
			k.note(o, field{text: value, one: true, over: f.over})
		case f.loose, f.over && strings.HasPrefix(f.text, "-"), f.absent() && k.Name != "ln":
			k.loose = true
			k.operands = append(k.operands, f)
		case f.known && whole && t == "--" && (len(row.Commands) == 0 || len(k.operands) > 0):
			k.operands = append(k.operands, args[i+1:]...)
			return true
		case f.known && strings.HasPrefix(f.text, "-") && f.text != "-":
			n, ok := k.option(row, args[i:])
			if !ok {
				return false
			}
			i += n
		case len(row.Commands) > 0:
			return k.command(row, f, args[i+1:])
		case row.First:
			k.operands = append(k.operands, args[i:]...)
			return true
		default:
			k.operands = append(k.operands, f)
		}
	}
	if len(row.Commands) > 0 && k.loose {
		return false
	}
	if row.Default != "" {
		return k.command(row, field{text: row.Default, known: true}, nil)
	}
	return true
}

// command goes on with the command of a program that an operand names.
func (k *call) command(row *program, name field, args []field) bool {
	if k.loose {
		return false
	}
	c := row.commands[name.plain()]
	return c != nil && k.take(c, args)
}

// option reads a word of options, and tells how many words more it takes.
func (k *call) option(row *program, args []field) (int, bool) {
	word, known := args[0].text, row.known
	part := func(text string) field { return field{text: text, known: true, over: args[0].over} }
	if strings.HasPrefix(word, "--") || row.Single && len(word) > 1 {
		name, value, joined := strings.Cut(word, "=")
		o, ok := known[name]
		if !ok && row.Single { // one dash or two
			o, ok = known[strings.TrimPrefix(name, "-")]
		}
		switch {
		case !ok && row.Single && len(word) > 2: // -Lpath of a compiler
			if o, ok = known[word[:2]]; ok && o.takes == '=' {
				return 0, k.note(o, part(word[2:]))
			}
			return 0, false
		case !ok, joined && o.takes == 0:
			return 0, false
		case joined:
			return 0, k.note(o, part(value))
		case o.takes == '=' && len(args) > 1:
			return 1, k.note(o, args[1])
		case o.takes == '=':
			return 0, false
		}
		return 0, k.note(o)
	}
	for i := 1; i < len(word); i++ {
		o, ok := known["-"+word[i:i+1]]
		switch {
		case !ok:
			return 0, false
		case o.takes == '=' && i+1 < len(word), o.takes == '[' && i+1 < len(word):
			return 0, k.note(o, part(word[i+1:]))
		case o.takes == '=' && len(args) > 1:
			return 1, k.note(o, args[1])
		case o.takes == '=':
			return 0, false
		}
		if !k.note(o) {
			return 0, false
		}
	}
	return 0, true
}

// note takes an option with its values. It is false of one that the row does not follow.
func (k *call) note(o option, values ...field) bool {
	k.given[o.name] = append(k.given[o.name], values...)
	if k.given[o.name] == nil {
		k.given[o.name] = []field{}
	}
	if o.role == roleUnchosen {
		return false
	}
	for _, v := range values {
		k.loose = k.loose || v.loose || v.over
		k.roles = append(k.roles, given{o.role, v})
	}
	return true
}

// has tells whether one of the options is given.
func (k *call) has(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return k.given[n] != nil })
}

// opt is the last value of an option.
func (k *call) opt(name string) (field, bool) {
	v := k.given[name]
	if len(v) == 0 {
		return field{}, false
	}
	return v[len(v)-1], true
}
