package recipe

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/container/record"
	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
)

// TestSubstituted holds that a file of which sed has changed many lines is changed by the same commands,
// where they are known and do all of it.
func TestSubstituted(t *testing.T) {
	if _, err := exec.LookPath("sed"); err != nil {
		t.Skip("needs sed")
	}
	var old strings.Builder
	for i := range 40 {
		fmt.Fprintf(&old, "server%d = a.example, a.example;\tport %d\n", i%7, 80+i)
	}
	ok := 0
	for name, c := range map[string]struct {
		typed []string
		did   []string // what was done, if that is not what was typed
		want  string   // "" is a copy
	}{
		"one":           {typed: []string{"sed -i s/a.example/b.example/g /etc/c.conf"}, want: "RUN sed -i s/a.example/b.example/g /etc/c.conf"},
		"first ones":    {typed: []string{"cd /etc; sed -i 's/a.example/b c/' c.conf"}, want: "RUN sed -i 's/a.example/b c/' /etc/c.conf"},
		"anchor":        {typed: []string{`sed -i "s|^server|/srv|" /etc/*.conf`}, want: "RUN sed -i 's|^server|/srv|' /etc/c.conf"},
		"two":           {typed: []string{"sed -i s/port/Port/ /etc/c.conf", "sudo sed -i -e s/server/host/ -e 's/ = /=/' /etc/c.conf"}, want: "RUN sed -i \\\n      -e s/port/Port/ \\\n      -e s/server/host/ \\\n      -e 's/ = /=/' \\\n      /etc/c.conf"},
		"expression":    {typed: []string{"sed -i 's/port [0-9]*/port 1/' /etc/c.conf"}},
		"extended":      {typed: []string{"sed -i -E 's/port/Port/' /etc/c.conf"}},
		"whole match":   {typed: []string{"sed -i 's/port/(&)/' /etc/c.conf"}},
		"other command": {typed: []string{"sed -i 's/port/Port/;1d' /etc/c.conf"}},
		"other flag":    {typed: []string{"sed -i 's/A.EXAMPLE/b/I' /etc/c.conf"}},
		"of the shell":  {typed: []string{"X=port; sed -i s/$X/Port/ /etc/c.conf"}, did: []string{"sed -i s/port/Port/ /etc/c.conf"}},
		"other file":    {typed: []string{"sed -i s/port/Port/ /etc/d.conf"}, did: []string{"sed -i s/port/Port/ /etc/c.conf"}},
		"more was done": {typed: []string{"sed -i s/port/Port/ /etc/c.conf"}, did: []string{"sed -i s/port/Port/ /etc/c.conf", "sed -i s/server/host/ /etc/c.conf"}},
		"undone":        {typed: []string{"sed -i s/port/Port/ /etc/c.conf", "sed -i s/server/host/ /etc/c.conf"}, did: []string{"sed -i s/port/Port/ /etc/c.conf"}},
	} {
		t.Run(name, func(t *testing.T) {
			var typed []record.Command
			for _, line := range c.typed {
				typed = append(typed, record.Command{Line: line, Dir: "/"})
			}
			now, did := old.String(), c.did
			if did == nil {
				did = c.typed
			}
			for _, line := range did { // as a filter
				_, call, _ := strings.Cut(line, "sed -i ")
				cmd := exec.CommandContext(t.Context(), "sh", "-c", "sed "+call[:strings.LastIndex(call, " ")])
				cmd.Stdin = strings.NewReader(now)
				out, err := cmd.Output()
				if err != nil {
					t.Fatal(err)
				}
				now = string(out)
			}
			base := []layertest.Item{layertest.Dir("etc"), layertest.File("etc/c.conf", old.String())}
			got := instructions(made(t, base, []layertest.Item{layertest.File("etc/c.conf", now)}, typed...))
			if want := c.want; got != want && (want != "" || !strings.HasPrefix(got, "COPY")) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if strings.HasPrefix(got, "RUN") {
				ok++
			}
		})
	}
	if ok != 4 {
		t.Errorf("%d are edited", ok)
	}
}
