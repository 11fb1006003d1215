package cachemounts_test

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/cachemounts"
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
