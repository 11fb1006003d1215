package effects

import "strings"

// compilers is gcc(1) and its like: what they make is where they stand, or where -o says.
func compilers(k *call) {
	for i, f := range k.operands {
		t := f.plain()
		switch {
		case f.loose, strings.HasPrefix(f.text, "@"), t == "-run", strings.HasPrefix(t, "-B"), strings.HasPrefix(t, "-wrapper"), strings.HasPrefix(t, "-fplugin"),
			strings.HasPrefix(t, "-specs"), strings.HasPrefix(t, "--specs"), strings.HasPrefix(t, "-fuse-ld"), strings.HasPrefix(t, "-Xclang"), strings.HasPrefix(t, "-load"), strings.HasPrefix(t, "-T"), strings.HasPrefix(t, "-fprofile"), strings.HasPrefix(t, "-plugin"):
			k.fail("`" + k.Text + "` may run what it does not name")
			return
		case (t == "-o" || t == "-MF") && i+1 < len(k.operands):
			k.writes(k.operands[i+1].paths(k.dirs, false).each(func(p *Path) { p.Product = t == "-o" }))
		case strings.HasPrefix(t, "-o") || strings.HasPrefix(t, "-MF"):
			k.writes(field{text: strings.TrimPrefix(strings.TrimPrefix(f.text, "-o"), "-MF"), known: true}.paths(k.dirs, false))
		case strings.HasPrefix(t, "-"):
		default:
			k.read(f, false)
		}
	}
	k.out.Reads = joinPaths(k.out.Reads, Anything()) // what is included
	k.writes(field{text: ".", known: true}.paths(k.dirs, true))
}

// stripped is for programs that change binaries in place, or into another file.
func stripped(k *call) {
	for _, f := range k.operands {
		switch {
		case f.loose, f.known && strings.HasPrefix(f.text, "@"), f.known && strings.HasPrefix(f.text, "-") && strings.Contains(f.text, "/"):
			k.fail("`" + k.Text + "` names files in a way that is not followed")
			return
		case f.known && strings.HasPrefix(f.text, "-"):
		default:
			f.over = true
			k.read(f, false)
			k.writes(f.paths(k.dirs, false))
		}
	}
}

// keytools is keytool(1): keys are in a file that it names, or in the JDK.
func keytools(k *call) {
	for _, f := range k.operands {
		switch {
		case f.loose || f.is("-cacerts") || f.is("-J") || strings.HasPrefix(f.text, "-J") || strings.HasPrefix(f.text, "-provider"):
			k.fail("`" + k.Text + "` has a store that is not known")
			return
		case !strings.HasPrefix(f.text, "-"):
			f.over = true
			k.read(f, false)
			k.writes(f.paths(k.dirs, false))
		}
	}
	k.writes(k.constant("~/.keystore /tmp/hsperfdata_*/"))
}
