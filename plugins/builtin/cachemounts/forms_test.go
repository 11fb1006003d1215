package cachemounts_test

import "testing"

// from puts each of some RUNs behind an image.
func from(base string, runs ...string) (list []string) {
	for _, r := range runs {
		list = append(list, "FROM "+base+"\nRUN "+r)
	}
	return list
}

// TestForms: options that lead a manager away count short of their ends, joined and together.
func TestForms(t *testing.T) {
	left := from("alpine:3.20", "apk add --no-cache -p/x y", "apk add --no-cache -qp /x y", "apk add --no-cache --roo=/x y", "apk add --no-cache --no-net y", "apk add --no-cache --arc x y", "apk add --no-cache --repositori=/x y")
	left = append(left, from("fedora:40", "dnf install -y --instal=/x y", "dnf -yC install y", "dnf --cacheo install y", "dnf install -y -c/x y", "dnf install -y --conf=/x y", "dnf install -y --downloado y")...)
	left = append(left, from("debian:12", "apt-get install -y vim -o APT::Get::Download-Only=true", "apt-get -oapt::get::download=false install -y vim", "echo 'APT::Get::Download-Only \"1\";' > /etc/apt/apt.conf.d/x\nRUN apt-get install -y vim")...)
	left = append(left, from("python:3.12", "pip install --no-cache-dir --target=/a x && gcc -v; pip install --no-cache-dir --target=/b x", "pip install --no-cache-dir --target=/a x && pip install --no-cache-dir --target=/b x", "pip install --no-cache-dir x && pip install --no-cache-dir -UI x",
		"pip install --no-cache-dir x && pip install --no-cache-dir --force-rei x", "pip install --no-cache-dir -t/a x && pip install --no-cache-dir -t/b x", "pip install --no-cache-dir -C a=1 x && pip install --no-cache-dir -C a=2 x",
		"cd /a && venv/bin/pip install --no-cache-dir x && cd /b && venv/bin/pip install --no-cache-dir x")...)
	left = append(left, from("node:20", "npm ci --of", "npm ci --scr=/x", "npm ci --she=/x", "npm ci && npm -w config run build", "npm ci && npm --workspace config run build", "yarn --cwd ./packages/$P build", "npm ci && pnpm --filter config build")...)
	left = append(left, from("golang:1.22", "go build -o /y && go clean --modcache", "go build -o /y && go clean -modcache=true")...)
	left = append(left, from("maven:3.9", "mvn -sci.xml package", "mvn -settings=ci.xml package", "mvn -lbuild.log package", "mvn --log-f=x package", "mvn package\nRUN mvn -Bo verify", "mvn package\nRUN mvn --off verify")...)
	left = append(left, from("gradle:8", "gradle :app:run", "gradle bootRun")...)
	left = append(left, with(`bundle --gemfile install exec x`, `poetry -C install run x`)...)
	hold(t, left, append(from("alpine:3.20", "apk add --no-cache -q --virtual .x y"), append(from("python:3.12", "pip install --no-cache-dir -U x && pip install --no-cache-dir -r y"),
		append(from("fedora:40", "dnf -yq install --setopt=install_weak_deps=False y"), append(from("maven:3.9", "mvn -Bq package"), append(from("gradle:8", "gradle build"), with(`poetry --no-interaction install`, `bundle install`)...)...)...)...)...))
}

