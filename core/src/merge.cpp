// Updates merged, cut and converted as streams of structs, without a document (Yjs: src/utils/updates.js).
#include <algorithm>
#include <optional>
#include <queue>

#include "doc_impl.hpp"
#include "update_decoder.hpp"
#include "update_encoder.hpp"
#include "utf8.hpp"

namespace stet::core {

namespace {

// Writes structs that come sorted by client. Counts are known only when a client ends, so each client's part of the
// stream without columns is kept until then.
template <class Encoder>
class StructWriter {
 public:
  void write(const WireStruct& s, std::uint64_t offset) {
    if (count_ > 0 && s.client != client_) end_client();
    if (count_ == 0) {
      client_ = s.client;
      out_.client(s.client);
      out_.rest.varuint(s.clock + offset);
    }
    write_struct(out_, s, offset);
    ++count_;
  }

  // Copies the plain structs that come next of the client of which the last struct was written. v1 only.
  void copy_plain(UpdateDecoder<ColumnsV1>& in) {
    const std::uint8_t* const from = in.in.rest.position();
    count_ += in.plain([](const PlainStruct&) {});
    out_.rest.raw({from, in.in.rest.position()});
  }

  // Brings the clients into the order that merging wants: highest first. Not for encodings with columns.
  void sort_clients() {
    if (count_ > 0) end_client();
    std::sort(clients_.begin(), clients_.end(), [](const Section& a, const Section& b) { return a.client > b.client; });
  }

  Bytes finish(const std::vector<DeleteRange>& deletes) {
    if (count_ > 0) end_client();
    out_.rest.varuint(clients_.size());
    for (const Section& section : clients_) {
      out_.rest.varuint(section.structs);
      out_.rest.raw(section.bytes);
    }
    write_deletes(out_, deletes);
    return out_.finish();
  }

 private:
  struct Section {
    std::uint64_t client;
    std::uint64_t structs;
    Bytes bytes;
  };

  void end_client() {
    clients_.push_back({client_, count_, out_.rest.take()});
    count_ = 0;
  }

  Encoder out_;
  std::uint64_t client_ = 0;
  std::uint64_t count_ = 0;
  std::vector<Section> clients_;
};

template <class Columns>
struct Source {
  explicit Source(ByteView update) : in(update) {}
  UpdateDecoder<Columns> in;
  const WireStruct* current = nullptr;
  std::int64_t rank = 0;  // decides among sources that stand at the same unit

  // Skips say nothing: holes are found again.
  void next() {
    do current = in.next();
    while (current && current->kind == Kind::skip);
  }
};

// Joins the structs of several updates into one sequence by client (highest first) and clock: what is there already is
// left out, holes become Skip structs. Where updates hold different structs for the same units, the bytes depend on
// which comes first; the order is that of Yjs, which sorts its sources anew (stably) after each turn of one: the one
// just read comes first among equals, but behind one that has a GC struct where it has an item, or the reverse. (Where
// there are several of both, Yjs' comparison contradicts itself, and what it writes is up to the JavaScript engine.)
template <class Columns, class Encoder>
class Merger {
 public:
  Result<Bytes> run(std::span<const ByteView> updates) {
    sources_ = std::vector<std::optional<Source<Columns>>>(updates.size());
    for (std::size_t i = 0; i < updates.size(); ++i) {
      Source<Columns>& source = sources_[i].emplace(updates[i]);
      source.rank = -static_cast<std::int64_t>(i) - 1;
      source.next();
      if (source.current) waiting_.push_back(&source);
    }
    // Updates mostly come in the order in which they were made: then they are their own queue.
    if (std::adjacent_find(waiting_.begin(), waiting_.end(), not_in_order) != waiting_.end()) {
      for (Source<Columns>* source : waiting_) queue_.push(source);
      waiting_.clear();
    }
    std::size_t begun = 0;  // of those that wait
    while (begun < waiting_.size() || !queue_.empty()) {
      const bool begin = begun < waiting_.size() && (queue_.empty() || Later()(queue_.top(), waiting_[begun]));
      Source<Columns>& source = begin ? *waiting_[begun] : *queue_.top();
      if (begin) {
        ++begun;
      } else {
        queue_.pop();
      }
      take_from(source);
      source.rank = ++turn_;
      if (source.current) queue_.push(&source);
    }
    if (open_) out_.write(held_, offset_);
    std::vector<DeleteRange> deletes;
    for (auto& source : sources_) {
      if (source->in.ok()) source->in.read_deletes(deletes);
      if (!source->in.ok()) return source->in.error();
    }
    normalize(deletes);
    return out_.finish(deletes);
  }

