package recipe

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// metadata makes the instructions for what differs in the config of the image. A commit keeps the
// config of its base but for what it was told to change.
func metadata(_ context.Context, r *reading) error {
	old, now := r.config[0].Config, r.config[1].Config
	var out []string
	add := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	cannot := func(what string) {
		r.out.Notes = append(r.out.Notes, what+": no instruction of a Dockerfile takes it away.")
	}
	was, is := variables(old.Env), variables(now.Env)
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if v, ok := was[name]; ok && v == is[name] {
			continue
		}
		if secretOf("", is[name]) != "" || confidential().MatchString(name) {
			r.out.Left = append(r.out.Left, LeftOut{Pattern: ConfigPattern("Env " + name), Why: "it may be a secret: give it to the container with -e", Secret: true})
			continue
		}
		add("ENV %s=%s", name, argument(is[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(was)) {
		if _, ok := is[name]; !ok {
			cannot("The variable " + name + " of the base is not in the committed image")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(now.Labels)) {
		if v, ok := old.Labels[name]; !ok || v != now.Labels[name] {
			add("LABEL %s=%s", argument(name), argument(now.Labels[name]))
		}
	}
	for _, port := range slices.Sorted(maps.Keys(now.ExposedPorts)) {
		if _, ok := old.ExposedPorts[port]; !ok {
			add("EXPOSE %s", port)
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(now.Volumes)) {
		if _, ok := old.Volumes[dir]; !ok {
			add("VOLUME %s", array([]string{dir}))
		}
	}
	if now.StopSignal != old.StopSignal && now.StopSignal != "" {
		add("STOPSIGNAL %s", now.StopSignal)
	}
	if now.WorkingDir != old.WorkingDir && now.WorkingDir != "" {
		add("WORKDIR %s", argument(now.WorkingDir))
	}
	if !slices.Equal(now.Shell, old.Shell) && len(now.Shell) > 0 {
		add("SHELL %s", array(now.Shell))
	}
	if h := now.Healthcheck; h != nil && len(h.Test) > 1 && (old.Healthcheck == nil || !slices.Equal(old.Healthcheck.Test, h.Test)) {
		flags := ""
		for _, f := range []struct {
			name string
			set  bool
			text string
		}{{"interval", h.Interval > 0, h.Interval.String()}, {"timeout", h.Timeout > 0, h.Timeout.String()},
			{"start-period", h.StartPeriod > 0, h.StartPeriod.String()}, {"start-interval", h.StartInterval > 0, h.StartInterval.String()}, {"retries", h.Retries > 0, fmt.Sprint(h.Retries)}} {
			if f.set {
				flags += "--" + f.name + "=" + f.text + " "
			}
		}
		if h.Test[0] == "CMD-SHELL" {
			add("HEALTHCHECK %sCMD %s", flags, h.Test[1])
		} else {
			add("HEALTHCHECK %sCMD %s", flags, array(h.Test[1:]))
		}
	}
	entrypoint := !slices.Equal(now.Entrypoint, old.Entrypoint)
	if entrypoint && len(now.Entrypoint) > 0 {
		add("ENTRYPOINT %s", array(now.Entrypoint))
	}
	if len(now.Cmd) > 0 && (entrypoint || !slices.Equal(now.Cmd, old.Cmd)) { // which ENTRYPOINT takes away
		add("CMD %s", array(now.Cmd))
	}
	if now.User != old.User {
		add("USER %s", now.User)
	}
	if len(out) > 0 {
		r.step(Step{Kind: Metadata, Comment: []string{"config that the commit was told to change"}, Instruction: strings.Join(out, "\n")})
	}
	return nil
}

// variables reads an environment.
func variables(env []string) map[string]string {
	m := map[string]string{}
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		m[name] = value
	}
	return m
}

// argument is a value of an instruction: nothing in it is expanded.
func argument(text string) string {
	if text != "" && !strings.ContainsAny(text, special+"=") {
		return text
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, `$`, `\$`).Replace(text) + `"`
}

// array is the JSON form of an instruction.
func array(words []string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(words); err != nil {
		return "[]"
	}
	return strings.ReplaceAll(strings.TrimSpace(b.String()), `","`, `", "`)
}
