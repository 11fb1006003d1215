package slim_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/plugins/builtin/slim"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// golangImage is the config of an image with Go.
const golangImage = `{"os": "linux", "config": {"Env": ["PATH=/go/bin:/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin", "GOPATH=/go"], "WorkingDir": "/go", "Cmd": ["bash"]}}`

// TestPage holds the examples of the page to the code.
func TestPage(t *testing.T) {
	page, err := os.ReadFile("../../../docs/plugins/slim.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```Dockerfile\n(.*?)```\n\nbecomes\n\n```Dockerfile\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	const tools = `{"drop": ["toolchain", "lists"], "run-base": "distribution"}`
	for i, config := range []string{"{}", tools, tools} {
		if i >= len(blocks) {
			t.Fatalf("the page has %d examples", len(blocks))
		}
		out := run(t, irtest.Module(t, blocks[i][1]), "", config, root)
		if got := strings.TrimLeft(plugintest.Print(out.Module), "\n"); got != blocks[i][2] {
			t.Errorf("got\n%swant\n%s", got, blocks[i][2])
		}
	}
}

const (
	go1 = "FROM golang:1.26-bookworm\nENV CGO_ENABLED=0\nWORKDIR /go/src/x\nCOPY . .\nRUN go mod download\n"
	gcc = "FROM debian:12\nWORKDIR /src\nCOPY . .\nRUN apt-get update && apt-get install -y gcc libc6-dev\n"
)

// TestSplit has stages that become two: what the one that runs has behind its FROM.
func TestSplit(t *testing.T) {
	const head = "ENV PATH=/go/bin:/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin GOPATH=/go\nRUN mkdir -p /go /go/src /go/bin && chmod 1777 /go /go/src /go/bin\nWORKDIR /go\n" +
		"COPY --from=build /etc/ssl/certs/ca-certificates.cr[t] /etc/ssl/certs/\nCOPY --from=build /usr/share/zoneinf[o] /usr/share/zoneinfo/\nCOPY --from=build /usr/local/go/lib/time/zoneinfo.zi[p] /usr/local/go/lib/time/\nCOPY --from=build /etc/mime.type[s] /etc/service[s] /etc/protocol[s] /etc/\n" +
		"ENV CGO_ENABLED=0\nWORKDIR /go/src/x\nCOPY . .\n"
	const copied = "COPY --from=build /usr/local/bin/x /usr/local/bin/x\n"
	for _, c := range []struct{ name, text, run string }{
		{"go", go1 + "RUN go build -o /usr/local/bin/x .\nUSER 7\nCMD [\"x\", \"--y\"]\n", "FROM debian:bookworm-slim\n" + head + copied + "USER 7\nCMD [\"x\", \"--y\"]\n"},
		{"go, in a directory", go1 + "RUN mkdir -p /out && go build -o /out/x ./cmd/x && go build -o /out/y ./cmd/y\nENTRYPOINT [\"/out/x\"]\n", "FROM debian:bookworm-slim\n" + head + "COPY --from=build /out /out\nENTRYPOINT [\"/out/x\"]\n"},
		{"go install", go1 + "RUN go install ./cmd/x\nRUN mkdir /work\nCMD x\n", "FROM debian:bookworm-slim\n" + head + "COPY --from=build /go/bin /go/bin\nRUN mkdir /work\nCMD x\n"},
		{"gcc", gcc + "RUN gcc -O2 -Wall -o /usr/local/bin/x x.c -lm\nHEALTHCHECK CMD [\"x\"]\nCMD [\"x\"]\nLABEL a=b\n", "FROM debian:12\nWORKDIR /src\nCOPY . .\n" + copied + "HEALTHCHECK CMD [\"x\"]\nCMD [\"x\"]\nLABEL a=b\n"},
		{"a directory that is there", gcc + "RUN mkdir -p /usr/local/bin && gcc -o /usr/local/bin/x x.c\nCMD [\"x\"]\n", "FROM debian:12\nWORKDIR /src\nCOPY . .\n" + copied + "CMD [\"x\"]\n"},
		{"another cache of apt", "FROM debian:12\nCOPY x.c /x.c\nRUN --mount=type=cache,target=/dev/c apt-get update && apt-get -o Dir::Cache=/dev/c -o Dir::Cache::pkgcache= install -y gcc libc6-dev\nRUN gcc -o /x /x.c\nCMD [\"/x\"]\n", "FROM debian:12\nCOPY x.c /x.c\nCOPY --from=build /x /x\nCMD [\"/x\"]\n"},
		{"all in one", "FROM debian:12\nCOPY x.c /x.c\nRUN apt-get update && apt-get install -y gcc libc6-dev && gcc -o /x /x.c && rm -rf /var/lib/apt/lists/*\nCMD [\"/x\"]\n", "FROM debian:12\nCOPY x.c /x.c\nCOPY --from=build /x /x\nCMD [\"/x\"]\n"},
		{"what runs it stays", "FROM debian:12\nRUN apt-get update && apt-get install -y gcc python3 && useradd x\nCOPY . /src\nRUN gcc -o /src/x.so -c /src/x.c\nCMD [\"python3\", \"/src/x.py\"]\n",
			"FROM debian:12\nRUN apt-get update && apt-get install -y python3 && useradd x\nCOPY . /src\nCOPY --from=build /src/x.so /src/x.so\nCMD [\"python3\", \"/src/x.py\"]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			const config = `{"drop": ["toolchain"], "run-base": "distribution"}`
			base := root
			if strings.HasPrefix(c.text, "FROM golang") {
				base = golangImage
			}
			out := run(t, irtest.Module(t, c.text), "", config, base)
			text := plugintest.Print(out.Module)
			if _, got, _ := strings.Cut(text[1:], "\nFROM "); "FROM "+got != c.run {
				t.Errorf("got\n%swant\n%s", text, c.run)
			}
			if again := run(t, out.Module, "", config, base); plugintest.Print(again.Module) != text {
				t.Errorf("a second run makes\n%s", plugintest.Print(again.Module))
			}
			if len(slim.Declared(out.Module)) == 0 {
				t.Error("it declares nothing")
			}
		})
	}
}

