package eval_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/irtest"
)

// of are the states of a module whose base image is one of root, in /, of which else nothing is known.
func of(m *ir.Module) *eval.Module {
	base := eval.NewState("", true, "/", nil, nil)
	return eval.New(m, func(int) *eval.State { return base })
}

func TestStates(t *testing.T) {
	m := irtest.Module(t, `FROM a AS base
ENV GOPATH=/go X=$Y
RUN useradd -m -u 1001 app && adduser -D -u 7 -h /srv seven && useradd nobody2
USER app
FROM base
WORKDIR /w
WORKDIR x
ENV P=$GOPATH/bin
ARG HOME
USER seven
SHELL ["/bin/bash", "-c"]
USER $WHO
`)
	list := of(m).Stage(1)
	if a, ok := list[0].Account(); !ok || a != (eval.Account{UID: 1001, GID: 1001, Home: "/home/app"}) || list[0].Root() {
		t.Errorf("app: %v %v", a, ok)
	}
	if got := list[3]; got.Workdir != "/w/x" {
		t.Errorf("workdir %s", got.Workdir)
	}
	for _, v := range []struct {
		name, value string
		set, known  bool
	}{{"P", "/go/bin", true, true}, {"X", "$Y", true, false}, {"HOME", "", true, false}, {"Z", "", false, true}} {
		if value, set, known := list[5].Var(v.name); value != v.value || set != v.set || known != v.known {
			t.Errorf("%s: %q %v %v", v.name, value, set, known)
		}
	}
	if a, ok := list[6].Account(); !ok || a.UID != 7 || a.Home != "/srv" {
		t.Errorf("seven: %v %v", a, ok)
	}
	if _, ok := list[len(list)-1].Account(); ok || list[len(list)-1].Shell[0] != "/bin/bash" {
		t.Errorf("$WHO: %+v", list[len(list)-1])
	}
	s, err := eval.FromConfig([]byte(`{"config":{"User":"1000:1000","Env":["A=1"],"WorkingDir":"/app"}}`), nil)
	if err != nil || s.Workdir != "/app" {
		t.Fatal(s, err)
	}
	if a, ok := s.Account(); !ok || a.UID != 1000 || a.GID != 1000 || a.Home != "" {
		t.Errorf("1000: %v %v", a, ok)
	}
}

// TestNewAccounts reads who a RUN makes: where the manual leaves a number or the home to the
// image, they are not known.
func TestNewAccounts(t *testing.T) {
	for _, c := range []struct {
		run  string
		want eval.Account
		ok   bool
	}{
		{"useradd -u 1000 app", eval.Account{UID: 1000, GID: 1000, Home: "/home/app"}, true},
		{"useradd -b /srv -u 1000 app", eval.Account{UID: 1000, GID: 1000, Home: "/srv/app"}, true},
		{"useradd --base-dir=/srv -u 1000 app -f 0", eval.Account{UID: 1000, GID: 1000, Home: "/srv/app"}, true},
		{"useradd -N -u 1000 app", eval.Account{}, false}, // the group of /etc/default/useradd
		{"useradd -R /mnt -u 1000 app", eval.Account{}, false},
		{"adduser --firstuid 500 --uid 1000 app", eval.Account{UID: 1000, GID: 1000, Home: "/home/app"}, true},
		{"adduser --system --uid 100 app", eval.Account{}, false}, // nogroup
		{"adduser --system --group --uid 100 app", eval.Account{UID: 100, GID: 100}, true},
		{"adduser -S -G web -u 100 app", eval.Account{}, false},
		{"adduser -S -G 101 -h /srv -u 100 app", eval.Account{UID: 100, GID: 101, Home: "/srv"}, true},
	} {
		m := irtest.Module(t, "FROM debian:13\nRUN "+c.run+"\nUSER app\n")
		list := of(m).Stage(0)
		if got, ok := list[len(list)-1].Account(); got != c.want || ok != c.ok {
			t.Errorf("%s: %+v, %v", c.run, got, ok)
		}
	}
}

