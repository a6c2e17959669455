#include "core_notation.hpp"

#include <charconv>
#include <deque>
#include <map>
#include <stdexcept>

#include "catch.hpp"
#include "core/src/update_decoder.hpp"
#include "core/src/update_encoder.hpp"

namespace stet::test {

using namespace stet::core;

namespace {

constexpr const char* type_names[] = {"array", "map", "text", "elem", "frag", "hook", "xtext"};

// --- notation -> update
// ------------------------------------------------------------------------------------------------

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {
    while (at_ < text_.size()) {
      statement();
      while (take(';') || take(' ')) continue;
    }
  }

  std::vector<WireStruct> structs;
  std::vector<DeleteRange> deletes;

 private:
  [[noreturn]] void fail() const { throw std::logic_error("notation: " + std::string(text_.substr(at_))); }

  bool take(char expected) {
    if (at_ == text_.size() || text_[at_] != expected) return false;
    ++at_;
    return true;
  }
  void need(char expected) {
    if (!take(expected)) fail();
  }
  std::string_view until(std::string_view stops) {
    const std::size_t end = std::min(text_.find_first_of(stops, at_), text_.size());
    const std::string_view found = text_.substr(at_, end - at_);
    at_ = end;
    return found;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    const auto end = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (end.ec != std::errc{}) fail();
    at_ = static_cast<std::size_t>(end.ptr - text_.data());
    return value;
  }
  WireId id() {
    const std::uint64_t client = number();
    need(':');
    return {client, number()};
  }

  void statement() {
    if (text_.substr(at_, 4) == "del ") {
      at_ += 3;
      while (take(' ')) {
        const WireId first = id();
        need('+');
        deletes.push_back({first.client, first.clock, number()});
      }
      return;
    }
    WireStruct s;
    const WireId own = id();
    s.client = own.client;
    s.clock = own.clock;
    s.length = 1;
    need(' ');
    content(s);
    s.info = static_cast<std::uint8_t>(s.kind);
    while (take(' ')) reference(s);
    structs.push_back(s);
  }

  void reference(WireStruct& s) {
    if (take('<')) {
      s.info |= info_origin;
      s.origin = id();
    } else if (take('>')) {
      s.info |= info_right_origin;
      s.right_origin = id();
    } else {
      need('@');
      const bool numeric = text_[at_] >= '0' && text_[at_] <= '9';
      s.parent_info = numeric ? ParentInfo::id : ParentInfo::root;
      if (numeric) {
        s.parent = id();
      } else {
        s.root = until(".; ");
      }
      if (take('.')) {
        s.info |= info_key;
        s.key = until("; ");
      }
    }
  }

  void content(WireStruct& s) {
    if (take('\'')) {
      s.kind = Kind::string;
      s.text = until("'");
      s.length = utf16_length(s.text);
      return need('\'');
    }
    const std::string_view word = until("(+; ");
    if (take('+')) {
      s.kind = word == "gc"     ? Kind::gc
               : word == "dead" ? Kind::deleted
               : word == "skip" ? Kind::skip
                                : (fail(), Kind::gc);
      s.length = number();
      return;
    }
    const std::string_view argument = text_.substr(at_, 1) == "(" ? bracket() : std::string_view{};
    for (std::uint8_t ref = 0; ref < std::size(type_names); ++ref) {
      if (word != type_names[ref]) continue;
      s.kind = Kind::type;
      s.type_ref = ref;
      s.text = argument;
      return;
    }
    value(s, word, argument);
  }

