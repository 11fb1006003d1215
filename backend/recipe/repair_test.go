package recipe

import (
	"slices"
	"strings"
	"testing"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
)

// TestRepair has images that came out otherwise than they were to be.
func TestRepair(t *testing.T) {
	for name, c := range map[string]struct {
		built, layer []layertest.Item
		names        string
		want         string
		left         string // names that stay as they are
	}{
		"directory that is not there":         {nil, []layertest.Item{layertest.Dir("srv/d").OwnedBy(1000, 1000).WithMode(0o750)}, "/srv/d", "RUN install -d -m 0750 -o app -g app /srv/d", ""},
		"directory of another":                {[]layertest.Item{layertest.Dir("srv/d").OwnedBy(5, 5)}, []layertest.Item{layertest.Dir("srv/d").WithMode(0o700)}, "/srv/d", "RUN chown root:root /srv/d \\\n && chmod 0700 /srv/d", ""},
		"file of another":                     {[]layertest.Item{layertest.File("srv/x", "x")}, []layertest.Item{layertest.File("srv/x", "x").OwnedBy(1000, 1000).WithMode(0o600)}, "/srv/x", "RUN chown app:app /srv/x \\\n && chmod 0600 /srv/x", ""},
		"another content":                     {[]layertest.Item{layertest.File("srv/x", "x")}, []layertest.Item{layertest.File("srv/x", "y")}, "/srv/x", "ADD files/exact2.tar /", ""},
		"with its directory":                  {nil, []layertest.Item{layertest.Dir("srv/d").WithMode(0o700), layertest.File("srv/d/x", "y")}, "/srv/d /srv/d/x", "ADD files/exact2.tar /", ""},
		"both":                                {nil, []layertest.Item{layertest.Dir("srv/d").WithMode(0o700), layertest.File("srv/x", "y")}, "/srv/d /srv/x", "RUN install -d -m 0700 /srv/d\nADD files/exact3.tar /", ""},
		"too much":                            {[]layertest.Item{layertest.File("srv/x", "x")}, nil, "/srv/x", "RUN rm -rf /srv/x", ""},
		"file for a directory":                {[]layertest.Item{layertest.Dir("srv/d"), layertest.File("srv/d/x", "")}, []layertest.Item{layertest.File("srv/d", "y")}, "/srv/d /srv/d/x", "RUN rm -rf /srv/d\nADD files/exact3.tar /", ""},
		"directory for a file":                {[]layertest.Item{layertest.File("srv/d", "")}, []layertest.Item{layertest.Dir("srv/d").WithMode(0o700)}, "/srv/d", "RUN rm -rf /srv/d\nRUN install -d -m 0700 /srv/d", ""},
		"another link":                        {[]layertest.Item{layertest.Symlink("srv/l", "a")}, []layertest.Item{layertest.Symlink("srv/l", "b")}, "/srv/l", "ADD files/exact2.tar /", ""},
		"link of another":                     {[]layertest.Item{layertest.Symlink("srv/l", "a")}, []layertest.Item{layertest.Symlink("srv/l", "a").OwnedBy(1000, 1000)}, "/srv/l", "RUN chown -h app:app /srv/l", ""},
		"hard links":                          {[]layertest.Item{layertest.File("srv/x", "x"), layertest.File("srv/y", "x")}, []layertest.Item{layertest.File("srv/x", "x"), layertest.Hardlink("srv/y", "srv/x")}, "/srv/y", "RUN rm -rf /srv/x /srv/y\nADD files/exact2.tar /", ""},
		"mode of a hard link":                 {[]layertest.Item{layertest.File("srv/x", "x"), layertest.Hardlink("srv/y", "srv/x")}, []layertest.Item{layertest.File("srv/x", "x").WithMode(0o600), layertest.Hardlink("srv/y", "srv/x").WithMode(0o600)}, "/srv/x /srv/y", "RUN rm -rf /srv/x /srv/y\nADD files/exact2.tar /", ""},
		"attribute":                           {[]layertest.Item{layertest.Dir("srv/d")}, []layertest.Item{layertest.Dir("srv/d").WithXattr("user.x", "y")}, "/srv/d", "ADD files/exact2.tar /", ""},
		"capability that chown takes":         {[]layertest.Item{layertest.File("srv/x", "x").WithXattr(capability, "y")}, []layertest.Item{layertest.File("srv/x", "x").OwnedBy(1000, 1000).WithXattr(capability, "y")}, "/srv/x", "ADD files/exact2.tar /", ""},
		"owner that only the container knows": {[]layertest.Item{layertest.File("etc/passwd", "root:x:0:0::/root:/bin/sh\n"), layertest.File("etc/group", "root:x:0:\n"), layertest.File("srv/x", "x")}, []layertest.Item{layertest.File("srv/x", "x").OwnedBy(1000, 1000)}, "/srv/x", "RUN chown 1000:1000 /srv/x", ""},
		"secret":                              {[]layertest.Item{layertest.File("srv/.netrc", "x"), layertest.File("srv/x", "x")}, []layertest.Item{layertest.File("srv/.netrc", "y"), layertest.File("srv/x", "y")}, "/srv/.netrc /srv/x", "ADD files/exact2.tar /", "/srv/.netrc"},
		"hashes":                              {[]layertest.Item{layertest.File("etc/shadow", "a:!:1:\n")}, []layertest.Item{layertest.File("etc/shadow", "a:x:1:\n").WithMode(0o600)}, "/etc/shadow", "", "/etc/shadow"},
		"mode of hashes":                      {[]layertest.Item{layertest.File("etc/shadow", "a:!:1:\n")}, []layertest.Item{layertest.File("etc/shadow", "a:!:1:\n").WithMode(0o600)}, "/etc/shadow", "RUN chmod 0600 /etc/shadow", ""},
		"what is left out":                    {nil, []layertest.Item{layertest.File("root/.bash_history", "x")}, "/root/.bash_history", "", "/root/.bash_history"},
	} {
		t.Run(name, func(t *testing.T) {
			b := layertest.Blobs{}
			base := append(programs(), layertest.Dir("srv"), layertest.Dir("etc"), layertest.Dir("root"))
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
