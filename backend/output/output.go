// Package output has the forms in which a Dockerfile leaves the compiler, a file each. The
// command line writes them by name (strake compile --emit), and a frontend answers its clients
// with some (--call). Both know the list only: what a form is called, and how its help goes on,
// stands with the code that makes it.
//
// The package may import lang, ir, and the backends that compile and dockerfile are.
package output

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	bk "github.com/moby/buildkit/client/llb"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// Output is a form in which a Dockerfile leaves the compiler.
type Output struct {
	Name string // of --emit
	Ext  string // of its files
	Doc  string // what it is, as a line of the help goes on behind the name
	// Call is what the client of a frontend asks for, behind "strake."; "" when it cannot.
	Call string

	// Comment starts a line that tells several in one stream apart; "" when there are none.
	Comment string
	Binary  bool // it is no text
	// Whole says that plugins expand all stages for it, not those alone that the target needs.
	Whole bool
	// Platforms says that there is another one for each platform.
	Platforms bool

	// Lower makes it of a snapshot: for a platform as in Snapshot.LLB, or Default. Beside it
	// there are warnings, and errors of plugins that did not keep it from being made.
	Lower Lower
}

// Lower makes an output.
type Lower func(ctx context.Context, s *compile.Snapshot, platform int) ([]byte, diag.List, error)

// All are the outputs, in the order in which the help lists them.
func All() []Output {
	return []Output{jsonGraph(), llb(), dot(), irText(), ast(), plain(), blame(), diff()}
}

// Named finds the output of a name.
func Named(name string) (Output, bool) {
	return find(func(o Output) bool { return o.Name == name })
}

// Asked are the outputs that a frontend's client can ask for, by their calls.
func Asked() []Output {
	list := slices.DeleteFunc(All(), func(o Output) bool { return o.Call == "" })
	slices.SortFunc(list, func(a, b Output) int { return strings.Compare(a.Call, b.Call) })
	return list
}

// Called finds the output that a frontend's client asks for.
func Called(call string) (Output, bool) {
	return find(func(o Output) bool { return o.Call != "" && o.Call == call })
}

func find(is func(Output) bool) (Output, bool) {
	list := All()
	i := slices.IndexFunc(list, is)
	if i < 0 {
		return Output{}, false
	}
	return list[i], true
}

// ofModule makes an output of the module after the plugins, also of one that plugins have found
// errors in. What a plugin could not expand is no module.
func ofModule(write func(*ir.Module, *source.Set) (string, error)) Lower {
	return func(ctx context.Context, s *compile.Snapshot, _ int) ([]byte, diag.List, error) {
		m, found, err := s.Targeted(ctx)
		var errs diag.List
		if m != nil && !m.HasCustom() && errors.As(err, &errs) {
			found, err = slices.Concat(found, errs), nil
		}
		if err != nil {
			return nil, found, err
		}
		text, err := write(m, s.Files())
		return []byte(text), found, err
	}
}

// fixedID is the id of local sources in an output that is to be compared.
const fixedID = "strake"

// ofLLB makes an output of the definition that a build solves.
func ofLLB(write func(io.Writer, *bk.Definition) error, marshal ...bk.ConstraintsOpt) Lower {
	return func(ctx context.Context, s *compile.Snapshot, platform int) ([]byte, diag.List, error) {
		r, err := s.LLB(ctx, platform)
		if err != nil {
			return nil, nil, err
		}
		def, err := r.State.Marshal(ctx, marshal...)
		if err != nil {
			return nil, nil, err
		}
		var b bytes.Buffer
		err = write(&b, def)
		return b.Bytes(), r.Diags, err
	}
}
