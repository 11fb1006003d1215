package distro

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/words"
)

// BaseImage is the image that a stage goes back to, as it is written, with the defaults
// of global ARGs put in. It is false when one of those has none.
func BaseImage(m *ir.Module, stage int) (string, bool) { return image(m, root(m, stage)) }

// image is BaseImage of a stage that starts from no other.
func image(m *ir.Module, stage int) (string, bool) {
	base := m.Stages[stage].Base
	if !strings.Contains(base, "$") {
		return base, base != "" && base != "scratch"
	}
	vars := defaults{}
	lexer := &words.Lexer{Escape: rune(m.Escape), SkipUnset: true}
	for _, op := range m.Args {
		arg, ok := op.Body.(*ir.Arg)
		if !ok {
			continue
		}
		for _, d := range arg.Defaults {
			if value, err := lexer.Word(d.Value, vars); err == nil && d.Set {
				vars[d.Key] = value
			}
		}
	}
	ref, err := lexer.Word(base, vars)
	return ref, err == nil && ref != "" && !strings.Contains(ref, "$")
}

type defaults map[string]string

// Get makes it variables of words.
func (d defaults) Get(name string) (string, bool) { v, ok := d[name]; return v, ok }

// Image is what is known of a well-known image without asking for it.
type Image struct {
	Workdir string // "" is not known
	Env     map[string]string
	Users   map[string]eval.Account // besides root, whom it runs as
	Cmd     []string                // of an image that has no ENTRYPOINT; nil is not known
}

// Official gives what is known of an official image of Docker Hub: they run as root. It
// is false for others.
func Official(ref string) (Image, bool) {
	name, _ := split(ref)
	if strings.Contains(name, "/") {
		return Image{}, false
	}
	_, known := official[name]
	return Image{Workdir: workdir(name), Env: environment(name), Users: accounts(name), Cmd: command(name)}, known || families[distroNames[name]].family != ""
}

// Toolset is what is known of an image with a compiler.
type Toolset struct {
	Name string // of the image, without a registry and a tag
	Dirs string // that it has for all users, with mode 1777
	// Reads are files that the libraries of its language read of a system: patterns, and the directory
	// that they are in. No image has all of them.
	Reads []string
}

// Compiler tells an official image that a compiler is in, and what else it has for what is compiled:
// golang, by its Dockerfile and by what crypto/x509, time, mime and net of Go 1.26 read.
func Compiler(ref string) (Toolset, bool) {
	name, _ := split(ref)
	return Toolset{Name: name, Dirs: "/go /go/src /go/bin", Reads: []string{
		"/etc/ssl/certs/ca-certificates.cr[t] /etc/ssl/certs/",
		"/usr/share/zoneinf[o] /usr/share/zoneinfo/",
		"/usr/local/go/lib/time/zoneinfo.zi[p] /usr/local/go/lib/time/",
		"/etc/mime.type[s] /etc/service[s] /etc/protocol[s] /etc/",
	}}, name == "golang"
}

// workdir is where the images of distributions start, and those of languages that set no
// WORKDIR, see the Dockerfiles of the official images (not checked against their configs).
func workdir(name string) string {
	switch name {
	case "golang":
		return "/go"
	case "maven", "node", "python", "ruby", "rust":
		return "/"
	}
	if families[distroNames[name]].family != "" {
		return "/"
	}
	return ""
}

// environment is what images of languages set that leads to their caches, see the
// Dockerfiles of the official images (not checked against their configs).
func environment(name string) map[string]string {
	switch name {
	case "golang":
		return map[string]string{"GOPATH": "/go"}
	case "rust":
		return map[string]string{"CARGO_HOME": "/usr/local/cargo", "RUSTUP_HOME": "/usr/local/rustup"}
	case "ruby":
		return map[string]string{"GEM_HOME": "/usr/local/bundle"}
	case "composer":
		return map[string]string{"COMPOSER_HOME": "/tmp"}
	}
	return nil
}

