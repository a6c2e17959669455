// The C interface. What the core does is tested elsewhere; here, that each function reaches it, and what it refuses.
#include <cstring>

#include "catch.hpp"
#include "stet.h"

namespace {

constexpr stet_view none{nullptr, 0};

// Frees what a function has given, and shows it as text.
struct Out {
  stet_buffer buffer{};
  Out() = default;
  Out(const Out&) = delete;
  ~Out() { stet_buffer_free(&buffer); }
  operator stet_buffer*() { return &buffer; }
  stet_view view() const { return stet_view_of(buffer); }
  std::string text() const { return {buffer.data, buffer.length}; }
};

struct Document {
  stet_doc* doc = nullptr;
  explicit Document(std::uint64_t client = 1, bool gc = true) { REQUIRE(stet_doc_new(client, gc, &doc) == STET_OK); }
  explicit Document(stet_doc* made) : doc(made) {}
  Document(const Document&) = delete;
  ~Document() { stet_doc_free(doc); }
  operator stet_doc*() const { return doc; }

  stet_type root(const char* name, stet_kind kind = STET_TEXT) const {
    stet_type type;
    REQUIRE(stet_doc_root(doc, stet_str(name), kind, &type) == STET_OK);
    return type;
  }
  std::string state(stet_encoding encoding = STET_V1) const {
    Out update;
    REQUIRE(stet_doc_encode_state(doc, encoding, update) == STET_OK);
    return update.text();
  }
};

stet_view view(const std::string& bytes) { return {bytes.data(), bytes.size()}; }

void put_text(stet_type type, const char* text) { REQUIRE(stet_text_insert(type, 0, stet_str(text), none) == STET_OK); }

// What a function that writes a buffer gives.
template <class Function, class... Arguments>
std::string got(Function function, Arguments... arguments) {
  Out out;
  REQUIRE(function(arguments..., out) == STET_OK);
  REQUIRE(out.buffer.data[out.buffer.length] == '\0');
  return out.text();
}

std::string shown(const stet_value& value) {
  constexpr const char* kinds[] = {"nothing", "json ", "bytes ", "type", "doc "};
  std::string text = kinds[value.kind];
  if (value.data.data) text.append(value.data.data, value.data.length);
  stet_buffer data = value.data;
  stet_buffer_free(&data);
  return text;
}

std::string at(stet_type array, std::uint64_t index) {
  stet_value value;
  REQUIRE(stet_array_get(array, index, &value) == STET_OK);
  return shown(value);
}

std::string under(stet_type map, const char* key) {
  stet_value value;
  REQUIRE(stet_map_get(map, stet_str(key), &value) == STET_OK);
  return shown(value);
}

struct Subscribed {
  stet_subscription* subscription = nullptr;
  operator stet_subscription**() { return &subscription; }
  ~Subscribed() { stet_subscription_free(subscription); }
};

}  // namespace

TEST_CASE("C: documents exchange updates in both encodings") {
  for (const stet_encoding encoding : {STET_V1, STET_V2}) {
    Document a(1), b(2);
    CHECK(stet_doc_client_id(b) == 2);
    put_text(a.root("t"), "one");
    put_text(b.root("t"), "two");
    Out state_vector, update, relay;
    REQUIRE(stet_doc_encode_state_vector(b, state_vector) == STET_OK);
    REQUIRE(stet_doc_encode_diff(a, state_vector.view(), encoding, update) == STET_OK);
    stet_applied applied;
    REQUIRE(stet_doc_apply_update(b, update.view(), encoding, none, &applied, relay) == STET_OK);
    CHECK((applied.changed && applied.exact && !applied.pending && relay.buffer.length == 0));
    REQUIRE(stet_doc_apply_update(a, view(b.state(encoding)), encoding, none, nullptr, nullptr) == STET_OK);
    CHECK(a.state() == b.state());
    CHECK(stet_doc_stats(a).clients == 2);
    CHECK_FALSE(stet_doc_has_pending(a));
  }
}

