package effects

import (
	"regexp"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/shell"
)

// TestCompiles is about what makes nothing but its products.
func TestCompiles(t *testing.T) {
	for script, want := range map[string]bool{
		"gcc -O2 -Wall -std=c99 -o x x.c -lm": true, "g++ -c x.cc -o x.o": true, "tcc -o x x.c": true,
		"gcc x.c": false, "gcc -o x x.c -lgomp": false, "gcc -fopenmp -o x x.c": false, "gcc -o x x.c /usr/lib/libgomp.so": false, "gcc -MMD -o x x.c": false,
		"gcc -save-temps -o x x.c": false, "gcc -Wl,-Map=m -o x x.c": false, "gcc -Wp,-MD,m -o x x.c": false, "gcc -o x $FILES": false, "gcc -o x @args": false, "sudo gcc -o x x.c": false, "gcc -o x x.c >log": false,
		"tcc -run x.c": false, "tcc -run -o x x.c": false, "clang -o x x.c": false,
		"go build -o x .": true, "go build -trimpath -ldflags=-s -o x ./cmd/x": true, "go install ./...": true, "CGO_ENABLED=0 go build -o x .": true, "go mod download": true, "go mod verify": true, "go build -mod=vendor -o x .": true,
		"go build -mod=mod -o x .": false, "go build -mod mod -o x .": false, "go build -buildmode=c-shared -o x .": false, "go build -C /y -o x .": false, "go build -o x $P": false, "go mod tidy": false, "go get x": false, "go test ./...": false,
		"go generate": false, "go run .": false, "GOOS=windows go install .": false, "xargs go install": false, "make": false, "cargo build": false, "true": false,
	} {
		s, err := shell.Parse(&ir.Run{Command: ir.Command{Line: script}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := Compiles(s.Commands[0]); got != want {
			t.Errorf("%s: %v", script, got)
		}
	}
}

// TestToolchain holds that a library is none.
func TestToolchain(t *testing.T) {
	tools := regexp.MustCompile(ToolchainPattern("apt", "gcc"))
	for name, want := range map[string][2]bool{
		"gcc": {true, true}, "gcc-12": {true, true}, "g++": {true, true}, "make": {true, true}, "libc6-dev": {true, true}, "libgcc-12-dev": {true, true}, "libstdc++-12-dev": {true, true}, "cpp-12": {true, true},
		"binutils-x86-64-linux-gnu": {false, true}, "libmpc3": {false, true}, "cmake": {true, false}, "libc6": {}, "libgcc-s1": {}, "libstdc++6": {}, "libgomp1": {}, "libatomic1": {}, "libasan8": {}, "libssl-dev": {}, "libssl3": {}, "perl": {}, "git": {}, "curl": {}, "python3-dev": {}, "gcc-arm-none-eabi": {}, "xmake": {}, "makedev": {},
	} {
		if got := [2]bool{Toolchain("apt", name), tools.MatchString(name)}; got != want {
			t.Errorf("%s: %v, not %v", name, got, want)
		}
	}
	if Toolchain("apk", "libstdc++") || !Toolchain("apk", "build-base") || Toolchain("npm", "gcc") {
		t.Error("Alpine has another toolchain")
	}
}
