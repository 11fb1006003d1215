package record

import (
	"strings"
	"testing"
)

// secret stands for all that may never be kept.
const secret = "hunter2Secret"

// TestAttackSecrets has ways by which a secret comes into a command.
func TestAttackSecrets(t *testing.T) {
	for _, line := range []string{
		// variables
		"export TOKEN=S", "API_KEY=S ./deploy", "DB_PASSWORD='S' make", `env MYSQL_ROOT_PASSWORD="S" mysqld`, "declare -x GITHUB_TOKEN=S",
		"export A=1 AWS_SECRET_ACCESS_KEY=S", "set -x; PGPASSWORD=S psql -h db", "sudo PGPASSWORD=S psql", "readonly PASS=S", "PASSWORDS=(S b)",
		"export SECRET_KEY_BASE=S", "STRIPE_KEY=S x", "export DJANGO_SECRET=$'S'", "export SSH_PASSPHRASE=abc\\ S",
		// options
		"mysql -u root -pS db", "mysqladmin -u root password S", "mysqldump --password=S db", "psql --password S", "wget --password=S http://h/",
		"wget --http-password S http://h/", "curl -u bob:S http://h/", "curl -su bob:S http://h/", "curl --user=bob:S http://h/", "curl -ubob:S http://h/",
		"curl --proxy-user bob:S http://h/", "sshpass -p S ssh h", "sshpass -pS ssh h", "useradd -m -p 'S' bob", "docker login -u bob -p S",
		"docker login --password S", "redis-cli -a S ping", "redis-cli AUTH S", "ssh-keygen -t ed25519 -N S -f k", "zip -P S a.zip a", "7z x -pS a.7z", "gpg --batch --passphrase S -d f",
		"htpasswd -bc /etc/htpasswd bob S", "openssl passwd -6 S", "openssl enc -aes-256-cbc -k S", "openssl rsa -passin pass:S -in k", "mkpasswd -m sha-512 S", "smbclient -U bob%S //h/s",
		"ldapsearch -x -D cn=a -w S", "lftp -u bob,S h", "vault kv put secret/a key=S", "vault login S", "helm install x --set a.b=S",
		"kubectl create secret generic s --from-literal=a=S", "rabbitmqctl add_user bob S", "wpa_passphrase net S", "keytool -list -storepass S",
		"sudo -u app mysql -pS", "nohup env X=1 curl -u a:S h", "tool --api-key S run", "tool --api-key=S run", "tool --auth-token \"S\"", "tool --client-secret S",
		"xargs curl -u a:S", "sqlcmd -P S", "git config --global github.token S", "git config http.https://h/.extraheader 'Authorization: Basic S'",
		"npm config set //registry.example/:_authToken=S", "npm config set //registry.example/:_authToken S", "aws configure set aws_secret_access_key S",
		"composer config http-basic.h bob S", "nmcli dev wifi connect n password S", "snmpwalk -v3 -A S h", "heroku config:set A=S",
		// headers and URLs
		"curl -H 'Authorization: Bearer S' http://h/", `curl -H "X-Api-Key: S" http://h/`, "wget --header='PRIVATE-TOKEN: S' http://h/",
		"curl --header \"Cookie: session=S\" http://h/", "git clone https://bob:S@h/a.git", "git remote add o https://S@h/a.git",
		"pip install --index-url https://bob:S@h/simple x", "curl 'http://h/?access_token=S&b=1'", "psql postgres://bob:S@db/x", "curl -d 'user=a&password=S' http://h/",
		`curl -d '{"password": "S"}' http://h/`, `curl --json '{"a":1,"token":"S"}' http://h/`, "curl -b 'sid=S' http://h/", "DATABASE_URL=postgres://bob:S@db/x rails s",
		// what is said to programs that ask
		"echo root:S | chpasswd", "printf 'S\\nS\\n' | passwd root", "echo S | sudo -S apt-get update", "echo 'S' | docker login -u bob --password-stdin h",
		"chpasswd <<< 'root:S'", "passwd root <<EOF\nS\nS\nEOF", "echo S | su -c id", "yes S | passwd bob", "echo S | gh auth login --with-token", "(echo S; echo S) | smbpasswd -s -a bob",
		"cat <<< S | chpasswd", "echo S | cryptsetup luksFormat d -", "echo S | openssl passwd -stdin", "echo pw S select x | debconf-set-selections",
		"echo -e \"S\\nS\" | ssh-add -",
		// files
		"echo 'password=S' >> /etc/app.conf", "echo \"TOKEN=S\" > .env", "echo S > /root/.pgpass", "printf S >/etc/ssl/private/h.key", "echo '//r/:_authToken=S' > ~/.npmrc",
		"cat > ~/.netrc <<EOF\nmachine h login bob password S\nEOF", "echo 'machine h login bob password S' > ~/.netrc", "sed -i 's/^requirepass .*/requirepass: S/' redis.conf",
		"sed -i 's/password = .*/password = S/' app.ini", "echo S | tee /etc/api_key", "echo S >> password.txt", "tee token <<< S",
		// SQL
		"mysql -e \"CREATE USER a IDENTIFIED BY 'S'\"", "psql -c \"ALTER USER a WITH PASSWORD 'S'\"", `sudo -u postgres psql -c "create role a login password 'S'"`,
		"mysql -e \"ALTER USER a IDENTIFIED WITH mysql_native_password BY 'S'\"",
		// within others
		"bash -c 'export TOKEN=S'", "su bob -c 'mysql -pS'", "if true; then curl -u a:S h; fi", "x() { TOKEN=S run; }", "a=$(curl -u a:S h)", "ssh h 'echo root:S | chpasswd'",
		"cat <(curl -u a:S h)", "run # password is S", "docker run -e PASSWORD=S x", "docker run -e 'API_TOKEN=S' x",
		// other shells
		"set -x TOKEN S; and echo (date)", "set -gx PASSWORD S (cmd",
	} {
		line = strings.ReplaceAll(line, "S\\nS", secret+`\n`+secret)
		for _, old := range []string{"S"} {
			line = replaceWord(line, old, secret)
		}
		if !strings.Contains(line, secret) {
			t.Fatalf("%q has no secret", line)
		}
		got := Redact(line)
		if strings.Contains(got, secret) {
			t.Errorf("%s\n\tis %s", line, got)
		} else if Redact(got) != got && !strings.Contains(Redact(got), "xxxxx") {
			t.Errorf("%s\n\tis another one again: %s", got, Redact(got))
		}
	}
	for _, line := range []string{
		"x ghp_0123456789abcdefghijABCDEFGHIJ012345", "x glpat-0123456789abcdefghij", "x AKIAIOSFODNN7EXAMPLE", "x xoxb-0123456789-abcdefghij",
		"x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghijk", "x sk-ant-0123456789abcdefghij", "x npm_0123456789abcdefghijABCDEFGHIJ012345",
		"echo '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz\n-----END OPENSSH PRIVATE KEY-----' > k", "x wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY9z",
		"x '$6$rounds=5000$abcdefgh$0123456789'",
	} {
		if got := Redact(line); !strings.Contains(got, "xxxxx") || strings.Contains(got, "0123456789") || strings.Contains(got, "b3Bl") {
			t.Errorf("%s\n\tis %s", line, got)
		}
	}
}

