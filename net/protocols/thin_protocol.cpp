#include "net/protocols/thin_protocol.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "net/doc_name.hpp"
#include "net/protocols/msgpack.hpp"
#include "stet/lib0.hpp"

namespace stet::net::thin {
namespace {

using nlohmann::json;

constexpr std::array<const char*, 6> refusals = {"stale_version", "bad_splices", "cut_pair",
                                                 "document_full", "not_open",    "read_only"};
constexpr std::array<const char*, 6> refusal_reasons = {
    "the version is not known, or no longer: take the text anew",
    "the splices overlap, or reach beyond the text of that version",
    "a splice begins or ends within a surrogate pair",
    "the document holds as much as it can",
    "the document is not open here",
    "this session is read-only",
};

// Reads the fields of a message. After the first fault all else is empty.
class Fields {
 public:
  explicit Fields(const json& message) : message_(message) {
    if (!message.is_object()) fail("a message is a map");
  }

  std::uint64_t number(const char* key) { return number(find(key), key); }
  std::uint64_t number(const char* key, std::uint64_t otherwise) {
    const json* found = find_optional(key);
    return found ? number(found, key) : otherwise;
  }
  std::string text(const char* key, std::size_t most) { return text(find(key), most); }
  std::string text(const char* key, std::size_t most, const char* otherwise) {
    const json* found = find_optional(key);
    return found ? text(found, most) : otherwise;
  }
  bool has(const char* key) { return find_optional(key) != nullptr; }

  // As 16 hexadecimal digits: few languages have integers of 64 bits.
  std::uint64_t session(const char* key) {
    const std::string digits = text(key, 16, "0000000000000000");
    std::uint64_t value = 0;
    const char* end = digits.data() + digits.size();
    if (digits.size() != 16 || std::from_chars(digits.data(), end, value, 16).ptr != end) {
      fail("a session is not 16 hexadecimal digits");
    }
    return value;
  }

  std::optional<Cursor> cursor(const char* key) {
    const json* found = find_optional(key);
    if (!found) return std::nullopt;
    if (!found->is_array() || found->size() != 2) return fail("a cursor is not [anchor, head]"), std::nullopt;
    return Cursor{number(&(*found)[0], key), number(&(*found)[1], key)};
  }

  TextDelta delta(const char* key, std::size_t most) {
    TextDelta out;
    const json* found = find(key);
    if (!found) return out;
    if (!found->is_array() || found->size() > most) return fail("splices are no list, or too many"), out;
    for (const json& splice : *found) {
      if (!splice.is_array() || splice.size() != 3) return fail("a splice is not [position, erased, text]"), out;
      const std::uint64_t position = number(&splice[0], key);
      const std::uint64_t erased = number(&splice[1], key);
      out.push_back({position, erased, text(&splice[2], no_limit)});
    }
    return out;
  }

  std::vector<Person> people(const char* key) {
    std::vector<Person> out;
    const json* found = find(key);
    if (!found) return out;
    if (!found->is_array()) return fail("people are no list"), out;
    for (const json& value : *found) {
      Fields person(value);
      out.push_back({person.number("id"), person.text("name", no_limit), person.text("color", no_limit, ""),
                     person.cursor("cursor")});
      if (person.fault_) fail(person.fault_);
    }
    return out;
  }

  void fail(const char* what) {
    if (!fault_) fault_ = what;
  }
  const char* fault() const { return fault_; }

  static constexpr std::size_t no_limit = ~std::size_t{0};

 private:
  const json* find_optional(const char* key) {
    if (fault_) return nullptr;
    const auto at = message_.find(key);
    return at == message_.end() || at->is_null() ? nullptr : &*at;
  }
  const json* find(const char* key) {
    const json* found = find_optional(key);
    if (!found) fail("a field is missing");
    return found;
  }
  std::uint64_t number(const json* value, const char* /*key*/) {
    if (fault_) return 0;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() > max_safe_integer) {
      return fail("a field is no number from 0 to 2^53 - 1"), 0;
    }
    return value->get<std::uint64_t>();
  }
  std::string text(const json* value, std::size_t most) {
    if (fault_) return {};
    if (!value->is_string()) return fail("a field is no text"), std::string{};
    const std::string& text = value->get_ref<const std::string&>();
    if (text.size() > most) return fail("a text is too long"), std::string{};
    return text;
  }

