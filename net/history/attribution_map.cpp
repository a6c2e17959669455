#include "net/history/attribution_map.hpp"

#include <bit>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "stet/lib0.hpp"

namespace stet::net {
namespace {

constexpr std::uint8_t any_string = 119;
constexpr std::uint8_t any_float64 = 123;

// One of the two maps. Names and attributes are written where they first occur, and named by number from then on.
class IdMapWriter {
 public:
  IdMapWriter(Writer& out, const Ledger& ledger, std::string_view by, std::string_view at)
      : out_(out), ledger_(ledger), by_(by), at_(at) {}

  // The ranges by client and clock.
  void write(const std::vector<Ledger::Range>& ranges) {
    std::size_t clients = 0;
    for (std::size_t i = 0; i < ranges.size(); ++i) clients += is_new_client(ranges, i) ? 1 : 0;
    out_.varuint(clients);
    std::uint64_t last_client = 0;
    for (std::size_t begin = 0; begin < ranges.size();) {
      std::size_t end = begin + 1;
      while (end < ranges.size() && !is_new_client(ranges, end)) ++end;
      const std::uint64_t client = ranges[begin].units.client;
      out_.varuint(client - last_client);
      last_client = client;
      out_.varuint(end - begin);
      std::uint64_t clock = 0;  // where the range before ended
      for (; begin < end; ++begin) {
        const Ledger::Range& range = ranges[begin];
        out_.varuint(range.units.clock - clock);
        out_.varuint(range.units.length - 1);
        clock = range.units.clock + range.units.length;
        write_attributes(*range.edit);
      }
    }
  }

 private:
  static bool is_new_client(const std::vector<Ledger::Range>& ranges, std::size_t i) {
    return i == 0 || ranges[i].units.client != ranges[i - 1].units.client;
  }

  void write_attributes(const Edit& edit) {
    const std::string_view author = ledger_.author(edit);
    out_.varuint(author.empty() ? 1 : 2);
    if (!author.empty() && refer(authors_, edit.author, by_)) {
      out_.byte(any_string);
      out_.var_string(author);
    }
    if (refer(times_, edit.time_ms, at_)) {
      out_.byte(any_float64);
      const auto bits = std::bit_cast<std::uint64_t>(static_cast<double>(edit.time_ms));
      for (unsigned shift = 64; shift > 0; shift -= 8) out_.byte(static_cast<std::uint8_t>(bits >> (shift - 8)));
    }
  }

  // Writes the number of the attribute, and its name if it is a new one: then its value is to follow.
  template <class Key>
  bool refer(std::unordered_map<Key, std::uint64_t>& numbers, const Key& key, std::string_view name) {
    const auto [attribute, is_new] = numbers.try_emplace(key, attributes_);
    out_.varuint(attribute->second);
    if (!is_new) return false;
    ++attributes_;
    const auto [number, is_new_name] = names_.try_emplace(name, names_.size());
    out_.varuint(number->second);
    if (is_new_name) out_.var_string(name);
    return true;
  }

  Writer& out_;
  const Ledger& ledger_;
  std::string_view by_, at_;
  std::uint64_t attributes_ = 0;
  std::unordered_map<std::uint32_t, std::uint64_t> authors_;
  std::unordered_map<std::int64_t, std::uint64_t> times_;
  std::unordered_map<std::string_view, std::uint64_t> names_;
};

}  // namespace

Bytes attribution_map(const Ledger& ledger, std::uint64_t seq) {
  Writer out;
  const auto write = [&](std::vector<Ledger::Range> ranges, std::string_view by, std::string_view at) {
    std::erase_if(ranges, [seq](const Ledger::Range& range) { return range.edit->seq > seq; });
    IdMapWriter(out, ledger, by, at).write(ranges);
  };
  write(ledger.made(), "insert", "insertedAt");
  write(ledger.deleted(), "delete", "deletedAt");
  return out.take();
}

}  // namespace stet::net
