package llb_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	"google.golang.org/protobuf/proto"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/source"
)

// What another text of a Dockerfile has a build make, for tests of what rewrites one.

// made is what a text is compiled to.
type made struct {
	def    *llb.Definition
	config []byte // of the image
}

// differs says what is other in what another text is compiled to than in what a case is: by
// BuildKit's own frontend or by ours, for what the case builds or for one of its stages. "" is
// nothing.
func differs(c cases.Case, text string, other func(want, got made) string) string {
	after := c
	after.Dockerfile = text
	for _, target := range targets(c) {
		c.Target, after.Target = target, target
		for name, compile := range map[string]func(cases.Case) (made, error){"BuildKit": madeByBuildKit, "strake": madeByUs} {
			want, wantErr := compile(c)
			got, err := compile(after)
			if (err != nil) != (wantErr != nil) {
				return fmt.Sprintf("%s said %v, now it says %v", name, wantErr, err)
			}
			if err == nil {
				if d := other(want, got); d != "" {
					return name + ": " + d
				}
			}
		}
	}
	return ""
}

func madeByBuildKit(c cases.Case) (made, error) {
	r, def, err := oracleConvert(c)
	if err != nil {
		return made{}, err
	}
	config, err := json.Marshal(r.Image)
	return made{def, config}, err
}

func madeByUs(c cases.Case) (made, error) {
	r, def, err := compile(c)
	if err != nil {
		return made{}, err
	}
	config, err := r.Config()
	return made{def, config}, err
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

// otherGraph compares vertices, and configs but for their history.
func otherGraph(want, got made) string {
	if a, b := withoutHistory(want.config), withoutHistory(got.config); !bytes.Equal(a, b) {
		return fmt.Sprintf("config\nwant %s\ngot  %s", a, b)
	}
	for i := range max(len(want.def.Def), len(got.def.Def)) {
		if i >= len(got.def.Def) || i >= len(want.def.Def) || !bytes.Equal(want.def.Def[i], got.def.Def[i]) {
			return diffDefinition(want.def, got.def)
		}
	}
	return ""
}

func withoutHistory(config []byte) []byte {
	var fields map[string]json.RawMessage
	if json.Unmarshal(config, &fields) != nil {
		return config
	}
	delete(fields, "history")
	out, _ := json.Marshal(fields)
	return out
}

// otherCache compares what the cache and the image are made of: the graph, the metadata of each
// vertex but for what it is called, and the history.
func otherCache(want, got made) string {
	if !bytes.Equal(want.config, got.config) {
		return fmt.Sprintf("config\nwant %s\ngot  %s", want.config, got.config)
	}
	if d := otherGraph(want, got); d != "" {
		return d
	}
	for d, md := range want.def.Metadata {
		w, g := md.ToPB(), got.def.Metadata[d].ToPB()
		for _, m := range []*pb.OpMetadata{w, g} {
			m.Description, m.ProgressGroup = nil, nil
		}
		if !proto.Equal(w, g) {
			return fmt.Sprintf("metadata of %s\nwant %s\ngot  %s", d, w, g)
		}
	}
	return ""
}
