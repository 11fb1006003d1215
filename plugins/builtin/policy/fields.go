package policy

import (
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/seed-e0495807/strake/ir"
)

// world is the types that rules see. The page of the plugin has this table.
type world struct{ module, stage, op, image, command, mount, pair, config *class }

func newClass(name, doc string) *class {
	return &class{name: name, doc: doc, typ: cel.ObjectType(name)}
}

// newWorld makes the types, which refer to one another.
func newWorld() *world {
	w := &world{
		module:  newClass("Module", "a Dockerfile: the variable `module`"),
		stage:   newClass("Stage", "a stage: the variable `stage` of rules on stages and instructions"),
		op:      newClass("Op", "an instruction: the variable `op` of rules on instructions"),
		image:   newClass("Image", "a reference to an image"),
		command: newClass("Command", "a simple command of a shell script, or the one of an exec form"),
		mount:   newClass("Mount", "a --mount of RUN"),
		pair:    newClass("Pair", "a name and a value, of ENV, LABEL and ARG"),
		config:  newClass("Config", "the settings of the plugin: the variable `config`"),
	}
	w.module.fields = w.moduleFields()
	w.stage.fields = w.stageFields()
	w.op.fields = append(w.opFields(), w.bodyFields()...)
	w.image.fields = imageFields()
	w.command.fields = commandFields()
	w.mount.fields = mountFields()
	w.pair.fields = pairFields()
	w.config.fields = configFields()
	return w
}

// classes gives the types in the order of the documentation.
func (w *world) classes() []*class {
	return []*class{w.module, w.stage, w.op, w.image, w.command, w.mount, w.pair, w.config}
}

func str(s string) ref.Val { return types.String(s) }

func flag(b bool) ref.Val { return types.Bool(b) }

func strs() *cel.Type { return cel.ListType(cel.StringType) }

func strMap() *cel.Type { return cel.MapType(cel.StringType, cel.StringType) }

func (w *world) moduleFields() []field {
	return []field{
		of("file", cel.StringType, "the name of the Dockerfile", func(m *module) ref.Val {
			if len(m.ir.Files) == 0 {
				return str("")
			}
			return str(m.ir.Files[0].Name)
		}),
		of("syntax", cel.StringType, "the value of the syntax directive, \"\" when there is none", func(m *module) ref.Val { return str(m.ir.Syntax) }),
		of("args", strMap(), "the ARGs in front of the first FROM that have a default", func(m *module) ref.Val { return stringMap(m.args) }),
		of("stages", cel.ListType(w.stage.typ), "the stages, in order", func(m *module) ref.Val { return objectList(w.stage, m.stages) }),
		of("target", w.stage.typ, "the stage that is built", func(m *module) ref.Val { return object{w.stage, m.final()} }),
	}
}

func (w *world) stageFields() []field {
	last := func(keyword string) func(s *stage) ref.Val {
		return func(s *stage) ref.Val { return object{w.op, s.end().last[keyword]} }
	}
	return []field{
		of("name", cel.StringType, "its name in lower case, \"\" when it has none", func(s *stage) ref.Val { return str(s.ir.Name) }),
		of("number", cel.IntType, "its number, from 0", func(s *stage) ref.Val { return types.Int(s.number) }),
		of("base", cel.StringType, "what FROM names, as written", func(s *stage) ref.Val { return str(s.ir.Base) }),
		of("image", w.image.typ, "the same as an image; not known when it is a stage or scratch", func(s *stage) ref.Val { return object{w.image, s.base()} }),
		of("parent", w.stage.typ, "the stage that it starts from; `has(stage.parent)` is false when that is an image", func(s *stage) ref.Val { return object{w.stage, s.parent} }),
		of("platform", cel.StringType, "the value of --platform", func(s *stage) ref.Val { return str(s.platform) }),
		of("final", cel.BoolType, "this is the stage that is built", func(s *stage) ref.Val { return flag(s.number == s.target) }),
		of("shipped", cel.BoolType, "its layers are in the image that is built: it is the final stage, or that starts from it", func(s *stage) ref.Val { return flag(s.shipped) }),
		of("ops", cel.ListType(w.op.typ), "the instructions, in order", func(s *stage) ref.Val { return objectList(w.op, s.ops) }),
		of("layers", cel.IntType, "how many RUN, COPY and ADD it has, with those of the stages it starts from", func(s *stage) ref.Val { return types.Int(s.end().layers) }),
		of("user", cel.StringType, "the user at the end, \"\" when only the base image knows; what depends on an ARG is as in this build, or by the defaults", func(s *stage) ref.Val { return str(s.at().user) }),
		of("workdir", cel.StringType, "the working directory at the end, \"\" when only the base image knows", func(s *stage) ref.Val { return str(s.at().workdir) }),
		of("env", strMap(), "the variables of ENV at the end; what depends on an ARG or on the base image is as in this build, or by the defaults", func(s *stage) ref.Val { return stringMap(s.env()) }),
		of("labels", strMap(), "the labels at the end", func(s *stage) ref.Val { return stringMap(s.declares().labels) }),
		of("ports", strs(), "the ports of EXPOSE, like 80 or 53/udp", func(s *stage) ref.Val { return stringList(s.declares().ports) }),
		of("volumes", strs(), "the paths of VOLUME", func(s *stage) ref.Val { return stringList(s.declares().volumes) }),
		of("entrypoint", w.op.typ, "the ENTRYPOINT in force at the end; try `has(stage.entrypoint)`", last("ENTRYPOINT")),
		of("cmd", w.op.typ, "the CMD in force at the end", last("CMD")),
		of("healthcheck", w.op.typ, "the HEALTHCHECK in force at the end", last("HEALTHCHECK")),
	}
}

