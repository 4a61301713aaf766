#!/usr/bin/env bash
# What the tests need beside Python: Debian's Chromium, PostgreSQL, nginx, MariaDB (its programs alone, no service) and LibreOffice's
# spreadsheet, whose part may be missing where Writer is installed. Installed through apt when missing and allowed;
# what cannot be had is named loudly here and its tests skip by name.
set -u
missing=()
[ -x /usr/bin/chromium ] || missing+=(chromium)
compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || missing+=(postgresql)
[ -x /usr/sbin/mariadbd ] && [ -x /usr/bin/my_print_defaults ] || missing+=(mariadb-server-core mariadb-client-core)
[ -x /usr/sbin/nginx ] || missing+=(nginx-light)
[ -f /usr/lib/libreoffice/program/libsclo.so ] || missing+=(libreoffice-calc-nogui)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing for the tests: ${missing[*]}"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
fi
for package in "${missing[@]}"; do
  case "$package" in
    chromium) [ -x /usr/bin/chromium ] || echo "NOT INSTALLED: chromium. The browser tests will be SKIPPED (apt-get install chromium)." >&2 ;;
    postgresql) compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || echo "NOT INSTALLED: postgresql. The PostgreSQL tests will be SKIPPED (apt-get install postgresql)." >&2 ;;
    mariadb-server-core) [ -x /usr/sbin/mariadbd ] || echo "NOT INSTALLED: mariadb-server-core. The MariaDB tests will be SKIPPED (apt-get install mariadb-server-core mariadb-client-core)." >&2 ;;
    libreoffice-calc-nogui) [ -f /usr/lib/libreoffice/program/libsclo.so ] || echo "NOT INSTALLED: libreoffice-calc. The workbook recalculated anew will be SKIPPED (apt-get install libreoffice-calc)." >&2 ;;
    nginx-light) [ -x /usr/sbin/nginx ] || echo "NOT INSTALLED: nginx. The test of several processes will be SKIPPED (apt-get install nginx-light)." >&2 ;;
  esac
done
exit 0
