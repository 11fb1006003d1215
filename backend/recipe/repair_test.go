package recipe

import (
	"slices"
	"strings"
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// TestRepair has images that came out otherwise than they were to be.
func TestRepair(t *testing.T) {
	for name, c := range map[string]struct {
		built, layer []entry
		names        string
		want         string
		left         string // names that stay as they are
	}{
		"directory that is not there":         {nil, []entry{dir("srv/d").owner(1000, 1000).mode(0o750)}, "/srv/d", "RUN install -d -m 0750 -o app -g app /srv/d", ""},
		"directory of another":                {[]entry{dir("srv/d").owner(5, 5)}, []entry{dir("srv/d").mode(0o700)}, "/srv/d", "RUN chown root:root /srv/d \\\n && chmod 0700 /srv/d", ""},
		"file of another":                     {[]entry{file("srv/x", "x")}, []entry{file("srv/x", "x").owner(1000, 1000).mode(0o600)}, "/srv/x", "RUN chown app:app /srv/x \\\n && chmod 0600 /srv/x", ""},
		"another content":                     {[]entry{file("srv/x", "x")}, []entry{file("srv/x", "y")}, "/srv/x", "ADD files/exact2.tar /", ""},
		"with its directory":                  {nil, []entry{dir("srv/d").mode(0o700), file("srv/d/x", "y")}, "/srv/d /srv/d/x", "ADD files/exact2.tar /", ""},
		"both":                                {nil, []entry{dir("srv/d").mode(0o700), file("srv/x", "y")}, "/srv/d /srv/x", "RUN install -d -m 0700 /srv/d\nADD files/exact3.tar /", ""},
		"too much":                            {[]entry{file("srv/x", "x")}, nil, "/srv/x", "RUN rm -rf /srv/x", ""},
		"file for a directory":                {[]entry{dir("srv/d"), file("srv/d/x", "")}, []entry{file("srv/d", "y")}, "/srv/d /srv/d/x", "RUN rm -rf /srv/d\nADD files/exact3.tar /", ""},
		"directory for a file":                {[]entry{file("srv/d", "")}, []entry{dir("srv/d").mode(0o700)}, "/srv/d", "RUN rm -rf /srv/d\nRUN install -d -m 0700 /srv/d", ""},
		"another link":                        {[]entry{symlink("srv/l", "a")}, []entry{symlink("srv/l", "b")}, "/srv/l", "ADD files/exact2.tar /", ""},
		"link of another":                     {[]entry{symlink("srv/l", "a")}, []entry{symlink("srv/l", "a").owner(1000, 1000)}, "/srv/l", "RUN chown -h app:app /srv/l", ""},
		"hard links":                          {[]entry{file("srv/x", "x"), file("srv/y", "x")}, []entry{file("srv/x", "x"), hardlink("srv/y", "srv/x")}, "/srv/y", "RUN rm -rf /srv/x /srv/y\nADD files/exact2.tar /", ""},
		"mode of a hard link":                 {[]entry{file("srv/x", "x"), hardlink("srv/y", "srv/x")}, []entry{file("srv/x", "x").mode(0o600), hardlink("srv/y", "srv/x").mode(0o600)}, "/srv/x /srv/y", "RUN rm -rf /srv/x /srv/y\nADD files/exact2.tar /", ""},
		"attribute":                           {[]entry{dir("srv/d")}, []entry{dir("srv/d").xattr("user.x", "y")}, "/srv/d", "ADD files/exact2.tar /", ""},
		"capability that chown takes":         {[]entry{file("srv/x", "x").xattr(capability, "y")}, []entry{file("srv/x", "x").owner(1000, 1000).xattr(capability, "y")}, "/srv/x", "ADD files/exact2.tar /", ""},
		"owner that only the container knows": {[]entry{file("etc/passwd", "root:x:0:0::/root:/bin/sh\n"), file("etc/group", "root:x:0:\n"), file("srv/x", "x")}, []entry{file("srv/x", "x").owner(1000, 1000)}, "/srv/x", "RUN chown 1000:1000 /srv/x", ""},
		"secret":                              {[]entry{file("srv/.netrc", "x"), file("srv/x", "x")}, []entry{file("srv/.netrc", "y"), file("srv/x", "y")}, "/srv/.netrc /srv/x", "ADD files/exact2.tar /", "/srv/.netrc"},
		"hashes":                              {[]entry{file("etc/shadow", "a:!:1:\n")}, []entry{file("etc/shadow", "a:x:1:\n").mode(0o600)}, "/etc/shadow", "", "/etc/shadow"},
		"mode of hashes":                      {[]entry{file("etc/shadow", "a:!:1:\n")}, []entry{file("etc/shadow", "a:!:1:\n").mode(0o600)}, "/etc/shadow", "RUN chmod 0600 /etc/shadow", ""},
		"what is left out":                    {nil, []entry{file("root/.bash_history", "x")}, "/root/.bash_history", "", "/root/.bash_history"},
	} {
		t.Run(name, func(t *testing.T) {
			b := blobs{}
			base := append(programs(), dir("srv"), dir("etc"), dir("root"))
			r, err := Read(t.Context(), Input{Before: image(t, b, ocispecs.ImageConfig{}, base), After: image(t, b, ocispecs.ImageConfig{}, base, c.layer), Name: "base"})
			if err != nil {
				t.Fatal(err)
			}
			r.Steps = []Step{{Kind: Metadata, Instruction: "CMD x"}} // as if none had made it
			names := strings.Fields(c.names)
			taken, err := r.Repair(t.Context(), image(t, b, ocispecs.ImageConfig{}, base, c.built), names)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSuffix(strings.TrimSuffix(instructions(r), "CMD x"), "\n"); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			want := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return slices.Contains(strings.Fields(c.left), n) })
			if !slices.Equal(taken, want) {
				t.Errorf("taken: %q", taken)
			}
		})
	}
}

// TestArchiveNames holds that no archive gets the name of another.
func TestArchiveNames(t *testing.T) {
	r := &Recipe{Steps: []Step{{Files: []File{{Name: "files/exact2.tar"}}}}}
	if got := r.archiveName(); got != "files/exact3.tar" {
		t.Error(got)
	}
}
