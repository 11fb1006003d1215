package compile_test

import (
	"context"
	"fmt"

	"github.com/seed-e0495807/strake/backend/compile"
	"github.com/seed-e0495807/strake/backend/dockerfile"
	"github.com/seed-e0495807/strake/lang/source"
	"github.com/seed-e0495807/strake/plugins/builtin"
	"github.com/seed-e0495807/strake/plugins/config"
)

// A library runs the plugins of a strake.yaml as the program does.
func Example() {
	ctx := context.Background()
	file, found := config.Load(ctx, "testdata/strake.yaml", &source.Set{}) // it uses the plugin packages
	if found.HasErrors() {
		fmt.Println(found)
		return
	}
	plugins, found, err := file.Pipeline(ctx, config.Env{Builtins: builtin.All()})
	if err != nil || found.HasErrors() {
		fmt.Println(found, err)
		return
	}
	defer plugins.Close()
	s := compile.New(compile.Config{Name: "Dockerfile", Text: "FROM debian:12\nPACKAGES vim\n", Plugins: plugins})
	m, _, err := s.Expanded(ctx)
	if err != nil {
		fmt.Println(err) // a diag.List: every error with its place and a hint
		return
	}
	text, err := dockerfile.Print(m)
	fmt.Println(text, err)
	// Output:
	// FROM debian:12
	// RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends vim && apt-get clean && rm -rf /var/lib/apt/lists/*
	//  <nil>
}

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
	// Dockerfile:2:1: Maintainer instruction is deprecated in favor of using label [MaintainerDeprecated]
	// Dockerfile:3:1: unknown instruction: COPPY [unknown-instruction]
	// <nil>
}
