package effects

// daemonRows are programs that serve, and tools that leave a server of their own behind. What they
// serve may do anything.
func daemonRows() []program {
	serve := func(names, source string) program {
		return program{Names: names, Deals: dealsDaemon, Source: source, Plain: true, Runs: "serves, or leaves a server"}
	}
	return []program{
		serve("openrc start-stop-daemon supervisord runsvdir s6-svscan", "openrc(8) 0.45, start-stop-daemon(8) of dpkg 1.21, supervisord 4.2, runsvdir(8) 2.1, s6-svscan 2.11"),
		serve("mysqld mysqld_safe mysqld_multi mariadbd mariadbd-safe", "mysqld(8) 8.0, mariadbd(8) 10.11"),
		serve("postgres postmaster pg_ctl pg_ctlcluster", "postgres(1), pg_ctl(1) 15, pg_ctlcluster(1) of postgresql-common 248"),
		serve("mongod redis-server memcached slapd couchdb cassandra influxd neo4j elasticsearch etcd minio", "their manuals: mongod 6, redis 7, memcached(1) 1.6, slapd(8) 2.5 and the others are databases"),
		serve("nginx apache2 apache2ctl apachectl httpd lighttpd php-fpm", "nginx(8) 1.22, apache2(8) 2.4, lighttpd(8) 1.4, php-fpm(8) 8.2"),
		serve("catalina.sh startup.sh asadmin standalone.sh", "Tomcat 10, GlassFish 7 and WildFly 27, their documentation"),
		serve("sshd dockerd containerd vault consul ollama nix-daemon salt-minion chef-client", "sshd(8), OpenSSH 9.2, and the documentation of the others"),
		serve("dbus-daemon dbus-launch ssh-agent Xvfb Xvnc vncserver pulseaudio", "dbus-daemon(1), dbus-launch(1) 1.14, ssh-agent(1), OpenSSH 9.2, Xvfb(1) 21.1, pulseaudio(1) 16"),
		serve("rabbitmq-server rabbitmqctl", "rabbitmq-server(8), rabbitmqctl(8) 3.10: it starts epmd"),
		serve("watchman adb emulator flutter distccd", "watchman(1) 2022, adb(1) 33, distccd(1) 3.4, and the documentation of Android and Flutter 3"),
		serve("cron crond rsyslogd syslogd", "cron(8) 3.0, rsyslogd(8) 8.2302, busybox 1.35"),
		serve("pm2 forever", "pm2 5, forever 4, their documentation: what they start stays"),
		serve("daemonize daemon screen tmux", "daemonize(1) 1.7, daemon(1) 0.8, screen(1) 4.9, tmux(1) 3.3: what they start stays"),
		serve("nohup setsid", "nohup(1), coreutils 9.1, setsid(1), util-linux 2.38: what they run stays when its shell ends"),
		serve("pacman-key", "pacman-key(8) 6.0: it starts an agent of gpg"),
	}
}
