package distro_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"testing"

	"github.com/seed-e0495807/strake/ir"
	"github.com/seed-e0495807/strake/ir/distro"
	"github.com/seed-e0495807/strake/lang"
	"github.com/seed-e0495807/strake/lang/cases"
	"github.com/seed-e0495807/strake/lang/source"
)

// images have a config of which nothing is known, and an os-release or none.
type images struct{ release string }

func (images) BaseConfig(context.Context, int) (json.RawMessage, error) {
	return nil, errors.ErrUnsupported
}

func (i images) BaseFile(_ context.Context, _ int, path string) ([]byte, error) {
	if i.release == "" || path != "/etc/os-release" {
		return nil, fs.ErrNotExist
	}
	return []byte(i.release), nil
}

func TestFromImage(t *testing.T) {
	for ref, want := range map[string]string{
		"debian": "debian  apt", "debian:12": "debian bookworm apt", "debian:bookworm-slim": "debian bookworm apt",
		"debian:bookworm-20240101": "debian bookworm apt", "debian:12.5-slim@sha256:00": "debian bookworm apt",
		"ubuntu:24.04": "ubuntu noble apt", "ubuntu:jammy-20240111": "ubuntu jammy apt", "docker.io/library/ubuntu:20.04": "ubuntu focal apt",
		"alpine": "alpine  apk", "alpine:3": "alpine  apk", "alpine:3.20.1": "alpine 3.20 apk", "python:3.12-alpine3.20": "alpine 3.20 apk",
		"node:20-alpine": "alpine  apk", "node:20": "debian  apt", "python:3.12-slim-bookworm": "debian bookworm apt", "python:3-slim": "debian  apt",
		"golang:1.22-bullseye": "debian bullseye apt", "eclipse-temurin:21-jdk-jammy": "ubuntu jammy apt", "amd64/debian:11": "debian bullseye apt",
		"nvidia/cuda:12.2.0-devel-ubuntu22.04": "ubuntu jammy apt", "nvidia/cuda:12.2.0-devel-ubi8": "rhel 8 dnf", "fedora:40": "fedora 40 dnf",
		"centos:7": "centos 7 yum", "centos:7.9.2009": "centos 7 yum", "centos:centos6": "centos 6 yum", "quay.io/centos/centos:stream9": "centos 9 dnf",
		"registry.access.redhat.com/ubi9/ubi-minimal:9.4": "rhel 9 microdnf", "registry.access.redhat.com/ubi8": "rhel 8 dnf",
		"rockylinux:9-minimal": "rocky 9 microdnf", "almalinux:8.9": "almalinux 8 dnf", "amazonlinux:2": "amzn 2 yum", "amazonlinux:2023": "amzn 2023 dnf",
		"public.ecr.aws/amazonlinux/amazonlinux:2": "amzn 2 yum", "opensuse/leap:15.5": "opensuse-leap 15.5 zypper", "archlinux:base-devel": "arch  pacman",
		"mcr.microsoft.com/dotnet/sdk:8.0-alpine": "alpine  apk", "mcr.microsoft.com/dotnet/sdk:8.0-jammy": "ubuntu jammy apt",
		"golang:1.22-nanoserver-ltsc2022": "", "maven:3-openjdk-17": "", "company/base:1": "", "localhost:5000/x": "", "company/debian:1": "",
		"mcr.microsoft.com/dotnet/sdk:8.0": "", "redis": "debian  apt", "elastic:7": "",
	} {
		d, ok := distro.FromImage(ref)
		got := ""
		if ok {
			got = d.ID + " " + d.Release + " " + d.Manager
		}
		if got != want {
			t.Errorf("%s: %q, want %q", ref, got, want)
		}
	}
}

func module(t testing.TB, text string) *ir.Module {
	t.Helper()
	file, diags := lang.Parse(source.NewFile("Dockerfile", text))
	m, more := ir.Build(file)
	if diags = append(diags, more...); diags.HasErrors() {
		t.Fatal(diags)
	}
	return m
}

