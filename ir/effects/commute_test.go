package effects_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/ir/irtest"
)

// TestCommute has what may change places: the last two lines of a stage, behind others.
func TestCommute(t *testing.T) {
	for _, c := range []struct{ text, why string }{
		{"WORKDIR /app\nCOPY . .\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*", ""},
		{"COPY . /app/\nRUN useradd -m app", ""},
		{"COPY . .\nRUN useradd -m app", "uses /etc"}, // in the root directory
		{"COPY etc /etc\nRUN apt-get update", "one writes /etc"},
		{"COPY x /usr/local/bin/\nRUN useradd app", "uses /usr"},
		{"COPY --chown=app . /app\nRUN useradd app", "uses /etc/"},
		{"COPY --chown=1:1 . /app\nRUN useradd app", ""},
		{"COPY . /app\nRUN make -C /lib", "make"},
		{"COPY . /app\nRUN mkdir -p /app/x", "uses /app"},
		{"COPY . /app\nRUN touch /app2", ""},
		{"COPY . /app\nRUN touch /ap*", "uses /ap*"},
		{"COPY . /app\nRUN mkdir /srv/x && touch /srv/x/y", ""},
		{"COPY . /srv/x\nRUN touch /srv/y", ""},
		{"COPY . /srv/x/y\nRUN rm -rf /srv/x", "uses /srv/x"},
		{"COPY . /srv/x/y\nRUN rmdir /srv", "uses /srv"},
		{"COPY . /srv/x/y\nRUN mkdir -p /srv/x/z", "uses /srv/x"}, // whoever comes first makes /srv/x
		{"COPY . /var/run/x\nRUN touch /run/x/y", "uses /run/x"},
		{"COPY . /bin/x\nRUN touch /usr/bin/x", "uses /usr"},
		{"COPY . /app\nRUN cat /app/x >/srv/y", "uses /ap"},
		{"COPY . /app\nRUN echo $(ls /ap?) >/srv/y", "uses /ap"},
		{"RUN ln -s /app /srv/l\nCOPY . /app\nRUN touch /srv/l/x", "may lead through a link"},
		{"RUN ssh-keygen -q -N '' -f /srv/l\nCOPY . /app\nRUN touch /srv/l/x", ""},
		{"RUN a2enmod x\nCOPY . /app\nRUN touch /etc/apache2/x", "may lead through a link"},
		{"RUN ldconfig\nCOPY . /app\nRUN touch /usr/lib/x", "may lead through a link"},
		{"RUN ./configure\nCOPY . /app\nRUN touch /srv/l/x", "may have made links"},
		{"RUN apt-get install -y x\nCOPY . /app\nRUN touch /srv/x", ""},
		{"COPY . /app\nRUN ln -s /app /srv/l && touch /srv/l/x", "may lead through a link"},
		{"COPY . /app\nRUN ln -s /app /srv/l", ""},
		{"COPY a /x/\nCOPY b /y/", ""},
		{"COPY a /x/\nCOPY b /x/", "uses /x"},
		{"COPY a /app/a\nCOPY b /app/b", ""},
		{"COPY a /app/x/a\nCOPY b /app/b", ""},
		{"COPY a /app/x/a\nCOPY b /app/x", "/app/x"},
		{"COPY a /app/a\nCOPY --chown=1:1 b /app/b", "uses /app"}, // who comes first owns /app
		{"COPY --chmod=700 a /app/a\nCOPY b /app/b", "uses /app"},
		{"COPY --chown=1:1 a /app/a\nCOPY --chown=1:1 b /app/b", ""},
		{"COPY a /app/a\nCOPY --link b /app/b", "uses /app"},
		{"COPY a /app/a\nCOPY <<b /app/b\nb", "uses /app"},
		{"COPY a /app/a\nADD b.tar /app/b", "uses /app"},
		{"COPY a /app/a\nRUN mkdir -p /app/b", "uses /app"},
		{"COPY a /etc/a/x\nCOPY b /etc/a/y", "uses /etc"}, // by a link of the base image
		{"RUN touch /srv/a\nRUN touch /srv/b", ""},
		{"RUN apt-get install -y curl\nRUN curl -o /srv/x https://example.org/x", "uses /usr"},
		{"COPY . /srv/x\nRUN rm -f /srv/[[:alpha:]]", "uses /srv"},
		{"COPY . /srv/x\nRUN rm -f /srv/[!a]", "uses /srv"},
		{"COPY . /srv/[x]\nRUN rm -f /srv/[x]", "uses /srv"}, // it stands for itself where no file is called x
		{"COPY . /srv/xy\nRUN rm -f /srv/a[xy]", ""},
		{"COPY . /srv/x\nRUN echo /srv/* >/mnt/l", "uses /srv/*"},
		{"COPY . /srv/x\nRUN for f in /srv/*; do echo $f; done >/mnt/l", "uses /srv/*"},
		{"COPY . /srv/x\nRUN printf %s /srv/{x,y}* >/mnt/l", "uses /"},
		{"COPY . /srv/x\nRUN a='/srv/*'; echo $a >/mnt/l", "uses /"},
		{"COPY . /srv/x\nRUN export a='/srv/*'; echo $a >/mnt/l", "uses /"},
		{"COPY . /srv/x\nRUN set -- \"/srv/*\"; echo $1 >/mnt/l", "uses /"},
		{"COPY . /srv/x\nRUN for i in '/srv/*'; do echo $i; done >/mnt/l", "uses /"},
		{"COPY . /srv/x\nRUN echo $(echo '/srv/*') >/mnt/l", "uses /"},
		{"COPY . /srv/x\nRUN echo $(cat /root/l) >/mnt/l", "uses /"},
		{"COPY . /srv/x\nRUN echo `base64 -d /root/l` >/mnt/l", "uses /"},
		{"COPY . /srv/x\nRUN echo x$(cat /root/l)y >/mnt/l", "uses /"},
		{"COPY . /srv/x\nRUN a=$(cat /root/l); echo $a >/mnt/l", "uses /"},
		{"COPY . /srv/x\nRUN read a </root/l; echo $a >/mnt/l", "uses /"},
		{"COPY . /srv/x\nRUN for i in $(cat /root/l); do echo done; done", "uses /"},
		{"COPY . /srv/x\nRUN sh -c 'echo $(cat /root/l)' >/mnt/l", "uses /"},
		{"ENV A=/srv/*\nCOPY . /srv/x\nRUN echo $A >/mnt/l", "uses /"},
		{"COPY . /srv/x\nRUN a=$(cat /root/l); echo \"$a $(cat /root/m)\" >/mnt/l", ""},
		{"COPY . /srv/x\nRUN a=$(cat /root/l); case $a in x) echo;; esac; b=$a", ""},
		{"COPY . /srv/x\nRUN echo $(uname -m) $(which sh) $? >/mnt/l", ""},
		{"COPY . /srv/x\nRUN type /srv/x", "uses /srv/x"},
		{"COPY . /srv/x\nRUN command -v /srv/x || true", "uses /srv/x"},
		{"COPY . /srv/x\nRUN which -a /srv/x", "uses /srv/x"},
		{"COPY . /srv/x\nRUN hash /srv/x", "uses /srv/x"},
		{"COPY . /srv/x\nRUN cd /srv && type ./x", "uses /srv/x"},
		{"COPY . /srv/x\nRUN type \"$(cat /root/l)\"", "reads is not known"},
		{"COPY . /srv/x\nRUN type curl && for c in a b; do command -v $c; done", ""},
		{"COPY . /srv/x\nRUN a=/mnt && cd /srv && echo * >$a/l", "uses /"},
		{"COPY . /srv/x\nRUN cd /mnt && rm -f *.tgz && echo '*' \"*\" >l", ""},
		{"COPY . /srv/x\nRUN cd /mnt && rm -f * && cd /srv && echo * >/mnt/l", "uses /"},
		{"COPY . /srv/x\nRUN [ /srv/x -nt /etc/passwd ] || touch /mnt/a", "uses /srv/x"},
		{"COPY a /dev/x\nCOPY b /dev/x", "uses /dev"},
		{"COPY a /var/mail/x\nCOPY b /var/spool/mail/x", "uses /var/mail"},
		{"COPY a /usr/lib/ssl/certs/x\nCOPY b /etc/ssl/certs/x", "uses /etc"},
		{"COPY a /opt/x\nCOPY b /etc/x", ""},
		{"COPY a /srv/x\nRUN setfacl -d -m u:5:rwx /srv", "uses /srv"}, // what is made there has it, too
		{"COPY a /srv/x\nRUN setfacl -d -m u:5:rwx /srv && mkdir -p /srv/y", "/srv"},
		{"COPY a /srv/x\nRUN chattr +i /srv", "uses /srv"},
		{"COPY a /app\nRUN --mount=type=cache,target=/app/cache touch /srv/x", "uses /app"},
		{"COPY a /app\nRUN --mount=type=secret,id=x,target=/app/x touch /srv/x", "uses /app"},
		{"COPY a /app\nRUN --mount=type=cache,target=cache touch /srv/x", "a mount"},
		{"COPY a /app\nRUN --mount=type=cache,target=/root/.cache --mount=type=secret,id=x touch /srv/x", ""},
		{"COPY a /root/.ssh/\nRUN git clone git@example.org:x /srv/x", "uses /root/.ssh"},
		{"COPY a /root/.netrc\nRUN git clone https://example.org/x /srv/x", "uses /root/.netrc"},
		{"COPY a /root/.netrc\nRUN curl -n -o /srv/x https://example.org/x", "uses /root/.netrc"},
		{"COPY a /root/.netrc\nRUN wget -O /srv/x https://example.org/x", "uses /root/.netrc"},
		{"COPY a /root/.ssh/\nRUN rsync example.org:x /srv/", "uses /root/.ssh"},
		{"COPY a /root/.netrc\nRUN pip install x", "/root/.netrc"},
		{"RUN echo a >/srv/a\nRUN echo b >>/srv/a", "uses /srv/a"},
	} {
		why := apart(t, c.text, false)
		if (c.why == "") != (why == "") || !strings.Contains(why, c.why) {
			t.Errorf("%s: %q, not %q", c.text, why, c.why)
		}
	}
	for _, c := range []struct{ text, why string }{
		{"COPY . /srv\nRUN apt-get update && apt-get install -y curl", ""},
		{"COPY . /usr/src/x\nRUN apt-get install -y curl", ""},
		{"COPY . /usr/app\nRUN apt-get install -y curl", ""},
		{"COPY . /var/www/html\nRUN apt-get install -y curl", ""},
		{"COPY x /opt/x/\nRUN useradd app", ""},
		{"COPY . /usr/src/\nRUN apt-get install -y curl", "uses /usr"},
		{"COPY x /usr/local/share/ca-certificates/\nRUN apt-get install -y ca-certificates", "uses /usr"},
		{"COPY x /etc/apt/sources.list.d/\nRUN apt-get update", "writes /etc/apt"},
		{"COPY x /root/x/\nRUN apt-get install -y curl", "uses /root"},
		{"COPY . /\nRUN apt-get install -y curl", "uses /"},
		{"COPY . /opt/x\nRUN apt-get install -y curl && rm -rf /opt", "uses /opt"},
		{"COPY . /opt/x\nRUN chmod -R 700 /opt", "uses /opt"},
		{"COPY . /opt/x\nRUN apt-get install -y curl && cat /opt/x/y >/mnt/z", "uses /opt/x"},
		{"COPY . /opt/x\nRUN mkdir -p /opt/x/y", "uses /opt/x"},
		{"COPY . /opt/x\nRUN apt-get install -y /opt/x/a.deb", "uses /opt/x"},
		{"ENV PATH=/opt/x:$PATH\nCOPY . /opt/x\nRUN useradd app", "uses /opt/x"},
		{"RUN ln -s /usr/lib/x /opt/x\nCOPY . /opt/x\nRUN apt-get install -y curl", "through a link"},
	} {
		if why := apart(t, c.text, true); (c.why == "") != (why == "") || !strings.Contains(why, c.why) {
			t.Errorf("aside, %s: %q, not %q", c.text, why, c.why)
		}
	}
	var g effects.Ground
	run := &ir.Run{Command: ir.Command{Line: "true"}}
	if g.Apart(run, run, effects.Step{}, effects.Step{}) == "" {
		t.Error("PATH is not known")
	}
}

// apart says why the last two steps may not change places.
func apart(t *testing.T, text string, aside bool) string {
	m := irtest.Module(t, "FROM debian\n"+text+"\n")
	ops := m.Stages[0].Ops
	states := eval.New(m, func(int) *eval.State {
		return eval.NewState("", true, "/", map[string]string{"PATH": debianPath, "HOME": "/root"}, nil)
	}).Stage(0)
	steps, n := effects.Stage(m, 0, states, false), len(ops)-2
	path, _, _ := states[n].Var("PATH")
	g := &effects.Ground{Path: strings.Split(path, ":"), Standard: true, Aside: aside}
	for i := range n {
		g = g.With(ops[i].Body, steps[i])
	}
	return g.Apart(ops[n].Body, ops[n+1].Body, steps[n], steps[n+1])
}
