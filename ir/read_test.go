package ir_test

import (
	"errors"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/source"
)

// TestOneErrorEach: what is wrong with a flag as text is not wrong with its meaning, too.
func TestOneErrorEach(t *testing.T) {
	for _, line := range []string{
		"RUN --mount true", "RUN --mount type=cache,target=/x true", "RUN --network true", "RUN --network none true",
		"RUN --security true", "RUN --device true", "RUN --device a=b true", "RUN --mout=x true",
		"HEALTHCHECK --interval CMD x", "HEALTHCHECK --retries 3 CMD x", "COPY --from a b", "COPY --from a b c",
		"ADD --checksum x /y", "COPY --chown me a b", "RUN --network=nowhere true", "HEALTHCHECK --interval=3 CMD x",
	} {
		src := source.NewFile("Dockerfile", "FROM x\n"+line+"\n")
		_, _, err := ir.Read(src)
		var list diag.List
		if !errors.As(err, &list) || len(list.Errors()) != 1 {
			t.Errorf("%s: %d errors, want one: %v", line, len(list.Errors()), err)
		}
	}
}
