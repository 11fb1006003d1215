package record

import (
	"cmp"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/lang/redact"
)

var (
	// secretName is a variable, an option or a field whose value is secret.
	secretName = late.Regexp(`(?i)(pass(w(or)?d|phrase|code)?s?$|pass(w(or)?d|phrase|code)|_pass_|pwd|secret|token|credential|bearer|cookie` +
		`|api[_.-]?key|access[_.-]?key|priv(ate)?[_.-]?key|encryption[_.-]?key|signing[_.-]?key|account[_.-]?key|master[_.-]?key|storepass|keypass|auth$|^auth[_-]|[_-]pin$|^pin$|_key$|signature|dsn$|connection[_-]?string)`)
	// harmless are names of that kind whose value is a file, a flag or a name.
	harmless = late.Regexp(`(?i)(^|_)(old)?pwd$|[._-](file|path|dir|stdin|url|command|program|env|name|id|type|agent|sock|fd|prompt|mode|algorithm|expire|age|days|length|policy|provider|helper)s?$|keyserver|no-password|passwordless|^--?(no|disabled|ask)-`)
	// assignment is such a field in text of any kind, as a file or a query has it.
	assignment = late.Regexp(`(?i)([\w.-]*(?:passw(?:or)?d|passphrase|passcode|secret|token|credential|api[_.-]?key|access[_.-]?key|private[_.-]?key|_auth|_key|\bpwd|pass)[\w.-]*\\?["']?\s*[=:]\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"',;&|)}\]]+)`)
	// header is one of HTTP that lets somebody in.
	header = late.Regexp(`(?i)((?:proxy-)?authorization|[\w-]*(?:api-?key|token|secret|auth|cookie|password|signature)[\w-]*)(\s*:\s*)[^"'\s][^"']*`)
	// secretFile is one that holds nothing else than secrets.
	secretFile = late.Regexp(`(?i)(^|[/._-])(netrc|pgpass|my\.cnf|npmrc|pypirc|git-credentials|htpasswd|shadow|authinfo|vault_pass|smbcredentials|credentials?|passwords?|passwd|pass|secrets?|tokens?|api_?key|id_(rsa|dsa|ecdsa|ed25519)|[\w-]*\.(key|pem|p12|pfx|jks))(\.\w+)?$`)
	// statement is one of SQL and of netrc that names a password.
	statement = late.Regexp(`(?i)(\b(?:identified\s+(?:with\s+\S+\s+)?(?:by|as)|login\s+\S+\s+password|requirepass|masterauth)\s+|\bpassword\s+[\\"']*['"])('[^']*'|"[^"]*"|[^\s;"'/\\]+)`)
	// shape is what tokens of services look like, and keys.
	shape = late.Regexp(`gh[pousr]_\w{20,}|github_pat_\w{20,}|gl(?:pat|ptt|dt|rt|soat)-[\w-]{16,}|xox[a-z]-[\w-]{10,}|\b(?:sk|rk|pk)[-_](?:live_|test_|ant-|proj-)?[\w-]{16,}|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{30,}|\bnpm_\w{20,}|\bhf_\w{20,}|dckr_[po]at_[\w-]{16,}|pypi-[\w-]{16,}|\bya29\.[\w-]+|\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bdop_v1_\w{20,}|\bhvs\.[\w-]{16,}|\bAGE-SECRET-KEY-\w+|(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*|\$(?:1|2[aby]?|5|6|7|y|gy|argon2\w*)\$[^\s:'"]{8,}`)
	// random is a word that no person made up: long, of capitals, small letters and digits.
	random = late.Regexp(`[A-Za-z0-9+/_=-]{24,}`)
)

// Redact masks what looks secret in a command: values of variables, options, headers and fields
// whose names say so; what options of known programs say, as -p of mysql; what is
// given to programs that read passwords; passwords in URLs; what tokens look like. It masks too much
// rather than too little. The text of heredocs is left out, as a file has it or a program read it.
func Redact(line string) string {
	file, err := syntax.NewParser(syntax.KeepComments(true)).Parse(strings.NewReader(line), "")
	if err != nil {
		return unparsed(line)
	}
	m := masks{text: line}
	syntax.Walk(file, m.visit)
	return words(m.apply())
}

// unparsed is a line of another shell: where a word in it speaks of secrets, only the
// first is kept.
func unparsed(line string) string {
	fields := strings.Fields(line)
	for i, f := range fields {
		if i > 0 && (secretName().MatchString(strings.TrimLeft(f, "-")) || feeds[program([]string{f})] != nil) {
			return fields[0] + " " + redact.Mask
		}
	}
	if masked := words(line); masked == line && !strings.Contains(line, "<<") {
		return line
	}
	return fields[0] + " " + redact.Mask
}

// words masks what needs no syntax.
func words(text string) string {
	text = redact.URLs(text)
	text = shape().ReplaceAllString(text, redact.Mask)
	text = statement().ReplaceAllString(text, "${1}"+redact.Mask)
	text = assignment().ReplaceAllStringFunc(text, func(m string) string {
		parts := assignment().FindStringSubmatch(m)
		name := strings.TrimRight(parts[1], " \t\"'=:")
		if harmless().MatchString(name) || strings.HasPrefix(parts[2], "$") && !strings.ContainsAny(parts[2], "'\"") || parts[2] == redact.Mask {
			return m
		}
		return parts[1] + redact.Mask
	})
	return random().ReplaceAllStringFunc(text, func(m string) string {
		if strings.Count(m, "/") > 1 || !mixed(m) {
			return m
		}
		return redact.Mask
	})
}

