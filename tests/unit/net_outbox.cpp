// What is written to a socket: whole frames, in order, however little the socket takes at a time.
#include "net/sockets/outbox.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <map>
#include <random>
#include <string>

#include "catch.hpp"
#include "seed.hpp"

using namespace stet;
using namespace stet::net;

namespace {

// Two ends of a connection; the reading one takes what it is told to.
struct Pair {
  explicit Pair(int send_buffer) {
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
  }
  ~Pair() {
    ::close(ends[0]);
    if (ends[1] >= 0) ::close(ends[1]);
  }
  std::string read(std::size_t most) const {
    std::string bytes(most, '\0');
    const ssize_t got = ::recv(ends[1], bytes.data(), most, MSG_DONTWAIT);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }
  int ends[2] = {-1, -1};
};

Frame frame_of(std::string_view text) {
  const ByteView bytes = as_bytes(text);
  return make_frame({bytes.begin(), bytes.end()});
}

std::string on_the_wire(const OutgoingFrame& frame) {
  return std::string(frame.header.begin(), frame.header.begin() + frame.header_bytes) +
         std::string(as_text(frame.body()));
}

Bytes scratch(WriteTurn::scratch_bytes);

}  // namespace

TEST_CASE("the header of a binary frame tells its length in the shortest way") {
  const auto header = [](std::size_t length) {
    const OutgoingFrame frame = binary_frame(frame_of(std::string(length, 'x')), 1);
    return Bytes(frame.header.begin(), frame.header.begin() + frame.header_bytes);
  };
  CHECK(header(0) == Bytes{0x82, 0});
  CHECK(header(125) == Bytes{0x82, 125});
  CHECK(header(126) == Bytes{0x82, 126, 0, 126});
  CHECK(header(65'535) == Bytes{0x82, 126, 0xff, 0xff});
  CHECK(header(65'536) == Bytes{0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0});
}

TEST_CASE("a frame is compressed once for all who take it so, and its member is told of the bytes that it was") {
  const Frame shared = frame_of(std::string(1'000, 'x'));
  const OutgoingFrame one = binary_frame(shared, 1, true);
  const OutgoingFrame other = binary_frame(shared, 2, true);
  const OutgoingFrame plain = binary_frame(shared, 3);
  CHECK(one.header[0] == 0xc2);
  CHECK(one.body().size() < 50);
  CHECK(one.body().data() == other.body().data());
  CHECK(plain.header[0] == 0x82);
  CHECK(plain.body().data() == shared->data());

  const Pair pair(1 << 20);
  Outbox outbox;
  outbox.push(one);
  std::size_t told = 0;
  CHECK(outbox.write(pair.ends[0], scratch.data(), [&](MemberId, std::size_t bytes) { told += bytes; }) ==
        Outbox::Outcome::all_written);
  CHECK(told == 1'000);
  CHECK(pair.read(100) == on_the_wire(one));
}

TEST_CASE("what compression does not make shorter goes as it is") {
  CHECK(make_frame({})->deflated() == nullptr);
  CHECK(binary_frame(frame_of("short"), 1, true).header[0] == 0x82);
  CHECK(binary_frame(frame_of("short"), 1, true).body().size() == 5);
}

TEST_CASE("many small frames go out with one write") {
  const Pair pair(1 << 20);
  Outbox outbox;
  std::string expected;
  for (int i = 0; i < 1'000; ++i) {
    outbox.push(binary_frame(frame_of("update " + std::to_string(i)), 7));
    expected += on_the_wire(binary_frame(frame_of("update " + std::to_string(i)), 7));
  }
  std::size_t calls = 0;
  std::size_t payload_bytes = 0;
  const auto written = [&](MemberId member, std::size_t bytes) {
    CHECK(member == 7);
    ++calls;
    payload_bytes += bytes;
  };
  CHECK(outbox.write(pair.ends[0], scratch.data(), written) == Outbox::Outcome::all_written);
  CHECK(calls == 1);
  CHECK(payload_bytes == expected.size() - 2 * 1'000);
  CHECK(pair.read(1 << 20) == expected);
}

TEST_CASE("frames of any size come whole and in order through a socket that takes little, and each member is told") {
  std::mt19937 random(stet::test::run_seed());
  for (int round = 0; round < 30; ++round) {
    const Pair pair(2'048 + static_cast<int>(random() % 20'000));
    Outbox outbox;
    std::string expected;
    std::string received;
    std::map<MemberId, std::size_t> sent;
    std::map<MemberId, std::size_t> told;
    for (int step = 0; step < 300; ++step) {
      for (auto frames = random() % 4; frames > 0; --frames) {
        const std::size_t length = random() % (random() % 20 == 0 ? 200'000 : 300);
        const MemberId member = random() % 3;
        const OutgoingFrame frame =
            binary_frame(frame_of(std::string(length, 'a' + static_cast<char>(random() % 26))), member);
        expected += on_the_wire(frame);
        sent[member] += length;
        outbox.push(frame);
      }
      const auto written = [&](MemberId member, std::size_t bytes) { told[member] += bytes; };
      REQUIRE(outbox.write(pair.ends[0], scratch.data(), written) != Outbox::Outcome::broken);
      received += pair.read(random() % 40'000);
    }
    while (!outbox.empty()) {
      outbox.write(pair.ends[0], scratch.data(), [&](MemberId member, std::size_t bytes) { told[member] += bytes; });
      received += pair.read(1 << 20);
    }
    for (std::string rest = pair.read(1 << 20); !rest.empty(); rest = pair.read(1 << 20)) received += rest;
    REQUIRE(received == expected);
    REQUIRE(told == sent);
  }
}

TEST_CASE("who is told of a write may push more, which goes out behind it") {
  const Pair pair(1 << 20);
  Outbox outbox;
  outbox.push(binary_frame(frame_of("first"), 1));
  int more = 3;
  const auto written = [&](MemberId, std::size_t) {
    if (more-- > 0) outbox.push(binary_frame(frame_of("more"), 1));
  };
  CHECK(outbox.write(pair.ends[0], scratch.data(), written) == Outbox::Outcome::all_written);
  CHECK(pair.read(100) ==
        "\x82\x05"
        "first"
        "\x82\x04"
        "more"
        "\x82\x04"
        "more"
        "\x82\x04"
        "more");
}

TEST_CASE("a frame of Beast's own takes its place, and nobody is told of it") {
  const Pair pair(1 << 20);
  Outbox outbox;
  outbox.push(binary_frame(frame_of("one"), 1));
  outbox.push({{}, 0, false, frame_of("\x8a\x01!"), 0});
  outbox.push(binary_frame(frame_of("two"), 1));
  std::size_t bytes = 0;
  CHECK(outbox.write(pair.ends[0], scratch.data(), [&](MemberId, std::size_t more) { bytes += more; }) ==
        Outbox::Outcome::all_written);
  CHECK(bytes == 6);
  CHECK(pair.read(100) ==
        "\x82\x03"
        "one"
        "\x8a\x01!"
        "\x82\x03"
        "two");
}

TEST_CASE("a peer that is gone is told as broken") {
  Pair pair(1 << 20);
  ::close(pair.ends[1]);
  pair.ends[1] = -1;
  Outbox outbox;
  outbox.push(binary_frame(frame_of("nobody there"), 1));
  CHECK(outbox.write(pair.ends[0], scratch.data(), [](MemberId, std::size_t) {}) == Outbox::Outcome::broken);
}
