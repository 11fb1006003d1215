package record

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/seed-e0495807/strake/lang/redact"
)

// A secretive program takes secrets in its arguments.
type secretive struct {
	next     []string // options whose next argument is one
	joined   []string // options that have it in the same argument
	operands bool     // all operands are
	last     bool     // the last operand is
	after    []string // words behind which all operands are
	only     string   // a word without which none is
}

// takes are the programs that take secrets by arguments whose names do not say so. The manual
// page of each says which.
var takes = map[string]secretive{
	"curl":                   {next: []string{"-u", "-U", "--user", "--proxy-user", "-b", "--cookie", "--oauth2-bearer", "--key-passwd", "--pass", "-E", "--cert"}, joined: []string{"-u", "-U", "-b"}},
	"http":                   {next: []string{"-a", "--auth"}, joined: []string{"-a"}},
	"mysql":                  {joined: []string{"-p"}},
	"mysqldump":              {joined: []string{"-p"}},
	"mysqladmin":             {joined: []string{"-p"}, after: []string{"password"}},
	"mariadb":                {joined: []string{"-p"}},
	"mariadb-dump":           {joined: []string{"-p"}},
	"mariadb-admin":          {joined: []string{"-p"}, after: []string{"password"}},
	"sshpass":                {next: []string{"-p"}, joined: []string{"-p"}},
	"useradd":                {next: []string{"-p"}, joined: []string{"-p"}},
	"usermod":                {next: []string{"-p"}, joined: []string{"-p"}},
	"groupadd":               {next: []string{"-p"}},
	"openssl":                {next: []string{"-k", "-K", "-pass", "-passin", "-passout"}, after: []string{"passwd"}},
	"mkpasswd":               {operands: true},
	"htpasswd":               {last: true},
	"slappasswd":             {next: []string{"-s"}},
	"ldapsearch":             {next: []string{"-w"}, joined: []string{"-w"}},
	"ldapadd":                {next: []string{"-w"}, joined: []string{"-w"}},
	"ldapmodify":             {next: []string{"-w"}, joined: []string{"-w"}},
	"docker":                 {next: []string{"-p"}, only: "login"},
	"podman":                 {next: []string{"-p"}, only: "login"},
	"strake":                 {next: []string{"-p"}, only: "login"},
	"helm":                   {next: []string{"--set", "--set-string"}},
	"kubectl":                {next: []string{"--from-literal"}},
	"redis-cli":              {next: []string{"-a"}, after: []string{"AUTH", "auth"}},
	"mongo":                  {next: []string{"-p"}, joined: []string{"-p"}},
	"mongosh":                {next: []string{"-p"}, joined: []string{"-p"}},
	"mongodump":              {next: []string{"-p"}, joined: []string{"-p"}},
	"sqlcmd":                 {next: []string{"-P"}, joined: []string{"-P"}},
	"smbclient":              {next: []string{"-U"}, joined: []string{"-U"}, last: true},
	"ssh-keygen":             {next: []string{"-N", "-P"}},
	"zip":                    {next: []string{"-P"}},
	"unzip":                  {next: []string{"-P"}},
	"7z":                     {joined: []string{"-p"}},
	"7za":                    {joined: []string{"-p"}},
	"rar":                    {joined: []string{"-p", "-hp"}},
	"lftp":                   {next: []string{"-u"}},
	"vault":                  {operands: true},
	"rabbitmqctl":            {after: []string{"add_user", "change_password", "authenticate_user"}},
	"wpa_passphrase":         {last: true},
	"nmcli":                  {after: []string{"password"}},
	"npm":                    {after: []string{"set"}},
	"yarn":                   {after: []string{"set"}},
	"snmpwalk":               {next: []string{"-A", "-X", "-c"}},
	"snmpget":                {next: []string{"-A", "-X", "-c"}},
	"keytool":                {next: []string{"-storepass", "-keypass", "-srcstorepass", "-deststorepass"}},
	"expect":                 {next: []string{"-c"}},
	"gpg":                    {next: []string{"--passphrase"}},
	"composer":               {after: []string{"config"}},
	"heroku":                 {after: []string{"config:set"}},
	"svn":                    {next: []string{"--password"}},
	"rclone":                 {after: []string{"obscure", "create", "update"}},
	"ipmitool":               {next: []string{"-P"}},
	"xfreerdp":               {joined: []string{"/p:"}},
	"rpcclient":              {next: []string{"-U"}},
	"net":                    {next: []string{"-U"}},
	"kadmin":                 {next: []string{"-w", "-q"}},
	"tailscale":              {next: []string{"--authkey", "--auth-key"}},
	"debconf-set-selections": {operands: true},
}

