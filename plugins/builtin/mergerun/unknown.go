package mergerun

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
)

// unknown says for which programs that no table has the author of the config takes the
// risk: "apart" is for none, "merge" for all, and a list for those of these names.
type unknown struct {
	all   bool
	names []string
}

// UnmarshalJSON reads a word or a list.
func (u *unknown) UnmarshalJSON(data []byte) error {
	var word string
	if json.Unmarshal(data, &word) == nil {
		if word != "merge" && word != "apart" {
			return fmt.Errorf("unknown: %q is neither merge nor apart", word)
		}
		*u = unknown{all: word == "merge"}
		return nil
	}
	*u = unknown{}
	return json.Unmarshal(data, &u.names)
}

// accepts tells whether the risk of a program is taken. A name without a directory is
// that of programs in all.
func (u unknown) accepts(name string) bool {
	return u.all || slices.ContainsFunc(u.names, func(n string) bool {
		return n == name || !strings.Contains(n, "/") && n == path.Base(name)
	})
}
