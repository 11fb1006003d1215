package effects_test

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
)

// debianPath is PATH in a container of Debian.
const debianPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// order is whether two scripts behind another may change places, and what happens in either order.
type order struct{ first, a, b string }

// apart asks.
func (o order) apart() string {
	of := func(text string) (ir.Body, effects.Step) {
		body := &ir.Run{Command: ir.Command{Line: text}}
		return body, effects.Of(body, effects.State{Dir: "/w", Home: "/root"})
	}
	g := (&effects.Ground{Path: strings.Split(debianPath, ":"), Standard: true}).With(of(o.first))
	a, x := of(o.a)
	b, y := of(o.b)
	return g.Apart(a, b, x, y)
}

// order makes two scripts that work on few files, so that they often meet, behind one that makes
// some of them.
func (m *maker) order() order {
	script := func() string {
		text := m.small()
		for m.IntN(2) == 0 {
			text += m.pick(" && ", " && ", "; ") + m.small()
		}
		return text
	}
	return order{"mkdir -p /w/p/q /w/s /r; echo x >/w/p/x; echo y >/w/s/y; " + m.pick("true", "true", "ln -s /w/p /w/l", "ln -s ../p /w/s/k", "ln /w/p/x /w/s/h", "cp -a /w/p /w/c"), script(), script()}
}

func (m *maker) small() string {
	f := func() string {
		return m.pick("p/x", "/w/p/q/z", "s/y", "/r/a", "/r/b", "p/n", "l/x", "s/k/x", "/etc/k", "/usr/local/bin/k", "/opt/k", "/bin/k2", "/usr/bin/k2", "/var/run/k3", "/run/k3", "s/h", "/tmp/t", "../w/p/x", "~/k", "c/x")
	}
	d := func() string {
		return m.pick("p", "s", "/r", "p/q", "l", "/opt", "/opt/d", "/srv/d/e", "/w/s/k", "/usr/local/d", "c")
	}
	x := func() string { return m.pick(f(), f(), d(), m.pick("p/*", "s/?", "/r/*", "*")) }
	switch m.IntN(22) {
	case 0, 1:
		return "touch " + f()
	case 2:
		return "echo k >" + f()
	case 3:
		return "echo k >>" + f()
	case 4:
		return "mkdir -p " + d() + "/" + m.pick("m", "m/n")
	case 5:
		return "mkdir " + d()
	case 6:
		return "rm -f " + f()
	case 7:
		return "rm -rf " + d()
	case 8:
		return "cp " + f() + " " + x()
	case 9:
		return "cp -r " + d() + " " + d()
	case 10:
		return "mv " + f() + " " + x()
	case 11:
		return "ln -s" + m.pick("", "f", "n") + " " + m.pick(f(), d(), "/w/p", "../p") + " " + x()
	case 12:
		return "ln " + f() + " " + f()
	case 13:
		return "chmod " + m.pick("-R ", "") + m.pick("600", "u+x") + " " + x()
	case 14:
		return "chown " + m.pick("-R ", "-h ") + "1:1 " + x()
	case 15:
		return "cat " + f() + " >" + f()
	case 16:
		return "ls " + d() + " >" + f()
	case 17:
		return "sed -i s/x/y/ " + f()
	case 18:
		return "test -e " + f()
	case 19:
		return "tar -cf " + f() + " -C " + d() + " ."
	case 20:
		return "useradd " + m.pick("u1", "-m u2") + " && chown u1 " + f()
	}
	return "find " + d() + " -type f -name '[xyk]' -exec chmod 640 {} +"
}

// TestApart runs scripts of which it is said that they may change places in either order, in a real
// Debian: files and success are the same.
func TestApart(t *testing.T) {
	n := 60
	if os.Getenv("STRAKE_LONG") != "" {
		n = 1500
	}
	if testing.Short() {
		t.Skip("it runs scripts in a real Debian")
	}
	seed, err := strconv.ParseUint(os.Getenv("STRAKE_SEED"), 10, 64)
	if err != nil {
		seed = 11
	}
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 1))}
	base := testbed.Unpack(t, testbed.Image(t, testbed.Debian))
	asked := 0
	for ran := 0; ran < n; asked++ {
		o := m.order()
		if o.apart() != "" {
			continue
		}
		ran++
		there, back := o.run(t, base, false), o.run(t, base, true)
		for try := 0; there != back && try < 3; try++ { // archives have times in them
			there, back = o.run(t, base, false), o.run(t, base, true)
		}
		if there != back {
			t.Errorf("behind %s\n\t%s\n\t%s\nin this order:\n%s\nin the other:\n%s", o.first, o.a, o.b, there, back)
		}
	}
	t.Logf("%d of %d pairs may change places", n, asked)
}

// run gives what comes out: which of the scripts failed, or all files of the layer.
func (o order) run(t *testing.T, base *testbed.Container, swapped bool) string {
	t.Helper()
	l := newLayer(t, base.Rootfs)
	defer l.close(t)
	c := *base
	c.Rootfs, c.Env = l.merged, []string{"HOME=/root"}
	a, b := o.a, o.b
	if swapped {
		a, b = b, a
	}
	c.Args = []string{"/bin/sh", "-c", `mkdir -p /w; cd /w; sh -c "$0"; sh -c "$1" && cd /w && exec sh -c "$2"`, o.first, a, b}
	if c.Run(t).Code != 0 {
		return "it fails\n"
	}
	return tree(t, l.merged, l.upper)
}

// tree lists the files of a layer, with which of them are one.
func tree(t *testing.T, merged, upper string) string {
	var lines []string
	names := map[uint64]string{}
	err := filepath.WalkDir(upper, func(p string, d fs.DirEntry, err error) error {
		name := strings.TrimPrefix(p, upper)
		if err != nil || mountPoint(name) || name == "" || strings.HasSuffix(name, ".lock") {
			return err
		}
		info, err := os.Lstat(merged + name)
		if err != nil {
			lines = append(lines, name+" is gone")
			return nil
		}
		st := info.Sys().(*syscall.Stat_t)
		text := fmt.Sprintf("%s %v %d:%d", name, info.Mode(), st.Uid, st.Gid)
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			to, _ := os.Readlink(merged + name)
			text += " -> " + to
		case info.Mode().IsRegular():
			data, err := os.ReadFile(merged + name)
			if err != nil {
				return err
			}
			text += fmt.Sprintf(" %x", sha256.Sum256(data))
			if st.Nlink > 1 {
				if names[st.Ino] == "" {
					names[st.Ino] = name
				}
				text += " = " + names[st.Ino]
			}
		}
		lines = append(lines, text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}
