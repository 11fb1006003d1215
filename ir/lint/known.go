package lint

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/ir/eval"
)

// nothing knows of images what is known of the official ones by their names.
type nothing struct{ memo *eval.Memo }

func (n nothing) Base(m *ir.Module, stage int) (*eval.State, bool) {
	return distro.Base(context.Background(), noImages{}, n.memo, m, stage), m.Stages[stage].Base == "scratch"
}

func (n nothing) Distro(m *ir.Module, stage int) (distro.Distro, bool) {
	return distro.Detect(context.Background(), noImages{}, n.memo, m, stage)
}

func (nothing) Digest(*ir.Module, int) string { return "" }

func (nothing) Size(*ir.Module, []string) (int64, bool) { return 0, false }

type noImages struct{}

var errNoImages = errors.New("no image is at hand")

func (noImages) BaseConfig(context.Context, int) (json.RawMessage, error) { return nil, errNoImages }

func (noImages) BaseFile(context.Context, int, string) ([]byte, error) { return nil, errNoImages }
