// Reading updates struct by struct, in both encodings. The formats are those of Yjs 13 (src/utils/UpdateDecoder.js
// names the columns); hostile-inputs 47 to 58 say what is refused.
//
//   UpdateDecoder  clients × (structs), delete set          the grammar, once
//   ├ ColumnsV1    every field in one stream
//   └ ColumnsV2    a column for each kind of field, run-length encoded
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "update_columns.hpp"

namespace stet::core {

// Appends the ranges of a delete set to `ranges`.
void read_delete_set(Reader& in, Encoding encoding, std::vector<DeleteRange>& ranges);

template <class Columns>
class UpdateDecoder {
 public:
  explicit UpdateDecoder(ByteView update) : in(update), structs_allowed_(in.max_structs()) {
    clients_left_ = in.rest.varuint();
  }

  Columns in;

  bool ok() const { return in.ok(); }
  Error error() const { return in.error(); }

  // The next struct of the update, or nullptr after the last one or a failure.
  [[gnu::always_inline]] const WireStruct* next() {
    while (structs_left_ == 0) {
      if (clients_left_ == 0 || !in.ok()) return nullptr;
      --clients_left_;
      structs_left_ = in.rest.varuint();
      const std::uint64_t client = in.client();
      clock_ = in.rest.varuint();
      if (structs_left_ > 0) {
        // Whoever reads on would take them for one section, whose clocks follow one another.
        if (begun_ && client == current_.client) in.rest.fail(ErrorCode::malformed, "two sections for one client");
        current_.client = client;
        begun_ = true;
      }
      if (!in.ok()) return nullptr;
    }
    --structs_left_;
    if (structs_allowed_-- == 0) in.rest.fail(ErrorCode::too_large, "too many structs for so few bytes");
    read_struct();
    if (!in.ok()) return nullptr;
    return &current_;
  }

  // Takes the plain structs that come next of the same client, up to the clock `until`: calls `take` for each, which
  // next() then does not return. Returns how many.
  template <class Take>
  [[gnu::always_inline]] std::uint64_t plain(const Take& take, std::uint64_t until = plain_clocks) {
    until = std::min(until, plain_clocks);
    const std::uint64_t client = current_.client;
    return plain_where([=](const PlainStruct& s) { return s.in_order(client, until); }, take);
  }
  // The same up to one of which `fits` says no: it is to see that all is right with a struct, in order or not.
  template <class Fits, class Take>
  [[gnu::always_inline]] std::uint64_t plain_where(const Fits& fits, const Take& take) {
    const std::uint64_t taken =
        in.read_plain(current_.client, clock_, std::min(structs_left_, structs_allowed_), fits, take);
    structs_left_ -= taken;
    structs_allowed_ -= taken;
    return taken;
  }

  // How many structs are likely to come in all; by the bytes no more than is reasonable to make room for.
  std::uint64_t likely_structs() const { return in.likely_structs(structs_left_); }
  // Where the last struct ended.
  std::uint64_t clock() const { return clock_; }

  // The delete set; call it after next() has returned nullptr. Then the update must end.
  void read_deletes(std::vector<DeleteRange>& ranges);

 private:
  // Texts and deletions, which nearly all structs are, are read here; other contents by read_content().
  [[gnu::always_inline]] void read_struct() {
    WireStruct& s = current_;
    s.clock = clock_;
    s.info = in.info();
    s.kind = static_cast<Kind>(s.info & info_kind);
    s.parent_info = ParentInfo::none;
    if (s.kind == Kind::gc || s.kind == Kind::skip) {
      s.info &= info_kind;
      s.length = s.kind == Kind::gc ? in.length() : in.rest.varuint();
    } else {
      if (s.has_origin()) s.origin = in.left_id();
      if (s.has_right_origin()) s.right_origin = in.right_id();
      if (!s.has_origin() && !s.has_right_origin()) {
        read_parent();
      } else {
        // Without its key the bit says nothing; Yjs drops it when it writes on a struct that it has only read.
        s.info &= static_cast<std::uint8_t>(~info_key);
      }
      if (s.kind == Kind::string) {
        s.text = in.string(s.length);
      } else if (s.kind == Kind::deleted) {
        s.length = in.length();
      } else {
        read_content();
      }
    }
    clock_ += s.length;
    // A Skip holds nothing, and may have to span a hole of any size.
    if (s.length == 0 || (s.length > max_length && s.kind != Kind::skip) || clock_ > max_wire_clock) fail_length();
    if (s.has_origin()) check(s.origin);
    if (s.has_right_origin()) check(s.right_origin);
    if (s.parent_info == ParentInfo::id) check(s.parent);
  }

  void check(const WireId& id) {
    if (id.clock > max_wire_clock || (id.client == current_.client && id.clock >= current_.clock)) fail_reference(id);
  }

  void read_parent();
  void read_content();
  void fail_length();
  void fail_reference(const WireId& id);

  WireStruct current_;
  std::uint64_t clock_ = 0;
  std::uint64_t clients_left_ = 0;
  std::uint64_t structs_left_ = 0;
  bool begun_ = false;  // there was a section before
  std::uint64_t structs_allowed_;
};

extern template class UpdateDecoder<ColumnsV1>;
extern template class UpdateDecoder<ColumnsV2>;

}  // namespace stet::core