TEST_CASE("C: what is to be relayed where the bytes given are not exact") {
  Document a(1), b(2), c(3);
  put_text(a.root("t"), "x");
  const std::string first = a.state();
  put_text(a.root("t"), "y");
  REQUIRE(stet_doc_apply_update(b, view(first), STET_V1, none, nullptr, nullptr) == STET_OK);
  REQUIRE(stet_doc_apply_update(c, view(first), STET_V1, none, nullptr, nullptr) == STET_OK);
  stet_applied applied;
  Out relay;
  REQUIRE(stet_doc_apply_update(b, view(a.state()), STET_V1, none, &applied, relay) == STET_OK);
  CHECK((applied.changed && !applied.exact));
  REQUIRE(stet_doc_apply_update(c, relay.view(), STET_V1, none, nullptr, nullptr) == STET_OK);
  CHECK(c.state() == a.state());
}

TEST_CASE("C: errors have a status and a message, and change nothing") {
  Document a;
  const stet_type text = a.root("t");
  put_text(text, "abc");
  const std::string before = a.state();
  stet_buffer untouched{nullptr, 7};
  CHECK(stet_doc_apply_update(a, view("\x01"), STET_V1, none, nullptr, &untouched) == STET_TRUNCATED);
  CHECK(std::string(stet_last_error()).find("at byte 1") != std::string::npos);
  CHECK(untouched.length == 7);
  CHECK(stet_doc_encode_diff(a, view("\x02\x01"), STET_V1, &untouched) == STET_TRUNCATED);
  CHECK(stet_text_insert(text, 0, view("\xff"), none) == STET_INVALID_ARGUMENT);
  CHECK(std::strcmp(stet_last_error(), "text that is not UTF-8") == 0);
  CHECK(stet_text_insert(text, 0, stet_str("x"), stet_str("[1]")) == STET_INVALID_ARGUMENT);
  CHECK(stet_text_insert(text, 0, stet_str("x"), stet_str("{")) == STET_MALFORMED);
  CHECK(stet_text_apply_delta(text, stet_str("[{\"retain\": -1}]")) == STET_MALFORMED);
  CHECK(stet_text_apply_delta(text, stet_str("[{\"insert\": \"a\", \"delete\": 1}]")) == STET_MALFORMED);
  CHECK(stet_text_apply_delta(text, stet_str("[{}]")) == STET_MALFORMED);
  CHECK(stet_text_apply_delta(text, stet_str("{}")) == STET_MALFORMED);
  CHECK(stet_array_insert(text, 0, stet_str("1")) == STET_INVALID_ARGUMENT);
  CHECK(stet_array_insert_type(text, 0, STET_ROOT, none, nullptr) == STET_INVALID_ARGUMENT);
  CHECK(stet_map_set(text, view("\xc3"), stet_str("1")) == STET_INVALID_ARGUMENT);
  CHECK(stet_doc_encode_state(a, static_cast<stet_encoding>(2), &untouched) == STET_INVALID_ARGUMENT);
  stet_doc* made = nullptr;
  CHECK(stet_doc_new(std::uint64_t{1} << 53, true, &made) == STET_INVALID_ARGUMENT);
  CHECK(made == nullptr);
  CHECK(a.state() == before);
}

TEST_CASE("C: work on conflicts can be limited") {
  // Each of many clients inserts at the same place: the second document has to pass all of the first.
  const auto conflicts = [](std::uint64_t first) {
    std::vector<std::string> states;
    std::vector<stet_view> views;
    for (std::uint64_t client = first; client < first + 40; ++client) {
      const Document one(client);
      put_text(one.root("t"), "x");
      states.push_back(one.state());
    }
    for (const std::string& state : states) views.push_back(view(state));
    Out merged;
    REQUIRE(stet_updates_merge(views.data(), views.size(), STET_V1, merged) == STET_OK);
    return merged.text();
  };
  Document a(1);
  REQUIRE(stet_doc_apply_update(a, view(conflicts(1000)), STET_V1, none, nullptr, nullptr) == STET_OK);
  const std::string before = a.state();
  const std::string more = conflicts(100);
  stet_doc_limit_work(a, 1);
  CHECK(stet_doc_apply_update(a, view(more), STET_V1, none, nullptr, nullptr) == STET_TOO_LARGE);
  CHECK(a.state() == before);
  stet_doc_limit_work(a, 1'000'000);
  CHECK(stet_doc_apply_update(a, view(more), STET_V1, none, nullptr, nullptr) == STET_OK);
}

