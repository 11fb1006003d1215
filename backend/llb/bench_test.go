package llb_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/source"
)

func corpus(b *testing.B) []cases.Case {
	files, ok, err := cases.Corpus()
	if err != nil {
		b.Fatal(err)
	}
	if !ok {
		b.Skip("no corpus: set STRAKE_CORPUS to a tar.gz of Dockerfiles")
	}
	out := make([]cases.Case, len(files))
	for i, f := range files {
		out[i] = cases.Case{Name: f.Name, Dockerfile: string(f.Data)}
	}
	b.ReportAllocs()
	return out
}

func BenchmarkParse(b *testing.B) {
	b.Run("BuildKit", func(b *testing.B) {
		files := corpus(b)
		data := make([][]byte, len(files))
		for i := range files {
			data[i] = []byte(files[i].Dockerfile)
		}
		for b.Loop() {
			for _, dt := range data {
				if r, err := parser.Parse(bytes.NewReader(dt)); err == nil {
					_, _, _ = instructions.Parse(r.AST, nil)
				}
			}
		}
	})
	b.Run("Strake", func(b *testing.B) {
		files := corpus(b)
		for b.Loop() {
			for _, c := range files {
				f, _ := lang.Parse(source.NewFile(c.Name, c.Dockerfile))
				lang.Unclaimed(f)
			}
		}
	})
}

func BenchmarkCompile(b *testing.B) {
	b.Run("BuildKit", func(b *testing.B) {
		files := corpus(b)
		for b.Loop() {
			for _, c := range files {
				_, _, _ = oracleConvert(c)
			}
		}
	})
	b.Run("Strake", func(b *testing.B) {
		files := corpus(b)
		for b.Loop() {
			for _, c := range files {
				r, _, err := compile(c)
				if err == nil {
					_, _ = r.Config()
				}
			}
		}
	})
}

var _ = context.Background
var _ llb.State
