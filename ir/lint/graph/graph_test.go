package graph_test

import (
	"testing"

	"github.com/seed-e0495807/strake/ir/lint/graph"
	"github.com/seed-e0495807/strake/ir/lint/linttest"
)

func TestCases(t *testing.T) { linttest.Run(t, graph.Rules(), graph.Cases(), nil) }
