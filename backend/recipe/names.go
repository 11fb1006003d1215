package recipe

import (
	"context"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/backend/validate"
)

// names are those of users and groups.
type names struct{ users, groups map[int]string }

func (n names) user(id int) string  { return nameOr(n.users, id) }
func (n names) group(id int) string { return nameOr(n.groups, id) }

func nameOr(m map[int]string, id int) string {
	if name := m[id]; name != "" {
		return name
	}
	return strconv.Itoa(id)
}

// readNames reads whom files belong to, as the committed image has it.
func readNames(ctx context.Context, r *reading) (err error) {
	r.names, err = r.namesOf(ctx, r.after)
	return err
}

func (r *reading) namesOf(ctx context.Context, t *validate.Tree) (names, error) {
	var text [2]string
	for i, name := range []string{passwdFile, groupFile} {
		var err error
		if text[i], err = r.file(ctx, t, name); err != nil {
			return names{}, err
		}
	}
	return names{ids(text[0]), ids(text[1])}, nil
}

// ids reads the first name of each number in a table like passwd.
func ids(text string) map[int]string {
	m := map[int]string{}
	for line := range strings.SplitSeq(text, "\n") {
		f := strings.Split(line, ":")
		if len(f) < 3 {
			continue
		}
		if id, err := strconv.Atoi(f[2]); err == nil && m[id] == "" {
			m[id] = f[0]
		}
	}
	return m
}
