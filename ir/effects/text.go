package effects

import (
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/lang/late"
)

// greps is grep: the pattern comes first, unless an option has it.
func greps(k *call) {
	list := k.operands
	if !k.has("--regexp", "--file") && len(list) > 0 && !list[0].loose {
		list = list[1:]
	}
	for _, f := range list {
		k.read(f, k.has("--recursive"))
	}
	if k.has("--recursive") {
		here(k)
		k.deals(Order)
	}
}

// seds is sed(1): its script comes first, unless options have it.
func seds(k *call) {
	scripts, files := k.given["--expression"], k.operands
	if !k.has("--expression", "--file") && len(files) > 0 {
		scripts, files = files[:1], files[1:]
	}
	for _, s := range scripts {
		t, ok := text(named(s.text))
		if files, quiet := sedScript(t); !s.known || !ok || files || !quiet {
			k.fail("the script of `" + k.Text + "` may run programs, or name files")
			return
		}
	}
	for _, f := range files {
		k.read(f, false)
		if k.has("--in-place") {
			k.writes(f.paths(k.dirs, false))
		}
	}
	if k.has("--in-place") {
		if suffix, ok := k.opt("--in-place"); ok {
			k.backups(suffix, files)
		}
	}
}

// named puts a name in the place of each "*" of a pattern: a part that is not known is one.
func named(pattern string) string {
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			b.WriteString(pattern[i : i+2])
			i++
		case c == '*':
			b.WriteByte('x')
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// sedScript reads the commands of a script of sed(1). It is false when one runs a program, as e
// and the flag e of s do, or nobody knows. Files tells that one reads or writes a file.
func sedScript(s string) (files, ok bool) {
	for {
		s = strings.TrimLeft(s, " \t\n;{}")
		if s == "" {
			return files, true
		}
		if s, ok = sedAddress(s); !ok || s == "" {
			return files, false
		}
		c := s[0]
		s = s[1:]
		switch {
		case strings.IndexByte("{}=dDgGhHnNpPxzlqQ", c) >= 0:
			s = strings.TrimLeft(s, "0123456789 \t")
		case c == 's' || c == 'y':
			if s, ok = sedParts(s, 2); !ok {
				return files, false
			}
			s = strings.TrimLeft(s, "gpiIMm0123456789 \t")
			if strings.HasPrefix(s, "w") {
				files, s = true, s[strings.IndexByte(s+"\n", '\n'):]
			}
		case c == 'a' || c == 'i' || c == 'c' || c == '#': // the rest of the line is text
			s = sedLine(s)
		case strings.IndexByte("rRwW", c) >= 0:
			files, s = true, s[strings.IndexByte(s+"\n", '\n'):]
		case strings.IndexByte("btT:", c) >= 0:
			s = s[len(s)-len(strings.TrimLeft(s, " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")):]
		default:
			return files, false
		}
		if s != "" && strings.IndexByte(";\n} \t", s[0]) < 0 && strings.IndexByte("{}", c) < 0 {
			return files, false
		}
	}
}

// sedLine drops the rest of a line, and those that a backslash joins to it.
func sedLine(s string) string {
	i := 0
	for i < len(s) && s[i] != '\n' {
		if s[i] == '\\' {
			i++
		}
		i++
	}
	return s[min(i, len(s)):]
}

// sedAddress drops what stands in front of a command.
func sedAddress(s string) (string, bool) {
	for s != "" {
		switch c := s[0]; {
		case c >= '0' && c <= '9' || strings.IndexByte("$,!~+ \t", c) >= 0:
			s = s[1:]
		case c == '/', c == '\\' && len(s) > 1:
			if c == '\\' {
				s = s[1:]
			}
			var ok bool
			if s, ok = sedParts(s, 1); !ok {
				return "", false
			}
			s = strings.TrimLeft(s, "IM")
		default:
			return s, true
		}
	}
	return s, true
}

// sedParts drops n texts that a delimiter stands around, which comes first. In brackets it is no
// delimiter to some, and is to others: then nobody knows.
func sedParts(s string, n int) (string, bool) {
	if s == "" || s[0] == '\n' || s[0] == '\\' {
		return "", false
	}
	delimiter := s[0]
	class := false
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == delimiter && class:
			return "", false
		case c == delimiter:
			if n--; n == 0 {
				return s[i+1:], true
			}
			class = false
		case c == '[':
			class = true
		case c == ']':
			class = false
		}
	}
	return "", false
}

// backups are the files that sed keeps.
func (k *call) backups(suffix field, files []field) {
	if s := suffix.plain(); strings.ContainsAny(s, "*/") || s == "" {
		k.writes(Anything())
		return
	}
	for _, f := range files {
		f.text += suffix.text
		k.writes(f.paths(k.dirs, false))
	}
}

// awks is awk: what may print to files, run programs or include others is in its text.
func awks(k *call) {
	programs, files := k.given["-e"], k.operands
	if !k.has("-e", "-f") && len(files) > 0 {
		programs, files = files[:1], files[1:]
	}
	for _, p := range programs {
		t, ok := text(p.text)
		if !p.known || !ok || awkRuns(t) || strings.Contains(t, "getline") || awkPrints().MatchString(t) {
			k.fail("the program of `" + k.Text + "` may run others, or write files")
			return
		}
		if strings.Contains(t, "rand") {
			k.does(Random)
		}
		if strings.Contains(t, "time") {
			k.does(Clock)
		}
	}
	for _, f := range files {
		k.read(f, false)
	}
}

