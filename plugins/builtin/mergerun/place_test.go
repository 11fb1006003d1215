package mergerun

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-e0495807/strake/plugins"
	"github.com/seed-e0495807/strake/plugins/plugintest"
)

// changed are chains whose files decide what later programs are or do, by kind. The last two
// RUNs of each stay apart.
var changed = []struct{ name, code, text string }{
	// What decides what scripts of packages do.
	{"languages by debconf, two RUNs ago", "opaque", "RUN echo x | debconf-set-selections\nRUN apt-get install -y locales\nRUN ls"},
	{"languages by debconf, in a file", "opaque", "RUN debconf-set-selections /x\nRUN apt-get upgrade -y\nRUN ls"},
	{"languages by debconf-communicate", "opaque", "RUN echo x | debconf-communicate\nRUN apt-get install -y locales\nRUN ls"},
	{"languages by the database of debconf", "opaque", "COPY config.dat /var/cache/debconf/config.dat\nRUN apt-get install -y locales\nRUN ls"},
	{"languages by locale.gen", "opaque", "RUN echo de_DE.UTF-8 UTF-8 >/etc/locale.gen\nRUN apt-get install -y locales\nRUN ls"},
	{"languages by a script", "opaque", "COPY setup.sh /srv/setup.sh\nRUN /srv/setup.sh\nRUN apt-get install -y locales\nRUN ls"},
	{"languages in a base stage", "opaque", "RUN echo x | debconf-set-selections\nFROM one\nRUN apt-get install -y locales\nRUN ls"},
	{"services that may start", "opaque", "RUN rm /usr/sbin/policy-rc.d\nRUN apt-get install -y nginx\nRUN sleep 2"},
	{"services that may start, by writing", "opaque", "RUN printf '#!/bin/sh' >/usr/sbin/policy-rc.d\nRUN apt-get install -y nginx\nRUN sleep 2"},
	{"the database of packages", "opaque", "RUN echo x >/var/lib/dpkg/info/nginx.postinst\nRUN apt-get install -y nginx\nRUN sleep 2"},
	{"a variable of debconf", "opaque", "ENV DEBCONF_DB_OVERRIDE=File{/x}\nRUN apt-get install -y locales\nRUN ls"},

	// Relative names.
	{"users behind cd", "user", "WORKDIR /srv\nRUN cd /etc && sed -i s/x/y/ group\nRUN touch f"},
	{"users behind cd, by a pattern", "user", "WORKDIR /srv\nRUN cd /etc && chmod 600 pass*\nRUN touch f"},
	{"users behind two cd", "user", "WORKDIR /srv\nRUN cd / && cd etc && echo x >>passwd\nRUN touch f"},
	{"users behind cd into anything", "user", "WORKDIR /srv\nRUN cd \"$D\" && echo x >>passwd\nRUN touch f"},
	{"users behind pushd", "user", "SHELL [\"/bin/bash\", \"-c\"]\nWORKDIR /srv\nRUN pushd /etc && cp /x group\nRUN touch f"},
	{"users in a copied directory", "user", "WORKDIR /srv\nRUN cp group /etc\nRUN touch f"},
	{"users from above", "user", "WORKDIR /srv\nRUN mv ../x ../etc/passwd\nRUN touch f"},
	{"users behind a variable", "user", "WORKDIR /srv\nRUN echo x >\"$D/passwd\"\nRUN touch f"},
	{"users of find", "user", "WORKDIR /srv\nRUN find /etc -name group -exec chmod 600 {} +\nRUN touch f"},
	{"users of find, deleted", "user", "WORKDIR /srv\nRUN find / -name 'pass*wd' -delete\nRUN touch f"},
	{"users by a link", "user", "WORKDIR /srv\nRUN ln -s /etc e\nRUN echo x >>e/group\nRUN touch f"},
	{"users by a link of one RUN", "user", "WORKDIR /srv\nRUN f() { echo x >>e/group; }; ln -s /etc e && f\nRUN touch f"},
	{"users in a script of sh", "user", "WORKDIR /srv\nRUN cd /etc && sh -c 'echo x >>group'\nRUN touch f"},
	{"users in a workdir that is not known", "user", "RUN echo x >>group\nRUN touch f"},
	{"shell behind cd", "shell-file", "WORKDIR /srv\nRUN cd /usr/bin && rm das*\nRUN touch f"},
	{"shell behind cd, replaced", "shell-file", "WORKDIR /srv\nRUN cd /bin && ln -sf bash sh\nRUN touch f"},
	{"shell behind cd, moved", "shell-file", "WORKDIR /srv\nRUN cd /usr && mv bin/dash bin/old\nRUN touch f"},
	{"shell copied into a directory", "shell-file", "WORKDIR /srv\nRUN cp sh /bin\nRUN touch f"},
	{"shell installed", "shell-file", "WORKDIR /srv\nRUN install -m 755 /x/bash /usr/bin/\nRUN touch f"},
	{"a program behind cd", "opaque", "WORKDIR /srv\nRUN cd /usr/local/bin && cp /x date\nRUN date\nRUN sleep 2"},
	{"a program behind cd, removed", "opaque", "WORKDIR /srv\nRUN cd /usr/bin && rm date\nRUN date\nRUN sleep 2"},
	{"a program of any name behind cd", "opaque", "WORKDIR /srv\nRUN cd /usr/local/bin && for t in date; do echo x >$t; done\nRUN date\nRUN sleep 2"},
	{"a program of any name", "opaque", "WORKDIR /srv\nRUN echo x >\"$D\"\nRUN date\nRUN sleep 2"},
	{"another shell than known", "opaque", "WORKDIR /srv\nRUN ln -sf zsh /bin/sh\nRUN ls\nRUN touch f"},
	{"hosts behind cd", "container", "WORKDIR /srv\nRUN cd /etc && echo x >>hosts\nRUN cat /srv/f"},
	{"memory behind cd", "container", "WORKDIR /srv\nRUN cd /dev && ln -s shm /srv/m\nRUN ls"},
	{"/dev and back", "container", "WORKDIR /srv\nRUN echo x >/dev/../etc/passwd\nRUN ls"},

	// Names by other means than ln.
	{"an archive over programs", "opaque", "WORKDIR /srv\nRUN tar -xf x.tar -C /usr/local\nRUN date\nRUN sleep 2"},
	{"an archive over all", "opaque", "WORKDIR /\nRUN unzip x.zip\nRUN date\nRUN sleep 2"},
	{"an archive with absolute names", "opaque", "WORKDIR /srv\nRUN tar -xPf x.tar\nRUN true\nRUN sleep 2"},
	{"programs by a pattern", "opaque", "WORKDIR /srv\nRUN cp tools/* /usr/local/bin/\nRUN date\nRUN sleep 2"},
	{"programs of a tree", "opaque", "WORKDIR /srv\nRUN cp -r tools/. /usr/local/bin\nRUN date\nRUN sleep 2"},
	{"programs with -t", "opaque", "WORKDIR /srv\nRUN install -t /usr/local/bin tools/date\nRUN date\nRUN sleep 2"},
	{"a program moved into a directory", "opaque", "WORKDIR /srv\nRUN mv tools/date /usr/local/bin\nRUN date\nRUN sleep 2"},
	{"a directory moved over programs", "opaque", "WORKDIR /srv\nRUN mv local /usr\nRUN date\nRUN sleep 2"},
	{"a program by an alternative", "opaque", "WORKDIR /srv\nRUN update-alternatives --install /usr/local/bin/date date /srv/date 1\nRUN date\nRUN sleep 2"},
	{"a program that is fetched", "opaque", "WORKDIR /usr/local/bin\nRUN wget https://example.com/date\nRUN date\nRUN sleep 2"},
	{"a program that is fetched as -odate", "opaque", "WORKDIR /usr/local/bin\nRUN curl -sodate https://example.com/x\nRUN date\nRUN sleep 2"},
	{"a program of a name that is fetched", "opaque", "WORKDIR /usr/local/bin\nRUN curl -OJ https://example.com/x\nRUN date\nRUN sleep 2"},
	{"a program that is cloned", "opaque", "WORKDIR /usr/local\nRUN git clone https://example.com/bin.git\nRUN date\nRUN sleep 2"},
	{"a program by dd", "opaque", "WORKDIR /usr/local/bin\nRUN dd if=/srv/x of=date\nRUN date\nRUN sleep 2"},
	{"all programs of xargs", "opaque", "WORKDIR /srv\nRUN echo /usr/bin/date | xargs rm\nRUN date\nRUN sleep 2"},
	{"links by cp -al", "links", "WORKDIR /srv\nRUN cp -al a b\nRUN chmod 600 b/x"},
	{"links by busybox", "unknown", "WORKDIR /srv\nRUN busybox --install /opt/bin\nRUN chmod 600 /opt/bin/x"},
	{"links by rsync", "unknown", "WORKDIR /srv\nRUN rsync -a --link-dest=/a /b /c\nRUN chmod 600 /c/x"},
	{"a copied directory", "opaque", "COPY rootfs /\nRUN date\nRUN sleep 2"},
	{"a copied directory of programs", "opaque", "COPY bin /usr/local/bin/\nRUN date\nRUN sleep 2"},
	{"an archive that ADD unpacks", "opaque", "ADD x.tar.gz /usr/local\nRUN date\nRUN sleep 2"},
	{"a file that ADD unpacks", "opaque", "ADD x.sh /usr/local/\nRUN date\nRUN sleep 2"},
	{"a repository", "opaque", "ADD https://example.com/x.git /usr/local\nRUN date\nRUN sleep 2"},
	{"a program in a document", "opaque", "COPY <<date /usr/local/bin/\nx\ndate\nRUN date\nRUN sleep 2"},
	{"copied with parents", "opaque", "COPY --parents usr/local/bin/x.sh /\nRUN date\nRUN sleep 2"},
	{"all copied into a workdir that is not known", "opaque", "COPY . .\nRUN date\nRUN sleep 2"},
	{"a shell that is copied", "opaque", "COPY sh.static /bin/sh\nRUN true\nRUN sleep 2"},
	{"copied along a link", "opaque", "RUN ln -s /usr/local/bin /srv/b\nCOPY date.sh /srv/b/\nRUN true\nRUN sleep 2"},

	// Files and variables that change how later programs run.
	{"what is loaded into all", "opaque", "WORKDIR /srv\nRUN echo /srv/x.so >/etc/ld.so.preload\nRUN true\nRUN sleep 2"},
	{"where libraries are", "opaque", "WORKDIR /srv\nRUN echo /srv/lib >/etc/ld.so.conf.d/x.conf && ldconfig\nRUN true\nRUN sleep 2"},
	{"a library", "opaque", "WORKDIR /srv\nRUN cp libc.so.6 /usr/local/lib/\nRUN true\nRUN sleep 2"},
	{"a library that is copied", "opaque", "COPY libc.so.6 /usr/local/lib/libc.so.6\nRUN true\nRUN sleep 2"},
	{"settings of curl, .config", "opaque", "WORKDIR /srv\nRUN echo x >/root/.config/curlrc\nRUN curl https://example.com/x\nRUN sleep 2"},
	{"settings of wget", "opaque", "WORKDIR /srv\nRUN echo x >>/etc/wgetrc\nRUN wget https://example.com/x\nRUN sleep 2"},
	{"settings of git", "opaque", "COPY git.conf /etc/gitconfig\nRUN git clone https://example.com/x.git\nRUN sleep 2"},
	{"settings of npm", "opaque", "COPY npm.conf /root/.npmrc\nRUN npm cache clean --force\nRUN sleep 2"},
	{"settings of pip", "opaque", "WORKDIR /srv\nRUN echo x >/etc/pip.conf\nRUN pip cache purge\nRUN sleep 2"},
	{"settings of apt behind cd", "opaque", "WORKDIR /srv\nRUN cd /etc/apt && echo x >apt.conf.d/9x\nRUN apt-get update\nRUN sleep 2"},
	{"settings of sudo", "opaque", "USER root\nRUN echo x >/etc/sudoers.d/x\nRUN sudo touch /srv/f\nRUN sleep 2"},
	{"settings of gpg", "opaque", "WORKDIR /srv\nRUN mkdir ~/.gnupg && echo x >~/.gnupg/gpg.conf\nRUN gpg --dearmor -o /srv/k /srv/x\nRUN sleep 2"},
	{"settings of openssl", "opaque", "WORKDIR /srv\nRUN sed -i s/x/y/ /etc/ssl/openssl.cnf\nRUN openssl version\nRUN sleep 2"},
	{"settings of useradd", "opaque", "USER root\nRUN echo x >>/etc/login.defs\nRUN useradd x\nRUN sleep 2"},
	{"settings in a loop", "opaque", "WORKDIR /srv\nRUN for i in 1 2; do curl https://example.com/$i; echo x >/root/.curlrc; done\nRUN sleep 2"},
	{"settings of a function", "opaque", "WORKDIR /srv\nRUN f() { curl https://example.com/x; }; echo x >/root/.curlrc; f\nRUN sleep 2"},
	{"settings through a pipe", "opaque", "WORKDIR /srv\nRUN curl https://example.com/x | tee /root/.curlrc\nRUN sleep 2"},
	{"settings of a RUN of its own", "opaque", "WORKDIR /srv\nRUN echo x >/root/.curlrc && sh -c 'curl https://example.com/x'\nRUN sleep 2"},
	{"settings in a directory that is not known", "opaque", "RUN echo x >curlrc\nRUN curl https://example.com/x\nRUN sleep 2"},
	{"a plugin of apt", "opaque", "COPY x.py /usr/lib/python3/dist-packages/x.py\nRUN apt-get update\nRUN sleep 2"},
	{"a mount over programs", "mounts", "RUN --mount=type=bind,source=x,target=/usr/local/bin date\nRUN --mount=type=bind,source=x,target=/usr/local/bin sleep 2"},
	{"a mount over settings", "mounts", "RUN --mount=type=bind,source=x,target=/root/.curlrc curl https://x\nRUN --mount=type=bind,source=x,target=/root/.curlrc sleep 2"},
	{"PATH", "opaque", "ENV PATH=/srv/bin:$PATH\nRUN date\nRUN sleep 2"},
	{"PATH, behind", "opaque", "ENV PATH=\"$PATH:/srv/bin\"\nRUN git init /srv/x\nRUN sleep 2"},
	{"PATH, an argument", "opaque", "ARG PATH\nRUN date\nRUN sleep 2"},
	{"LD_LIBRARY_PATH", "opaque", "ENV LD_LIBRARY_PATH=/srv/lib\nRUN date\nRUN sleep 2"},
	{"LD_PRELOAD", "opaque", "ENV LD_PRELOAD=/srv/x.so\nRUN date\nRUN sleep 2"},
	{"HOME", "opaque", "ENV HOME=/srv\nRUN curl https://example.com/x\nRUN sleep 2"},
	{"PYTHONPATH", "opaque", "ENV PYTHONPATH=/srv\nRUN dnf install -y x\nRUN sleep 2"},
	{"CDPATH", "opaque", "ENV CDPATH=/etc\nRUN date\nRUN sleep 2"},
	{"ENV", "shell", "ENV ENV=/srv/x\nRUN date\nRUN sleep 2"},

	{"a program in pieces", "opaque", "WORKDIR /srv\nRUN split -a 1 -b 1 x /usr/local/bin/dat\nRUN date\nRUN sleep 2"},
	{"a program in pieces, by default", "opaque", "WORKDIR /usr/local/bin\nRUN split -a 1 -b 1 x\nRUN xz -d f.xz\nRUN sleep 2"},
	{"XZ_DEFAULTS", "opaque", "ENV XZ_DEFAULTS=--files=/srv/l\nRUN true\nRUN sleep 2"},
	{"SYSTEM_WGETRC", "opaque", "ENV SYSTEM_WGETRC=/srv/w\nRUN true\nRUN sleep 2"},
	{"SSLKEYLOGFILE", "opaque", "ENV SSLKEYLOGFILE=/usr/local/bin/date\nRUN true\nRUN sleep 2"},
	{"GIT_TRACE", "opaque", "ENV GIT_TRACE=/usr/local/bin/date\nRUN true\nRUN sleep 2"},
	{"GIT_TRACE2", "opaque", "ENV GIT_TRACE2=/usr/local/bin/date\nRUN true\nRUN sleep 2"},
	{"OPENSSL_CONF_INCLUDE", "opaque", "ENV OPENSSL_CONF_INCLUDE=/srv\nRUN true\nRUN sleep 2"},
	{"GNUPGHOME", "opaque", "ENV GNUPGHOME=/srv/g\nRUN true\nRUN sleep 2"},
	{"RPM_CONFIGDIR", "opaque", "ENV RPM_CONFIGDIR=/srv/r\nRUN true\nRUN sleep 2"},
	{"ZYPP_CONF", "opaque", "ENV ZYPP_CONF=/srv/z\nRUN true\nRUN sleep 2"},
	{"DPKG_ADMINDIR", "opaque", "ENV DPKG_ADMINDIR=/srv/d\nRUN true\nRUN sleep 2"},
	{"PYTHONUSERBASE", "opaque", "ENV PYTHONUSERBASE=/srv/p\nRUN true\nRUN sleep 2"},
	{"GCONV_PATH", "opaque", "ENV GCONV_PATH=/srv/g\nRUN true\nRUN sleep 2"},
	{"LOCPATH", "opaque", "ENV LOCPATH=/srv/l\nRUN true\nRUN sleep 2"},
	{"SIMPLE_BACKUP_SUFFIX", "opaque", "ENV SIMPLE_BACKUP_SUFFIX=te\nRUN true\nRUN sleep 2"},
	{"TAPE", "opaque", "ENV TAPE=host:/x\nRUN true\nRUN sleep 2"},
	{"UNZIP", "opaque", "ENV UNZIP=-:\nRUN true\nRUN sleep 2"},
	{"BZIP2", "opaque", "ENV BZIP2=/srv/x\nRUN true\nRUN sleep 2"},
	{"a program by a variable of several words", "syntax", "WORKDIR /srv\nRUN v='1 /usr/local/bin/date' && cp x /srv/$v\nRUN sleep 2"},
	{"a program by a loop of several words", "syntax", "WORKDIR /srv\nRUN for v in 'a /usr/local/bin/date'; do touch /srv/$v; done\nRUN sleep 2"},
	{"a program by a mode of several words", "syntax", "WORKDIR /srv\nRUN m='0 /usr/bin/date'; chmod $m f\nRUN sleep 2"},
	{"users by a pattern in a variable", "syntax", "WORKDIR /srv\nRUN v='../etc/gr*'; chmod 600 /srv/$v\nRUN touch f"},
	{"directory of a package that is removed", "workdir", "WORKDIR /usr/share/nginx/html\nRUN apt-get purge -y nginx\nRUN touch f"},
	{"directory of a package that is removed, by apk", "workdir", "WORKDIR /var/lib/nginx/html\nRUN apk del nginx\nRUN touch f"},
	{"directory that is not known, of a package", "workdir", "RUN apt-get autoremove -y\nRUN touch /srv/f"},

	// ONBUILD.
	{"trigger USER", "shell", "ONBUILD USER bob\nFROM one\nRUN sudo adduser bill\nRUN touch f"},
	{"trigger WORKDIR", "shell", "ONBUILD WORKDIR /var/cache/x\nFROM one\nRUN rm -rf /var/cache/x\nRUN touch f"},
	{"trigger RUN", "shell", "ONBUILD RUN echo x >/usr/local/bin/date\nFROM one\nRUN date\nRUN sleep 2"},
	{"trigger COPY", "shell", "ONBUILD COPY . /\nFROM one\nRUN date\nRUN sleep 2"},
	{"trigger two stages below", "shell", "ONBUILD USER bob\nFROM one AS two\nFROM two\nRUN date\nRUN sleep 2"},

	// What attacks found.
	{"a rename that fails across layers", "unknown", "USER root\nRUN mkdir /srv/d\nRUN mv --no-copy /srv/d /srv/e"},
	{"an archive in the order of a directory", "unknown", "WORKDIR /srv\nRUN touch d/a d/b\nRUN touch d/c && tar -cf x.tar d"},
	{"an archive in the order of a directory, without a dash", "unknown", "WORKDIR /srv\nRUN touch d/a d/b\nRUN tar cf x.tar d"},
	{"the order of a directory by rm", "links", "WORKDIR /srv\nRUN touch d/a d/b\nRUN rm -rfv d >log"},
	{"a program by git", "opaque", "WORKDIR /srv\nRUN git config --file /usr/local/bin/date user.name x\nRUN date\nRUN sleep 2"},
	{"a program by headers", "opaque", "WORKDIR /usr/local/bin\nRUN curl -sDdate https://example.com/x\nRUN date\nRUN sleep 2"},
	{"a program by a pattern of curl", "opaque", "WORKDIR /usr/local/bin\nRUN curl -o 'd#1' 'https://example.com/{ate}'\nRUN date\nRUN sleep 2"},
	{"a program by an escaped URL", "opaque", "WORKDIR /usr/local/bin\nRUN wget https://example.com/d%61te\nRUN date\nRUN sleep 2"},
	{"a program unpacked", "opaque", "WORKDIR /usr/local/bin\nRUN gunzip date.gz\nRUN date\nRUN sleep 2"},
	{"a program as a backup of sed", "opaque", "WORKDIR /usr/local/bin\nRUN sed -ite s/x/y/ da\nRUN date\nRUN sleep 2"},
	{"a program as a backup of cp", "opaque", "WORKDIR /usr/local/bin\nRUN cp -bS te x da\nRUN date\nRUN sleep 2"},
	{"a program above a link of the base", "opaque", "WORKDIR /srv\nRUN cd /bin && cp /srv/x ../local/bin/date\nRUN date\nRUN sleep 2"},
	{"users above a link of the base", "user", "WORKDIR /srv\nRUN chmod 600 /var/run/../etc/passwd\nRUN ls"},
	{"a program above a link", "opaque", "RUN ln -s /usr/local /srv/l\nWORKDIR /srv\nRUN cd l && cp /srv/x ../bin/date\nRUN date\nRUN sleep 2"},
	{"find that follows links", "opaque", "WORKDIR /srv\nRUN find -L /srv -type f -exec chmod 755 {} +\nRUN date\nRUN sleep 2"},
	{"find with an option in front", "opaque", "WORKDIR /srv\nRUN find -P /usr/local/bin -delete\nRUN date\nRUN sleep 2"},
	{"directory, by what find runs", "workdir", "WORKDIR /srv/app\nRUN find /tmp -maxdepth 0 -exec rm -rf /srv/app \\;\nRUN touch f"},
	{"directory, by find with an option in front", "workdir", "WORKDIR /srv/app\nRUN find -P /srv -delete\nRUN touch f"},
	{"owners along links", "opaque", "WORKDIR /srv\nRUN chown -RL bob d\nRUN date\nRUN sleep 2"},
	{"a plugin of dnf", "unknown", "WORKDIR /srv\nRUN dnf --setopt=pluginpath=/srv install -y x\nRUN sleep 2"},
	{"libraries for ldconfig", "opaque", "WORKDIR /srv\nRUN ldconfig /srv/lib\nRUN date\nRUN sleep 2"},
	{"attributes that stop others", "unknown", "WORKDIR /srv\nRUN chattr +i x\nRUN rm -f x"},
	{"a file that removes another", "syntax", "WORKDIR /srv\nRUN touch x\nRUN touch .wh.x"},
	{"a file that removes another, in quotes", "syntax", "WORKDIR /srv\nRUN touch x\nRUN touch .w\"h\".x"},
	{"a file that removes another, escaped", "syntax", "WORKDIR /srv\nRUN touch x\nRUN cp y .w\\h.x"},
	{"a file that removes another, by a variable", "syntax", "WORKDIR /srv\nRUN touch x\nRUN h=h.x; touch ./.w$h"},
	{"a file that removes another, by braces", "syntax", "SHELL [\"/bin/bash\", \"-c\"]\nWORKDIR /srv\nRUN touch x\nRUN touch .{w,x}h.x"},
	{"a program by ssh-keygen", "opaque", "WORKDIR /usr/local/bin\nRUN ssh-keygen -qfdate -N ''\nRUN date\nRUN sleep 2"},
	{"a skeleton of a home", "unknown", "WORKDIR /srv\nRUN useradd -mk /srv/skel bob\nRUN date"},
	{"a pipe as a setting", "opaque", "WORKDIR /srv\nRUN mkfifo /usr/local/bin/date\nRUN date\nRUN sleep 2"},
	{"a temporary file among programs", "opaque", "WORKDIR /srv\nRUN mktemp -p/usr/local/bin XXX\nRUN date\nRUN sleep 2"},
	{"tar into programs, -C behind letters", "opaque", "WORKDIR /srv\nRUN tar -xzC /usr/local/bin -f x.tgz\nRUN date\nRUN sleep 2"},
	{"tar with options in a list", "unknown", "WORKDIR /srv\nRUN tar -xf x.tar -T list\nRUN sleep 2"},
	{"install into programs, -t behind letters", "opaque", "WORKDIR /srv\nRUN install -Dt /usr/local/bin tools/*\nRUN date\nRUN sleep 2"},
	{"cp into programs, -t behind letters", "opaque", "WORKDIR /srv\nRUN cp -rt /usr/local/bin tools/*\nRUN date\nRUN sleep 2"},
	{"cp of a tree over one", "opaque", "WORKDIR /srv\nRUN cp -rT x /usr/local\nRUN date\nRUN sleep 2"},
	{"mv over a directory", "opaque", "WORKDIR /srv\nRUN mv -T x /usr/local/bin\nRUN date\nRUN sleep 2"},
	{"the mode of a directory by install", "opaque", "WORKDIR /srv\nRUN install -dm700 /usr/lib\nRUN echo x >f"},
	{"files of packages, -t behind letters", "links", "WORKDIR /srv\nRUN apt-get install -y x\nRUN cp -ft /usr/bin a"},
	{"tar with options in a list, long", "unknown", "WORKDIR /srv\nRUN tar -xf x.tar --files-from=list\nRUN sleep 2"},
	{"names in a list of xz", "unknown", "WORKDIR /srv\nRUN unxz --files=l\nRUN sleep 2"},
	{"a name in an archive of gzip", "unknown", "WORKDIR /usr/local/bin\nRUN gunzip -N x.gz\nRUN sleep 2"},
	{"an end of gzip without a dot", "opaque", "WORKDIR /usr/local/bin\nRUN gunzip date-gz\nRUN date\nRUN sleep 2"},
	{"an end of gzip behind letters", "unknown", "WORKDIR /usr/local/bin\nRUN gunzip -kS te datete\nRUN sleep 2"},
	{"unzip leads out", "opaque", "WORKDIR /srv\nRUN unzip -: x.zip\nRUN date\nRUN sleep 2"},
	{"wget makes directories", "opaque", "WORKDIR /\nRUN wget -xnH https://example.com/etc/wgetrc\nRUN wget https://example.com/x\nRUN sleep 2"},
	{"wget of a page", "opaque", "WORKDIR /\nRUN wget -nH --page-requisites https://example.com/x\nRUN date\nRUN sleep 2"},
	{"settings of curl behind letters", "unknown", "WORKDIR /srv\nRUN curl -sK cfg https://example.com/x\nRUN sleep 2"},
	{"settings of openssl by an option", "unknown", "WORKDIR /srv\nRUN openssl req -config x.cnf -out y\nRUN sleep 2"},
	{"a value of git like a key", "unknown", "WORKDIR /srv\nRUN git config --global core.gitProxy http.proxy\nRUN sleep 2"},
	{"a section of git renamed", "unknown", "WORKDIR /srv\nRUN git config --global --rename-section http.x core\nRUN sleep 2"},
	{"macros of rpm in a file", "unknown", "WORKDIR /srv\nRUN rpm -E %fedora --load=/srv/m\nRUN sleep 2"},
	{"settings of apt behind letters", "unknown", "WORKDIR /srv\nRUN apt-get -yc x.conf install vim\nRUN sleep 2"},
	{"settings of apt behind letters, joined", "unknown", "WORKDIR /srv\nRUN apt-get -yc=/srv/x.conf install vim\nRUN sleep 2"},
	{"a setting of apt behind letters", "unknown", "WORKDIR /srv\nRUN apt-get -yo=Dir::Bin::dpkg=/st install vim\nRUN sleep 2"},
	{"settings of dnf behind letters", "unknown", "WORKDIR /srv\nRUN dnf -yc x.conf install vim\nRUN sleep 2"},
	{"a library for ssh-keygen", "unknown", "WORKDIR /srv\nRUN ssh-keygen -qD /srv/x.so\nRUN sleep 2"},
	{"users behind CDPATH", "opaque", "SHELL [\"/bin/bash\", \"-c\"]\nWORKDIR /srv\nRUN CDPATH=/; cd etc && echo g:x:5000:root >>group\nRUN touch f"},
	{"a process of what timeout ends", "background", "WORKDIR /srv\nRUN timeout 1 sh -c '(sleep 2; echo x >f) | cat' || true\nRUN sleep 3"},
	{"a process of what timeout ends, by apt", "background", "WORKDIR /srv\nRUN timeout 9 apt-get update || true\nRUN sleep 3"},
	{"the order of a directory by what find runs", "links", "WORKDIR /srv\nRUN touch d/a d/b\nRUN find d -type f -exec sh -c 'echo $1 >>/srv/log' _ {} \\;"},
	{"the order of a directory by copies", "links", "WORKDIR /srv\nRUN touch d/a d/b\nRUN find d -name '*.so' -exec cp {} /opt/x \\;"},
	{"mounts by another name", "container", "WORKDIR /srv\nRUN cat /etc/mtab >m\nRUN touch f"},
	{"a directory that removes a file", "syntax", "WORKDIR /srv\nRUN touch x\nRUN h=h.x; mkdir ./.w$h"},
	{"directory moved, -t behind letters", "workdir", "WORKDIR /w\nRUN mv -ft /srv /w\nRUN touch f"},
	{"directory and its parents, -p behind letters", "workdir", "WORKDIR /w/x\nRUN rmdir -vp /w/x/y\nRUN touch f"},
	{"a directory that a mount makes, left empty", "mounts", "WORKDIR /srv\nRUN --mount=type=cache,target=/opt/a/c touch /opt/a/f\nRUN --mount=type=cache,target=/opt/a/c rm /opt/a/f"},
	{"the mode of a directory that a mount makes", "mounts", "WORKDIR /srv\nRUN --mount=type=cache,target=/opt/a/c chmod 700 /opt/a\nRUN --mount=type=cache,target=/opt/a/c touch /opt/a/f"},
}

