package validate

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	dockerspec "github.com/moby/docker-image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
)

const status = `Package: vim
Status: install ok installed
Architecture: amd64
Version: 2:9.1
Description: editor
 more of it

Package: nano
Status: install ok installed
Architecture: amd64
Version: 8.4
`

const installedDB = "P:musl\nV:1.2.5\nF:lib\nR:ld.so\n\nP:zlib\nV:1.3.1\nF:lib\nR:libz.so\n"

// base are the layers of the image that mutants are made of.
func base() [][]layertest.Item {
	return [][]layertest.Item{
		{
			layertest.Dir("./").WithMode(0o755), layertest.Dir("bin"), layertest.Dir("etc"), layertest.Dir("empty"), layertest.Dir("old"), layertest.Dir("dev"), layertest.Dir("var"), layertest.Dir("var/lib"), layertest.Dir("var/lib/dpkg"),
			layertest.Dir("lib"), layertest.Dir("lib/apk"), layertest.Dir("lib/apk/db"), layertest.Dir("app"), layertest.Dir("src"),
			layertest.File("bin/tool", "a program").WithMode(0o755), layertest.File("bin/su", "su").WithMode(0o4755),
			layertest.File("bin/ping", "ping").WithMode(0o755).WithXattr("security.capability", "\x01\x00\x00\x02\x00\x20\x00\x00"),
			layertest.Symlink("bin/link", "tool"), layertest.File("bin/one", "shared by two"), layertest.Hardlink("bin/two", "bin/one"),
			layertest.File("bin/copy", "a program").WithMode(0o755),
			layertest.Device("dev/null", 1, 3), {Header: tar.Header{Typeflag: tar.TypeFifo, Name: "dev/pipe", Mode: 0o600}},
			layertest.File("etc/passwd", "root:x:0:0\n"), layertest.File("old/a", "1"), layertest.File("old/b", "2"), layertest.File("etc/gone", "x"),
			layertest.File("var/lib/dpkg/status", status), layertest.File("lib/apk/db/installed", installedDB),
			layertest.File("etc/x.json", `{"a": 1, "b": [true, null]}`), layertest.File("src/main.c", "int main;\n"), layertest.File("etc/Name", "n"),
			layertest.File("etc/sparse", strings.Repeat("\x00", 8192)),
		},
		{
			layertest.File("etc/.wh.gone", ""), layertest.File("old/.wh..wh..opq", ""), layertest.File("old/c", "3"), layertest.File("app/data", "first\nsecond\nthird\n").OwnedBy(1000, 1000),
			layertest.File("app/x.tar", string(tarAt(layertest.Epoch()))), layertest.File("app/x.tar.gz", string(zipped(tarAt(layertest.Epoch()), layertest.Epoch()))),
			layertest.File("app/x.zip", string(zipOf("member", "content", layertest.Epoch()))), layertest.File("app/x.pyc", pyc(1)), layertest.File("app/ü", "u"),
		},
	}
}

// tarAt is a tar with a file of a time.
func tarAt(at time.Time) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	w.WriteHeader(&tar.Header{Name: "member", Typeflag: tar.TypeReg, Size: 1, ModTime: at, Mode: 0o600})
	w.Write([]byte("x"))
	w.Close()
	return b.Bytes()
}

func zipped(data []byte, at time.Time) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, 1+int(at.Unix()%9))
	w.ModTime = at
	w.Write(data)
	w.Close()
	return b.Bytes()
}

func zipOf(name, data string, at time.Time) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, _ := w.CreateHeader(&zip.FileHeader{Name: name, Modified: at, Method: zip.Deflate})
	f.Write([]byte(data))
	w.Close()
	return b.Bytes()
}

// pyc is the bytecode of Python 3.11 whose source has a time.
func pyc(at byte) string {
	return "\xa7\x0d\r\n\x00\x00\x00\x00" + string(at) + "\x00\x00\x00\x09\x00\x00\x00code"
}

// mutant is the image with one mistake.
type mutant struct {
	name   string
	layer  int // that is edited
	edit   func([]layertest.Item) []layertest.Item
	config func(*dockerspec.DockerOCIImage)
	want   []string // see brief
	answer Answer
}

