package output

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	bk "github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/solver/pb"
)

func dot() Output {
	return Output{
		Name: "dot", Call: "graph", Ext: ".dot", Comment: "//", Platforms: true,
		Doc:   "the build graph, for Graphviz",
		Lower: ofLLB(writeDot, bk.LocalUniqueID(fixedID)),
	}
}

// writeDot writes the graph in Graphviz's language.
func writeDot(w io.Writer, def *bk.Definition) error {
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
