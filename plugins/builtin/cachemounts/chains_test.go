package cachemounts

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// tool is a manager that a script of testdata/standin stands in for.
type tool struct {
	base    string
	uses    []string // what uses its cache
	moves   []string // instructions that move it
	before  []string // assignments in front of a command that do
	cleans  []string
	own     string   // where its cache is, for followers to look at
	differs []string // paths in the image that are the cache's, or only there for it
}

func tools() []tool {
	return []tool{
		{"node:22", []string{"npm ci", "npm install", "npm i -g x"},
			[]string{"RUN npm config set cache /opt/c\n", "ENV npm_config_cache=/opt/c\n", "WORKDIR /app\nRUN echo cache=/opt/rc > .npmrc\n", "COPY npmrc /root/.npmrc\n"},
			[]string{"HOME=/tmp/h ", "npm_config_cache=/tmp/c "}, []string{"npm cache clean --force", "rm -rf ~/.npm", "rm -rf /root/.npm/_cacache", "rm -r ~/.npm"},
			"/root/.npm", []string{"./root/.npm", "./home/app/.npm"}},
		{"python:3.12", []string{"pip install --no-cache-dir x", "PIP_NO_CACHE_DIR=1 pip install x", "pip install --no-cache-dir x && pip install --no-cache-dir y", "pip install x",
			"BACKEND=a pip install --no-cache-dir -t /a x && BACKEND=b pip install --no-cache-dir -t /b x"},
			[]string{"RUN pip config set global.cache-dir /opt/c\n", "ENV PIP_CACHE_DIR=/opt/c\n", "ENV PIP_NO_CACHE_DIR=1\n"},
			[]string{"HOME=/tmp/h ", "PIP_CACHE_DIR=/tmp/c "}, []string{"pip cache purge", "rm -rf ~/.cache", "rm -rf /root/.cache/pip"}, "/root/.cache/pip", nil},
		{"alpine:3.20", []string{"apk add --no-cache x", "apk update && apk add x y", "apk add -U x", "apk --no-cache add --virtual .b x"},
			[]string{"RUN ln -s /var/cache/apk /etc/apk/cache\n", "RUN apk update\n"}, nil, []string{"rm -rf /var/cache/apk/*", "rm -f /var/cache/apk/*"}, "/var/cache/apk", nil},
		{"fedora:40", []string{"dnf install -y x", "dnf -y install x y"}, []string{"RUN echo cachedir=/opt/c > /etc/dnf.conf\n"}, nil,
			[]string{"dnf clean all", "rm -rf /var/cache/dnf", "rm -rf /var/cache/dnf/*"}, "/var/cache/dnf", []string{"./var/cache/dnf"}},
		{"node:22", []string{"yarn install", "yarn"}, []string{"ENV YARN_CACHE_FOLDER=/opt/c\n"}, []string{"YARN_CACHE_FOLDER=/tmp/c "},
			[]string{"yarn cache clean", "rm -rf /usr/local/share/.cache"}, "/usr/local/share/.cache/yarn", []string{"./usr/local/share/.cache"}},
		{"maven:3.9", []string{"mvn package", "mvn -B dependency:go-offline && mvn package", "mvn install", "mvn"},
			[]string{"RUN mkdir -p /root/.m2 && echo '<localRepository>/opt/c</localRepository>' > /root/.m2/settings.xml\n", "COPY settings.xml /root/.m2/\n"},
			[]string{"HOME=/tmp/h "}, []string{"rm -rf ~/.m2", "mvn dependency:purge-local-repository"}, "/root/.m2", []string{"./root/.m2"}},
		{"gradle:8", []string{"gradle build", "gradle --no-daemon assemble"}, []string{"ENV GRADLE_USER_HOME=/opt/g\n"}, []string{"GRADLE_USER_HOME=/tmp/g "},
			[]string{"rm -rf ~/.gradle"}, "/root/.gradle", []string{"./root/.gradle", "./opt/g"}},
		{"rust:1.79", []string{"cargo build --release", "cargo fetch"}, []string{"ENV CARGO_HOME=/opt/g\n"}, []string{"CARGO_HOME=/tmp/g "},
			[]string{"rm -rf $CARGO_HOME/registry", "rm -rf ~/.cargo"}, "/root/.cargo", []string{"./usr/local/cargo", "./opt/g", "./root/.cargo"}},
		{"composer:2", []string{"composer install --no-dev", "composer require x"}, []string{"ENV COMPOSER_CACHE_DIR=/opt/c\n"}, []string{"COMPOSER_CACHE_DIR=/tmp/c "},
			[]string{"composer clear-cache", "rm -rf /tmp/cache"}, "/tmp/cache", []string{"./tmp/cache", "./root/.composer"}},
	}
}