// TestApart: a wrapper may give a command another directory, root or environment, and what is
// behind a sub-command may be for another program.
func TestApart(t *testing.T) {
	left := with(`env -C / cp -r dev /x`, `env --chdir=/ ls dev`, `sudo -D / ls dev`, `sudo -i cat x`, `./sudo cat x`, `git diff / /x`, `useradd -m -k / bob`, `useradd -mk/ bob`, `adduser --skel / bob`,
		`cd ~root/../dev && ls`, `cd ~+/../dev && ls`, `D=~ && ls -R $D/../dev`, `echo ~root/../dev/*`, `echo {/d,/e}ev/*`)
	left = append(left, from("debian:12", "sudo -R /x apt-get install -y vim", "sudo --chroot=/x apt-get install -y vim", "./env apt-get install -y vim", "time -o /x apt-get install -y vim",
		"cat() { apt-get install -y vim; }; cat >/x", "function cat() { apt-get install -y vim; }; X=$(cat); echo $X >/x")...)
	left = append(left, "FROM debian:12\nSHELL [\"/opt/x/bash\",\"-c\"]\nRUN apt-get install -y vim", "FROM debian:12\nSHELL [\"./sh\",\"-c\"]\nRUN apt-get install -y vim")
	left = append(left, from("golang:1.22\nENV CGO_ENABLED=0", "env -i /usr/local/go/bin/go build -o /y", "env -u CGO_ENABLED go build -o /y", "env - go build -o /y", "exec -c go build -o /y")...)
	left = append(left, from("maven:3.9", "mvn package && ls -R ~root", "mvn package && D=~ && ls -R $D", "mvn package && export D=~; ls -R $D", "mvn package && for D in ~; do cp -r $D /x; done")...)
	left = append(left, from("rust:1.79", "cargo build && cargo run -- --version", "cargo build && cargo test -v")...)
	left = append(left, from("node:20", "npm ci && npm run build -- -h", "npm ci && npm test -- --version", "yarn && yarn test -v")...)
	hold(t, left, append(with(`env X=1 cat x`, `sudo -E cat x`, `/usr/bin/nice cat x`, `git diff HEAD`, `useradd -m -s /bin/sh bob`, `ls ~/x`, `f() { cat x; }; echo "f()"`),
		"FROM rust:1.79\nRUN cargo --version && cargo build -v", "FROM node:20\nRUN npm -v && npm ci", "FROM debian:12\nRUN sudo apt-get install -y vim"))
}

// TestFromBefore: what instructions so far set, or mount, has a manager run a program, or build
// what it has already.
func TestFromBefore(t *testing.T) {
	hold(t, []string{
		"FROM python:3.12\nENV PIP_IGNORE_INSTALLED=1\nRUN pip install --no-cache-dir x && pip install --no-cache-dir x", "FROM python:3.12\nENV PIP_PYTHON=/x\nRUN pip install --no-cache-dir x",
		"FROM node:20\nENV npm_config_Script_Shell=/x\nRUN npm ci", "FROM node:20\nENV Npm_Config_Node_Options='-r /x'\nRUN npm ci", "FROM node:20\nENV Npm_Config_Git=/x\nRUN npm ci", "FROM node:20\nENV YARN_SCRIPT_SHELL=/x\nRUN yarn", "FROM node:20\nRUN yarn config set script-shell /x\nRUN yarn",
		"FROM rust:1.79\nENV CARGO_BUILD_RUSTC_WRAPPER=/x\nRUN cargo build", "FROM rust:1.79\nRUN printf '[build]\\nrustc-wrapper = \"/x\"' > ~/.cargo/config.toml\nRUN cargo build",
		"FROM maven:3.9\nCOPY mavenrc /etc/mavenrc\nRUN mvn package", "FROM node:20\nRUN --mount=type=bind,source=.npmrc,target=/root/.npmrc npm ci", "FROM rust:1\nRUN --mount=source=c.toml,target=/usr/local/cargo/config.toml cargo build",
		"FROM php:8\nRUN composer install", "FROM php:8\nRUN composer global require x",
		"FROM python:3.12\nRUN xargs pip install --no-cache-dir < x", "FROM node:20\nRUN cat x | xargs npm install -g", "FROM golang:1.22\nRUN go build -o /go/pkg/mod/x", "FROM rust:1\nRUN cargo build --target-dir /usr/local/cargo/registry/x",
		"FROM node:20\nRUN npm ci && npm cache verify > /x", "FROM python:3.12\nRUN pip install x --no-cache-dir && echo $_ > /x", "FROM alpine:3.20\nRUN apk add --no-cache x && apk audit --full", "FROM golang:1.22\nRUN go build --modcacherw -o /y",
	}, []string{
		"FROM node:20\nRUN npm ci && npm cache verify", "FROM node:20\nRUN npm ci && echo $_x", "FROM golang:1.22\nRUN go build -o /go/bin/x",
		"FROM php:8\nENV COMPOSER_HOME=/c\nRUN composer install", "FROM node:20\nENV npm_config_git_tag_version=false\nRUN npm ci", "FROM node:20\nRUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci", "FROM rust:1\nRUN cargo build",
	})
}