 private:
  struct Later {
    bool operator()(const Source<Columns>* a, const Source<Columns>* b) const {
      const WireStruct& x = *a->current;
      const WireStruct& y = *b->current;
      if (x.client != y.client) return x.client < y.client;
      if (x.clock != y.clock) return x.clock > y.clock;
      return (x.kind == Kind::gc) == (y.kind == Kind::gc) ? a->rank < b->rank : a->rank > b->rank;
    }
  };

  // One turn: the source's next struct that is news, and those that follow it without a gap.
  void take_from(Source<Columns>& source) {
    const std::uint64_t client = source.current->client;
    if (!open_) {
      hold(*source.current, 0);
      source.next();
    } else {
      bool passed = false;
      while (source.current && source.current->end() <= held_.end() && source.current->client >= held_.client) {
        source.next();
        passed = true;
      }
      const WireStruct* s = source.current;
      // Another source may be first now.
      if (!s || s->client != client || (passed && s->clock > held_.end())) return;
      if (client == held_.client && s->clock <= held_.end()) {
        const std::uint64_t known = held_.end() - s->clock;
        const std::uint64_t joined = held_.length + s->length - known;
        if (held_.kind == Kind::gc && s->kind == Kind::gc && joined <= max_length) {
          held_.length = joined;
        } else {
          hold(*s, known);
        }
      } else {
        const std::uint64_t end = held_.end();
        const bool gap = client == held_.client;
        if (gap) {
          WireStruct skip;
          skip.kind = Kind::skip;
          skip.client = client;
          skip.clock = end;
          skip.length = s->clock - end;
          hold(skip, 0);
        }
        hold(*s, 0);
      }
      source.next();
    }
    for (const WireStruct* s = source.current; s && s->client == client && s->clock == held_.end();
         s = source.current) {
      hold(*s, 0);
      source.next();
    }
  }

  // Writes what is held, and holds `s` from its unit `offset` on.
  void hold(const WireStruct& s, std::uint64_t offset) {
    if (open_) out_.write(held_, offset_);
    held_ = s;
    offset_ = offset;
    open_ = true;
  }

  static bool not_in_order(const Source<Columns>* a, const Source<Columns>* b) {
    const WireStruct& x = *a->current;
    const WireStruct& y = *b->current;
    return x.client == y.client ? x.clock >= y.clock : x.client < y.client;
  }

