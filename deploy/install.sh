#!/usr/bin/env bash
# 安装或升级县域医共体决策支持：不需要 root、网络和编译器。
# Install or upgrade without root, network or compiler. See docs/operate.md.
set -euo pipefail
umask 077

usage() {
  cat <<'TEXT'
用法 Usage: bash install.sh [--to FOLDER] [--python PYTHON] [--port PORT] [--no-demo] [--no-start]
             bash install.sh --back [--to FOLDER]
  --to      装到哪个文件夹 where to install (default: ~/county-dashboard)
  --python  用哪个 Python which Python to use
  --port    端口，写入 settings.env  port, kept in settings.env (default 8501)
  --no-demo 不载入演示数据 load no demonstration data
  --no-start 装完不启动 do not start the server
  --back    退回上一个版本和升级前的数据 go back to the version and the data before the last upgrade
TEXT
}
die() { printf '✕ %s\n  %s\n' "$1" "$2" >&2; exit 1; }
say() { printf '· %s\n' "$*"; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
to="$HOME/county-dashboard" python="" port="" demo=yes start=yes back=no
while [ $# -gt 0 ]; do
  case "$1" in
    --to) to="${2:?}"; shift 2 ;;
    --python) python="${2:?}"; shift 2 ;;
    --port) port="${2:?}"; shift 2 ;;
    --no-demo) demo=no; shift ;;
    --no-start) start=no; shift ;;
    --back) back=yes; shift ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
mkdir -p "$to"
to=$(cd "$to" && pwd)

run() { "$to/bin/dashboard" "$@"; }

stop() {
  [ -f "$to/server.pid" ] || return 0
  local pid
  pid=$(cat "$to/server.pid")
  if kill -0 "$pid" 2>/dev/null; then
    kill "$pid" || true
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.2; done
  fi
  rm -f "$to/server.pid"
}

# The last PORT that settings.env gives, as the program reads it.
port_set() {
  local line
  line=$(grep -E '^[[:space:]]*PORT[[:space:]]*=' "$to/settings.env" 2>/dev/null | tail -1 | tr -d " '\"\r" || true)
  printf '%s' "${line#*=}"
}

# Python itself asks: curl is not everywhere.
answers() {
  "$to/current/.venv/bin/python" - "$1" "$2" <<'TEXT' 2>/dev/null
import sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
sys.exit(opener.open(f"http://127.0.0.1:{sys.argv[1]}/health/{sys.argv[2]}", timeout=5).status != 200)
TEXT
}

launch() {
  local health=live # without data a server is not ready, and still says what to load
  [ "$demo" = no ] || health=ready
  local port
  port=$(port_set)
  port=${port:-8501}
  say "启动服务 starting the server"
  nohup "$to/bin/dashboard" serve >>"$to/server.log" 2>&1 </dev/null &
  echo $! >"$to/server.pid"
  for _ in $(seq 180); do
    if answers "$port" "$health"; then
      say "已就绪 ready: http://127.0.0.1:$port"
      say "停止 to stop: kill \$(cat $to/server.pid)"
      return 0
    fi
    kill -0 "$(cat "$to/server.pid")" 2>/dev/null || break
    sleep 1
  done
  die "服务没有启动 The server did not start" "见 see $to/server.log"
}

if [ "$back" = yes ]; then
  [ -f "$to/before-upgrade" ] || die "没有可以退回的版本 There is no version to go back to" "$to"
  { read -r previous; read -r saved; } <"$to/before-upgrade"
  [ -x "$to/versions/$previous/.venv/bin/python" ] || die "上一个版本已不在 The previous version is gone" "$to/versions/$previous"
  stop
  if [ -n "$saved" ]; then run restore "$saved" --yes --as-saved; fi
  ln -sfn "versions/$previous" "$to/current"
  rm "$to/before-upgrade"
  say "已退回 went back to $previous"
  run check || true
  if [ "$start" = yes ]; then launch; fi
  exit 0
fi

# What the machine must be ------------------------------------------------------------------------------------------------
[ -f "$here/bundle.env" ] || die "请在解开的安装包里运行 Run this in the unpacked archive" "$here"
# shellcheck disable=SC1091
. "$here/bundle.env"
say "核对安装包 checking the archive ($RELEASE, Python $PYTHON, $MACHINE)"
(cd "$here" && sha256sum --check --quiet --strict SHA256SUMS) || die "安装包不完整 The archive is damaged" "请重新拷贝 copy it again"

[ "$(uname -s)" = Linux ] || die "只支持 Linux  Linux only" "$(uname -s)"
[ "$(uname -m)" = "$MACHINE" ] || die "这个包是给 $MACHINE 的，本机是 $(uname -m)  The archive is for another processor" "请用文件名带 $(uname -m) 的包 take the one for $(uname -m)"

glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null | cut -d' ' -f2 || true)
[ -n "$glibc" ] || die "本机没有 glibc  This machine has no glibc" "需要 glibc $GLIBC 或更新，例如麒麟 V10、统信 UOS 20、Debian 10 以上"
oldest=$(printf '%s\n%s\n' "$GLIBC" "$glibc" | sort -V | head -1)
[ "$oldest" = "$GLIBC" ] || die "glibc $glibc 太旧 is too old" "需要 $GLIBC 或更新（麒麟 V10、统信 UOS 20、Debian 10 以上） needs $GLIBC or newer"

