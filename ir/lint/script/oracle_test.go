package script

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/source"
)

// sample is a script of the corpus, as ShellCheck is given it.
type sample struct {
	Name   string // of the file, with the line
	Head   int    // bytes in front of the script
	Text   string // whole
	script *lint.Script
	find   func() map[string][]problem // what is ours of it
}

// samples are the scripts of the corpus that a shell reads which ShellCheck knows. What is known
// of variables stands in front as exports, as hadolint has it.
func samples(t testing.TB) (list []sample) {
	t.Helper()
	files := cases.NeedCorpus(t)
	for _, f := range files {
		src := source.NewFile(f.Name, string(f.Data))
		rule := lint.Rule{Name: "Scripts", View: lint.OnScript(func(s *lint.Script, r *lint.Report) {
			if s.Text == "" {
				return
			}
			head := "#!" + strings.Join(slices.DeleteFunc(slices.Clone(s.Step.State().Shell), func(w string) bool { return w == "-c" }), " ") + "\n"
			if strings.HasPrefix(s.Text, "#!") {
				head = "" // what follows is a comment
			}
			for _, name := range Given(s) {
				head += "export " + name + "=1\n"
			}
			line := src.Line(s.Step.Node.Span().Start)
			list = append(list, sample{fmt.Sprintf("%s:%d", f.Name, line), len(head), head + s.Text + "\n", s, func() map[string][]problem { return new(scan).scanned(s) }})
		})}
		if _, err := lint.Run([]lint.Rule{rule}, lint.Read(src)); err != nil {
			continue
		}
	}
	return list
}

// comment is a finding of ShellCheck.
type comment struct {
	File    string
	Line    int
	Column  int
	Level   string
	Code    int
	Message string
}

// oracle has ShellCheck look at all samples, and remembers what it said, and how long it took.
func oracle(t testing.TB, list []sample) (all [][]comment, took time.Duration) {
	t.Helper()
	program, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Skip("no shellcheck")
	}
	sum := sha256.New()
	for _, s := range list {
		sum.Write([]byte(s.Text + "\x00"))
	}
	name := filepath.Join(os.TempDir(), fmt.Sprintf("strake-shellcheck-%x.json", sum.Sum(nil)[:8]))
	var kept struct {
		All  [][]comment
		Took time.Duration
	}
	if data, err := os.ReadFile(name); err == nil && json.Unmarshal(data, &kept) == nil {
		return kept.All, kept.Took
	}
	if len(list) > 5000 && os.Getenv("STRAKE_BENCH") != "1" {
		t.Skip("ShellCheck takes minutes for these: set STRAKE_BENCH=1")
	}
	dir := t.TempDir()
	kept.All = make([][]comment, len(list))
	start := time.Now()
	for batch := 0; batch < len(list); batch += 200 {
		args := []string{program, "-f", "json1", "-e", "SC1091,SC1090,SC2187"}
		for i := batch; i < min(batch+200, len(list)); i++ {
			file := filepath.Join(dir, fmt.Sprint(i))
			if err := os.WriteFile(file, []byte(list[i].Text), 0o600); err != nil {
				t.Fatal(err)
			}
			args = append(args, file)
		}
		out, err := exec.Command("nice", args...).Output()
		if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() > 1) {
			t.Fatalf("%v: %s", err, out)
		}
		var said struct{ Comments []comment }
		if err := json.NewDecoder(bytes.NewReader(out)).Decode(&said); err != nil {
			t.Fatal(err)
		}
		for _, c := range said.Comments {
			var i int
			fmt.Sscan(path.Base(c.File), &i)
			kept.All[i] = append(kept.All[i], c)
		}
	}
	kept.Took = time.Since(start)
	if data, err := json.Marshal(kept); err == nil {
		_ = os.WriteFile(name, data, 0o600)
	}
	return kept.All, kept.Took
}

// offset is where a place of ShellCheck's is in the script; less than 0 in front of it.
func (s *sample) offset(line, column int) int {
	at := 0
	for range line - 1 {
		next := strings.IndexByte(s.Text[at:], '\n')
		if next < 0 {
			return -1
		}
		at += next + 1
	}
	for range column - 1 { // of characters
		if at < len(s.Text) {
			at++
			for at < len(s.Text) && s.Text[at]&0xc0 == 0x80 {
				at++
			}
		}
	}
	return at - s.Head
}

// count is what is found of one code.
type count struct{ both, ours, theirs int }

