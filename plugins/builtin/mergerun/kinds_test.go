//go:build linux

package mergerun

import (
	"strings"
	"testing"
)

// kinds are chains of two RUNs that differ when nothing more is done than to put "&&"
// between them, one for each kind of what a shell, its container or its layer carries over.
var kinds = []struct {
	name, shell   string
	first, second string
}{
	{"a name in a layer", "dash", "echo 1 >out && ln out b", "echo 2 >>out"},
	{"a mode", "busybox", "echo 1 >out && ln out b", "chmod 600 b"},
	{"a time", "dash", "echo 1 >out && ln out b", "touch b"},
	{"a size", "dash", "echo 1 >out && ln out b", "truncate -s 0 b"},
	{"a third name", "dash", "echo 1 >out && ln out b", "ln b c"},
	{"a move", "busybox", "echo 1 >out && ln out b", "mv b c"},
	{"an archive", "dash", "tar -xf ../links.tar", "chmod 600 one"},
	{"a copy with links", "busybox", "cp -a $R/a e", "echo x >>e/one"},
	{"a copy of links", "dash", "cp -al $R/a e", "find e -type f -exec chmod 600 {} +"},
	{"a count of names", "dash", "mkdir d", "mkdir d/e && stat -c %h d >n"},
	{"an unknown program", "dash", "starter", "sleep 0.3"},
	{"one that makes names", "dash", "echo 1 >out && linker", "writer; echo x >>out"},
	{"one that renames a directory", "dash", "mkdir d && chmod 300 d", "renamer"},
	{"a program of xargs", "dash", "echo x | xargs starter", "sleep 0.3"},
	{"a program of find", "dash", "find . -maxdepth 0 -exec starter {} +", "sleep 0.3"},
	{"a program of env", "dash", "env starter", "sleep 0.3"},
	{"a program of sed", "dash", "echo x | sed '1e starter >/dev/null'", "sleep 0.3"},
	{"a program of awk", "dash", "awk 'BEGIN { system(\"starter\") }'", "sleep 0.3"},
	{"a program of tar", "dash", "tar -cf $R/x.tar --checkpoint=1 --checkpoint-action=exec=starter $R/a", "sleep 0.3"},
	{"a process", "dash", "(sleep 0.05; echo late >>$R/state) &", "sleep 0.3"},
	{"a process of bash", "bash", "coproc { sleep 0.05; echo late >>$R/state; }", "sleep 0.3"},
	{"a pipe into sh", "busybox", "echo \"rm -rf $R/w\" | sh", "touch x"},
	{"a document for sh", "dash", "sh <<EOF\nrm -rf $R/w\nEOF", "touch x"},
	{"a document through cat", "bash as sh", "cat <<EOF | sh\nrm -rf $R/w\nEOF", "touch x"},
	{"an assignment that adds", "bash as sh", "X+=z", "echo $X >>out"},
	{"an element", "bash as sh", "X[0]=z", "echo $X >>out"},
	{"a descriptor", "bash as sh", "exec {fd}>>log", "echo ${fd:-none} >>out"},
	{"a descriptor of any command", "bash as sh", "true {fd}>>log", "echo ${fd:-none} >>out"},
	{"a place of a program", "bash as sh", "hash -p /bin/false tool", "tool || echo failed >>out"},
	{"a match", "bash", "[[ xay =~ a ]]", "echo ${BASH_REMATCH:-none} >>out"},
	{"an array", "bash", "mapfile -t X <$R/a/one", "echo $X >>out"},
	{"arithmetic of a value", "bash", "Y=X=3; echo $((Y))", "echo ${X:-none} >>out"},
	{"a test that assigns", "bash", "[[ X=4 -eq 4 ]]", "echo ${X:-none} >>out"},
	{"a case that falls through", "bash", "set -e && case x in x) false ;& y) true;; esac", "true"},
	{"a case that goes on", "bash", "set -e && case x in x) false ;;& *) true;; esac", "true"},
}

// TestKinds holds that the sandbox shows each kind, and that the plugin knows it: what it
// makes of the chain is the same as the chain.
func TestKinds(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs hundreds of scripts")
	}
	byName := map[string]realShell{}
	for _, s := range shells(t) {
		byName[s.name] = s
	}
	b := newSandbox(t)
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			s, there := byName[k.shell]
			if !there {
				t.Skipf("%s is not there", k.shell)
			}
			line, document, _ := strings.Cut(k.first, "\n")
			if document != "" {
				line += "\n" + document
			}
			naive := "{ " + line + "\n} && { " + k.second + "\n}"
			scripts := []string{k.first, k.second}
			shown := false
			for n := 0; n < 20 && !shown; n++ { // a busy machine may end a process later than it needs to
				shown = !b.run(t, s.argv, scripts).same(b.run(t, s.argv, []string{naive}))
			}
			if !shown {
				t.Error("the sandbox does not show it")
			}
			b.compare(t, s, scripts, `"apart"`)
		})
	}
}
