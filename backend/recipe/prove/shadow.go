package prove

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
)

// shadowFile has hashes of passwords, and the day on which each was changed last: shadow(5).
const shadowFile = "/etc/shadow"

// lastChange is what two files of shadow are the same but for.
const lastChange = "the day on which passwords were changed last"

// shadows judges the files of passwords. With the day of the last change put aside, they are the same
// in another form; with the hashes that A has put aside as well, where these are left out on purpose,
// they are what was meant. All else in them counts.
func shadows(ctx context.Context, r *validate.Reader, a, b *validate.Tree, d *validate.Difference) (meant bool, err error) {
	if d.Path != shadowFile || d.Change != validate.Changed || !contentOnly(*d) {
		return true, nil
	}
	var texts [2][]string
	for i, t := range []*validate.Tree{a, b} {
		err := r.Contents(ctx, []*validate.Node{t.At(shadowFile)}, func(_ []*validate.Node, body io.Reader) error {
			data, err := io.ReadAll(io.LimitReader(body, 1<<20))
			texts[i] = strings.Split(string(data), "\n")
			return err
		})
		if err != nil {
			return false, err
		}
	}
	same, meant := compareShadows(texts[0], texts[1])
	if same {
		for i := range d.Aspects {
			d.Aspects[i].Form = lastChange
		}
	}
	return meant, nil
}

// compareShadows compares lines without the day, and without the hashes that only A has.
func compareShadows(a, b []string) (same, meant bool) {
	if len(a) != len(b) {
		return false, false
	}
	same, meant = true, true
	for i := range a {
		x, y := strings.Split(a[i], ":"), strings.Split(b[i], ":")
		if len(x) == 9 && len(y) == 9 {
			x[2], y[2] = "", ""
			same = same && slices.Equal(x, y)
			if strings.HasPrefix(x[1], "$") && (y[1] == "!" || y[1] == "*") {
				x[1], y[1] = "", ""
			}
		}
		if !slices.Equal(x, y) {
			return false, false
		}
	}
	return same, meant
}
