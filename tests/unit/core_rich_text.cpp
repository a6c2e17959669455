// Formatted text: what edits make of it, as deltas and as structs. What is expected here is what stock Yjs does with
// the same edits (tests/interop/edits.test.mjs compares thousands of random ones).
#include "catch.hpp"
#include "core_notation.hpp"
#include "core_shown.hpp"

using namespace stet;
using namespace stet::test;

namespace {

const Attributes bold{{"bold", true}};
const Attributes not_bold{{"bold", Null{}}};

struct Written {
  Written()
      : doc([] {
          DocOptions options;
          options.client_id = 1;
          return options;
        }()),
        text(doc.text("t")) {}
  explicit Written(std::string_view plain) : Written() { text.insert(0, plain); }

  std::string delta() const {
    REQUIRE(doc.check() == "");
    return shown(text.to_delta());
  }
  std::string structs() const { return show(doc.encode_state()); }

  Doc doc;
  Text text;
};

DeltaOp insert(std::string_view text, Attributes attributes = {}) {
  DeltaOp op;
  op.text = text;
  op.attributes = std::move(attributes);
  return op;
}
DeltaOp embed(Value value) {
  DeltaOp op;
  op.values.push_back(std::move(value));
  return op;
}
DeltaOp retain(std::uint64_t length, Attributes attributes = {}) {
  DeltaOp op;
  op.kind = DeltaOp::Kind::retain;
  op.length = length;
  op.attributes = std::move(attributes);
  return op;
}
DeltaOp erase(std::uint64_t length) {
  DeltaOp op;
  op.kind = DeltaOp::Kind::erase;
  op.length = length;
  return op;
}

}  // namespace

TEST_CASE("rich text: inserting with attributes, without, and as the surroundings are") {
  Written w("ad");
  w.text.insert(1, "b", bold);
  CHECK(w.delta() == "'a' 'b'{bold:true} 'd'");
  CHECK(w.structs() ==
        "1:0 'a' @t; 1:1 'd' <1:0; 1:2 fmt(bold,true) <1:0 >1:1; 1:3 'b' <1:2 >1:1; 1:4 fmt(bold,null) <1:3 >1:1");
  w.text.insert(2, "c");
  CHECK(w.delta() == "'a' 'bc'{bold:true} 'd'");
  w.text.insert(2, "-", Attributes{});
  CHECK(w.delta() == "'a' 'b'{bold:true} '-' 'c'{bold:true} 'd'");
  w.text.insert(0, "+", {{"em", 1}, {"link", AnyObject{{"href", "x"}}}});
  CHECK(w.delta() == "'+'{em:1,link:{\"href\":\"x\"}} 'a' 'b'{bold:true} '-' 'c'{bold:true} 'd'");
}

TEST_CASE("rich text: formatting a range, twice, over others and away again") {
  Written w("abcdef");
  w.text.format(1, 4, bold);
  CHECK(w.delta() == "'a' 'bcde'{bold:true} 'f'");
  const std::string once = w.structs();
  w.text.format(1, 4, bold);
  CHECK(w.structs() == once);
  w.text.format(3, 3, {{"em", true}});
  CHECK(w.delta() == "'a' 'bc'{bold:true} 'de'{bold:true,em:true} 'f'{em:true}");
  w.text.format(2, 2, not_bold);
  CHECK(w.delta() == "'a' 'b'{bold:true} 'c' 'd'{em:true} 'e'{em:true,bold:true} 'f'{em:true}");
  w.text.format(0, 6, {{"bold", Null{}}, {"em", Null{}}});
  CHECK(w.delta() == "'abcdef'");
  w.text.format(2, 100, bold);
  CHECK(w.delta() == "'ab' 'cdef'{bold:true}");
  w.text.format(9, 5, {{"em", true}});
  w.text.format(0, 0, {{"em", true}});
  CHECK(w.delta() == "'ab' 'cdef'{bold:true}");
}

TEST_CASE("rich text: a value instead of another") {
  Written w("abc");
  w.text.format(0, 3, {{"color", "red"}});
  w.text.format(1, 1, {{"color", "blue"}});
  CHECK(w.delta() == R"('a'{color:"red"} 'b'{color:"blue"} 'c'{color:"red"})");
  w.text.format(0, 3, {{"color", "blue"}});
  CHECK(w.delta() == R"('abc'{color:"blue"})");
}

TEST_CASE("rich text: erasing what is formatted takes its formats along") {
  Written w("abc");
  w.text.format(1, 1, bold);
  w.text.erase(1, 1);
  CHECK(w.delta() == "'ac'");
  CHECK(w.structs() ==
        "1:0 'a' @t; 1:1 dead+1 <1:0; 1:2 'c' <1:1; 1:3 dead+1 <1:0 >1:1; 1:4 dead+1 <1:1 >1:2; del 1:1+1 1:3+2");
  w.text.erase(0, 2);
  CHECK(w.delta().empty());
  CHECK(w.text.length() == 0);
}