func mutants() []mutant {
	later := layertest.Epoch().Add(time.Hour)
	change := func(name string, edit func(layertest.Item) layertest.Item) func([]layertest.Item) []layertest.Item {
		return func(l []layertest.Item) []layertest.Item { return edited(l, name, edit) }
	}
	drop := func(name string) func([]layertest.Item) []layertest.Item {
		return func(l []layertest.Item) []layertest.Item { return without(l, name) }
	}
	more := func(items ...layertest.Item) func([]layertest.Item) []layertest.Item {
		return func(l []layertest.Item) []layertest.Item { return append(slices.Clone(l), items...) }
	}
	data := func(name, text string) func([]layertest.Item) []layertest.Item {
		return change(name, func(i layertest.Item) layertest.Item { return i.Containing(text) })
	}
	replaced := func(name, old, text string) func([]layertest.Item) []layertest.Item {
		return change(name, func(i layertest.Item) layertest.Item { return i.Containing(strings.Replace(i.Data, old, text, 1)) })
	}
	type image = dockerspec.DockerOCIImage
	return []mutant{
		{name: "dropped file", edit: drop("src/main.c"), want: []string{"- /src/main.c"}},
		{name: "more files", edit: more(layertest.File("src/b.c", "b")), want: []string{"+ /src/b.c"}},
		{name: "changed mode", edit: change("bin/tool", func(i layertest.Item) layertest.Item { return i.WithMode(0o744) }), want: []string{"~ /bin/tool: mode"}},
		{name: "mode of a directory", edit: change("app", func(i layertest.Item) layertest.Item { return i.WithMode(0o700) }), want: []string{"~ /app: mode"}},
		{name: "mode of the root", edit: change(".", func(i layertest.Item) layertest.Item { return i.WithMode(0o700) }), want: []string{"~ /: mode"}},
		{name: "setuid lost", edit: change("bin/su", func(i layertest.Item) layertest.Item { return i.WithMode(0o755) }), want: []string{"~ /bin/su: mode"}},
		{name: "sticky bit", edit: change("app", func(i layertest.Item) layertest.Item { return i.WithMode(0o1755) }), want: []string{"~ /app: mode"}},
		{name: "user of a file", layer: 1, edit: change("app/data", func(i layertest.Item) layertest.Item { return i.OwnedBy(0, 1000) }), want: []string{"~ /app/data: owner"}},
		{name: "group of a file", layer: 1, edit: change("app/data", func(i layertest.Item) layertest.Item { return i.OwnedBy(1000, 0) }), want: []string{"~ /app/data: owner"}},
		{name: "capability lost", edit: change("bin/ping", func(i layertest.Item) layertest.Item { i.PAXRecords = nil; return i }), want: []string{"~ /bin/ping: xattr security.capability"}},
		{name: "capability changed", edit: change("bin/ping", func(i layertest.Item) layertest.Item {
			return i.WithXattr("security.capability", "\x01\x00\x00\x02\x00\x24\x00\x00")
		}),
			want: []string{"~ /bin/ping: xattr security.capability"}},
		{name: "xattr of a user", edit: change("etc", func(i layertest.Item) layertest.Item { return i.WithXattr("user.x", "") }), want: []string{"~ /etc: xattr user.x"}},
		{name: "target of a link", edit: change("bin/link", func(i layertest.Item) layertest.Item { i.Linkname = "/bin/tool"; return i }), want: []string{"~ /bin/link: target"}},
		{name: "hard link broken", edit: change("bin/two", func(layertest.Item) layertest.Item { return layertest.File("bin/two", "shared by two") }), want: []string{"~ /bin/two: hard link"}},
		{name: "hard link made", edit: more(layertest.Hardlink("bin/copy", "bin/tool").WithMode(0o755)), want: []string{"~ /bin/tool: hard link"}},
		{name: "hard link by a later layer broken", layer: 1, edit: more(layertest.File("bin/two", "shared by two")), want: []string{"~ /bin/two: hard link"}},
		{name: "owner of a hard link's entry", edit: change("bin/two", func(i layertest.Item) layertest.Item { return i.OwnedBy(7, 7) }), want: []string{"~ /bin/two: hard link's entry"}},
		{name: "file to directory", edit: change("src/main.c", func(layertest.Item) layertest.Item { return layertest.Dir("src/main.c").WithMode(0o644) }), want: []string{"~ /src/main.c: kind"}},
		{name: "directory to file", edit: change("empty", func(layertest.Item) layertest.Item { return layertest.File("empty", "").WithMode(0o755) }), want: []string{"~ /empty: kind"}},
		{name: "directory to link", layer: 1, edit: more(layertest.Symlink("src", "old").WithMode(0o755)), want: []string{"- /src/main.c", "~ /src: kind"}},
		{name: "link to its target", edit: change("bin/link", func(layertest.Item) layertest.Item { return layertest.File("bin/link", "a program").WithMode(0o777) }), want: []string{"~ /bin/link: kind"}},
		{name: "opaque mark missing", layer: 1, edit: drop("old/.wh..wh..opq"), want: []string{"+ /old/a", "+ /old/b"}},
		{name: "opaque mark too many", layer: 1, edit: more(layertest.File("etc/.wh..wh..opq", "")),
			want: []string{"- /etc/Name", "- /etc/passwd", "- /etc/sparse", "- /etc/x.json"}},
		{name: "mark of a removal missing", layer: 1, edit: drop("etc/.wh.gone"), want: []string{"+ /etc/gone"}},
		{name: "mark of a removal too many", layer: 1, edit: more(layertest.File(".wh.src", "")), want: []string{"- /src", "- /src/main.c"}},
		{name: "empty directory lost", edit: drop("empty"), want: []string{"- /empty"}},
		{name: "one byte", layer: 1, edit: replaced("app/data", "second", "Second"), want: []string{"~ /app/data: content"}},
		{name: "end cut off", layer: 1, edit: replaced("app/data", "third\n", "third"), want: []string{"~ /app/data: content"}},
		{name: "emptied", layer: 1, edit: data("app/data", ""), want: []string{"~ /app/data: content"}},
		{name: "size of zeros", edit: data("etc/sparse", strings.Repeat("\x00", 8193)), want: []string{"~ /etc/sparse: content"}},
		{name: "number of a device", edit: change("dev/null", func(layertest.Item) layertest.Item { return layertest.Device("dev/null", 1, 5) }), want: []string{"~ /dev/null: device"}},
		{name: "kind of a device", edit: change("dev/null", func(i layertest.Item) layertest.Item { return i.Typed(tar.TypeBlock) }), want: []string{"~ /dev/null: kind"}},
		{name: "pipe to device", edit: change("dev/pipe", func(layertest.Item) layertest.Item { return layertest.Device("dev/pipe", 1, 3) }), want: []string{"~ /dev/pipe: kind"}},
		{name: "control characters in a name", edit: more(layertest.File("etc/a\x1b[2Jb\n", "x")), want: []string{"+ /etc/a\x1b[2Jb\n"}},
		{name: "another form of a letter", layer: 1, edit: change("app/ü", func(i layertest.Item) layertest.Item { i.Name = "app/u\u0308"; return i }), want: []string{"+ /app/u\u0308", "- /app/ü"}},
		{name: "case of a name", edit: change("etc/Name", func(i layertest.Item) layertest.Item { i.Name = "etc/name"; return i }), want: []string{"+ /etc/name", "- /etc/Name"}},
		{name: "blank at the end of a name", edit: change("etc/Name", func(i layertest.Item) layertest.Item { i.Name = "etc/Name "; return i }), want: []string{"+ /etc/Name ", "- /etc/Name"}},
		{name: "package missing", edit: replaced("var/lib/dpkg/status", status[strings.Index(status, "\nPackage: nano"):], ""),
			want: []string{"- package nano:amd64", "~ /var/lib/dpkg/status: content"}},
		{name: "package upgraded", edit: replaced("var/lib/dpkg/status", "8.4", "8.5"), want: []string{"~ /var/lib/dpkg/status: content", "~ package nano:amd64"}},
		{name: "package half installed", edit: replaced("var/lib/dpkg/status", "ok installed", "ok half-configured"),
			want: []string{"~ /var/lib/dpkg/status: content", "~ package vim:amd64"}},
		{name: "package of apk", edit: replaced("lib/apk/db/installed", "V:1.3.1", "V:1.3.2"), want: []string{"~ /lib/apk/db/installed: content", "~ package zlib"}},
		{name: "value in JSON", edit: replaced("etc/x.json", "1", "1.0"), want: []string{"~ /etc/x.json: content"}},
		{name: "member of a tar", layer: 1, edit: replaced("app/x.tar", "member", "mexber"), want: []string{"~ /app/x.tar: content"}},
		{name: "member of a zip", layer: 1, edit: data("app/x.zip", string(zipOf("member", "Content", layertest.Epoch()))), want: []string{"~ /app/x.zip: content"}},
		{name: "bytecode", layer: 1, edit: replaced("app/x.pyc", "code", "edoc"), want: []string{"~ /app/x.pyc: content"}},

		{name: "time", layer: 1, edit: change("app/data", func(i layertest.Item) layertest.Item { return i.At(later) }), want: []string{"time /app/data"}, answer: Same},
		{name: "JSON spelt otherwise", edit: data("etc/x.json", `{"b":[true,null],"a":1}`), want: []string{"~ /etc/x.json: content but for the spelling of JSON"}, answer: Same},
		{name: "time in a tar", layer: 1, edit: data("app/x.tar", string(tarAt(later))), want: []string{"~ /app/x.tar: content but for the times of tar members"}, answer: Same},
		{name: "time in a tar.gz", layer: 1, edit: data("app/x.tar.gz", string(zipped(tarAt(later), later.Add(1)))),
			want: []string{"~ /app/x.tar.gz: content but for the header and compression of gzip, and the times of a tar in it"}, answer: Same},
		{name: "time in a zip", layer: 1, edit: data("app/x.zip", string(zipOf("member", "content", later))),
			want: []string{"~ /app/x.zip: content but for the times and compression of zip members"}, answer: Same},
		{name: "time in bytecode", layer: 1, edit: data("app/x.pyc", pyc(2)), want: []string{"~ /app/x.pyc: content but for the time of the source in Python bytecode"}, answer: Same},
		{name: "order of packages", edit: data("var/lib/dpkg/status", status[strings.Index(status, "Package: nano"):]+"\n"+status[:strings.Index(status, "Package: nano")]),
			want: []string{"~ /var/lib/dpkg/status: content but for the order of dpkg's stanzas and fields"}, answer: Same},

		{name: "variable lost", config: func(c *image) { c.Config.Env = c.Config.Env[:1] }, want: []string{"- Env LANG"}},
		{name: "variable changed", config: func(c *image) { c.Config.Env[0] = "PATH=/sbin" }, want: []string{"~ Env PATH"}},
		{name: "variable twice", config: func(c *image) { c.Config.Env = append(c.Config.Env, "PATH=/sbin") }, want: []string{"~ Env"}},
		{name: "order of variables", config: func(c *image) { slices.Reverse(c.Config.Env) }, want: []string{"~ Env but for their order"}, answer: Same},
		{name: "user lost", config: func(c *image) { c.Config.User = "" }, want: []string{"- User"}},
		{name: "order of the entry point", config: func(c *image) { slices.Reverse(c.Config.Entrypoint) }, want: []string{"~ Entrypoint"}},
		{name: "words of the entry point", config: func(c *image) { c.Config.Entrypoint = []string{"/bin/tool --serve"} }, want: []string{"~ Entrypoint"}},
		{name: "command lost", config: func(c *image) { c.Config.Cmd = nil }, want: []string{"- Cmd"}},
		{name: "label", config: func(c *image) { c.Config.Labels["version"] = "2" }, want: []string{"~ Label version"}},
		{name: "label empty", config: func(c *image) { c.Config.Labels["none"] = "" }, want: []string{"+ Label none"}},
		{name: "port", config: func(c *image) { c.Config.ExposedPorts = map[string]struct{}{"80/udp": {}} }, want: []string{"+ ExposedPort 80/udp", "- ExposedPort 80/tcp"}},
		{name: "volume", config: func(c *image) { c.Config.Volumes = nil }, want: []string{"- Volume /data"}},
		{name: "working directory", config: func(c *image) { c.Config.WorkingDir = "/" }, want: []string{"~ WorkingDir"}},
		{name: "health check", config: func(c *image) { c.Config.Healthcheck.Retries = 3 }, want: []string{"~ Healthcheck"}},
		{name: "stop signal", config: func(c *image) { c.Config.StopSignal = "SIGINT" }, want: []string{"~ StopSignal"}},
		{name: "shell", config: func(c *image) { c.Config.Shell[0] = "/bin/bash" }, want: []string{"~ Shell"}},
		{name: "trigger", config: func(c *image) { c.Config.OnBuild = append(c.Config.OnBuild, "RUN y") }, want: []string{"~ OnBuild"}},
		{name: "architecture", config: func(c *image) { c.Architecture = "arm64" }, want: []string{"~ Architecture"}},
		{name: "time of the image", config: func(c *image) { c.Created = &later }, want: []string{"time of the image"}, answer: Same},
	}
}

