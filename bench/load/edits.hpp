// Edits to send, made by the core before the clock starts; and which edits a received update holds.
#pragma once

#include <vector>

#include "../core/input.hpp"
#include "stet/lib0.hpp"

namespace stet::bench {

// Somebody types `count` letters, one update each: clock n is the n-th letter.
std::vector<Bytes> typed_letters(std::uint64_t client, std::size_t count);

// Skips one struct of letters and returns its length; 0 for a hole, whose length goes to `hole`.
std::uint64_t read_letters(Reader& in, std::uint64_t& hole);

// Calls `seen(client, from, to)` for each run of clocks that an update of letters brings. Dies of any other update.
template <class Seen>
void for_each_run(ByteView update, Seen seen) {
  Reader in(update);
  for (std::uint64_t clients = in.varuint(); clients > 0 && in.ok(); --clients) {
    std::uint64_t structs = in.varuint();
    const std::uint64_t client = in.varuint();
    std::uint64_t from = in.varuint();
    std::uint64_t to = from;
    for (; structs > 0 && in.ok(); --structs) {
      std::uint64_t hole = 0;
      to += read_letters(in, hole);
      if (hole == 0) continue;
      if (to > from) seen(client, from, to);
      from = to = to + hole;
    }
    if (to > from) seen(client, from, to);
  }
  if (!in.ok()) die("an update that does not parse");
}

}  // namespace stet::bench