// opFields are what all instructions have.
func (w *world) opFields() []field {
	return []field{
		of("keyword", cel.StringType, "its name in upper case", func(o *op) ref.Val { return str(o.body.Keyword()) }),
		of("text", cel.StringType, "the instruction in one line, and its here documents", func(o *op) ref.Val { return str(o.instruction()) }),
		of("number", cel.IntType, "its number in the stage, from 0", func(o *op) ref.Val { return types.Int(o.number) }),
		of("file", cel.StringType, "the file that it, or what it was made of, is in", func(o *op) ref.Val {
			file, _ := line(o.module, o.ir.Origin)
			return str(file)
		}),
		of("line", cel.IntType, "its line in that file", func(o *op) ref.Val {
			_, n := line(o.module, o.ir.Origin)
			return types.Int(n)
		}),
		of("by", cel.StringType, "the plugin that made it, \"\" for the author", func(o *op) ref.Val { return str(o.ir.Origin.By) }),
		of("why", cel.StringType, "that plugin's reason", func(o *op) ref.Val { return str(o.ir.Origin.Why) }),
		of("onbuild", cel.BoolType, "ONBUILD leaves it behind", func(o *op) ref.Val { return flag(o.onbuild != nil) }),
		of("overridden", cel.BoolType, "a later CMD, ENTRYPOINT, HEALTHCHECK or USER of the stage takes its place", func(o *op) ref.Val { return flag(o.overridden) }),
		of("user", cel.StringType, "the user in force in front of it, \"\" when only the base image knows", func(o *op) ref.Val { return str(o.end().places[o.number].user) }),
		of("workdir", cel.StringType, "the working directory in force in front of it, \"\" when only the base image knows", func(o *op) ref.Val { return str(o.end().places[o.number].workdir) }),
		of("images", cel.ListType(w.image.typ), "the images that COPY --from and RUN --mount=from= name", func(o *op) ref.Val { return objectList(w.image, o.pulled()) }),
	}
}

