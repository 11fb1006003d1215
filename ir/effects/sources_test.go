package effects_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
)

// TestSources is about URLs that are written: each is listed, with its host.
func TestSources(t *testing.T) {
	for script, want := range map[string]string{
		"npm install -g --registry https://r.e.org a":      "https://r.e.org r.e.org",
		"yarn add a --registry=https://r.e.org":            "https://r.e.org r.e.org",
		"gem install -s https://r.e.org a":                 "https://r.e.org r.e.org",
		"gem sources -a https://r.e.org":                   "https://r.e.org r.e.org",
		"pip install -f https://r.e.org/l a":               "https://r.e.org/l r.e.org",
		"pip install -i https://r.e.org a":                 "https://r.e.org r.e.org",
		"pip install --extra-index-url=https://r.e.org a":  "https://r.e.org r.e.org",
		"pip install https://r.e.org/a.whl":                "https://r.e.org/a.whl r.e.org",
		"pip install git+https://r.e.org/a.git":            "https://r.e.org/a.git r.e.org",
		"pip install 'a @ https://r.e.org/a.whl'":          "https://r.e.org/a.whl r.e.org",
		"pip install -r https://r.e.org/l.txt":             "https://r.e.org/l.txt r.e.org",
		"pip --proxy http://p.org:80 install a":            "http://p.org:80 p.org",
		"dnf install -y https://r.e.org/a.rpm":             "https://r.e.org/a.rpm r.e.org",
		"dnf config-manager --add-repo https://r.e.org/a":  "https://r.e.org/a r.e.org",
		"apk add https://r.e.org/a.apk":                    "https://r.e.org/a.apk r.e.org",
		"apk add --repository https://r.e.org/edge a":      "https://r.e.org/edge r.e.org",
		`apk add -X "https://$X/edge" a`:                   `"https://$X/edge" `,
		"conda install -c https://r.e.org/c a":             "https://r.e.org/c r.e.org",
		"curl -x p.org:80 https://e.org/a":                 "p.org:80 p.org",
		"curl --proxy http://p.org https://e.org/a":        "http://p.org p.org",
		"wget -e https_proxy=http://p.org https://e.org/a": "http://p.org p.org",
		"curl e.org:8080/x":                                "e.org:8080/x e.org",
		"https_proxy=http://p.org:80 curl https://e.org/a": "http://p.org:80 p.org",
		"export http_proxy=p.org:80; wget http://e.org/a":  "p.org:80 p.org",
		"export ALL_PROXY=$X; apt-get update":              "$ALL_PROXY ",
		"zypper -n ar -f https://r.e.org/a b":              "https://r.e.org/a r.e.org",
		"zypper addrepo -r https://r.e.org/a.repo":         "https://r.e.org/a.repo r.e.org",
	} {
		at := effects.State{Dir: "/w", Home: "/root", Open: true}
		var got []string
		for _, f := range effects.Of(&ir.Run{Command: ir.Command{Line: script}}, at).Effects.Network {
			got = append(got, f.URL+" "+f.Host)
		}
		if !slices.Contains(got, want) {
			t.Errorf("%s: %q, not %q", script, got, want)
		}
	}
	for script, want := range map[string]string{
		"pip install -f /l a":             "/l/a",
		"pip install -f file:///l a":      "/l/a",
		"apk add -X /l a":                 "/l/x86_64/a.apk",
		"pip install 'a @ file:///a.whl'": "/a.whl",
		"apt-get install /tmp/y.deb":      "/tmp/y.deb",
		"zypper ar /l/a.repo":             "/l/a.repo",
		"git clone /l a":                  "/l/objects/x",
		"git clone file:///l a":           "/l/objects/x",
	} {
		if e := of(script); !e.Reads.Covers(want) {
			t.Errorf("%s: reads %v", script, e.Reads)
		}
	}
	for script, want := range map[string]bool{ // a hard link changes what it is of
		"git clone /l a": true, "git clone -b x ../l a": true, "git clone --no-hardlinks /l a": false, "git clone file:///l a": false, "git clone e.org:l a": false, "git clone https://e.org/l a": false,
	} {
		if e := of(script); e.Touches("/l/objects/x") != want || e.Grade() == effects.Unknown || (len(e.Network) > 0) != strings.Contains(script, "e.org") {
			t.Errorf("%s: %v", script, e)
		}
	}
	// Variables of the shell are none of its programs'.
	if e := of("https_proxy=http://p.org; curl https://e.org/a"); len(e.Network) > 1 {
		t.Error(e.Network)
	}
}

// TestDownloads is about the files that what is fetched goes to.
func TestDownloads(t *testing.T) {
	for line, want := range map[string]string{
		"curl -fsSLo a https://e.org/b": "a", "curl --output=a https://e.org/b": "a", "curl -oa https://e.org/b": "a", "curl -fsSLO https://e.org/b.sh?x=1": "b.sh", "curl https://e.org/b": "", "curl --frob -o $X https://e.org/b": "$X",
		"wget https://e.org/b": "b", "wget -qO- https://e.org/b": "-", "wget -nv -O a https://e.org/b": "a", `wget "https://e.org/$X"`: "$X", "wget e.org": "",
	} {
		script, err := shell.Parse(&ir.Run{Command: ir.Command{Line: line}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := effects.Downloads(script.Commands[0])
		if strings.Join(got, " ") != want || !ok {
			t.Errorf("%s: %q, %v", line, got, ok)
		}
	}
	if _, ok := effects.Downloads(&shell.Command{Name: "git"}); ok {
		t.Error("git fetches into files")
	}
}
