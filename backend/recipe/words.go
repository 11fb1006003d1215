package recipe

import (
	"encoding/json"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/late"
)

// bareWord is what an argument may be without quotes, as people write it.
var bareWord = late.Regexp(`^[A-Za-z0-9_@%+=:,./-](?:[A-Za-z0-9_@%+=:,./-]|[A-Za-z0-9.+-]~)*$`)

// quote is an argument of a command of a POSIX shell.
func quote(text string) string {
	if bareWord().MatchString(text) {
		return text
	}
	return shell.Quote(text)
}

// special is what a path must not have where an instruction has no JSON form.
const special = " \t\"'\\$#`<>"

// pattern escapes what COPY would expand in the name of a source.
func pattern(text string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(text)
}

// paths are the source and the destination of a COPY or an ADD.
func paths(from, to string) string {
	from = pattern(from)
	plain := func(s string) bool { return !strings.ContainsAny(s, special) }
	if plain(from) && plain(to) {
		return from + " " + to
	}
	dollar := strings.NewReplacer(`$`, `\$`) // variables are expanded in the JSON form, too
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode([]string{dollar.Replace(from), dollar.Replace(to)}); err != nil {
		return from + " " + to
	}
	return strings.ReplaceAll(strings.TrimSpace(text.String()), `","`, `", "`)
}

// maxLine is how long a line of a RUN may be before it is folded.
const maxLine = 100

// list are words behind a command: on its line, or one a line when that would be long.
func list(names []string) string {
	quoted := make([]string, len(names))
	n := 0
	for i, name := range names {
		quoted[i] = quote(name)
		n += len(quoted[i]) + 1
	}
	if n <= maxLine-20 {
		return " " + strings.Join(quoted, " ")
	}
	return " \\\n      " + strings.Join(quoted, " \\\n      ")
}

// chain joins commands, each of which needs the one before it.
func chain(commands []string) string { return strings.Join(commands, " \\\n && ") }

// commands are words by the command that takes them, in the order in which the commands were added.
type commands struct {
	order []string
	words map[string][]string
}

func (c *commands) add(command, name string) {
	if c.words == nil {
		c.words = map[string][]string{}
	}
	if c.words[command] == nil {
		c.order = append(c.order, command)
	}
	c.words[command] = append(c.words[command], name)
}

// count is how many words there are.
func (c *commands) count() (n int) {
	for _, list := range c.words {
		n += len(list)
	}
	return n
}

// lines are the commands with their words.
func (c *commands) lines() (out []string) {
	for _, command := range c.order {
		out = append(out, command+list(c.words[command]))
	}
	return out
}
