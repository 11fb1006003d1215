package prove

import (
	"fmt"
	"io"
	"strings"

	"github.com/docker/go-units"
)

// Text shows a proof to people. Of each list it shows as many lines as the limit says; 0 is all.
func (p *Proof) Text(w io.Writer, limit int) error {
	if err := p.Verdict.Text(w, limit); err != nil {
		return err
	}
	var b strings.Builder
	section := func(title string, lines []string) {
		if len(lines) == 0 {
			return
		}
		fmt.Fprintf(&b, "\n%s\n", title)
		for i, line := range lines {
			if limit > 0 && i == limit {
				fmt.Fprintf(&b, "  … and %d more\n", len(lines)-i)
				break
			}
			fmt.Fprintf(&b, "  %s\n", line)
		}
	}
	section("Made as it was by a last step, as no other one does", p.Repaired)
	var secret, rest []string
	for _, l := range p.Left {
		line := l.Pattern + ": "
		if l.Files > 0 {
			line += fmt.Sprintf("%s, %s, ", files(l.Files), units.HumanSize(float64(l.Bytes)))
		}
		line += l.Why
		if l.Secret {
			secret = append(secret, line)
		} else {
			rest = append(rest, line)
		}
	}
	section("Left out as it is secret: give it when a container runs, or by RUN --mount=type=secret", secret)
	section("Left out on purpose", rest)
	_, err := io.WriteString(w, b.String())
	return err
}

func files(n int) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", n)
}
