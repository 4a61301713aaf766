#!/usr/bin/env bash
# English catalogue: extract the marked texts, merge them into the .po, compile the .mo. `make messages` runs it.
# Usage: update.sh [path of pybabel]
set -eu
cd "$(dirname "$0")/../.."
PYBABEL="${1:-pybabel}"
CATALOGUE=dashboard/locale/en/LC_MESSAGES/dashboard.po
TEMPLATE="$(mktemp)"
trap 'rm -f "$TEMPLATE"' EXIT
# Without places and dates the file only changes when a text does.
PYTHONPATH=. "$PYBABEL" --quiet extract --mapping=dashboard/locale/babel.cfg --keyword=_ --keyword=marked --keyword=translate --no-default-keywords --no-location --sort-output \
  --output-file="$TEMPLATE" dashboard pages
if [ -f "$CATALOGUE" ]; then
  "$PYBABEL" --quiet update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --no-wrap \
    --domain=dashboard --locale=en --input-file="$TEMPLATE" --output-file="$CATALOGUE"
else
  "$PYBABEL" --quiet init --no-wrap --domain=dashboard --locale=en --input-file="$TEMPLATE" --output-file="$CATALOGUE"
fi
"$PYBABEL" --quiet compile --domain=dashboard --locale=en --directory=dashboard/locale