  const json& message_;
  const char* fault_ = nullptr;
};

std::string session_text(std::uint64_t session) {
  std::array<char, 16> digits;
  digits.fill('0');
  std::array<char, 16> shown;
  const char* end = std::to_chars(shown.begin(), shown.end(), session, 16).ptr;
  const auto size = static_cast<std::size_t>(end - shown.data());
  std::copy_n(shown.data(), size, digits.data() + (digits.size() - size));
  return {digits.data(), digits.size()};
}

json splices(const TextDelta& delta) {
  json out = json::array();
  for (const Splice& splice : delta) out.push_back({splice.position, splice.erased, splice.inserted});
  return out;
}

json message_of(const char* type, const std::string& doc) { return {{"t", type}, {"doc", doc}}; }

// --- one function a message, for both directions ---

Open read_open(Fields& in, const Limits& limits) {
  Open open;
  open.root = in.text("root", limits.doc_name_bytes, "text");
  if (in.has("version")) open.known = Known{in.number("version"), in.number("epoch", 0), in.number("durable", 0)};
  open.session = in.session("session");
  return open;
}

TextEdit read_edit(Fields& in, const Limits& limits) {
  TextEdit edit;
  edit.id = in.number("id");
  edit.version = in.number("version");
  edit.delta = in.delta("splices", limits.thin_splices);
  edit.agent = clean_author(in.text("agent", limits.author_bytes, ""), limits);
  edit.asked_by = clean_author(in.text("asked_by", limits.author_bytes, ""), limits);
  return edit;
}

SetPresence read_presence(Fields& in, const Limits& limits) {
  SetPresence presence;
  presence.name = clean_author(in.text("name", limits.author_bytes, ""), limits);
  presence.color = clean_author(in.text("color", limits.author_bytes, ""), limits);
  presence.cursor = in.cursor("cursor");
  return presence;
}

json write(const std::string& doc, const Open& open) {
  json out = message_of("open", doc);
  out["root"] = open.root;
  if (open.known) {
    out["version"] = open.known->version;
    out["epoch"] = open.known->epoch;
    out["durable"] = open.known->durable;
  }
  if (open.session != 0) out["session"] = session_text(open.session);
  return out;
}
json write(const std::string& doc, const TextEdit& edit) {
  json out = message_of("edit", doc);
  out["id"] = edit.id;
  out["version"] = edit.version;
  out["splices"] = splices(edit.delta);
  if (!edit.agent.empty()) out["agent"] = edit.agent;
  if (!edit.asked_by.empty()) out["asked_by"] = edit.asked_by;
  return out;
}
json write(const std::string& doc, const SetPresence& presence) {
  json out = message_of("presence", doc);
  out["name"] = presence.name;
  out["color"] = presence.color;
  if (presence.cursor) out["cursor"] = {presence.cursor->anchor, presence.cursor->head};
  return out;
}
json write(const std::string& doc, const Leave& /*leave*/) { return message_of("close", doc); }
json write(const std::string& doc, const Unknown& /*unknown*/) { return message_of("", doc); }

json write(const std::string& doc, const Opened& opened) {
  json out = message_of("opened", doc);
  out["root"] = opened.root;
  out["session"] = session_text(opened.session);
  out["you"] = opened.you;
  out["epoch"] = opened.epoch;
  out["version"] = opened.version;
  out["durable"] = opened.durable;
  out["applied"] = opened.applied;
  if (opened.text) {
    out["text"] = *opened.text;
  } else {
    out["splices"] = splices(opened.delta);
  }
  return out;
}
json write(const std::string& doc, const WholeText& whole) {
  json out = message_of("text", doc);
  out["epoch"] = whole.epoch;
  out["version"] = whole.version;
  out["text"] = whole.text;
  return out;
}
json write(const std::string& doc, const Changed& changed) {
  json out = message_of("delta", doc);
  out["version"] = changed.version;
  out["splices"] = splices(changed.delta);
  return out;
}
json write(const std::string& doc, const CaughtUp& caught_up) {
  if (caught_up.text) return write(doc, WholeText{caught_up.epoch, caught_up.version, *caught_up.text});
  return write(doc, Changed{caught_up.version, caught_up.delta});
}
json write(const std::string& doc, const Accepted& accepted) {
  json out = message_of("accepted", doc);
  out["id"] = accepted.id;
  out["version"] = accepted.version;
  out["splices"] = splices(accepted.delta);
  return out;
}
json write(const std::string& doc, const Durable& durable) {
  json out = message_of("durable", doc);
  out["version"] = durable.version;
  return out;
}
json write(const std::string& doc, const People& people) {
  json out = message_of("presence", doc);
  out["version"] = people.version;
  json& list = out["people"] = json::array();
  for (const Person& person : people.people) {
    json& shown = list.emplace_back(json{{"id", person.id}, {"name", person.name}, {"color", person.color}});
    if (person.cursor) shown["cursor"] = {person.cursor->anchor, person.cursor->head};
  }
  return out;
}
json write(const std::string& doc, const Refused& refused) {
  json out = message_of("refused", doc);
  out["id"] = refused.id;
  out["code"] = refusals[static_cast<std::size_t>(refused.code)];
  out["reason"] = reason(refused.code);
  return out;
}
json write(const std::string& doc, const Closed& closed) {
  json out = message_of("closed", doc);
  out["code"] = static_cast<unsigned>(closed.code);
  out["reason"] = closed.reason;
  return out;
}

RequestKind read_request(const std::string& type, Fields& in, const Limits& limits) {
  if (type == "open") return read_open(in, limits);
  if (type == "edit") return read_edit(in, limits);
  if (type == "presence") return read_presence(in, limits);
  if (type == "close") return Leave{};
  return Unknown{};
}

Refusal read_refusal(Fields& in) {
  const std::string code = in.text("code", Fields::no_limit);
  const auto* at = std::find(refusals.begin(), refusals.end(), code);
  return at == refusals.end() ? Refusal::bad_splices : static_cast<Refusal>(at - refusals.begin());
}

std::optional<RoomEvent> read_event(const std::string& type, Fields& in) {
  constexpr std::size_t any = Fields::no_limit;
  if (type == "opened") {
    Opened opened{in.text("root", any), in.session("session"), in.number("you"), in.number("epoch"),
                  in.number("version"), in.number("durable"),  std::nullopt,     {},
                  in.number("applied")};
    if (in.has("text")) {
      opened.text = in.text("text", any);
    } else {
      opened.delta = in.delta("splices", any);
    }
    return opened;
  }
  if (type == "text") return WholeText{in.number("epoch"), in.number("version"), in.text("text", any)};
  if (type == "delta") return Changed{in.number("version"), in.delta("splices", any)};
  if (type == "accepted") return Accepted{in.number("id"), in.number("version"), in.delta("splices", any)};
  if (type == "durable") return Durable{in.number("version")};
  if (type == "presence") return People{in.number("version"), in.people("people")};
  if (type == "refused") return Refused{in.number("id"), read_refusal(in)};
  if (type == "closed") return Closed{static_cast<CloseCode>(in.number("code")), in.text("reason", any)};
  return std::nullopt;
}

Error fault_of(const Fields& in) { return {ErrorCode::malformed, 0, in.fault()}; }

}  // namespace

