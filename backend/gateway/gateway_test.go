package gateway

import (
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/moby/buildkit/util/grpcerrors"

	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

func TestRequired(t *testing.T) {
	for _, c := range []struct {
		caps              string
		missing, forwards bool
	}{
		{caps: ""},
		{caps: "moby.buildkit.frontend.inputs,moby.buildkit.frontend.contexts+forward"},
		{caps: "moby.buildkit.frontend.contexts.zstd"},
		{caps: "unheard-of", missing: true},
		{caps: "unheard-of+forward", missing: true, forwards: true},
		{caps: "unheard-of+forward,other", missing: true},
	} {
		err, forwards := required(c.caps)
		if (err != nil) != c.missing || forwards != c.forwards || err != nil && grpcerrors.Code(err) != codes.Unimplemented {
			t.Errorf("%q: %v %v", c.caps, err, forwards)
		}
	}
}

func TestMessage(t *testing.T) {
	f := source.NewFile("Dockerfile", "FROM a\nRUNN\n")
	at := source.Span{Start: 7, End: 11}
	for _, c := range []struct {
		d      diag.Diagnostic
		syntax bool
		want   string
	}{
		{diag.Diagnostic{Message: "unknown instruction: RUNN", Hint: "did you mean `RUN`?", Span: at}, true,
			"dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)"},
		{diag.Diagnostic{Message: "unknown flag: --mont", Hint: "did you mean `--mount`?", Span: at}, false, "unknown flag: --mont (did you mean mount?)"},
		{diag.Diagnostic{Message: "no", Hint: "did you mean the stage `a`?", Span: at}, false, "no"},
		{diag.Diagnostic{Message: "no", Hint: "try `a` or `b`", Span: at}, false, "no"},
	} {
		if got := message(c.d, f, c.syntax); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	set := &source.Set{}
	set.Add("strake.yaml", "a: 1\n")
	err := InFiles(diag.List{{Message: "wrong", Hint: "fix it", Span: source.Span{Start: 3, End: 4}}}, set)
	if err.Error() != "strake.yaml:1:4: wrong; fix it" {
		t.Errorf("got %q", err)
	}
}
