package cachemounts_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/cachemounts"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// mounts tells whether a Dockerfile gets a cache.
func mounts(t *testing.T, text string) bool {
	t.Helper()
	out := plugintest.Run(t, plugins.Step{Plugin: cachemounts.New()}, text, nil)
	return strings.Contains(plugintest.Print(out.Module), "type=cache")
}

// hold holds the plugin to leaving Dockerfiles alone, and to what it is to mount all the same.
func hold(t *testing.T, left, mounted []string) {
	t.Helper()
	for _, text := range left {
		if mounts(t, text) {
			t.Errorf("a cache in\n%s", text)
		}
	}
	for _, text := range mounted {
		if !mounts(t, text) {
			t.Errorf("no cache in\n%s", text)
		}
	}
}

// TestOutput: what a manager prints tells where its cache is and what it downloads.
func TestOutput(t *testing.T) {
	const pip, apt, npm = "FROM python:3.12\nRUN pip install --no-cache-dir x", "FROM debian:12\nRUN apt-get update && apt-get install -y vim", "FROM node:20\nRUN npm ci"
	hold(t, []string{
		pip + " > /log", pip + " | tee /log", pip + " --log /pip.log", pip + " --log=/pip.log", pip + " --report /r.json", pip + " &> /log",
		"FROM python:3.12\nENV PIP_LOG=/l\nRUN pip install --no-cache-dir x",
		"FROM python:3.12\nRUN X=$(pip install --no-cache-dir x | grep -c Downloading); echo $X > /n",
		"FROM python:3.12\nRUN echo $(pip install --no-cache-dir x) > /n",
		"FROM python:3.12\nRUN { pip install --no-cache-dir x; } > /n",
		"FROM python:3.12\nRUN if true; then pip install --no-cache-dir x; fi 2> /n",
		"FROM debian:12\nRUN (set -x; apt-get install -y bash >/dev/null) 2>/log",
		"FROM debian:12\nRUN exec 2>/log; set -x; apt-get install -y bash",
		"FROM debian:12\nRUN for p in a b; do apt-get install -y $p; done >>/log",
		apt + " >/log", apt + " 2>$LOG", apt + " | cat >/log", npm + " >/log 2>&1", npm + " --logs-dir=/logs",
		"FROM node:20\nRUN npm config set logs-dir /logs && npm ci",
		"FROM maven:3.9\nRUN mvn package > /log", "FROM maven:3.9\nRUN mvn package --log-file /log",
	}, []string{
		pip + " > /dev/null", pip + " >/dev/null 2>&1", apt + " >&2", "FROM debian:12\nRUN yes | apt-get install -y vim",
		"FROM debian:12\nRUN (set -x; apt-get install -y bash >/dev/null) 2>/dev/null", npm + " && echo x > /y",
	})
}

// TestOffline: npm and yarn take what is old from a cache where they are told to.
func TestOffline(t *testing.T) {
	hold(t, []string{
		"FROM node:20\nENV npm_config_prefer_offline=true\nRUN npm ci",
		"FROM node:20\nARG NPM_CONFIG_PREFER_OFFLINE\nRUN npm ci",
		"FROM node:20\nENV NPM_CONFIG_OFFLINE=true\nRUN npm ci",
		"FROM node:20\nENV Npm_Config_Prefer_Offline=true\nRUN npm ci",
		"FROM node:20\nRUN npm config set prefer-offline true\nRUN npm ci",
		"FROM node:20\nRUN npm set prefer-offline true && npm ci",
		"FROM node:20\nRUN echo prefer-offline=true >>~/.npmrc && npm ci",
		"FROM node:20\nRUN npm ci --prefer-offline=true", "FROM node:20\nRUN npm ci --prefer-off",
		"FROM node:20\nRUN npm ci\nRUN npm install --offline=true x",
		"FROM node:20\nRUN yarn install --prefer-offline=true",
	}, []string{"FROM node:20\nRUN npm ci --prefer-online"})
}

