package inspect

import (
	"bytes"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/container"
	"github.com/seed-e0495807/strake/cmd/internal/cli"
)

// TestInspect holds what strake inspect shows of a container, and that a name which is none
// of one is looked for among the images.
func TestInspect(t *testing.T) {
	home := t.TempDir()
	seconds := 7
	c, err := container.Open(cli.ContainersDir(home)).Create(t.Context(), container.Config{
		Name: "web", Image: "nginx:1", ImageID: "sha256:" + "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		Args: []string{"nginx", "-g", "daemon off;"}, Env: []string{"A=b"}, Cwd: "/srv", User: "www", Hostname: "h", Remove: true, ReadOnly: true,
		Mounts:  []container.Mount{{Type: "bind", Source: "/site", Target: "/srv", ReadOnly: true}, {Type: "tmpfs", Target: "/tmp", Options: "size=1m"}},
		Network: container.Private, Ports: []container.Port{{Host: 8080, Container: 80, Protocol: "tcp"}}, Memory: 64 << 20, CPUs: 1.5,
		CapAdd: []string{"CAP_NET_ADMIN"}, Labels: map[string]string{"k": "v"}, StopTimeout: &seconds, Init: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	if err := c.SetState(container.State{Status: container.Exited, ExitCode: 3}); err != nil {
		t.Fatal(err)
	}
	call := func(args ...string) (string, error) {
		var out bytes.Buffer
		p := &cli.Process{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Commands: []cli.Maker{{Name: "inspect", Make: Command}},
			Env: func(name string) (string, bool) { return home, name == "STRAKE_HOME" }}
		_, err := p.Call(t.Context(), append([]string{"inspect"}, args...))
		return strings.TrimSpace(out.String()), err
	}
	for format, want := range map[string]string{
		"{{.Id}} {{.Name}}": c.ID + " /web", "{{.ID}} {{.Name}}": c.ID + " /web",
		"{{.Path}} {{json .Args}} {{.Image}}":                      `nginx ["-g","daemon off;"] ` + c.ImageID.String(),
		"{{.State.Status}} {{.State.Running}} {{.State.ExitCode}}": "exited false 3",
		"{{.Config.Image}} {{.Config.User}} {{.Config.WorkingDir}} {{index .Config.Env 0}} {{.Config.Labels.k}} {{.Config.StopTimeout}}": "nginx:1 www /srv A=b v 7",
		"{{.HostConfig.NetworkMode}} {{json .HostConfig.Binds}} {{json .HostConfig.Tmpfs}} {{.HostConfig.Init}}":                         `private ["/site:/srv:ro"] {"/tmp":"size=1m"} true`,
		"{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.AutoRemove}} {{.HostConfig.ReadonlyRootfs}}":                      "67108864 1500000000 true true",
		"{{json .NetworkSettings.Ports}} {{json .HostConfig.CapAdd}}":                                                                    `{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}]} ["CAP_NET_ADMIN"]`,
		"{{range .Mounts}}{{.Type}} {{.Source}} {{.Destination}} {{.RW}};{{end}}":                                                        "bind /site /srv false;tmpfs  /tmp true;",
	} {
		for _, name := range []string{"web", "/web", c.ID[:8]} {
			if got, err := call("-f", format, name); err != nil || got != want {
				t.Errorf("%s of %s: %q, want %q: %v", format, name, got, want, err)
			}
		}
	}
	for line, want := range map[string]string{
		"nope": "no such image", "--type container nope": "no such container", "--type image web": "no such image",
		"--type volume web": "invalid --type", "--platform linux/arm64 web": "no such image", "": "at least one",
	} {
		if _, err := call(strings.Fields(line)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("inspect %s: %v, want %q", line, err, want)
		}
	}
}
