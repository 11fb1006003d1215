package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/ir"
)

func TestPaths(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"Dockerfile", "Dockerfile", true},
		{"Dockerfile", "a/Dockerfile", false},
		{"*", "Dockerfile", true},
		{"*", "a/Dockerfile", false},
		{"**", "Dockerfile", true},
		{"**", "a/b/Dockerfile", true},
		{"services/**", "services/a/b/Dockerfile", true},
		{"services/**", "service/Dockerfile", false},
		{"services/**/Dockerfile", "services/Dockerfile", true},
		{"services/**/Dockerfile", "services/a/b/Dockerfile", true},
		{"services/**/Dockerfile", "services/a/b/Containerfile", false},
		{"**/test/**/x?", "a/test/b/test/x1", true},
		{"**/a/**/a/**/b", "a/a/a/a/c", false},
		{"docker/", "docker/a/Dockerfile", true},
		{"docker/", "docker", false},
		{"[ab].Dockerfile", "b.Dockerfile", true},
		{"**", "../Dockerfile", false},
		{"*/Dockerfile", "../Dockerfile", false},
		{"../*", "../Dockerfile", true},
		{"../**", "../a/Dockerfile", true},
	} {
		m := &ir.Module{Files: []ir.File{{Name: "/repo/x/" + c.name}}, Stages: []*ir.Stage{{}}}
		e := Entry{Only: &Selection{Paths: []string{c.pattern}}}
		if got := e.match("/repo/x", "/")(m, m.Stages[0]); got != c.want {
			t.Errorf("%s matches %s: %v", c.pattern, c.name, got)
		}
	}
}

// TestPathsTime holds that a pattern which is made to take long does not.
func TestPathsTime(t *testing.T) {
	start := time.Now()
	if glob(strings.Split(strings.Repeat("**/a/", 200)+"b", "/"), strings.Split(strings.Repeat("a/", 1000)+"c", "/")) {
		t.Error("it matches")
	}
	if d := time.Since(start); d > 20*time.Second {
		t.Errorf("it takes %v", d)
	}
}

func TestMatch(t *testing.T) {
	m := &ir.Module{Files: []ir.File{{Name: "sub/Dockerfile"}}, Stages: []*ir.Stage{{Name: "base"}, {}, {Name: "build-go"}, {Name: "final"}}}
	here, other := []string{"sub/*"}, []string{"elsewhere/*"}
	for _, c := range []struct {
		name         string
		only, except *Selection
		want         string
	}{
		{"all", nil, nil, "1111"},
		{"a name", &Selection{Stages: []string{"final"}}, nil, "0001"},
		{"a name, whatever the case", &Selection{Stages: []string{"FINAL"}}, nil, "0001"},
		{"a pattern", &Selection{Stages: []string{"build-*", "b?se"}}, nil, "1010"},
		{"a star is not for stages without a name", &Selection{Stages: []string{"*"}}, nil, "1011"},
		{"numbers", &Selection{Stages: []string{"1", "-1", "9", "-9"}}, nil, "0101"},
		{"except", nil, &Selection{Stages: []string{"0"}}, "0111"},
		{"only and except", &Selection{Stages: []string{"b*"}}, &Selection{Stages: []string{"build-*"}}, "1000"},
		{"paths", &Selection{Paths: here}, nil, "1111"},
		{"other paths", &Selection{Paths: other}, nil, "0000"},
		{"except paths", nil, &Selection{Paths: here}, "0000"},
		{"paths and stages", &Selection{Paths: other, Stages: []string{"final"}}, nil, "0000"},
		{"except stages of paths", nil, &Selection{Paths: here, Stages: []string{"final"}}, "1110"},
		{"except stages of other paths", nil, &Selection{Paths: other, Stages: []string{"final"}}, "1111"},
	} {
		e := Entry{Only: c.only, Except: c.except}
		match := e.match("/repo", "/repo")
		got := ""
		for _, s := range m.Stages {
			if match == nil || match(m, s) {
				got += "1"
			} else {
				got += "0"
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestMatchLinks holds that paths count from where the Dockerfile really is.
func TestMatchLinks(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	write(t, "", dir, "repo/sub/Dockerfile")
	if err := os.Symlink("repo", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if got := relative("link/sub/Dockerfile", filepath.Join(dir, "repo"), dir); got != "sub/Dockerfile" {
		t.Error(got)
	}
}
