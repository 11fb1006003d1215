package policy_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/plugins/builtin/policy"
)

// TestWrapped has a rule see a command whatever runs it.
func TestWrapped(t *testing.T) {
	for _, line := range []string{
		"curl -k https://x",
		"sudo curl -k https://x",
		"sudo -u app -- curl -k https://x",
		"fakeroot curl -k https://x",
		"fakeroot -- sh -c 'curl -k https://x'",
		"doas curl -k https://x",
		"gosu app curl -k https://x",
		"su-exec app curl -k https://x",
		"su app -c 'curl -k https://x'",
		"runuser app -c 'curl -k https://x'",
		"env A=b nice -n 5 timeout 9 curl -k https://x",
		`sh -c "curl -k https://x"`,
		`bash -ec 'true && sudo curl -k https://x'`,
		"echo https://x | xargs curl -k",
		"xargs -n1 sudo curl -k < list",
		`find . -name x -exec curl -k https://x \;`,
		"find . -execdir sudo curl -k https://x {} +",
		`find . -exec sh -c 'curl -k $1' _ {} \;`,
		`sh -c "find . -exec curl -k {} +"`,
		`find . -exec find {} -exec curl -k {} \;`,
		"x=$(curl -k https://x)",
		"if true; then f() { curl -k https://x; }; fi",
	} {
		got := show(check(t, policy.New(), `{"use": ["no-insecure-tls"]}`, "FROM debian:13\nRUN "+line+"\n", nil))
		if !strings.HasPrefix(got, "policy/no-insecure-tls: ") {
			t.Errorf("%s: %q", line, got)
		}
	}
}

// TestPackageManagers has a rule ask what a package manager is told to do.
func TestPackageManagers(t *testing.T) {
	config := acme(`"on": "RUN", "when": "op.commands.exists(c, c.manager != '')",
		"message": "${op.commands.filter(c, c.manager != '').map(c, c.manager + ' ' + c.action + ' ' + c.packages.join(','))}"`)
	for line, want := range map[string]string{
		"apt-get update && apt-get -t x install -y a b=1": `apt update , apt install a,b=1`,
		"sudo aptitude -y safe-upgrade":                   `apt upgrade `,
		"fakeroot apt install ./x.deb":                    `apt install ./x.deb`,
		"yum -y update a":                                 `dnf upgrade a`,
		"apk add --virtual v a":                           `apk install a`,
		"pip install -r x a":                              `pip install a`,
		"make install":                                    ``,
		"apt-get moo":                                     `apt ask `,
	} {
		got := show(check(t, policy.New(), config, "FROM debian:13\nRUN "+line+"\n", nil))
		if got = strings.Trim(strings.TrimPrefix(got, "policy/r: "), `[]"`); strings.ReplaceAll(got, `", "`, ", ") != want {
			t.Errorf("%s\n\tgot  %s\n\twant %s", line, got, want)
		}
	}
}