// accounts are who is in official images besides root: www-data by passwd.master of base-passwd
// 3.6.1 of Debian; node and gradle are not checked, see their Dockerfiles.
func accounts(name string) map[string]eval.Account {
	switch name {
	case "node":
		return map[string]eval.Account{"node": {UID: 1000, GID: 1000, Home: "/home/node"}}
	case "gradle":
		return map[string]eval.Account{"gradle": {UID: 1000, GID: 1000, Home: "/home/gradle"}}
	case "debian", "ubuntu", "python", "php", "ruby", "golang":
		return map[string]eval.Account{"www-data": {UID: 33, GID: 33, Home: "/var/www"}}
	}
	return nil
}

// command is what images of mere distributions run, see their Dockerfiles (not checked against their
// configs): a shell, without an ENTRYPOINT.
func command(name string) []string {
	switch name {
	case "alpine":
		return []string{"/bin/sh"}
	case "debian":
		return []string{"bash"}
	case "ubuntu", "fedora", "centos", "rockylinux", "almalinux", "amazonlinux", "oraclelinux":
		return []string{"/bin/bash"}
	}
	return nil
}

// split takes a reference apart. Images of Docker Hub have short names, those of its
// mirrors, too.
func split(ref string) (name, tag string) {
	ref, _, _ = strings.Cut(ref, "@")
	name = ref
	if i := strings.LastIndexByte(ref, ':'); i > strings.LastIndexByte(ref, '/') {
		name, tag = ref[:i], ref[i+1:]
	}
	for _, prefix := range []string{"docker.io/", "index.docker.io/", "registry-1.docker.io/", "public.ecr.aws/docker/", "mirror.gcr.io/", "library/"} {
		name = strings.TrimPrefix(name, prefix)
	}
	return name, strings.ToLower(tag)
}

// FromImage tells the distribution from the name of a well-known image, or from a tag
// that says it, like 3.12-slim-bookworm. It is false for others.
func FromImage(ref string) (Distro, bool) {
	name, tag := split(ref)
	last := name[strings.LastIndexByte(name, '/')+1:]
	if strings.Contains(tag, "nanoserver") || strings.Contains(tag, "windowsservercore") || strings.Contains(name, "/windows") {
		return Distro{}, false
	}
	if id, ok := ownImage(name, last); ok {
		d, ok := build(id, ownRelease(id, last, tag), ImageName)
		if strings.HasSuffix(last, "-minimal") && d.Family == RedHat || strings.HasSuffix(tag, "-minimal") && d.Family == RedHat {
			d.Manager = "microdnf"
		}
		return d, ok
	}
	if d, ok := fromTag(tag); ok {
		return d, true
	}
	id, ok := official[name]
	if !ok || id == "" {
		return Distro{}, false
	}
	return build(id, "", ImageName)
}

// distroNames are images of distributions by the last part of their names, as registries have
// them; no manual lists them.
var distroNames = map[string]string{
	"debian": "debian", "ubuntu": "ubuntu", "alpine": "alpine", "fedora": "fedora", "centos": "centos", "rockylinux": "rocky",
	"almalinux": "almalinux", "oraclelinux": "ol", "amazonlinux": "amzn", "archlinux": "arch", "fedora-minimal": "fedora",
	"leap": "opensuse-leap", "tumbleweed": "opensuse-tumbleweed", "buildpack-deps": "debian",
}

var ubi = late.Regexp(`^ubi([0-9]+)?(-minimal|-init|-micro)?$`)

// ownImage tells the image of a distribution itself.
func ownImage(name, last string) (string, bool) {
	if ubi().MatchString(last) {
		return "rhel", true
	}
	id, ok := distroNames[last]
	if !ok {
		return "", false
	}
	owner := strings.TrimSuffix(strings.TrimSuffix(name, last), "/")
	trusted := []string{"", "amd64", "arm64v8", "arm32v7", "i386", "fedora", "opensuse", "archlinux", "rockylinux", "almalinux", "centos",
		"quay.io/centos", "quay.io/fedora", "quay.io/rockylinux", "quay.io/almalinuxorg", "registry.fedoraproject.org",
		"public.ecr.aws/amazonlinux", "public.ecr.aws/debian", "public.ecr.aws/ubuntu", "registry.opensuse.org/opensuse"}
	return id, slices.Contains(trusted, owner)
}