// bodyFields are what some instructions have; of others they are empty.
func (w *world) bodyFields() []field {
	return []field{
		of("exec", cel.BoolType, "RUN, CMD, ENTRYPOINT, HEALTHCHECK: it is in exec form, a JSON array", func(o *op) ref.Val { c, _ := o.command(); return flag(c.Exec) }),
		of("args", strs(), "the words of an exec form", func(o *op) ref.Val { c, _ := o.command(); return stringList(c.Args) }),
		of("script", cel.StringType, "what the shell reads, here documents included; \"\" in exec form", func(o *op) ref.Val { return str(o.source()) }),
		of("commands", cel.ListType(w.command.typ), "the simple commands of the script or the exec form, in order", func(o *op) ref.Val { return objectList(w.command, o.commands().commands) }),
		of("parsed", cel.BoolType, "`commands` has them all; false where the shell is unlike sh", func(o *op) ref.Val { return flag(o.commands().parsed) }),
		of("sets", strMap(), "the variables that the script sets, by `export` or without, for more than one command", func(o *op) ref.Val { return stringMap(o.commands().sets) }),
		of("none", cel.BoolType, "it is HEALTHCHECK NONE", func(o *op) ref.Val { b, ok := o.body.(*ir.Healthcheck); return flag(ok && b.None) }),
		of("mounts", cel.ListType(w.mount.typ), "RUN: its mounts", func(o *op) ref.Val { return objectList(w.mount, o.mounts()) }),
		of("network", cel.StringType, "RUN: none, host, default or \"\"", func(o *op) ref.Val { return str(o.run().Network) }),
		of("security", cel.StringType, "RUN: insecure, sandbox or \"\"", func(o *op) ref.Val { return str(o.run().Security) }),
		of("sources", strs(), "COPY, ADD: what is copied; here documents are left out", func(o *op) ref.Val { return stringList(o.transfer().Sources) }),
		of("dest", cel.StringType, "COPY, ADD: where to", func(o *op) ref.Val { return str(o.transfer().Dest) }),
		of("from", cel.StringType, "COPY: the stage or image of --from", func(o *op) ref.Val { return str(o.transfer().From) }),
		of("chown", cel.StringType, "COPY, ADD: the value of --chown", func(o *op) ref.Val { return str(o.transfer().Chown) }),
		of("chmod", cel.StringType, "COPY, ADD: the value of --chmod", func(o *op) ref.Val { return str(o.transfer().Chmod) }),
		of("link", cel.BoolType, "COPY, ADD: --link is there", func(o *op) ref.Val { return flag(o.transfer().Link) }),
		of("checksum", cel.StringType, "ADD: the value of --checksum", func(o *op) ref.Val { b, _ := o.body.(*ir.Add); return str(checksum(b)) }),
		of("pairs", cel.ListType(w.pair.typ), "ENV, LABEL, ARG: what is set", func(o *op) ref.Val { return objectList(w.pair, o.pairs()) }),
		of("words", strs(), "EXPOSE, VOLUME, SHELL: the words", func(o *op) ref.Val { return stringList(o.list()) }),
		of("value", cel.StringType, "USER, WORKDIR, STOPSIGNAL, MAINTAINER, ONBUILD and instructions of plugins: the rest of the line", func(o *op) ref.Val { return str(o.value()) }),
	}
}

func (o *op) run() *ir.Run {
	if r, ok := o.body.(*ir.Run); ok {
		return r
	}
	return &ir.Run{}
}