// TestArg holds what BuildKit does with an ARG that has the name of a variable: it stands over
// that up to the end of the stage, when it has a value, and a stage that starts from there has
// the variable again.
func TestArg(t *testing.T) {
	m := irtest.Module(t, "FROM a AS x\nENV A=1\nARG A=2\nARG B\nFROM x AS y\nENV C=$A\nFROM x AS z\nARG A\nENV A=3\nARG A\nFROM z\n")
	e := of(m)
	for _, c := range []struct {
		stage, op int
		name      string
		value     string
		known     bool
	}{
		{0, 1, "A", "1", true}, {0, 2, "A", "", false}, {0, 3, "B", "", false},
		{1, 0, "A", "1", true}, {1, 0, "B", "", false}, {1, 1, "C", "1", true},
		{2, 1, "A", "", false}, {2, 2, "A", "3", true}, {2, 3, "A", "", false}, {3, 0, "A", "3", true},
	} {
		if value, set, known := e.Stage(c.stage)[c.op].Var(c.name); value != c.value || !set || known != c.known {
			t.Errorf("%s at %d, %d: %q %v %v", c.name, c.stage, c.op, value, set, known)
		}
	}
}

// TestLost holds a variable of which the name is not known to be any.
// TestForm is about what is known of values that a build chooses.
func TestForm(t *testing.T) {
	m := irtest.Module(t, `ARG GLOBAL=1.2
ARG URL=https://e.org/a
ARG NONE
FROM a AS base
ARG GLOBAL
ARG URL
ARG NONE
ARG OWN=v$GLOBAL
ARG DASH=-x
ARG BLANK="a b"
ARG TARGETARCH
ARG SUM=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
ARG SUM2=$SUM
ENV SUMS=$SUM2-$GLOBAL
ENV DIR=/a/$OWN/b PATH=/x:$PATH
ENV PATH=/y:$PATH CUT=${OWN#v} ALL="$URL $URL"
FROM base
RUN a
`)
	n, w, d := string(eval.AnyName), string(eval.AnyWord), string(eval.AnyDigest)
	list := of(m).Stage(0)
	last := list[len(list)-1]
	for name, want := range map[string]string{"GLOBAL": n, "URL": w, "NONE": "", "OWN": n, "DASH": "", "BLANK": "", "TARGETARCH": n, "SUM": d, "SUM2": d, "SUMS": d + "-" + n,
		"DIR": "/a/" + n + "/b", "PATH": "/y:/x:" + string(eval.AnyBase), "CUT": "", "ALL": w + " " + w, "OTHER": ""} {
		if got := last.Form(name); got != want {
			t.Errorf("%s: %q, not %q", name, got, want)
		}
	}
	next := of(m).Stage(1)[0]
	for name, want := range map[string]string{"GLOBAL": "", "TARGETARCH": "", "DIR": "/a/" + n + "/b"} {
		if got := next.Form(name); got != want {
			t.Errorf("%s in the next stage: %q, not %q", name, got, want)
		}
	}
	for form, want := range map[string]bool{w: true, n + w: true, d + n: true, w + " " + w: false, "-" + w: false, "a" + string(eval.AnyBase): false, "": false} {
		if eval.IsWord(form) != want {
			t.Errorf("%q is a word: %v", form, !want)
		}
	}
}

func TestLost(t *testing.T) {
	list := of(irtest.Module(t, "FROM a\nARG N\nENV A=1 HOME=/h\nENV x$N=2\nENV B=2\nWORKDIR $A\n")).Stage(0)
	last := list[len(list)-1]
	for name, want := range map[string]bool{"A": false, "HOME": false, "Z": false, "B": true} {
		if _, set, known := last.Var(name); !set || known != want {
			t.Errorf("%s: %v %v", name, set, known)
		}
	}
	if last.Workdir != "" || last.Home() != "" {
		t.Errorf("%q %q", last.Workdir, last.Home())
	}
}

