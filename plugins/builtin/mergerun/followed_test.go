package mergerun

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// TestFollowed holds that what the table of package effects follows to its end is merged.
func TestFollowed(t *testing.T) {
	for _, first := range []string{
		`sed -i '/a/{s/^/#/}' /srv/x`,
		`sed -i ':a;N;$!ba;s/x/y/' /srv/x`,
		`sed -i '\:</a>:i <b/>' /srv/x`,
		`awk 'NR > 1 || $1 == "x" { print $2 }' /srv/x`,
		`find /srv -name '*.txt' -exec gzip {} +`,
		`unzip -q /srv/x.zip -d /srv/y`,
		`apt-get install -y x && cp -p /srv/x /srv/y`,
		`sort -o /srv/x /srv/x`,
		`groupadd --gid=$X x && useradd -m -sk -d /srv/x x`,
		`update-alternatives --install /srv/y x /srv/x$X 1`,
		`timeout 9 sort /srv/x`,
		`gpg --dearmor -o /srv/x /srv/y`,
		`dpkg -l && apt-mark hold x && apt-cache -q policy x`,
		`rpm --import https://example.com/x && rpm -E '%{?fedora}'`,
		`openssl genrsa -out /srv/x 2048`,
		`git clone --depth 1 https://example.com/x.git`,
		`git config --global core.autocrlf input && git -C x rev-parse HEAD && git init /srv/x`,
		`apt-get install -y x && ssh-keygen -q -t rsa -N "" -f /srv/x`,
	} {
		out := plugintest.Run(t, plugins.Step{Plugin: New()}, "FROM base\nRUN "+first+"\nRUN mkdir /srv/z\n", nil)
		if text := plugintest.Print(out.Module); !strings.Contains(text, "&& mkdir") {
			t.Errorf("it is not merged:\n%s", text)
		}
	}
	for _, second := range []string{"mkdir d && chmod 755 d", "mkdir d && chown a:b d", "ssh-keygen -t rsa -f /srv/x"} { // a mode and a type are no files
		out := plugintest.Run(t, plugins.Step{Plugin: New()}, "FROM base\nWORKDIR /srv\nRUN apt-get install -y x\nRUN "+second+"\n", nil)
		if text := plugintest.Print(out.Module); !strings.Contains(text, "&& "+second) && !strings.Contains(text, "&& { "+second) {
			t.Errorf("it is not merged:\n%s", text)
		}
	}
	for _, second := range []string{"curl -fsSL https://example.com/x$V | grep y", "wget -qO- https://example.com/x | grep y", "curl -o /srv/x https://example.com/x", "wget -P /srv https://example.com/$X/x.tgz", "git clone https://example.com/x.git /srv/x"} { // which write nothing where they stand
		out := plugintest.Run(t, plugins.Step{Plugin: New()}, "FROM base\nWORKDIR /usr/share/x\nRUN apt-get install -y x\nRUN "+second+"\n", nil)
		if text := plugintest.Print(out.Module); !strings.Contains(text, "&& "+second) {
			t.Errorf("it is not merged:\n%s", text)
		}
	}
	for _, second := range []string{"find /srv -exec mv {} /usr/local/bin \\;", "find /srv -exec cp {} /usr/local/bin \\;", "split x /usr/local/bin/y", "echo x | xargs cp -t /usr/bin", "rmdir -p /usr/x",
		"usermod -R /srv x", "useradd -k /srv/x -d /root x", "usermod -u 8 x", "groupadd $(getent group x)", "dpkg-architecture -c x", "ssh-keygen -qf/usr/local/bin/ls", "ssh-keygen -D x", "update-ca-certificates --hooksdir=/srv",
		"timeout 9 update-ca-certificates", "curl $X", "curl --engine x https://example.com/x", "curl https://example.com/$(cat x)", "curl -o '/usr/#1' https://example.com/{lib,x}", "cd /usr/local/bin && wget -i /srv/x",
		"cd /usr/local/bin && curl -O https://example.com/{date,x}", "timeout 9 curl https://example.com/x", "dpkg -i /srv/x.deb", "dpkg --configure -a", "gpg --dearmor --homedir $X", "gpg --import /srv/x", "rpm -E '%{lua:x}'", "rpm -V x", "openssl genrsa -engine x",
		"find /srv -exec env {} +", "find $X -delete", "find /srv -ok rm {} +", "find /srv -fprint /srv/x", "find /srv -quit", "cd /srv/x && git checkout x", "git clone --recursive https://example.com/x.git", "git clone git@example.com:x.git", "git config --global credential.helper cache",
		"cd /usr/local && git clone https://example.com/bin.git", "cd /usr/local && git init --bare bin"} {
		out := plugintest.Run(t, plugins.Step{Plugin: New()}, "FROM base\nRUN "+second+"\nRUN ls\n", nil)
		if text := plugintest.Print(out.Module); strings.Contains(text, "&& ls") {
			t.Errorf("it is merged:\n%s", text)
		}
	}
}
