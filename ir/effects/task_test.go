package effects_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/effects"
	"github.com/seed-e0495807/strake/ir/shell"
)

// task shows what the first command of a line has a package manager do.
func task(line string) string {
	script, err := shell.Parse(&ir.Run{Command: ir.Command{Line: line}}, nil)
	if err != nil {
		return err.Error()
	}
	task, ok := effects.TaskOf(script.Commands[0])
	if !ok {
		return "none"
	}
	var names []string
	for _, p := range task.Packages {
		names = append(names, p.Text)
	}
	out := fmt.Sprintf("%s %s %q", task.Manager, task.Action, names)
	if !task.Named {
		out += " unnamed"
	}
	if !task.Tame {
		out += " wild"
	}
	return strings.ReplaceAll(out, "  ", " ? ")
}

// TestTaskOf is about what package managers are told to do.
func TestTaskOf(t *testing.T) {
	for line, want := range map[string]string{
		"ls":                                    "none",
		"dpkg -i x.deb":                         "none", // an option says what to do
		"apt-get update":                        `apt update []`,
		"apt -qq -y install curl":               `apt install ["curl"]`,
		"aptitude safe-upgrade -y":              `apt upgrade []`,
		"apt-get -y purge --auto-remove a b":    `apt remove ["a" "b"]`,
		"apt-get clean":                         `apt clean []`,
		"apt-get download a":                    `apt fetch ["a"]`,
		"apt list --installed":                  `apt ask []`,
		"apt-get --version":                     `apt ? []`,
		"apt-get":                               `apt ? []`,
		"apt-get install a=1.2 b/stable c:i386": `apt install ["a=1.2" "b/stable" "c:i386"]`,
		"apt-get install a=$V":                  `apt install ["a=$V"]`,
		"apt-get install $A":                    `apt install ["$A"] unnamed wild`,
		"apt-get $A install b":                  `apt install ["b"] wild`,
		"apt-get install ./a.deb":               `apt install ["./a.deb"] unnamed`,
		"apt-get install /a/b":                  `apt install ["/a/b"] unnamed`,
		`apt-get install "a_$V.deb"`:            `apt install ["\"a_$V.deb\""] unnamed`,
		"apt-get -t install upgrade":            `apt upgrade []`,
		"apt-get -o Dpkg::Options::=--force-confold install a":       `apt install ["a"]`,
		"apt-get -oAcquire::Retries=3 install a":                     `apt install ["a"]`,
		"apt-get -yo DPkg::Pre-Invoke::=x install a":                 `apt install ["a"] wild`,
		"apt-get -o APT::Update::Post-Invoke=x update":               `apt update [] wild`,
		"apt-get --option=Dir=/x update":                             `apt update [] wild`,
		"apt-get -o Acquire::http::Proxy-Auto-Detect=/x update":      `apt update [] wild`,
		"apt-get -o Dpkg::Options::=--post-invoke=x install a":       `apt install ["a"] wild`,
		"apt-get -o Dir::Cache=/dev/x install a":                     `apt install ["a"]`,
		"apt-get -o Dir::Cache=/srv/x install a":                     `apt install ["a"] wild`,
		"apt-get -o Dir::Cache=/dev/../srv install a":                `apt install ["a"] wild`,
		"apt-get -o Dir::Cache::pkgcache=x install a":                `apt install ["a"] wild`,
		"apt-get -o $X install a":                                    `apt install ["a"] wild`,
		"apt-get -c x.conf install a":                                `apt install ["a"] wild`,
		"apt-get --frobnicate install a":                             `apt install ["a"] wild`,
		"APT_CONFIG=/x apt-get install a":                            `apt install ["a"] wild`,
		"sudo -E apt-get install -y a":                               `apt install ["a"]`,
		"sudo -R /x apt-get install -y a":                            `apt install ["a"] wild`,
		"xargs apt-get install -y < list":                            `apt install [] unnamed wild`,
		"./apt-get install a":                                        `apt install ["a"] wild`,
		"/usr/bin/apt-get install a":                                 `apt install ["a"]`,
		"apk add --no-cache --virtual .deps a":                       `apk install ["a"]`,
		"apk --update add a b@edge":                                  `apk install ["a" "b@edge"]`,
		"apk add --repository https://x a":                           `apk install ["a"]`,
		"apk add -p /x a":                                            `apk install ["a"] wild`,
		"apk add --root=/x a":                                        `apk install ["a"] wild`,
		"apk add --cache-dir /x a":                                   `apk install ["a"] wild`,
		"apk add a.apk":                                              `apk install ["a.apk"] unnamed`,
		"apk del .deps":                                              `apk remove [".deps"] unnamed`,
		"apk upgrade":                                                `apk upgrade []`,
		"yum -y update":                                              `dnf upgrade []`,
		"microdnf install --nodocs a":                                `dnf install ["a"]`,
		"dnf -y group install x":                                     `dnf install ["x"]`,
		"dnf module enable nodejs:18":                                `dnf set []`,
		"dnf makecache":                                              `dnf update []`,
		"tdnf clean all":                                             `dnf clean []`,
		"dnf install https://x/a.rpm":                                `dnf install ["https://x/a.rpm"] unnamed`,
		"dnf install --setopt=install_weak_deps=False a":             `dnf install ["a"]`,
		"dnf install --setopt=x.gpgcheck=0 a":                        `dnf install ["a"]`,
		"dnf install --setopt=pluginpath=/x a":                       `dnf install ["a"] wild`,
		"dnf install --installroot=/x a":                             `dnf install ["a"] wild`,
		"dnf install -c x a":                                         `dnf install ["a"] wild`,
		"zypper --non-interactive in -y --no-recommends a":           `zypper install ["a"]`,
		"zypper ref":                                                 `zypper update []`,
		"zypper dup -y":                                              `zypper upgrade []`,
		"pip install --no-cache-dir a==1":                            `pip install ["a==1"]`,
		"pip install -r x":                                           `pip install [] wild`,
		"pip list":                                                   `pip ask []`,
		"pip cache purge":                                            `pip clean []`,
		"npm cache clean --force":                                    `npm clean []`,
		"apk --cache-dir=/dev/x add a":                               `apk install ["a"]`,
		"apk --cache-dir=/dev/../x add a":                            `apk install ["a"] wild`,
		"npm ci":                                                     `npm install []`,
		`sh -c "apt-get install a"`:                                  "none",
		"env -i apt-get install a":                                   `apt install ["a"] wild`,
		"apt-get install -y --no-install-recommends -- a":            `apt install ["a"]`,
		"apt-get update -o Acquire::Check-Valid-Until=false -y":      `apt update []`,
		"apt-get install -o APT::Get::Assume-Yes=true a -t buster b": `apt install ["a" "b"]`,
		"apt-get install -qy -q=2 a":                                 `apt install ["a"]`,
	} {
		if got := task(line); got != want {
			t.Errorf("%s\n\tgot  %s\n\twant %s", line, got, want)
		}
	}
}
