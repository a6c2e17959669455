#include "catch.hpp"
#include "net/doc_name.hpp"

using namespace stet::net;

TEST_CASE("46 a document name is 1 to 512 bytes of UTF-8 without control characters or dot segments") {
  const Limits limits;
  for (const char* good : {"a", "notes", "team/notes", "a//b", "/a", "...", "a.b/..c", "Prüfung 1", "日本"}) {
    INFO(good);
    CHECK(doc_name_fault(good, limits) == nullptr);
  }
  for (const char* bad : {"", ".", "..", "a/..", "../a", "a/../b", "a/./b", "\n", "a\x7f", "\xff", "\xc0\xaf"}) {
    INFO(bad);
    CHECK(doc_name_fault(bad, limits) != nullptr);
  }
  CHECK(doc_name_fault(std::string_view("a\0b", 3), limits) != nullptr);
  CHECK(doc_name_fault(std::string(512, 'x'), limits) == nullptr);
  CHECK(doc_name_fault(std::string(513, 'x'), limits) != nullptr);
}

TEST_CASE("names are percent-decoded once") {
  CHECK(percent_decode("a%2Fb") == "a/b");
  CHECK(percent_decode("%252e") == "%2e");
  CHECK(percent_decode("a+b") == "a+b");
  CHECK(percent_decode("a+b", true) == "a b");
  CHECK(percent_decode("%00") == std::string(1, '\0'));
  for (const char* bad : {"%", "%2", "%zz", "a%2"}) CHECK_FALSE(percent_decode(bad).has_value());
}

TEST_CASE("values of a query") {
  CHECK(query_value("user=Ada+L%C3%B6w&x=1", "user") == "Ada Löw");
  CHECK(query_value("x=1&user", "user") == "");
  CHECK_FALSE(query_value("users=1", "user").has_value());
  CHECK_FALSE(query_value("", "user").has_value());
}

TEST_CASE("an author that could forge a line of the log is left out") {
  const Limits limits;
  CHECK(clean_author("Ada", limits) == "Ada");
  CHECK(clean_author("Ada\nroot", limits).empty());
  CHECK(clean_author("\xff", limits).empty());
  CHECK(clean_author(std::string(257, 'a'), limits).empty());
}
