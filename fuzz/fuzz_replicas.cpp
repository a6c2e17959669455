// Three replicas that edit one text and exchange their updates in any order, late, twice or in bulk, as the bytes say.
// A fourth gets only what the first gives to relay. In the end all are the same.
#include <array>

#include "stet/types.hpp"
#include "support.hpp"

using namespace stet;

namespace {

constexpr std::size_t count = 3;
constexpr const char* words[] = {
    "a", "bc", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "long word", "x\xf0\x9f\x98\x80y", " "};

DocOptions options(std::uint64_t client) {
  DocOptions options;
  options.client_id = client;
  return options;
}

class Group {
 public:
  void play(Reader in) {
    while (!in.at_end()) {
      const std::uint8_t what = in.byte();
      const std::size_t who = (what >> 4) % count;
      const std::uint8_t how = in.at_end() ? 0 : in.byte();
      switch (what & 7) {
        case 0:
        case 1:
        case 2:
          edit(who, [&](Text text) { text.insert(how * text.length() / 255, words[what >> 5]); });
          break;
        case 3:
          edit(who, [&](Text text) { text.erase(how * text.length() / 255, 1 + (what >> 5)); });
          break;
        case 4:
        case 5:
          if (!log_.empty()) deliver(who, how % log_.size());
          break;
        case 6:
          deliver_latest(who);
          break;
        default:
          catch_up(who, how % count);
      }
    }
    settle();
  }

 private:
  template <class Edit>
  void edit(std::size_t who, const Edit& edit) {
    Doc& doc = docs_[who];
    const Bytes before = doc.encode_state_vector();
    edit(doc.text("t"));
    check(doc);
    Bytes update = *doc.encode_diff(before);
    if (who == 0) relay(update);
    log_.push_back({std::move(update), {}});
    log_.back().known[who] = true;
  }

  void deliver(std::size_t to, std::size_t which) {
    take(to, log_[which].update);
    log_[which].known[to] = true;
  }

  void deliver_latest(std::size_t to) {
    for (std::size_t i = log_.size(); i-- > (log_.size() > 4 ? log_.size() - 4 : 0);) deliver(to, i);
  }

  void catch_up(std::size_t to, std::size_t from) {
    const Result<Bytes> diff = docs_[from].encode_diff(docs_[to].encode_state_vector());
    fuzz::require(diff.ok(), "no diff");
    take(to, *diff);
  }

  void take(std::size_t to, ByteView update) {
    const Result<Applied> applied = docs_[to].apply_update(update);
    fuzz::require(applied.ok(), "refused");
    check(docs_[to]);
    if (to == 0 && applied->changed) relay(applied->exact ? update : ByteView(applied->update));
  }

  void relay(ByteView update) {
    const Result<Applied> applied = follower_.apply_update(update);
    // What waits in a document goes along with its diffs.
    fuzz::require(applied.ok() && (!applied->pending || docs_[0].has_pending()), "what was relayed misses something");
    check(follower_);
    // It may be ahead: what waits is tried again when something that it named comes, and which of the missing it names
    // depends on the order.
    core::StateVector reached = *core::decode_state_vector(follower_.encode_state_vector());
    const core::StateVector expected = *core::decode_state_vector(docs_[0].encode_state_vector());
    for (const auto& [client, clock] : expected) {
      fuzz::require(reached[client] >= clock, "the follower fell behind");
    }
  }

  void settle() {
    for (std::size_t to = 0; to < count; ++to) {
      for (std::size_t which = 0; which < log_.size(); ++which) {
        if (!log_[which].known[to]) deliver(to, which);
      }
    }
    for (Doc& doc : docs_) try_all(doc);
    try_all(follower_);
    const Bytes state = docs_[0].encode_state();
    for (Doc& doc : docs_) {
      fuzz::require(doc.encode_state() == state, "another state");
      fuzz::require(doc.text("t").to_string() == docs_[0].text("t").to_string(), "another text");
    }
    fuzz::require(follower_.encode_state() == state, "the follower has another state");
    fuzz::verify(docs_[0]);
  }

  // Parts that wait for each other are not tried again before something new comes, as in Yjs: but when the document is
  // loaded, nothing waits.
  static void try_all(Doc& doc) {
    if (!doc.has_pending()) return;
    Doc loaded;
    fuzz::require(loaded.apply_update(doc.encode_state()).ok(), "the state is refused");
    fuzz::require(!loaded.has_pending(), "something waits for ever");
    doc = std::move(loaded);
  }

  static void check(const Doc& doc) {
    const std::string problem = doc.check();
    fuzz::require(problem.empty(), "check:", problem);
  }

  std::array<Doc, count> docs_{Doc(options(1)), Doc(options(2)), Doc(options(3))};
  Doc follower_;
  struct Sent {
    Bytes update;
    std::array<bool, count> known;
  };
  std::vector<Sent> log_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 300) return 0;  // longer ones are slow, and find nothing more
  Group().play(Reader({data, size}));
  return 0;
}
