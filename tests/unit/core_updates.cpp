#include "catch.hpp"
#include "core_notation.hpp"
#include "stet/update.hpp"

using namespace stet;
using test::show;
using test::update;

TEST_CASE("updates merge without a document, holes become Skip structs") {
  const Bytes parts[] = {update("1:0 'ab' @t"), update("1:5 'f' <1:4; del 1:0+1")};
  const ByteView views[] = {parts[0], parts[1]};
  const Bytes merged = *merge_updates(views);
  CHECK(*parse_update_meta(merged) == std::vector<UpdateSpan>{{1, 0, 6}});
  CHECK(*state_vector_from_update(merged) == Bytes{1, 1, 2});
  CHECK(inspect_update(merged)->skip == 1);
  CHECK(*diff_update(merged, Bytes{1, 1, 2}) == parts[1]);
}

TEST_CASE("one update alone comes back as it is, if it is one") {
  const Bytes whole = update("1:0 'ab' @t");
  const ByteView views[] = {whole};
  CHECK(*merge_updates(views) == whole);
  const ByteView cut[] = {ByteView(whole).first(whole.size() - 1)};
  const auto refused = merge_updates(cut);
  REQUIRE(!refused);
  CHECK(refused.error().offset > 0);
}

TEST_CASE("ten thousand updates merge at once") {
  std::vector<Bytes> parts;
  for (int i = 0; i < 10'000; ++i) {
    parts.push_back(update("1:" + std::to_string(i) + " 'a' <1:" + std::to_string(i > 0 ? i - 1 : 0)));
  }
  parts[0] = update("1:0 'a' @t");
  const std::vector<ByteView> views(parts.rbegin(), parts.rend());
  CHECK(*parse_update_meta(*merge_updates(views)) == std::vector<UpdateSpan>{{1, 0, 10'000}});
}

TEST_CASE("there and back between the encodings") {
  const Bytes v1 = update("2:3 gc+2; 1:0 'ab' @t; 1:2 map <1:1; del 1:0+1 1:2+1");
  const Bytes v2 = *convert_update(v1, Encoding::v1, Encoding::v2);
  CHECK(*convert_update(v2, Encoding::v2, Encoding::v1) == v1);
  CHECK(!convert_update(v1, Encoding::v2, Encoding::v1));
}