  void value(WireStruct& s, std::string_view word, std::string_view argument) {
    if (word == "any") {
      s.kind = Kind::any;
      const ByteView array = keep(json_to_any('[' + std::string(argument) + ']'));
      Reader in(array);
      in.byte();
      s.length = in.varuint();
      s.bytes = array.subspan(in.offset());
    } else if (word == "json") {
      s.kind = Kind::json;
      Writer out;
      s.length = 0;
      for (std::size_t at = 0; at <= argument.size(); ++s.length) {
        const std::size_t end = std::min(argument.find(',', at), argument.size());
        out.var_string(argument.substr(at, end - at));
        at = end + 1;
      }
      s.bytes = keep(out.take());
    } else if (word == "bin") {
      s.kind = Kind::binary;
      s.bytes = prefixed(argument);
    } else if (word == "embed") {
      s.kind = Kind::embed;
      s.bytes = prefixed(argument);
    } else if (word == "fmt") {
      s.kind = Kind::format;
      s.text = argument.substr(0, argument.find(','));
      s.bytes = prefixed(argument.substr(s.text.size() + 1));
    } else if (word == "doc") {
      s.kind = Kind::doc;
      s.text = argument;
      s.bytes = keep(json_to_any("{}"));
    } else {
      fail();
    }
  }

  // What stands in brackets, which may hold brackets of their own.
  std::string_view bracket() {
    const std::size_t start = at_ + 1;
    int depth = 0;
    do {
      if (at_ == text_.size()) fail();
      depth += text_[at_] == '(' ? 1 : text_[at_] == ')' ? -1 : 0;
    } while (++at_, depth > 0);
    return text_.substr(start, at_ - 1 - start);
  }

  ByteView keep(Bytes bytes) { return kept_.emplace_back(std::move(bytes)); }
  ByteView prefixed(std::string_view text) {
    Writer out;
    out.var_string(text);
    return keep(out.take());
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::deque<Bytes> kept_;
};

template <class Encoder>
Bytes encode(const Parser& parsed) {
  const std::vector<WireStruct>& structs = parsed.structs;
  const auto begins = [&](std::size_t i) { return i == 0 || structs[i].client != structs[i - 1].client; };
  std::size_t sections = 0;
  for (std::size_t i = 0; i < structs.size(); ++i) sections += begins(i);
  Encoder out;
  out.rest.varuint(sections);
  for (std::size_t i = 0; i < structs.size(); ++i) {
    if (begins(i)) {
      std::size_t end = i + 1;
      while (end < structs.size() && !begins(end)) ++end;
      out.rest.varuint(end - i);
      out.client(structs[i].client);
      out.rest.varuint(structs[i].clock);
    } else if (structs[i].clock != structs[i - 1].end()) {
      throw std::logic_error("notation: clocks do not follow one another");
    }
    write_struct(out, structs[i], 0);
  }
  write_deletes(out, parsed.deletes);
  return out.finish();
}

// --- update -> notation
// ------------------------------------------------------------------------------------------------

std::string show(const WireId& id) { return std::to_string(id.client) + ':' + std::to_string(id.clock); }

std::string any_values(ByteView values) {
  std::string out;
  for (Reader in(values); !in.at_end();) {
    if (!out.empty()) out += ',';
    const ByteView value = read_any(in);
    out += value[0] == any_undefined ? "undefined" : any_to_json(value);
  }
  return out;
}

std::string json_texts(ByteView texts) {
  std::string out;
  for (Reader in(texts); !in.at_end();) {
    if (!out.empty()) out += ',';
    out += in.var_string();
  }
  return out;
}

std::string show_content(const WireStruct& s) {
  const auto value = [&] { return s.any_value ? any_values(s.bytes) : json_texts(s.bytes); };
  const std::string text(s.text);
  switch (s.kind) {
    case Kind::gc:
      return "gc+" + std::to_string(s.length);
    case Kind::deleted:
      return "dead+" + std::to_string(s.length);
    case Kind::skip:
      return "skip+" + std::to_string(s.length);
    case Kind::string:
      return '\'' + text + '\'';
    case Kind::any:
      return "any(" + any_values(s.bytes) + ')';
    case Kind::json:
      return "json(" + json_texts(s.bytes) + ')';
    case Kind::binary:
      return "bin(" + json_texts(s.bytes) + ')';
    case Kind::embed:
      return "embed(" + value() + ')';
    case Kind::format:
      return "fmt(" + text + ',' + value() + ')';
    case Kind::doc:
      return "doc(" + text + ')';
    case Kind::type:
      return type_names[s.type_ref] + (text.empty() ? "" : '(' + text + ')');
  }
  return "?";
}

std::string show_struct(const WireStruct& s) {
  std::string out = show(WireId{s.client, s.clock}) + ' ' + show_content(s);
  if (s.kind == Kind::gc || s.kind == Kind::skip) return out;
  if (s.has_origin()) out += " <" + show(s.origin);
  if (s.has_right_origin()) out += " >" + show(s.right_origin);
  if (s.parent_info == ParentInfo::none) return out;
  out += " @" + (s.parent_info == ParentInfo::root ? std::string(s.root) : show(s.parent));
  if (s.info & info_key) out += '.' + std::string(s.key);
  return out;
}

template <class Columns>
std::string show_update(ByteView update) {
  UpdateDecoder<Columns> in(update);
  std::string out;
  while (const WireStruct* s = in.next()) out += (out.empty() ? "" : "; ") + show_struct(*s);
  std::vector<DeleteRange> deletes;
  if (in.ok()) in.read_deletes(deletes);
  if (!in.ok()) return name(in.error().code);
  if (!deletes.empty()) out += out.empty() ? "del" : "; del";
  for (const DeleteRange& range : deletes)
    out += ' ' + show(WireId{range.client, range.clock}) + '+' + std::to_string(range.length);
  return out;
}

// --- document -> tree
// --------------------------------------------------------------------------------------------------

class TreeWriter {
 public:
  explicit TreeWriter(const Store& store) : store_(store) {}

