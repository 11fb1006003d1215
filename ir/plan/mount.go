package plan

import (
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/go-units"
	"github.com/moby/buildkit/util/suggest"
	"github.com/moby/buildkit/util/system"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/spec"
)

// Mount is what a RUN mounts: a secret, an ssh agent, or a directory.
type Mount struct {
	Secret *Secret
	SSH    *SSH
	Dir    *MountDir
}

// Owner is who a mounted file belongs to; nil fields have defaults.
type Owner struct{ UID, GID, Mode *uint64 }

// Secret is a secret as a file, as a variable, or both.
type Secret struct {
	ID       string
	Target   *string // of the file
	Env      *string // name of the variable
	Required bool
	Owner    Owner
}

// SSH is the socket of an ssh agent.
type SSH struct {
	ID       string
	Target   string
	Required bool
	Owner    Owner
}

// MountKind tells directories apart.
type MountKind uint8

const (
	MountBind MountKind = iota
	MountCache
	MountTmpfs
)

// MountDir is a directory.
type MountDir struct {
	Kind     MountKind
	From     *Stage // nil is the build context; a tmpfs has none
	Source   string // path in From, absolute; "/" is all of it
	Target   string // absolute
	ReadOnly bool
	Owner    Owner  // of a cache that is made
	CacheID  string // without the namespace
	Sharing  string // "", "shared", "private" or "locked"
	Size     int64  // of a tmpfs, in bytes; 0 is no limit
}

// mountSpec is --mount with its options read in order.
type mountSpec struct {
	kind, from, source, target, id, sharing string
	readonly                                bool
	access                                  bool // readonly or readwrite was given
	required                                bool
	size                                    int64
	env                                     *string
	owner                                   Owner
}

// mount expands --mount. Each option is checked against those before it, as
// BuildKit does: "required" counts for secrets only behind "type=secret".
func (p *planner) mount(s *Stage, options ir.Mount, from *Stage) (Mount, error) {
	m := mountSpec{kind: "bind"}
	for _, o := range options {
		value, err := o.Value, error(nil)
		if o.HasValue {
			value, err = p.words.word(o.Value, s.env)
		}
		if err == nil {
			err = m.set(o, value)
		}
		if err != nil {
			return Mount{}, about(optionText(o), err)
		}
	}
	if err := m.check(); err != nil {
		return Mount{}, err
	}
	if m.from == "" && m.kind == "cache" {
		m.from = Scratch
	}
	if m.from != "" && !from.done {
		return Mount{}, about("from="+m.from, wrong("later-stage", "move that stage above this one",
			"cannot mount from stage %q to %q, stage needs to be defined before current command", m.from, m.target))
	}
	switch m.kind {
	case "secret":
		return m.secret(s.platform.OS)
	case "ssh":
		return m.ssh()
	}
	return p.mountDir(s, &m, from)
}

func optionText(o ir.MountOption) string {
	if o.HasValue {
		return o.Key + "=" + o.Value
	}
	return o.Key
}

func badMount(hint, format string, args ...any) error {
	return wrong("bad-mount", hint, format, args...)
}

func near(word string, candidates []string) string {
	if s := diag.Suggest(word, candidates); s != "" {
		return "did you mean `" + s + "`?"
	}
	if s, ok := suggest.Search(word, candidates, true); ok { // what BuildKit takes to be near
		return "did you mean `" + s + "`?"
	}
	return ""
}

func (m *mountSpec) set(o ir.MountOption, value string) error {
	table := spec.Of(spec.Run).Flag("mount")
	row := table.Option(o.Key)
	switch {
	case !o.HasValue && row != nil && row.Type == spec.Bool:
		value = "true"
	case !o.HasValue:
		return badMount("", "invalid field '%s' must be a key=value pair", o.Key)
	case row == nil:
		return badMount(near(o.Key, table.OptionNames()), "unexpected key '%s' in '%s=%s'", o.Key, o.Key, o.Value)
	}
	switch row.Name {
	case "type":
		if m.kind = strings.ToLower(value); !slices.Contains(row.Values, m.kind) {
			return badMount(near(m.kind, row.Values), "unsupported mount type %q", value)
		}
	case "from":
		m.from = value
	case "source":
		m.source = value
	case "target":
		m.target = value
	case "id":
		m.id = value
	case "env":
		m.env = &value
	case "sharing":
		if m.sharing = strings.ToLower(value); !slices.Contains(row.Values, m.sharing) {
			return badMount(near(value, row.Values), "unsupported sharing value %q", value)
		}
	case "size":
		return m.setSize(o.Key, value)
	case "mode":
		return number(&m.owner.Mode, o.Key, value, 8)
	case "uid":
		return number(&m.owner.UID, o.Key, value, 10)
	case "gid":
		return number(&m.owner.GID, o.Key, value, 10)
	case "readonly", "readwrite", "required":
		return m.setFlag(row.Name, o.Key, value)
	}
	return nil
}

