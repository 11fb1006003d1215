//go:build linux

package mergerun

import (
	archives "archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/seed-e0495807/strake/backend/testbed"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// written are chains in the style of real ones that need no network, each for something
// that a shell carries over.
func written() []string {
	return []string{
		"RUN mkdir -p /opt/app\nRUN cd /opt/app && mkdir bin && echo x > bin/run\nRUN pwd > /where && chmod 755 /opt/app/bin/run",
		"RUN umask 077 && mkdir -p /secret && echo x > /secret/key\nRUN echo y > /public && stat -c %a /public > /mode",
		"RUN export OPT=/opt/home && mkdir -p $OPT && touch $OPT/.rc\nRUN touch /rc && echo \"$OPT\" > /opt-is",
		"RUN echo 'a:b' > /list; true\nRUN IFS=: read x y < /list && echo \"$y\" > /y\nRUN echo \"[$x$y]\" > /none",
		"RUN test -e /a || echo a > /a\nRUN test -e /a || echo b > /a\nRUN rm -f /nothing; ls /etc | wc -l > /count",
		"RUN cat <<EOF > /motd\nhello $HOME\nEOF\nRUN cat <<'EOF' > /motd2\nhello $HOME\nEOF\nRUN cat /motd /motd2 > /both # all of it",
		"RUN mkdir -p /data/x && ln -s x /data/y\nRUN chown -R 1000:1000 /data && chmod 2770 /data/x",
		"WORKDIR /srv\nRUN set -eux && mkdir /v && cd /v && echo 1 > one\nRUN set -eux; cd /v; for i in 2 3; do echo $i > n$i; done; rm one",
		"RUN f() { echo \"$1\" > /f; }; f x\nRUN (cd /tmp && touch t) && exit 0\nRUN exec touch /exec\nRUN echo \"$?\" > /status",
		"RUN addgroup -S app 2>/dev/null || groupadd -r app\nRUN echo done > /done && chgrp app /done",
		"USER root\nRUN mkdir /w && cd /w && mkdir -p a/b && touch a/b/c && cp a/b/c d\nRUN mv /w/a /w/e && rm -rf /w/d\nRUN ls /w > /found",
		"RUN ! test -e /never\nRUN X=1 sh -c 'echo $X' > /x && echo \"$X\" >> /x\nRUN echo x > /p\nRUN echo \"$PATH\" > /path",
		"RUN echo 1 > /a && chmod 600 /a\nRUN ln /a /b && ln /b /c",
		"RUN echo abc > /s && sed -i s/b/x/ /s\nRUN sed -i -e 's/x/y/' /s && cut -c2 /s > /t",
	}
}

// archive is one of a file with two names, for base64(1) and gunzip(1).
func archive() string {
	var out bytes.Buffer
	text := base64.NewEncoder(base64.StdEncoding, &out)
	z := gzip.NewWriter(text)
	w := archives.NewWriter(z)
	err := errors.Join(
		w.WriteHeader(&archives.Header{Typeflag: archives.TypeReg, Name: "./one", Mode: 0o644, Size: 2}),
		func() error { _, err := w.Write([]byte("1\n")); return err }(),
		w.WriteHeader(&archives.Header{Typeflag: archives.TypeLink, Name: "./two", Linkname: "./one", Mode: 0o644}), w.Close(), z.Close(), text.Close())
	if err != nil {
		panic(err) // a buffer takes all
	}
	return out.String()
}

// generated are chains of the generator, which makes names of files and changes them, that
// the plugin merges. They start in a directory of their own.
func generated(n int) []string {
	start := "ENV R=/r SET=env\nRUN mkdir -p /r/bin /r/home /r/w /r/a && echo 1 >/r/a/one && ln /r/a/one /r/a/two && echo >/r/pipe\nRUN echo " + archive() +
		" | base64 -d | gunzip >/r/links.tar\nWORKDIR /r/w\n"
	g := &generator{Rand: rand.New(rand.NewPCG(seed(), 5)), risky: true}
	var list []string
	for len(list) < n {
		chain := start
		for range 2 + g.IntN(3) {
			chain += "RUN " + g.script() + "\n"
		}
		if m := compile("FROM busybox\n" + chain); m != nil && timeless(chain) {
			if out, err := explained().Run(context.Background(), plugins.Input{Module: m}); err == nil && out.Module != m {
				list = append(list, chain)
			}
		}
	}
	return list
}

// timeless tells that a chain says nothing of what differs from one build to the next, and that it ends.
func timeless(chain string) bool {
	return !strings.Contains(chain, "while") && !strings.Contains(chain, "PPID")
}

// installs are words of commands that get packages from Debian.
var installs = regexp.MustCompile(`(?i)\b(apt|apt-get|aptitude)\b`)

// online are words of commands that need another network, or that take long.
var online = regexp.MustCompile(`(?i)\b(apk|yum|dnf|microdnf|tdnf|zypper|pacman|emerge|opkg|curl|wget|git|svn|hg|pip3?|pipx|conda|mamba|uv|npm|npx|pnpm|yarn|bower|go|cargo|rustup|mvn|gradle|` +
	`gem|bundle|composer|cpanm?|make|cmake|cabal|stack|lein|sbt|dotnet|nuget|docker-php|pecl|R|Rscript|julia|sdk|nvm|sleep)\b|https?://|add-apt`)

// setting is what instructions in front of a chain set for it.
func setting(ops []*ir.Op) string {
	var b strings.Builder
	for _, op := range ops {
		switch op.Body.(type) {
		case *ir.Env, *ir.Arg, *ir.Workdir, *ir.Shell:
			b.WriteString(ir.Format(op.Body, '\\') + "\n")
		}
	}
	return b.String()
}

// chains are those of the corpus that need no network, with what is set for them. With
// packages they are those that get packages from Debian.
func chains(t *testing.T, packages bool) []string {
	t.Helper()
	files, _, err := cases.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	var out []string
	for _, f := range files {
		m := compile(string(f.Data))
		if m == nil || m.Escape != '\\' {
			continue
		}
		for _, s := range m.Stages {
			for at := 0; at < len(s.Ops); at++ {
				n := runs(s.Ops[at:])
				var b strings.Builder
				for _, op := range s.Ops[at : at+n] {
					b.WriteString(ir.Format(op.Body, '\\') + "\n")
				}
				if text := b.String(); n > 1 && !online.MatchString(text) && installs.MatchString(text) == packages &&
					!strings.Contains(text, "--mount") && !seen[text] {
					seen[text] = true
					out = append(out, setting(s.Ops[:at])+text)
				}
				at += n
			}
		}
	}
	return out
}

// builder builds with BuildKit's own frontend.
type builder struct {
	*testbed.Solver
	t *testing.T
}

// list is a stage that writes down every file of the stage work: its kind, mode, owner,
// number of links, target and contents. Logs and indexes have times in them.
const list = `FROM debian AS list
RUN --mount=from=work,target=/work cd /work && find . -printf '%y %m %U:%G %l %p\n' | LC_ALL=C sort > /list && find . -type f ! -path './var/log/*' ! -path './var/cache/*' -print0 | LC_ALL=C sort -z | xargs -0 md5sum >> /list && find . -type f -links +1 -printf '%i %p\n' | LC_ALL=C sort -k2 > /links
FROM scratch
COPY --from=list /list /links /
`

// linked tells which names are those of one file, of a list of inodes and names.
func linked(inodes string) string {
	names := map[string][]string{}
	var order []string
	for line := range strings.Lines(inodes) {
		inode, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		if names[inode] == nil {
			order = append(order, inode)
		}
		names[inode] = append(names[inode], name)
	}
	var out strings.Builder
	for _, inode := range order {
		if len(names[inode]) > 1 {
			fmt.Fprintln(&out, "one file:", strings.Join(names[inode], " "))
		}
	}
	return out.String()
}

// files builds a chain on a base image and tells its files. The error is that of a step.
func (b *builder) files(base, chain string, again bool) (string, error) {
	source := testbed.Source{
		Files: map[string]string{"Dockerfile": "FROM " + base + " AS work\n" + chain + list},
		Attrs: map[string]string{},
	}
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"} {
		if v := os.Getenv(name); v != "" {
			source.Attrs["build-arg:"+name] = v
		}
	}
	if again {
		source.Attrs["no-cache"] = ""
	}
	out, err := b.Export(source)
	if err != nil {
		return "", err
	}
	data, err := os.ReadFile(filepath.Join(out, "list"))
	if err != nil {
		return "", err
	}
	links, err := os.ReadFile(filepath.Join(out, "links"))
	return string(data) + linked(string(links)), err
}