// TestAlong has RUNs that need what comes along with a toolchain: the stage stays one.
func TestAlong(t *testing.T) {
	for _, script := range []string{"tar xJf /a -C /opt", "tar -C /opt -xf /a.tar.bz2", "tar -x --xz -f /a", "bunzip2 /a", "gpg --dearmor -o /b /a", "shasum -c /a", "cp /usr/bin/gcc /opt/", "test -x /usr/bin/make && touch /a"} {
		text := gcc + "RUN gcc -o /usr/local/bin/x x.c\nRUN " + script + "\nCMD [\"x\"]\n"
		if out := run(t, irtest.Module(t, text), "", `{"drop": ["toolchain"]}`, root); out.Module != nil && len(out.Module.Stages) > 1 {
			t.Errorf("`%s` runs without it:\n%s", script, plugintest.Print(out.Module))
		}
	}
	text := gcc + "RUN gcc -o /usr/local/bin/x x.c\nRUN tar xzf /a.tgz -C /opt\nCMD [\"x\"]\n"
	if out := run(t, irtest.Module(t, text), "", `{"drop": ["toolchain"]}`, root); out.Module == nil || len(out.Module.Stages) < 2 {
		t.Error("what needs nothing of it keeps it")
	}
}

// TestBare has what runs on an image without a shell.
func TestBare(t *testing.T) {
	const config = `{"explain": true, "drop": ["toolchain"], "run-base": "scratch"}`
	const build = go1 + "RUN go build -o /x .\n"
	out := run(t, irtest.Module(t, build+"USER 7:7\nCMD [\"/x\"]\n"), "", config, golangImage)
	if text := plugintest.Print(out.Module); !strings.Contains(text, "\nFROM scratch\nENV PATH") || strings.Contains(text, "chmod") || !strings.HasSuffix(text, "COPY --from=build /x /x\nUSER 7:7\nCMD [\"/x\"]\n") {
		t.Errorf("got\n%s", text)
	}
	for _, text := range []string{build + "CMD /x\n", build + "RUN mkdir /y\nCMD [\"/x\"]\n", build + "USER app\nCMD [\"/x\"]\n", build + "HEALTHCHECK CMD /x\nCMD [\"/x\"]\n",
		strings.Replace(build, "=0", "=1", 1) + "CMD [\"/x\"]\n", go1 + "RUN go build -buildmode=pie -o /x .\nCMD [\"/x\"]\n"} {
		m := irtest.Module(t, text)
		if out := run(t, m, "", config, golangImage); out.Module != m || len(out.Diags) == 0 {
			t.Errorf("got\n%s", plugintest.Print(out.Module))
		}
	}
}

