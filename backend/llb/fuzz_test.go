package llb_test

import (
	"errors"
	"flag"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/words"
)

// FuzzCompile holds the whole compiler against BuildKit, with the options of some
// case of the table.
func FuzzCompile(f *testing.F) {
	all := cases.All()
	for i, c := range all {
		if len(c.Dockerfile) < 4096 {
			f.Add(c.Dockerfile, uint16(i))
		}
	}
	files, _, err := cases.Corpus()
	if err != nil {
		f.Fatal(err)
	}
	for i := 0; i < len(files); i += 100 {
		if len(files[i].Data) < 4096 {
			f.Add(string(files[i].Data), uint16(0))
		}
	}
	f.Fuzz(func(t *testing.T, text string, options uint16) {
		if len(text) > 4096 || online.MatchString(text) {
			return
		}
		c := all[int(options)%len(all)]
		c.Dockerfile = text
		diff, _ := difference(c)
		if diff == "" {
			return
		}
		if why := explained(c); why != "" {
			t.Skip(why)
		}
		t.Errorf("%q with the options of %s\n%s", text, c.Name, diff)
	})
}

var random = flag.Int("random", 3000, "how many files TestRandom makes")

// TestRandom does what FuzzCompile does, on files shuffled from the lines of the
// table: they come closer to what instructions do to each other than mutations do.
// The files are the same in each run.
func TestRandom(t *testing.T) {
	all := cases.All()
	var pool []string
	for _, c := range all {
		if c.Accept != "" || len(c.Dockerfile) > 4096 || online.MatchString(c.Dockerfile) {
			continue
		}
		for line := range strings.SplitAfterSeq(c.Dockerfile, "\n") {
			if !c.Reject || strings.HasPrefix(line, "FROM ") {
				pool = append(pool, line)
			}
		}
	}
	r := rand.New(rand.NewPCG(1, uint64(*random)))
	compiled := 0
	for range *random {
		c := all[r.IntN(len(all))]
		if r.IntN(2) == 0 {
			c = cases.Case{}
		}
		c.Dockerfile = "FROM base AS a\n"
		for range 1 + r.IntN(8) {
			c.Dockerfile += pool[r.IntN(len(pool))]
		}
		diff, rejected := difference(c)
		if !rejected {
			compiled++
		}
		if diff != "" && explained(c) == "" {
			t.Errorf("%q with the options of %s\n%s", c.Dockerfile, c.Name, diff)
		}
	}
	t.Logf("%d files, %d compiled", *random, compiled)
}

// online finds git sources for which package llb asks the host for its ssh keys.
var online = regexp.MustCompile(`(?i)@|ssh`)

// explained gives the reason for a difference that is meant to be.
func explained(c cases.Case) string {
	_, _, theirs := oracleConvert(c)
	_, _, ours := compile(c)
	var list diag.List
	errors.As(ours, &list)
	switch {
	case theirs != nil && strings.HasPrefix(theirs.Error(), "panic: "):
		return "BuildKit panics"
	case theirs != nil && strings.Contains(theirs.Error(), "dockerfile line greater than max allowed size"):
		return "lines of 64 KiB do not fit BuildKit's buffer"
	case len(list) > 0 && theirs == nil && onlyBounds(list):
		return "a bound of ours"
	}
	for range 60 {
		// It walks a map to add triggers. One that is itself an ONBUILD reaches the stages
		// based on its stage when those happen to come later.
		if diff, _ := difference(c); diff == "" {
			return "BuildKit's result is another each time"
		}
	}
	return ""
}

func onlyBounds(list diag.List) bool {
	for _, d := range list {
		known := strings.HasPrefix(d.Code, "too-")
		for _, err := range []error{words.ErrTooLong, words.ErrTooDeep, words.ErrTooCostly, words.ErrBudget} {
			known = known || strings.Contains(d.Message, err.Error())
		}
		if d.Severity == diag.Error && !known {
			return false
		}
	}
	return true
}
