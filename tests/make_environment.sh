#!/usr/bin/env bash
# Make the virtual environment. On a fresh Debian, python3 comes without the part that does it: install that when we may.
set -eu
python="$1"
folder="$2"
if "$python" -m venv "$folder" >/dev/null 2>&1; then
  exit 0
fi
rm -rf "$folder"
version=$("$python" -c 'import sys; print(f"{sys.version_info.major}.{sys.version_info.minor}")')
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "python3-venv is missing; installing it with apt-get"
  apt-get update -qq && apt-get install -y -qq "python$version-venv" >/dev/null
  exec "$python" -m venv "$folder"
fi
echo "Python cannot make a virtual environment here. Install the package python$version-venv (Debian: sudo apt-get install python3-venv), then run the same command again." >&2
exit 1