  std::vector<std::optional<Source<Columns>>> sources_;
  std::vector<Source<Columns>*> waiting_;  // not begun yet, in order
  std::priority_queue<Source<Columns>*, std::vector<Source<Columns>*>, Later> queue_;
  std::int64_t turn_ = 0;
  StructWriter<Encoder> out_;
  WireStruct held_;  // its views belong to one of the sources
  std::uint64_t offset_ = 0;
  bool open_ = false;
};

template <class Columns, class Encoder>
Result<Bytes> diff(ByteView update, const StateVector& state, bool with_deletes) {
  UpdateDecoder<Columns> in(update);
  StructWriter<Encoder> out;
  std::uint64_t client = 0;
  std::uint64_t known = 0;
  bool started = false;  // something of this client was written
  bool first = true;
  while (const WireStruct* s = in.next()) {
    if (first || s->client != client) {
      const auto found = state.find(s->client);
      known = found == state.end() ? 0 : found->second;
      client = s->client;
      started = first = false;
    }
    if (!started && (s->kind == Kind::skip || s->end() <= known)) {
      in.plain([](const PlainStruct&) {}, known);
      continue;
    }
    out.write(*s, !started && known > s->clock ? known - s->clock : 0);
    started = true;
    if constexpr (std::is_same_v<Columns, ColumnsV1> && std::is_same_v<Encoder, EncoderV1>) out.copy_plain(in);
  }
  std::vector<DeleteRange> deletes;
  if (in.ok()) in.read_deletes(deletes);
  if (!in.ok()) return in.error();
  if (!with_deletes) deletes.clear();
  if constexpr (std::is_same_v<Encoder, EncoderV1>) {
    if (!with_deletes) out.sort_clients();
  }
  arrange(deletes);
  return out.finish(deletes);
}

template <class Columns, class Encoder>
Result<Bytes> convert(ByteView update) {
  UpdateDecoder<Columns> in(update);
  StructWriter<Encoder> out;
  while (const WireStruct* s = in.next()) out.write(*s, 0);
  std::vector<DeleteRange> deletes;
  if (in.ok()) in.read_deletes(deletes);
  if (!in.ok()) return in.error();
  arrange(deletes);
  return out.finish(deletes);
}

// The part of a struct up to its unit `units`.
class Front {
 public:
  const WireStruct& of(const WireStruct& s, std::uint64_t units) {
    front_ = s;
    front_.length = units;
    if (s.kind == Kind::string) {
      const Cut cut = find_unit(s.text, units);
      front_.text = s.text.substr(0, cut.bytes);
      if (cut.inside_character) {
        text_.assign(front_.text);
        front_.text = text_ += replacement;
      }
    } else if (s.kind == Kind::any) {
      front_.bytes = s.bytes.first(any_size(s.bytes, units));
    } else if (s.kind == Kind::json) {
      front_.bytes = s.bytes.first(strings_size(s.bytes, units));
    }
    return front_;
  }

 private:
  WireStruct front_;
  std::string text_;
};

}  // namespace

Bytes update_until(ByteView update, const StateVector& end, const std::vector<DeleteRange>& deletes) {
  UpdateDecoder<ColumnsV1> in(update);
  StructWriter<EncoderV1> out;
  Front front;
  while (const WireStruct* s = in.next()) {
    const auto found = end.find(s->client);
    if (found == end.end() || s->clock >= found->second) continue;
    const bool whole = s->kind == Kind::gc || s->end() <= found->second;
    out.write(whole ? *s : front.of(*s, found->second - s->clock), 0);
  }
  return out.finish(deletes);
}

Result<Bytes> merge_updates(std::span<const ByteView> updates, Encoding encoding) {
  return encoding == Encoding::v1 ? Merger<ColumnsV1, EncoderV1>().run(updates)
                                  : Merger<ColumnsV2, EncoderV2>().run(updates);
}

Result<Bytes> diff_update(ByteView update, const StateVector& state, Encoding encoding, bool with_deletes) {
  return encoding == Encoding::v1 ? diff<ColumnsV1, EncoderV1>(update, state, with_deletes)
                                  : diff<ColumnsV2, EncoderV2>(update, state, with_deletes);
}

Result<Bytes> convert_update(ByteView update, Encoding from, Encoding to) {
  if (from == Encoding::v1) {
    return to == Encoding::v1 ? convert<ColumnsV1, EncoderV1>(update) : convert<ColumnsV1, EncoderV2>(update);
  }
  return to == Encoding::v1 ? convert<ColumnsV2, EncoderV1>(update) : convert<ColumnsV2, EncoderV2>(update);
}

}  // namespace stet::core
