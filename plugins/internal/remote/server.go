package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/internal/message"
	"github.com/seed-e0495807/strake/plugins/pb"
)

// maxFromHost bounds what a plugin takes of its host, which it trusts.
const maxFromHost = 1 << 30

// Server offers a plugin to a host.
type Server struct {
	pb.UnimplementedPluginServer
	Plugin plugins.Plugin
}

// Info says what the plugin is.
func (s *Server) Info(context.Context, *pb.InfoRequest) (*pb.InfoResponse, error) {
	info := s.Plugin.Info()
	return &pb.InfoResponse{Minor: Minor, Requires: requires(info), Info: message.Info(info)}, nil
}

// Run does a call.
func (s *Server) Run(stream grpc.BidiStreamingServer[pb.Frame, pb.Frame]) error {
	h := &caller{stream: stream, open: map[uint32]chan *pb.Reply{}}
	call, err := h.call()
	if err != nil {
		return h.fail(err)
	}
	ctx, cancel := context.WithCancelCause(stream.Context())
	defer cancel(nil)
	go func() { cancel(h.replies()) }()
	res, err := safely(ctx, s.Plugin, h, call)
	if err != nil {
		return h.fail(err)
	}
	data, err := message.Result(call, res)
	if err != nil {
		return h.fail(err)
	}
	return h.sendBytes(data)
}

// safely turns a panic into an error, so that other calls go on.
func safely(ctx context.Context, p plugins.Plugin, h plugins.Host, c *plugins.Call) (res *plugins.Result, err error) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(os.Stderr, "panic: %v\n%s", r, stack())
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return p.Run(ctx, h, c)
}

// stack is where a plugin has panicked: its own functions, and those that it called.
func stack() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	var b strings.Builder
	for inside := false; ; {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			inside = true
		case strings.HasSuffix(f.Function, "/remote.safely") && inside, !more:
			return b.String()
		case inside && !strings.HasPrefix(f.Function, "runtime."):
			fmt.Fprintf(&b, "%s %s:%d\n", f.Function, f.File, f.Line)
		}
	}
}

// caller is the host as a plugin sees it.
type caller struct {
	stream  grpc.BidiStreamingServer[pb.Frame, pb.Frame]
	sending sync.Mutex

	mu     sync.Mutex
	next   uint32
	open   map[uint32]chan *pb.Reply // questions without an answer
	closed error
}

func (h *caller) call() (*plugins.Call, error) {
	data, err := receive(h.stream, (*pb.HostMessage)(nil).ProtoReflect().Descriptor(), maxFromHost)
	if err != nil {
		return nil, err
	}
	return message.ReadCall(data)
}

func (h *caller) send(m *pb.PluginMessage) error {
	data, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	return h.sendBytes(data)
}

func (h *caller) sendBytes(data []byte) error {
	h.sending.Lock()
	defer h.sending.Unlock()
	return send(h.stream, data)
}

func (h *caller) fail(err error) error {
	return h.send(&pb.PluginMessage{Message: &pb.PluginMessage_Failure{Failure: &pb.Failure{Message: []byte(err.Error())}}})
}

// replies hands answers to those that wait for them, until the host has gone.
func (h *caller) replies() error {
	for {
		var m pb.HostMessage
		if err := receiveMessage(h.stream, &m, maxFromHost); err != nil {
			return h.close(err)
		}
		r := m.GetReply()
		h.mu.Lock()
		waiting := h.open[r.GetId()]
		delete(h.open, r.GetId())
		h.mu.Unlock()
		if waiting != nil {
			waiting <- r
		}
	}
}

// close ends all questions.
func (h *caller) close(err error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = fmt.Errorf("strake has gone: %w", err)
	for id, waiting := range h.open {
		close(waiting)
		delete(h.open, id)
	}
	return h.closed
}

// ask sends a question and waits for the answer.
func (h *caller) ask(ctx context.Context, a *pb.Ask) ([]byte, error) {
	answer := make(chan *pb.Reply, 1)
	h.mu.Lock()
	if h.closed != nil {
		defer h.mu.Unlock()
		return nil, h.closed
	}
	h.next++
	a.Id = h.next
	h.open[a.Id] = answer
	h.mu.Unlock()
	if err := h.send(&pb.PluginMessage{Message: &pb.PluginMessage_Ask{Ask: a}}); err != nil {
		return nil, err
	}
	select {
	case r := <-answer:
		switch {
		case r == nil:
			return nil, errors.New("strake has gone")
		case r.GetError() != nil:
			return nil, message.ReadError(r.GetError())
		}
		return r.GetData(), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// The services of plugins.Host.

func (h *caller) Log(_ context.Context, text string) {
	h.send(&pb.PluginMessage{Message: &pb.PluginMessage_Log{Log: &pb.Log{Text: []byte(text)}}}) // without a host nobody reads it
}

func (h *caller) Expand(ctx context.Context, at plugins.Place, word string) (string, error) {
	q := &pb.AskExpand{At: message.Place(at), Word: []byte(word)}
	data, err := h.ask(ctx, &pb.Ask{What: &pb.Ask_Expand{Expand: q}})
	return string(data), err
}

func (h *caller) ReadFile(ctx context.Context, path string) ([]byte, error) {
	q := &pb.AskReadFile{Path: []byte(path)}
	return h.ask(ctx, &pb.Ask{What: &pb.Ask_ReadFile{ReadFile: q}})
}

func (h *caller) ListFiles(ctx context.Context, patterns []string) ([]plugins.File, error) {
	q := &pb.AskListFiles{}
	for _, p := range patterns {
		q.Patterns = append(q.Patterns, []byte(p))
	}
	data, err := h.ask(ctx, &pb.Ask{What: &pb.Ask_ListFiles{ListFiles: q}})
	if err != nil {
		return nil, err
	}
	var list []plugins.File
	return list, json.Unmarshal(data, &list)
}

func (h *caller) BaseConfig(ctx context.Context, stage int) (json.RawMessage, error) {
	q := &pb.AskBaseConfig{Stage: int32(stage)}
	return h.ask(ctx, &pb.Ask{What: &pb.Ask_BaseConfig{BaseConfig: q}})
}

func (h *caller) Facts(ctx context.Context, stage int) (plugins.Facts, error) {
	q := &pb.AskFacts{Stage: int32(stage)}
	data, err := h.ask(ctx, &pb.Ask{What: &pb.Ask_Facts{Facts: q}})
	if err != nil {
		return plugins.Facts{}, err
	}
	var facts plugins.Facts
	return facts, json.Unmarshal(data, &facts)
}

func (h *caller) Effects(ctx context.Context, stage int) ([]plugins.OpEffects, error) {
	q := &pb.AskEffects{Stage: int32(stage)}
	data, err := h.ask(ctx, &pb.Ask{What: &pb.Ask_Effects{Effects: q}})
	if err != nil {
		return nil, err
	}
	return message.ReadEffects(data)
}

func (h *caller) BaseFile(ctx context.Context, stage int, path string) ([]byte, error) {
	q := &pb.AskBaseFile{Stage: int32(stage), Path: []byte(path)}
	return h.ask(ctx, &pb.Ask{What: &pb.Ask_BaseFile{BaseFile: q}})
}

func (h *caller) ParseShell(ctx context.Context, dialect, script string) (json.RawMessage, error) {
	q := &pb.AskParseShell{Dialect: dialect, Script: []byte(script)}
	return h.ask(ctx, &pb.Ask{What: &pb.Ask_ParseShell{ParseShell: q}})
}