// TestChanged holds that they stay apart, and for which reason.
func TestChanged(t *testing.T) {
	for _, c := range changed {
		t.Run(c.name, func(t *testing.T) { staysApart(t, c.code, c.text) })
	}
}

// TestKnownNames holds that names which are known to be of no program keep nothing apart.
func TestKnownNames(t *testing.T) {
	for _, text := range []string{
		"RUN echo deb x >/etc/apt/sources.list.d/x.list\nRUN apt-get update\nRUN apt-get install -y vim\nRUN rm -rf /var/lib/apt/lists/*",
		"WORKDIR /srv\nRUN tar -xf x.tar\nRUN date >/dev/null",
		"WORKDIR /srv\nRUN cd /opt && wget https://example.com/group\nRUN date >d",
		"WORKDIR /srv\nCOPY . .\nRUN echo x >group\nRUN date >d",
		"COPY run.sh /\nCOPY run.sh /usr/local/bin/\nRUN mkdir /srv/x\nRUN date >/srv/x/d",
		"WORKDIR /srv\nRUN cp tools/* bin\nRUN find /opt -name '*.pyc' -exec rm {} +\nRUN date >d",
		"WORKDIR /\nRUN find /opt -name '*.pyc' -delete\nRUN date >d",
		"RUN apt-get install -y openssh-server && rm /etc/ssh/ssh_host_*_key\nRUN mkdir -m 700 /var/lib/x",
		"ADD https://example.com/x.sh /srv/\nRUN mkdir /srv/x\nRUN date >/srv/x/d",
		"ENV PATH=/usr/local/bin:$PATH HOME=/root\nRUN mkdir /srv/x\nRUN date >/srv/x/d",
		"WORKDIR /srv/app\nRUN --mount=type=cache,target=c touch f\nRUN --mount=type=cache,target=c rm f",
		"WORKDIR /srv\nRUN tar -xz -C /opt --file=x.tgz\nRUN timeout 9 sleep 1",
		"RUN --mount=type=cache,target=/var/cache/apt apt-get update\nRUN --mount=type=cache,target=/var/cache/apt apt-get install -y vim",
	} {
		out := plugintest.Run(t, plugins.Step{Plugin: New(), Config: json.RawMessage(`{"explain": true}`)}, "FROM base\n"+text+"\n", nil)
		if len(out.Diags) > 0 || count(out.Module) != 1 {
			t.Errorf("%s\nstays apart: %q", text, codes(out.Diags))
		}
	}
}