// awkRuns tells a program of awk that may run others: gawk(1) 5.2 has system(), pipes, two-way
// pipes, and extensions and indirect calls by "@".
func awkRuns(text string) bool {
	text = strings.ReplaceAll(text, "||", "")
	return strings.ContainsAny(text, "|@") || strings.Contains(text, "system")
}

// awkPrints finds a print with ">" behind it.
var awkPrints = late.Regexp(`print[^;}\n]*>`)

// patches is patch(1): GNU's ignores names that lead out of where it stands.
func patches(k *call) {
	for _, f := range k.operands {
		if !f.known || strings.HasPrefix(f.text, "/") || strings.HasPrefix(f.text, "..") {
			k.fail("`" + k.Text + "` names files in a way that is not followed")
		}
	}
	below := field{text: ".", known: true}
	k.read(below, true)
	k.writes(below.paths(k.dirs, true))
	k.out.Removes.add(below.paths(k.dirs, true))
}

// findWords tells how many words a test or an action of find(1) takes. It is false for what is
// not followed.
func findWords(t string) (int, bool) {
	switch t {
	case "-L", "-P", "-H", "(", ")", "!", "-not", "-a", "-and", "-o", "-or", "-print", "-print0", "-prune", "-quit", "-depth", "-xdev", "-mount", "-empty",
		"-executable", "-readable", "-writable", "-true", "-false", "-follow", "-delete", "-ls", "-nouser", "-nogroup", ",", "-daystart", "-noleaf", "-warn", "-nowarn",
		"-ignore_readdir_race", "-noignore_readdir_race":
		return 0, true
	case "-name", "-iname", "-path", "-ipath", "-wholename", "-regex", "-iregex", "-regextype", "-type", "-xtype", "-size", "-perm", "-user", "-group", "-uid",
		"-gid", "-mtime", "-mmin", "-atime", "-amin", "-ctime", "-cmin", "-newer", "-maxdepth", "-mindepth", "-links", "-lname", "-printf", "-samefile", "-inum", "-fstype", "-used", "-anewer", "-cnewer", "-ilname", "-iwholename":
		return 1, true
	}
	return 1, strings.HasPrefix(t, "-newer") && len(t) == len("-newermt")
}

// layered are tests of find(1) whose answers depend on layers below, and an action by which the order of
// directories counts.
var layered = strings.Fields("-links -samefile -inum -used -quit")

// finds is find(1): what it removes or runs others for is at or below its starting points.
func finds(k *call) {
	k.deals(Order)
	if slices.ContainsFunc(k.operands, func(f field) bool { return slices.ContainsFunc(layered, f.is) }) {
		k.deals(Packing)
	}
	n := slices.IndexFunc(k.operands, func(f field) bool {
		return strings.HasPrefix(f.text, "-") && !f.is("-H") && !f.is("-P") || f.is("(") || f.is("!")
	})
	if n < 0 {
		n = len(k.operands)
	}
	roots := slices.DeleteFunc(slices.Clone(k.operands[:n]), func(f field) bool { return f.is("-H") || f.is("-P") })
	if len(roots) == 0 {
		roots = []field{{text: ".", known: true}}
	}
	for i := range roots {
		if roots[i].loose {
			k.fail("a word of `" + k.Text + "` is not known")
			return
		}
		roots[i].over, roots[i].tree = true, true
		k.read(roots[i], true)
	}
	rest := k.operands[n:]
	follows := slices.ContainsFunc(rest, func(f field) bool { return f.is("-L") || f.is("-follow") })
	for i := 0; i < len(rest); i++ {
		t := rest[i].plain()
		switch takes, ok := findWords(t); {
		case t == "-delete" && !follows:
			for _, r := range roots {
				k.role(given{roleRemove, r}, true)
			}
		case t == "-exec" && !follows:
			end := i + 1
			for end < len(rest) && !rest[end].is(";") && !rest[end].is("+") {
				end++
			}
			k.findRuns(n+i+1, n+end, roots)
			i = end
		case !ok, t == "-delete":
			k.fail("`find` has a test or an action that is not followed: `" + k.Text + "`")
			return
		default:
			i += takes
		}
	}
}

// findRuns is for what find runs: words of its own, of which "{}" stands for what it found.
func (k *call) findRuns(from, to int, roots []field) {
	if len(k.operands) != len(k.Args) || from >= to {
		k.fail("what `" + k.Text + "` runs is not followed")
		return
	}
	c := k.Runs(k.Args[from:to])
	if slices.Contains([]string{"sh", "bash", "dash", "ash", "find", "xargs"}, c.Name) {
		k.fail("what `" + k.Text + "` runs is not followed")
		return
	}
	before := k.w.found
	k.w.found = roots
	k.out = Join(k.out, k.w.command(c, nil))
	k.w.found = before
}
