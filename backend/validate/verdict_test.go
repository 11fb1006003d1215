package validate

import (
	"archive/tar"
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
)

// made is an image of an experiment: files beside those that all have, and the config.
type made struct {
	files  []layertest.Item
	config func(*dockerspec.DockerOCIImage)
}

func with(files ...layertest.Item) made { return made{files: files} }

func (m made) tree(t *testing.T, r *Reader, name string) *Tree {
	t.Helper()
	c := config()
	if m.config != nil {
		m.config(&c)
	}
	same := []layertest.Item{layertest.Dir("./"), layertest.Dir("d"), layertest.File("d/x", "x")}
	tree, err := r.Tree(t.Context(), imageOf(t, name, c, append(same, m.files...)))
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// TestJudge holds what an experiment with two builds says.
func TestJudge(t *testing.T) {
	random := func(i int) layertest.Item { return layertest.File("d/r", fmt.Sprint("random ", i)) }
	named := func(i int) layertest.Item { return layertest.File(fmt.Sprintf("d/tmp.%d", i), fmt.Sprint(i)) }
	at := func(i int) layertest.Item {
		return layertest.File("d/t", "t").At(layertest.Epoch().Add(time.Duration(i) * time.Second))
	}
	label := func(text string) made {
		return made{config: func(c *dockerspec.DockerOCIImage) { c.Config.Labels["built"] = text }}
	}
	db := func(version, note string) made {
		return with(layertest.Dir("var"), layertest.Dir("var/lib"), layertest.Dir("var/lib/dpkg"), layertest.File("var/lib/dpkg/status", "Package: vim\nVersion: "+version+"\nDescription: "+note+"\n"))
	}
	docs := []layertest.Item{layertest.Dir("usr"), layertest.Dir("usr/doc"), layertest.File("usr/doc/a", "12345"), layertest.File("usr/doc/b", "678")}
	for _, c := range []struct {
		name           string
		a1, a2, b1, b2 made
		dropped        []string
		answer         Judgement
		want           []string
	}{
		{name: "the same", answer: Equal},
		{name: "random content", a1: with(random(1)), a2: with(random(2)), b1: with(random(3)), b2: with(random(4)), answer: EqualUpTo, want: []string{"itself /d/r: content"}},
		{name: "random content that is fixed in B", a1: with(random(1)), a2: with(random(2)), b1: with(random(3)), b2: with(random(3)), answer: EqualUpTo, want: []string{"itself /d/r: content"}},
		{name: "random content in B only", a1: with(random(1)), a2: with(random(1)), b1: with(random(1)), b2: with(random(2)), answer: NotEqual, want: []string{"~ /d/r: content"}},
		{name: "random content in B only, and never that of A", a1: with(random(1)), a2: with(random(1)), b1: with(random(2)), b2: with(random(3)), answer: NotEqual, want: []string{"~ /d/r: content"}},
		{name: "random content with another mode", a1: with(random(1)), a2: with(random(2)), b1: with(random(3).WithMode(0o600)), b2: with(random(4).WithMode(0o600)), answer: NotEqual,
			want: []string{"itself /d/r: content", "~ /d/r: mode"}},
		{name: "random content with another owner", a1: with(random(1)), a2: with(random(2)), b1: with(random(3).OwnedBy(1, 0)), b2: with(random(4).OwnedBy(1, 0)), answer: NotEqual,
			want: []string{"itself /d/r: content", "~ /d/r: owner"}},
		{name: "random content, and a directory", a1: with(random(1)), a2: with(random(2)), b1: with(layertest.Dir("d/r").WithMode(0o644)), b2: with(layertest.Dir("d/r").WithMode(0o644)), answer: NotEqual,
			want: []string{"itself /d/r: content", "~ /d/r: kind"}},
		{name: "random content that is missing", a1: with(random(1)), a2: with(random(2)), answer: NotEqual, want: []string{"- /d/r", "itself /d/r: content"}},
		{name: "random content that is empty", a1: with(random(1)), a2: with(random(2)), b1: with(layertest.File("d/r", "")), b2: with(layertest.File("d/r", "")), answer: NotEqual,
			want: []string{"itself /d/r: content", "~ /d/r: content"}},
		{name: "random content that may be empty", a1: with(random(1)), a2: with(layertest.File("d/r", "")), b1: with(layertest.File("d/r", "")), b2: with(random(2)), answer: EqualUpTo, want: []string{"itself /d/r: content"}},
		{name: "packages whose database differs by itself", a1: db("1", "a"), a2: db("1", "b"), b1: db("2", "c"), b2: db("2", "d"), answer: NotEqual,
			want: []string{"itself /var/lib/dpkg/status: content", "~ package vim"}},
		{name: "packages whose database differs by itself, and once another", a1: db("1", "a"), a2: db("1", "b"), b1: db("1", "c"), b2: db("2", "d"), answer: NotEqual,
			want: []string{"itself /var/lib/dpkg/status: content", "~ package vim"}},
		{name: "packages that differ by themselves", a1: db("1", "a"), a2: db("2", "b"), b1: db("1", "c"), b2: db("1", "d"), answer: NotEqual,
			want: []string{"itself /var/lib/dpkg/status: content", "~ package vim"}},
		{name: "packages whose database is dropped", a1: db("1", "a"), a2: db("1", "a"), dropped: []string{"/var"}, answer: EqualUpTo, want: []string{"dropped /var 1 39"}},
		{name: "random mode", a1: with(random(1)), a2: with(random(1).WithMode(0o600)), b1: with(random(1)), b2: with(random(1)), answer: NotEqual, want: []string{"~ /d/r: mode"}},
		{name: "random target", a1: with(layertest.Symlink("d/l", "1")), a2: with(layertest.Symlink("d/l", "2")), b1: with(layertest.Symlink("d/l", "3")), b2: with(layertest.Symlink("d/l", "4")), answer: EqualUpTo,
			want: []string{"itself /d/l: target"}},
		{name: "random name", a1: with(named(1)), a2: with(named(2)), b1: with(named(3)), b2: with(named(4)), answer: EqualUpTo, want: []string{"itself /d: names"}},
		{name: "random name that B has not", a1: with(named(1)), a2: with(named(2)), answer: NotEqual, want: []string{"~ /d: entries that are not always there"}},
		{name: "random name with another mode", a1: with(named(1)), a2: with(named(2)), b1: with(named(3).WithMode(0o777)), b2: with(named(4).WithMode(0o777)), answer: NotEqual,
			want: []string{"~ /d: entries that are not always there"}},
		{name: "two random names for one", a1: with(named(1)), a2: with(named(2)), b1: with(named(3), named(5)), b2: with(named(4), named(6)), answer: NotEqual,
			want: []string{"~ /d: entries that are not always there"}},
		{name: "fewer random names where they may be missing", a1: with(named(1), named(5)), a2: with(named(2), named(6)), b1: with(named(3)), b2: with(named(4)), dropped: []string{"/d"},
			answer: EqualUpTo, want: []string{"itself /d: names", "dropped /d 2 2"}},
		{name: "more random names where they may be missing", a1: with(named(1)), a2: with(named(2)), b1: with(named(3), named(5)), b2: with(named(4), named(6)), dropped: []string{"/d"},
			answer: NotEqual, want: []string{"~ /d: entries that are not always there", "dropped /d 1 1"}},
		{name: "other random names where they may be missing", a1: with(named(1), named(5)), a2: with(named(2), named(6)), b1: with(named(3).WithMode(0o777)), b2: with(named(4).WithMode(0o777)), dropped: []string{"/d"},
			answer: NotEqual, want: []string{"~ /d: entries that are not always there", "dropped /d 2 2"}},
		{name: "random directory", a1: with(layertest.Dir("d/1"), layertest.File("d/1/x", "")), a2: with(layertest.Dir("d/2"), layertest.File("d/2/x", "")), b1: with(layertest.Dir("d/3"), layertest.File("d/3/y", "")), b2: with(layertest.Dir("d/4"), layertest.File("d/4/z", "")),
			answer: EqualUpTo, want: []string{"itself /d: names"}},
		{name: "random directory with less in it", a1: with(layertest.Dir("d/1"), layertest.File("d/1/x", "")), a2: with(layertest.Dir("d/2"), layertest.File("d/2/x", "")), b1: with(layertest.Dir("d/3")), b2: with(layertest.Dir("d/4")),
			answer: NotEqual, want: []string{"~ /d: entries that are not always there"}},
		{name: "random name of what is the same", a1: with(layertest.File("d/1", "x")), a2: with(layertest.File("d/2", "x")), b1: with(layertest.File("d/3", "x")), b2: with(layertest.File("d/4", "x")), answer: EqualUpTo, want: []string{"itself /d: names"}},
		{name: "random name of another content", a1: with(layertest.File("d/1", "x")), a2: with(layertest.File("d/2", "x")), b1: with(layertest.File("d/3", "y")), b2: with(layertest.File("d/4", "y")), answer: NotEqual,
			want: []string{"~ /d: entries that are not always there"}},
		{name: "random name of another target", a1: with(layertest.Symlink("d/1", "x")), a2: with(layertest.Symlink("d/2", "x")), b1: with(layertest.Symlink("d/3", "y")), b2: with(layertest.Symlink("d/4", "y")), answer: NotEqual,
			want: []string{"~ /d: entries that are not always there"}},
		{name: "random name and content, and empty in B", a1: with(named(1)), a2: with(named(2)), b1: with(layertest.File("d/3", "")), b2: with(layertest.File("d/4", "")), answer: NotEqual,
			want: []string{"~ /d: entries that are not always there"}},
		{name: "now and then", a1: with(named(1)), b1: with(), b2: with(named(1)), answer: EqualUpTo, want: []string{"itself /d: names"}},
		{name: "now and then in B only", a1: with(named(1)), a2: with(named(1)), b1: with(named(1)), answer: NotEqual, want: []string{"~ /d: entries that are not always there"}},
		{name: "missing", a1: with(named(1)), a2: with(named(1)), answer: NotEqual, want: []string{"- /d/tmp.1"}},
		{name: "more", b1: with(named(1)), b2: with(named(1)), answer: NotEqual, want: []string{"+ /d/tmp.1"}},
		{name: "times that move", a1: with(at(1)), a2: with(at(2)), b1: with(at(3)), b2: with(at(4)), answer: Equal},
		{name: "times that are set", a1: with(at(1)), a2: with(at(1)), b1: with(at(3)), b2: with(at(3)), answer: EqualUpTo, want: []string{"time /d/t"}},
		{name: "another form", a1: with(layertest.File("d/r", "[1]")), a2: with(layertest.File("d/r", "[1]")), b1: with(layertest.File("d/r", "[ 1 ]")), b2: with(layertest.File("d/r", "[ 1 ]")), answer: EqualUpTo, want: []string{"form /d/r"}},
		{name: "another form by itself, and another content", a1: with(layertest.File("d/r", "[1]")), a2: with(layertest.File("d/r", "[1 ]")), b1: with(layertest.File("d/r", "[2]")), b2: with(layertest.File("d/r", "[ 2 ]")), answer: NotEqual,
			want: []string{"~ /d/r: content"}},
		{name: "dropped", a1: made{files: docs}, a2: made{files: docs}, b1: made{files: docs[:2]}, b2: made{files: docs[:2]}, dropped: []string{"/usr/doc/**"}, answer: EqualUpTo,
			want: []string{"dropped /usr/doc/** 2 8"}},
		{name: "dropped with the directory", a1: made{files: docs}, a2: made{files: docs}, b1: made{files: docs[:1]}, b2: made{files: docs[:1]}, dropped: []string{"usr/doc"}, answer: EqualUpTo,
			want: []string{"dropped usr/doc 2 8"}},
		{name: "dropped with the directory by its own name", a1: made{files: docs}, a2: made{files: docs}, b1: made{files: docs[:1]}, b2: made{files: docs[:1]}, dropped: []string{"/usr/doc/*", "/usr/doc/"}, answer: EqualUpTo,
			want: []string{"dropped /usr/doc/ 0 0", "dropped /usr/doc/* 2 8"}},
		{name: "the directory alone", a1: made{files: docs}, a2: made{files: docs}, b1: made{files: docs[:1]}, b2: made{files: docs[:1]}, dropped: []string{"/usr/doc/"}, answer: NotEqual,
			want: []string{"- /usr/doc/a", "- /usr/doc/b", "dropped /usr/doc/ 0 0"}},
		{name: "dropped too much", a1: made{files: docs}, a2: made{files: docs}, b1: made{files: docs[:1]}, b2: made{files: docs[:1]}, dropped: []string{"/usr/doc/a"}, answer: NotEqual,
			want: []string{"- /usr/doc", "- /usr/doc/b", "dropped /usr/doc/a 1 5"}},
		{name: "changed where it may be dropped", a1: made{files: docs}, a2: made{files: docs}, b1: with(docs[0], docs[1], layertest.File("usr/doc/a", "other")), b2: with(docs[0], docs[1], layertest.File("usr/doc/a", "other")),
			dropped: []string{"/usr/doc/*"}, answer: NotEqual, want: []string{"dropped /usr/doc/* 1 3", "~ /usr/doc/a: content"}},
		{name: "dropped in one build, and changed in the other", a1: made{files: docs}, a2: made{files: docs}, b1: made{files: docs[:3]}, b2: with(docs[0], docs[1], docs[2], layertest.File("usr/doc/b", "other")),
			dropped: []string{"/usr/doc/*"}, answer: NotEqual, want: []string{"- /usr/doc/b", "dropped /usr/doc/* 0 0", "~ /usr/doc: entries that are not always there"}},
		{name: "dropped in the second build only", a1: made{files: docs}, a2: made{files: docs}, b1: made{files: docs}, b2: made{files: docs[:3]}, dropped: []string{"/usr/doc/*"}, answer: NotEqual,
			want: []string{"dropped /usr/doc/* 0 0", "~ /usr/doc: entries that are not always there"}},
		{name: "more in one build, where it may lack files", a1: made{files: docs}, a2: made{files: docs}, b1: made{files: docs}, b2: with(append(docs[:4:4], layertest.File("usr/doc/c", "x").WithMode(0o4755))...),
			dropped: []string{"/usr/doc/*"}, answer: NotEqual, want: []string{"dropped /usr/doc/* 0 0", "~ /usr/doc: entries that are not always there"}},
		{name: "random names that were dropped", a1: with(named(1)), a2: with(named(2)), dropped: []string{"/d/tmp.*"}, answer: EqualUpTo, want: []string{"dropped /d/tmp.* 1 1"}},
		{name: "random names that might have been dropped", a1: with(named(1)), a2: with(named(2)), b1: with(named(3)), b2: with(named(4)), dropped: []string{"/d/tmp.*"}, answer: EqualUpTo,
			want: []string{"dropped /d/tmp.* 1 1", "itself /d: names"}},
		{name: "nothing was dropped", a1: made{files: docs}, a2: made{files: docs}, b1: made{files: docs}, b2: made{files: docs}, dropped: []string{"/usr/doc/*"}, answer: Equal,
			want: []string{"dropped /usr/doc/* 0 0"}},
		{name: "random label", a1: label("1"), a2: label("2"), b1: label("3"), b2: label("4"), answer: EqualUpTo, want: []string{"itself config Label built: value"}},
		{name: "random label that B has not", a1: label("1"), a2: label("2"), answer: NotEqual, want: []string{"- Label built", "itself config Label built: value"}},
		{name: "random label in B", a1: label("1"), a2: label("1"), b1: label("1"), b2: label("2"), answer: NotEqual, want: []string{"~ Label built"}},
		{name: "another label", a1: label("1"), a2: label("1"), b1: label("2"), b2: label("2"), answer: NotEqual, want: []string{"~ Label built"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewReader(Usual())
			a := [2]*Tree{c.a1.tree(t, r, "a"), c.a2.tree(t, r, "a")}
			b := [2]*Tree{c.b1.tree(t, r, "b"), c.b2.tree(t, r, "b")}
			v, err := r.Judge(t.Context(), a, b, c.dropped)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(c.want)
			if have := v.brief(); v.Answer != c.answer || !slices.Equal(have, c.want) {
				t.Errorf("it is %s: %q\nwant %s: %q", v.Answer, have, c.answer, c.want)
			}
			var out bytes.Buffer
			if err := v.Text(&out, 0); err != nil {
				t.Fatal(err)
			}
			for _, d := range v.Files {
				if !d.below && !strings.Contains(out.String(), d.Path) {
					t.Errorf("%s is not shown in\n%s", d.Path, &out)
				}
			}
		})
	}
	if _, err := NewReader(Usual()).Judge(t.Context(), [2]*Tree{}, [2]*Tree{}, []string{"[a"}); err == nil {
		t.Error("a pattern that is none is taken")
	}
}

// brief is what a verdict has, a line each.
func (v *Verdict) brief() []string {
	list := brief(&Report{Config: v.Config, Files: v.Files, Packages: v.Packages})
	for _, one := range v.ByItself {
		list = append(list, "itself "+one.Path+": "+strings.Join(one.What, ", "))
	}
	for _, d := range v.Forms {
		list = append(list, "form "+d.Path)
	}
	for _, name := range v.Times {
		list = append(list, "time "+name)
	}
	for _, d := range v.Dropped {
		list = append(list, fmt.Sprintf("dropped %s %d %d", d.Pattern, d.Files, d.Bytes))
	}
	slices.Sort(list)
	return list
}

// TestJudgeRun holds how commands are compared.
func TestJudgeRun(t *testing.T) {
	o := func(status int, text string) Outcome { return Outcome{Status: status, Stdout: text} }
	for _, c := range []struct {
		a, b   [2]Outcome
		want   string
		itself bool
	}{
		{a: [2]Outcome{o(0, "x"), o(0, "x")}, b: [2]Outcome{o(0, "x"), o(0, "x")}},
		{a: [2]Outcome{o(0, "x"), o(0, "x")}, b: [2]Outcome{o(0, "x"), o(0, "y")}, want: "standard output: line 1"},
		{a: [2]Outcome{o(0, "x"), o(0, "x")}, b: [2]Outcome{o(1, "x"), o(0, "x")}, want: "exit code 0 in A, 1 in B"},
		{a: [2]Outcome{o(0, "x"), o(0, "y")}, b: [2]Outcome{o(0, "z"), o(0, "z")}, itself: true},
		{a: [2]Outcome{o(0, "x"), o(0, "y")}, b: [2]Outcome{o(2, "z"), o(0, "z")}, want: "exit code 0 in A, 2 in B", itself: true},
		{a: [2]Outcome{o(0, "x"), o(1, "x")}, b: [2]Outcome{o(0, "x"), o(0, "x")}, want: "two builds of A", itself: true},
		{a: [2]Outcome{{Stdout: "x", Stderr: "1"}, {Stdout: "x", Stderr: "2"}}, b: [2]Outcome{{Stdout: "x", Stderr: "3"}, {Stdout: "y", Stderr: "4"}}, want: "standard output", itself: true},
		{a: [2]Outcome{{Stderr: "x"}, {Stderr: "x"}}, b: [2]Outcome{{Stderr: "x"}, {}}, want: "standard error"},
	} {
		s := JudgeRun("x", c.a, c.b)
		if s.ByItself != c.itself || (s.Difference == "") != (c.want == "") || !strings.Contains(s.Difference, c.want) {
			t.Errorf("%v and %v: %+v", c.a, c.b, s)
		}
	}
}

// TestJudgeRandom holds, over random trees of which some files differ in each build, that
// another layering of the same is equal up to them, and that one change to B is found unless
// it is to what such a file holds.
func TestJudgeRandom(t *testing.T) {
	for seed := range uint64(120) {
		f := forest{rand.New(rand.NewPCG(seed, 23))}
		tree := f.tree()
		moving := map[string]bool{}
		for name, one := range tree {
			moving[name] = one.Typeflag == tar.TypeReg && f.IntN(4) == 0
		}
		n := 0
		r := NewReader(Usual())
		build := func(name string, from map[string]layertest.Item) *Tree {
			n++
			all := maps.Clone(from)
			for name, one := range all {
				if moving[name] {
					all[name] = one.Containing(one.Data + fmt.Sprint(" of build ", n))
				}
			}
			out, err := r.Tree(t.Context(), imageOf(t, name, config(), f.layering(all)...))
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		a := [2]*Tree{build("a", tree), build("a", tree)}
		v, err := r.Judge(t.Context(), a, [2]*Tree{build("b", tree), build("b", tree)}, nil)
		if err != nil || v.Answer == NotEqual {
			t.Fatalf("seed %d: the same is %s: %q, %v", seed, v.Answer, v.brief(), err)
		}
		listed := map[string]bool{}
		for _, one := range v.ByItself {
			listed[strings.TrimPrefix(one.Path, "/")] = true
		}
		for name, is := range moving {
			if is != listed[name] {
				t.Fatalf("seed %d: %s differs by itself: %v, and is listed: %v", seed, name, is, listed[name])
			}
		}
		name, change := f.change(tree)
		v, err = r.Judge(t.Context(), a, [2]*Tree{build("b", tree), build("b", tree)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if excused := change == "content" && moving[name]; (v.Answer == NotEqual) == excused {
			t.Fatalf("seed %d: %s of %s, and it is %s: %q", seed, change, name, v.Answer, v.brief())
		}
	}
}
