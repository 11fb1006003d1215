package cachemounts_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/cachemounts"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// with puts each of some commands behind an installation.
func with(commands ...string) (list []string) {
	for _, c := range commands {
		list = append(list, "FROM debian:12\nWORKDIR /srv\nRUN apt-get update && apt-get install -y vim && "+c)
	}
	return list
}

// TestUnderstood: a program that can run others is harmless only with words that are all known
// to have it run none.
func TestUnderstood(t *testing.T) {
	hold(t, with(
		`awk -fx.awk /y`, `gawk --fi=x /y`, `gawk -E x`, `gawk -l x 'BEGIN{}'`, `gawk -i x '{print}'`, `awk "$P" /y`, `awk $P /y`, `awk -v x=1 -f x`, `P=$(cat x) && awk "$P" /y`,
		`awk "{print $X}" /y`, `awk -F: $P`, `mawk -W exec x`,
		`sed $P`, `sed "$P" /y`, `sed --exp='1e ls' /y`, `sed --expression='1e ls' /y`, `sed -ne '1e ls' /y`, `sed --fil=x /y`, `sed -nf x /y`, `sed -E -e p -e "$P" /y`, `sed -i p $F`,
		`sed -i 's/x/y/' /y $F`, `sed 's|a|$B|;'"$P" /y`, `P='1e ls' && sed "$P" /y`, `for p in p '1e ls'; do sed "$p" /y; done`, `read P < /y && sed "$P" /y`,
		`find /opt -exec awk -f x {} +`, `find /opt -exec sed '1e ls' {} \;`, `find /opt -exec tar --to-c=x -xf {} \;`, `find /opt -exec env -S 'ls /x' \;`, `find /opt $X`, `find /opt -exec nice sh x \;`,
		`find /opt -execdir $X {} +`, `find /opt -exec cp -r / /x \;`, `echo / | xargs --max-lin=1 ls`, `echo /x | xargs sed`, `echo x | xargs awk`, `echo /y | xargs sed -f`, `env -S 'ls /x'`, `env --split-string='ls /x'`,
		`tar --use-c=x -xf y`, `tar xFf x y`, `tar xfI y x`, `tar $X`, `tar xzf y "$X"`, `tar --checkpoint-act=exec=ls -xf y`, `tar xf y --to-com=ls`, `tar -xzf y --rmt-c=x`,
		`sort --compress-p=x /y`, `sort $X /y`, `install --strip-pro=x -s a b`, `wget -e use_askpass=x https://y`, `wget --exec=use_askpass=x https://y`, `wget --use-ask=x https://y`, `wget --config=x https://y`, `wget $X`,
		`gpg --photo-v=x --list-keys`, `gpg --agent-p=x -k`, `gpg --exec-path=x -k`, `gpg --load-extension x -k`, `patch -e < /x`, `patch --ed < /x`, `patch $X`, `visudo`, `visudo -f /x`, `hash -p /x cat && cat /y`,
		`rsync -e ./x a b`, `rsync --rsh=./x a b`, `rsync -a --rsync-pa=./x a b`, `rpm --eval '%(ls)'`, `rpm --pipe ls -qa`, `rpm -E '%{lua:x}'`, `rpm --define x -i y`, `dpkg --pre-invoke=ls -i x.deb`, `dpkg --post-i=ls -i x.deb`,
		`dpkg --status-logger=ls -i x.deb`, `update-ca-certificates --hooksdir /x`, `ldd ./x`, `composer exec x`, `composer global exec x`, `composer run-script x`, `bundle exec x`, `bundle --gemfile=x exec y`, `conda run -n x ls`, `poetry run x`,
		`uv run x`, `rustup run stable x`, `pnpm dlx x`, `pnpm -C x exec ls`, `corepack npm exec x`, `gem exec x`, `pacman --hookdir /x -S y`, `chown --recurs 1 /`, `cp --archi / /x`, `cp -r $X / /y`, `grep --recurs x /`, `diff --recurs / /x`,
		`tar --crea --file /x /`, `X=--archive && cp $X / /y`, `find /dev -xdev`, `find $X -xdev`, `du -x /dev`, `cp -r {--archive,/} /y`, `sed {-f,x} /y`, `apt-key adv --photo-viewer=x`, `tar cf x -T list`, `tar cf x --files-fr=list`,
		`tar chf x y`, `tar -ch -f x y`, `cp -rt /x /`, `cp -r --target=/x /`, `mv -t /x /`, `find -L . -name x`, `cp -rL y /x`, `cp -r --deref y /x`, `du --files0-from=x`, `grep -d recurse x /`, `grep -drecurse x /`, `grep -R x y`, `find . -follow`,
		`sed -e $P /y`, `find /opt -exec sed {} /x \;`, `find /opt -exec awk {} /x \;`, `du -sx /`, `find / -xdev -name x`, `cp -ax / /x`, `cd / && echo ${X:-d*/*}`, `cd / && X='d*/*' && echo $X`, `D=/opt && unset D && ls /$D`, `typeset $X && ls /opt`, `D=/opt && declare -n r=D && r=/ && ls $D`, `declare -n r=PS4; r='x'`, `local $X=1`, `D=/opt; declare D=/; ls $D`, `cp $X / /y`,
		`IFS=: && ls /opt`, `CDPATH=/ && cd dev && echo *`, `D=/opt; D=/; ls $D`, `cp {-r,/} /y`, `for d in /opt /; do cp -a $d/dev /x; done`, `: ${D:=/dev} && cp -a $D /x`, `D+=/dev && ls $D`, `xargs ln -s < /x`,
		`./cat x`, `PATH=. cat x`, `/opt/x/cat x`, `bin/sed p x`, `../bin/ls /opt`, `X='$(ls /x)'; echo ${X@P}`, `X='a[$(ls /x)]'; echo $((X))`, `printf -v 'a[$(ls)]' x`, `read 'a[$(ls)]' < x`, `unset 'a[$(ls)]'`, `export BASH_FUNC_cat%%='() { ls; }'`,
		`gzip -r /`, `gunzip --recurs /`, `zstd -r /`, `find /etc -exec chown -R x / +`, `find /etc -exec mv / /x \;`, `find /etc -exec rm -r {} / \;`, `apt edit-sources`, `openssl engine -t dynamic -pre SO_PATH:/x.so`, `openssl req -config x`, `apt-get -o acquire::HTTP::proxy-auto-detect=/x update`,
		`git clone --template=x y`, `git -c include.path=x fetch`, `git log --ext-diff`, `yarn global run x`, `apt-get frobnicate`, `env -S x`, `df`, `useradd -mk /x y`,
	), with(
		`awk -F: -v x=1 '$3 == 0 || $4 {print}' /y`, `mawk '{print $2}' /y`, `P='{print $1}' && awk "$P" /y`, `sed -i.bak -Ee 's/a/b/g' -e '/x/d' /y`, `sed --expression='s/e/f/' --in-place /y`, `B=c && sed "s|a|$B|" /y`,
		`for p in p d; do sed "$p" /y; done`, `find /opt -name x -exec sed -i 's/a/b/' {} +`, `find /opt -exec chmod 755 {} \;`, `find /opt -name x -exec cp -r {} /y \;`, `tar xzf y -C /opt --strip 1`, `tar xf y`, `tar -xzf "$F" -C "$D"`, `tar xzf "$F"`,
		`wget -qO- https://x | tar -xz`, `wget -nv -O x https://y/$V`, `gpg --batch --keyserver x --recv-keys 0123`, `apt-key adv --keyserver hkp://x:80 --recv-keys 0123`, `for k in A B; do gpg --recv-keys "$k"; done`,
		`patch -p1 < /x`, `visudo -c`, `dpkg -i x.deb`, `dpkg --force-all --purge x`, `env | sort`, `echo x | xargs`, `hash -r`, `git clone --depth 1 -b v1 https://x/y.git /z`, `git -C /z -c http.sslVerify=false fetch --tags`,
		`install -m 755 -d /x`, `rsync -a --exclude=x a /b`, `composer global require x`, `rpm -ivh https://x`, `rpm --import https://x`, `update-ca-certificates --fresh`, `gzip -dc x`, `/bin/cat x`, `/usr/bin/sed p x`, `find /opt -exec chown -R 1 {} +`, `find /opt -exec mv {} /x \;`, `openssl version`,
		`chsh -s /bin/zsh || true`, `a2enconf x`, `tac x | comm - y`, `git clone -q --depth=1 -b $V https://x/y`, `uv -q pip install x`,
	))
}

