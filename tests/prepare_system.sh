#!/usr/bin/env bash
# What the tests need beside Python: Debian's Chromium and PostgreSQL. Installed through apt when missing and allowed;
# what cannot be had is named loudly here and its tests skip by name.
set -u
missing=()
[ -x /usr/bin/chromium ] || missing+=(chromium)
compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || missing+=(postgresql)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing for the tests: ${missing[*]}"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
fi
for package in "${missing[@]}"; do
  case "$package" in
    chromium) [ -x /usr/bin/chromium ] || echo "NOT INSTALLED: chromium. The browser tests will be SKIPPED (apt-get install chromium)." >&2 ;;
    postgresql) compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || echo "NOT INSTALLED: postgresql. The PostgreSQL tests will be SKIPPED (apt-get install postgresql)." >&2 ;;
  esac
done
exit 0
