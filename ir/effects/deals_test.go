package effects_test

import (
	"fmt"
	"testing"

	"github.com/seed-e0495807/strake/ir/effects"
)

// TestDealings is about what commands have to do with besides files.
func TestDealings(t *testing.T) {
	for script, want := range map[string]string{
		"ls":                            "[]",
		"nginx -t":                      "[daemon]",
		"service x start":               "[daemon]",
		"update-rc.d x defaults":        "[]",
		"nohup sleep 1":                 "[daemon]",
		"nohup ls && pgrep x":           "[daemon processes]",
		"sudo setsid ls":                "[daemon]",
		"sh -c 'ps aux | wc -l'":        "[processes]",
		"git clone https://e.org/x.git": "[names]",
		"git clone --recursive https://e.org/x.git":                   "[daemon names]",
		"git clone git@e.org:x.git":                                   "[helpers names]",
		"git clone /x":                                                "[helpers links names]",
		"git clone https://e.org/x.git && cd x && git checkout y":     "[names]",
		"git checkout y":                                              "[helpers]",
		"git rev-parse HEAD && git describe --tags":                   "[]",
		"git describe --dirty":                                        "[helpers]",
		"git config core.autocrlf input":                              "[]",
		"git config core.sshCommand x":                                "[helpers]",
		"git config --global url.git@e.org:.insteadOf https://e.org/": "[helpers]",
		"git config --get core.sshCommand":                            "[]",
		"git ls-remote https://e.org/x":                               "[]",
		"git ls-remote origin":                                        "[helpers]",
		"git fetch":                                                   "[daemon helpers]",
		"git -C x commit -m y":                                        "[daemon helpers]",
		"gpg --dearmor":                                               "[]",
		"gpg -o a --dearmor b":                                        "[]",
		"gpg --import b":                                              "[daemon]",
		"dpkg -i ./a.deb":                                             "[daemon]",
		"dpkg -l":                                                     "[]",
		"rpm --import a":                                              "[]",
		"rpm -i a.rpm":                                                "[daemon]",
		"gpgv x y":                                                    "[]",
		"usermod -aG x y":                                             "[identity]",
		"groupmod -g 5 x":                                             "[identity]",
		"groupadd x && useradd -g x y":                                "[membership]",
		"passwd -d x":                                                 "[]",
		"locale-gen":                                                  "[locales]",
		"apt-get install -y locales-all":                              "[locales]",
		"apt-get install -y locales":                                  "[]",
		"dnf install -y glibc-langpack-de":                            "[locales]",
		"mount -a":                                                    "[container]",
		"hostname":                                                    "[container]",
		"killall x; ps":                                               "[processes]",
		"/opt/x/sbin/nginx":                                           "[]", // of the author's: anything
		"find . -newermt 2020-01-01 -daystart -print":                 "[order]",
		"find . -links 2 -delete":                                     "[order packing]",
		"find . -name x -exec nohup ls {} +":                          "[daemon order]",
	} {
		if got := fmt.Sprint(of(script).Dealings); got != want {
			t.Errorf("%s: %s, not %s", script, got, want)
		}
	}
	for name, want := range map[string]string{"/etc/init.d/x": "[daemon]", "/usr/bin/ps": "[processes]", "x": "[]"} {
		if got := fmt.Sprint(effects.Deals(name)); got != want {
			t.Errorf("%s: %s, not %s", name, got, want)
		}
	}
}