// feeds are programs that read a password from their standard input, with the words that make
// them do so, where not all of their calls do.
var feeds = map[string][]string{
	"passwd": {}, "chpasswd": {}, "chgpasswd": {}, "su": {}, "login": {}, "cryptsetup": {}, "smbpasswd": {}, "kinit": {},
	"ssh-add": {}, "vncpasswd": {}, "htpasswd": {}, "mkpasswd": {}, "gnome-keyring-daemon": {}, "debconf-set-selections": {},
	"pass": {}, "secret-tool": {}, "slappasswd": {}, "mysql_secure_installation": {}, "newusers": {}, "ecryptfs-add-passphrase": {},
	"sudo": {"-S", "--stdin"}, "gpg": {"--passphrase-fd", "--pinentry-mode"}, "openssl": {"passwd", "stdin", "-stdin", "enc"},
	"docker": {"login", "secret"}, "podman": {"login", "secret"}, "strake": {"login"}, "helm": {"login"}, "crane": {"login"}, "skopeo": {"login"},
	"oras": {"login"}, "gh": {"auth", "secret"}, "glab": {"auth"}, "npm": {"login", "adduser"}, "vault": {"login", "write", "kv"},
	"kubectl": {"secret"}, "git": {"credential", "credential-store", "credential-cache"}, "wg": {"set", "pubkey"}, "az": {"login"},
}

// readsPassword tells whether a command, or one that it starts, reads a password.
func readsPassword(args []string) bool {
	for i, a := range args {
		words, ok := feeds[program([]string{a})]
		if ok && (len(words) == 0 || slices.ContainsFunc(args[i+1:], func(w string) bool { return slices.Contains(words, w) })) {
			return true
		}
		if a == "tee" && slices.ContainsFunc(args[i+1:], secretFile().MatchString) {
			return true
		}
		if strings.Contains(a, "password-stdin") || a == "--with-token" {
			return true
		}
	}
	return false
}

// call masks the arguments of a command that are secret.
func (m *masks) call(args []*syntax.Word) {
	words := literals(args)
	if len(words) > 0 && (words[0] == "echo" || words[0] == "printf") {
		return // text: it is looked at as that
	}
	for i := 0; i < len(words); i++ {
		word := words[i]
		name, _, valued := strings.Cut(word, "=")
		secret := secretName().MatchString(strings.TrimLeft(name, "-")) && !harmless().MatchString(name)
		switch {
		case strings.HasPrefix(word, "-") && secret && valued, strings.Contains(name, ":") && valued && secret:
			m.cut(args[i], len(name)+1)
		case strings.HasPrefix(word, "-") && len(word) > 2 && secret && i+1 < len(words):
			m.word(args[i+1])
			i++
		case i > 0 && valued && secret:
			m.cut(args[i], len(name)+1)
		case i > 0 && i+1 < len(words) && secret && !strings.HasPrefix(words[i+1], "-") && settings[program(words[:1])] && sets(words[:i]):
			m.word(args[i+1])
		case header().MatchString(word) && strings.Contains(word, ":") && !strings.Contains(word, "://"):
			m.add(args[i].Pos(), args[i].End(), "'"+header().ReplaceAllString(word, "${1}${2}"+redact.Mask)+"'")
		}
	}
	for i, word := range words { // the program may stand behind sudo, env, docker exec …
		if p, ok := takes[program([]string{word})]; ok {
			m.known(p, args[i+1:], words[i+1:])
		}
	}
}

// settings are programs whose arguments are names, each with its value behind it.
var settings = map[string]bool{"git": true, "npm": true, "yarn": true, "pnpm": true, "aws": true, "pip": true, "pip3": true, "gcloud": true,
	"az": true, "composer": true, "poetry": true, "cargo": true, "bundle": true, "conda": true, "snap": true, "defaults": true, "crudini": true}

func sets(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return w == "set" || w == "config" || w == "configure" })
}

func (m *masks) known(p secretive, args []*syntax.Word, words []string) {
	if p.only != "" && !slices.Contains(words, p.only) {
		return
	}
	after, last := p.operands, -1
	for i := 0; i < len(words); i++ {
		word := words[i]
		name, _, valued := strings.Cut(word, "=")
		switch {
		case slices.Contains(p.next, word), cluster(word, p.next):
			if i+1 < len(args) {
				m.word(args[i+1])
			}
			i++
		case valued && slices.Contains(p.next, name):
			m.cut(args[i], len(name)+1)
		case strings.HasPrefix(word, "-"), strings.HasPrefix(word, "/p:"):
			for _, j := range p.joined {
				if strings.HasPrefix(word, j) && len(word) > len(j) && !strings.HasPrefix(word, "--") {
					m.cut(args[i], len(j))
				}
			}
		case after:
			m.word(args[i])
		case slices.Contains(p.after, word):
			after = true
		default:
			last = i
		}
	}
	if p.last && last > 0 {
		m.word(args[last])
	}
}

// cluster tells whether a word is of several short options, of which the last takes a secret.
func cluster(word string, next []string) bool {
	return len(word) > 2 && word[0] == '-' && word[1] != '-' && strings.Trim(word[1:], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" &&
		slices.Contains(next, "-"+word[len(word)-1:])
}

// cut masks a word behind its first bytes, where they stand as they are; else all of it.
func (m *masks) cut(w *syntax.Word, keep int) {
	if l, ok := w.Parts[0].(*syntax.Lit); ok && len(l.Value) >= keep && !strings.Contains(l.Value[:keep], `\`) {
		if len(w.Parts) == 2 && len(l.Value) == keep {
			m.word(&syntax.Word{Parts: w.Parts[1:]})
			return
		}
		from := w.Pos()
		m.add(syntax.NewPos(from.Offset()+uint(keep), from.Line(), from.Col()+uint(keep)), w.End(), redact.Mask)
		return
	}
	m.add(w.Pos(), w.End(), redact.Mask)
}