// TestWhole has stages that stay one, and the code of the reason.
func TestWhole(t *testing.T) {
	const make = "RUN gcc -o /x x.c\n"
	const cmd = "CMD [\"/x\"]\n"
	for _, c := range []struct{ name, text, code string }{
		{"make", gcc + "RUN make\nCMD [\"./x\"]\n", "unknown"},
		{"a library of the compiler", gcc + "RUN gcc -fopenmp -o /x x.c\n" + cmd, "unknown"},
		{"a library by a word", gcc + "RUN gcc -o /x x.c $(pkg-config --libs x)\n" + cmd, "unknown"},
		{"a plugin of the compiler", gcc + "RUN gcc -fplugin=./x.so -o /x x.c\n" + cmd, "unknown"},
		{"coverage", gcc + "RUN gcc --coverage -o /x x.c\n" + cmd, "unknown"},
		{"no name", gcc + "RUN gcc x.c\nCMD [\"./a.out\"]\n", "unknown"},
		{"fails perhaps", gcc + "RUN gcc -o /x x.c || true\n" + cmd, "unknown"},
		{"fails, and goes on", gcc + "RUN gcc -o /x x.c; true\n" + cmd, "unknown"},
		{"perhaps", gcc + "RUN if test -e x.c; then gcc -o /x x.c; fi\n" + cmd, "unknown"},
		{"something else", gcc + "RUN gcc -o /x x.c && cp x.c /y\n" + cmd, "mixed"},
		{"in a cache", gcc + "RUN --mount=type=cache,target=/out gcc -o /out/x x.c\n" + cmd, "mounted"},
		{"a volume", gcc + make + "VOLUME /data\n" + cmd, "mounted"},
		{"a trigger", gcc + make + "ONBUILD RUN gcc -o /y y.c\n" + cmd, "trigger"},
		{"nothing is run", gcc + make, "started"},
		{"a compiler is run", gcc + make + "CMD [\"gcc\", \"-v\"]\n", "started"},
		{"a compiler is named", gcc + make + "ENTRYPOINT [\"/x\"]\nCMD [\"--cc\", \"/usr/bin/gcc\"]\n", "started"},
		{"what came along is run", gcc + make + "CMD [\"perl\", \"x.pl\"]\n", "started"},
		{"a script is run", gcc + make + "CMD [\"./run.sh\"]\n", "started"},
		{"a shell is run", gcc + make + "CMD [\"bash\"]\n", "started"},
		{"a variable is run", gcc + make + "CMD $X\n", "started"},
		{"a check with make", gcc + make + cmd + "HEALTHCHECK CMD make check\n", "started"},
		{"compiled by a manager later", gcc + "RUN pip install x\n" + make + cmd, "needed"},
		{"a library by its path", gcc + "RUN gcc -o /x x.c /usr/lib/gcc/x86_64-linux-gnu/12/libgomp.so\n" + cmd, "unknown"},
		{"another root of apt", "FROM debian:12\nRUN apt-get -o Dir=/y install -y gcc\n" + make + cmd, "mixed"},
		{"a directory of another mode", gcc + "RUN mkdir -m 700 /out && gcc -o /out/x x.c\nCMD [\"/out/x\"]\n", "unknown"},
		{"a directory of another user", gcc + "USER 7\nRUN mkdir -p /out && gcc -o /out/x x.c\nCMD [\"/out/x\"]\n", "unknown"},
		{"removed later", gcc + make + "RUN apt-get purge -y gcc\n" + cmd, "needed"},
		{"linked later", gcc + make + "RUN strip /x\n" + cmd, "unknown"},
		{"read later", gcc + make + "RUN ls /usr/lib >/list\n" + cmd, "needed"},
		{"unknown later", gcc + make + "RUN ./install.sh\n" + cmd, "unknown"},
		{"installed by its lists", gcc + make + "RUN apt-get install -y curl\n" + cmd, "needed"},
		{"moved, and made again", gcc + make + "RUN mv /x /y\n" + make + cmd, "needed"},
		{"another stage in front", "FROM debian:12 AS a\nRUN apt-get install -y gcc && gcc -o /x x.c\nCMD [\"/x\"]\nFROM a\n", ""},
		{"go without a base", strings.Replace(go1, "golang", "example.com/golang", 1) + "RUN go build -o /x .\n" + cmd, "base"},
		{"cgo", strings.Replace(go1, "ENV CGO_ENABLED=0\n", "", 1) + "RUN go build -o /x .\n" + cmd, "libraries"},
		{"no name of go", go1 + "RUN go build\nCMD [\"./x\"]\n", ""},
		{"a header of go", go1 + "RUN go build -buildmode=c-shared -o /x.so .\n" + cmd, "unknown"},
		{"go.mod is changed", go1 + "RUN go build -mod=mod -o /x .\n" + cmd, "unknown"},
		{"go test", go1 + "RUN go build -o /x . && go test ./...\n" + cmd, "mixed"},
		{"go generate", go1 + "RUN go generate ./...\nRUN go build -o /x .\n" + cmd, "unknown"},
		{"go is run", go1 + "RUN go build -o /x .\nCMD [\"go\", \"run\", \".\"]\n", "started"},
		{"git is run", go1 + "RUN go build -o /x .\nCMD [\"git\", \"daemon\"]\n", "started"},
		{"git is needed", go1 + "RUN go build -o /x .\nRUN git clone https://e.org/x /y\n" + cmd, "needed"},
		{"a package in a base that goes", go1 + "RUN go build -o /x .\nRUN apt-get update && apt-get install -y tzdata\n" + cmd, "needed"},
		{"a check by curl", go1 + "RUN go build -o /x .\nHEALTHCHECK CMD curl -f http://localhost\n" + cmd, "started"},
		{"a script in front", go1 + "RUN go build -o /x .\nENTRYPOINT [\"./entry.sh\"]\nCMD [\"/x\"]\n", "started"},
		{"libraries of Alpine", "FROM alpine:3.20\nRUN apk add gcc musl-dev\nRUN gcc -o /x x.c\n" + cmd, "libraries"},
	} {
		t.Run(c.name, func(t *testing.T) {
			base := root
			if strings.HasPrefix(c.text, "FROM golang") {
				base = golangImage
			}
			m := irtest.Module(t, c.text)
			out := run(t, m, "", `{"explain": true, "drop": ["toolchain"], "run-base": "distribution"}`, base)
			var codes []string
			for _, d := range out.Diags {
				codes = append(codes, strings.TrimPrefix(d.Code, "slim/"))
			}
			if out.Module != m || c.code != "" && !slices.Contains(codes, c.code) {
				t.Errorf("%v, not %s: %v\n%s", codes, c.code, out.Diags.Err(), plugintest.Print(out.Module))
			}
		})
	}
}