TEST_CASE("C: a transaction is one update with its origin") {
  struct Seen {
    stet_doc* doc;
    int updates = 0;
    std::string origin = {};
    stet_status within = STET_OK;
  };
  Document a;
  Seen seen{a};
  Subscribed subscribed;
  const auto count = [](void* context, stet_view, const stet_transaction* transaction) {
    auto& here = *static_cast<Seen*>(context);
    ++here.updates;
    here.origin.assign(static_cast<const char*>(transaction->origin.data), transaction->origin.length);
    CHECK(transaction->local);
  };
  REQUIRE(stet_doc_on_update(a, STET_V1, count, &seen, subscribed) == STET_OK);
  const auto edit = [](void* context) {
    auto& here = *static_cast<Seen*>(context);
    stet_type text;
    REQUIRE(stet_doc_root(here.doc, stet_str("t"), STET_TEXT, &text) == STET_OK);
    put_text(text, "a");
    put_text(text, "b");
    here.within = stet_doc_apply_update(here.doc, view(std::string(2, '\0')), STET_V1, none, nullptr, nullptr);
  };
  REQUIRE(stet_doc_transact(a, edit, &seen, stet_str("me")) == STET_OK);
  CHECK((seen.updates == 1 && seen.origin == "me"));
  CHECK(seen.within == STET_INVALID_ARGUMENT);
  CHECK(stet_doc_apply_update(a, view(std::string(2, '\0')), STET_V1, none, nullptr, nullptr) == STET_OK);
}

TEST_CASE("C: arrays and maps hold every kind of value") {
  Document a;
  const stet_type array = a.root("a", STET_ARRAY);
  const stet_type map = a.root("m", STET_MAP);
  stet_type text, inner;
  REQUIRE(stet_array_insert(array, 0, stet_str("[1, \"two\", {\"three\": [null, true]}]")) == STET_OK);
  REQUIRE(stet_array_insert_bytes(array, 3, view(std::string("\0\xff", 2))) == STET_OK);
  REQUIRE(stet_array_insert_type(array, 4, STET_TEXT, none, &text) == STET_OK);
  REQUIRE(stet_array_insert_doc(array, 5, stet_str("guid"), stet_str("{\"meta\":1}")) == STET_OK);
  put_text(text, "nested");
  CHECK(stet_array_length(array) == 6);
  CHECK(at(array, 1) == "json \"two\"");
  CHECK(at(array, 3) == std::string("bytes \0\xff", 8));
  CHECK(at(array, 4) == "type");
  CHECK(at(array, 5) == "doc {\"guid\":\"guid\",\"options\":{\"meta\":1}}");
  CHECK(at(array, 6) == "nothing");
  REQUIRE(stet_array_erase(array, 3, 1) == STET_OK);
  CHECK(got(stet_type_to_json, array) == "[1,\"two\",{\"three\":[null,true]},\"nested\",{}]");

  REQUIRE(stet_map_set(map, stet_str("k"), stet_str("1.5")) == STET_OK);
  REQUIRE(stet_map_set_bytes(map, stet_str("b"), stet_str("raw")) == STET_OK);
  REQUIRE(stet_map_set_type(map, stet_str("t"), STET_MAP, none, &inner) == STET_OK);
  REQUIRE(stet_map_set_doc(map, stet_str("d"), stet_str("g"), none) == STET_OK);
  CHECK(stet_map_size(map) == 4);
  CHECK((under(map, "k") == "json 1.5" && under(map, "b") == "bytes raw" && under(map, "t") == "type"));
  CHECK((under(map, "d") == "doc {\"guid\":\"g\",\"options\":{}}" && under(map, "x") == "nothing"));
  CHECK(got(stet_map_keys, inner) == "[]");

  stet_type parent;
  CHECK((stet_type_parent(inner, &parent) && stet_type_equal(parent, map) && !stet_type_parent(map, &parent)));
  CHECK((stet_type_kind(inner) == STET_MAP && stet_type_kind(map) == STET_MAP));
  CHECK(got(stet_doc_to_json, static_cast<const stet_doc*>(a)).find("\"a\":[1,\"two\"") != std::string::npos);
  CHECK(stet_doc_root(a, stet_str("y"), STET_XML_HOOK, &parent) == STET_INVALID_ARGUMENT);
  REQUIRE(stet_map_erase(map, stet_str("t")) == STET_OK);
  CHECK((!stet_type_alive(inner) && stet_type_alive(text)));
  REQUIRE(stet_map_clear(map) == STET_OK);
  CHECK((stet_map_size(map) == 0 && got(stet_type_name, map) == "m"));
}

