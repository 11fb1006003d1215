package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/internal/message"
	"github.com/seed-e0495807/strake/plugins/pb"
)

// Limits are what a plugin may take.
type Limits struct {
	Call    time.Duration // for one call, the host's services included
	Message int           // bytes of one message
	Log     int           // bytes of log lines of one call; what is more is dropped
}

// maxAsks is how many questions of one call are worked on at once.
const maxAsks = 16

// Client is a plugin at the other end of a connection.
type Client struct {
	plugin pb.PluginClient
	info   plugins.Info
	limits Limits
}

// Connect asks a plugin what it is. The context bounds the time for that.
func Connect(ctx context.Context, conn grpc.ClientConnInterface, l Limits) (*Client, error) {
	c := &Client{plugin: pb.NewPluginClient(conn), limits: l}
	can := capabilities()
	res, err := c.plugin.Info(ctx, &pb.InfoRequest{Minor: Minor, Capabilities: can})
	switch {
	case status.Code(err) == codes.Unimplemented:
		return nil, errors.New("it does not speak strake.plugin.v1")
	case err != nil:
		return nil, explain(err)
	}
	var missing []string
	for _, need := range res.GetRequires() {
		if !slices.Contains(can, need) {
			missing = append(missing, need)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("it needs what this version of strake does not have: %s", strings.Join(missing, ", "))
	}
	c.info, err = message.ReadInfo(res.GetInfo())
	return c, err
}

// Info gives what the plugin said at the beginning.
func (c *Client) Info() plugins.Info { return c.info }

// Run has the plugin do a call. The errors say "it …", as the caller names the plugin.
func (c *Client) Run(ctx context.Context, h plugins.Host, call *plugins.Call) (*plugins.Result, error) {
	inner, cancel := context.WithTimeoutCause(ctx, c.limits.Call, fmt.Errorf("it gave no answer within %v", c.limits.Call))
	s := &session{host: h, limits: c.limits, slots: make(chan struct{}, maxAsks), log: c.limits.Log}
	defer s.answers.Wait()
	defer cancel()
	res, err := s.run(inner, c.plugin, call)
	if err == nil {
		return res, nil
	}
	if inner.Err() != nil || status.Code(err) == codes.DeadlineExceeded { // which gRPC's own clock may see first
		<-inner.Done()
		err = context.Cause(inner)
	}
	return nil, fmt.Errorf("%w%s", explain(err), s.at(call))
}

// ErrBroken says that the other side is likely gone.
var ErrBroken = errors.New("the connection to it broke")

// Failure is an error that the plugin itself told of. It may be asked again.
type Failure string

// Error gives the text of the plugin.
func (f Failure) Error() string { return string(f) }

// explain turns a status of gRPC into words.
func explain(err error) error {
	s, ok := status.FromError(err)
	switch {
	case !ok:
		return err
	case s.Code() == codes.Unavailable:
		return fmt.Errorf("%w: %s", ErrBroken, s.Message())
	case s.Code() == codes.DeadlineExceeded:
		return errors.New("it gave no answer in time")
	case s.Code() == codes.ResourceExhausted:
		return fmt.Errorf("%w: %s", errTooLarge, s.Message())
	}
	return fmt.Errorf("it failed: %s (%s)", s.Message(), s.Code())
}

// session is one call at work.
type session struct {
	host    plugins.Host
	limits  Limits
	stream  grpc.BidiStreamingClient[pb.Frame, pb.Frame]
	sending sync.Mutex
	answers sync.WaitGroup
	slots   chan struct{}  // for answers
	log     int            // bytes left
	last    *plugins.Place // that the plugin asked about
}

func (s *session) run(ctx context.Context, p pb.PluginClient, call *plugins.Call) (*plugins.Result, error) {
	var err error
	if s.stream, err = p.Run(ctx); err != nil {
		return nil, err
	}
	data, err := message.Call(call)
	if err != nil {
		return nil, err
	}
	// When the plugin has ended the stream, the reason is what it gives to a reader.
	if err := s.send(data); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	for {
		data, err := receive(s.stream, (*pb.PluginMessage)(nil).ProtoReflect().Descriptor(), s.limits.Message)
		if errors.Is(err, io.EOF) {
			return nil, errors.New("it ended the call without an answer")
		} else if err != nil {
			return nil, err
		}
		from, err := message.ReadToHost(data)
		if err != nil {
			return nil, err
		}
		switch m := from.Message.(type) {
		case *pb.PluginMessage_Log:
			s.logLine(ctx, m.Log)
		case *pb.PluginMessage_Ask:
			s.ask(ctx, m.Ask)
		case *pb.PluginMessage_Result:
			return message.ReadResult(call, from)
		case *pb.PluginMessage_Failure:
			return nil, Failure(m.Failure.GetMessage())
		default:
			return nil, errors.New("it sent a message of a kind that this version of strake does not know")
		}
	}
}

func (s *session) send(data []byte) error {
	s.sending.Lock()
	defer s.sending.Unlock()
	return send(s.stream, data)
}

// logLine passes lines on until there were too many.
func (s *session) logLine(ctx context.Context, l *pb.Log) {
	if s.log <= 0 {
		return
	}
	text := string(l.GetText())
	if s.log -= len(text) + 1; s.log <= 0 {
		text = "more of the log is left out"
	}
	s.host.Log(ctx, text)
}

// ask answers a question in the background.
func (s *session) ask(ctx context.Context, a *pb.Ask) {
	if at := a.GetExpand().GetAt(); at != nil {
		place := message.ReadPlace(at)
		s.last = &place
	}
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return
	}
	s.answers.Go(func() {
		defer func() { <-s.slots }()
		r := &pb.Reply{Id: a.GetId()}
		var err error
		if r.Data, err = s.answer(ctx, a); err != nil {
			r.Error = message.Error(err)
		}
		data, err := proto.Marshal(&pb.HostMessage{Message: &pb.HostMessage_Reply{Reply: r}})
		if err == nil {
			s.send(data) // an error shows where the stream is read
		}
	})
}