const char* reason(Refusal code) { return refusal_reasons[static_cast<std::size_t>(code)]; }

Result<Request> decode_request(ByteView frame, const Limits& limits) {
  MsgpackLimits bounds;
  bounds.values = limits.thin_splices * 4 + 100;
  const Result<json> message = decode_msgpack(frame, bounds);
  if (!message) return message.error();
  Fields in(*message);
  const std::string type = in.text("t", limits.doc_name_bytes);
  const bool is_known = type == "open" || type == "edit" || type == "presence" || type == "close";
  const std::string doc = is_known ? in.text("doc", Fields::no_limit) : "";
  RequestKind what = read_request(type, in, limits);
  if (in.fault()) return fault_of(in);
  return Request{doc, std::move(what)};
}

Bytes encode(const Request& request) {
  return encode_msgpack(std::visit([&](const auto& what) { return write(request.doc, what); }, request.what));
}

Frame encode(const std::string& doc, const RoomEvent& event) {
  return make_frame(encode_msgpack(std::visit([&](const auto& what) { return write(doc, what); }, event)));
}

Frame encode_sse(const std::string& doc, const RoomEvent& event, std::string_view id) {
  json body = std::visit([&](const auto& what) { return write(doc, what); }, event);
  std::string text = "event: " + body["t"].get<std::string>() + '\n';
  body.erase("t");
  if (!id.empty()) text.append("id: ").append(id).append("\n");
  // Neither CR nor LF is left in it: JSON escapes both (hostile-inputs.md 96).
  text.append("data: ").append(body.dump()).append("\n\n");
  return make_frame({text.begin(), text.end()});
}

Result<std::pair<std::string, RoomEvent>> decode_event(ByteView frame) {
  MsgpackLimits bounds;
  bounds.values = ~std::size_t{0};
  const Result<json> decoded = decode_msgpack(frame, bounds);
  if (!decoded) return decoded.error();
  Fields in(*decoded);
  const std::string type = in.text("t", Fields::no_limit);
  std::string doc = in.text("doc", Fields::no_limit);
  std::optional<RoomEvent> event = read_event(type, in);
  if (in.fault()) return fault_of(in);
  if (!event) return Error{ErrorCode::unsupported, 0, "a message of a kind that is not known"};
  return std::pair{std::move(doc), std::move(*event)};
}

}  // namespace stet::net::thin