// TestTriggers holds the triggers of a stage to running in those that start from it, once.
func TestTriggers(t *testing.T) {
	e := of(irtest.Module(t, "FROM a AS x\nWORKDIR /x\nONBUILD WORKDIR y\nFROM x AS z\nFROM z\n"))
	for i, want := range []string{"/x", "/x/y", "/x/y"} {
		list := e.Stage(i)
		if got := list[len(list)-1].Workdir; got != want {
			t.Errorf("stage %d: %s, want %s", i, got, want)
		}
	}
}

// TestMemo holds states to being the same ones in a module that a plugin has changed, up to
// the change and behind another that comes to nothing.
func TestMemo(t *testing.T) {
	m := irtest.Module(t, "FROM a AS x\nENV A=1\nRUN a\nUSER b\nFROM x\nENV B=$A\nWORKDIR /c\n")
	var memo eval.Memo
	states := func(m *ir.Module) *eval.Module {
		return memo.Module(m, func(int) *eval.State { return eval.NewState("", true, "/", map[string]string{"P": "q"}, nil) })
	}
	before := states(m)
	next := m.Copy()
	next.Stages[0].Ops[1] = &ir.Op{Body: &ir.Run{Command: ir.Command{Line: "other"}}}
	next.Stages[1].Ops[1] = &ir.Op{Body: &ir.Workdir{Path: "/d"}}
	after := states(next)
	for stage, ops := range [][]bool{{true, true, true, true}, {true, true, false}} {
		for at, want := range ops {
			if got := before.Stage(stage)[at] == after.Stage(stage)[at]; got != want {
				t.Errorf("stage %d, op %d: the same is %v", stage, at, got)
			}
		}
	}
	if s := after.Stage(1)[2]; s.Workdir != "/d" || s.User != "b" {
		t.Errorf("%+v", s)
	}
}

// TestStatesGrow holds states to a time that grows with the number of ops: of four times as many
// it is four times as long, and with maps that each ENV copies it would be sixteen times.
func TestStatesGrow(t *testing.T) {
	took := func(m *ir.Module) time.Duration {
		best := time.Hour
		for range 3 {
			began := time.Now()
			e := of(m)
			for i := range m.Stages {
				e.Stage(i)
			}
			best = min(best, time.Since(began))
		}
		return best
	}
	few, many := manyOps(t, 4000), manyOps(t, 16_000)
	for range 5 { // other programs take time, too
		short, long := took(few), took(many)
		if long < 12*short { // 4 when each costs the same, 16 when each costs as much as all before it
			return
		}
		t.Logf("%v, and %v for four times as many", short, long)
	}
	t.Error("the time grows faster than the number of ops")
}

// manyOps is a module of so many ENVs, and of stages that start behind them.
func manyOps(t *testing.T, n int) *ir.Module {
	var b strings.Builder
	b.WriteString("FROM a AS s\n")
	for i := range n {
		fmt.Fprintf(&b, "ENV KEY%d=$KEY%d\n", i, i/2)
	}
	for i := range n / 32 {
		fmt.Fprintf(&b, "FROM s AS s%d\nENV A=b\nUSER $A\n", i)
	}
	return irtest.Module(t, b.String())
}

// TestCase holds that a FROM with capitals finds no stage: BuildKit has names of stages in lower
// case, and looks for a base as it is written (addState of dockerfile2llb).
func TestCase(t *testing.T) {
	m := irtest.Module(t, "FROM a AS Foo\nFROM FOO\nRUN x\nFROM foo\nRUN x\n")
	if got := eval.Parents(m); got[1] != -1 || got[2] != 0 || eval.Parent(m, 1) != -1 || eval.Parent(m, 2) != 0 {
		t.Error(got, eval.Parent(m, 1), eval.Parent(m, 2))
	}
}
