package effects

import (
	"path"
	"strings"
)

// tars is tar(1): what it unpacks stays below where it stands, unless -P says otherwise. The
// archive's name is relative to where the command is, not to -C.
func tars(k *call) {
	file, named := k.opt("--file")
	if t := file.plain(); strings.Contains(t, ":") {
		k.fail("`" + k.Text + "` has an archive on another machine")
		return
	}
	below := k.dirs
	for _, d := range k.given["--directory"] {
		below = d.enter(below)
	}
	here := field{text: ".", known: true}
	switch {
	case k.has("--get") && k.has("--to-stdout"), k.has("--list"):
		k.read(file, false)
	case k.has("--get"):
		if named {
			k.read(file, false)
		}
		if dirs := k.given["--directory"]; len(dirs) == 1 { // also one that is not known
			here, below = dirs[0], k.dirs
		}
		k.deals(Links, Names)
		k.writes(here.paths(below, true))
		k.out.Removes = joinPaths(k.out.Removes, here.paths(below, true).each(func(p *Path) { p.Into = true })) // what is in the way
	case k.has("--create", "--append", "--update"):
		k.deals(Packing)
		if named {
			k.writes(file.paths(k.dirs, false))
		}
		for _, f := range k.operands {
			k.out.Reads.add(f.paths(below, true))
		}
		if k.has("--files-from") {
			k.out.Reads.add(Anything())
		}
	default:
		k.fail("`" + k.Text + "` neither packs nor unpacks")
	}
}

// squeezes is gzip(1) and its like: a file goes, and one of another name comes.
func squeezes(k *call) {
	quiet := strings.HasSuffix(k.Name, "cat") || k.has("--to-stdout", "--test", "--list")
	keeps := quiet || k.has("--keep") || strings.Contains(k.Name, "zstd") && !k.has("--rm") || k.Name == "lz4"
	unpacks := k.has("--uncompress") || strings.HasPrefix(k.Name, "un") || strings.HasSuffix(k.Name, "unzip") || strings.HasSuffix(k.Name, "unzip2")
	if unpacks && !quiet && k.has("-N") {
		k.fail("`" + k.Text + "` takes names out of what it unpacks")
		return
	}
	for _, f := range k.operands {
		k.read(f, k.has("--recursive"))
		if !keeps {
			k.role(given{roleRemove, f}, k.has("--recursive"))
		}
		if quiet {
			continue
		}
		if !f.known || wild(f.text) || k.has("--recursive") {
			dir := field{text: path.Dir(f.text), known: f.known, over: true}
			k.writes(dir.paths(k.dirs, true))
			continue
		}
		if f.tree { // what find found, which may be the starting point itself
			if k.writes(f.paths(k.dirs, true)); f.is(".") {
				continue
			}
		}
		if unpacks {
			for _, n := range unsqueezed(f.text) {
				named := field{text: n, known: true, over: true}
				k.writes(named.paths(k.dirs, false))
				if wild(n) && !keeps {
					k.role(given{roleRemove, named}, false)
				}
			}
			continue
		}
		k.writes(field{text: f.text + suffixOf(k.Name), known: true, over: f.over}.paths(k.dirs, false))
	}
}

// suffixOf is what a program puts behind a name.
func suffixOf(program string) string {
	switch program {
	case "bzip2":
		return ".bz2"
	case "xz":
		return ".xz"
	case "lzma":
		return ".lzma"
	case "zstd":
		return ".zst"
	case "lz4":
		return ".lz4"
	}
	return ".gz"
}

// unsqueezed are the names that a file may get. One without a suffix has one when it is looked for.
func unsqueezed(name string) (list []string) {
	for _, s := range []string{".gz", ".bz2", ".xz", ".lzma", ".zst", ".lz4", ".Z", ".z", "-gz", "-z", ".tgz", ".tbz", ".tbz2", ".txz", ".tlz", ".taz", ".tzst"} {
		if stem, ok := strings.CutSuffix(name, s); ok {
			list = append(list, stem, stem+".tar")
		}
	}
	if list == nil {
		return []string{name + "*"}
	}
	return list
}

// unzips is unzip(1): what it unpacks stays below where it is told.
func unzips(k *call) {
	if len(k.operands) > 0 {
		k.read(k.operands[0], false)
	}
	if k.has("-l", "-t", "-v", "-p", "-c", "-z") {
		return
	}
	dir, ok := k.opt("-d")
	if !ok {
		dir = field{text: ".", known: true}
	} else {
		k.around(field{text: strings.TrimSuffix(dir.text, "/") + "/x", known: dir.known})
	}
	k.writes(dir.paths(k.dirs, true))
}

func zips(k *call) {
	if len(k.operands) == 0 {
		return
	}
	out := k.operands[0]
	out.over = true
	k.read(out, false)
	k.writes(out.paths(k.dirs, false))
	out.text += ".zip"
	k.writes(out.paths(k.dirs, false))
}

func sevenZips(k *call) {
	dir, ok := k.opt("-o")
	if !ok {
		dir = field{text: ".", known: true}
	}
	k.around(field{text: dir.text + "/x", known: dir.known})
	k.writes(dir.paths(k.dirs, true))
}

// cpios is cpio(1), which takes names that lead out of where it stands, unless it is told not to.
func cpios(k *call) {
	switch {
	case !k.has("--extract"):
		k.out.Reads.add(Anything())
	case k.has("--no-absolute-filenames"):
		k.writes(field{text: ".", known: true}.paths(k.dirs, true))
	default:
		k.writes(Anything())
	}
}

// belowHere is for programs that write at or below where they stand, and what they name.
func belowHere(k *call) {
	k.read(field{text: ".", known: true}, true)
	k.writes(field{text: ".", known: true}.paths(k.dirs, true))
	for _, f := range k.operands {
		if f.loose {
			k.fail("a word of `" + k.Text + "` may be an option, or several words")
			return
		}
		if !strings.HasPrefix(f.text, "-") {
			k.read(f, true)
			k.writes(f.paths(k.dirs, true))
		} else if strings.Contains(f.text, "/") {
			k.fail("`" + k.Text + "` has a path in an option")
			return
		}
	}
}

// rsyncs is rsync(1): the last operand is a directory, or a name.
func rsyncs(k *call) {
	if len(k.operands) < 2 || k.loose {
		k.fail("`" + k.Text + "` has no destination that is known")
		return
	}
	for i, f := range k.operands {
		host, _, remote := strings.Cut(f.text, ":")
		switch last := i+1 == len(k.operands); {
		case !f.known || remote && !strings.Contains(host, "/"):
			k.out.Network = append(k.out.Network, Fetch{URL: f.show(), By: k.Name})
			k.does(Network)
			k.out.Reads.add(k.constant("~/.ssh/"))
			if last || !f.known {
				k.fail("`" + k.Text + "` sends files, or runs ssh")
			}
		case last:
			k.writes(f.paths(k.dirs, true))
			if k.has("--delete") {
				k.role(given{roleRemove, f}, true)
			}
		default:
			k.read(f, true)
		}
	}
}