// TestGit: aliases, hooks and helpers, here or in a configuration from before.
func TestGit(t *testing.T) {
	const fetch = "\nRUN apt-get update && apt-get install -y git && git clone https://x/y /z"
	var left, mounted []string
	for _, s := range []string{
		"RUN git config --global alias.x '!sh x'", "RUN git config --system core.hooksPath /x", "RUN git config --global core.fsmonitor ./x", "RUN git config --global init.templateDir /x",
		`RUN git config --global url."ext::sh -c x".insteadOf https://x/`, "RUN git config --global credential.helper '!x'", "RUN git config --global core.sshCommand x", "RUN git config --global $K $V",
		"RUN git config --global include.path /x", "RUN git config --global -e", "COPY gitconfig /root/.gitconfig", "ADD conf /etc/gitconfig", "RUN echo x > /usr/share/git-core/templates/hooks/post-checkout",
		"ENV GIT_SSH_COMMAND='sh x'", "ENV GIT_CONFIG_GLOBAL=/x", "ENV GIT_EXEC_PATH=/x", "ARG GIT_SSH_COMMAND", "ENV GIT_SSH_COMMAND='ssh -o ProxyCommand=x'", "RUN git config --global protocol.ext.allow always",
	} {
		left = append(left, "FROM debian:12\n"+s+fetch)
	}
	for _, s := range []string{
		"RUN git config --global user.name x && git config --global safe.directory '*'", `RUN git config --global url."https://$T@x/".insteadOf https://x/`, "ENV GIT_SSH_COMMAND='ssh -o StrictHostKeyChecking=no'",
		"RUN git config --global credential.helper store", "RUN git config --global --unset http.proxy", "RUN git config --global http.sslVerify false",
	} {
		mounted = append(mounted, "FROM debian:12\n"+s+fetch)
	}
	left = append(left, with(`git clone --upload-p=x y`, `git clone -u x y`, `git clone --templ=x y`, `git clone -c core.hooksPath=x y`, `git clone --config core.hooksPath=x y`, `git clone ext::x y`, `git ls-remote --exec=x y`,
		`git archive --exec=x --remote=y HEAD`, `git -c alias.y=x y`, `git --exec-path=x status`, `git commit`, `git commit --amend`, `git config -e`, `git submodule foreach x`, `git $X`, `git clone "$X" y`, `git diff --ext-diff`, `git bisect run x`)...)
	hold(t, left, mounted)
}

