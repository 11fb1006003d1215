// Package dump writes a definition of LLB: in BuildKit's binary form, the
// vertices as JSON, or the graph for Graphviz. The last two are what
// "buildctl debug dump-llb" prints, so that tools for that read them, too. It may
// import the other backends.
package dump

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	"google.golang.org/protobuf/proto"
)

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

// Binary writes the definition as "buildctl build" reads it. Unlike BuildKit's
// own, it writes equal definitions equally.
func Binary(w io.Writer, def *bk.Definition) error {
	dt, err := proto.MarshalOptions{Deterministic: true}.Marshal(def.ToPB())
	if err != nil {
		return err
	}
	_, err = w.Write(dt)
	return err
}

// JSON writes one vertex a line, each behind those it reads.
func JSON(w io.Writer, def *bk.Definition) error {
	list, err := vertices(def)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	for _, v := range list {
		if err := enc.Encode(v); err != nil {
			return err
		}
	}
	return nil
}

// Dot writes the graph in Graphviz's language.
func Dot(w io.Writer, def *bk.Definition) error {
	list, err := vertices(def)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w) // keeps its first error
	fmt.Fprintln(out, "digraph {")
	for _, v := range list {
		label, shape := describe(v)
		fmt.Fprintf(out, "  %q [label=%q shape=%q];\n", v.Digest, label, shape)
	}
	for _, v := range list {
		for i, in := range v.Op.Inputs {
			fmt.Fprintf(out, "  %q -> %q [label=%q];\n", in.Digest, v.Digest, mountpoint(v.Op, i))
		}
	}
	fmt.Fprintln(out, "}")
	return out.Flush()
}

// mountpoint is where an input of an exec is mounted, "" for its root.
func mountpoint(op *pb.Op, input int) string {
	at := ""
	for _, m := range op.GetExec().GetMounts() {
		if int(m.Input) == input && m.Dest != "/" {
			at = m.Dest
		}
	}
	return at
}

func describe(v vertex) (label, shape string) {
	switch op := v.Op.Op.(type) {
	case *pb.Op_Source:
		return op.Source.Identifier, "ellipse"
	case *pb.Op_Exec:
		return strings.Join(op.Exec.Meta.Args, " "), "box"
	case *pb.Op_Build:
		return "build", "box3d"
	case *pb.Op_Merge:
		return "merge", "invtriangle"
	case *pb.Op_Diff:
		return "diff", "doublecircle"
	case *pb.Op_File:
		names := make([]string, len(op.File.Actions))
		for i, a := range op.File.Actions {
			names[i] = action(a)
		}
		return strings.Join(names, ","), "note"
	}
	return v.Digest.String(), "plaintext"
}

func action(a *pb.FileAction) string {
	switch a := a.Action.(type) {
	case *pb.FileAction_Copy:
		return fmt.Sprintf("copy{src=%s, dest=%s}", a.Copy.Src, a.Copy.Dest)
	case *pb.FileAction_Mkfile:
		return fmt.Sprintf("mkfile{path=%s}", a.Mkfile.Path)
	case *pb.FileAction_Mkdir:
		return fmt.Sprintf("mkdir{path=%s}", a.Mkdir.Path)
	case *pb.FileAction_Rm:
		return fmt.Sprintf("rm{path=%s}", a.Rm.Path)
	case *pb.FileAction_Symlink:
		return fmt.Sprintf("symlink{oldpath=%s, newpath=%s}", a.Symlink.Oldpath, a.Symlink.Newpath)
	}
	return ""
}
