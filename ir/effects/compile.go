package effects

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir/shell"
)

// toolchain is a row: packages that programs are built with, and that nothing which was built needs
// to run. What is not in a row may be needed.
type toolchain struct {
	Manager  string // as of Package
	Packages string // patterns of names
	Source   string
	Programs string // of them
	Brings   string // patterns of packages that they bring along, and that are for building only, too
	Along    string // programs of what they bring along
}

var toolchains = []toolchain{
	{Manager: "apt", Packages: "gcc gcc-[0-9]* g++ g++-[0-9]* cpp cpp-[0-9]* binutils make libc6-dev libc-dev linux-libc-dev libgcc-*-dev libstdc++-*-dev build-essential dpkg-dev tcc nasm yasm",
		Source:   "Debian 12: what is linked against their libraries needs libc6, libgcc-s1 and libstdc++6, which apt depends on; other libraries that come along are asked for by flags, see plainFlags",
		Programs: "gcc g++ cc c++ c89 c99 cpp gcov ld ld.bfd ld.gold as ar nm ranlib strip objcopy objdump readelf addr2line size strings make gmake dpkg-buildpackage dpkg-source tcc nasm yasm", Along: "patch perl cpan json_pp pod2man prove shasum xz unxz xzcat lzma unlzma bzip2 bunzip2 bzcat fakeroot gpg gpg2 gpgconf",
		Brings: "binutils-* libbinutils libctf0 libctf-nobfd0 libgprofng0 libcc1-0 libisl[0-9]* libmpc3 libmpfr6 libc-dev-bin libc-devtools libcrypt-dev libnsl-dev libtirpc-dev rpcsvc-proto manpages-dev"},
	{Manager: "apt", Packages: "autoconf automake autotools-dev bison flex cmake ninja-build m4 pkg-config pkgconf", Source: "Debian 12",
		Programs: "autoconf autoreconf autoheader automake aclocal bison yacc flex lex cmake ctest cpack ninja pkg-config pkgconf", Along: "perl m4 ps pgrep pkill pidof top free sysctl vmstat watch openssl c_rehash update-ca-certificates"},
	{Manager: "apt", Packages: "golang golang-go golang-src golang-[0-9]* golang-[0-9]*-go cargo rustc", Source: "Debian 12; what they make has their libraries in it", Programs: "go gofmt cargo rustc rustdoc"},
	{Manager: "apk", Packages: "gcc g++ binutils make musl-dev libc-dev linux-headers build-base autoconf automake bison flex cmake samurai ninja m4 pkgconf pkgconfig go cargo rust",
		Source: "Alpine 3.20; libgcc and libstdc++ come along, which what is not static needs, see Static"},
}

// Toolchain tells whether a package, by its name in a manager's repository, is of a toolchain.
func Toolchain(manager, name string) bool {
	return slices.ContainsFunc(toolchains, func(t toolchain) bool { return t.Manager == manager && t.has(name) })
}

func (t toolchain) has(name string) bool {
	return slices.ContainsFunc(strings.Fields(t.Packages), func(p string) bool { ok, err := path.Match(p, name); return ok && err == nil })
}

// ToolchainPattern is an extended regular expression for the names of packages of a manager that are of
// the toolchains which some are of, or come along with these for building only.
func ToolchainPattern(manager string, names ...string) string {
	var list []string
	for _, t := range toolchains {
		if t.Manager == manager && slices.ContainsFunc(names, t.has) {
			list = append(list, strings.Fields(t.Packages+" "+t.Brings)...)
		}
	}
	return "^(" + strings.NewReplacer("+", "[+]", "*", ".*").Replace(strings.Join(list, "|")) + ")$"
}

// Builder tells whether a program, by its name, is of a toolchain; and whether it may come along with
// one.
func Builder(name string) (builds, along bool) {
	for _, t := range toolchains {
		builds, along = builds || among(t.Programs, name), along || among(t.Along, name)
	}
	return builds, builds || along
}

