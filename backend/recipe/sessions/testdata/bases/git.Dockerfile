FROM debian:12
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/*
RUN <<EOF
set -e
export GIT_AUTHOR_NAME=Ada GIT_AUTHOR_EMAIL=ada@example.org GIT_COMMITTER_NAME=Ada GIT_COMMITTER_EMAIL=ada@example.org
export GIT_AUTHOR_DATE=2026-01-01T00:00:00Z GIT_COMMITTER_DATE=2026-01-01T00:00:00Z
git init -q /tmp/site
cd /tmp/site
echo 'title = "Theirs"' >site.toml
for i in 1 2 3 4 5; do mkdir -p pages; echo "page $i" >pages/$i.md; done
git add .
git commit -q -m one
git tag v1.0
echo more >>pages/5.md
git commit -q -a -m two
git clone -q --bare /tmp/site /srv/repo.git
rm -rf /tmp/site
EOF
