package record

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// lines gives what is recorded in a log that a function writes to.
func lines(t *testing.T, write func(*Log)) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "record")
	log, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	write(log)
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	list, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range list {
		out = append(out, c.Line)
	}
	return out
}

func TestScripts(t *testing.T) {
	for _, c := range []struct {
		script string
		want   []string
	}{
		{"apt-get update\napt-get install -y vim\n", []string{"apt-get update", "apt-get install -y vim"}},
		{"# setup\n\nset -e\ncd /srv", []string{"set -e", "cd /srv"}},
		{"for i in 1 2; do\n  echo $i\ndone\ntrue\n", []string{"for i in 1 2; do\n  echo $i\ndone", "true"}},
		{"apt-get install -y \\\n  vim\n", []string{"apt-get install -y \\\n  vim"}},
		{"cat > /etc/a <<EOF\npassword " + secret + "\nEOF\ntrue\n", []string{"cat > /etc/a <<EOF", "true"}},
		{"cat > /etc/a <<'EOF'\necho " + secret + "\nEOF\ntrue\n", []string{"cat > /etc/a <<'EOF'", "true"}},
		{"cat > /etc/a <<\"E F\"\necho " + secret + "\nE F\ntrue\n", []string{"cat > /etc/a <<\"E F\"", "true"}},
		{"cat > /etc/a <<-\\EOF\n\techo " + secret + "\n\tEOF\ntrue\n", []string{"cat > /etc/a <<-\\EOF", "true"}},
		{"passwd root\n" + secret + "\n" + secret + "\ntrue\n", []string{"passwd root", "true"}},
		{"passwd root\n" + secret + "' x\ntrue\n", []string{"passwd root"}}, // what is behind a quote is not known
		{"read -r TOKEN\n" + secret + "\n", []string{"read -r TOKEN"}},
		{"read -r TOKEN\nS=" + secret + "\n", []string{"read -r TOKEN", "S=" + secret}},
		{"mysql -p db\n" + secret + "\ncreate user a identified by '" + secret + "';\n", []string{"mysql -p db"}},
		{"echo root:" + secret + " | chpasswd\n", []string{"echo xxxxx | chpasswd"}},
		{strings.Repeat("x", 2*maxLine) + "\ntrue\n", []string{"true"}},
	} {
		got := lines(t, func(l *Log) {
			data, err := io.ReadAll(l.Script(strings.NewReader(c.script), os.Getpid, "/", ""))
			if err != nil || string(data) != c.script {
				t.Errorf("%q became %q, %v", c.script, data, err)
			}
		})
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: recorded %q, want %q", c.script, got, c.want)
		}
	}
}

func TestArgs(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"apt-get", "install", "-y", "vim"}, []string{"apt-get install -y vim"}},
		{[]string{"sh", "-c", "echo a > b"}, []string{"echo a > b"}},
		{[]string{"/bin/bash", "-c", "curl -u a:" + secret + " h"}, []string{"curl -u xxxxx h"}},
		{[]string{"echo", "a b", "$c"}, []string{"echo 'a b' '$c'"}},
		{[]string{"bash"}, nil},
		{[]string{"/bin/sh", "-l"}, nil},
		{[]string{"sh", "setup.sh"}, []string{"sh setup.sh"}},
		{[]string{"mysql", "-p" + secret}, []string{"mysql -pxxxxx"}},
		{[]string{"tool", "--token", secret}, []string{"tool --token xxxxx"}},
		{[]string{"x", "\x00"}, nil},
		{nil, nil},
	} {
		if got := lines(t, func(l *Log) { l.Args(c.args, Command{Dir: "/", User: "root"}) }); !slices.Equal(got, c.want) {
			t.Errorf("%q: recorded %q, want %q", c.args, got, c.want)
		}
	}
}

func TestReadsCommands(t *testing.T) {
	for line, want := range map[string]bool{
		"bash": true, "-bash": true, "/bin/bash --norc -i": true, "sh -": true, "bash --rcfile x": true, "bash -o vi": true, "busybox sh": true, "zsh -f": true, "bash -l": true,
		"bash x": false, "sh -c x": false, "bash -ec x": false, "busybox": false, "busybox ash x": false, "vim": false, "sh - x": false, "bash --norc x": false, "": false,
	} {
		if got := ReadsCommands(strings.Fields(line)); got != want {
			t.Errorf("%q is %v", line, got)
		}
	}
}

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "record")
	if list, err := Read(path); err != nil || len(list) != 0 {
		t.Errorf("no file is %v, %v", list, err)
	}
	os.WriteFile(path, []byte(`{"line":"a","time":"2026-01-01T00:00:00Z"}`+"\n"+`{"line":"b`), 0o600)
	if list, err := Read(path); err != nil || len(list) != 1 || list[0].Line != "a" {
		t.Errorf("a file that was cut off is %v, %v", list, err)
	}
}
