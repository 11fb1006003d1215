package lang_test

import (
	"fmt"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/source"
)

// A Dockerfile is parsed, a node of it is changed, and only its line prints anew.
func ExamplePrint() {
	file, errs := lang.Parse(source.NewFile("Dockerfile", "# what it is for\nFROM   debian:12\nUSER   root\n"))
	if errs.HasErrors() {
		fmt.Println(errs)
		return
	}
	file.Instructions()[1].(*lang.User).Name.Text = "app"
	fmt.Print(lang.Print(file))
	// Output:
	// # what it is for
	// FROM   debian:12
	// USER app
}

// All errors of a file come at once, each with its place and what to do.
func ExampleParse_error() {
	_, errs := lang.Parse(source.NewFile("Dockerfile", "FROM debian:12\nRUN --mont=type=cache true\nCOPY --chwon=app . /\n"))
	for _, d := range errs {
		fmt.Println(d.Code, d)
	}
	// Output:
	// unknown-flag unknown flag: --mont of RUN; did you mean `--mount`?
	// unknown-flag unknown flag: --chwon of COPY; did you mean `--chown`?
}
