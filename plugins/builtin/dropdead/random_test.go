package dropdead_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/ir/irtest"
	"github.com/seed-e0495807/strake/ir/plan"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// lines are what random Dockerfiles have: much of it says something anew, or reads it.
var lines = []string{
	`CMD a`, `CMD ["b"]`, `ENTRYPOINT a`, `ENTRYPOINT ["b"]`, `HEALTHCHECK NONE`, `HEALTHCHECK CMD x`, `STOPSIGNAL SIGTERM`, `STOPSIGNAL 9`,
	`STOPSIGNAL x`, `MAINTAINER me`, `USER a`, `USER b:c`, `USER $A`, `USER "$B"`, `SHELL ["/bin/x", "-c"]`, `SHELL ["/bin/y"]`, `LABEL a=1`, `LABEL a=2 b=$A`, `LABEL b=x a=y`,
	`LABEL a=${A:?none}`, `LABEL $A=1`, `EXPOSE 80`, `EXPOSE 81 80`, `EXPOSE $A`, `EXPOSE x`, `EXPOSE 80/udp`, `VOLUME /a`, `VOLUME /b /a`, `VOLUME $A`,
	`ENV A=1`, `ENV A=2`, `ENV A=$A:3`, `ENV B=1 A=2`, `ENV A=2 B=1`, `ENV B=$A`, `ENV C=${B:-$A}`, `ENV A b c`, `ENV $A=1`, `ENV Z=2`,
	`ARG A`, `ARG B=1`, `ARG C=$A`, `ARG A=2 B`, `ARG D=${C:?x}`, `ARG TARGETARCH`, `WORKDIR /w`, `WORKDIR $A`, `RUN x`, `RUN y $A`, `RUN --mount=from=s0,target=/x z`,
	`COPY $A /d`, `COPY --from=s0 /x /y`, `COPY --from=1 /x /y`, `COPY --from=s1 /x ./$B`, `COPY --chown=$A a b`, "COPY <<E /f\n$A\nE", `ADD a b`, `ONBUILD RUN $A`, `ONBUILD COPY --from=s0 / /`,
}

// TestRandom holds what TestCorpus does for random Dockerfiles, targets and arguments: what fails
// goes on failing.
func TestRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 2))
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	n, dropped := 20_000, 0
	if testing.Short() {
		n = 3_000
	}
	for range n {
		var b strings.Builder
		for range r.IntN(3) {
			fmt.Fprintln(&b, pick([]string{"ARG A", "ARG B=1", "ARG S=s0", "ARG C=$B", "ARG U=x"}))
		}
		stages := 1 + r.IntN(4)
		for i := range stages {
			fmt.Fprintf(&b, "FROM %s AS s%d\n", pick([]string{"debian", "scratch", "s0", "s1", "S0", "debian:$B", "$S"}), i)
			for range r.IntN(9) {
				fmt.Fprintln(&b, pick(lines))
			}
		}
		text := b.String()
		m, ok := irtest.Build("Dockerfile", text)
		if !ok {
			continue
		}
		o := plan.Options{Target: pick([]string{"", "", "s0", "s1", "S1", "1"})}
		if r.IntN(3) == 0 {
			o.BuildArgs = map[string]string{"A": "z", "B": "y"}
		}
		out := run(t, m, o.Target, "", baseConfig)
		if out.Module == m {
			continue
		}
		dropped++
		before, config, err := compiled(t.Context(), m, o)
		after, made, still := compiled(t.Context(), out.Module, o)
		switch {
		case (err == nil) != (still == nil):
			t.Fatalf("%+v: it failed with\n%v\nand fails with\n%v\n%s\nbecomes\n%s", o, err, still, text, plugintest.Print(out.Module))
		case !bytes.Equal(config, made):
			t.Fatalf("the config was\n%s\nand is\n%s\n%s\nbecomes\n%s", config, made, text, plugintest.Print(out.Module))
		case !slices.Equal(before, after):
			t.Fatalf("other vertices: %s\nbecomes\n%s", text, plugintest.Print(out.Module))
		}
	}
	t.Logf("of %d Dockerfiles, %d change", n, dropped)
	if dropped < n/10 {
		t.Error("too few")
	}
}
