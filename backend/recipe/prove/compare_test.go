package prove

import (
	"slices"
	"testing"

	"github.com/moby/patternmatcher"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
	"github.com/seed-e0495807/strake/backend/recipe"
	"github.com/seed-e0495807/strake/backend/validate"
)

// TestSort holds what a pattern of what is left out excuses, and that it excuses no more.
func TestSort(t *testing.T) {
	content := validate.Aspect{What: "content", A: "1 byte", B: "2 bytes"}
	mode := validate.Aspect{What: "mode", A: "0644", B: "0600"}
	form := validate.Aspect{What: "content", A: "1 byte", B: "2 bytes", Form: "the spelling of JSON"}
	for _, c := range []struct {
		name   string
		d      validate.Difference
		class  string
		answer validate.Judgement
	}{
		{"only in the image", validate.Difference{Path: "/var/log/dpkg.log", Change: validate.Removed}, "missing", validate.EqualUpTo},
		{"only made by the steps", validate.Difference{Path: "/var/log/apt/term.log", Change: validate.Added}, "made", validate.EqualUpTo},
		{"another content", validate.Difference{Path: "/var/log/dpkg.log", Change: validate.Changed, Aspects: []validate.Aspect{content}}, "other", validate.EqualUpTo},
		{"another mode of what is left out", validate.Difference{Path: "/var/log/dpkg.log", Change: validate.Changed, Aspects: []validate.Aspect{mode}}, "files", validate.NotEqual},
		{"content and mode", validate.Difference{Path: "/var/log/dpkg.log", Change: validate.Changed, Aspects: []validate.Aspect{mode, content}}, "files", validate.NotEqual},
		{"the directory itself", validate.Difference{Path: "/var/log", Change: validate.Changed, Aspects: []validate.Aspect{mode}}, "files", validate.NotEqual},
		{"a name that begins alike", validate.Difference{Path: "/var/logs", Change: validate.Removed}, "files", validate.NotEqual},
		{"another form", validate.Difference{Path: "/etc/a.json", Change: validate.Changed, Aspects: []validate.Aspect{form}}, "forms", validate.EqualUpTo},
		{"a difference", validate.Difference{Path: "/etc/a.json", Change: validate.Changed, Aspects: []validate.Aspect{content}}, "files", validate.NotEqual},
	} {
		m, err := patternmatcher.New([]string{"var/log/**"})
		if err != nil {
			t.Fatal(err)
		}
		p := &Proof{Left: []Left{{LeftOut: recipe.LeftOut{Pattern: "/var/log/**"}, matcher: m}}}
		p.sort(c.d, true)
		p.decide()
		got := map[string]bool{"missing": len(p.Left[0].Missing) == 1, "made": len(p.Left[0].Made) == 1, "other": len(p.Left[0].Other) == 1, "files": len(p.Files) == 1, "forms": len(p.Forms) == 1}
		for class, is := range got {
			if is != (class == c.class) {
				t.Errorf("%s: it is %s: %v", c.name, class, is)
			}
		}
		if p.Answer != c.answer {
			t.Errorf("%s: %s, not %s", c.name, p.Answer, c.answer)
		}
		if want := c.class == "files"; slices.Contains(p.repairable(), c.d.Path) != want {
			t.Errorf("%s: it is repaired: %v", c.name, !want)
		}
	}
}

// TestMountPoints holds that directories which a RUN had to make are told, and that they alone are excused.
func TestMountPoints(t *testing.T) {
	b := layertest.Blobs{}
	image := func(items ...layertest.Item) *validate.Image {
		m := b.Image(t, ocispecs.Image{Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}}, layertest.Tar(t, items...))
		img, err := validate.FromManifest(t.Context(), b, "test", m)
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	etc, dev, proc := layertest.Dir("etc"), layertest.Dir("dev"), layertest.Dir("proc")
	for _, c := range []struct {
		name   string
		a, b   *validate.Image
		answer validate.Judgement
	}{
		{"made by a RUN", image(etc), image(etc, dev, proc), validate.EqualUpTo},
		{"there in both", image(etc, dev), image(etc, dev), validate.Equal},
		{"another mode", image(etc, dev), image(etc, dev.WithMode(0o700)), validate.NotEqual},
		{"not made", image(etc, dev), image(etc), validate.NotEqual},
		{"another directory", image(etc), image(etc, layertest.Dir("srv")), validate.NotEqual},
	} {
		p, err := Compare(t.Context(), validate.NewReader(validate.Usual()), c.a, c.b, nil)
		if err != nil || p.Answer != c.answer {
			t.Errorf("%s: %s, not %s: %v", c.name, p.Answer, c.answer, err)
		}
		if c.answer == validate.EqualUpTo && (len(p.Left) != 2 || p.Left[0].Pattern != "/dev" || !slices.Equal(p.Left[1].Made, []string{"/proc"})) {
			t.Errorf("%s: left out: %+v", c.name, p.Left)
		}
	}
}

