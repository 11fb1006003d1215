//go:build unix

package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/testbed"
)

// TestAttackTokens gives commands URLs with credentials that cannot be fetched: no error
// repeats them. Of the commands with each URL every third is run, in turns, or all with STRAKE_LONG=1.
func TestAttackTokens(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	const include = "version: 1\nplugins:\n  - use: include\n"
	count := 0
	for _, address := range []string{
		"http://user:s3cret@" + host + "/r.git", "http://s3cret@" + host + "/r.git#main:dir", "http://user:s3cret@" + host + "/Dockerfile",
		"http://" + host + "/Dockerfile?access_token=s3cret", "http://user:s3cret@127.0.0.1:1/r.git", "https://user:s3cret@" + host + "/r.git",
		"http://user:s3%cret@" + host + "/r.git", "http://user:s3/cret@" + host + "/r.git", "https://user:s3cret@nowhere.invalid/a.tar",
	} {
		dir := t.TempDir()
		place(t, dir, map[string]string{
			"Dockerfile":       "FROM x\n",
			"inc/strake.yaml":  include,
			"inc/Dockerfile":   "FROM scratch\nINCLUDE " + address + "\n",
			"frag/strake.yaml": include,
			"frag/Dockerfile":  "FROM scratch\nINCLUDE git+" + address + "@0123456789012345678901234567890123456789#a\n",
		})
		for _, args := range [][]string{
			{"check", address}, {"compile", address}, {"compile", "--offline", address}, {"build", address}, {"build", "--nonsense", address},
			{"context", address}, {"fix", address}, {"expand", address}, {"compile", "--build-context=x=" + address, "."},
			{"import", address, "x:1"}, {"load", "-i", address}, {"import", address, address}, {"pull", address}, {"tag", address, "x"},
			{"check", "--format=json", address},
		} {
			if count++; !testbed.Sample(count, 3) {
				continue
			}
			out, _ := attacked(t, dir, args...)
			if (strings.Contains(out, "s3cret") || strings.Contains(out, "cret@")) && args[len(args)-1] != "." {
				t.Errorf("strake %s shows it:\n%s", strings.Join(args, " "), out)
			}
		}
		// The line of the Dockerfile is shown, as the author wrote it: the message is not it.
		for _, sub := range []string{"inc", "frag"} {
			out, _ := attacked(t, dir, "check", sub)
			for line := range strings.Lines(out) {
				if strings.Contains(line, "cret") && !strings.Contains(line, " | ") {
					t.Errorf("%s shows it: %s", sub, line)
				}
			}
		}
	}
}