// TestPatterns: wildcards count from the directory that a RUN is in.
func TestPatterns(t *testing.T) {
	const apt = "RUN apt-get update && apt-get install -y vim && "
	hold(t, []string{
		"FROM debian:12\n" + apt + "cd /dev && echo * >/l",
		"FROM debian:12\nWORKDIR /dev\n" + apt + "echo * >/l",
		"FROM debian:12\n" + apt + "cd / && echo de*/* >/l",
		"FROM debian:12\nWORKDIR /\n" + apt + "for f in */s*; do echo $f >>/l; done",
		"FROM debian:12\nWORKDIR /srv\n" + apt + "echo ../dev/* >/l",
		"FROM debian:12\nWORKDIR /srv\n" + apt + "echo $X/* >/l",
		"FROM debian:12\nWORKDIR /srv\n" + apt + "X=/dev; echo \"$X\"/strake* >/l",
		"FROM debian:12\nENV D=/dev\n" + apt + "echo $D/* >/l",
		"FROM debian:12\n" + apt + "cd /proc/self && wc -l < mountinfo >/n",
		"FROM debian:12\n" + apt + "wc -l </etc/mtab >/n",
		"FROM debian:12\n" + apt + "P=/proc/self; wc -l <$P/mounts >/n",
		"FROM golang:1.22\nWORKDIR /src\nRUN go build -o /x && echo /go/* >/l",
	}, []string{
		"FROM debian:12\nWORKDIR /srv\n" + apt + "rm -rf * /tmp/*",
		"FROM debian:12\nWORKDIR /\n" + apt + "rm -f *.tar.gz && echo 'dev/*'",
		"FROM debian:12\nENV D=/opt\n" + apt + "rm -rf $D/*",
	})
}

// TestRunsOthers: programs that are quiet by themselves run others where they are told to.
func TestRunsOthers(t *testing.T) {
	const apt = "FROM debian:12\nRUN apt-get update && apt-get install -y vim && "
	var left, mounted []string
	for _, command := range []string{
		`awk 'BEGIN{system("ls /dev > /list")}'`, `awk 'BEGIN{"ls /d" "ev" | getline x; print x > "/l"}'`, `awk -f /x.awk /y`,
		`sed "1e ls /d*" /x`, `sed -i 's/x/ls/e' /x`, `sed -n -e p -e '/x/{e' -e '}' /x`, `sed -f /x.sed /y`, `sed 's/x/y/;$!e' /x`,
		`tar -xf x --to-command='ls /d >/l'`, `tar -x --to-c=x -f y`, `tar -I ./x -xf y`, `tar -xf x --checkpoint=1 --checkpoint-action=exec=x`,
		`git -c alias.x='!ls >/l' x`, `git submodule foreach x`, `git config --global alias.x '!x'`, `git x`, `git -c core.sshCommand=./x fetch`,
		`GIT_SSH_COMMAND=./x git fetch`, `git rebase -x ./x HEAD`, `sort --compress-program=./x /y`, `install --strip-program=./x -s a b`,
		`EDITOR=./x visudo`, `sed -i "s|a|$B|" /x`, `bundle exec rake`, `conda run x`, `pnpm build`, `rpm --eval '%(x)'`,
	} {
		left = append(left, apt+command)
	}
	for _, command := range []string{
		`awk '{print $1}' /x`, `awk -F: '$3 == 0 || $4 == 0 {print}' /x`, `sed -i 's/deb.debian.org/mirror/g' /x`,
		`sed -ri -e '/^x/d' -e 's/e/e/' /x`, `sed '/e/,$p;5q' /x`, `sed -i '1i e' /x`, `tar -xzf x -C /opt`, `git clone https://x/y /z`,
		`git -C /x submodule update --init`, `git config --global user.name x`, `sort -u /x`, `bundle install`,
	} {
		mounted = append(mounted, apt+command)
	}
	hold(t, left, mounted)
}

