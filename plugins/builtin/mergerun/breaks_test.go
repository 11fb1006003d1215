package mergerun

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// breaks are chains that were merged once and were not the same merged. The last two RUNs
// of each stay apart, for the reason of the code.
var breaks = []struct{ name, code, text string }{
	{"own program", "opaque", "RUN printf x >/usr/local/bin/date && chmod +x /usr/local/bin/date && date\nRUN sleep 2"},
	{"program of an earlier RUN", "opaque", "RUN printf x >/usr/local/bin/date\nRUN date\nRUN sleep 2"},
	{"program in a loop", "opaque", "RUN for t in date; do printf x >/usr/local/bin/$t; done; date\nRUN sleep 2"},
	{"program copied", "opaque", "COPY date /usr/local/bin/\nRUN date\nRUN sleep 2"},
	{"program of a base stage", "opaque", "RUN printf x >/usr/local/bin/date\nFROM one\nRUN date\nRUN sleep 2"},
	{"directory by /var/run", "workdir", "WORKDIR /var/run/app\nRUN rm -rf /run/app\nRUN touch f"},
	{"directory by a link", "workdir", "WORKDIR /w\nRUN ln -s / /p\nRUN rm -rf /p/w\nRUN touch f"},
	{"directory by its link", "workdir", "RUN ln -s /srv /p\nWORKDIR /p/w\nRUN rm -rf /srv/w\nRUN touch f"},
	{"directory of the base", "workdir", "RUN rm -rf /usr/share/kib\nRUN touch f"},
	{"directory replaced", "workdir", "WORKDIR /w\nRUN mkdir /n && touch /n/f && mv -T /n /w\nRUN touch g"},
	{"directory replaced by name", "workdir", "WORKDIR /w\nRUN mkdir -p /n/w && touch /n/w/f && mv /n/w /\nRUN touch g"},
	{"directory archived away", "unknown", "WORKDIR /w\nRUN tar --remove-files -cf /x.tar /w\nRUN touch g"},
	{"directory, by a script of find", "workdir", "WORKDIR /w\nRUN find /w -maxdepth 0 -exec sh -c 'rm -rf /w' \\;\nRUN touch g"},
	{"directory and its parents", "workdir", "WORKDIR /w/x\nRUN rmdir -p /w/x/y\nRUN touch g"},
	{"BASH_ENV, any shell", "shell", "ENV BASH_ENV=/x\nRUN true\nRUN touch f"},
	{"SHELLOPTS", "shell", "ENV SHELLOPTS=errexit\nSHELL [\"bash\", \"-c\"]\nRUN true\nRUN touch f"},
	{"an exported function", "shell", "ENV BASH_FUNC_date%%=x\nRUN true\nRUN touch f"},
	{"directory of an ARG", "workdir", "ARG D=/x\nWORKDIR $D\nRUN rm -rf /w\nRUN touch f"},
	{"a variable of any name", "shell", "ARG N\nENV x$N=/x\nRUN true\nRUN touch f"},
	{"trigger SHELL", "shell", "ONBUILD SHELL [\"bash\", \"-ec\"]\nFROM one\nRUN true\nRUN touch f"},
	{"trigger ENV", "shell", "ONBUILD ENV BASH_ENV=/x\nFROM one\nRUN true\nRUN touch f"},
	{"root by -U", "user", "RUN groupadd -Uroot g\nRUN touch f"},
	{"root in a list", "user", "RUN groupadd -U root,daemon g\nRUN touch f"},
	{"root by number", "user", "RUN useradd -ou0 x\nRUN touch f"},
	{"list of users from /etc", "user", "WORKDIR /etc\nRUN cd /etc && echo g:x:5000:root >> group\nRUN touch f"},
	{"list of users, tee", "user", "WORKDIR /etc\nRUN echo x | tee -a passwd\nRUN touch f"},
	{"sudo of an unknown user", "user", "RUN sudo useradd x\nRUN touch f"},
	{"move by an unknown user", "links", "RUN mkdir d && touch d/f && chmod 555 d\nRUN mv d e"},
	{"move by another user", "links", "USER root\nRUN mkdir d && touch d/f\nRUN gosu daemon mv d e"},
	{"xargs env", "unknown", "RUN echo /st | xargs env\nRUN sleep 2"},
	{"xargs -I of a script", "unknown", "RUN echo /usr/bin/date | xargs -I % sh -c 'echo x >%'\nRUN date"},
	{"script that find puts together", "unknown", "WORKDIR /srv\nRUN find / -name 'x*' -exec sh -c 'rm -r {}' \\;\nRUN touch f"},
	{"script that find meets", "unknown", "WORKDIR /srv\nRUN find / -name x -exec sh {} -c true \\;\nRUN touch f"},
	{"program that find meets", "dynamic", "RUN find / -name x -exec {} \\;\nRUN touch f"},
	{"program that find meets, by sudo", "dynamic", "RUN find / -name x -exec sudo {} \\;\nRUN touch f"},
	{"sudo -b", "unknown", "RUN sudo -b touch x\nRUN sleep 2"},
	{"sudo -i", "unknown", "RUN sudo -i touch x\nRUN sleep 2"},
	{"sudo of another root", "unknown", "RUN sudo -R /x touch x\nRUN sleep 2"},
	{"sudo with a library", "unknown", "RUN sudo LD_PRELOAD=/x touch x\nRUN sleep 2"},
	{"env with a PATH", "unknown", "RUN env PATH=/x touch x\nRUN sleep 2"},
	{"env -S", "unknown", "RUN env -S 'sh x'\nRUN sleep 2"},
	{"command of a variable", "dynamic", "RUN sudo $X\nRUN sleep 2"},
	{"time of a variable", "unknown", "RUN timeout $T touch x\nRUN sleep 2"},
	{"user of a variable", "unknown", "RUN sudo -u $U touch x\nRUN sleep 2"},
	{"another name of a program", "opaque", "RUN exec -a ls busybox touch\nRUN sleep 2"},
	{"bash in an argument of sh", "syntax", "RUN sh -c 'cat <(date)'\nRUN sleep 2"},
	{"script behind -ce", "background", "RUN bash -ce 'sleep 9 &' -c true\nRUN sleep 2"},
	{"xargs -P", "unknown", "RUN echo a | xargs -P4 touch\nRUN sleep 2"},
	{"timeout --foreground", "unknown", "RUN timeout --foreground 1 sleep 3\nRUN sleep 2"},
	{"tar --to-com", "unknown", "RUN tar -xf x --to-com=/st\nRUN sleep 2"},
	{"split --filt", "unknown", "RUN split --filt=/st x\nRUN sleep 2"},
	{"tar --extr", "unknown", "RUN tar --extr --file x\nRUN chmod 600 a"},
	{"apt -o=", "unknown", "RUN apt-get -o=APT::Update::Pre-Invoke::=/st update\nRUN sleep 2"},
	{"apt -o with a hook of dpkg", "unknown", "RUN apt-get -o Dpkg::Options::=--post-invoke=x install -y vim\nRUN sleep 2"},
	{"apt-mark -o", "unknown", "RUN apt-mark -o Dir::Bin::dpkg=/st hold x\nRUN sleep 2"},
	{"apt-cache -o", "unknown", "RUN apt-cache -o Dir::Bin::dpkg=/st show x\nRUN sleep 2"},
	{"package of a variable", "unknown", "RUN apt-get install -y $X\nRUN sleep 2"},
	{"package that is fetched", "unknown", "RUN apk fetch curl\nRUN sleep 2"},
	{"packages that macros name", "unknown", "RUN dnf builddep -y x.spec\nRUN sleep 2"},
	{"repository of dnf", "unknown", "RUN dnf config-manager --add-repo https://example.com/x.repo\nRUN sleep 2"},
	{"scripts of PyPI", "unknown", "RUN pip install x\nRUN sleep 2"},
	{"program named like a manager", "unknown", "RUN clean-install curl\nRUN sleep 2"},
	{"scripts of a yarn of the author's", "unknown", "RUN yarn cache clean\nRUN sleep 2"},
	{"directory of a package", "workdir", "WORKDIR /usr/share/x\nRUN zypper -n rm x\nRUN touch f"},
	{"directory of a package, of apk", "workdir", "WORKDIR /usr/share/x\nRUN apk del .deps\nRUN touch f"},
	{"hook of apt", "opaque", "RUN echo 'APT::Update::Pre-Invoke {\"/st\";};' >/etc/apt/apt.conf.d/9x\nRUN apt-get update\nRUN sleep 2"},
	{"hook of apt, copied", "opaque", "COPY 9x /etc/apt/apt.conf.d/\nRUN apt-get update\nRUN sleep 2"},
	{"settings of git", "opaque", "RUN echo x >~/.gitconfig\nRUN git clone https://example.com/x.git\nRUN sleep 2"},
	{"settings of wget", "opaque", "RUN echo x >/root/.wgetrc\nRUN wget https://example.com/x\nRUN sleep 2"},
	{"settings of curl", "opaque", "RUN echo x >/root/.curlrc && curl https://example.com/x\nRUN sleep 2"},
	{"template of git", "unknown", "RUN git config --global init.templateDir /t\nRUN sleep 2"},
	{"url of git", "unknown", "RUN git config --global url.ext::x.insteadOf https://\nRUN sleep 2"},
	{"options of tar in ENV", "opaque", "ENV TAR_OPTIONS=--to-command=/st\nRUN tar -xf x\nRUN sleep 2"},
	{"options of git in ARG", "opaque", "ARG GIT_PROXY_COMMAND=/st\nRUN true\nRUN sleep 2"},
	{"options of perl", "opaque", "RUN PERL5OPT=-Mx apt-mark hold x\nRUN sleep 2"},
	{"home of settings", "unknown", "RUN export HOME=/x && curl https://example.com/x\nRUN sleep 2"},
	{"rpm --eval", "unknown", "RUN rpm --eval '%(/st)'\nRUN sleep 2"},
	{"rpm --pipe", "unknown", "RUN rpm -q --pipe /st bash\nRUN sleep 2"},
	{"mode of the shell", "shell-file", "RUN chmod 000 /bin/dash\nRUN sleep 2"},
	{"shell by a pattern", "shell-file", "RUN rm -f /usr/bin/das*\nRUN sleep 2"},
	{"shell by find", "shell-file", "WORKDIR /srv\nRUN find /usr/bin -name dash -delete\nRUN sleep 2"},
	{"find -links", "unknown", "RUN touch a\nRUN find . -links 2 -exec chmod 600 {} +"},
	{"alias of an earlier group", "links", "RUN ln -s /usr/lib/x /srv/p\nRUN --network=none true\nRUN apt-get install -y vim\nRUN touch /srv/p/f"},
	{"name of memory", "container", "RUN ln -s /dev/shm /data\nRUN touch /data/f\nRUN ls /data"},
	{"a file behind letters", "links", "RUN apt-get install -y x\nRUN curl -sLo/usr/bin/p1 https://example.com/x"},
	{"languages by debconf", "opaque", "RUN echo 'locales locales/default_environment_locale select de_DE.UTF-8' | debconf-set-selections && apt-get install -y locales\nRUN ls"},
}

func codes(list diag.List) (out []string) {
	for _, d := range list {
		out = append(out, d.Code)
	}
	return out
}

// TestBreaks holds that they stay apart, and for which reason.
func TestBreaks(t *testing.T) {
	for _, b := range breaks {
		t.Run(b.name, func(t *testing.T) { staysApart(t, b.code, b.text) })
	}
}

// staysApart holds that the last two RUNs of a stage are not merged, for a reason.
func staysApart(t *testing.T, code, ops string) {
	t.Helper()
	text := "FROM base AS one\n" + ops + "\n"
	out := plugintest.Run(t, plugins.Step{Plugin: New(), Config: json.RawMessage(`{"explain": true}`)}, text, nil)
	if len(out.Diags) == 0 || out.Diags[len(out.Diags)-1].Code != Name+"/"+code {
		t.Errorf("want %s as the reason, got %q:\n%s", code, codes(out.Diags), plugintest.Print(out.Module))
	}
	lines := strings.Split(ops, "\n")
	if last := "\n" + lines[len(lines)-1] + "\n"; !strings.HasSuffix(plugintest.Print(out.Module), last) && !strings.Contains(last, `"`) {
		t.Errorf("the last RUN was merged:\n%s", plugintest.Print(out.Module))
	}
}