// TestResolve holds what names may be, in which directories.
func TestResolve(t *testing.T) {
	whole := func(text string) file { return file{text: text, whole: true} }
	for _, tt := range []struct {
		name   file
		at     places
		target string
		may    bool
	}{
		{whole("group"), places{"/etc"}, "/etc/group", true},
		{whole("group"), places{"/srv"}, "/etc/group", false},
		{whole("group"), places{"/srv", "/etc"}, "/etc/group", true},
		{whole("group"), places{""}, "/etc/group", true},
		{whole("group"), nil, "/etc/group", true},
		{whole("./../etc/../etc/gr*p"), places{"/srv"}, "/etc/group", true},
		{whole("/etc"), places{"/srv"}, "/etc/group", true},
		{whole("/"), places{"/srv"}, "/etc/group", true},
		{whole("/[e]tc/group"), places{"/srv"}, "/etc/group", true},
		{whole("/e{tc,x}/group"), places{"/srv"}, "/etc/group", true},
		{whole("/e**"), places{"/srv"}, "/etc/group", true},
		{whole("/etc/group2"), places{"/srv"}, "/etc/group", false},
		{whole("/bin/sh"), places{"/srv"}, "/usr/bin/sh", true},
		{whole("~/group"), places{"/srv"}, "/etc/group", true},
		{whole("link/group"), places{"/srv"}, "/etc/group", true},
		{whole("/srv/link"), places{"/srv"}, "/etc/group", true},
		{file{}, places{"/srv"}, "/etc/group", true},
		{file{tail: "/group"}, places{"/srv"}, "/etc/group", true},
		{file{tail: "/users"}, places{"/srv"}, "/etc/group", false},
		{file{text: "/etc/g"}, places{"/srv"}, "/etc/group", true},
		{file{text: "/etc/g", tail: ".d"}, places{"/srv"}, "/etc/group", false},
		{file{text: "/opt/"}, places{"/srv"}, "/etc/group", false},
	} {
		linked := surroundings{links: []string{"/srv/link"}}.linked
		got := slices.ContainsFunc(tt.name.resolve(tt.at, linked), func(f file) bool { return f.may(tt.target) })
		if got != tt.may {
			t.Errorf("%+v in %q may be %s: %v (%+v)", tt.name, tt.at, tt.target, got, tt.name.resolve(tt.at, linked))
		}
	}
}

