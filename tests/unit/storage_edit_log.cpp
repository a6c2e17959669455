// Edit log files: what is written is read, and what was not written never is.
#include "storage/edit_log.hpp"

#include <limits>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "seed.hpp"
#include "storage_harness.hpp"

namespace stet::storage::test {
namespace {

constexpr std::int64_t for_ever = std::numeric_limits<std::int64_t>::max();

std::vector<LogEntry> some_entries() {
  return {{5, 1000, "ann", 7, *bytes("first"), ""},
          {6, -3, "b\xc3\xb6rje \xff", std::numeric_limits<std::uint64_t>::max(), *bytes(""), "agent\nasked-by=ann"},
          {7, 2000, "", 0, Bytes(200'000, 0xa5), ""}};
}

std::string file_of(const std::vector<LogEntry>& entries) {
  std::ostringstream out;
  EditLogWriter writer(out, "plan/a");
  for (const LogEntry& entry : entries) writer.add(entry);
  writer.finish();
  return out.str();
}

std::string shown_entry(const LogEntry& entry) {
  return std::to_string(entry.seq) + "," + std::to_string(entry.time_ms) + "," + entry.author + "," +
         std::to_string(entry.session) + "," + text_of(entry.update) + "," + entry.tags;
}

// The records that can be read, and then the error, if there is one.
std::pair<std::vector<std::string>, std::string> read(const std::string& file, std::int64_t latest_ms = for_ever) {
  std::istringstream in(file);
  EditLogReader reader(in, latest_ms);
  const auto opened = reader.open();
  if (const auto* error = std::get_if<StoreError>(&opened)) return {{}, error->what};
  std::vector<std::string> records;
  while (true) {
    const auto next = reader.next();
    if (const auto* error = std::get_if<StoreError>(&next)) return {records, error->what};
    if (!std::get<0>(next)) return {records, ""};
    records.push_back(shown_entry(*std::get<0>(next)));
    CHECK(reader.records() == records.size());
  }
}

TEST_CASE("an edit log is read as it was written") {
  std::vector<std::string> expected;
  for (const LogEntry& entry : some_entries()) expected.push_back(shown_entry(entry));
  const auto [records, error] = read(file_of(some_entries()));
  CHECK(error.empty());
  CHECK(records == expected);
  CHECK(read(file_of({})).second.empty());
  std::istringstream in(file_of({}));
  CHECK(value(EditLogReader(in, 0).open()) == "plan/a");
  CHECK(begins_as_edit_log(as_bytes(file_of({}))));
  CHECK_FALSE(begins_as_edit_log(as_bytes("{\"kind\": 1}")));
}

TEST_CASE("damage of an edit log is told with its record and offset") {
  const auto entries = some_entries();
  const std::string two = file_of({entries[0], entries[1]});
  CHECK(read("").second == "header at byte 0: the file is empty");
  CHECK(read("\x93\xa5hello\x01\xa0").second == "header at byte 0: it is no edit log");
  CHECK(read(file_of({entries[0], entries[2]})).second.find("record 2 at byte ") == 0);
  CHECK(read(file_of({entries[0], entries[2]})).second.find("the record with sequence 6 is missing") !=
        std::string::npos);
  CHECK(read(file_of({entries[1], entries[0]})).second.find("sequence 5 comes again") != std::string::npos);
  CHECK(read(two, 500).second.find("its time lies in the future: 1000") != std::string::npos);
  CHECK(read(two + file_of({})).second ==
        "record 3 at byte " + std::to_string(two.size()) + ": something follows the end");
  for (std::size_t size = 1; size < two.size(); ++size) CHECK_FALSE(read(two.substr(0, size)).second.empty());
}

TEST_CASE("an edit log that promises gigabytes reserves nothing for them") {
  const std::string header = file_of({}).substr(0, 23);
  for (const std::string& hostile :
       {std::string("\x92\x00\xc6\xff\xff\xff\xff", 7), std::string("\xdd\xff\xff\xff\xff"),
        std::string("\xdf\xff\xff\xff\xff"), std::string(5'000, '\x91')}) {
    CHECK(read(header + hostile).second.find("record 1 at byte ") == 0);
    CHECK_FALSE(read(hostile).second.empty());
  }
}

TEST_CASE("a flipped bit anywhere in an edit log never yields an edit that was not written") {
  const std::uint64_t seed = stet::test::run_seed();
  std::mt19937_64 random(seed);
  CAPTURE(seed);
  auto entries = some_entries();
  entries[2].update.resize(50);
  const std::string whole = file_of(entries);
  const auto expected = read(whole).first;
  for (int round = 0; round < rounds(2'000); ++round) {
    std::string flipped = whole;
    const std::size_t at = random() % whole.size();
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << random() % 8));
    CAPTURE(round, at);
    const auto [records, error] = read(flipped);
    REQUIRE(records.size() <= expected.size());
    for (std::size_t i = 0; i < records.size(); ++i) CHECK(records[i] == expected[i]);
  }
}

}  // namespace
}  // namespace stet::storage::test
