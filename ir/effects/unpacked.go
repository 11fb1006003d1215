package effects

import (
	"path"
	"slices"
	"strings"
)

// unpackers take apart an archive that they are told, and leave it as it is; askers say something of it.
const (
	fetchers  = "curl wget"
	unpackers = "tar bsdtar unzip 7z 7za 7zr"
	askers    = "sha1sum sha224sum sha256sum sha384sum sha512sum md5sum b2sum gpg gpgv echo printf ls test [ stat file chmod chown touch true :"
)

// Unpacked gives the archives that the commands of a step fetch, unpack and leave where they are: by
// curl or wget, and tar, unzip or 7z. None is among them that another command names, or finds by a
// wildcard, for it may have been put elsewhere, or have a link to it, nor one of which only a
// pattern is known.
func (s Step) Unpacked() (list []string) {
	for i, c := range s.Commands {
		if !among(fetchers, c.Name) || len(c.Effects.Unknown) > 0 {
			continue
		}
		for _, p := range c.Effects.Writes.List {
			if p.Glob || p.Tree || p.Grade == Unknown || !archive(p.Name) || slices.Contains(list, p.Name) {
				continue
			}
			if unpacked(s.Commands[i+1:], p.Name) && !slices.ContainsFunc(s.Commands, func(o Command) bool { return names(o, p.Name) }) {
				list = append(list, p.Name)
			}
		}
	}
	return list
}

// archive tells a plain name of an archive.
func archive(name string) bool {
	return strings.Trim(strings.ToLower(name), "abcdefghijklmnopqrstuvwxyz0123456789/._+-") == "" && strings.Count(name, "/") > 1 &&
		slices.ContainsFunc(strings.Fields(".tar .gz .tgz .xz .txz .bz2 .tbz2 .zst .zip .7z"), func(s string) bool { return strings.HasSuffix(name, s) })
}

// unpacked tells whether a command unpacks an archive, and none takes it away.
func unpacked(list []Command, name string) (found bool) {
	for _, c := range list {
		if len(c.Effects.Unknown) > 0 {
			continue
		}
		if among(unpackers, c.Name) && slices.ContainsFunc(c.Effects.Reads.List, func(p Path) bool { return p.Name == name && !p.Tree }) {
			found = true
		}
		if !among(unpackers, c.Name) && !c.Installs() && c.Effects.Removes.Covers(name) {
			return false
		}
	}
	return found
}

// names tells whether a command that does more than to fetch, unpack or ask names a file, or may find it.
func names(c Command, name string) bool {
	if among(fetchers+" "+unpackers+" "+askers, c.Name) {
		return false
	}
	base := path.Base(name)
	return strings.Contains(c.Text, base) || slices.ContainsFunc(strings.FieldsFunc(c.Text, func(r rune) bool { return strings.ContainsRune(" \t\n\"'/=;|&()", r) }), func(word string) bool {
		match, err := path.Match(word, base)
		return strings.ContainsAny(word, "*?[") && (match || err != nil)
	})
}