// image makes the mutant.
func (m mutant) image(t testing.TB) *Image {
	layers, c := base(), config()
	if m.edit != nil {
		layers[m.layer] = m.edit(layers[m.layer])
	}
	if m.config != nil {
		m.config(&c)
	}
	return imageOf(t, "mutant", c, layers...)
}

// TestMutants holds that each of many mistakes is found, and nothing else.
func TestMutants(t *testing.T) {
	right := imageOf(t, "right", config(), base()...)
	if again := compare(t, right, imageOf(t, "right", config(), base()...)); again.Answer != Identical {
		t.Fatalf("the same image is %s: %q", again.Answer, brief(again))
	}
	if n := len(mutants()); n < 60 {
		t.Errorf("there are %d mutants", n)
	}
	for _, m := range mutants() {
		t.Run(m.name, func(t *testing.T) {
			if m.answer == "" {
				m.answer = Different
			}
			r := compare(t, right, m.image(t))
			have := brief(r)
			slices.Sort(m.want)
			if r.Answer != m.answer || !slices.Equal(have, m.want) {
				t.Errorf("it is %s: %q\nwant %s: %q", r.Answer, have, m.answer, m.want)
			}
			// The other way round, what was added is missing.
			back := compare(t, m.image(t), right)
			if back.Answer != m.answer || len(brief(back)) != len(have) {
				t.Errorf("the other way round it is %s: %q", back.Answer, brief(back))
			}
		})
	}
}
