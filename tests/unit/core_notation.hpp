// A notation for updates, in which a test case is one line, and replicas that are driven with it.
//
//   1:0 'abc' @text          client 1, clock 0: a string in the list of the root "text"
//   2:0 'x' <1:1 >1:2        between its origin 1:1 and its right origin 1:2
//   1:3 map @text.k          under the key k of the root's map
//   1:4 any(1,[2]) @1:3      in the type that the item 1:3 holds; `@1:3.k` under a key of it
//   contents                 'string' any(…) json(…) bin(bytes) embed(JSON) fmt(key,JSON) doc(guid)
//   types                    array map text frag xtext elem(name) hook(name)
//   of a length              gc+4 dead+4 skip+4
//   del 1:0+2 2:3+1          ranges of the delete set
//
// Statements are separated by "; ". Those of one client that follow one another make one section of the update, whose
// clocks must follow one another too.
#pragma once

#include <string>
#include <string_view>

#include "core/src/doc_impl.hpp"
#include "stet/types.hpp"

namespace stet::test {

// The update that the notation describes.
Bytes update(std::string_view notation, Encoding encoding = Encoding::v1);

// The notation of an update, or the name of its error.
std::string show(ByteView update, Encoding encoding = Encoding::v1);

// E.g. "too_large".
std::string name(ErrorCode code);

// The visible content of a root: 'text' joined, values as JSON, types in (), a map's keys in {}. E.g. "'ab' 1 ({k:2})".
std::string tree(const Doc& doc, std::string_view root);

// A document under observation: after each update it must check itself, encode to what loads again into the same, and
// be left alone by an update that it refuses. Beside it two others must come to the same state: one that gets every
// update in v2, and one that gets only what the first one gives to relay.
class Replica {
 public:
  explicit Replica(std::uint64_t client = 0, bool gc = true);

  Doc doc;

  // What became of the update: "exact"; "changed: UPDATE" with what is to be relayed instead; "nothing new"; the name
  // of an error. Behind it " +pending" where something waits.
  std::string apply(std::string_view notation) { return apply(update(notation)); }
  std::string apply(const Bytes& update);
  // The same, expecting that it is not refused. For a chain of updates.
  Replica& with(std::string_view notation);

  std::string state() const { return show(doc.encode_state()); }
  std::string text(std::string_view root) { return doc.text(root).to_string(); }
  std::string tree(std::string_view root) const { return test::tree(doc, root); }

 private:
  bool gc_;
  Doc twin_;
  Doc follower_;
};

// Requires that it checks itself, and that its encoded state loads again into the same, in both encodings. (Or into one
// that is further, where parts wait.)
void verify(const Doc& doc, bool gc = true);

}  // namespace stet::test