// fate is what became of a chain.
type fate struct {
	ran, steady, merged bool
	err                 error
}

// try builds a chain as it is and merged, on Busybox, or else on Debian when it does not
// work there. One that fails has to fail merged, too. A chain that is not merged, or does
// not give the same files twice, shows nothing.
func (b *builder) try(chain string, fails bool) (f fate) {
	for _, base := range []string{"busybox", "debian"} {
		if base == "busybox" && installs.MatchString(chain) {
			continue
		}
		m := compile("FROM " + base + "\n" + chain)
		if m == nil {
			return f
		}
		out, err := explained().Run(b.t.Context(), plugins.Input{Module: m})
		if err != nil {
			f.err = err
			return f
		}
		if out.Module == m {
			return f
		}
		first, err := b.files(base, chain, false)
		if err != nil && !fails {
			continue
		}
		f.ran, f.merged = true, true
		_, after, _ := strings.Cut(plugintest.Print(out.Module), "\n")
		got, err2 := b.files(base, after, false)
		if (err == nil) == (err2 == nil) && got == first {
			f.steady = true
			return f
		}
		if second, err3 := b.files(base, chain, true); (err3 == nil) != (err == nil) || second != first {
			return f // it differs from itself
		}
		f.steady = true
		f.err = fmt.Errorf("%w\n%s\nmerged:\n%s\ndiffers:\n%s", errors.Join(errors.New("on "+base), err, err2), chain, after, testbed.Difference(first, got))
		return f
	}
	return f
}