  std::string type(TypeIndex index) const {
    std::string out;
    bool in_text = false;
    for (ItemIndex at = store_.types[index].start; at; at = store_.items[at].right) {
      const Item& item = store_.items[at];
      if (item.deleted()) continue;
      const bool is_text = item.kind == Kind::string;
      if (in_text && is_text) out.pop_back();
      if (!(in_text && is_text)) out += out.empty() ? "" : " ";
      out += is_text && !in_text ? "'" : "";
      out += is_text ? std::string(store_.string(item)) + '\'' : this->item(item);
      in_text = is_text;
    }
    std::map<std::string, std::string> values;
    for (SlotIndex slot = store_.types[index].first_slot; slot; slot = store_.slots[slot].next_slot) {
      const Item& last = store_.items[store_.slots[slot].last];
      if (!last.deleted()) values.emplace(store_.key(store_.slots[slot].key), item(last));
    }
    if (values.empty()) return out;
    out += out.empty() ? "{" : " {";
    for (const auto& [key, value] : values) out += (out.back() == '{' ? "" : " ") + key + ':' + value;
    return out + '}';
  }

 private:
  std::string item(const Item& item) const {
    if (item.kind == Kind::type) return '(' + type(item.content) + ')';
    if (item.kind == Kind::string) return '\'' + std::string(store_.string(item)) + '\'';
    WireStruct s;
    s.kind = item.kind;
    Reader in(ByteView(store_.data).subspan(item.content, store_.content_bytes(item)));
    if (s.kind == Kind::format) s.text = store_.key(static_cast<KeyIndex>(in.varuint()));
    if (s.kind == Kind::doc) s.text = in.var_string();
    s.any_value = item.flags & flag_any_value;
    s.bytes = in.bytes(in.remaining());
    return item.kind == Kind::any ? any_values(s.bytes) : show_content(s);
  }