TEST_CASE("C: texts with attributes, embeds and types") {
  Document a;
  const stet_type text = a.root("t");
  put_text(text, "plain");
  REQUIRE(stet_text_insert(text, 5, stet_str("bold"), stet_str("{\"b\":true}")) == STET_OK);
  REQUIRE(stet_text_insert(text, 9, stet_str("er"), none) == STET_OK);
  REQUIRE(stet_text_insert_embed(text, 0, stet_str("{\"image\":\"x\"}"), none) == STET_OK);
  REQUIRE(stet_text_insert_type(text, 1, STET_MAP, stet_str("{\"i\":1}"), nullptr) == STET_OK);
  REQUIRE(stet_text_format(text, 2, 2, stet_str("{\"b\":true}")) == STET_OK);
  REQUIRE(stet_text_erase(text, 4, 2) == STET_OK);
  CHECK(got(stet_text_to_delta, text) ==
        "[{\"insert\":{\"image\":\"x\"}},{\"insert\":{},\"attributes\":{\"i\":1}},"
        "{\"insert\":\"pl\",\"attributes\":{\"b\":true}},{\"insert\":\"n\"},"
        "{\"insert\":\"bolder\",\"attributes\":{\"b\":true}}]");
  CHECK((at(text, 0) == "json {\"image\":\"x\"}" && at(text, 1) == "type"));
  REQUIRE(stet_text_apply_delta(text, stet_str("[{\"delete\":2},{\"retain\":2,\"attributes\":{\"b\":null}},"
                                               "{\"insert\":\"ai\"},{\"insert\":{\"e\":1}}]")) == STET_OK);
  CHECK(got(stet_text_to_delta, text) ==
        "[{\"insert\":\"plai\"},{\"insert\":{\"e\":1}},{\"insert\":\"n\"},"
        "{\"insert\":\"bolder\",\"attributes\":{\"b\":true}}]");
  CHECK((got(stet_text_to_string, text) == "plainbolder" && stet_text_length(text) == 12));
  REQUIRE(stet_map_set(text, stet_str("lang"), stet_str("\"en\"")) == STET_OK);
  CHECK(under(text, "lang") == "json \"en\"");
}

