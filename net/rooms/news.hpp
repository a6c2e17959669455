// The updates that members of a room are still to be told. Those who wait for the same ones get the same bytes, merged
// into one update. No I/O.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "net/frame.hpp"
#include "net/protocols/protocol.hpp"
#include "storage/store.hpp"

namespace stet::net {

// An update of the document that others are to get.
struct NewsItem {
  MemberId maker = no_member;  // does not get it, because it has it; no_member: everybody gets it
  storage::SharedBytes update;
  Frame frame = {};       // for members without an address, where there is one already
  std::size_t begin = 0;  // the bytes of all updates before it; set by News::add()
};

// Numbered from 0 on. Each member knows the number of the first one that it was not told.
class News {
 public:
  std::uint64_t end() const { return first_ + items_.size(); }
  std::span<const NewsItem> from(std::uint64_t number) const { return std::span(items_).subspan(number - first_); }
  // How many bytes of updates they are.
  std::size_t bytes_from(std::uint64_t number) const;

  void add(NewsItem item);
  // Those before that number were told to everybody.
  void forget_before(std::uint64_t number);

 private:
  std::vector<NewsItem> items_;
  std::uint64_t first_ = 0;
};

// What members are sent who wait for the same news, which must stay where they are. The updates of each maker are
// merged once, and these then with each other: once for all who made none of them, and once for each maker, without its
// own.
class MergedNews {
 public:
  explicit MergedNews(std::span<const NewsItem> items);

  // Calls send(frame) for what that member is to get, if anything: once, or, where they cannot be merged, for each.
  template <class Send>
  void give(MemberId member, const MemberProfile& profile, Send send) {
    if (SharedMessage* merged = message_for(member)) return send(merged->frame_for(profile));
    for (const NewsItem& item : items_) {
      if (item.maker == no_member || item.maker != member) send(encode({Kind::update, *item.update}, profile));
    }
  }

 private:
  struct Merged {
    Bytes update;
    std::optional<SharedMessage> message;  // nothing: they cannot be merged
  };

  SharedMessage* message_for(MemberId member);
  void merge_without(MemberId maker, Merged& merged);

  std::span<const NewsItem> items_;
  std::optional<SharedMessage> alone_;  // where there is but one: nothing is to be merged
  std::map<MemberId, std::vector<ByteView>> by_maker_;
  std::map<MemberId, Bytes> merged_by_maker_;  // of those who made several
  std::map<MemberId, Merged> without_;         // by whose are left out; no_member: nobody's
};

}  // namespace stet::net
