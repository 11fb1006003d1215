package config

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	schemajson "github.com/google/jsonschema-go/jsonschema"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins"
)

// lines writes diagnostics as "line:column message; hint".
func lines(set *source.Set, list diag.List) string {
	var out []string
	for _, d := range list {
		line := d.Error()
		if f := set.File(d.Span.File); f != nil && !d.Span.IsZero() {
			p := f.Position(d.Span.Start)
			line = fmt.Sprintf("%d:%d %s", p.Line, p.Column, line)
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func write(t testing.TB, text string, path ...string) string {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

// loadCase is a strake.yaml and what is told of it.
type loadCase struct {
	name, text, want string
	beyond           bool // what is wrong, no schema can say
}

func loadCases() []loadCase {
	return []loadCase{
		{name: "least", text: "version: 1\n"},
		{name: "all", text: `# yaml-language-server: $schema=strake.schema.json
version: 1
require-sandbox: true
plugins:
  - use: merge-run
    config: { max-length: 2000 }
  - use: ./tools/acme
    name: acme
    args: [--strict]
    files: [tools/lib]
    grants: [context, images, network]
    severity: { no-latest: warning, root: off, a: error, b: info, c: hint }
    only: { paths: ["services/**", docker/], stages: [final, build-*, 0, -1] }
    except: { stages: [test] }
  - use: command:other
  - use: /opt/tools/third.sh
  - use: ../up
`},
		{name: "empty", want: "1:1 the config lacks `version`; it is: The plugins that Strake runs over Dockerfiles, and the rules that look at them"},
		{name: "a list", text: "- a\n", want: "1:1 the config must be a mapping, and is a list; it is: The plugins that Strake runs over Dockerfiles, and the rules that look at them"},
		{name: "version", text: "version: 2\n", want: "1:10 `version` must be 1; it is: The version of this form, which is 1"},
		{name: "unknown keys", text: "version: 1\nplugin: []\nplugins:\n  - use: a\n    confg: {}\n    zzzzzzz: 1\n",
			want: "2:1 unknown key `plugin`; did you mean `plugins`?\n5:5 unknown key `confg`; did you mean `config`?\n6:5 unknown key `zzzzzzz`; the keys here are args, config, except, files, grants, name, only, severity, use"},
		{name: "types", text: "version: 1\nrequire-sandbox: yes\nplugins:\n  - use: 3\n  - merge-run\n  - use: a\n    config: [x]\n    args: -x\n",
			want: "2:18 `require-sandbox` must be true or false, and is a text; it is: Run programs in the whole sandbox only, even for users who allow less\n" +
				"4:10 `use` must be a text, and is a number; it is: The name of a built-in plugin; a program, as a path from this file that begins with ./, ../ or /; or command:NAME, a program of PATH\n" +
				"5:5 `plugins` item 2 must be a mapping, and is a text; it is: A plugin and what it may do\n" +
				"7:13 `config` must be a mapping, and is a list; it is: What the plugin's own schema says\n" +
				"8:5 a built-in plugin has no `args`; a program is written with its path, like ./a\n" +
				"8:11 `args` must be a list, and is a text; it is: The arguments of a program"},
		{name: "no use", text: "version: 1\nplugins:\n  - name: a\n", want: "3:5 `plugins` item 1 lacks `use`; it is: A plugin and what it may do"},
		{name: "nothing written", text: "version: 1\nplugins:\n", want: "2:1 `plugins` must be a list, and is empty; it is: The plugins, in the order in which they run"},
		{name: "use", text: "version: 1\nplugins:\n  - use: Merge_Run\n  - use: tools/acme\n  - use: \"command:a b\"\n    name: x\n",
			want: "3:10 `use` is \"Merge_Run\", which does not have the right form; it is: The name of a built-in plugin; a program, as a path from this file that begins with ./, ../ or /; or command:NAME, a program of PATH\n" +
				"4:10 `use` is \"tools/acme\", which does not have the right form; it is: The name of a built-in plugin; a program, as a path from this file that begins with ./, ../ or /; or command:NAME, a program of PATH\n" +
				"5:10 `use` is \"command:a b\", which does not have the right form; it is: The name of a built-in plugin; a program, as a path from this file that begins with ./, ../ or /; or command:NAME, a program of PATH"},
		{name: "severity and grants", text: "version: 1\nplugins:\n  - use: a\n    severity: {x: warn, y: 1, a/z: off}\n    grants: [contxt, images, images]\n", beyond: false,
			want: "4:19 `x` must be \"error\", \"warning\", \"info\", \"hint\" or \"off\"\n" +
				"4:28 `y` must be \"error\", \"warning\", \"info\", \"hint\" or \"off\"\n" +
				"4:31 the code `a/z` has the plugin's name; write `z`\n" +
				"5:13 `grants` has the same item twice; it is: What the plugin may do beyond seeing the module: read files of the build context, read base images, use the network\n" +
				"5:14 `grants` item 1 must be \"context\", \"images\" or \"network\"; did you mean `context`?"},
		{name: "selection", text: "version: 1\nplugins:\n  - use: a\n    only: {}\n    except: {paths: [], stages: [1.5, true]}\n",
			want: "4:11 `only` must have at least 1 key; it is: Stages. With paths and stages, those stages of those Dockerfiles\n" +
				"5:21 `paths` must have at least 1 item; it is: Dockerfiles, as paths from the folder of this file. * and ? stop at a slash, ** does not, and a folder with a slash at its end is all that is in it\n" +
				"5:34 `stages` item 1 must be a whole number or a text, and is a number\n" +
				"5:39 `stages` item 2 must be a whole number or a text, and is true or false"},
		{name: "twice", text: "version: 1\nplugins:\n  - use: a\n  - use: ./x/a\n  - use: b\n    name: a\n  - use: a\n    name: c\n", beyond: true,
			want: "4:10 the plugin a is there twice; give one of them a `name` of its own\n5:10 the plugin a is there twice; give one of them a `name` of its own"},
		{name: "globs", text: "version: 1\nplugins:\n  - use: a\n    only: {paths: [\"a[\", /x, ./x, ok/**], stages: [\"[\"]}\n", beyond: true,
			want: "4:20 \"a[\" is no pattern; a [ must be closed, or stand behind a backslash\n" +
				"4:26 the path /x starts with a slash or ./; write it as it is from the folder of strake.yaml\n" +
				"4:30 the path ./x starts with a slash or ./; write it as it is from the folder of strake.yaml\n" +
				"4:52 \"[\" is no pattern; a [ must be closed, or stand behind a backslash"},
		{name: "bang", text: "version: 1\nlint:\n  exclude: [\"!x\", y, \"!/z\"]\n  paths: [{match: [\"!a\"], rules: {}}]\n", beyond: true,
			want: "3:13 nothing is left out yet that !x could bring back; put the pattern that leaves it out in front, or write a name that begins with ! as \\!\n" +
				"3:22 the path /z starts with a slash or ./; write it as it is from the folder of strake.yaml\n" +
				"4:20 the path !a begins with a !, which brings nothing back here; name what is meant alone, or write a name that begins with ! as \\!"},
		{name: "programs", text: "version: 1\nplugins:\n  - use: ./House_Plugin.sh\n  - use: ./ok\n    files: [../x, /etc, lib]\n  - use: a\n    files: [x]\n", beyond: true,
			want: "3:10 the program ./House_Plugin.sh needs a `name`; its file name is not lower case words with dashes\n" +
				"5:13 the file ../x is not below the folder of strake.yaml\n5:19 the file /etc is not below the folder of strake.yaml\n" +
				"7:5 a built-in plugin has no `files`; a program is written with its path, like ./a"},
		{name: "syntax", text: "version: 1\nplugins: [\n", want: "2:10 this is not YAML: sequence end token ']' not found"},
		{name: "a key twice", text: "version: 1\nplugins:\n  - use: a\n    use: b\n", want: "4:5 the key `use` is there twice"},
	}
}

func TestLoad(t *testing.T) {
	for _, c := range loadCases() {
		t.Run(c.name, func(t *testing.T) {
			var set source.Set
			set.Add("Dockerfile", "FROM scratch\n")
			_, diags := Load(context.Background(), write(t, c.text, t.TempDir(), FileName), &set)
			if diff := cmp.Diff(c.want, lines(&set, diags)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSchemaAgrees holds that editors, which have only the schema and read YAML their own
// way, reject what Load rejects.
func TestSchemaAgrees(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("file:///schema", doc); err != nil {
		t.Fatal(err)
	}
	schema := c.MustCompile("file:///schema")
	for _, c := range loadCases() {
		var v any
		ok := yaml.Unmarshal([]byte(c.text), &v) == nil
		if ok {
			data, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			v, err = jsonschema.UnmarshalJSON(bytes.NewReader(data))
			ok = err == nil && schema.Validate(v) == nil
		}
		if want := c.want == "" || c.beyond; ok != want {
			t.Errorf("%s: the schema says %v", c.name, ok)
		}
	}
}

// TestSchemaPublished holds that the schema in the documentation is this one.
func TestSchemaPublished(t *testing.T) {
	data, err := os.ReadFile("../../docs/strake.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Schema(), string(data)); diff != "" {
		t.Errorf("copy plugins/config/strake.schema.json to docs:\n%s", diff)
	}
}

// TestDescribed holds that every key has a description.
func TestDescribed(t *testing.T) {
	s, err := compileSchema([]byte(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	for at, part := range map[string]*schemajson.Schema{"": s.root, "plugin": s.root.Defs["plugin"], "selection": s.root.Defs["selection"]} {
		for key, property := range part.Properties {
			if !strings.HasSuffix(property.Description, ".") {
				t.Errorf("%s of %q has the description %q", key, at, property.Description)
			}
		}
	}
}

// TestEntry holds what is made of the keys.
func TestEntry(t *testing.T) {
	f, diags := parse(source.NewFile("f", loadCases()[1].text))
	if len(diags) > 0 || len(f.Entries) != 5 || !f.RequireSandbox {
		t.Fatal(diags, len(f.Entries))
	}
	var keys []string
	for i := range f.Entries {
		keys = append(keys, f.Entries[i].Key())
	}
	if diff := cmp.Diff([]string{"", "acme", "other", "third", "up"}, keys); diff != "" {
		t.Error(diff)
	}
	if got := string(f.Entries[0].Config); got != `{"max-length":2000}` {
		t.Error(got)
	}
	acme := f.Entries[1]
	want := Entry{
		Span: acme.Span, Use: "./tools/acme", Name: "acme", Args: []string{"--strict"}, Files: []string{"tools/lib"},
		Grants: []plugins.Grant{plugins.GrantContext, plugins.GrantImages, plugins.GrantNetwork},
		Levels: map[string]plugins.Level{"no-latest": {Severity: diag.Warning}, "root": {Off: true}, "a": {}, "b": {Severity: diag.Info}, "c": {Severity: diag.Hint}},
		Only:   &Selection{Paths: []string{"services/**", "docker/"}, Stages: []string{"final", "build-*", "0", "-1"}},
		Except: &Selection{Stages: []string{"test"}},
	}
	acme.node = nil
	if diff := cmp.Diff(want, acme, cmp.AllowUnexported(Entry{})); diff != "" {
		t.Error(diff)
	}
}

// TestLoadFaults holds that a file which cannot be read is an error, and soon.
func TestLoadFaults(t *testing.T) {
	dir := t.TempDir()
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		filepath.Join(dir, "none"): "there is no file",
		dir:                        "not a regular file",
		loop:                       "too many links",
		os.DevNull:                 "not a regular file",
	} {
		var set source.Set
		if f, diags := Load(context.Background(), name, &set); f != nil || !strings.Contains(lines(&set, diags), want) {
			t.Errorf("%s: %v", name, diags)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, diags := Load(ctx, write(t, "version: 1\n", dir, FileName), new(source.Set)); !diags.HasErrors() {
		t.Error("a context that has ended is no error")
	}
	if os.Geteuid() != 0 {
		secret := write(t, "version: 1\n", dir, "secret")
		os.Chmod(secret, 0)
		if f, diags := Load(context.Background(), secret, new(source.Set)); f != nil || !diags.HasErrors() {
			t.Error("a file that cannot be read is no error")
		}
	}
}

// FuzzLoad holds that no file makes Load panic, and that messages lie in the file and
// stay short.
func FuzzLoad(f *testing.F) {
	for _, c := range loadCases() {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := source.NewFile("f", text)
		out, diags := parse(file)
		for _, d := range diags {
			if int(d.Span.Start) > len(text) || len(d.Message)+len(d.Hint) > 2000+4*len(text) || d.Severity != diag.Error {
				t.Errorf("%+v", d)
			}
		}
		if len(diags) == 0 && len(out.Entries) > 100 {
			t.Error("too many entries")
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	text := loadCases()[1].text
	for b.Loop() {
		parse(source.NewFile("f", text))
	}
}