TEST_CASE("C: XML is arrays of children with maps of attributes") {
  Document a;
  const stet_type fragment = a.root("x", STET_XML_FRAGMENT);
  stet_type element, text;
  REQUIRE(stet_array_insert_type(fragment, 0, STET_XML_ELEMENT, stet_str("p"), &element) == STET_OK);
  REQUIRE(stet_map_set(element, stet_str("class"), stet_str("\"c\"")) == STET_OK);
  REQUIRE(stet_array_insert_type(element, 0, STET_XML_TEXT, none, &text) == STET_OK);
  REQUIRE(stet_text_insert(text, 0, stet_str("hi"), stet_str("{\"em\":{}}")) == STET_OK);
  CHECK(got(stet_xml_to_string, fragment) == "<p class=\"c\"><em>hi</em></p>");
  CHECK((got(stet_xml_to_string, text) == "<em>hi</em>" && got(stet_type_name, element) == "p"));
}

TEST_CASE("C: observers get path, delta and keys") {
  const auto note = [](void* context, const stet_event* const* events, size_t count) {
    auto& log = *static_cast<std::string*>(context);
    for (size_t i = 0; i < count; ++i) {
      log += got(stet_event_path, events[i]) + got(stet_event_delta, events[i]) + got(stet_event_keys, events[i]);
      if (stet_event_transaction(events[i]).local) log += "local";
      if (stet_type_kind(stet_event_target(events[i])) == STET_TEXT) log += " text";
      log += ';';
    }
  };
  Document a;
  const stet_type map = a.root("m", STET_MAP);
  const stet_type array = a.root("a", STET_ARRAY);
  std::string deep, shallow;
  Subscribed first, second;
  REQUIRE(stet_type_observe_deep(map, note, &deep, first) == STET_OK);
  REQUIRE(stet_type_observe(array, note, &shallow, second) == STET_OK);
  stet_type text;
  REQUIRE(stet_map_set_type(map, stet_str("t"), STET_TEXT, none, &text) == STET_OK);
  put_text(text, "abc");
  REQUIRE(stet_text_erase(text, 1, 1) == STET_OK);
  REQUIRE(stet_map_set(map, stet_str("t"), stet_str("1")) == STET_OK);
  REQUIRE(stet_map_set(map, stet_str("t"), stet_str("2")) == STET_OK);
  CHECK(deep ==
        "[][]{\"t\":{\"action\":\"add\"}}local;"
        "[\"t\"][{\"insert\":\"abc\"}]{}local text;"
        "[\"t\"][{\"retain\":1},{\"delete\":1}]{}local text;"
        "[][]{\"t\":{\"action\":\"update\"}}local;"
        "[][]{\"t\":{\"action\":\"update\",\"oldValue\":1}}local;");
  REQUIRE(stet_array_insert(array, 0, stet_str("[1]")) == STET_OK);
  stet_subscription_free(second.subscription);
  second.subscription = nullptr;
  REQUIRE(stet_array_insert(array, 0, stet_str("[2]")) == STET_OK);
  CHECK(shallow == "[][{\"insert\":[1]}]{}local;");
}

