package hadolint_test

import (
	"testing"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/lint/hadolint"
	"github.com/seed-e0495807/strake/ir/lint/linttest"
	"github.com/seed-e0495807/strake/lang/source"
)

func TestCases(t *testing.T) {
	linttest.Run(t, hadolint.Rules(), hadolint.Cases(), func(_ *testing.T, src *source.File) lint.Input {
		in := lint.Read(src)
		in.Options.Registries = []string{"docker.io", "my.example:5000", "*.trusted.example"}
		return in
	})
}
