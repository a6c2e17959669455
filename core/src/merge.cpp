// Updates merged, cut and converted as streams of structs, without a document (Yjs: src/utils/updates.js).
#include <algorithm>
#include <memory>
#include <queue>

#include "doc_impl.hpp"
#include "update_decoder.hpp"
#include "update_encoder.hpp"

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

  Bytes finish(const std::vector<DeleteRange>& deletes) {
    if (count_ > 0) end_client();
    out_.rest.varuint(clients_.size());
    for (const auto& [count, bytes] : clients_) {
      out_.rest.varuint(count);
      out_.rest.raw(bytes);
    }
    write_deletes(out_, deletes);
    return out_.finish();
  }

 private:
  void end_client() {
    clients_.emplace_back(count_, out_.rest.take());
    out_.rest = Writer();
    count_ = 0;
  }

  Encoder out_;
  std::uint64_t client_ = 0;
  std::uint64_t count_ = 0;
  std::vector<std::pair<std::uint64_t, Bytes>> clients_;
};

// Joins the structs of several updates into one sequence by client (highest first) and clock: what is there already is
// left out, holes become Skip structs.
template <class Encoder>
class Merger {
 public:
  void add(const WireStruct& s) {
    if (!open_) return start(s, 0);
    if (s.client != held_.client) {
      flush();
      return start(s, 0);
    }
    const std::uint64_t end = held_.end();
    if (s.end() <= end) return;
    if (s.clock > end) {
      flush();
      WireStruct skip;
      skip.kind = Kind::skip;
      skip.client = s.client;
      skip.clock = end;
      skip.length = s.clock - end;
      out_.write(skip, 0);
      return start(s, 0);
    }
    const std::uint64_t known = end - s.clock;
    if (held_.kind == Kind::gc && s.kind == Kind::gc) {
      held_.length += s.length - known;
      return;
    }
    flush();
    start(s, known);
  }

  Bytes finish(const std::vector<DeleteRange>& deletes) {
    if (open_) flush();
    return out_.finish(deletes);
  }

 private:
  void start(const WireStruct& s, std::uint64_t offset) {
    held_ = s;
    offset_ = offset;
    open_ = true;
  }
  void flush() {
    out_.write(held_, offset_);
    open_ = false;
  }

  StructWriter<Encoder> out_;
  WireStruct held_;  // its views belong to a decoder that lives as long as this
  std::uint64_t offset_ = 0;
  bool open_ = false;
};

template <class Columns, class Encoder>
Result<Bytes> merge(std::span<const ByteView> updates) {
  struct Source {
    explicit Source(ByteView update) : in(update) {}
    UpdateDecoder<Columns> in;
    const WireStruct* current = nullptr;
    // Skips say nothing: holes are found again.
    void next() {
      do current = in.next();
      while (current && current->kind == Kind::skip);
    }
  };
  std::vector<std::unique_ptr<Source>> sources;
  const auto later = [&](std::size_t a, std::size_t b) {
    const WireStruct& x = *sources[a]->current;
    const WireStruct& y = *sources[b]->current;
    if (x.client != y.client) return x.client < y.client;
    return x.clock != y.clock ? x.clock > y.clock : a > b;
  };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(later)> queue(later);
  for (const ByteView update : updates) {
    sources.push_back(std::make_unique<Source>(update));
    sources.back()->next();
    if (sources.back()->current) queue.push(sources.size() - 1);
  }
  Merger<Encoder> merger;
  while (!queue.empty()) {
    const std::size_t first = queue.top();
    queue.pop();
    merger.add(*sources[first]->current);
    sources[first]->next();
    if (sources[first]->current) queue.push(first);
  }
  std::vector<DeleteRange> deletes;
  for (const auto& source : sources) {
    if (source->in.ok()) source->in.read_deletes(deletes);
    if (!source->in.ok()) return source->in.error();
  }
  normalize(deletes);
  return merger.finish(deletes);
}

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
    if (!started && (s->kind == Kind::skip || s->end() <= known)) continue;
    out.write(*s, !started && known > s->clock ? known - s->clock : 0);
    started = true;
  }
  std::vector<DeleteRange> deletes;
  if (in.ok()) in.read_deletes(deletes);
  if (!in.ok()) return in.error();
  if (!with_deletes) deletes.clear();
  normalize(deletes);
  return out.finish(deletes);
}

}  // namespace

Result<Bytes> merge_updates(std::span<const ByteView> updates, Encoding encoding) {
  return encoding == Encoding::v1 ? merge<ColumnsV1, EncoderV1>(updates) : merge<ColumnsV2, EncoderV2>(updates);
}

Result<Bytes> diff_update(ByteView update, const StateVector& state, Encoding encoding, bool with_deletes) {
  return encoding == Encoding::v1 ? diff<ColumnsV1, EncoderV1>(update, state, with_deletes)
                                  : diff<ColumnsV2, EncoderV2>(update, state, with_deletes);
}

Result<Bytes> convert_update(ByteView update, Encoding from, Encoding to) {
  if (from == Encoding::v1) {
    return to == Encoding::v1 ? diff<ColumnsV1, EncoderV1>(update, {}, true)
                              : diff<ColumnsV1, EncoderV2>(update, {}, true);
  }
  return to == Encoding::v1 ? diff<ColumnsV2, EncoderV1>(update, {}, true)
                            : diff<ColumnsV2, EncoderV2>(update, {}, true);
}

}  // namespace stet::core