TEST_CASE("rich text: embeds and types") {
  Written w("ab");
  w.text.insert_embed(1, AnyObject{{"image", "x.png"}}, {{"width", 10}});
  Text inner(w.text.insert_type(3, TypeKind::text));
  inner.insert(0, "in");
  CHECK(w.delta() == R"('a' ({"image":"x.png"}){width:10} 'b' (text))");
  CHECK(w.text.to_string() == "ab");
  CHECK(w.text.length() == 4);
  CHECK(inner.parent() == w.text);
  w.text.erase(3, 1);
  CHECK_FALSE(inner.alive());
  inner.insert(0, "nowhere");
  CHECK(inner.to_string().empty());
  CHECK(w.delta() == R"('a' ({"image":"x.png"}){width:10} 'b')");
}

TEST_CASE("rich text: deltas are applied") {
  Written w;
  w.text.apply_delta({insert("ab"), insert("cd", bold), embed(AnyObject{{"image", 1}})});
  CHECK(w.delta() == R"('ab' 'cd'{bold:true} ({"image":1}))");
  w.text.apply_delta({retain(1), erase(2), insert("X"), retain(1, not_bold), insert("Y")});
  CHECK(w.delta() == R"('a' 'X' 'dY' ({"image":1}))");
  w.text.apply_delta({retain(6), insert("Z")});
  CHECK(w.delta() == "'a' 'X' 'dY' ({\"image\":1}) '\nZ'");
  w.text.apply_delta({erase(7)});
  CHECK(w.text.length() == 0);
  w.text.apply_delta({});
  CHECK(w.delta().empty());
}

TEST_CASE("rich text: retaining beyond the end with attributes adds newlines") {
  Written w("ab");
  w.text.apply_delta({retain(4, bold)});
  CHECK(w.delta() == "'ab\n\n'{bold:true}");
}

TEST_CASE("rich text: a delta that was read makes the same text") {
  Written w("plain text");
  w.text.format(2, 3, bold);
  w.text.format(4, 4, {{"em", true}, {"link", AnyObject{{"href", "y"}}}});
  w.text.insert_embed(5, AnyObject{{"n", 1}}, bold);
  Written copy;
  copy.text.apply_delta(w.text.to_delta());
  CHECK(copy.delta() == w.delta());
}

TEST_CASE("rich text: concurrent formats") {
  Written a("abc");
  DocOptions options;
  options.client_id = 2;
  Doc b(options);
  REQUIRE(b.apply_update(a.doc.encode_state()).ok());
  a.text.format(0, 2, bold);
  b.text("t").format(1, 2, {{"em", true}});
  b.text("t").insert(1, "x");
  REQUIRE(b.apply_update(a.doc.encode_state()).ok());
  REQUIRE(a.doc.apply_update(b.encode_state()).ok());
  CHECK(a.delta() == "'ax'{bold:true} 'b'{bold:true,em:true} 'c'{em:true}");
  CHECK(shown(b.text("t").to_delta()) == a.delta());
  CHECK(b.encode_state() == a.doc.encode_state());
}

TEST_CASE("rich text: attributes of the text as a whole") {
  Written w("ab");
  w.text.set_attribute("lang", "de");
  w.text.set_attribute("lang", "en");
  w.text.set_attribute("n", 1);
  w.text.remove_attribute("n");
  CHECK(w.text.attribute("lang") == Value("en"));
  CHECK_FALSE(w.text.attribute("n"));
  CHECK(shown(w.text.attributes()) == R"({lang:"en"})");
  CHECK(w.delta() == "'ab'");
}

TEST_CASE("rich text: XML texts show their formats as tags") {
  Written w;
  XmlText text(w.doc.xml_fragment("x").insert(0, TypeKind::xml_text));
  text.insert(0, "abc");
  text.format(1, 2, {{"b", AnyObject{}}});
  text.format(2, 1, {{"a", AnyObject{{"href", "y"}}}});
  CHECK(text.to_string() == R"(a<b>b</b><a href="y"><b>c</b></a>)");
  CHECK(w.doc.xml_fragment("x").to_string() == text.to_string());
}

TEST_CASE("58 formatting and erasing within a surrogate pair") {
  Written w("a\xf0\x9f\x98\x80z");
  w.text.format(2, 0, bold);
  w.text.erase(2, 0);
  CHECK(w.delta() == "'a\xf0\x9f\x98\x80z'");  // nothing to do: it stays whole
  w.text.format(2, 1, bold);
  CHECK(w.delta() == "'a\xef\xbf\xbd' '\xef\xbf\xbd'{bold:true} 'z'");
  w.text.erase(1, 1);
  CHECK(w.delta() == "'a' '\xef\xbf\xbd'{bold:true} 'z'");
}
