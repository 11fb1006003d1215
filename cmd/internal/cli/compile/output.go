package compile

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/cmd/internal/cli"
	"github.com/seed-e0495807/strake/lang/diag"
)

// outputs is where the results go. Files appear whole or not at all.
type outputs struct {
	*compileRun
	args    []string
	names   []string // of the files of each argument, without what tells the kind
	several bool     // results, perhaps
	toDir   bool     // --output is a directory
	config  bool     // --config-out is one
}

// outputs checks where the results go before anything is compiled.
func (c *compileRun) outputs(args []string) (*outputs, error) {
	platforms := 1
	if c.form.Platforms {
		platforms = max(1, len(c.Platforms))
	}
	o := &outputs{compileRun: c, args: args, names: fileNames(args), several: len(args)*platforms > 1}
	if c.output == "-" {
		c.output = ""
	}
	switch {
	case c.output != "":
		many := len(args) > 1 || c.form.Binary && platforms > 1
		if err := directory("--output", c.output, many, &o.toDir); err != nil {
			return nil, err
		}
	case c.form.Binary && o.several:
		return nil, cli.Misuse("several definitions do not fit on standard output: name a directory with -o DIR")
	case c.form.Binary && cli.IsTerminal(c.Stdout):
		return nil, cli.Misuse("refusing to write a binary definition to a terminal: redirect it, or name a file with -o FILE")
	}
	if c.configOut == "" {
		return o, nil
	}
	return o, directory("--config-out", c.configOut, o.several, &o.config)
}

// directory finds out whether a flag names a directory; many results need one.
func directory(flag, name string, many bool, isDir *bool) error {
	info, err := os.Stat(name)
	*isDir = many || err == nil && info.IsDir() || os.IsPathSeparator(name[len(name)-1])
	if *isDir && err == nil && !info.IsDir() {
		return cli.Misuse("%s %s is a file: several results need a directory", flag, name)
	}
	return nil
}

// write writes the result of the i-th argument.
func (o *outputs) write(i int, r *result) error {
	var whole []byte
	for _, p := range r.parts {
		if err := o.writeConfig(i, p); err != nil {
			return err
		}
		if o.toDir {
			if err := o.WriteInto(o.output, o.file(i, p, o.form.Ext), p.data); err != nil {
				return err
			}
			continue
		}
		if o.several && (o.output == "" || len(r.parts) > 1) {
			whole = append(whole, o.header(i, p)...)
		}
		whole = append(whole, p.data...)
	}
	switch {
	case o.toDir:
		return nil
	case o.output != "":
		return o.WriteFile(o.output, whole)
	}
	text := string(whole)
	if o.form.Name == "diff" {
		text = o.ShownDiff(text)
	} else {
		text = o.Shown(text)
	}
	_, err := io.WriteString(o.Stdout, text)
	return err
}

func (o *outputs) writeConfig(i int, p part) error {
	if o.configOut == "" {
		return nil
	}
	data := append(p.config, '\n')
	if o.config {
		return o.WriteInto(o.configOut, o.file(i, p, ".config.json"), data)
	}
	return o.WriteFile(o.configOut, data)
}

// file is the name of a result in a directory, like api.linux-arm64.llb.
func (o *outputs) file(i int, p part, suffix string) string {
	name := o.names[i]
	if p.platform != "" {
		name += "." + strings.ReplaceAll(p.platform, "/", "-")
	}
	return name + suffix
}

// header tells results in one stream apart, in what the form has for a comment.
// JSON has none: there it is one more object.
func (o *outputs) header(i int, p part) string {
	if o.form.Comment == "" {
		dt, _ := json.Marshal(struct {
			Input    string
			Platform string `json:",omitempty"`
		}{o.args[i], p.platform})
		return string(diag.PrintableJSON(dt)) + "\n"
	}
	name := o.args[i]
	if quoted := strconv.Quote(name); quoted != `"`+name+`"` {
		name = quoted // or it could end the comment
	}
	return strings.TrimRight(fmt.Sprintf("%s %s %s", o.form.Comment, name, p.platform), " ") + "\n"
}

// fileNames gives each argument a name for its files: its path with "-" for "/".
func fileNames(args []string) []string {
	names := make([]string, len(args))
	taken := map[string]bool{}
	for i, arg := range args {
		base := fileName(arg)
		name := base
		for n := 2; taken[name]; n++ {
			name = base + "-" + strconv.Itoa(n)
		}
		taken[name] = true
		names[i] = name
	}
	return names
}

func fileName(arg string) string {
	if arg == "-" {
		return "stdin"
	}
	if _, rest, ok := strings.Cut(arg, "://"); ok {
		arg = rest
	}
	name := strings.TrimPrefix(path.Join("/", filepath.ToSlash(arg)), "/")
	if name == "" {
		return "Dockerfile"
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|#`, r) {
			return '-'
		}
		return r
	}, name)
}
