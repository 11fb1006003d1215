package sshserver

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/builtin/packages/install"
)

// Where things are in the image.
const (
	startFile  = "/usr/local/sbin/with-ssh-server"
	configDir  = "/etc/ssh-server"
	stateDir   = "/var/lib/ssh-server" // host keys and the log; of whom the server runs as
	configFile = "sshd_config"
	keysFile   = "authorized_keys" // those of strake.yaml; others have a suffix
)

//go:embed with-ssh-server.sh
var startScript string

// add puts the server at the end of the stage. The instructions of the author stand in
// front of it as they were, but for an ENTRYPOINT, which the new one has in it.
func (j *job) add(who account, p *program) {
	stage := j.Module.Stages[j.index]
	end := len(stage.Ops)
	op := func(body ir.Body, why string) *ir.Op { return j.Op(body, why, stage.Origin) }
	line, err := j.install(who)
	if err != nil {
		j.errorf("distribution", "%v", err)
		return
	}
	files := []*ir.Op{
		op(j.stage.Run(end, line), "installs the SSH server; host keys that come with it would be the same in all containers"),
		op(j.stage.Run(end, j.accountLine(who)), "makes "+who.login+" ready to log in"),
		op(inline("/usr/local/sbin/", "0755", ir.Inline{Name: "with-ssh-server", Data: startScript}), "starts the SSH server and then the image's own program"),
		op(inline(configDir+"/", "0644", j.configs(who)...), "lets in "+who.login+", by public keys only"),
	}
	if c := &j.config; c.KeysFile != "" {
		copied := &ir.Copy{Sources: []string{c.KeysFile}, Dest: configDir + "/" + keysFile + ".file", Chmod: "0644"}
		files = append(files, op(copied, "the keys that may log in"))
	}
	if j.config.KeysSecret != "" {
		files = append(files, op(j.stage.Run(end, secretLine, secretMount(j.config.KeysSecret)), "the keys that may log in"))
	}
	list := j.stage.AsRoot(end, op, files...)
	if port := strconv.Itoa(j.port(who)); !exposes(stage, port) {
		list = append(list, op(&ir.Expose{Ports: []string{port}}, "the SSH server listens there"))
	}
	from := append([]*ir.Origin{stage.Origin}, p.from...)
	entry := &ir.Entrypoint{Command: ir.Command{Exec: true, Args: append([]string{startFile}, p.entrypoint...)}}
	list = append(list, j.Op(entry, "starts the SSH server in front of what the image runs", from...))
	if !p.cmdSet && len(p.cmd) > 0 {
		cmd := &ir.Cmd{Command: ir.Command{Exec: true, Args: p.cmd}}
		list = append(list, j.Op(cmd, "the new ENTRYPOINT has dropped that of the base image", from...))
	}
	for i, old := range stage.Ops {
		if _, ok := old.Body.(*ir.Entrypoint); ok {
			j.result.Edits = append(j.result.Edits, plugins.Edit{Stage: j.index, Op: i, Delete: 1})
		}
	}
	j.result.Edits = append(j.result.Edits, plugins.Edit{Stage: j.index, Op: end, Insert: list})
}

// port is where the server listens.
func (j *job) port(who account) int {
	switch {
	case j.config.Port != 0:
		return j.config.Port
	case who.root:
		return 22
	}
	return 2222
}

func exposes(s *ir.Stage, port string) bool {
	return slices.ContainsFunc(s.Ops, func(op *ir.Op) bool {
		e, ok := op.Body.(*ir.Expose)
		return ok && (slices.Contains(e.Ports, port) || slices.Contains(e.Ports, port+"/tcp"))
	})
}

// install is the command that installs the server. Debian's package makes host keys.
func (j *job) install(who account) (string, error) {
	list := []install.Package{{Name: "openssh-server"}}
	switch {
	case j.family == distro.Alpine:
		list = append(list, install.Package{Name: "openssh-keygen"})
	case j.family == distro.RedHat && who.root && who.login != "root": // useradd, which minimal images lack
		list = append(list, install.Package{Name: "shadow-utils"})
	}
	line, _, err := install.Line(j.manager, list, install.Options{})
	return line + " && rm -f /etc/ssh/ssh_host_*_key*", err
}

