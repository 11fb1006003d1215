package output

import (
	"github.com/seed-e0495807/strake/backend/dockerfile"
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/source"
)

func plain() Output {
	return Output{
		Name: "dockerfile", Ext: ".Dockerfile", Comment: "#", Whole: true,
		Doc:   "the module as a plain Dockerfile",
		Lower: ofModule(func(m *ir.Module, _ *source.Set) (string, error) { return dockerfile.Print(m) }),
	}
}
