package copylink

import (
	"slices"
	"strings"

	"github.com/distribution/reference"

	"github.com/seed-e0495807/strake/ir/distro"
)

// empty is scratch.
func empty(name string) kind {
	if name == "/" {
		return plain
	}
	return absent
}

// standard are the directories at the top of an image of a distribution (Filesystem Hierarchy Standard
// 3.0, 3).
var standard = strings.Fields("/bin /boot /dev /etc /home /lib /lib32 /lib64 /libx32 /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp /usr /var")

// plainDirs are root's with mode 0755 in the images of Debian from 12 on, of Ubuntu from 20.04 on and
// of Alpine, and are no links. Older ones of Debian have a group of its own for /usr/local.
var plainDirs = strings.Fields("/ /etc /home /opt /srv /usr /usr/local /usr/local/bin /usr/local/lib /usr/local/share /usr/share /var /var/lib")

// releases are those of Debian and Ubuntu of which plainDirs is said.
var releases = strings.Fields("bookworm trixie forky sid focal jammy noble plucky questing resolute")

// more is what images have at the top and in /opt, /srv, /home and /usr/local/bin besides, by their names on
// Docker Hub, as their Dockerfiles have it (not checked against their files); with a slash, what is below.
// Of other images nothing is known.
var more = map[string]string{
	"debian": "", "ubuntu": "/home/ubuntu", "alpine": "", "buildpack-deps": "", "python": "/usr/local/bin/", "ruby": "/usr/local/bin/", "rust": "",
	"golang": "/go", "node": "/home/node /opt/ /usr/local/bin/", "nginx": "/docker-entrypoint.d /docker-entrypoint.sh",
}

// image is what is known of the base image of a stage; nil is nothing.
func (j *job) image(stage int) func(name string) kind {
	ref, err := reference.ParseNormalizedNamed(j.Module.Stages[stage].Base)
	if err != nil || reference.Domain(ref) != "docker.io" {
		return nil
	}
	extra, ok := more[strings.TrimPrefix(reference.Path(ref), "library/")]
	d, known := distro.Detect(j.ctx, j.host, j.States, j.Module, stage)
	if !ok || !known || d.Family != distro.Alpine && !(d.Family == distro.Debian && slices.Contains(releases, d.Release)) {
		return nil
	}
	return files(strings.Fields(extra))
}

// bare are directories that are empty in images of distributions.
var bare = strings.Fields("/opt /srv /home /usr/local/bin")

// files are those of an image that has some more than its distribution.
func files(more []string) func(name string) kind {
	return func(name string) kind {
		if slices.Contains(plainDirs, name) {
			return plain
		}
		if slices.ContainsFunc(more, func(o string) bool { return strings.HasPrefix(name+"/", strings.TrimSuffix(o, "/")+"/") }) {
			return unknown
		}
		top, _, _ := strings.Cut(name[1:], "/")
		if !slices.Contains(standard, "/"+top) || slices.ContainsFunc(bare, func(dir string) bool { return strings.HasPrefix(name, dir+"/") }) {
			return absent
		}
		return unknown
	}
}