func (c count) precision() float64 { return ratio(c.both, c.both+c.ours) }
func (c count) recall() float64    { return ratio(c.both, c.both+c.theirs) }

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// compare holds what we find against what ShellCheck does, by code and place.
func compare(list []sample, all [][]comment) (map[string]*count, []string) {
	counts := map[string]*count{}
	var differences []string
	for i, s := range list {
		places := map[string]int{}
		for _, c := range all[i] {
			if at := s.offset(c.Line, c.Column); at >= 0 {
				places[fmt.Sprintf("SC%d %d", c.Code, at)]++
			}
		}
		differ := func(side, code string, at int) {
			differences = append(differences, fmt.Sprintf("%s %s %s %s: %q >>> %q", code, side, s.Name, s.Text[:strings.IndexByte(s.Text, '\n')],
				s.Text[max(0, s.Head+at-70):s.Head+at], s.Text[s.Head+at:min(len(s.Text), s.Head+at+90)]))
		}
		of := func(code string) *count {
			if counts[code] == nil {
				counts[code] = &count{}
			}
			return counts[code]
		}
		for code, problems := range s.find() {
			for _, p := range problems {
				k := fmt.Sprintf("%s %d", code, p.start)
				if places[k] > 0 {
					places[k]--
					of(code).both++
				} else {
					of(code).ours++
					differ("ours", code, p.start)
				}
			}
		}
		for k, n := range places {
			for range n {
				var at int
				code, rest, _ := strings.Cut(k, " ")
				fmt.Sscan(rest, &at)
				of(code).theirs++
				differ("theirs", code, at)
			}
		}
	}
	slices.Sort(differences)
	return counts, differences
}

// TestOracle holds the rules against ShellCheck on the scripts of the corpus. It prints a table
// when it is verbose, and writes what differs into the file of $STRAKE_DIFFERENCES.
func TestOracle(t *testing.T) {
	list := samples(t)
	all, took := oracle(t, list)
	start := time.Now()
	for _, s := range list {
		s.find()
	}
	ours := time.Since(start)
	t.Logf("%d scripts: ShellCheck %v, these rules %v: %.0f times as fast", len(list), took, ours, float64(took)/float64(ours))
	hold(t, list, all)
}

func hold(t *testing.T, list []sample, all [][]comment) {
	t.Helper()
	counts, differences := compare(list, all)
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		c := counts[code]
		t.Logf("%s both %4d ours %3d theirs %3d precision %.3f recall %.3f", code, c.both, c.ours, c.theirs, c.precision(), c.recall())
		isRule := slices.ContainsFunc(Rules(), func(r lint.Rule) bool { return r.Name == code })
		if isRule && (c.precision() < 0.95 || c.recall() < 0.95) {
			t.Errorf("%s differs", code)
		}
	}
	if name := os.Getenv("STRAKE_DIFFERENCES"); name != "" {
		if err := os.WriteFile(name, []byte(strings.Join(differences, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOthers holds the rules against ShellCheck on the same scripts in the other shell, without a
// variable that is known: much more is found then.
func TestOthers(t *testing.T) {
	var list []sample
	seen := map[string]bool{}
	for _, s := range samples(t) {
		text := s.Text[s.Head:]
		shell := "sh"
		if strings.HasPrefix(s.Text, "#!/bin/sh") {
			shell = "bash"
		}
		if s.Head == 0 || seen[text] {
			continue
		}
		seen[text] = true
		head := "#!/bin/" + shell + "\n"
		list = append(list, sample{s.Name, len(head), head + text, s.script, func() map[string][]problem {
			return new(scan).scanAs(s.script, shell, func(string) bool { return false })
		}})
	}
	all, _ := oracle(t, list)
	hold(t, list, all)
}

// TestSnippets holds the rules against ShellCheck on what is written for it, in two shells.
func TestSnippets(t *testing.T) {
	data, err := os.ReadFile("testdata/snippets.sh")
	if err != nil {
		t.Fatal(err)
	}
	var list []sample
	for i, text := range strings.Split(strings.TrimSpace(string(data)), "\n\n") {
		for _, shell := range []string{"sh", "bash", "dash"} {
			src := source.NewFile("Dockerfile", "FROM x\nRUN <<'END_OF_SNIPPET'\n"+text+"\nEND_OF_SNIPPET\n")
			rule := lint.Rule{Name: "Scripts", View: lint.OnScript(func(s *lint.Script, r *lint.Report) {
				head := "#!/bin/" + shell + "\n"
				list = append(list, sample{fmt.Sprint(i), len(head), head + s.Text, s, func() map[string][]problem {
					return new(scan).scanAs(s, shell, func(string) bool { return false })
				}})
			})}
			if _, err := lint.Run([]lint.Rule{rule}, lint.Read(src)); err != nil {
				t.Fatal(err)
			}
		}
	}
	all, _ := oracle(t, list)
	hold(t, list, all)
}
