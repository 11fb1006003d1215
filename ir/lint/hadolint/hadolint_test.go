package hadolint_test

import (
	"testing"

	"github.com/seed-e0495807/strake/ir/lint/hadolint"
	"github.com/seed-e0495807/strake/ir/lint/linttest"
)

func TestCases(t *testing.T) { linttest.Run(t, hadolint.Rules(), hadolint.Cases(), nil) }