// ownRelease reads the tag of such an image.
func ownRelease(id, last, tag string) string {
	if m := ubi().FindStringSubmatch(last); m != nil && m[1] != "" {
		return m[1]
	}
	tag = strings.TrimPrefix(strings.TrimPrefix(tag, "stream"), "centos")
	if name := codename(tag, id); name != "" {
		return name
	}
	return release(id, tag)
}

// codename finds the name of a release of Debian or Ubuntu among the parts of a tag.
func codename(tag, id string) string {
	names := debianNames
	if id == "ubuntu" {
		names = ubuntuNames
	}
	for _, part := range parts(tag) {
		for _, name := range names {
			if part == name {
				return name
			}
		}
	}
	return ""
}

func parts(tag string) []string {
	return strings.FieldsFunc(tag, func(r rune) bool { return r == '-' || r == '_' || r == '+' })
}

var versioned = late.Regexp(`^(debian|ubuntu|alpine|fedora|centos|rockylinux|almalinux|ubi|el|amazonlinux|al)([0-9][0-9.]*)?$`)

// fromTag reads a tag of an image that is built on several distributions.
func fromTag(tag string) (Distro, bool) {
	ids := map[string]string{"rockylinux": "rocky", "ubi": "rhel", "el": "rhel", "amazonlinux": "amzn", "al": "amzn"}
	for _, part := range parts(tag) {
		m := versioned().FindStringSubmatch(part)
		if m == nil || m[2] == "" && len(m[1]) < len("alpine") {
			continue
		}
		id := m[1]
		if other, ok := ids[id]; ok {
			id = other
		}
		return build(id, release(id, m[2]), ImageName)
	}
	for _, id := range []string{"debian", "ubuntu"} {
		if name := codename(tag, id); name != "" {
			return build(id, name, ImageName)
		}
	}
	if slices.Contains(parts(tag), "slim") {
		return build("debian", "", ImageName)
	}
	return Distro{}, false
}

// official are official images of Docker Hub and what they are based on when the tag
// does not say, by their Dockerfiles (not checked against the images themselves). Which release that is changes with time, so it is not known; "" has
// changed its distribution, or has none.
var official = map[string]string{
	"node": "debian", "python": "debian", "golang": "debian", "ruby": "debian", "php": "debian", "rust": "debian", "perl": "debian",
	"gcc": "debian", "openjdk": "", "maven": "", "gradle": "ubuntu", "eclipse-temurin": "ubuntu", "amazoncorretto": "amzn",
	"tomcat": "", "jetty": "", "groovy": "ubuntu", "clojure": "", "elixir": "debian", "erlang": "debian", "haskell": "debian",
	"julia": "debian", "r-base": "debian", "swift": "ubuntu", "dart": "debian", "pypy": "debian", "jruby": "",
	"postgres": "debian", "redis": "debian", "valkey": "debian", "nginx": "debian", "httpd": "debian", "haproxy": "debian",
	"memcached": "debian", "mariadb": "ubuntu", "mysql": "", "mongo": "ubuntu", "rabbitmq": "ubuntu", "cassandra": "",
	"wordpress": "debian", "drupal": "debian", "nextcloud": "debian", "joomla": "debian", "ghost": "debian", "redmine": "debian",
	"composer": "alpine", "docker": "alpine", "traefik": "alpine", "registry": "alpine", "caddy": "alpine", "eclipse-mosquitto": "alpine",
	"influxdb": "debian", "telegraf": "debian", "buildpack-deps": "debian", "bash": "alpine", "busybox": "", "hello-world": "",
	"sonarqube": "", "neo4j": "debian", "solr": "", "elasticsearch": "", "kibana": "", "logstash": "", "adminer": "alpine",
}