// followers look at directories in the same RUN; OWN is the manager's own. None lists the
// directory that the other end of its pipe makes a file in: both run at once, so that the
// file is in such a list or not.
func followers() []string {
	return []string{"", "", "", "", "true", "mkdir -p /app/x && cp -a /app /copy", "cp -a /etc /copy", "env | grep -v -e HOSTNAME -e SHLVL -e TRACE | sort > /env-of-step",
		"tar -C / -c bin etc dev 2>/dev/null | tar -t | sort > /seen", "cp -a /dev /copy 2>/dev/null || true", "find / -xdev -name pkg | sort > /seen", "find /dev -name 'strake*' > /seen",
		"ls /dev > /seen", "cd / && find . -path ./proc -prune -o -path ./sys -prune -o -print > /seen && sort -o /seen /seen", "du -s /dev > /seen", "echo /dev/* > /seen",
		"grep -c strake /proc/self/mounts > /seen || true", "mount | grep -c strake > /seen || true", "df | grep -c strake > /seen || true", "/usr/local/bin/looks > /seen",
		"sh /usr/local/bin/looks > /seen", "looks > /seen", "D=/dev && ls $D > /seen", "for f in /dev/s*; do echo $f; done > /seen", "chown -R 1000:1000 /app /opt", "rm -rf /tmp/* /var/tmp/*",
		"mkdir -p OWN && ls -A OWN > /seen", "cp -r OWN /copy", "chown -R 7:7 OWN", "find OWN | sort > /seen", "(cd OWN && ls > /seen)", "ln -s /dev /d && ls /d > /seen", "ls /link > /seen 2>&1 || true", "echo /link/* > /seen", "ls /proc/self/root/dev > /seen", "(exec 3</dev && ls /proc/self/fd/3/ > /seen)",
		"X='/d*/*' && echo $X > /seen", "P='BEGIN{system(\"ls /dev\")}' && awk \"$P\" > /seen", "find /dev -xdev | sort > /seen", "echo / | xargs ls -R 2>/dev/null | grep -c strake > /seen || true", "find /etc/passwd -exec awk 'BEGIN{\"ls /dev\"|getline;print > \"/seen\"}' {} ';'",
		"tar -c OWN 2>/dev/null | tar -t | sort > /seen"}
}

// mounts are those of an author. BUILD becomes a number, so that no build finds in a cache
// what another has put there: it is not the plugin's.
func mounts(own string) []string {
	return []string{"", "", "", "", "", "", "--mount=type=tmpfs,target=/scratch ", "--mount=type=tmpfs,target=" + own + " ", "--mount=type=cache,id=mine-BUILD,target=" + own + " ",
		"--mount=type=cache,id=over-BUILD,target=/root ", "--mount=type=tmpfs,target=/var ", "--mount=type=cache,id=below-BUILD,target=" + own + "/http-v2 "}
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// generate makes a chain for a tool, in which some of what may matter comes together, and
// tells which paths are the cache's.
func generate(r *rand.Rand, n int) (text string, differs []string) {
	t := tools()[n%len(tools())]
	var b strings.Builder
	fmt.Fprintf(&b, "FROM %s AS work\nENV RELEASE=%d BACKEND=%d\n", t.base, n, n)
	if r.IntN(4) == 0 && len(t.moves) > 0 {
		b.WriteString(pick(r, t.moves))
	}
	if r.IntN(4) == 0 {
		b.WriteString(pick(r, []string{"RUN ln -s /dev /link\n", "RUN ln -s ../dev link && ln -s link /link2\n", "RUN ln -s $(dirname /dev/x) /link\n"}))
	}
	if r.IntN(8) == 0 {
		b.WriteString("RUN chown app:app /home/app\nUSER 1000:1000\n")
	}
	if home := map[string]string{"rust:1.79": "ENV CARGO_HOME=/usr/local/cargo\n", "composer:2": "ENV COMPOSER_HOME=/tmp\n"}[t.base]; r.IntN(2) == 0 {
		b.WriteString(home) // as the official image has it
	}
	prefix := ""
	if r.IntN(5) == 0 && len(t.before) > 0 {
		prefix = pick(r, t.before)
	}
	line := prefix + pick(r, t.uses)
	if r.IntN(2) == 0 {
		line += " && " + pick(r, []string{"", prefix})
		line += pick(r, t.cleans)
	}
	if f := pick(r, followers()); f != "" {
		line += " && " + strings.ReplaceAll(f, "OWN", t.own)
	}
	fmt.Fprintf(&b, "RUN %s%s\n", pick(r, mounts(t.own)), line)
	switch r.IntN(4) {
	case 0:
		fmt.Fprintf(&b, "ENV BACKEND=other\nRUN %s\n", pick(r, t.uses))
	case 1:
		fmt.Fprintf(&b, "RUN %s\n", pick(r, t.cleans))
	}
	b.WriteString("RUN env | grep -v -e HOSTNAME -e SHLVL -e TRACE | sort > /tmp/env\n")
	return b.String(), t.differs
}
