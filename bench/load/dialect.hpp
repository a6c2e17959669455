// How the servers are spoken to: y-websocket's protocol, Hocuspocus' frames around the same messages, and the relay's,
// which is y-websocket's without masks and without a server that answers.
#pragma once

#include <string>

#include "stet/bytes.hpp"

namespace stet::bench {

enum class Dialect : std::uint8_t { y_websocket, hocuspocus, relay };

struct ServerMessage {
  enum class Kind : std::uint8_t { step1, step2, update, awareness, saved, other };
  Kind kind = Kind::other;
  ByteView payload;
};

class Protocol {
 public:
  Protocol(Dialect dialect, std::string doc) : dialect_(dialect), doc_(std::move(doc)) {}

  Dialect dialect() const { return dialect_; }
  // What comes behind the base of the URL.
  std::string path() const { return dialect_ == Dialect::hocuspocus ? "" : doc_; }

  // Frames, ready to be written. `hello` asks for the document, `answer` is the (empty) one to the server's step 1.
  Bytes hello() const;
  Bytes answer() const;
  Bytes update(ByteView update) const;
  Bytes awareness(ByteView payload) const;

  // A message of the server. Dies of one that is a refusal.
  ServerMessage decode(ByteView message) const;

 private:
  Bytes frame(std::initializer_list<std::uint8_t> head, ByteView payload) const;

  Dialect dialect_;
  std::string doc_;
};

}  // namespace stet::bench