// TestFills: what only fills a cache counts on it for whatever the image runs.
func TestFills(t *testing.T) {
	const golang, rest = "FROM golang:1.22\nRUN go mod download\n", "FROM golang:1.22 AS build\nRUN go mod download\nRUN go build -o /app\n"
	hold(t, []string{
		golang + `CMD ["make","run"]`, golang + `ENTRYPOINT ["/entry.sh"]`, golang + "CMD ./dev.sh", golang,
		golang + `CMD ["make"]` + "\nFROM scratch", "FROM golang:1.22 AS a\nRUN go mod download\nFROM a\nCMD [\"./x\"]",
		golang + `HEALTHCHECK CMD make check`, "FROM maven:3.9\nRUN mvn dependency:go-offline", "FROM maven:3.9\nRUN mvn dependency:go-offline\nCMD [\"./run.sh\"]",
		"FROM rust:1.79\nRUN cargo fetch\nCMD [\"./dev.sh\"]", "FROM gradle:8\nRUN gradle dependencies\nCMD [\"./x\"]",
	}, []string{
		rest + "FROM scratch\nCOPY --from=build /app /app\nCMD [\"/app\"]",
		"FROM golang:1.22\nRUN go mod download\nENTRYPOINT [\"sleep\", \"1\"]",
		"FROM golang:1.22\nRUN go build -o /app\nCMD [\"/app\"]",
	})
}

// TestTold: what tells of the build cache, and what a parent leaves to be done.
func TestTold(t *testing.T) {
	const golang = "FROM golang:1.22-bookworm AS x\nRUN CGO_ENABLED=0 go build -o /x && "
	for command, want := range map[string]bool{"go list -export ./... ": false, "go env": false, "go env GOCACHE": false, "go env GOPATH": true} {
		out := plugintest.Run(t, plugins.Step{Plugin: cachemounts.New()}, golang+command+"\nFROM scratch", nil)
		if got := strings.Contains(plugintest.Print(out.Module), "strake-go-build"); got != want {
			t.Errorf("%s: %v", command, got)
		}
	}
	hold(t, []string{"FROM node:20 AS a\nONBUILD USER node\nFROM a\nRUN npm ci", "FROM node:20 AS a\nONBUILD ENV npm_config_offline=true\nFROM a AS b\nFROM b\nRUN npm ci"},
		[]string{"FROM node:20 AS a\nRUN npm ci\nONBUILD USER node"})
}

// TestOwnCache: programs that are told to read the manager's own cache find it empty where its
// commands are led to another.
func TestOwnCache(t *testing.T) {
	const apt, npm, pip = "FROM debian:12\nRUN apt-get update && apt-get install -y vim && ", "FROM node:20\nRUN npm ci && ", "FROM python:3.12\nRUN pip install x && "
	hold(t, []string{
		apt + "dpkg -x /var/cache/apt/archives/vim_*.deb /d", apt + "dpkg -i /var/cache/apt/archives/*.deb", apt + `dpkg -i "/var/cache/apt/archives/"$X`,
		apt + "apt-get install -y --reinstall /var/cache/apt/archives/vim_*.deb", apt + "dpkg --info /var/cache/apt/archives/{a,b}.deb",
		apt + "cd /var/cache/apt/archives && dpkg -i ./vim_1.deb", apt + "git clone /var/cache/apt/x", apt + "pip install /var/cache/apt/archives/x",
		npm + "npm cache ls >/c", npm + "npm cache verify >/c", npm + "npm pack x --offline", npm + "npm install --prefer-offline y", npm + "npm install /root/.npm/_cacache/*",
		pip + "pip cache list", pip + "pip cache remove x", pip + "pip cache info", pip + "pip install ~/.cache/pip/wheels/x*.whl",
	}, []string{
		apt + "dpkg -i /srv/*.deb", apt + "apt-get clean && rm -rf /var/cache/apt/archives/*.deb", apt + "dpkg -l", apt + `dpkg -i "/srv/"$X`,
		npm + "npm cache clean --force", npm + "npm cache verify",
	})
}