// TestHooks: what is in force has a shell, or a package manager, run what the RUN does not say.
func TestHooks(t *testing.T) {
	const apt = "RUN apt-get update && apt-get install -y vim"
	left := []string{
		"FROM debian:12\nENV PS4='$(ls /d*)'\nRUN set -x && apt-get install -y vim", "FROM debian:12\nRUN PS4='$(ls /d*)'; set -x; apt-get install -y vim", "FROM debian:12\nRUN for PS4 in x; do set -x; apt-get install -y vim; done",
		"FROM debian:12\nENV BASH_ENV=/x\nSHELL [\"bash\",\"-c\"]\n" + apt, "FROM debian:12\nARG BASH_ENV\n" + apt, "FROM debian:12\nRUN BASH_XTRACEFD=3; apt-get install -y vim", "FROM debian:12\nRUN PROMPT_COMMAND=x apt-get install -y vim",
		"FROM debian:12\nENV LD_PRELOAD=/x.so\n" + apt, "FROM debian:12\nENV TAR_OPTIONS=--to-command=x\n" + apt, "FROM debian:12\nRUN export TAR_OPTIONS=-Ix; apt-get install -y vim && tar -xf x", "FROM debian:12\nENV SHELLOPTS=xtrace\n" + apt,
		"FROM debian:12\nSHELL [\"/bin/bash\",\"-lc\"]\n" + apt, "FROM debian:12\nSHELL [\"/bin/bash\",\"--login\",\"-c\"]\n" + apt, "FROM debian:12\nSHELL [\"/bin/bash\",\"-i\",\"-c\"]\n" + apt, "FROM debian:12\nSHELL [\"/bin/bash\",\"--rcfile\",\"/x\",\"-c\"]\n" + apt,
		"FROM debian:12\nRUN <<E\n#!/bin/bash -l\napt-get install -y vim\nE", "FROM debian:12\nRUN export $(cat x) && apt-get install -y vim", "FROM debian:12\nRUN read $X && apt-get install -y vim", "FROM debian:12\nRUN printf -v $X y; apt-get install -y vim",
		"FROM debian:12\n" + apt + " -o DPkg::Pre-Invoke='ls /d*'", "FROM debian:12\nRUN apt-get -oDPkg::Post-Invoke::=x update && apt-get install -y vim", "FROM debian:12\nRUN apt-get update --option=APT::Update::Post-Invoke=x && apt-get install -y vim",
		"FROM debian:12\n" + apt + " -o Dpkg::Options::=--pre-invoke=x", "FROM debian:12\n" + apt + " -o Dir::Etc=/x", "FROM debian:12\n" + apt + " -o Dir::Bin::dpkg=/x", "FROM debian:12\n" + apt + " -o Acquire::http::Proxy-Auto-Detect=/x",
		"FROM debian:12\n" + apt + " -o $X", "FROM debian:12\n" + apt + " -o \"$X\"", "FROM debian:12\n" + apt + " $(cat x)", "FROM debian:12\nENV X='-o DPkg::Pre-Invoke=x'\n" + apt + " $X", "FROM debian:12\nRUN X='-o DPkg::Pre-Invoke=x' && apt-get install -y vim $X",
		"FROM debian:12\nRUN apt-mark -c /x hold y && apt-get install -y vim",
		"FROM debian:12\nRUN echo 'DPkg::Post-Invoke {\"x\"};' > /etc/apt/apt.conf.d/x\n" + apt, "FROM debian:12\nCOPY x /etc/apt/apt.conf.d/\n" + apt, "FROM debian:12\nCOPY <<E /etc/apt/apt.conf\nAPT::Update::Pre-Invoke x;\nE\n" + apt,
		"FROM debian:12 AS a\nRUN echo 'dpkg::pre-invoke {\"x\"};' > /etc/apt/apt.conf.d/x\nFROM a\n" + apt, "FROM debian:12\nADD dpkg.cfg /etc/dpkg/dpkg.cfg\n" + apt, "FROM debian:12\nCOPY --from=x /a /etc/apt/apt.conf.d/a\n" + apt,
		"FROM node:20\nRUN npm config set script-shell /x\nRUN npm ci", "FROM node:20\nRUN npm ci --script-shell=/x", "FROM node:20\nRUN npm ci --script-sh /x", "FROM node:20\nRUN npm ci --node-options='-r /x'", "FROM node:20\nENV NODE_OPTIONS='--require /x'\nRUN npm ci",
		"FROM node:20\nRUN NODE_OPTIONS=-r/x npm ci", "FROM node:20\nENV npm_config_script_shell=/x\nRUN npm ci", "FROM node:20\nRUN echo script-shell=/x >> ~/.npmrc\nRUN npm ci", "FROM node:20\nCOPY my.rc /root/.npmrc\nRUN npm ci", "FROM node:20\nCOPY --from=x .npmrc ./\nRUN npm ci",
		"FROM node:20\nRUN npm ci --git=/x", "FROM debian:12\nENV BASH_FUNC_cat%%='() { ls /; }'\nRUN apt-get install -y vim && cat x", "FROM debian:12\nRUN ./apt-get install -y vim", "FROM python:3.12\nRUN pip install --no-cache-dir $X", "FROM node:20\nRUN npm install \"$X\"", "FROM alpine:3.20\nRUN apk add --no-cache $(cat x)", "FROM golang:1.22\nRUN go build $X -o /y", "FROM fedora:40\nRUN dnf install -y $X", "FROM node:20\nRUN npm ci --userc=/x", "FROM node:20\nRUN npm ci && npm config edit", "FROM python:3.12\nRUN pip install --no-cache-dir --cache /x y", "FROM python:3.12\nRUN pip install --no-cache-dir --rep /x y",
		"FROM python:3.12\nRUN python -c 'x' -m pip install --no-cache-dir y", "FROM node:20\nRUN echo 'yarn-path \"/x.js\"' > .yarnrc\nRUN yarn", "FROM node:20\nCOPY yarnrc /app/.yarnrc\nRUN yarn", "FROM node:20\nRUN yarn --script-shell /x", "FROM python:3.12\nCOPY x /etc/pip.conf\nRUN pip install --no-cache-dir y",
		"FROM golang:1.22\nRUN go build -toolexec=/x -o /y", "FROM golang:1.22\nENV GOFLAGS=-toolexec=/x\nRUN go build -o /y", "FROM maven:3.9\nENV JAVA_TOOL_OPTIONS=-javaagent:/x\nRUN mvn package", "FROM gradle:8\nRUN gradle -I /x build", "FROM rust:1.79\nENV RUSTC_WRAPPER=/x\nRUN cargo build",
		"FROM rust:1.79\nRUN cargo --config /x build", "FROM fedora:40\nRUN dnf install -y x --setopt=pluginpath=/x", "FROM fedora:40\nRUN echo x > /etc/dnf/plugins/post-transaction-actions.d/x\nRUN dnf install -y y", "FROM alpine:3.20\nRUN echo x > /etc/apk/commit_hooks.d/x\nRUN apk add --no-cache y",
		"FROM node:20-onbuild\nRUN npm ci", "FROM corp/ONBUILD\n" + apt,
	}
	hold(t, left, []string{
		"FROM debian:12\n" + apt + " -o Acquire::Retries=3 -oDpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold", "FROM debian:12\nENV X='a b'\n" + apt + " $X", "FROM debian:12\nRUN X='a b' && apt-get install -y $X && apt-get purge -y $X",
		"FROM debian:12\nSHELL [\"/bin/bash\",\"-euo\",\"pipefail\",\"-c\"]\n" + apt, "FROM debian:12\nRUN <<E\n#!/bin/bash -e\napt-get install -y vim\nE", "FROM debian:12\nRUN echo 'APT::Install-Recommends \"0\";' > /etc/apt/apt.conf.d/x\n" + apt,
		"FROM node:20\nENV NODE_OPTIONS=--max-old-space-size=4096\nRUN npm ci", "FROM node:20\nRUN echo registry=https://x >> ~/.npmrc\nRUN npm ci", "FROM python:3.12\nRUN /venv/bin/pip install --no-cache-dir x", "FROM python:3.12\nENV X='a b'\nRUN pip install --no-cache-dir $X \"y==$Z\"",
	})
	out := plugintest.Run(t, plugins.Step{Plugin: cachemounts.New(), Grants: []plugins.Grant{plugins.GrantImages}}, "FROM corp/node:1\nRUN npm ci", plugintest.Host{Config: `{"config":{"OnBuild":["ENV npm_config_offline=true"]}}`})
	if strings.Contains(plugintest.Print(out.Module), "type=cache") {
		t.Error("a cache behind the triggers of an image")
	}
}

