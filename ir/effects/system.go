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
	if !k.has("-p", "-X") { // it makes links to libraries
		k.deals(Names)
	}
	if len(k.operands) > 0 { // of directories whose libraries are found as those of the system are
		k.writes(k.constant("/usr/lib/"))
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

// openssls is openssl(1): where a key goes that no option names is said by its settings, and which
// serial number is next by a file beside the certificate of a CA. A password, and what is read, may
// be named in other ways than by a path.
func openssls(k *call) {
	secrets := slices.Concat(k.given["-passin"], k.given["-passout"], k.given["-pass"], k.given["-password"])
	switch {
	case k.has("-newkey") && !k.has("-keyout"), k.has("-new", "-x509") && !k.has("-key", "-keyout"):
		k.fail("`" + k.Text + "` makes a key, and settings say where")
	case k.has("-CA") && !k.has("-set_serial"):
		k.fail("`" + k.Text + "` counts in a file that it does not name")
	case slices.ContainsFunc(secrets, func(f field) bool { return !strings.HasPrefix(f.text, "pass:") && !strings.HasPrefix(f.text, "env:") }),
		slices.ContainsFunc(k.roles, func(g given) bool { return g.role == roleRead && strings.Contains(g.text, ":") }):
		k.fail("`" + k.Text + "` names what it reads in a way that is not followed")
	}
}
