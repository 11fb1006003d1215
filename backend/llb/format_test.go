package llb_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"google.golang.org/protobuf/proto"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/format"
	"github.com/seed-e0495807/strake/lang/source"
)

// formatted is the text of a case as strake fmt writes it.
func formatted(c cases.Case) string {
	text, _ := format.Source(source.NewFile("Dockerfile", c.Dockerfile), format.Options{})
	return text
}

// rebuilds says what a build of another text would do that one of the case does not: by
// BuildKit's own frontend and by ours. "" is nothing: the build cache holds for both.
func rebuilds(c cases.Case, text string) string {
	after := c
	after.Dockerfile = text
	for _, target := range targets(c) {
		c.Target, after.Target = target, target
		want, wantDef, wantErr := oracleConvert(c)
		got, gotDef, err := oracleConvert(after)
		if (err != nil) != (wantErr != nil) {
			return fmt.Sprintf("BuildKit said %v, now it says %v", wantErr, err)
		}
		if err == nil {
			was, _ := json.Marshal(want.Image)
			is, _ := json.Marshal(got.Image)
			if d := diffCached(wantDef, gotDef, was, is); d != "" {
				return "BuildKit: " + d
			}
		}
		ours, oursDef, oursErr := compile(c)
		then, thenDef, err := compile(after)
		if (err != nil) != (oursErr != nil) {
			return fmt.Sprintf("strake said %v, now it says %v", oursErr, err)
		}
		if err == nil {
			was, _ := ours.Config()
			is, _ := then.Config()
			if d := diffCached(oursDef, thenDef, was, is); d != "" {
				return "strake: " + d
			}
		}
	}
	return ""
}

// targets are what a case builds, and each of its stages.
func targets(c cases.Case) []string {
	out := []string{c.Target}
	file, _ := lang.Parse(source.NewFile("Dockerfile", c.Dockerfile))
	for _, in := range file.Instructions() {
		if _, ok := in.(*lang.From); ok && len(out) < 20 {
			out = append(out, strconv.Itoa(len(out)-1))
		}
	}
	return out
}

// diffCached compares what the cache and the image are made of: every vertex, its metadata
// but for what it is called, and the config with its history.
func diffCached(want, got *llb.Definition, was, is []byte) string {
	if !bytes.Equal(was, is) {
		return fmt.Sprintf("config\nwant %s\ngot  %s", was, is)
	}
	for i := range max(len(want.Def), len(got.Def)) {
		if i >= len(got.Def) || i >= len(want.Def) || !bytes.Equal(want.Def[i], got.Def[i]) {
			return diffDefinition(want, got)
		}
	}
	for d, md := range want.Metadata {
		w, g := md.ToPB(), got.Metadata[d].ToPB()
		for _, m := range []*pb.OpMetadata{w, g} {
			m.Description, m.ProgressGroup = nil, nil
		}
		if !proto.Equal(w, g) {
			return fmt.Sprintf("metadata of %s\nwant %s\ngot  %s", d, w, g)
		}
	}
	return ""
}

// TestFormatKeepsTheCache has the formatter write every case, and every file of the corpus.
func TestFormatKeepsTheCache(t *testing.T) {
	changed := 0
	check := func(name string, c cases.Case) {
		text := formatted(c)
		if text == c.Dockerfile || c.Accept != "" {
			return
		}
		changed++
		if diff := rebuilds(c, text); diff != "" {
			t.Errorf("%s: %s\n%s", name, diff, text)
		}
	}
	for _, c := range cases.All() {
		check(c.Name, c)
	}
	t.Logf("%d of %d cases changed", changed, len(cases.All()))
	files, _, err := cases.Corpus()
	if err != nil {
		t.Fatal(err)
	}
	changed = 0
	for _, f := range files {
		check(f.Name, cases.Case{Dockerfile: string(f.Data)})
	}
	t.Logf("%d of %d files changed", changed, len(files))
}

// TestFormatMutants holds that the comparison sees what a formatter must not do.
func TestFormatMutants(t *testing.T) {
	const text = "FROM alpine\nENV A=\"x  y\" B=1\nRUN a  &&     b\nLABEL l='$A'\nONBUILD run  x\nCOPY <<E /f\n x\nE\nCMD [\"a\", \"b\"]\n"
	for name, edit := range map[string][2]string{
		"a blank in a RUN":       {"a  &&", "a &&"},
		"an indentation":         {"    b", "b"},
		"quotes that matter":     {`"x  y"`, `"x y"`},
		"quotes of a label":      {`'$A'`, `$A`},
		"the case of a trigger":  {"run", "RUN"},
		"blanks in a trigger":    {"run  x", "run x"},
		"a here document":        {"\n x", "\nx"},
		"an array":               {`["a", "b"]`, `a b`},
		"the order of variables": {`A="x  y" B=1`, `B=1 A="x  y"`},
	} {
		mutant := strings.Replace(text, edit[0], edit[1], 1)
		if mutant == text || rebuilds(cases.Case{Dockerfile: text}, mutant) == "" {
			t.Errorf("%s: no difference is seen", name)
		}
	}
}