func (s *session) answer(ctx context.Context, a *pb.Ask) ([]byte, error) {
	switch q := a.What.(type) {
	case *pb.Ask_Expand:
		word, err := s.host.Expand(ctx, message.ReadPlace(q.Expand.GetAt()), string(q.Expand.GetWord()))
		return []byte(word), err
	case *pb.Ask_ReadFile:
		return s.host.ReadFile(ctx, string(q.ReadFile.GetPath()))
	case *pb.Ask_ListFiles:
		list, err := s.host.ListFiles(ctx, texts(q.ListFiles.GetPatterns()))
		if err != nil {
			return nil, err
		}
		return json.Marshal(list)
	case *pb.Ask_BaseConfig:
		return s.host.BaseConfig(ctx, int(q.BaseConfig.GetStage()))
	case *pb.Ask_Facts:
		facts, err := s.host.Facts(ctx, int(q.Facts.GetStage()))
		if err != nil {
			return nil, err
		}
		return json.Marshal(facts)
	case *pb.Ask_Effects:
		list, err := s.host.Effects(ctx, int(q.Effects.GetStage()))
		if err != nil {
			return nil, err
		}
		return message.Effects(list)
	case *pb.Ask_BaseFile:
		return s.host.BaseFile(ctx, int(q.BaseFile.GetStage()), string(q.BaseFile.GetPath()))
	case *pb.Ask_ParseShell:
		return s.host.ParseShell(ctx, q.ParseShell.GetDialect(), string(q.ParseShell.GetScript()))
	}
	return nil, fmt.Errorf("this version of strake does not know the question: %w", plugins.ErrUnavailable)
}

// texts reads a list of texts.
func texts(list [][]byte) (out []string) {
	for _, b := range list {
		out = append(out, string(b))
	}
	return out
}

// at says what the plugin was at, when that is known.
func (s *session) at(c *plugins.Call) string {
	place := s.last
	if place == nil && len(c.Uses) > 0 {
		place = &c.Uses[0].Place
	}
	if place == nil || c.Module == nil || place.Stage < 0 || place.Stage >= len(c.Module.Stages) {
		return ""
	}
	stage := c.Module.Stages[place.Stage]
	if place.Op < 0 || place.Op >= len(stage.Ops) {
		return fmt.Sprintf(", at FROM %s", stage.Base)
	}
	return fmt.Sprintf(", at %s, op %d of stage %d", stage.Ops[place.Op].Body.Keyword(), place.Op, place.Stage)
}
