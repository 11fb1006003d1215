package effects

import (
	"slices"
	"strings"
)

// moreLibraries is about the directories that ldconfig finds in its settings, which may be any.
func moreLibraries(k *call) {
	if !k.has("-p", "-N") {
		k.out.Reads.add(Anything())
	}
}

// services is for programs that switch services on and off. One that is started may do anything.
func services(k *call) {
	for _, f := range k.operands {
		if !slices.ContainsFunc([]string{"enable", "disable", "mask", "unmask", "add", "del", "delete", "defaults", "remove", "set-default", "daemon-reload", "on", "off", "default", "boot"}, f.is) {
			k.out.Services = append(k.out.Services, f.show())
		}
	}
	acts := []string{"start", "stop", "restart", "reload", "status", "force-reload"}
	if k.Name == "service" || k.Name == "rc-service" || k.Name == "invoke-rc.d" || k.Name == "initctl" || k.has("--now") ||
		slices.ContainsFunc(k.operands, func(f field) bool { return !f.known || slices.ContainsFunc(acts, f.is) }) {
		k.fail("`" + k.Text + "` starts or stops a service")
		return
	}
	k.writes(k.constant("/etc/ /run/ /var/lib/ /usr/lib/systemd/"))
	k.out.Removes.add(k.constant("/etc/ /run/"))
}

// capabilities is setcap(8): pairs of a text and a file.
func capabilities(k *call) {
	for i, f := range k.operands {
		if i%2 == 0 && !k.has("-r") {
			k.out.Capabilities = append(k.out.Capabilities, f.show())
			continue
		}
		k.role(given{roleEdit, f}, false)
	}
}

// openssls is openssl(1), of which the options -out, -keyout and the like name files.
func openssls(k *call) {
	for i, f := range k.operands {
		t := f.plain()
		switch {
		case f.loose:
			k.fail("a word of `" + k.Text + "` may be an option, or several words")
			return
		case strings.HasPrefix(t, "-engine"), strings.HasPrefix(t, "-provider"), strings.HasPrefix(t, "-writerand"), t == "ca", t == "rehash", t == "s_server", t == "s_client", t == "-config", t == "-CAcreateserial", t == "fipsinstall", t == "ts":
			k.fail("`" + k.Text + "` has a command or an option that is not followed")
			return
		case i > 0 && (t == "-out" || t == "-keyout") && i+1 < len(k.operands):
			k.writes(k.operands[i+1].paths(k.dirs, false))
		case t == "-in" && i+1 < len(k.operands):
			k.read(k.operands[i+1], false)
		}
	}
	k.out.Reads.add(k.constant("/etc/ssl/ /usr/lib/ssl/"))
	k.writes(k.constant("~/.rnd"))
}
