package slim

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/plugins"
)

// distribution is what run-base says for the image of the distribution that the base image is built on.
const distribution = "distribution"

// rebases tells whether the stage starts from an image with a toolchain that another can stand in for.
func (s *split) rebases() bool {
	ref, known := distro.BaseImage(s.Module, s.stage)
	_, compiles := distro.Compiler(ref)
	return known && compiles && s.states.Parent(s.stage) < 0
}

// rebase has the stage that runs start from what run-base says, with all that the config of the base
// image has, and what the libraries of its language read of a system.
func (s *split) rebase() *reason {
	if s.config.RunBase == "" || !s.rebases() {
		return nil
	}
	ref, _ := distro.BaseImage(s.Module, s.stage)
	compiler, _ := distro.Compiler(ref)
	base := s.config.RunBase
	if base == distribution {
		d, _ := distro.Detect(s.ctx, s.host, s.States, s.Module, s.stage)
		switch prefix := ref[:strings.LastIndex(ref, compiler.Name)]; {
		case d.Release == "":
			return because("base", "nobody knows which distribution its base image is of: grant images, or name an image in run-base")
		case d.ID == "debian":
			base = prefix + "debian:" + d.Release + "-slim"
		case d.ID == "alpine":
			base = prefix + "alpine:" + d.Release
		default:
			return because("base", "there is no image of %s that is known to be small", d.ID)
		}
	}
	if !s.static && (base == "scratch" || s.config.RunBase != distribution || s.config.Unknown != "drop") {
		return because("libraries", "what is compiled may need libraries of the base image: CGO_ENABLED is not 0")
	}
	if _, known := distro.FromImage(base); !known {
		if why := s.bare(); why != nil {
			return why
		}
	}
	data, err := s.host.BaseConfig(s.ctx, s.stage)
	if err != nil {
		return because("base", "the config of its base image is not known: %v", err)
	}
	env, dir, ok := settings(data)
	if !ok {
		return because("base", "the config of its base image has more than variables and a directory")
	}
	add := func(body ir.Body, why string) {
		s.run = append(s.run, s.Op(body, why, s.Module.Stages[s.stage].Origin))
	}
	if len(env.Pairs) > 0 {
		add(env, "has the variables of "+ref)
	}
	if _, known := distro.FromImage(base); known && compiler.Dirs != "" {
		add(&ir.Run{Command: ir.Command{Line: "mkdir -p " + compiler.Dirs + " && chmod 1777 " + compiler.Dirs}}, "has directories of "+ref)
	}
	if dir != "" && dir != "/" {
		add(&ir.Workdir{Path: dir}, "starts where "+ref+" does")
	}
	for _, files := range compiler.Reads {
		list := strings.Fields(files)
		// A pattern that nothing matches copies nothing.
		add(&ir.Copy{Sources: list[:len(list)-1], Dest: list[len(list)-1], From: s.name()}, "has what programs read of a system")
	}
	s.base, s.gone = base, append(s.gone, "base:"+ref)
	return nil
}

// bare is why the stage cannot run on an image without a shell and accounts.
func (s *split) bare() *reason {
	for k, op := range s.Module.Stages[s.stage].Ops {
		var command ir.Command
		switch b := op.Body.(type) {
		case *ir.Run:
			if _, changed := s.instead[k]; !changed {
				return because("base", "`%s` needs a shell, which run-base may not have", op.Text())
			}
		case *ir.User:
			if strings.Trim(b.Name, "0123456789:") != "" {
				return because("base", "the user %s may not be in run-base", b.Name)
			}
		case *ir.Cmd:
			command = b.Command
		case *ir.Entrypoint:
			command = b.Command
		case *ir.Healthcheck:
			command = b.Command
		}
		if command.Line != "" {
			return because("base", "`%s` needs a shell, which run-base may not have", op.Text())
		}
	}
	return nil
}

// settings are the variables and the directory of the config of an image. It is false when there is
// something else that a container or a build would see.
func settings(data json.RawMessage) (env *ir.Env, dir string, ok bool) {
	var image struct {
		Config map[string]json.RawMessage `json:"config"`
	}
	if json.Unmarshal(data, &image) != nil {
		return nil, "", false
	}
	env = &ir.Env{}
	for key, value := range image.Config {
		switch key {
		case "Env":
			var list []string
			if json.Unmarshal(value, &list) != nil {
				return nil, "", false
			}
			for _, e := range list {
				name, value, _ := strings.Cut(e, "=")
				env.Pairs = append(env.Pairs, ir.Pair{Key: name, Value: quoted(value)})
			}
		case "WorkingDir":
			if json.Unmarshal(value, &dir) != nil || dir != "" && !plain(dir) {
				return nil, "", false
			}
		case "Cmd": // what the stage has counts
		default:
			if text := string(value); text != "null" && text != `""` && text != "{}" && text != "[]" && text != "false" {
				return nil, "", false
			}
		}
	}
	return env, dir, true
}

// quoted is a value as a word of an instruction.
func quoted(value string) string {
	if value != "" && plain(value) {
		return value
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`).Replace(value) + `"`
}

// shifted is a host that is asked about a module which has more stages than the one it knows.
type shifted struct {
	plugins.Host
	from []int // for each stage the one that the host knows, -1 for none
}

func (h shifted) stage(i int) int {
	if h.from == nil {
		return i
	}
	return h.from[i]
}

func (h shifted) BaseConfig(ctx context.Context, stage int) (json.RawMessage, error) {
	if stage = h.stage(stage); stage < 0 {
		return nil, plugins.ErrUnavailable
	}
	return h.Host.BaseConfig(ctx, stage)
}

func (h shifted) BaseFile(ctx context.Context, stage int, name string) ([]byte, error) {
	if stage = h.stage(stage); stage < 0 {
		return nil, plugins.ErrUnavailable
	}
	return h.Host.BaseFile(ctx, stage, name)
}