  const Store& store_;
};

}  // namespace

Bytes update(std::string_view notation, Encoding encoding) {
  const Parser parsed(notation);
  return encoding == Encoding::v1 ? encode<EncoderV1>(parsed) : encode<EncoderV2>(parsed);
}

std::string show(ByteView update, Encoding encoding) {
  return encoding == Encoding::v1 ? show_update<ColumnsV1>(update) : show_update<ColumnsV2>(update);
}

std::string name(ErrorCode code) {
  constexpr const char* names[] = {"truncated", "malformed", "unsupported", "too_large", "conflict"};
  return names[static_cast<int>(code)];
}

std::string tree(const Doc& doc, std::string_view root) {
  Doc::Impl copy;
  copy.store.gc = false;
  REQUIRE(core::apply(copy, doc.encode_state(), Encoding::v1, {}).ok());
  return TreeWriter(copy.store).type(copy.store.intern_root(copy.store.intern_key(root)));
}

namespace {
DocOptions options(std::uint64_t client, bool gc) {
  DocOptions options;
  options.client_id = client;
  options.gc = gc;
  return options;
}
}  // namespace

void verify(const Doc& doc, bool gc) {
  REQUIRE(doc.check() == "");
  for (const Encoding encoding : {Encoding::v1, Encoding::v2}) {
    const Bytes state = doc.encode_state(encoding);
    Doc loaded(options(0, gc));
    const Result<Applied> applied = loaded.apply_update(state, encoding);
    if (!applied) FAIL("the state does not load again: " << applied.error().message());
    REQUIRE(loaded.check() == "");
    if (doc.has_pending() && loaded.encode_state_vector() != doc.encode_state_vector()) {
      verify(loaded, gc);  // it has tried all that waits, which a document does when Yjs does
      continue;
    }
    REQUIRE(show(loaded.encode_state(encoding), encoding) == show(state, encoding));
    REQUIRE(loaded.encode_state(encoding) == state);
    REQUIRE(loaded.encode_state_vector() == doc.encode_state_vector());
  }
}

// --- replicas
// ------------------------------------------------------------------------------------------------------------

Replica::Replica(std::uint64_t client, bool gc)
    : doc(options(client, gc)), gc_(gc), twin_(options(client, gc)), follower_(options(client, gc)) {}

std::string Replica::apply(const Bytes& update) {
  const Bytes before = doc.encode_state();
  const Bytes vector_before = doc.encode_state_vector();
  const Result<Applied> applied = doc.apply_update(update);
  verify(doc, gc_);
  const Result<Bytes> as_v2 = core::convert_update(update, Encoding::v1, Encoding::v2);
  REQUIRE(as_v2.ok() == applied.ok());
  if (!applied) {
    REQUIRE(doc.encode_state() == before);
    REQUIRE(doc.encode_state_vector() == vector_before);
    return name(applied.error().code);
  }
  const Result<Applied> in_v2 = twin_.apply_update(*as_v2, Encoding::v2);
  REQUIRE(in_v2.ok());
  REQUIRE(in_v2->exact == applied->exact);
  REQUIRE(twin_.check() == "");
  REQUIRE(show(twin_.encode_state(Encoding::v2), Encoding::v2) == show(doc.encode_state(Encoding::v2), Encoding::v2));

  REQUIRE(applied->update.empty() == (applied->exact || !applied->changed));
  REQUIRE(applied->pending == doc.has_pending());
  if (applied->changed) REQUIRE(follower_.apply_update(applied->exact ? update : applied->update).ok());
  REQUIRE(follower_.check() == "");
  REQUIRE(follower_.encode_state_vector() == doc.encode_state_vector());
  if (!doc.has_pending()) REQUIRE(show(follower_.encode_state()) == state());

  std::string outcome = !applied->changed ? "nothing new"
                        : applied->exact  ? "exact"
                                          : "changed: " + show(applied->update);
  if (applied->pending) outcome += " +pending";
  return outcome;
}

Replica& Replica::with(std::string_view notation) {
  const std::string outcome = apply(notation);
  const bool refused = outcome == "truncated" || outcome == "malformed" || outcome == "unsupported" ||
                       outcome == "too_large" || outcome == "conflict";
  INFO(notation);
  REQUIRE_FALSE(refused);
  return *this;
}

}  // namespace stet::test