// TestBuild builds chains of RUNs on a real BuildKit as they are and merged: the files are
// the same. With STRAKE_LONG=1 it takes more of them, and chains
// that install packages.
func TestBuild(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	d := testbed.StartDaemon(t, testbed.StartRegistry(t, testbed.Busybox, testbed.Debian))
	b := &builder{testbed.NewSolver(t, d), t}
	mine := written()
	long := os.Getenv("STRAKE_LONG") != ""
	count := 25
	if long {
		count = 120
	}
	made := generated(count)
	list := append(mine, made...)
	for i, chain := range chains(t, false) {
		if long || i%5 == 0 {
			list = append(list, chain)
		}
	}
	if long {
		list = append(list, chains(t, true)...)
	}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(4)
	tried, ran, equal, shaky := 0, 0, 0, 0
	for i, chain := range list {
		group.Go(func() error {
			f := b.try(strings.TrimSuffix(chain, "\n")+"\n", i >= len(mine) && i < len(mine)+len(made))
			mu.Lock()
			defer mu.Unlock()
			tried++
			switch {
			case f.err != nil:
				t.Errorf("%v", f.err)
			case i < len(mine) && !(f.merged && f.steady):
				t.Errorf("a chain of the test shows nothing (%+v):\n%s", f, chain)
			case f.merged && f.steady:
				equal++
			case f.merged:
				shaky++
			}
			if f.ran {
				ran++
			}
			return nil
		})
	}
	_ = group.Wait() // the errors were told
	t.Logf("%d chains, %d of them generated and %d real: %d are merged and can be built here, %d of them the same as they are and merged, %d are not the same twice",
		tried, len(made), tried-len(mine)-len(made), ran, equal, shaky)
	if equal < len(mine)+len(made)*2/3 {
		t.Error("the test shows little")
	}
}