// Compiles tells a command of a compiler that makes what the Products of its effects are, and besides
// caches, temporary files and what it fetches nothing. What is made needs of the toolchain nothing to
// run. It goes by gcc(1) 12 and go help, 1.21.
func Compiles(c *shell.Command) bool {
	switch {
	case c.Apart || c.User != "" || c.Fed() || len(c.Via) > 0 || c.Nested || len(c.Writes) > 0:
		return false
	case c.Name == "go":
		return goCompiles(c)
	}
	return slices.Contains([]string{"gcc", "g++", "cc", "c++", "tcc"}, c.Name) && plainFlags(c.Args) && slices.ContainsFunc(c.Args, func(w shell.Word) bool { return w.Text == "-o" })
}

func goCompiles(c *shell.Command) bool {
	word, ok := Subcommand(c)
	switch {
	case !ok, slices.ContainsFunc(c.Args, func(w shell.Word) bool { return !w.Known }), c.Sets("GOFLAGS", "GOOS", "GOARCH", "GOBIN", "GOPATH"):
		return false
	case word == "mod":
		return c.Arg(0) == "mod" && (c.Arg(1) == "download" || c.Arg(1) == "verify")
	case word != "build" && word != "install":
		return false
	}
	for i, w := range c.Args {
		name, value, given := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(w.Text, "-"), "-"), "=")
		if !strings.HasPrefix(w.Text, "-") {
			continue
		}
		if !given && i+1 < len(c.Args) {
			value = c.Args[i+1].Text
		}
		switch name {
		case "mod":
			ok = ok && slices.Contains([]string{"readonly", "vendor"}, value) // "mod" changes go.mod
		case "buildmode":
			ok = ok && slices.Contains([]string{"default", "exe", "pie"}, value) // others make a header, too
		case "C", "work", "linkshared", "msan", "asan", "n", "i", "d", "u":
			ok = false
		}
	}
	return ok
}

// plainFlags tells those of a compiler with which it makes a program that needs the library of C,
// and one of its own of C++, and makes no other file.
func plainFlags(args []shell.Word) bool {
	for i, w := range args {
		t := w.Text
		switch {
		case !w.Known:
			return false
		case i > 0 && slices.Contains([]string{"-o", "-I", "-D", "-include"}, args[i-1].Text):
		case !strings.HasPrefix(t, "-"):
			if !slices.Contains([]string{".c", ".cc", ".cpp", ".cxx", ".C", ".s", ".S", ".o", ".a"}, path.Ext(t)) {
				return false // a library, or what it is told to be
			}
		case slices.Contains([]string{"-o", "-c", "-s", "-static", "-pthread", "-pipe", "-pedantic", "-ansi", "-lm", "-lc", "-lpthread", "-ldl", "-lrt", "-I", "-D", "-include"}, t):
		case strings.HasPrefix(t, "-O"), strings.HasPrefix(t, "-W") && !strings.Contains(t, ",") && !strings.HasPrefix(t, "-Wp"), strings.HasPrefix(t, "-std="), strings.HasPrefix(t, "-g"), strings.HasPrefix(t, "-I"), strings.HasPrefix(t, "-D"),
			slices.Contains([]string{"-fPIC", "-fpic", "-fPIE", "-fpie", "-fno-common", "-fcommon", "-fno-strict-aliasing", "-fwrapv", "-fstack-protector-strong"}, t), strings.HasPrefix(t, "-march="), strings.HasPrefix(t, "-mtune="):
		default:
			return false
		}
	}
	return true
}

// Static tells whether what a command compiles needs no library: one of Go without cgo, or one that is
// linked so. The lookup is that of the environment.
func Static(c *shell.Command, lookup func(name string) (string, bool)) bool {
	if c.Name != "go" {
		return c.Has("-static")
	}
	value, _ := lookup("CGO_ENABLED")
	for _, v := range c.Env {
		if v.Name == "CGO_ENABLED" {
			value = v.Value.Lit()
		}
	}
	return value == "0" && !slices.ContainsFunc(c.Args, func(w shell.Word) bool { return strings.Contains(w.Text, "buildmode") })
}

// product marks paths as what a compiler is asked to make.
func product(p *Path) { p.Product = true }
