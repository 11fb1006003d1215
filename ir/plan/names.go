package plan

import (
	"strconv"
	"strings"

	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// naming counts the steps of a stage for the names that progress shows, like
// "[build 2/5] RUN make". Names are BuildKit's to the letter, so that progress
// reads the same and tools that parse it keep working.
type naming struct {
	total, index int
	multi        bool // the platform is part of the name
}

// next names the next step.
func (n *naming) next(stage, title string, onbuild bool, platform *ocispecs.Platform, vars lookup) string {
	if n.total == 0 {
		return title
	}
	n.index++
	return n.again(stage, title, onbuild, platform, vars)
}

// again names another vertex of the step at hand.
func (n *naming) again(stage, title string, onbuild bool, platform *ocispecs.Platform, vars lookup) string {
	if n.total == 0 {
		return title
	}
	var b strings.Builder
	b.WriteByte('[')
	if n.multi && platform != nil {
		b.WriteString(platforms.FormatAll(*platform) + crossTarget(*platform, targetOf(vars)) + " ")
	}
	if stage != "" {
		b.WriteString(stage + " ")
	}
	index, total := strconv.Itoa(n.index), strconv.Itoa(n.total)
	b.WriteString(strings.Repeat(" ", max(0, len(total)-len(index))) + index + "/" + total + "] ")
	if onbuild {
		b.WriteString("ONBUILD ")
	}
	b.WriteString(title)
	return b.String()
}

// SplitName takes the name of a step apart into the stage, which is "" for the only one, and what
// it does. A name without a count, as that of a build context, is all of it what it does.
func SplitName(name string) (stage, title string) {
	head, title, ok := strings.Cut(name, "] ")
	words := strings.Fields(strings.TrimPrefix(head, "["))
	if !ok || !strings.HasPrefix(head, "[") || len(words) == 0 {
		return "", name
	}
	index, total, ok := strings.Cut(words[len(words)-1], "/")
	for _, n := range []string{index, total} {
		if _, err := strconv.Atoi(n); err != nil || !ok {
			return "", name
		}
	}
	if len(words) > 1 && !strings.Contains(words[len(words)-2], "/") { // a platform
		stage = words[len(words)-2]
	}
	return stage, title
}

// crossTarget shows what a stage builds for when that is not what it runs on.
func crossTarget(base ocispecs.Platform, target *ocispecs.Platform) string {
	if target == nil {
		return ""
	}
	if target.OS == "" {
		target.OS = base.OS
	}
	if target.Architecture == "" {
		target.Architecture = base.Architecture
	}
	t := platforms.Normalize(*target)
	switch {
	case t.OS != base.OS:
		return "->" + platforms.FormatAll(t)
	case t.Architecture == base.Architecture:
		return ""
	case t.Variant != "":
		return "->" + t.Architecture + "/" + t.Variant
	}
	return "->" + t.Architecture
}

// targetOf reads the platform that the TARGET variables in scope name.
func targetOf(vars lookup) *ocispecs.Platform {
	var t ocispecs.Platform
	found := false
	for _, key := range vars.Keys() {
		v, _ := vars.Get(key)
		switch key {
		case "TARGETPLATFORM":
			if p, err := platforms.Parse(v); err == nil {
				return &p
			}
		case "TARGETOS":
			t.OS, found = v, true
		case "TARGETARCH":
			t.Architecture, found = v, true
		case "TARGETVARIANT":
			t.Variant, found = v, true
		}
	}
	if !found {
		return nil
	}
	return &t
}

// upperFirst writes the first word of a line in upper case.
func upperFirst(line string) string {
	word, rest, found := strings.Cut(line, " ")
	if !found {
		return strings.ToUpper(word)
	}
	if strings.ToUpper(word) == word {
		return line
	}
	return strings.ToUpper(word) + " " + rest
}
