#!/usr/bin/env bash
# The core as somebody gets it who embeds it: installed, static and shared, found by CMake and by pkg-config, in C++ and in
# C. Builds and runs the examples against it.
# Usage: run.sh SOURCE BUILD
set -euo pipefail
source=$(realpath "$1") build=$(realpath "$2")
out=$build/embed
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")

fail() { echo "embed: $*"; exit 1; }

# quietly COMMAND...: its output only if it fails.
quietly() { "$@" >"$out/log" 2>&1 || { cat "$out/log"; fail "failed: $*"; }; }

# run_example PROGRAM: it says what it is expected to say.
run_example() { diff "$here/expected.txt" <("$1") || fail "$1 said something else"; }

# try KIND [PKG_CONFIG_OPTION...]: both examples against the package that is installed in $out/KIND.
try() {
  local kind=$1 prefix=$out/$1 flags
  shift
  quietly cmake -S "$source/core/examples" -B "$out/$kind-cpp" -G Ninja -DCMAKE_PREFIX_PATH="$prefix"
  grep -q "stet_DIR:PATH=$prefix/" "$out/$kind-cpp/CMakeCache.txt" || fail "find_package found another stet"
  quietly cmake --build "$out/$kind-cpp"
  run_example "$out/$kind-cpp/edit_together"

  read -ra flags < <(PKG_CONFIG_PATH=$(echo "$prefix"/lib*/pkgconfig) pkg-config --cflags --libs "$@" stet)
  cc -std=c11 -Wall -Wextra -Wpedantic -Werror "$source/core/examples/edit_together.c" -o "$out/$kind-c" "${flags[@]}" \
    -Wl,-rpath,"$prefix/lib"
  run_example "$out/$kind-c"
}

rm -rf "$out"/{static,shared}{,-c,-cpp}
mkdir -p "$out"
quietly cmake --install "$build" --component core --prefix "$out/static"
try static --static

# Not optimized: what is looked at is what it exports and needs.
quietly cmake -S "$source/core" -B "$out/shared-build" -G Ninja -DBUILD_SHARED_LIBS=ON -DCMAKE_BUILD_TYPE=None
quietly cmake --build "$out/shared-build"
quietly cmake --install "$out/shared-build" --prefix "$out/shared"
try shared

library=$(realpath "$out/shared/lib/libstet.so")
[[ $library == *.so.[0-9]*.[0-9]*.[0-9]* ]] || fail "$library has no version"
readelf -d "$library" | grep -q 'SONAME.*libstet.so.[0-9]' || fail "no versioned SONAME"
needs=$(readelf -d "$library" | grep NEEDED | grep -vE '\[(lib(stdc\+\+|m|gcc_s|c)|ld-linux[a-z0-9_-]*)\.so') && fail "it needs $needs"
exported=$(nm -D --defined-only --demangle "$library" | cut -d' ' -f3-)
inside=$(grep -E '^(stet::(core|c)::|\(anonymous)' <<<"$exported") && fail "exported though private: ${inside:0:500}"
declared=$(grep -oE '\bstet_[a-z_0-9]+\(' "$source/core/include/stet.h" | tr -d '(' | sort -u | grep -vE '^stet_(str|view_of)$')
for function in $declared; do
  grep -qx "$function" <<<"$exported" || grep -qE "^ \*.*$function\(" "$source/core/include/stet.h" ||
    fail "$function is declared and not exported"
done
hidden=$(grep -L 'namespace \[\[gnu::visibility("default")\]\] stet {' "$source"/core/include/stet/*.hpp || true)
[[ -z $hidden ]] || fail "not exported: $hidden"
echo "embed: the installed package works, static and shared, in C++ and in C"
