FROM debian:12
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-pip python3-venv python3-setuptools python3-wheel && rm -rf /var/lib/apt/lists/*
RUN <<EOF
set -e
mkdir -p /tmp/greeter /srv/wheels
cd /tmp/greeter
echo 'from setuptools import setup' >setup.py
echo 'setup(name="greeter", version="1.4", py_modules=["greeter"])' >>setup.py
echo 'def hello(name): return f"hello, {name}"' >greeter.py
pip wheel -q --no-index --no-build-isolation --wheel-dir /srv/wheels .
rm -rf /tmp/greeter /root/.cache
EOF
