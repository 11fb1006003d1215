package lang_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/source"
)

// bare copies a value without what says where it was read: spans, and the logical line.
func bare[T any](v T) T {
	out := reflect.New(reflect.TypeFor[T]()).Elem()
	strip(out, reflect.ValueOf(&v).Elem())
	return out.Interface().(T)
}

func strip(to, from reflect.Value) {
	switch from.Kind() {
	case reflect.Interface, reflect.Pointer:
		if from.IsNil() {
			return
		}
		elem := reflect.New(from.Elem().Type()).Elem()
		strip(elem, from.Elem())
		if from.Kind() == reflect.Pointer {
			elem = elem.Addr()
		}
		to.Set(elem)
	case reflect.Slice:
		for i := range from.Len() {
			elem := reflect.New(from.Type().Elem()).Elem()
			strip(elem, from.Index(i))
			to.Set(reflect.Append(to, elem))
		}
	case reflect.Struct:
		for i := range from.NumField() {
			_, header := from.Interface().(lang.Header)
			if _, span := from.Field(i).Interface().(source.Span); !span && !(header && from.Type().Field(i).Name == "Code") {
				strip(to.Field(i), from.Field(i))
			}
		}
	default:
		to.Set(from)
	}
}

// sound visits all cases and, where it is, the corpus: the files without errors.
func sound(t *testing.T, visit func(name string, file *lang.File)) {
	files, _, err := cases.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	look := func(name, text string) {
		if file, diags := lang.Parse(source.NewFile("Dockerfile", text)); !diags.HasErrors() {
			visit(name, file)
		}
	}
	for _, c := range cases.All() {
		look(c.Name, c.Dockerfile)
	}
	for _, f := range files {
		look(f.Name, string(f.Data))
	}
	look("everything", everything)
}

// reread gives what Parse makes of the canonical form of an item.
func reread(f *lang.File, item lang.Item) []lang.Item {
	head := ""
	if _, ok := item.(*lang.Directive); !ok {
		head = "# escape=" + string(rune(f.Escape)) + "\n\n" // behind a blank line, comments are no directives
	}
	var claims []lang.Claim
	if c, ok := item.(*lang.Custom); ok && len(c.Heredocs) > 0 {
		claims = []lang.Claim{{Keyword: strings.ToUpper(c.Keyword.Text), Heredocs: true}}
	}
	got, _ := lang.ParseFragment(source.NewFile("Dockerfile", head+lang.PrintItem(item, f.Escape)+"\n"), claims...)
	if head != "" {
		return got.Items[1:]
	}
	return got.Items
}

// TestPrintItem checks that every node, made anew out of its fields, prints as a line that
// reads back as it, and that a tree that nobody touched prints as its source.
func TestPrintItem(t *testing.T) {
	nodes := 0
	sound(t, func(name string, file *lang.File) {
		if got := lang.Print(file); got != file.Source.Text {
			t.Errorf("%s: an untouched tree prints as\n%s", name, got)
		}
		for _, item := range file.Items {
			nodes++
			want := bare(item)
			got := reread(file, want)
			if len(got) != 1 || !reflect.DeepEqual(bare(got[0]), want) {
				t.Errorf("%s: %q prints as %q, which is another node\n%#v\n%#v", name, file.Source.Slice(item.Span()), lang.PrintItem(want, file.Escape), want, bare(got[0]))
			}
		}
	})
	t.Logf("%d nodes", nodes)
}

// TestPrintChanged changes one field of one node at a time, by its pointer: nothing but
// the lines of that node differ, and they read back as the node.
func TestPrintChanged(t *testing.T) {
	changes := 0
	sound(t, func(name string, file *lang.File) {
		text := file.Source.Text
		for i, item := range file.Items {
			if i > 30 {
				break // a long file parses as often as it has items
			}
			word := lastWord(item)
			if word == nil {
				continue
			}
			changes++
			was := word.Text
			if word.Text += "x"; strings.HasSuffix(was, "\n") {
				word.Text += "\n" // a line of a here document
			}
			got, at := lang.Print(file), item.Span()
			made := lang.PrintItem(item, file.Escape)
			if strings.HasSuffix(file.Source.Slice(at), "\n") {
				made += "\n"
			}
			if got != text[:at.Start]+made+text[at.End:] {
				t.Errorf("%s: with a change in %q other lines differ:\n%s", name, file.Source.Slice(at), got)
			}
			if back := reread(file, item); len(back) != 1 || !reflect.DeepEqual(bare(back[0]), bare(item)) {
				t.Errorf("%s: %q reads back as another node", name, made)
			}
			word.Text = was
		}
	})
	t.Logf("%d changes", changes)
}

