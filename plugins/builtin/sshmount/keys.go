package sshmount

import (
	"path"
	"slices"
	"strings"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
	"github.com/seed-e0495807/strake/lang/late"
	"github.com/seed-e0495807/strake/plugins"
)

const keyHint = "lend the agent to the RUN with --mount=type=ssh, and build with --ssh default: the key stays outside"

// checkKeys warns of private keys that are put into layers or into the image's history.
func checkKeys(c *plugins.Call) diag.List {
	var list diag.List
	for i, s := range c.Module.Stages {
		if !c.Stages[i] {
			continue
		}
		sh := shell.Default()
		for _, op := range s.Ops {
			text := ""
			switch b := op.Body.(type) {
			case *ir.Shell:
				sh = b.Args
			case *ir.Copy:
				text = copiedKey(append(slices.Clone(b.Sources), names(b.Inline)...))
			case *ir.Add:
				text = copiedKey(append(slices.Clone(b.Sources), names(b.Inline)...))
			case *ir.Arg:
				for _, d := range b.Defaults {
					if keyName().MatchString(d.Key) && !notKey().MatchString(d.Key) {
						text = "the private key that `" + d.Key + "` is for stays in the image's history"
					}
				}
			case *ir.Env:
				for _, p := range b.Pairs {
					if keyName().MatchString(p.Key) && !notKey().MatchString(p.Key) && p.Value != "" {
						text = "the private key in `" + p.Key + "` stays in the image's config"
					}
				}
			case *ir.Run:
				text = writtenKey(b, sh)
			}
			if text != "" {
				warn(&list, op, text)
			}
		}
	}
	return list
}

func warn(list *diag.List, op *ir.Op, text string) {
	var d *diag.Diagnostic
	if spans := op.Origin.Spans(); len(spans) > 0 {
		d = list.Warnf(spans[0], "key-in-image", "%s", text)
	} else {
		d = list.Warnf(op.Origin.Span, "key-in-image", "%s", text)
	}
	d.Hint, d.URL = keyHint, url+"#key-in-image"
}

func names(files []ir.Inline) []string {
	var list []string
	for _, f := range files {
		list = append(list, f.Name)
	}
	return list
}

var (
	keyFile = late.Regexp(`^id_(rsa|dsa|ecdsa|ed25519)(_[A-Za-z0-9]+)?\*?$`)
	keyName = late.Regexp(`(?i)^([a-z0-9]+_)*(ssh_([a-z0-9]+_)*key|sshkey|deploy_key|rsa_key|private_key|id_rsa|id_ed25519)(_base64|_b64)?$`)
	notKey  = late.Regexp(`(?i)pub|host|jwt|ssl|tls|path|file`)
)

// isKeyFile tells a path of a private key by its usual names.
func isKeyFile(p string) bool { return keyFile().MatchString(path.Base(strings.Trim(p, `"'`))) }

// copiedKey looks at what COPY and ADD take.
func copiedKey(sources []string) string {
	for _, s := range sources {
		switch clean := strings.Trim(s, `"'`); {
		case isKeyFile(clean):
			return "the private key `" + shown(clean) + "` is copied into a layer, where removing it later does not help"
		case path.Base(clean) == ".ssh":
			return "`" + shown(clean) + "` is copied into a layer with the private keys in it"
		}
	}
	return ""
}

// writtenKey looks for a script that writes a private key and leaves it there.
func writtenKey(run *ir.Run, sh []string) string {
	if !strings.Contains(ir.Format(run, '\\'), "id_") {
		return ""
	}
	script, err := shell.Parse(run, sh)
	if err != nil {
		return ""
	}
	written := ""
	for _, c := range script.Commands {
		for _, w := range c.Writes {
			if isKeyFile(w.Text) {
				written = w.Text
			}
		}
		if c.Name == "tee" {
			for _, w := range c.Operands() {
				if isKeyFile(w.Text) {
					written = w.Text
				}
			}
		}
		removes := c.Name == "rm" && slices.ContainsFunc(c.Operands(), func(w shell.Word) bool {
			base := path.Base(strings.Trim(strings.TrimSuffix(w.Text, "/*"), `"/`))
			return isKeyFile(w.Text) || base == ".ssh" || base == path.Base(strings.Trim(written, `"`))
		})
		if removes {
			written = ""
		}
	}
	if written == "" {
		return ""
	}
	return "a private key is written to `" + shown(written) + "` and stays in the layer"
}
