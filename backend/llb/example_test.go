package llb_test

import (
	"context"
	"fmt"

	"github.com/seed-e0495807/strake/backend/llb"
	"github.com/seed-e0495807/strake/lang/source"
)

// Compile gives an llb.State and the config of the image that it becomes.
func ExampleCompile() {
	ctx := context.Background()
	src := source.NewFile("Dockerfile", "FROM scratch\nCOPY hello /\nENTRYPOINT [\"/hello\"]\n")
	result, err := llb.Compile(ctx, src, llb.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	def, err := result.State.Marshal(ctx)
	fmt.Println(len(def.Def), "vertices,", result.Image.Config.Entrypoint, err)
	// Output: 3 vertices, [/hello] <nil>
}

// An error is a list of diagnostics: all that is wrong with the file.
func ExampleCompile_error() {
	src := source.NewFile("Dockerfile", "FROM scratch\nCOPPY hello /\nENV A\n")
	_, err := llb.Compile(context.Background(), src, llb.Options{})
	fmt.Println(err)
	// Output: unknown instruction: COPPY, and 1 more error
}
