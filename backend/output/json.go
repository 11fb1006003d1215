package output

import (
	"encoding/json"
	"fmt"
	"io"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"

	"github.com/seed-e0495807/strake/lang/diag"
)

func jsonGraph() Output {
	return Output{
		Name: "json", Ext: ".json", Platforms: true,
		Doc: "the vertices of the LLB, one a line, as \"buildctl debug dump-llb\" prints them.\n" +
			"The output depends on the input only: local sources have a fixed id",
		Lower: ofLLB(writeJSON, bk.LocalUniqueID(fixedID)),
	}
}

// writeJSON writes one vertex a line, each behind those it reads.
func writeJSON(w io.Writer, def *bk.Definition) error {
	list, err := vertices(def)
	if err != nil {
		return err
	}
	for _, v := range list {
		line, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if _, err := w.Write(append(diag.PrintableJSON(line), '\n')); err != nil {
			return err
		}
	}
	return nil
}

// vertex is a vertex with its metadata. The names of its fields are those of
// the output.
type vertex struct {
	Op         *pb.Op
	Digest     digest.Digest
	OpMetadata *pb.OpMetadata
}

func vertices(def *bk.Definition) ([]vertex, error) {
	list := make([]vertex, len(def.Def))
	for i, dt := range def.Def {
		op := &pb.Op{}
		if err := op.UnmarshalVT(dt); err != nil {
			return nil, fmt.Errorf("failed to parse op: %w", err)
		}
		dgst := digest.FromBytes(dt)
		list[i] = vertex{op, dgst, def.Metadata[dgst].ToPB()}
	}
	return list, nil
}
