#!/usr/bin/env bash
# Proves that check.sh finds each kind of wrong #include, and only those, in a tree made for it.
set -euo pipefail
check=$(dirname "$(realpath "$0")")/check.sh
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree"/{core/src,core/include/stet,storage,net/rooms,apps}
touch "$tree"/core/include/stet/doc.hpp "$tree"/core/src/item.hpp "$tree"/storage/store.hpp "$tree"/net/rooms/room.hpp
failed=0

# expect good|bad FILE INCLUDE-LINE
expect() {
  printf '%s\n' "$3" >"$tree/$2"
  local verdict=good
  "$check" "$tree" >/dev/null || verdict=bad
  [[ $verdict == "$1" ]] || { echo "$2 with $3: expected $1, found $verdict"; failed=1; }
  rm "$tree/$2"
}

expect good core/src/probe.cpp '#include <vector>'
expect good core/src/probe.cpp '#include "stet/doc.hpp"'
expect good core/src/probe.cpp '#include "item.hpp"'
expect good storage/probe.cpp '#include "stet/doc.hpp"'
expect good storage/probe.cpp '#include <sqlite3.h>'
expect good net/probe.cpp '#include "storage/store.hpp"'
expect good net/probe.cpp '#include <boost/asio.hpp>'
expect good apps/probe.cpp '#include "net/rooms/room.hpp"'

expect bad core/src/probe.cpp '#include "storage/store.hpp"'
expect bad core/src/probe.cpp '#include <storage/store.hpp>'
expect bad core/src/probe.cpp '  #  include "../../net/rooms/room.hpp"'
expect bad core/include/stet/probe.hpp '#include <boost/asio.hpp>'
expect bad core/src/probe.cpp '#include <unistd.h>'
expect bad core/src/probe.cpp '#include "sqlite3.h"'
expect bad core/src/probe.cpp '#include SOME_MACRO'
expect bad storage/probe.hpp '#include "net/rooms/room.hpp"'
expect bad storage/probe.hpp '#include "../net/rooms/room.hpp"'
expect bad storage/probe.cpp '#include <boost/asio.hpp>'
expect bad storage/probe.cpp '#include "core/src/item.hpp"'
expect bad net/probe.cpp '#include "apps/main.hpp"'
expect bad net/probe.cpp '#include <sqlite3.h>'
exit "$failed"