// TestLiteral holds the short way for paths without wildcards against the long one.
func TestLiteral(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	path := func(n int) string {
		var b strings.Builder
		for range 1 + r.IntN(n) {
			b.WriteByte('/')
			for range 1 + r.IntN(2) {
				b.WriteByte("ab."[r.IntN(3)])
			}
		}
		return b.String()
	}
	hits := 0
	for range 200_000 {
		p := file{text: path(3), whole: r.IntN(2) == 0}
		if !p.whole {
			p.tail = []string{"", "b", "/a", "a/b"}[r.IntN(4)]
			p.text += []string{"", "/"}[r.IntN(2)]
		}
		target := path(4)
		if got, want := p.is(target), p.isLike(target); got != want {
			t.Fatalf("%+v is %s: %v, want %v", p, target, got, want)
		} else if got {
			hits++
		}
		if got, want := p.inside(target), p.insideLike(target); got != want {
			t.Fatalf("%+v inside %s: %v, want %v", p, target, got, want)
		}
		if r.IntN(2) == 0 {
			p.text = here + p.text
		}
		if got, want := p.may(target), p.mayLike(target); got != want {
			t.Fatalf("%+v may be %s: %v, want %v", p, target, got, want)
		}
	}
	if hits < 1000 {
		t.Errorf("%d of them are", hits)
	}
}
