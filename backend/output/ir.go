package output

import (
	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/source"
)

func irText() Output {
	return Output{
		Name: "ir", Call: "ir", Ext: ".ir", Comment: "//",
		Doc:   "the intermediate representation after the plugins",
		Lower: ofModule(func(m *ir.Module, _ *source.Set) (string, error) { return ir.Print(m), nil }),
	}
}
