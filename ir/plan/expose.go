package plan

import (
	"net"
	"strconv"
	"strings"

	"github.com/seed-e0495807/strake/ir"
)

// expose expands EXPOSE. One word may hold several ports, by a variable or as a
// range.
func (p *planner) expose(s *Stage, op *operation, b *ir.Expose) error {
	var ports []string
	for _, word := range b.Ports {
		specs, err := p.words.split(word, s.env)
		if err != nil {
			return about(word, err)
		}
		for _, spec := range specs {
			list, err := parsePorts(spec)
			if err != nil {
				return about(word, err)
			}
			p.note(Port{OnOp{op.Op}, spec})
			ports = append(ports, list...)
			if err := p.budget.Take(len(list) * portCost); err != nil {
				return err
			}
		}
	}
	cfg := &s.Image.Config
	if cfg.ExposedPorts == nil {
		cfg.ExposedPorts = make(map[string]struct{}, len(ports))
	}
	for _, port := range ports {
		cfg.ExposedPorts[port] = struct{}{}
	}
	p.history(s, "EXPOSE "+sprintList(ports), false)
	return nil
}

func badPort(format string, args ...any) error {
	return wrong("bad-port", "write port, port/udp or first-last", format, args...)
}

// parsePorts reads "[[ip:]public:]private[/protocol]"; only the private part
// counts, but all of it is checked.
func parsePorts(spec string) ([]string, error) {
	parts := strings.Split(spec, ":")
	n := len(parts)
	container := parts[n-1]
	var ip, host string
	if n > 1 {
		host = parts[n-2]
		ip = strings.Join(parts[:n-2], ":")
	}
	port, proto, _ := strings.Cut(container, "/")
	switch proto = strings.ToLower(proto); {
	case port == "":
		return nil, badPort("invalid port: %q: no port specified", spec)
	case proto == "":
		proto = "tcp"
	case proto != "tcp" && proto != "udp" && proto != "sctp":
		return nil, badPort("invalid port: %q: invalid proto: %s", spec, proto)
	}
	if err := checkIP(ip); err != nil {
		return nil, err
	}
	first, last, ok := portRange(port)
	if !ok {
		return nil, badPort("invalid containerPort: %s", port)
	}
	if host != "" {
		from, to, ok := portRange(host)
		if !ok {
			return nil, badPort("invalid hostPort: %s", host)
		}
		if last-first != to-from && last != first {
			return nil, badPort("invalid ranges specified for container and host Ports: %s and %s", port, host)
		}
	}
	out := make([]string, 0, last-first+1)
	for i := first; i <= last; i++ {
		out = append(out, strconv.Itoa(i)+"/"+proto)
	}
	return out, nil
}

func checkIP(ip string) error {
	if ip == "" {
		return nil
	}
	if ip[0] == '[' {
		raw, _, err := net.SplitHostPort(ip + ":")
		if err != nil {
			return badPort("invalid IP address %v: %v", ip, err)
		}
		if ip = raw; ip == "" {
			return nil
		}
	}
	if net.ParseIP(ip) == nil {
		return badPort("invalid IP address: %s", ip)
	}
	return nil
}

func portRange(text string) (first, last int, ok bool) {
	start, end, isRange := strings.Cut(text, "-")
	if first, ok = portNumber(start); !ok {
		return 0, 0, false
	}
	if !isRange || start == end {
		return first, first, true
	}
	last, ok = portNumber(end)
	return first, last, ok && last >= first
}

func portNumber(text string) (int, bool) {
	n, err := strconv.ParseInt(text, 10, 0)
	return int(n), err == nil && n >= 0 && n <= 65535
}
