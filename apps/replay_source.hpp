// Histories that can be replayed, edit by edit: whatever they come from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "stet/bytes.hpp"

namespace stet::apps {

struct ReplayStep {
  std::uint64_t seq = 0;
  std::int64_t time_ms = 0;
  std::string author;
  Bytes update;  // v1
};

// A history that cannot be read on: one line.
struct ReplayFault {
  std::string what;
};

class ReplaySource {
 public:
  virtual ~ReplaySource() = default;

  // The next edit, or nothing behind the last one; for a document of a data folder there may be more later.
  virtual std::variant<std::optional<ReplayStep>, ReplayFault> next() = 0;
  // How many edits there are, where that is known.
  virtual std::optional<std::uint64_t> total() const { return std::nullopt; }

  // How much of it has been read, 0 to 1, where only that is known.
  virtual std::optional<double> share() const { return std::nullopt; }

  // What the recording says that the replayed document is, in one of the two ways.
  struct Recorded {
    std::optional<std::string> text;  // of the root "text"
    std::optional<Bytes> state;       // encoded, v1
  };
  virtual Recorded recorded() { return {}; }
};

// A file (an edit log, a Yjs update in v1 or v2, a trace of josephg/editing-traces; packed with gzip or not), or, where
// there is no such file, a document of the data folder. From its beginning each time it is called.
std::variant<std::unique_ptr<ReplaySource>, ReplayFault> open_replay(const std::string& name, const std::string& data);

}  // namespace stet::apps