// accountLine is the command that makes the directories, and lets a user log in. A COPY
// with --chmod would give its mode to a directory that it makes, too. Without PAM, sshd takes a password that starts with "!" for an account that is
// locked; "*" is no password either.
func (j *job) accountLine(who account) string {
	dir := "mkdir -p -m 755 " + configDir + " && mkdir -p -m 700 " + stateDir
	const shell = `sed -i -E "/^%s:/s#[^:]*/(nologin|false)\$#/bin/sh#" /etc/passwd`
	if !who.root {
		return fmt.Sprintf(`account="$(getent passwd %[1]s)" || { echo "ssh-server: the user %[1]s is not in /etc/passwd" >&2; exit 1; }`+
			` && name="${account%%%%:*}" && %[2]s && chown "$name" %[3]s && `+shell, who.login, dir, stateDir, "$name")
	}
	unlock := fmt.Sprintf(`sed -i 's/^%[1]s:![^:]*:/%[1]s:*:/' /etc/shadow`, who.login)
	if who.login == "root" {
		return dir + " && " + unlock
	}
	make := "useradd -m -s /bin/bash "
	if j.family == distro.Alpine {
		make = "adduser -D -s /bin/sh "
	}
	return fmt.Sprintf("%s && { id -u %[2]s >/dev/null 2>&1 || %[3]s%[2]s; } && %[4]s && "+shell, dir, who.login, make, unlock, who.login)
}

// secretLine takes keys out of a build secret.
const secretLine = `if grep -q "` + private + `" /run/secrets/authorized_keys; then echo "ssh-server: the secret is a private key" >&2; exit 1; fi` +
	` && cat /run/secrets/authorized_keys >` + configDir + "/" + keysFile + `.secret && chmod 644 ` + configDir + "/" + keysFile + ".secret"

func secretMount(id string) ir.Mount {
	option := func(k, v string) ir.MountOption { return ir.MountOption{Key: k, Value: v, HasValue: true} }
	return ir.Mount{option("type", "secret"), option("id", id), option("target", "/run/secrets/authorized_keys"), option("required", "true")}
}

// inline is a COPY of files whose text is in the Dockerfile.
func inline(dest, mode string, files ...ir.Inline) *ir.Copy {
	for i, f := range files {
		files[i].Word = `<<"` + f.Name + `"`
	}
	return &ir.Copy{Inline: files, Dest: dest, Chmod: mode}
}

// configs are the server's configuration and the keys of strake.yaml.
func (j *job) configs(who account) []ir.Inline {
	list := []ir.Inline{{Name: configFile, Data: j.sshdConfig(who)}}
	if len(j.config.Keys) > 0 {
		list = append(list, ir.Inline{Name: keysFile, Data: strings.Join(j.config.Keys, "\n") + "\n"})
	}
	return list
}

// sshdConfig is the server's configuration. No other file counts, so that what the
// distribution or the base image has set up cannot weaken it. See sshd_config(5).
func (j *job) sshdConfig(who account) string {
	var keys []string
	file := configDir + "/" + keysFile
	if len(j.config.Keys) > 0 {
		keys = append(keys, file)
	}
	if j.config.KeysFile != "" {
		keys = append(keys, file+".file")
	}
	if j.config.KeysSecret != "" {
		keys = append(keys, file+".secret")
	}
	lines := []string{
		"# Made by ssh-server, a plugin of Strake.",
		"Port " + strconv.Itoa(j.port(who)),
		"HostKey " + stateDir + "/ssh_host_ed25519_key",
		"HostKey " + stateDir + "/ssh_host_ecdsa_key",
		"PidFile none",
		"LogLevel " + j.config.LogLevel,
		"AuthorizedKeysFile " + strings.Join(keys, " "),
		"AuthenticationMethods publickey",
		"PasswordAuthentication no",
		"KbdInteractiveAuthentication no",
		"PermitEmptyPasswords no",
	}
	if who.root && who.login == "root" {
		lines = append(lines, "PermitRootLogin prohibit-password")
	} else {
		lines = append(lines, "PermitRootLogin no")
	}
	if who.root { // another's server lets in nobody else anyway, and its name may be a number
		lines = append(lines, "AllowUsers "+who.login)
	}
	if j.family != distro.Alpine { // whose sshd has no PAM; in a container its modules are in the way
		lines = append(lines, "UsePAM no")
	}
	lines = append(lines, "X11Forwarding no", "AcceptEnv LANG LC_*", "Subsystem sftp internal-sftp")
	return strings.Join(lines, "\n") + "\n"
}