// TestLinks: a directory has the names that links give it, and those of /proc and /dev/fd.
func TestLinks(t *testing.T) {
	hold(t, append(with(
		`ln -s /dev /x && cat /x/*`, `ln -s / /x && ls /x`, `ln -sfn ../dev x && cat x/*`, `ln -s /dev && cat dev/*`, `ln -st /x /dev && cat /x/*/*`, `ln -s $X /x && cat /x/*`, `ln -s /dev $X && cat /y/*`, `ln -s /dev /x && ln -s /x /y && cat /y/*`,
		`cat /proc/self/root/dev/*`, `ls /proc/1/root/dev`, `ls /proc/self/fd/3/ 3</dev`, `exec 3</dev; ls /dev/fd/3/`, `cd /proc/self/root && cat dev/*`, `cat /proc/self/mountstats`, `ls //dev`, `ls /proc/thread-self/root/dev`, `D=/proc/self && ls $D/root/dev`,
		`ls /dev/shm/..`, `stat -c %n /dev/*`, `mount --bind /dev /x && ls /x`, `ln --symbol /dev /x && ls /x`, `cd / && ln -s dev x && cat x/*`, `ln -s "$(pwd)/../dev" /x && cat /x/*`,
	),
		"FROM debian:12\nRUN ln -s /dev /x\nRUN apt-get install -y vim && cat /x/*", "FROM debian:12 AS a\nRUN ln -s / /x\nFROM a\nRUN apt-get install -y vim && ls -R /x", "FROM debian:12\nWORKDIR /srv\nRUN ln -s ../dev x\nRUN apt-get install -y vim && cat x/*",
		"FROM debian:12\nRUN ln -s $X /x\nRUN apt-get install -y vim && cat /x/*", "FROM maven:3.9\nRUN ln -s /root /x\nRUN mvn package && ls -R /x",
		"FROM debian:12\nRUN ln -s / /opt/x && mv /opt/x /y\nRUN apt-get install -y vim && ls /y", "FROM debian:12\nRUN cp -as /dev /x\nRUN apt-get install -y vim && ls /x", "FROM debian:12\nRUN update-alternatives --install /x x /dev 1\nRUN apt-get install -y vim && ls /x",
		"FROM debian:12\nRUN busybox ln -s $X /x\nRUN apt-get install -y vim && ls /x", "FROM debian:12\nRUN find / -maxdepth 1 -exec ln -s {} /x \\;\nRUN apt-get install -y vim && ls /x", "FROM debian:12\nRUN echo / | xargs -I{} ln -s {} /x\nRUN apt-get install -y vim && ls /x", "FROM debian:12\nRUN xargs ln -s < /x\nRUN apt-get install -y vim && ls /x",
		"FROM debian:12\nRUN ln -s $X /x && ln -s /x /y\nRUN apt-get install -y vim && cat /y/*", "FROM debian:12\nRUN for d in / /opt; do ln -s $d /x; done\nRUN apt-get install -y vim && ls /x", "FROM debian:12\nRUN sh -c 'ln -s / /x'\nRUN apt-get install -y vim && ls /x",
		"FROM debian:12\nRUN [\"ln\",\"-s\",\"/\",\"/x\"]\nRUN apt-get install -y vim && ls /x", "FROM debian:12\nRUN cd / && ln -s dev /x\nRUN apt-get install -y vim && ls /x", "FROM debian:12\nRUN ln -st /x /\nRUN apt-get install -y vim && ls /x", "FROM debian:12\nRUN ln -s / $X\nRUN apt-get install -y vim && ls /x", "FROM debian:12\nRUN ln -s $X $Y\nRUN apt-get install -y vim && ls /x",
		"FROM golang:1.22\nWORKDIR /go\nRUN ln -s pkg x\nRUN go build -o /y && ls -R x", "FROM debian:12\nWORKDIR /srv/a\nRUN ln -s ../../dev x\nRUN apt-get install -y vim && cat x/*", "FROM debian:12\nWORKDIR /usr\nRUN ln -s ../../dev bin/x\nRUN apt-get install -y vim && ls bin/x", "FROM debian:12\nSHELL [\"pwsh\",\"-c\"]\nRUN x\nSHELL [\"sh\",\"-c\"]\nRUN apt-get install -y vim && ls /x",
	), append(with(`ln -s /usr/bin/vim /usr/bin/vi && rm -rf /tmp/*`, `ln -sf "$J/bin/java" /usr/bin/java && rm -rf /var/lib/apt/lists/*`, `ln -s $(which python3) /usr/local/bin/python && ls /srv/x`, `cat /proc/cpuinfo`, `echo x >/dev/null 2>&1 </dev/null`, `head -c 9 /dev/urandom`),
		"FROM debian:12\nRUN ln -s $(which x) /usr/local/bin/x\nRUN apt-get install -y vim && rm -rf /tmp/*"))
}