is_right() { "$1" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$PYTHON')" 2>/dev/null; }
for each in ${python:+"$python"} "python$PYTHON" python3 "/usr/local/bin/python$PYTHON" "/opt/python$PYTHON/bin/python$PYTHON"; do
  if command -v "$each" >/dev/null 2>&1 && is_right "$each"; then
    python=$(command -v "$each")
    break
  fi
  each=""
done
[ -n "$each" ] || die "找不到 Python $PYTHON  Python $PYTHON was not found" "请安装 python$PYTHON，或用 --python 指明，或换用另一个 Python 版本的安装包 install it, name it with --python, or take the archive for another Python"
"$python" -c "import ssl, sqlite3, ctypes, lzma" 2>/dev/null || die "$python 编译时缺少 ssl、sqlite3、ctypes 或 lzma" "请换用系统软件源的 Python  take the distribution's own Python"

free=$(df -Pm "$to" | awk 'NR == 2 { print $4 }')
[ "$free" -ge 3000 ] || die "磁盘只剩 $free MB  Too little disk" "至少需要 3000 MB"

# The new version beside the old one ----------------------------------------------------------------------------------------
new="$to/versions/$RELEASE"
running=$(readlink "$to/current" 2>/dev/null || true)
running=${running#versions/}
if [ "$running" = "$RELEASE" ] && [ -f "$new/.complete" ]; then
  say "$RELEASE 已经装好 is installed already"
else
  rm -rf "$new"
  mkdir -p "$to/versions" "$to/bin" "$to/data"
  cp -R "$here/program" "$new"
  say "安装依赖 installing $(find "$here/wheels" -name '*.whl' | wc -l) packages"
  "$python" -m venv --without-pip "$new/.venv"
  pip=$(find "$here/wheels" -name 'pip-*.whl')
  PIP_CONFIG_FILE=/dev/null "$new/.venv/bin/python" "$pip/pip" --isolated install --quiet --disable-pip-version-check --no-index \
    --find-links "$here/wheels" --require-hashes --no-deps -r "$here/requirements.txt"
  cp "$here/LICENCES.txt" "$here/bundle.env" "$new/"
  rm -rf "$new/data/local"
  ln -s "$to/data" "$new/data/local"
  ln -sfn "$to/settings.env" "$new/.env"
  touch "$new/.complete"
fi

[ -f "$to/settings.env" ] || printf '# 设置，一行一个，见 docs/operate.md。Settings, one a line.\n' >"$to/settings.env"
if [ -n "$port" ] && [ "$port" != "$(port_set)" ]; then
  printf 'PORT=%s\n' "$port" >>"$to/settings.env"
fi

# Files are named as seen from where the command is typed; a folder called "dashboard" there is not taken for the program.
cat >"$to/bin/dashboard" <<TEXT
#!/usr/bin/env bash
# python -m dashboard of the version in use.
PYTHONSAFEPATH=1 PYTHONPATH="$to/current" exec "$to/current/.venv/bin/python" -m dashboard "\$@"
TEXT
chmod 755 "$to/bin/dashboard"

# Over to it ------------------------------------------------------------------------------------------------------------
if [ -n "$running" ] && [ "$running" != "$RELEASE" ]; then
  say "从 $running 升级：先备份 upgrading from $running: backup first"
  stop
  saved=""
  if run backup "$to/data/before-upgrade" --keep 3; then
    saved=$(find "$to/data/before-upgrade" -mindepth 1 -maxdepth 1 -type d | sort | tail -1)
  else
    die "升级前没有备份成 The backup before the upgrade failed" "没有改动 nothing was changed"
  fi
  printf '%s\n%s\n' "$running" "$saved" >"$to/before-upgrade"
fi
ln -sfn "versions/$RELEASE" "$to/current"
if ! run migrate; then
  if [ -n "$running" ] && [ "$running" != "$RELEASE" ]; then
    ln -sfn "versions/$running" "$to/current"
    rm -f "$to/before-upgrade"
    die "数据库没有升级成，已退回 $running  The databases were not upgraded" "数据没有改动，可以照旧启动 nothing was changed"
  fi
  die "数据库没有建成 The databases were not made" "见上面的消息 see above"
fi
if [ "$demo" = yes ]; then run demo --if-missing; fi

for unit in "$to/current/deploy/systemd/"*; do
  mkdir -p "$to/systemd/system" "$to/systemd/user"
  sed "s|@FOLDER@|$to|g; s|@USER@|$(id -un)|g" "$unit" >"$to/systemd/system/$(basename "$unit")"
  sed "s|@FOLDER@|$to|g; /^User=/d; s|multi-user.target|default.target|" "$unit" >"$to/systemd/user/$(basename "$unit")"
done
run check || [ "$demo" = no ]
if [ "$start" = yes ]; then
  stop
  launch
fi
say "命令 command: $to/bin/dashboard   设置 settings: $to/settings.env   数据 data: $to/data"
say "开机启动、定时任务 systemd: $to/systemd   说明 documentation: $to/current/docs/operate.md"