TEST_CASE("C: undo and redo with their options and notes") {
  struct Context {
    std::int64_t now_ms = 0;
    bool may_delete = true;
    std::string log;
  } context;
  Document a;
  const stet_type text = a.root("t");
  const stet_view origins[] = {none, stet_str("mine")};
  stet_undo_options options{};
  options.context = &context;
  options.capture_timeout_ms = 500;
  options.clock_ms = [](void* here) { return static_cast<Context*>(here)->now_ms; };
  options.tracked_origins = origins;
  options.tracked_origin_count = 2;
  options.capture = [](void*, const stet_transaction* transaction) { return transaction->local; };
  options.may_delete = [](void* here, stet_type, const stet_view* key, const stet_type* type) {
    CHECK((key == nullptr && type == nullptr));
    return static_cast<Context*>(here)->may_delete;
  };
  stet_undo* undo = nullptr;
  REQUIRE(stet_undo_new(a, nullptr, 0, &options, &undo) == STET_OK);
  REQUIRE(stet_undo_add_to_scope(undo, text) == STET_OK);
  CHECK(stet_undo_origin(undo).length > 0);
  Subscribed added, popped;
  const auto on_added = [](void* here, stet_undo_event* event) {
    // Undo and redo add steps too, with an origin of their own.
    if (!stet_undo_event_on_undo_stack(event) || stet_undo_event_origin(event).length > 0) return;
    static_cast<Context*>(here)->log += "added ";
    REQUIRE(stet_undo_event_set_note(event, stet_str("at"), stet_str("here")) == STET_OK);
  };
  const auto on_popped = [](void* here, stet_undo_event* event) {
    static_cast<Context*>(here)->log += "popped " + got(stet_undo_event_note, event, stet_str("at")) + ' ';
    CHECK(got(stet_undo_event_note, event, stet_str("no")).empty());
  };
  REQUIRE(stet_undo_on(undo, STET_UNDO_ADDED, on_added, &context, added) == STET_OK);
  REQUIRE(stet_undo_on(undo, STET_UNDO_POPPED, on_popped, &context, popped) == STET_OK);
  CHECK(stet_undo_on(undo, static_cast<stet_undo_change>(3), on_popped, nullptr, popped) == STET_INVALID_ARGUMENT);

  put_text(text, "a");
  context.now_ms = 499;
  put_text(text, "b");
  stet_undo_stop_capturing(undo);
  put_text(text, "c");
  bool done = false;
  REQUIRE(stet_undo_undo(undo, &done) == STET_OK);
  CHECK((done && got(stet_text_to_string, text) == "ba"));
  REQUIRE(stet_undo_undo(undo, nullptr) == STET_OK);
  CHECK((got(stet_text_to_string, text).empty() && !stet_undo_can_undo(undo) && stet_undo_can_redo(undo)));
  CHECK(context.log == "added added popped here popped here ");
  REQUIRE(stet_undo_redo(undo, &done) == STET_OK);
  CHECK((done && got(stet_text_to_string, text) == "ba"));
  context.may_delete = false;
  REQUIRE(stet_undo_undo(undo, &done) == STET_OK);
  CHECK(got(stet_text_to_string, text) == "ba");
  REQUIRE(stet_undo_clear(undo, true, true) == STET_OK);
  CHECK((!stet_undo_can_undo(undo) && !stet_undo_can_redo(undo)));
  stet_undo_free(undo);
}

TEST_CASE("C: relative positions stay with their text") {
  Document a;
  const stet_type text = a.root("t");
  put_text(text, "abc");
  Out position, again;
  REQUIRE(stet_relative_position(text, 1, 0, position) == STET_OK);
  const std::string json = got(stet_relative_position_to_json, position.view());
  CHECK(json == "{\"item\":{\"client\":1,\"clock\":1},\"assoc\":0}");
  REQUIRE(stet_relative_position_from_json(view(json), again) == STET_OK);
  put_text(text, "xy");
  bool found = false;
  stet_absolute_position absolute;
  REQUIRE(stet_position_resolve(a, again.view(), true, &found, &absolute) == STET_OK);
  CHECK((found && absolute.index == 3 && stet_type_equal(absolute.type, text)));
  Document other(2);
  REQUIRE(stet_position_resolve(other, position.view(), true, &found, &absolute) == STET_OK);
  CHECK_FALSE(found);
  CHECK(stet_relative_position_from_json(stet_str("[]"), again) == STET_MALFORMED);
  CHECK(stet_position_resolve(a, view("\x07"), true, &found, &absolute) == STET_UNSUPPORTED);
}

TEST_CASE("C: snapshots restore a document as it was") {
  Document a(1, false);
  put_text(a.root("t"), "then");
  const std::string state = a.state();
  Out snapshot;
  REQUIRE(stet_snapshot_take(a, STET_V2, snapshot) == STET_OK);
  REQUIRE(stet_text_erase(a.root("t"), 0, 4) == STET_OK);
  stet_doc* restored = nullptr;
  REQUIRE(stet_snapshot_restore(a, snapshot.view(), STET_V2, 9, true, &restored) == STET_OK);
  const Document then(restored);
  CHECK(got(stet_text_to_string, then.root("t")) == "then");
  bool contains = false;
  REQUIRE(stet_snapshot_contains_update(snapshot.view(), STET_V2, view(state), STET_V1, &contains) == STET_OK);
  CHECK(contains);
  Document collecting(2);
  stet_doc* none_made = nullptr;
  CHECK(stet_snapshot_restore(collecting, snapshot.view(), STET_V2, 9, true, &none_made) == STET_UNSUPPORTED);
  CHECK(none_made == nullptr);
}

