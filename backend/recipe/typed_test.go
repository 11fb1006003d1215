package recipe

import (
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/backend/container/record"
	"github.com/seed-e0495807/strake/backend/ocilayer/layertest"
)

// TestCommands holds which of the commands that were typed a step has as its comment.
func TestCommands(t *testing.T) {
	zero, one := 0, 1
	typed := func(dir string, lines ...string) (list []record.Command) {
		for _, l := range lines {
			list = append(list, record.Command{Line: record.Redact(l), Dir: dir, Exit: &zero})
		}
		return list
	}
	script := func(lines ...string) []record.Command {
		list := typed("/", lines...)
		for i := range list {
			list[i].Exit = nil
		}
		return list
	}
	failed := func(line string) []record.Command { return []record.Command{{Line: line, Dir: "/", Exit: &one}} }
	many := func(text string, names ...string) (list []layertest.Item) {
		for _, n := range names {
			list = append(list, layertest.File(n, text))
		}
		return list
	}
	for name, c := range map[string]struct {
		typed []record.Command
		layer []layertest.Item
		want  string // comments, without when they were typed
	}{
		"heredoc":                 {typed("/", "cat >/etc/motd <<'EOF'\nhi\nEOF"), []layertest.Item{layertest.File("etc/motd", "hi\n")}, "cat >/etc/motd <<'EOF' …"},
		"heredoc in a pipe":       {typed("/", "cat <<EOF | sudo tee /etc/motd\nhi\nEOF\nls"), []layertest.Item{layertest.File("etc/motd", "hi\n")}, "cat <<EOF | sudo tee /etc/motd …"},
		"directory":               {typed("/srv", "echo hi >a"), []layertest.Item{layertest.File("srv/a", "hi\n")}, "echo hi >a"},
		"cd in a line":            {typed("/", "cd /srv && cp /etc/passwd a"), []layertest.Item{layertest.File("srv/a", "hi\n")}, "cd /srv && cp /etc/passwd a"},
		"cd in a script":          {script("cd /srv", "touch a"), []layertest.Item{layertest.File("srv/a", "hi\n")}, "touch a"},
		"cd in a subshell":        {script("(cd /srv; true)", "touch a"), []layertest.Item{layertest.File("srv/a", "hi\n")}, "added"},
		"cd that a shell told of": {typed("/", "cd /srv", "touch a"), []layertest.Item{layertest.File("srv/a", "hi\n")}, "added"},
		"home":                    {typed("/", "touch ~/a"), []layertest.Item{layertest.File("root/a", "hi\n")}, "touch ~/a"},
		"variable of the home":    {typed("/", `touch "$HOME/a"`), []layertest.Item{layertest.File("root/a", "hi\n")}, `touch "$HOME/a"`},
		"wildcard":                {typed("/", "sed -i s/x/y/ /etc/c*.conf"), []layertest.Item{layertest.File("etc/c1.conf", "hi\n")}, "sed -i s/x/y/ /etc/c*.conf"},
		"another wildcard":        {typed("/", "sed -i s/x/y/ /etc/c*.conf"), []layertest.Item{layertest.File("etc/d1.conf", "hi\n")}, "added"},
		"loop":                    {typed("/", "for i in a b; do echo $i >/etc/$i; done"), []layertest.Item{layertest.File("etc/b", "b\n")}, "for i in a b; do echo $i >/etc/$i; done"},
		"script of a shell":       {typed("/", "sudo sh -c 'vi /etc/motd'"), []layertest.Item{layertest.File("etc/motd", "hi\n")}, "sudo sh -c 'vi /etc/motd'"},
		"clone":                   {typed("/srv", "git clone https://git.example/site"), many("\x00", "srv/site/a", "srv/site/b", "srv/site/c", "srv/site/d"), "git clone https://git.example/site"},
		"archive":                 {typed("/", "tar -xf a.tgz -C /opt"), many("\x00", "opt/x/a", "opt/x/b", "opt/x/c", "opt/x/d"), "tar -xf a.tgz -C /opt"},
		"file of a tree":          {typed("/", "chmod 600 /opt/x/a"), many("\x00", "opt/x/a", "opt/x/b", "opt/x/c", "opt/x/d"), "chmod 600 /opt/x/a"},
		"download":                {typed("/opt", "curl -O https://example.com/tool"), []layertest.Item{layertest.File("opt/tool", "\x00")}, "curl -O https://example.com/tool"},
		"package out of a file":   {typed("/", "dpkg -i ./tool.deb"), []layertest.Item{layertest.File("usr/bin/tool", "\x00").WithMode(0o755)}, "dpkg -i ./tool.deb"},
		"user without tools":      {typed("/", "adduser -D ann"), []layertest.Item{layertest.File("etc/passwd", "root:x:0:0::/root:/bin/sh\napp:x:1000:1000::/srv:/bin/sh\nann:x:5:5::/:/bin/sh\n")}, "adduser -D ann"},
		"failed":                  {failed("vi /etc/motd"), []layertest.Item{layertest.File("etc/motd", "hi\n")}, "vi /etc/motd"},
		"failed, and then not":    {append(failed("touch /etc/motd"), typed("/", "vi /etc/motd")...), []layertest.Item{layertest.File("etc/motd", "hi\n")}, "vi /etc/motd"},
		"twice":                   {typed("/", "vi /etc/motd", "ls", "vi /etc/motd"), []layertest.Item{layertest.File("etc/motd", "hi\n")}, "vi /etc/motd"},
		"looked at":               {typed("/", "cat /etc/motd", "ls /etc", "find /etc -name motd"), []layertest.Item{layertest.File("etc/motd", "hi\n")}, "added"},
		"found and gone":          {typed("/", "find /etc -name x.conf -delete"), []layertest.Item{gone("etc/.wh.x.conf")}, "find /etc -name x.conf -delete"},
		"packages":                {typed("/", "apt install -y nginx"), []layertest.Item{layertest.File("etc/motd", "hi\n")}, "added"},
		"unknown":                 {typed("/", "frobnicate --all"), []layertest.Item{layertest.File("etc/motd", "hi\n")}, "added"},
		"no shell":                {typed("/", "vi /etc/motd ("), []layertest.Item{layertest.File("etc/motd", "hi\n")}, "added"},
	} {
		t.Run(name, func(t *testing.T) {
			base := []layertest.Item{layertest.Dir("etc"), layertest.Dir("srv"), layertest.Dir("opt"), layertest.Dir("root"), layertest.Dir("usr"), layertest.Dir("usr/bin"), layertest.File("etc/x.conf", "")}
			r := made(t, base, c.layer, c.typed...)
			if len(r.Steps) == 0 {
				t.Fatal("no step")
			}
			got := strings.ReplaceAll(strings.Join(r.Steps[0].Comment, "\n"), " (typed)", "")
			if got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestManyCommands holds how many are shown.
func TestManyCommands(t *testing.T) {
	for n, want := range map[int]int{1: 1, 6: 6, 7: 7, 8: 7, 20: 7} {
		var list []record.Command
		for i := range n {
			list = append(list, record.Command{Line: "touch /etc/motd " + strings.Repeat("x", i+1)})
		}
		if got := made(t, []layertest.Item{layertest.Dir("etc")}, []layertest.Item{layertest.File("etc/motd", "hi\n")}, list...).Steps[0].Comment; len(got) != want {
			t.Errorf("of %d commands: %q", n, got)
		}
	}
}
