#!/usr/bin/env bash
# Types, lint and tests of the browser scripts (dashboard/ui/**/*.js). Needs node and npm; where they are missing, or the development
# packages cannot be had, it says so by name: the tests need only node, types and lint the packages as well.
set -eu
cd "$(dirname "$0")/javascript"
if ! command -v node >/dev/null 2>&1 || ! node -e 'const [major, minor] = process.versions.node.split("."); process.exit(+major > 20 || (+major === 20 && +minor >= 19) ? 0 : 1)'; then
  echo "SKIPPED: types, lint and tests of the browser scripts (node 20.19 or newer is not installed: apt-get install nodejs npm)" >&2
  exit 0
fi
node --test --test-reporter=dot
installed=node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ package-lock.json -nt "$installed" ]; then
  # A county's machine may reach no registry: that is named and no failure, but under CI it is one.
  if ! command -v npm >/dev/null 2>&1 || ! npm ci --silent --no-audit --no-fund; then
    echo "SKIPPED: types and lint of the browser scripts (npm could not install tests/javascript/package-lock.json)" >&2
    [ -z "${CI:-}" ]
    exit
  fi
  touch "$installed"
fi
npm run --silent types
npm run --silent lint
echo "Browser scripts: tests, types and lint are green"
