package splitcopy

import (
	"strings"
)

// golang reads go.mod (go.dev/ref/mod): what it has in the place of a module may be a directory.
func (r *reader) golang(in *install) *refusal {
	if no := first(
		func() *refusal { return r.needs(in, "go.mod") },
		func() *refusal { return r.without("vendor") },
	); no != nil {
		return no
	}
	for _, name := range in.reads {
		if strings.HasSuffix(name, "go.work") {
			return refuse("reads", "%s has a workspace of several modules", name)
		}
	}
	for line := range strings.Lines(r.files.read(r.place("go.mod"))) {
		line, _, _ = strings.Cut(line, "//")
		if _, by, ok := strings.Cut(line, "=>"); ok {
			if by = strings.TrimSpace(by); by == "" || strings.ContainsAny(by[:1], "./\\\"`") || len(strings.Fields(by)) != 2 {
				return refuse("reads", "%s has the directory %s in the place of a module", r.place("go.mod"), by)
			}
		}
	}
	return nil
}