// TestPath holds that the PATH which a build sets where the base has none is told and excused, and no other
// variable, and no other PATH; and that a variable which is left out may be missing, and may not be there.
func TestPath(t *testing.T) {
	b := layertest.Blobs{}
	image := func(env ...string) *validate.Image {
		c := ocispecs.Image{Platform: ocispecs.Platform{OS: "linux", Architecture: "amd64"}}
		c.Config.Env = env
		img, err := validate.FromManifest(t.Context(), b, "test", b.Image(t, c, layertest.Tar(t, layertest.Dir("etc"))))
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	const path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	secret := []recipe.LeftOut{{Pattern: recipe.ConfigPattern("Env TOKEN"), Secret: true}}
	for _, c := range []struct {
		name   string
		a, b   *validate.Image
		left   []recipe.LeftOut
		answer validate.Judgement
	}{
		{"set by the build", image(), image(path), nil, validate.EqualUpTo},
		{"there in both", image(path), image(path), nil, validate.Equal},
		{"another one", image(), image("PATH=/bin"), nil, validate.NotEqual},
		{"changed", image("PATH=/bin"), image(path), nil, validate.NotEqual},
		{"gone", image(path), image(), nil, validate.NotEqual},
		{"another variable", image(), image(path, "HOME=/"), nil, validate.NotEqual},
		{"a secret is missing", image("TOKEN=x"), image(), secret, validate.EqualUpTo},
		{"a secret is as in the base", image("TOKEN=x"), image("TOKEN="), secret, validate.EqualUpTo},
		{"a secret is there", image(), image("TOKEN=x"), secret, validate.NotEqual},
		{"another is missing", image("TOKENS=x"), image(), secret, validate.NotEqual},
	} {
		p, err := Compare(t.Context(), validate.NewReader(validate.Usual()), c.a, c.b, c.left)
		if err != nil || p.Answer != c.answer {
			t.Errorf("%s: %s, not %s: %v", c.name, p.Answer, c.answer, err)
		}
	}
}

// TestShadows holds that of a file of passwords the day does not count, and that nothing is left out but
// a hash where nobody can log in by a password instead.
func TestShadows(t *testing.T) {
	a := []string{"root:*:20787:0:99999:7:::", "ada:$y$j9T$x$y:20787:0:99999:7:::", ""}
	for name, c := range map[string]struct {
		b           []string
		same, meant bool
	}{
		"equal":            {a, true, true},
		"another day":      {[]string{"root:*:20788:0:99999:7:::", "ada:$y$j9T$x$y:20788:0:99999:7:::", ""}, true, true},
		"locked":           {[]string{"root:*:20787:0:99999:7:::", "ada:!:20787:0:99999:7:::", ""}, false, true},
		"no password":      {[]string{"root:*:20787:0:99999:7:::", "ada::20787:0:99999:7:::", ""}, false, false},
		"another hash":     {[]string{"root:*:20787:0:99999:7:::", "ada:$y$j9T$x$z:20787:0:99999:7:::", ""}, false, false},
		"root is open":     {[]string{"root::20787:0:99999:7:::", "ada:!:20787:0:99999:7:::", ""}, false, false},
		"another limit":    {[]string{"root:*:20787:0:99999:7:::", "ada:!:20787:0:30:7:::", ""}, false, false},
		"nobody":           {[]string{"root:*:20787:0:99999:7:::", ""}, false, false},
		"somebody else":    {[]string{"root:*:20787:0:99999:7:::", "bob:!:20787:0:99999:7:::", ""}, false, false},
		"one more":         {[]string{"root:*:20787:0:99999:7:::", "ada:!:20787:0:99999:7:::", "bob::20787:0:99999:7:::", ""}, false, false},
		"not a line of it": {[]string{"root:*:20787:0:99999:7:::", "ada:!", ""}, false, false},
	} {
		if same, meant := compareShadows(a, c.b); same != c.same || meant != c.meant {
			t.Errorf("%s: same %v, meant %v", name, same, meant)
		}
	}
}
