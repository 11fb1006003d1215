package output

import (
	"io"

	bk "github.com/moby/buildkit/client/llb"
	"google.golang.org/protobuf/proto"
)

func llb() Output {
	return Output{
		Name: "llb", Ext: ".llb", Binary: true, Platforms: true,
		Doc: "the binary definition that \"buildctl build\" reads. Local sources\n" +
			"have a random id, as two clients must not share a local source",
		Lower: ofLLB(writeBinary),
	}
}

// writeBinary writes the definition as "buildctl build" reads it. Unlike BuildKit's
// own, it writes equal definitions equally.
func writeBinary(w io.Writer, def *bk.Definition) error {
	dt, err := proto.MarshalOptions{Deterministic: true}.Marshal(def.ToPB())
	if err != nil {
		return err
	}
	_, err = w.Write(dt)
	return err
}
