package compile_test

import (
	"context"
	"fmt"

	"github.com/seed-e0495807/strake/backend/compile"
)

// A Snapshot gives an llb.State and the config of the image that it becomes.
func ExampleSnapshot_LLB() {
	ctx := context.Background()
	s := compile.New(compile.Config{Name: "Dockerfile", Text: "FROM scratch\nCOPY hello /\nENTRYPOINT [\"/hello\"]\n"})
	result, err := s.LLB(ctx, compile.Default)
	if err != nil {
		fmt.Println(err)
		return
	}
	def, err := result.State.Marshal(ctx)
	fmt.Println(len(def.Def), "vertices,", result.Image.Config.Entrypoint, err)
	// Output: 3 vertices, [/hello] <nil>
}

// Findings are all that the compiler, the plugins and the build checks say of the Dockerfile.
func ExampleSnapshot_Findings() {
	s := compile.New(compile.Config{Name: "Dockerfile", Text: "FROM scratch\nMAINTAINER me\nCOPPY hello /\n"})
	found, err := s.Findings(context.Background())
	for _, d := range found {
		fmt.Printf("%s: %s [%s]\n", s.Files().File(d.Span.File).Position(d.Span.Start), d.Message, d.Code)
	}
	fmt.Println(err)
	// Output:
	// Dockerfile:3:1: unknown instruction: COPPY [unknown-instruction]
	// Dockerfile:2:1: Maintainer instruction is deprecated in favor of using label [MaintainerDeprecated]
	// <nil>
}