// setFlag sets the option of a name, which is spelled as key.
func (m *mountSpec) setFlag(name, key, value string) error {
	if name == "required" && m.kind != "secret" && m.kind != "ssh" {
		return badMount("put type=secret or type=ssh before it", "unexpected key '%s' for mount type '%s'", key, m.kind)
	}
	on, err := strconv.ParseBool(value)
	if err != nil {
		return badMount("write true or false", "invalid value for %s: %s", key, value)
	}
	switch name {
	case "required":
		m.required = on
	case "readonly":
		m.readonly, m.access = on, true
	default:
		m.readonly, m.access = !on, true
	}
	return nil
}

func (m *mountSpec) setSize(key, value string) error {
	if m.kind != "tmpfs" {
		return badMount("put type=tmpfs before it", "unexpected key '%s' for mount type '%s'", key, m.kind)
	}
	var err error
	if m.size, err = units.RAMInBytes(value); err != nil {
		return badMount("write bytes, or a number with k, m or g", "invalid value for %s: %s", key, value)
	}
	return nil
}

func number(to **uint64, key, value string, base int) error {
	n, err := strconv.ParseUint(value, base, 32)
	if err != nil {
		return badMount("", "invalid value %s for %s", value, key)
	}
	*to = &n
	return nil
}

// check holds the options against the type, and settles what has a default.
func (m *mountSpec) check() error {
	for _, f := range []struct {
		name  string
		value *uint64
	}{{"mode", m.owner.Mode}, {"uid", m.owner.UID}, {"gid", m.owner.GID}} {
		if f.value != nil && (m.kind == "bind" || m.kind == "tmpfs") {
			return badMount("", "%s not allowed for %q type mounts", f.name, m.kind)
		}
	}
	if !m.access {
		m.readonly = m.kind != "cache" && m.kind != "tmpfs"
	}
	switch {
	case m.kind == "secret" && m.from != "":
		return badMount("", "secret mount should not have a from")
	case m.kind == "secret" && m.sharing != "":
		return badMount("", "secret mount should not define sharing")
	case m.kind == "secret" && m.source == "" && m.target == "" && m.id == "":
		return badMount("write id=name", "invalid secret mount. one of source, target required")
	case m.kind == "secret" && m.source != "" && m.id != "":
		return badMount("", "both source and id can't be set")
	case m.sharing != "" && m.kind != "cache":
		return badMount("", "invalid cache sharing set for %v mount", m.kind)
	}
	return nil
}

func (m *mountSpec) secret(os string) (Mount, error) {
	windows := os == "windows"
	target := system.ToSlash(m.target, os)
	id := m.id
	if m.source != "" {
		id = m.source
	}
	if id == "" {
		id = path.Base(target)
	}
	if windows && target != "" && !system.IsAbs(target, os) {
		return Mount{}, badMount("write target=C:/path/to/secret", "secret target %q must be an absolute path with forward slashes on Windows", target)
	}
	out := &Secret{ID: id, Env: m.env, Required: m.required, Owner: m.owner}
	switch {
	case target != "":
		out.Target = &target
	case m.env == nil && windows:
		return Mount{}, badMount("write target=C:/path/to/secret", "secret target is required on Windows")
	case m.env == nil:
		target = "/run/secrets/" + path.Base(id)
		out.Target = &target
	}
	return Mount{Secret: out}, nil
}

func (m *mountSpec) ssh() (Mount, error) {
	if m.source != "" {
		return Mount{}, badMount("write id=name", "ssh does not support source")
	}
	return Mount{SSH: &SSH{ID: m.id, Target: m.target, Required: m.required, Owner: m.owner}}, nil
}

func (p *planner) mountDir(s *Stage, m *mountSpec, from *Stage) (Mount, error) {
	d := &MountDir{ReadOnly: m.readonly, Owner: m.owner, Sharing: m.sharing, Size: m.size, Source: path.Join("/", m.source), Target: m.target}
	if m.from != "" {
		d.From = from
	}
	switch m.kind {
	case "tmpfs":
		d.Kind = MountTmpfs
	case "cache":
		d.Kind = MountCache
		if d.CacheID = m.id; d.CacheID == "" {
			d.CacheID = path.Clean(m.target)
		}
	}
	if !system.IsAbsolutePath(filepath.Clean(m.target)) {
		d.Target = filepath.Join("/", s.dir(), m.target)
	}
	if d.Target == "/" {
		return Mount{}, badMount("give a target below /", "invalid mount target %q", d.Target)
	}
	if d.From == nil {
		p.paths.add(m.source)
		if d.Kind == MountBind {
			if err := p.absent(s, d.Source, "mount", ""); err != nil {
				return Mount{}, err
			}
		}
	} else {
		d.From.paths.add(m.source)
	}
	return Mount{Dir: d}, nil
}

// dir is the working directory with slashes; "" when none was ever set.
func (s *Stage) dir() string { return system.ToSlash(s.Image.Config.WorkingDir, s.platform.OS) }
