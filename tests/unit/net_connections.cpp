#include "catch.hpp"
#include "net/sockets/connections.hpp"

using namespace stet::net;

TEST_CASE("17 connections are counted, in all and by address, loopback only in all") {
  Limits limits;
  limits.connections = 4;
  limits.connections_per_address = 2;
  Connections connections(limits);
  auto first = connections.open("192.0.2.1", false);
  const auto second = connections.open("192.0.2.1", false);
  REQUIRE((first && second));
  CHECK_FALSE(connections.open("192.0.2.1", false));
  first.reset();
  first = connections.open("192.0.2.1", false);
  CHECK(first);
  const auto third = connections.open("127.0.0.1", true);
  const auto fourth = connections.open("127.0.0.1", true);
  CHECK((third && fourth));
  CHECK_FALSE(connections.open("192.0.2.2", false));
  CHECK_FALSE(connections.open("127.0.0.1", true));
}

TEST_CASE("the end of all WebSockets can be waited for") {
  const Limits limits;
  Connections connections(limits);
  auto socket = connections.open("127.0.0.1", true);
  const auto page = connections.open("127.0.0.1", true);
  socket->upgraded();
  CHECK_FALSE(connections.wait_for_websockets(std::chrono::steady_clock::now()));
  socket.reset();
  CHECK(connections.wait_for_websockets(std::chrono::steady_clock::now()));
}

TEST_CASE("the census knows who is where") {
  Census census;
  census.joined("a");
  census.joined("a");
  census.joined("b");
  census.left("b");
  CHECK(census.members("a") == 2);
  CHECK(census.members("b") == 0);
}