TEST_CASE("C: updates without a document") {
  Document a(1), b(2);
  put_text(a.root("t"), "one");
  put_text(b.root("t"), "two");
  const std::string states[] = {a.state(), b.state()};
  const stet_view views[] = {view(states[0]), view(states[1])};
  Out merged, v2, v1, vector, diff;
  REQUIRE(stet_updates_merge(views, 2, STET_V1, merged) == STET_OK);
  REQUIRE(stet_doc_apply_update(a, merged.view(), STET_V1, none, nullptr, nullptr) == STET_OK);
  CHECK(merged.text() == a.state());
  REQUIRE(stet_update_convert(merged.view(), STET_V1, STET_V2, v2) == STET_OK);
  CHECK(v2.text() == a.state(STET_V2));
  REQUIRE(stet_update_convert(v2.view(), STET_V2, STET_V1, v1) == STET_OK);
  CHECK(v1.text() == merged.text());
  REQUIRE(stet_update_state_vector(views[1], STET_V1, vector) == STET_OK);
  REQUIRE(stet_update_diff(merged.view(), vector.view(), STET_V1, diff) == STET_OK);
  CHECK(diff.text() == states[0]);
  CHECK(got(stet_update_inspect, views[0], STET_V1) ==
        "{\"clients\":[{\"id\":1,\"structs\":1,\"first_clock\":0,\"end_clock\":3}],\"structs\":1,\"gc\":0,\"skip\":0,"
        "\"delete_ranges\":0,\"deleted\":0,\"roots\":[\"t\"]}");
  CHECK(stet_update_inspect(view("\xff"), STET_V1, v1) == STET_TRUNCATED);
}

TEST_CASE("C: awareness tells who is here") {
  stet_awareness* here = nullptr;
  stet_awareness* there = nullptr;
  REQUIRE((stet_awareness_new(&here) == STET_OK && stet_awareness_new(&there) == STET_OK));
  Out message, news, again, all, gone, left;
  REQUIRE(stet_awareness_set(here, 7, stet_str("{\"name\":\"A\"}"), 1000, message) == STET_OK);
  REQUIRE(stet_awareness_apply(there, message.view(), 1000, news) == STET_OK);
  CHECK(news.text() == message.text());
  REQUIRE(stet_awareness_apply(there, message.view(), 1000, again) == STET_OK);
  CHECK(again.buffer.length == 0);
  CHECK(got(stet_awareness_states, there) == "{\"7\":{\"name\":\"A\"}}");
  REQUIRE(stet_awareness_encode(there, all) == STET_OK);
  CHECK(all.text() == message.text());
  REQUIRE(stet_awareness_expire(there, 31'000, gone) == STET_OK);
  CHECK(gone.buffer.length > 0);
  REQUIRE(stet_awareness_set(here, 7, stet_str("null"), 1001, left) == STET_OK);
  CHECK((got(stet_awareness_states, here) == "{}" && got(stet_awareness_states, there) == "{}"));
  CHECK(stet_awareness_set(here, 7, stet_str("{"), 1, left) == STET_INVALID_ARGUMENT);
  stet_awareness_free(here);
  stet_awareness_free(there);
}

TEST_CASE("C: what is freed may be nothing") {
  stet_doc_free(nullptr);
  stet_undo_free(nullptr);
  stet_awareness_free(nullptr);
  stet_subscription_free(nullptr);
  CHECK(std::string(stet_version()).find('.') != std::string::npos);
}
