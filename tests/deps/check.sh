#!/usr/bin/env bash
# Dependencies run one way: apps → net → storage → core, and core knows nothing but the standard library.
# Reads every #include under ROOT and prints those that break this; exit 1 if there are any.
# Usage: check.sh ROOT
set -euo pipefail
cd "$1"

declare -A rank=([core]=0 [storage]=1 [net]=2 [apps]=3)

# Which layer (or "outside") an include of FILE means: layer_of FILE INCLUDED
layer_of() {
  local path=$2
  if [[ $path == ../* || $path == ./* || -e ${1%/*}/$path ]]; then
    path=$(realpath -ms --relative-to=. "${1%/*}/$path")
  fi
  case $path in
    stet/* | stet.h) echo core ;;
    core/* | storage/* | net/* | apps/*) echo "${path%%/*}" ;;
    *) if [[ -e core/src/$path ]]; then echo core; else echo outside; fi ;;
  esac
}

# What a layer may include from outside the project: outside_allowed LAYER INCLUDED
outside_allowed() {
  local standard='^([a-z0-9_]+|(std(bool|def|int|io|lib)|string)\.h)$'
  case $1:$2 in
    core:*) [[ $2 =~ $standard ]] ;;
    storage:boost/* | storage:spdlog/* | storage:CLI/*) return 1 ;;
    net:sqlite3.h | apps:sqlite3.h | net:leveldb/* | apps:leveldb/* | net:CLI/*) return 1 ;;
  esac
}

failed=0
pattern='^([^:]+):([0-9]+):[[:space:]]*#[[:space:]]*include[[:space:]]*(["<])([^">]+)[">]'
while IFS= read -r line; do
  [[ $line =~ $pattern ]] || { echo "deps: not understood: $line"; failed=1; continue; }
  file=${BASH_REMATCH[1]} place=${BASH_REMATCH[1]}:${BASH_REMATCH[2]} included=${BASH_REMATCH[4]}
  from=${file%%/*}
  to=$(layer_of "$file" "$included")
  if [[ $to == outside ]]; then
    outside_allowed "$from" "$included" || { echo "$place: $from must not include $included"; failed=1; }
  elif ((rank[$to] > rank[$from])); then
    echo "$place: $from must not include $included ($to is above it)"
    failed=1
  elif [[ $from != core && $included == *core/src/* ]]; then
    echo "$place: $included is private to core"
    failed=1
  fi
done < <(grep -rnE --include='*.hpp' --include='*.cpp' --include='*.h' --include='*.c' '^[[:space:]]*#[[:space:]]*include' \
  "${!rank[@]}" 2>/dev/null || true)
exit "$failed"