func (o *op) mounts() []*ir.Mount {
	list := o.run().Mounts
	out := make([]*ir.Mount, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out
}

// transfer is COPY, or ADD as one.
func (o *op) transfer() *ir.Copy {
	switch b := o.body.(type) {
	case *ir.Copy:
		return &ir.Copy{Sources: o.plain(b.Sources), Dest: o.expand(b.Dest, nil), From: b.From, Chown: b.Chown, Chmod: b.Chmod, Link: b.Link}
	case *ir.Add:
		return &ir.Copy{Sources: o.plain(b.Sources), Dest: o.expand(b.Dest, nil), Chown: b.Chown, Chmod: b.Chmod, Link: b.Link}
	}
	return &ir.Copy{}
}

// plain takes the quotes off words.
func (o *op) plain(list []string) []string {
	out := slices.Clone(list)
	for i, word := range out {
		out[i] = o.expand(word, nil)
	}
	return out
}

func checksum(b *ir.Add) string {
	if b == nil {
		return ""
	}
	return b.Checksum
}

// pair is a name and a value without quotes, its variables as written.
type pair struct {
	key, value string
	set        bool
}

func (o *op) pairs() []*pair {
	var list []*pair
	add := func(key, value string, set bool) {
		list = append(list, &pair{o.expand(key, nil), o.expand(value, nil), set})
	}
	switch b := o.body.(type) {
	case *ir.Env:
		for _, p := range b.Pairs {
			add(p.Key, p.Value, true)
		}
	case *ir.Label:
		for _, p := range b.Pairs {
			add(p.Key, p.Value, true)
		}
	case *ir.Arg:
		for _, d := range b.Defaults {
			add(d.Key, d.Value, d.Set)
		}
	}
	return list
}

func (o *op) list() []string {
	switch b := o.body.(type) {
	case *ir.Expose:
		return b.Ports
	case *ir.Volume:
		return b.Paths
	case *ir.Shell:
		return b.Args
	}
	return nil
}

func (o *op) value() string {
	switch b := o.body.(type) {
	case *ir.User:
		return o.expand(b.Name, nil)
	case *ir.Workdir:
		return o.expand(b.Path, nil)
	case *ir.StopSignal:
		return b.Signal
	case *ir.Maintainer:
		return b.Name
	case *ir.Onbuild:
		return b.Trigger
	case *ir.Custom:
		return b.Args
	}
	return ""
}

func imageFields() []field {
	return []field{
		of("text", cel.StringType, "the reference as written", func(i *image) ref.Val { return str(i.text) }),
		of("known", cel.BoolType, "it is an image, and its variables are known; else the fields below are \"\"", func(i *image) ref.Val { return flag(i.known) }),
		of("name", cel.StringType, "registry and repository, like docker.io/library/debian", func(i *image) ref.Val { return str(i.name()) }),
		of("registry", cel.StringType, "the registry; docker.io when none is written", func(i *image) ref.Val { return str(i.registry) }),
		of("repository", cel.StringType, "the repository, like library/debian", func(i *image) ref.Val { return str(i.repository) }),
		of("tag", cel.StringType, "the tag; latest when there is neither tag nor digest", func(i *image) ref.Val { return str(i.tag) }),
		of("digest", cel.StringType, "the digest with its algorithm", func(i *image) ref.Val { return str(i.digest) }),
	}
}

func commandFields() []field {
	return []field{
		of("name", cel.StringType, "the program without its directory; \"\" when a variable names it", func(c *command) ref.Val { return str(c.Name) }),
		of("args", strs(), "the words behind it: without quotes, or as written when there are variables in them", func(c *command) ref.Val { return stringList(c.args()) }),
		of("text", cel.StringType, "the command as written", func(c *command) ref.Val { return str(c.Text) }),
		of("via", strs(), "the programs in front of it that only run it: sudo, doas, env, exec, time, timeout, nice, gosu …", func(c *command) ref.Val { return stringList(c.Via) }),
		of("manager", cel.StringType, "the package manager that it is: apt (also for apt-get and aptitude), apk, dnf (also for yum, microdnf and tdnf), zypper, pip, npm (also for yarn and pnpm), gem or conda; \"\" of others", func(c *command) ref.Val { return str(c.task().Manager) }),
		of("action", cel.StringType, "what a package manager is told to do, by whatever word: install, upgrade, remove, fetch, update (the lists of packages), clean, ask or set (settings); \"\" when that is none of these or not known", func(c *command) ref.Val { return str(string(c.task().Action)) }),
		of("packages", strs(), "the packages, files and URLs that a package manager is to install, upgrade, remove or fetch, as `args` has them", func(c *command) ref.Val { return stringList(c.packages()) }),
		of("env", strMap(), "the variables set for it alone", func(c *command) ref.Val { return stringMap(c.env()) }),
		of("inputs", strs(), "the names of the commands that are piped into it", func(c *command) ref.Val { return stringList(c.inputs) }),
		of("pipesTo", strs(), "the names of the commands that it is piped into", func(c *command) ref.Val { return stringList(c.pipes) }),
		of("runs", cel.StringType, "curl or wget, when it runs what that fetched and nothing verified it; \"\" otherwise", func(c *command) ref.Val { return str(c.runs) }),
	}
}

func mountFields() []field {
	option := func(name, doc string) field {
		return of(name, cel.StringType, doc, func(m *ir.Mount) ref.Val {
			v, _ := m.Option(name)
			return str(v)
		})
	}
	return []field{
		of("type", cel.StringType, "bind, cache, tmpfs, secret or ssh", func(m *ir.Mount) ref.Val {
			if v, ok := m.Option("type"); ok {
				return str(v)
			}
			return str("bind")
		}),
		option("target", "where it is mounted"),
		option("source", "the path in what is mounted"),
		option("from", "the stage or image of a bind or cache mount"),
		option("id", "the id of a secret, ssh or cache mount"),
		of("options", strMap(), "all options", func(m *ir.Mount) ref.Val {
			out := map[string]string{}
			for _, o := range *m {
				out[o.Key] = o.Value
			}
			return stringMap(out)
		}),
	}
}

func pairFields() []field {
	return []field{
		of("key", cel.StringType, "the name", func(p *pair) ref.Val { return str(p.key) }),
		of("value", cel.StringType, "the value without quotes, its variables as written", func(p *pair) ref.Val { return str(p.value) }),
		of("set", cel.BoolType, "there is a value: false for an ARG without default", func(p *pair) ref.Val { return flag(p.set) }),
	}
}

func configFields() []field {
	return []field{
		of("registries", strs(), "the setting `registries`", func(c *config) ref.Val { return stringList(c.Registries) }),
		of("labels", strs(), "the setting `labels`", func(c *config) ref.Val { return stringList(c.Labels) }),
		of("users", strs(), "the setting `users`", func(c *config) ref.Val { return stringList(c.Users) }),
		of("forbidden", strs(), "the setting `forbidden`", func(c *config) ref.Val { return stringList(c.Forbidden) }),
		of("maxLayers", cel.IntType, "the setting `max-layers`", func(c *config) ref.Val { return types.Int(c.MaxLayers) }),
	}
}
