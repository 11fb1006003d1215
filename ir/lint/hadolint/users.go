package hadolint

import (
	"strings"

	"github.com/seed-e0495807/strake/ir/lint"
	"github.com/seed-e0495807/strake/ir/shell"
	"github.com/seed-e0495807/strake/lang/diag"
)

// logInit wants of useradd(8) that it leaves the databases of logins alone, which are files with
// a place for each number up to that of the user.
func logInit() lint.Rule {
	return onScript("DL3046", "Give useradd the option -l for a user with a high number", diag.Warning, []string{"size"}, func(s *lint.Script, r *lint.Report) {
		for _, c := range commands(s) {
			if c.Name != "useradd" {
				continue
			}
			given := userOptions(expanded(s, c).Args)
			if _, ok := given["l"]; ok || len(given["u"]) < 6 || strings.Trim(given["u"], "0123456789") != "" {
				continue
			}
			r.Command(s, c, "with user "+given["u"]+", the files of the last logins get as large as all numbers below it: add -l").
				Fix("add -l", diag.Intent, s.Edit(c.Prog.End, c.Prog.End, " -l")...)
		}
	}, "useradd")
}

// userOptions are those of useradd(8) 4.13, by their letters where they have one.
func userOptions(args []shell.Word) map[string]string {
	options := shell.Options{Flags: "DhlmMNorU", Values: "bBcdefgGkKpPRsuZ", Long: strings.Fields("badname base-dir= btrfs-subvolume-home comment= home-dir= defaults expiredate= inactive= add-subids-for-system gid= groups= help skel= key= no-log-init create-home no-create-home no-user-group non-unique password= system root= prefix= shell= uid= user-group selinux-user= extrausers")}
	given, _, ok := options.Parse(args, true)
	for !ok && len(args) > 0 { // without what nobody knows
		var more []shell.Option
		if more, _, ok = options.Parse(args[:1], true); !ok && len(args) > 1 {
			more, _, _ = options.Parse(args[:2], true)
		}
		given, args, ok = append(given, more...), args[1:], false
	}
	out := map[string]string{}
	for _, o := range given {
		switch o.Name {
		case "no-log-init":
			out["l"] = ""
		case "uid":
			out["u"] = o.Value.Text
		default:
			out[o.Name] = o.Value.Text
		}
	}
	return out
}
