package remote

import (
	"io"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/internal/message"
	"github.com/seed-e0495807/strake/plugins/pb"
)

// framed is a stream that gives bytes in frames of a size.
type framed struct {
	data []byte
	size int
	done bool
}

func (f *framed) Recv() (*pb.Frame, error) {
	if f.done {
		return nil, io.EOF
	}
	n := min(len(f.data), f.size)
	out := &pb.Frame{Data: f.data[:n], More: n < len(f.data)}
	f.data, f.done = f.data[n:], n == len(f.data)
	return out, nil
}

// FuzzMessages has a plugin send any bytes as its answer, or as what it is. What the host
// takes of it is a module that can be verified, and printed when it is valid.
func FuzzMessages(f *testing.F) {
	call := &plugins.Call{Phase: plugins.Rewrite, Module: irtest.Module(f, "FROM debian AS a\nRUN x\nCOPY --from=a b c\nUSER u\n"), Target: -1, By: "fuzz"}
	inserted := irtest.Module(f, "FROM a\nRUN --mount=type=cache,target=/c <<E\ntext\nE\nENV a=b\n")
	seed := func(m proto.Message, size uint16) {
		data, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, size)
	}
	answer := func(r *plugins.Result, size uint16) {
		data, err := message.Result(call, r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, size)
	}
	answer(&plugins.Result{Module: inserted}, 100)
	answer(&plugins.Result{Edits: []plugins.Edit{{Stage: 0, Op: 1, Delete: 1, Insert: inserted.Stages[0].Ops}, {Stage: -1, Op: 1 << 30}}}, 7)
	answer(&plugins.Result{Diags: diag.List{{Code: "c", Message: "m", Fixes: []diag.Fix{{Edits: []diag.Edit{{New: "x"}}}}}}}, 1<<15)
	seed(&pb.PluginMessage{Message: &pb.PluginMessage_Log{Log: &pb.Log{Text: []byte("\x1b")}}}, 1)
	seed(message.Info(plugins.Info{Name: "x", Instructions: []plugins.Instruction{{Keyword: "X", Flags: []plugins.Flag{{Name: "f"}}}}}), 1)
	f.Fuzz(func(t *testing.T, data []byte, size uint16) {
		var i pb.Info
		if err := receiveMessage(&framed{data: data, size: int(size) + 1}, &i, 1<<20); err == nil {
			if _, err := message.ReadInfo(&i); err != nil {
				return
			}
		}
		whole, err := receive(&framed{data: data, size: int(size) + 1}, (*pb.PluginMessage)(nil).ProtoReflect().Descriptor(), 1<<20)
		if err != nil {
			return
		}
		m, err := message.ReadToHost(whole)
		if err != nil || m.GetResult() == nil {
			return
		}
		r, err := message.ReadResult(call, m)
		if err != nil {
			return
		}
		out, err := r.Apply(call.Module)
		if err != nil || ir.Verify(out).HasErrors() {
			return
		}
		if _, err := ir.Parse(ir.Print(out)); err != nil {
			t.Errorf("a valid module has no text: %v", err)
		}
	})
}
