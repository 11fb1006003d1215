package copylink

import (
	"path"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/eval"
)

// transfer is a COPY or an ADD.
type transfer struct {
	sources []string // of the build context, expanded; nil when one is not known, or comes from elsewhere
	remote  bool     // all are URLs
	add     bool
	dest    string // absolute and clean; "" is not known
	folder  bool   // it is said to be a directory
	many    bool   // there is more than one source, or a wildcard
	chown   string
	chmod   bool
	link    bool
	names   []string // of the files that come into the directory, when nothing else does; see regular
	odd     string   // a flag with which it is not looked at
}

// transferOf reads an op, nil when it is none.
func transferOf(body ir.Body, at *eval.State, escape byte) *transfer {
	c := &transfer{}
	var dest string
	var sources []string
	inline := 0
	switch b := body.(type) {
	case *ir.Copy:
		dest, sources, inline = b.Dest, b.Sources, len(b.Inline)
		c.chown, c.chmod, c.link = b.Chown, b.Chmod != "", b.Link
		if b.Parents {
			c.odd = "--parents"
		}
		if b.From == "" && len(b.Excludes) == 0 {
			c.sources = expand(sources, at, escape)
		}
	case *ir.Add:
		dest, sources, inline, c.add = b.Dest, b.Sources, len(b.Inline), true
		c.chown, c.chmod, c.link = b.Chown, b.Chmod != "", b.Link
		if b.Unpack != nil {
			c.odd = "--unpack"
		}
		c.remote = len(sources) > 0
		for _, s := range sources {
			c.remote = c.remote && (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://"))
		}
	default:
		return nil
	}
	if inline > 0 {
		c.sources = nil
	}
	c.many = len(sources)+inline > 1 || strings.ContainsAny(strings.Join(sources, ""), "*?[$")
	text, known := at.Expand(dest, escape)
	c.folder = strings.HasSuffix(text, "/") || text == "." || strings.HasSuffix(text, "/.")
	if known && !path.IsAbs(text) && at.Workdir != "" {
		text = path.Join(at.Workdir, text)
	}
	if known && path.IsAbs(text) {
		c.dest = path.Clean(text)
	}
	return c
}

// expand gives sources with their variables expanded, nil when one of these is not known.
func expand(sources []string, at *eval.State, escape byte) (list []string) {
	for _, s := range sources {
		text, known := at.Expand(s, escape)
		if !known {
			return nil
		}
		list = append(list, text)
	}
	return list
}

// root tells whether the copied files are root's, or their own owner's.
func (c *transfer) root() bool {
	user, group, _ := strings.Cut(c.chown, ":")
	zero := func(s string) bool { return s == "" || s == "0" || s == "root" }
	return zero(user) && zero(group)
}

// named tells whether the owner is one by name, or may be.
func (c *transfer) named() bool { return !c.root() && strings.Trim(c.chown, "0123456789:") != "" }

// refusal tells why a COPY cannot have the flag.
func (j *job) refusal(c *transfer, t *tree) *refusal {
	switch {
	case c.chmod:
		return refuse("flags", "BuildKit takes no --link with --chmod")
	case c.odd != "":
		return refuse("flags", "it has %s", c.odd)
	case c.add && !c.remote:
		return refuse("flags", "ADD unpacks archives over what is there")
	case c.named():
		return refuse("owner", "its owner is a name, which is looked up in the image")
	case c.dest == "":
		return refuse("place", "where it copies to is known only when it is built")
	case c.dest == "/":
		return refuse("place", "it copies over the root directory")
	case t.lost != "":
		return refuse("unknown", "%s", t.lost)
	}
	for dir := path.Dir(c.dest); dir != "/"; dir = path.Dir(dir) {
		switch k := t.at(dir); {
		case k == absent, k == plain && c.root():
		case k == plain:
			return refuse("owner", "%s is there, and would get the owner of what is copied", dir)
		default:
			return refuse("unknown", "%s may be a link, or have another mode or owner", dir)
		}
	}
	switch k := t.at(c.dest); {
	case k == absent:
		return nil
	case k != plain:
		return refuse("there", "%s may be there, and may be a link or a directory", c.dest)
	case !c.folder && !c.many || !c.root():
		return refuse("there", "%s is a directory", c.dest)
	case c.remote || len(c.names) > 0:
		return nil
	}
	return refuse("there", "%s is there, and would get the mode of a directory, should one be copied", c.dest)
}

// regular gives the names of what is copied from the build context, when all are files: a directory would
// give its mode to the one that is there.
func (j *job) regular(c *transfer) (names []string) {
	if !c.folder && !c.many || !c.root() || c.chmod || c.odd != "" || c.add {
		return nil
	}
	for _, s := range c.sources {
		list, err := j.host.ListFiles(j.ctx, []string{strings.TrimPrefix(path.Clean("/"+s), "/")})
		if err != nil || len(list) == 0 || strings.Trim(s, "./") == "" {
			return nil
		}
		for _, f := range list {
			if !f.Mode.IsRegular() {
				return nil
			}
			names = append(names, path.Base(f.Path))
		}
	}
	return names
}
