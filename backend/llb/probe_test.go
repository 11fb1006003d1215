package llb_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/source"
)

func repeat(s string, size int) string { return strings.Repeat(s, size/len(s)) }

func TestProbe(t *testing.T) {
	M := 1 << 20
	numbered := func(n int, f string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, f, i, i, i, i)
		}
		return b.String()
	}
	_ = numbered
	in := map[string]func() string{
		"newlines":    func() string { return repeat("\n", 16*M) },
		"comments":    func() string { return repeat("#\n", 16*M) },
		"runs":        func() string { return "FROM a\n" + repeat("RUN a\n", 16*M-7) },
		"runs250k":    func() string { return "FROM a\n" + strings.Repeat("RUN a\n", 249_000) },
		"bad":         func() string { return repeat("a\n", 16*M) },
		"oneline":     func() string { return "FROM a\nRUN " + strings.Repeat("a", 16*M-11) },
		"onbuild":     func() string { return "FROM a\n" + repeat("ONBUILD ", 8*M) },
		"cont":        func() string { return "FROM a\nRUN " + strings.Repeat("\\\n", M) },
		"contwords":   func() string { return "FROM a\nCOPY " + strings.Repeat("a \\\n", M)+" /" },
		"flags":       func() string { return "FROM a\nRUN " + repeat("--flag ", 8*M) },
		"flagsmount":  func() string { return "FROM a\nRUN " + repeat("--mount=target=/a ", 8*M)+" x" },
		"flagsexcl":   func() string { return "FROM a\nCOPY " + repeat("--exclude=a ", 8*M)+" x y" },
		"flagsdev":    func() string { return "FROM a\nRUN " + repeat("--device=a ", 8*M)+" x y" },
		"heredocs":    func() string { return "FROM a\nRUN " + strings.Repeat("<<A ", M) },
		"heredocsT":   func() string { return "FROM a\nRUN " + strings.Repeat("<<A ", M) + "\n" + strings.Repeat("A\n", M) },
		"heredocsC":   func() string { return "FROM a\nCOPY " + strings.Repeat("<<A ", M) + " /\n" + strings.Repeat("A\n", M) },
		"heredocsC2":   func() string { return "FROM a\nCOPY " + numbered(100_000, "<<A%d%.0d%.0d%.0d ") + " /\n" + numbered(100_000, "A%d%.0d%.0d%.0d\n") },
		"heredocsO":   func() string { return "FROM a\nONBUILD COPY " + strings.Repeat("<<A ", M) + " /\n" + strings.Repeat("A\n", M) },
		"json":        func() string { return "FROM a\nRUN [" + repeat(`"a",`, 15*M) + `"a"]` },
		"jsoncopy":    func() string { return "FROM a\nCOPY [" + repeat(`"a",`, 15*M) + `"a"]` },
		"jsonesc":     func() string { return "FROM a\nRUN [" + repeat(`"\u0041",`, 15*M) + `"a"]` },
		"jsonnest":    func() string { return "FROM a\nRUN " + strings.Repeat("[", 8*M) },
		"jsonnest2":   func() string { return "FROM a\nRUN " + strings.Repeat("[", 4*M) + strings.Repeat("]", 4*M) },
		"jsonnest3":   func() string { return "FROM a\n" + repeat("RUN "+strings.Repeat("[", 9000) + strings.Repeat("]", 9000)+"\n", 15*M) },
		"jsonnum":     func() string { return "FROM a\nRUN [" + repeat("1,", 8*M)+"1]" },
		"nest":        func() string { return "FROM a\nENV A=" + strings.Repeat("${a:-", 100_000) },
		"nestrun":     func() string { return "FROM a\nRUN << A " + repeat("${a:-", 15*M) },
		"nestclosed":  func() string { return "FROM a\nENV A=" + strings.Repeat("${a:-", 100_000) + strings.Repeat("}", 100_000) },
		"nest900":     func() string { return "FROM a\nRUN x\n" + repeat("ENV A="+strings.Repeat("${a:-", 900) + strings.Repeat("}", 900)+"\n", 15*M) },
		"nestbig":     func() string { return "FROM a\nENV A=" + strings.Repeat("${a:-", 900) +strings.Repeat("x", 15*M)+ strings.Repeat("}", 900)+"\n" },
		"nesttitle":     func() string { return "FROM a\nRUN " + strings.Repeat("${a:-", 900) +strings.Repeat("x", 15*M)+ strings.Repeat("}", 900)+"\n" },
		"words":       func() string { return "FROM a\nCOPY " + repeat("a ", 15*M) },
		"expose":      func() string { return "FROM a\nEXPOSE " + repeat("1 ", 15*M) },
		"volume":      func() string { return "FROM a\nVOLUME " + repeat("a ", 15*M) },
		"envpairs":    func() string { return "FROM a\nENV " + repeat("a=b ", 15*M) },
		"labelpairs":    func() string { return "FROM a\nLABEL " + numbered(1_000_000, "a%d=%d%.0d%.0d ") },
		"argpairs":    func() string { return "FROM a\nARG " + repeat("a=b ", 15*M)+"\nRUN x\nRUN y\n" },
		"argnames":    func() string { return "FROM a\nARG " + numbered(500_000, "a%d=%d%.0d%.0d ")+"\n"+strings.Repeat("RUN x\n", 1000) },
		"stages":      func() string { return numbered(10_000, "FROM a AS s%d%.0d%.0d%.0d\n") },
		"stagesall":   func() string { return numbered(240_000, "FROM a AS s%d%.0d%.0d%.0d\n") },
		"stagechain":  func() string { return "FROM a AS s\n"+numbered(240_000, "FROM s AS s%.0d%.0d%.0d%.0d\n") },
		"stagecopy":   func() string { return "FROM a AS s0\n" + func() string { var b strings.Builder; for i := 1; i < 10_000; i++ { fmt.Fprintf(&b, "FROM a AS s%d\nCOPY --from=s%d x y\n", i, i-1) }; return b.String() }() },
		"stagecopy120k":   func() string { return "FROM a AS s0\n" + func() string { var b strings.Builder; for i := 1; i < 120_000; i++ { fmt.Fprintf(&b, "FROM a AS s%d\nCOPY --from=s%d x y\n", i, i-1) }; return b.String() }() },
		"circular":   func() string { var b strings.Builder; for i := range 10_000 { fmt.Fprintf(&b, "FROM a AS s%d\nCOPY --from=s%d x y\n", i, (i+1)%10_000) }; return b.String() },
		"mutual":      func() string { var b strings.Builder; for i := range 10_000 { fmt.Fprintf(&b, "FROM a AS s%d\n", i); for j := range 10 { fmt.Fprintf(&b, "COPY --from=s%d x y\n", max(0, i-1-j*j)) } }; return b.String() },
		"double":      func() string { return "FROM a\nARG A=aaaaaaaaaa\n" + strings.Repeat("ARG A=$A$A\n", 40) },
		"doubleenv":   func() string { return "FROM a\nENV A=aaaaaaaaaa\n" + strings.Repeat("ENV A=$A$A\n", 40) },
		"doublelabel": func() string { return "FROM a\nENV A=aaaaaaaaaa\n" + strings.Repeat("ENV A=$A$A\n", 16)+strings.Repeat("LABEL a=$A\n", 10000) },
		"doublefrom":  func() string { return "ARG A=aaaaaaaaaa\n" + strings.Repeat("ARG A=$A$A\n", 40)+"FROM $A\n" },
		"hugefrom":  func() string { return "ARG A=aaaaaaaaaa\n" + strings.Repeat("ARG A=$A$A\n", 16)+"FROM $A\n" },
		"hugefroms":  func() string { return "ARG A=aaaaaaaaaa\n" + strings.Repeat("ARG A=$A$A\n", 16)+strings.Repeat("FROM $A\n", 10000) },
		"doubleheredoc":  func() string { return "FROM a\nARG A=aaaaaaaaaa\n" + strings.Repeat("ARG A=$A$A\n", 16)+"COPY <<A /x\n"+strings.Repeat("$A$A$A\n", 100000)+"A\n" },
		"dollars":     func() string { return "FROM a\nENV A="+strings.Repeat("a", 500_000)+"\nENV B="+repeat("$A", 8*M)+"\n" },
		"dollarsrun":     func() string { return "FROM a\nENV A="+strings.Repeat("a", 500_000)+"\nRUN "+repeat("$A", 8*M)+"\n" },
		"replace":     func() string { return "FROM a\nENV A="+strings.Repeat("a", 500_000)+"\n"+repeat("RUN ${A//a/$A}\n", 1*M)+"\n" },
		"pattern":     func() string { return "FROM a\nENV A="+strings.Repeat("a", 15_000)+" P="+strings.Repeat("*a", 500)+"b\nENV B="+repeat("${A#$P}", 8*M)+"\n" },
		"pattern2":     func() string { return "FROM a\nENV A="+strings.Repeat("a", 15_000)+" P="+strings.Repeat("*a", 500)+"b\n"+repeat("RUN ${A#$P}\n", 2*M)+"\n" },
		"exposerange": func() string { return "FROM a\n"+strings.Repeat("EXPOSE 0-65535\n", 100_000) },
		"envruns":     func() string { return "FROM a\n"+strings.Repeat("ENV A=x\n", 1)+numbered(3000, "ENV K%d="+strings.Repeat("v", 1000)+"\nRUN x%.0d%.0d%.0d\n") },
		"envkeys":     func() string { return "FROM a\n"+numbered(100_000, "ENV K%d=%d%.0d%.0d\n") },
		"labelkeys":     func() string { return "FROM a\n"+numbered(240_000, "LABEL K%d=%d%.0d%.0d\n") },
		"argruns":     func() string { return "FROM a\n"+strings.Repeat("ARG A\n", 100_000)+strings.Repeat("RUN x\n", 100_000) },
		"mounts":     func() string { return "FROM a\n"+strings.Repeat("RUN --mount=type=cache,target=/x x\n", 100_000) },
		"workdirs":     func() string { return "FROM a\n"+strings.Repeat("WORKDIR a\n", 200_000) },
		"users":     func() string { return "FROM a\n"+strings.Repeat("USER a\n", 200_000) },
		"shells":     func() string { return "FROM a\nSHELL ["+repeat(`"a",`, 8*M)+`"a"]`+"\n"+strings.Repeat("RUN x\n", 100_000) },
		"onbuildcfg":     func() string { return "FROM a AS b\n"+strings.Repeat("ONBUILD RUN x\n", 100_000)+strings.Repeat("FROM b\n", 100_000) },
		"onbuilddeep":     func() string { return "FROM deep0\n" },
		"binary":     func() string { b := make([]byte, 15*M); x := uint32(1); for i := range b { x = x*1664525+1013904223; b[i] = byte(x>>24) }; return string(b) },
		"elf":     func() string { return "\x7fELF\x02\x01\x01"+strings.Repeat("\x00\x00\x00\x01", 3*M) },
		"labelchain":  func() string { return "FROM a AS s0\nLABEL "+numbered(10_000, "a%d=%d%.0d%.0d ")+"\n" + func() string { var b strings.Builder; for i := 1; i < 100_000; i++ { fmt.Fprintf(&b, "FROM s%d AS s%d\n", i-1, i) }; return b.String() }() },
		"directives": func() string { return repeat("# escape=`\n", 15*M) },
		"jsonheredoc": func() string { return "FROM a\n"+repeat("RUN [\"a\"] <<\n", 3*M) },
		"health": func() string { return "FROM a\n"+repeat("HEALTHCHECK --interval=1 CMD a\n", 7*M) },
		"quotes": func() string { return "FROM a\nRUN <<A "+strings.Repeat("'a' ", 3*M)+"\nA\n" },
		"quotes2": func() string { return "FROM a\nENV "+strings.Repeat("a='a' ", 2*M)+"\n" },
		"addsrc": func() string { return "FROM a\nADD "+repeat("https://a/b ", 5*M)+" /\n" },
		"addlines": func() string { return "FROM a\n"+strings.Repeat("ADD https://a/b /\n", 200_000)+" /\n" },
		"links": func() string { return "FROM a\n"+strings.Repeat("COPY --link a /\n", 200_000)+" /\n" },
		"copies": func() string { return "FROM a\n"+strings.Repeat("COPY a /\n", 200_000) },
	}
	only := os.Getenv("PROBE")
	for name, make := range in {
		if only != "" && name != only { continue }
		text := make()
		runtime.GC()
		var peak atomic.Uint64
		done := make2()
		go func() {
			var m runtime.MemStats
			for {
				select { case <-done: return; case <-time.After(20*time.Millisecond): }
				runtime.ReadMemStats(&m)
				if v := m.HeapAlloc + m.StackInuse; v > peak.Load() { peak.Store(v) }
			}
		}()
		start := time.Now()
		f, _ := lang.Parse(source.NewFile("x", text))
		parse := time.Since(start)
		_ = f
		f = nil
		c := cases.Case{Dockerfile: text}
		if name == "onbuilddeep" { c.Images = deepImages }
		start = time.Now()
		_, def, err := compile(c)
		total := time.Since(start)
		done <- true
		msg := "ok"
		if err != nil { msg = err.Error(); if len(msg) > 150 { msg = msg[:150] + fmt.Sprint("...", len(msg)) } } else { n := 0; for _, d := range def.Def { n += len(d) }; msg = fmt.Sprintf("ok %d vertices %d MB", len(def.Def), n>>20) }
		fmt.Printf("%-14s parse %6.2fs compile %6.2fs peak %5d MB  %s\n", name, parse.Seconds(), total.Seconds(), peak.Load()>>20, msg)
	}
	_ = context.Background
}
func make2() chan bool { return make(chan bool) }
var deepImages = func() map[string]string { m := map[string]string{}; for i := range 300 { m[fmt.Sprintf("docker.io/library/deep%d:latest", i)] = fmt.Sprintf(`{"architecture":"amd64","os":"linux","config":{"OnBuild":["COPY --from=deep%d x y"]},"rootfs":{"type":"layers","diff_ids":["sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"]}}`, i+1) }; return m }()
