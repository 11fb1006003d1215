package effects

import (
	"path"
	"strings"
)

// homes is for programs that make a user, with a home directory or without.
func homes(k *call) {
	k.out.Accounts = nil
	if len(k.operands) == 0 || k.loose {
		k.fail("`" + k.Text + "` makes a user that is not known")
		return
	}
	if k.has("--skel") {
		k.fail("`" + k.Text + "` copies any files to a home, also links and settings")
		return
	}
	name := k.operands[0]
	done := "made"
	if len(k.operands) > 1 { // adduser user group
		done = "changed"
		k.out.Accounts = append(k.out.Accounts, Account{"group", k.operands[1].show(), done})
	}
	k.out.Accounts = append(k.out.Accounts, Account{"user", name.show(), done})
	option, base := "--home", field{text: "/home", known: true}
	if k.Name == "useradd" {
		if b, ok := k.opt("--base-dir"); ok {
			base = b
		}
	} else if d, ok := k.opt("-d"); ok { // as Fedora's adduser, which is useradd
		k.writes(d.paths(k.dirs, true))
	}
	home, ok := k.opt(option)
	if !ok {
		home = field{text: path.Join(base.text, name.text), known: base.known && name.known}
	}
	if !k.has("--no-create-home", "-M") {
		home.over = true
		k.writes(home.paths(k.dirs, true).each(func(p *Path) { p.Made = true }))
		k.around(home)
	}
}

func groups(k *call) {
	for _, f := range k.operands {
		k.out.Accounts = append(k.out.Accounts, Account{"group", f.show(), "made"})
	}
}

// usermods is usermod(8), which may move a home directory.
func usermods(k *call) {
	for _, f := range k.operands {
		k.out.Accounts = append(k.out.Accounts, Account{"user", f.show(), "changed"})
	}
	if home, ok := k.opt("--home"); ok && k.has("--move-home") {
		k.deals(Names)
		k.writes(home.paths(k.dirs, true))
		k.out.Removes.add(Anything()) // the old one
	}
	if k.has("--uid", "--gid", "--move-home") { // the files in the home directory get the number
		k.writes(Anything())
	}
}

// deletes is for programs that remove users and groups.
func deletes(k *call) {
	kind := "user"
	if strings.Contains(k.Name, "group") {
		kind = "group"
	}
	for _, f := range k.operands {
		k.out.Accounts = append(k.out.Accounts, Account{kind, f.show(), "removed"})
	}
	if k.has("--remove", "--remove-home") {
		k.out.Removes.add(Anything())
	}
}

// changesAccounts is for programs that change an account, by operands or by what they read.
func changesAccounts(k *call) {
	who := ""
	if len(k.operands) > 0 && k.Name != "chpasswd" {
		who = k.operands[0].show()
	}
	k.out.Accounts = append(k.out.Accounts, Account{"user", who, "changed"})
}

// visudos is visudo(8), which starts an editor unless it checks.
func visudos(k *call) {
	if !k.has("--check") {
		k.fail("`" + k.Text + "` runs an editor")
	}
}
