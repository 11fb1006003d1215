// Package message turns the values of package plugins into the messages of package
// plugins/pb and back. It may import plugins, plugins/pb and what these do.
//
// A function named after a message makes one; its error is of a value that the
// other side must not get. A function Read… reads one, and refuses values that this
// version does not know where leaving them out would change what happens.
package message

import (
	"fmt"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/pb"
)

// each turns a list into another; the result for an empty one is nil.
func each[A, B any](list []A, turn func(A) B) []B {
	if len(list) == 0 {
		return nil
	}
	out := make([]B, len(list))
	for i, a := range list {
		out[i] = turn(a)
	}
	return out
}

// tryEach is each for what may fail.
func tryEach[A, B any](list []A, turn func(A) (B, error)) ([]B, error) {
	var out []B
	for _, a := range list {
		b, err := turn(a)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// optional gives nil for no bytes: what means "there is none".
func optional(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

func readPhase(p pb.Phase) (plugins.Phase, error) {
	if p < pb.Phase_PHASE_EXPAND || p > pb.Phase_PHASE_FINISH {
		return 0, fmt.Errorf("phase %d is not known to this version of strake", p)
	}
	return plugins.Phase(p), nil
}

// ReadPlace reads a place, which need not be one of a module.
func ReadPlace(p *pb.Place) plugins.Place {
	return plugins.Place{Stage: int(p.GetStage()), Op: int(p.GetOp())}
}

// Place makes a place.
func Place(p plugins.Place) *pb.Place {
	return &pb.Place{Stage: int32(p.Stage), Op: int32(p.Op)}
}