// lastWord is a word of an instruction that can be changed without the others.
func lastWord(item lang.Item) *lang.Word {
	switch n := item.(type) {
	case *lang.From:
		return &n.Base
	case *lang.Workdir:
		return &n.Path
	case *lang.User:
		return &n.Name
	case *lang.Copy:
		return &n.Paths.Dest
	case *lang.Add:
		return &n.Paths.Dest
	case *lang.Env:
		return &n.Pairs.List[len(n.Pairs.List)-1].Value
	case *lang.Label:
		return &n.Pairs.List[0].Value
	case *lang.Run:
		if len(n.Command.Args) > 0 {
			return &n.Command.Args[0]
		}
		if n.Command.Exec || len(n.Heredocs) == 0 && strings.Contains(n.Command.Line.Text, "<<") {
			return nil
		}
		if len(n.Heredocs) > 0 {
			if n.Heredocs[0].Body.Text == "" {
				return nil
			}
			return &n.Heredocs[0].Body
		}
		return &n.Command.Line
	case *lang.Healthcheck:
		if !n.Command.Exec && n.Command.Line.Text != "" {
			return &n.Command.Line
		}
	}
	return nil
}

// TestPrintMoved leaves out, moves and doubles items: each keeps its text and the blanks
// in front of it.
func TestPrintMoved(t *testing.T) {
	const text = "\ufeff# c\n\nFROM a AS b\n\n  run  x\n\n\nCMD [ \"y\" ]\n\n"
	run := &lang.Run{Command: lang.Command{Line: lang.Word{Text: "z"}}}
	for _, c := range []struct {
		name string
		edit func([]lang.Item) []lang.Item
		want string
	}{
		{"all left out", func(l []lang.Item) []lang.Item { return nil }, "\ufeff\n"},
		{"first left out", func(l []lang.Item) []lang.Item { return l[1:] }, "\ufeff\nFROM a AS b\n\n  run  x\n\n\nCMD [ \"y\" ]\n\n"},
		{"one left out", func(l []lang.Item) []lang.Item { return []lang.Item{l[0], l[1], l[3]} }, "\ufeff# c\n\nFROM a AS b\n\n\nCMD [ \"y\" ]\n\n"},
		{"last left out", func(l []lang.Item) []lang.Item { return l[:3] }, "\ufeff# c\n\nFROM a AS b\n\n  run  x\n\n"},
		{"moved", func(l []lang.Item) []lang.Item { return []lang.Item{l[0], l[1], l[3], l[2]} }, "\ufeff# c\n\nFROM a AS b\n\n\nCMD [ \"y\" ]\n\n  run  x\n\n"},
		{"twice", func(l []lang.Item) []lang.Item { return []lang.Item{l[0], l[1], l[2], l[2], l[3]} }, "\ufeff# c\n\nFROM a AS b\n\n  run  x\n\n  run  x\n\n\nCMD [ \"y\" ]\n\n"},
		{"in place of another", func(l []lang.Item) []lang.Item { return []lang.Item{l[0], l[1], run, l[3]} }, "\ufeff# c\n\nFROM a AS b\nRUN z\n\n\nCMD [ \"y\" ]\n\n"},
		{"at the end", func(l []lang.Item) []lang.Item { return append(l, run, run) }, "\ufeff# c\n\nFROM a AS b\n\n  run  x\n\n\nCMD [ \"y\" ]\nRUN z\nRUN z\n\n"},
	} {
		file, _ := lang.Parse(source.NewFile("Dockerfile", text))
		file.Items = c.edit(file.Items)
		if got := lang.Print(file); got != c.want {
			t.Errorf("%s:\ngot  %q\nwant %q", c.name, got, c.want)
		}
	}
}