// replaceWord replaces the letter that stands for the secret, where it is no part of a name.
func replaceWord(line, old, by string) string {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		alone := func(j int) bool {
			return j < 0 || j >= len(line) || !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", rune(line[j]))
		}
		if line[i:i+1] == old && alone(i-1) && alone(i+1) && !(i > 0 && line[i-1] == '-' && (i+1 == len(line) || line[i+1] == ' ')) {
			b.WriteString(by)
			continue
		}
		b.WriteByte(line[i])
	}
	return b.String()
}

// TestKept has commands of which nothing is secret.
func TestKept(t *testing.T) {
	for _, line := range []string{
		"apt-get update && apt-get install -y --no-install-recommends passwd libsecret-tools python3-keyring", "apt install vim", "mkdir -p /srv/app", "cp -p a b", "ssh -p 22 h",
		"docker run -p 80:80 nginx", "useradd -m -s /bin/bash bob", "npm install -g jsonwebtoken express", "pip install passlib token-bucket", "git clone https://github.com/a/token.git",
		"git checkout 0123456789abcdef0123456789abcdef01234567", "echo 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef  a | sha256sum -c",
		"curl -fsSL https://example.com/key.gpg | gpg --dearmor -o /usr/share/keyrings/a.gpg", "gpg --keyserver hkps://keys.openpgp.org --recv-keys 0123456789ABCDEF",
		"echo hello > /etc/motd", "sed -i 's/^#PermitRootLogin .*/PermitRootLogin no/' /etc/ssh/sshd_config", "passwd -l bob", "chmod 600 /etc/shadow",
		"mysql -u root -p", "docker login -u bob --password-stdin", "for i in 1 2 3\ndo echo $i\ndone", "export PATH=/opt/bin:$PATH", "cd $OLDPWD", "PASSWORD=$PASSWORD make",
		"cat /run/secrets/token", "make install DESTDIR=/tmp/x", "ln -s /usr/share/zoneinfo/Europe/Berlin /etc/localtime", "ENV_FILE=x run --token-file /t", "curl -o /usr/local/bin/x https://h/x_v1.2.3_linux_amd64",
		"git config --global user.name Bob", "git config --global credential.helper store", "apt-key adv --keyserver h --recv-keys A1B2C3D4E5F60718",
		"wget https://github.com/cli/cli/releases/download/v2.40.1/gh_2.40.1_linux_amd64.tar.gz", "ssh-keygen -t ed25519 -f /etc/ssh/ssh_host_ed25519_key",
	} {
		if got := Redact(line); got != line {
			t.Errorf("%s\n\tis %s", line, got)
		}
	}
	if got := Redact("cat > /etc/app.conf <<EOF\na = 1\nEOF"); got != "cat > /etc/app.conf <<EOF\nEOF" && got != "cat > /etc/app.conf <<EOF" {
		t.Errorf("a heredoc is %q", got)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("curl -u ", " http://h/")
	f.Add("echo x:", " | chpasswd")
	f.Add("cat <<EOF\n", "\nEOF")
	f.Fuzz(func(t *testing.T, before, after string) { Redact(before + secret + after) })
}