// mixed tells of a text with capitals, small letters and digits among one another, as no word,
// digest or version has them.
func mixed(text string) bool {
	changes, kind := 0, 0
	for _, r := range text {
		k := kind
		switch {
		case r >= '0' && r <= '9':
			k = 1
		case r >= 'a' && r <= 'z':
			k = 2
		case r >= 'A' && r <= 'Z':
			k = 3
		}
		if k != kind && kind != 0 {
			changes++
		}
		kind = k
	}
	return strings.ContainsAny(text, "0123456789") && strings.ToLower(text) != text && strings.ToUpper(text) != text && changes*4 >= len(text)
}

// masks are parts of a text that are left out.
type masks struct {
	text  string
	parts []mask
}

type mask struct {
	from, to int
	by       string
}

func (m *masks) add(from, to syntax.Pos, by string) {
	if from.IsValid() && to.IsValid() && to.Offset() > from.Offset() {
		m.parts = append(m.parts, mask{int(from.Offset()), int(to.Offset()), by})
	}
}

// apply gives the text without the parts; what lies in another one goes with it.
func (m *masks) apply() string {
	slices.SortFunc(m.parts, func(a, b mask) int { return cmp.Or(a.from-b.from, b.to-a.to) })
	var b strings.Builder
	at := 0
	for _, p := range m.parts {
		if p.from < at {
			continue
		}
		b.WriteString(m.text[at:p.from])
		b.WriteString(p.by)
		at = min(p.to, len(m.text))
	}
	b.WriteString(m.text[at:])
	return strings.TrimRight(b.String(), "\n")
}

func (m *masks) visit(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.Assign:
		if n.Name != nil && secretName().MatchString(n.Name.Value) && !harmless().MatchString(n.Name.Value) {
			if n.Value != nil {
				m.word(n.Value)
			} else if n.Array != nil {
				m.add(n.Array.Pos(), n.Array.End(), redact.Mask)
			}
		}
	case *syntax.Redirect:
		if n.Hdoc != nil {
			m.add(n.Hdoc.Pos(), n.Hdoc.End(), "")
		} else if n.Op == syntax.WordHdoc {
			m.word(n.Word) // it is for a program that asks
		}
	case *syntax.Comment:
		if secretName().MatchString(n.Text) {
			m.add(n.Pos(), n.End(), "")
		}
	case *syntax.BinaryCmd:
		if n.Op == syntax.Pipe || n.Op == syntax.PipeAll {
			m.pipe(n)
		}
	case *syntax.CallExpr:
		m.call(n.Args)
		for _, w := range n.Args {
			m.script(w)
		}
	case *syntax.Stmt:
		for _, r := range n.Redirs {
			if r.Word != nil && secretFile().MatchString(literal(r.Word)) && r.Op != syntax.RdrIn {
				m.said(n)
			}
		}
	}
	return true
}

// script looks at a word that may be a command, as that of sh -c is.
func (m *masks) script(w *syntax.Word) {
	text := literal(w)
	if !strings.ContainsAny(text, " \n") || len(w.Parts) == 1 && w.Lit() != "" {
		return
	}
	inner := masks{text: text}
	file, err := syntax.NewParser().Parse(strings.NewReader(text), "")
	if err != nil {
		return
	}
	if syntax.Walk(file, inner.visit); len(inner.parts) == 0 {
		return
	}
	quoted, err := syntax.Quote(inner.apply(), syntax.LangBash)
	if err != nil {
		quoted = redact.Mask
	}
	m.add(w.Pos(), w.End(), quoted)
}

// word masks a word, unless it only names a variable or what a command gives.
func (m *masks) word(w *syntax.Word) {
	if len(w.Parts) == 1 {
		part := w.Parts[0]
		if q, ok := part.(*syntax.DblQuoted); ok && len(q.Parts) == 1 {
			part = q.Parts[0]
		}
		switch p := part.(type) {
		case *syntax.ParamExp:
			if p.Exp == nil && p.Repl == nil {
				return
			}
		case *syntax.CmdSubst:
			return // its commands are looked at
		}
	}
	m.add(w.Pos(), w.End(), redact.Mask)
}

// pipe masks what is said to a program that reads a password.
func (m *masks) pipe(n *syntax.BinaryCmd) {
	reads := false
	syntax.Walk(n.Y, func(n syntax.Node) bool {
		if call, ok := n.(*syntax.CallExpr); ok && readsPassword(literals(call.Args)) {
			reads = true
		}
		return !reads
	})
	if !reads {
		return
	}
	m.said(n.X)
}

// said masks the text that a part of a command prints.
func (m *masks) said(n syntax.Node) {
	syntax.Walk(n, func(n syntax.Node) bool {
		call, ok := n.(*syntax.CallExpr)
		if ok && len(call.Args) > 1 && slices.Contains([]string{"echo", "printf", "print", "yes"}, call.Args[0].Lit()) {
			for _, w := range call.Args[1:] {
				if !strings.HasPrefix(w.Lit(), "-") {
					m.word(w)
				}
			}
		}
		return true
	})
}

// literals are the words of a command, without quotes; those that are only known when it runs
// are empty.
func literals(args []*syntax.Word) []string {
	list := make([]string, len(args))
	for i, w := range args {
		list[i] = literal(w)
	}
	return list
}

func literal(w *syntax.Word) string {
	var b strings.Builder
	for _, p := range w.Parts {
		switch p := p.(type) {
		case *syntax.Lit:
			b.WriteString(p.Value)
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			for _, q := range p.Parts {
				if l, ok := q.(*syntax.Lit); ok {
					b.WriteString(l.Value)
				} else {
					b.WriteByte('$')
				}
			}
		default:
			b.WriteByte('$')
		}
	}
	return b.String()
}