// TestShared: other commands, RUNs and stages take what is in a cache by other names, or put
// something there.
func TestShared(t *testing.T) {
	const apt, stage = "FROM debian:12\nRUN apt-get install -y vim", "FROM debian:12 AS a\nRUN apt-get install -y vim\nFROM debian:12\n"
	hold(t, []string{
		apt + " && dpkg -i /var/cache/apt/archives/vim*.deb", apt + " && apt-get install -y --reinstall /var/cache/apt/archives/vim.deb", apt + " && cd /var/cache/apt/archives && dpkg -x vim.deb /y", "FROM fedora:40\nRUN dnf install -y vim && rpm -i /var/cache/dnf/x/vim.rpm",
		apt + "\nRUN D=/var/cache && cp $D/apt/archives/* /x", apt + "\nWORKDIR /var/cache\nRUN cp apt/archives/* /x", "FROM node:20\nRUN npm ci\nWORKDIR /root\nRUN cp -r .npm /x", "FROM node:20\nRUN npm ci\nRUN cd /root && tar cf /x .npm/_cacache",
		stage + "COPY --from=a var/cache/apt/archives /d", stage + "COPY --from=a /var/cache/a*/archives/*.deb /d", stage + "COPY --from=a /var/./cache/apt /d", stage + "RUN --mount=from=a,source=/var/cache/apt/archives,target=/d dpkg -i /d/vim.deb",
		"FROM maven:3.9 AS b\nRUN mvn package dependency:build-classpath -Dmdep.outputFile=cp\nRUN java -cp $(cat cp) Main > /out\nFROM debian:12\nCOPY --from=b /out /",
		"FROM maven:3.9\nRUN mvn package && gradle publishToMavenLocal", "FROM maven:3.9\nRUN gradle publishToMavenLocal\nRUN mvn package", "FROM maven:3.9\nRUN gradle :lib:pTML\nRUN mvn package",
	}, []string{
		apt + " && apt-get clean && rm -rf /var/cache/apt/archives/*.deb", apt + "\nWORKDIR /var/cache\nRUN cp x /y", stage + "COPY --from=a /var/lib/x /d", stage + "COPY --from=a / /d", "FROM maven:3.9\nRUN mvn package\nRUN java -jar x.jar", "FROM maven:3.9\nRUN gradle -v && mvn package\nRUN gradle -v",
	})
}

// TestStart: where a RUN starts is known of the images of distributions and of some languages,
// and behind a WORKDIR that says it.
func TestStart(t *testing.T) {
	const install = "apt-get update && apt-get install -y vim && cp -r dev /x"
	hold(t, from("company/base:1", install, "true\nWORKDIR x\nRUN "+install), from("company/base:1\nWORKDIR /srv", install, "true\nWORKDIR x\nRUN "+install))
	hold(t, from("php:8.3-fpm", "apt-get install -y x\nRUN echo /var/cache/apt/*", "apt-get install -y x\nRUN echo \"a\"[x"), from("php:8.3-fpm", `apt-get install -y x
RUN echo "\e[1;33mlibraries\e[0m"`, `apt-get install -y x
RUN printf '[%s]'`))
	hold(t, from("debian:12", install), from("debian:12", "apt-get update && apt-get install -y vim && cp -r x /y"))
}
