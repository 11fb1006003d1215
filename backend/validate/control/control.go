// Package control reads the form that package managers keep what is installed in: stanzas of fields, as
// in dpkg's status, deb822(5), and in apk's database.
package control

import "strings"

// Stanzas are separated by empty lines.
func Stanzas(text string) (list []string) {
	for s := range strings.SplitSeq(text, "\n\n") {
		if s = strings.Trim(s, "\n"); s != "" {
			list = append(list, s)
		}
	}
	return list
}

// Fields reads lines like NAME: VALUE of a stanza; the first of a name counts. Lines that continue a
// field are passed over.
func Fields(stanza string) map[string]string {
	fields := map[string]string{}
	for line := range strings.SplitSeq(stanza, "\n") {
		name, value, ok := strings.Cut(line, ":")
		if _, twice := fields[name]; ok && !twice && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") {
			fields[name] = strings.TrimSpace(value)
		}
	}
	return fields
}

// Names are the packages of a field like Depends, each without its version and architecture;
// alternatives stand for themselves.
func Names(field string) (list []string) {
	for _, part := range strings.FieldsFunc(field, func(c rune) bool { return c == ',' || c == '|' }) {
		name := strings.TrimSpace(part)
		if i := strings.IndexAny(name, " \t\n(:"); i >= 0 {
			name = name[:i]
		}
		if name != "" {
			list = append(list, name)
		}
	}
	return list
}