func TestDetect(t *testing.T) {
	debian := distro.Distro{ID: "debian", Family: distro.Debian, Manager: "apt", Release: "bookworm", Source: distro.ImageName}
	for _, c := range []struct {
		name, text, release string
		want                distro.Distro
	}{
		{"by name", "FROM debian:12", "", debian},
		{"through stages", "FROM debian:12 AS a\nFROM a AS b\nFROM b", "", debian},
		{"argument", "ARG R=12\nARG B=debian:${R}\nFROM $B", "", debian},
		{"argument without default", "ARG B\nFROM $B", "", distro.Distro{}},
		{"commands", "FROM x\nRUN foo && apk add vim", "", distro.Distro{Family: distro.Alpine, Manager: "apk", Source: distro.Commands}},
		{"commands of the stage below", "FROM x AS a\nRUN sudo apt-get update\nFROM a", "", distro.Distro{Family: distro.Debian, Manager: "apt", Source: distro.Commands}},
		{"aptitude", "FROM x\nRUN aptitude install vim", "", distro.Distro{Family: distro.Debian, Manager: "apt", Source: distro.Commands}},
		{"dpkg", "FROM x\nRUN dpkg -i a.deb", "", distro.Distro{Family: distro.Debian, Manager: "apt", Source: distro.Commands}},
		{"microdnf", "FROM x\nRUN microdnf install vim", "", distro.Distro{Family: distro.RedHat, Manager: "microdnf", Source: distro.Commands}},
		{"dnf5", "FROM x\nRUN dnf5 install vim", "", distro.Distro{Family: distro.RedHat, Manager: "dnf", Source: distro.Commands}},
		{"pacman", "FROM x\nRUN pacman -Syu --noconfirm vim", "", distro.Distro{Family: distro.Arch, Manager: "pacman", Source: distro.Commands}},
		{"rpm is of two", "FROM x\nRUN rpm -i a.rpm", "", distro.Distro{}},
		{"only in an echo", "FROM x\nRUN echo apk add", "", distro.Distro{}},
		{"scratch", "FROM scratch", "", distro.Distro{}},
		{"os-release wins", "FROM debian:12", "ID=ubuntu\nVERSION_ID=\"24.04\"\nVERSION_CODENAME=noble\n",
			distro.Distro{ID: "ubuntu", Family: distro.Debian, Manager: "apt", Release: "noble", Source: distro.OSRelease}},
		{"os-release of alpine", "FROM x", "ID=alpine\nVERSION_ID=3.20.1\n",
			distro.Distro{ID: "alpine", Family: distro.Alpine, Manager: "apk", Release: "3.20", Source: distro.OSRelease}},
		{"like another", "FROM x", "ID=\"foo\"\nID_LIKE=\"bar rhel fedora\"\nVERSION_ID=\"9.3\"\n",
			distro.Distro{ID: "foo", Family: distro.RedHat, Manager: "dnf", Release: "9", Source: distro.OSRelease}},
		{"minimal", "FROM registry.access.redhat.com/ubi9-minimal", "ID=\"rhel\"\nVERSION_ID=\"9.3\"\n",
			distro.Distro{ID: "rhel", Family: distro.RedHat, Manager: "microdnf", Release: "9", Source: distro.OSRelease}},
	} {
		m := module(t, c.text)
		got, ok := distro.Detect(t.Context(), images{c.release}, nil, m, len(m.Stages)-1)
		if got != c.want || ok != (c.want != distro.Distro{}) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestCorpus tells how much of real Dockerfiles is known without an image at hand.
func TestCorpus(t *testing.T) {
	files := cases.NeedCorpus(t)
	count := map[string]int{}
	for _, f := range files {
		file, diags := lang.Parse(source.NewFile(f.Name, string(f.Data)))
		m, more := ir.Build(file)
		if diags.HasErrors() || more.HasErrors() {
			continue
		}
		for i := range m.Stages {
			d, ok := distro.Detect(t.Context(), images{}, nil, m, i)
			count["stages"]++
			if ok {
				count[string(d.Source)]++
			}
			if d.Release != "" {
				count["with a release"]++
			}
		}
	}
	t.Log(count)
	if count["image"] < count["stages"]/2 {
		t.Error("less than half is known by the name of the image")
	}
}
