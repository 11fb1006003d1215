package shell_test

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/source"
)

// sameTree holds that the tree of a script as bash reads it is the one that bash's parser gives. It
// is false where the script is none of a POSIX shell.
func sameTree(t *testing.T, run *ir.Run) bool {
	t.Helper()
	s, err := shell.Parse(run, []string{"/bin/sh", "-c"})
	if err != nil || s.Bash || s.Tree() == nil {
		return false
	}
	want := s.Tree()
	if bash, err := shell.Parse(run, []string{"/bin/bash", "-c"}); err == nil {
		want = bash.Tree()
	}
	if !reflect.DeepEqual(s.BashTree(), want) {
		t.Errorf("bash reads another tree: %q", s.Text)
	}
	return true
}

func TestBashTree(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	parts := strings.Split("a b=c x f [ ] [[ ]] [a-z] a[1] a[1]=x ( ) (( )) { } {a,b} {fd}>x <( >( @( ?( *( +( !( ! $( $(( ${x} ${x:-y} ${#x} ${x%[} $x $1 $' ' $\" \" ` \\ \\[ \\time + += = == ~ "+
		"; ;; ;& ;;& & && &> &>> >& 2>&1 > >> < << <<E <<< | || |& # # . - -- / * ? export local let time select function declare typeset readonly nameref coproc if then else elif fi while "+
		"until for in do done case esac set echo [x] x[ 1 $ $[ $[1] \\\n \x00", " ")
	gaps := []string{" ", " ", " ", " ", "", "\n", ";", " ; ", "\t"}
	read := 0
	for range 60_000 {
		var b strings.Builder
		for range 1 + random.IntN(7) {
			b.WriteString(parts[random.IntN(len(parts))] + gaps[random.IntN(len(gaps))])
		}
		if sameTree(t, &ir.Run{Command: ir.Command{Line: b.String()}}) {
			read++
		}
	}
	if read < 3000 {
		t.Errorf("%d scripts only were read", read)
	}
}

// TestBashTreeOfCorpus looks at real scripts, most of which need not be read twice.
func TestBashTreeOfCorpus(t *testing.T) {
	files := cases.NeedCorpus(t)
	for _, f := range files {
		m, _, err := ir.Read(source.NewFile(f.Name, string(f.Data)))
		if err != nil {
			continue
		}
		for _, stage := range m.Stages {
			for _, op := range stage.Ops {
				if run, ok := op.Body.(*ir.Run); ok {
					sameTree(t, run)
				}
			}
		}
	}
}
