// A room: one document, who is in it, and what of it is durable. No I/O, no thread, no clock, no randomness: it takes
// bytes and a time and appends to `out` what is to be done, to be done in that order.
//
//   frame of a member -> document -> relayed at once to the others, appended to the log -> the commit is reported ->
//   the sender's own bytes go back to it: the acknowledgement
//
// Acknowledgements. A member's updates are owed back to it in the order in which they came. Each waits for a ticket,
// the number of appends that the room had made when it came (an update that brought nothing new may repeat one that is
// not durable yet, and waits as well). None is sent before the member's answer to our step 1 is durable: until then
// offline edits that it vouches for may be missing. One that left parts pending waits until the document has none.
//
// That is how y-websocket is told; other protocols are told at the same moment in their own words (protocol.hpp), and
// members without frames that all is durable up to a sequence of the log (room_event.hpp).
//
// Edits of the server's own, which members without a document ask for, go to members of Yjs once they are durable: one
// that had got such an edit would bring it back after a crash of the server, and it would stand beside the edit that
// its author makes again. So does a state that holds such an edit.
//
// Merging. An update goes to the others at the end of the turn of the event loop in which it came. Those who then have
// several to get, get one update that says the same (news.hpp). Nobody's own ones are among them.
//
// Slow readers. Who has not read a good part of what it was sent waits for it, and for all that comes meanwhile. The
// room counts the bytes handed to a connection and not yet written. Past a bound the member lags: nothing more is sent
// to it, and the state vector of that moment is remembered, up to which it has or will get everything. When the
// connection has written all, the member gets the difference since then, in one update.
//
// Failure. A document that cannot be loaded is refused, never replaced by an empty one. When an append fails nothing of
// it is acknowledged, the members are sent away, the document is forgotten, and the next join loads it again.
//
// Thread rule: one owner. Times are milliseconds of any monotonic clock.
#pragma once

#include <boost/container/devector.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "net/frame.hpp"
#include "net/limits.hpp"
#include "net/protocols/protocol.hpp"
#include "net/rooms/news.hpp"
#include "net/rooms/presence.hpp"
#include "net/rooms/room_event.hpp"
#include "net/rooms/text_history.hpp"
#include "net/sockets/rate_limit.hpp"
#include "stet/doc.hpp"
#include "storage/store.hpp"

namespace stet::net {

// What is to be done. A member named in a Close is no member any more.
enum class Hurry : std::uint8_t {
  now,
  soon,  // may wait a little for other frames to the same member: what only confirms
};
struct Send {
  MemberId to;
  Frame frame;
  Hurry hurry = Hurry::now;
};
struct Tell {
  MemberId to;
  SharedEvent event;
};
struct Close {
  MemberId member;
  CloseCode code;
  const char* reason;
};
struct Append {
  MemberId by;
  storage::SharedBytes update;
  std::string tags = {};  // as of storage::LogEntry
};
struct Load {};
struct Wake {  // wake() is to be called
  std::int64_t after_ms;
};
struct LoadAt {  // the document as it was; for Room::recalled()
  MemberId member;
  std::uint64_t seq;
};
struct ReadLog {  // what came after; for Room::recalled()
  MemberId member;
  std::uint64_t after_seq;
};
struct EndTurn {};  // end_turn() is to be called when what has come is handled: at the end of this turn of the loop
struct PutSnapshot {
  storage::SharedBytes state;
};
struct Note {  // a line for the server's log, without content
  std::string text;
};
using Action = std::variant<Send, Tell, Close, Append, Load, LoadAt, ReadLog, Wake, EndTurn, PutSnapshot, Note>;
using Actions = std::vector<Action>;

class Room {
 public:
  explicit Room(const Limits& limits) : limits_(limits), presence_(limits.presence_clients) {}

  void join(MemberId member, const MemberProfile& profile, std::int64_t now_ms, Actions& out);
  // One message of the member. Frames of those who are no members are ignored.
  void receive(MemberId member, ByteView frame, std::int64_t now_ms, Actions& out);
  // So many bytes of frames were written to the member's socket.
  void written(MemberId member, std::size_t bytes, std::int64_t now_ms, Actions& out);
  void leave(MemberId member, std::int64_t now_ms, Actions& out);

  // For members without frames, once they were told Opened. An edit of the root that it watches, by a client id of the
  // server's own: answered by Accepted or Refused.
  void splice(MemberId member, const TextEdit& edit, std::int64_t now_ms, Actions& out);
  // Who the member is and where. Its `id` is given by the room.
  void present(MemberId member, Person person, std::int64_t now_ms, Actions& out);
  // The member has dropped what it was told since that version, and can take it now: CaughtUp, Durable, People.
  void catch_up(MemberId member, std::uint64_t version, Actions& out);

  // The answer to Load. `client_id`: under which the server itself edits, drawn for this call.
  void loaded(storage::StoreResult<storage::LoadedDoc> result, std::uint64_t client_id, std::int64_t now_ms,
              Actions& out);
  // The answers to LoadAt and ReadLog.
  void recalled(MemberId member, storage::StoreResult<storage::LoadedDoc> result, std::int64_t now_ms, Actions& out);
  void recalled(MemberId member, storage::StoreResult<storage::LogPage> result, std::int64_t now_ms, Actions& out);
  // The oldest `count` outstanding appends are durable, or failed.
  void committed(std::size_t count, bool failed, std::int64_t now_ms, Actions& out);

  // As EndTurn asked.
  void end_turn(std::int64_t now_ms, Actions& out);
  // As Wake asked.
  void wake(std::int64_t now_ms, Actions& out);
  // To be called about once a second.
  void tick(std::int64_t now_ms, Actions& out);
  // The document was deleted: its members are closed, and it leaves memory.
  void end(std::int64_t now_ms, Actions& out);
  // The server shuts down: no more edits are taken, and members are closed once all is durable and acknowledged.
  void drain(std::int64_t now_ms, Actions& out);

  // Without members for so long, and nothing of it is outstanding: unload() may take it out of memory.
  std::optional<std::int64_t> idle_ms(std::int64_t now_ms) const;
  // About what the document takes.
  std::size_t memory_bytes() const;
  void unload(std::int64_t now_ms, Actions& out);

  std::size_t member_count() const { return members_.size(); }
  // Nothing would be lost if the room were destroyed: no members, no document in memory, no outstanding appends.
  bool forgettable() const { return members_.empty() && state_ == State::empty && appended_ == durable_; }

  // Empty, or what is broken. (The document checks itself.)
  std::string check() const;

 private:
  enum class State : std::uint8_t { empty, loading, ready, failed };

  // An acknowledgement that waits.
  struct Owed {
    Frame frame;
    std::uint64_t ticket = 0;      // number of appends that must be durable
    bool waits_for_parts = false;  // until the document has nothing pending

    std::size_t bytes() const { return sizeof(Owed) + frame->size(); }
  };

  // What a lagging member has to get when its queue is written.
  struct Lag {
    Bytes state_vector;                // it has all up to here
    bool missed = false;               // and not what came since, or it asks for more
    bool asked = false;                // it sent a step 1, not yet answered
    std::set<std::uint64_t> presence;  // clients whose awareness changed since
  };

  // The whole state as it goes to joiners: encoded once, until the next edit.
  struct FullState {
    explicit FullState(Bytes state) : bytes(std::move(state)) {}
    Bytes bytes;
    SharedMessage message{{Kind::step2, bytes}};
  };

  // A root text that members without frames watch. Lives as long as the document: a root cannot be unseen.
  struct Watch {
    Text text;
    TextHistory history;
    TextDelta delta;  // of the last transaction, until it is told
    Subscription changes;
  };

  // What only members without frames have.
  struct Watcher {
    bool is_open = false;             // it was told Opened
    bool has_read_log = false;        // what of its session before is in the log
    std::uint64_t last_edit = 0;      // applied, of this session and the one before
    std::optional<std::string> text;  // at the version that it knows
    std::string state;                // of its presence; empty: it has shown none
    std::int64_t shown_ms = 0;        // when that was last said
  };

  struct Member {
    Member(MemberId member_id, MemberProfile member_profile, const Limits& limits, std::int64_t now_ms)
        : id(member_id),
          sent_ms(now_ms),
          progress_ms(now_ms),
          profile(std::move(member_profile)),
          requests(limits.requests_per_second, limits.request_burst) {
      if (profile.dialect == Dialect::events) watcher = std::make_unique<Watcher>();
    }

    bool takes_events() const { return watcher != nullptr; }

    // What each edit and each commit looks at stands together: with many rooms it comes from far away.
    MemberId id;
    std::uint64_t told = 0;        // number of the first of the news that it was not sent
    std::size_t queued_bytes = 0;  // sent and not yet written
    std::int64_t sent_ms;          // when the last message was sent to it
    std::int64_t progress_ms;      // when its socket last took something, or had nothing to take
    std::unique_ptr<Lag> lag;
    std::unique_ptr<Watcher> watcher;
    boost::container::devector<Owed> owed;
    std::size_t owed_bytes = 0;
    std::uint64_t answer_ticket = 0;  // appends that must be durable before anything is acknowledged
    bool answered = false;            // our step 1
    bool was_declined = false;        // an edit of it, which is read-only: what it holds is not all saved any more
    MemberProfile profile;
    // The rest is needed now and then.
    std::uint64_t presence_joined = 0;  // as of Presence::Sender
    std::vector<Bytes> waiting;         // frames that came before the document was there
    std::size_t waiting_bytes = 0;
    RateLimit requests;
  };

  // room_sync.cpp: what members say, and what they are told
  void open(Member& member, std::int64_t now_ms, Actions& out);
  void handle(Member& member, ByteView frame, std::int64_t now_ms, Actions& out);
  void on_step1(Member& member, ByteView state_vector, std::int64_t now_ms, Actions& out);
  void on_update(Member& member, ByteView update, bool step2, std::int64_t now_ms, Actions& out);
  void note_answer(Member& member);
  void decline_update(Member& member, ByteView update, bool step2, std::int64_t now_ms, Actions& out);
  void on_sync_status(Member& member, ByteView version, std::int64_t now_ms, Actions& out);
  void on_stateless(Member& member, ByteView text, std::int64_t now_ms, Actions& out);
  void send_step1(Member& member, std::int64_t now_ms, Actions& out);
  void send_diff(Member& member, ByteView state_vector, bool asked, std::int64_t now_ms, Actions& out);
  void on_awareness(Member& member, ByteView payload, std::int64_t now_ms, Actions& out);
  void take_presence(Member& member, std::span<const AwarenessEntry> entries, std::int64_t now_ms, Actions& out);
  void send(Member& member, Frame frame, std::int64_t now_ms, Actions& out, Hurry hurry = Hurry::now);
  void send_presence(Member& member, std::int64_t now_ms, Actions& out);
  void send(Member& member, const Message& message, std::int64_t now_ms, Actions& out);
  void relay(NewsItem item, std::int64_t now_ms, Actions& out);
  void ask_for_end_of_turn(Actions& out);
  bool waits(const Member& member) const;
  void tell_news(std::int64_t now_ms, Actions& out);
  void tell_news(Member& member, MergedNews& news, std::int64_t now_ms, Actions& out);
  void forget_news();
  void push(Member& member, Frame frame, std::int64_t now_ms, Actions& out, Hurry hurry = Hurry::now);
  void bound_queue(Member& member, std::int64_t now_ms, Actions& out);
  void note_presence(std::span<const AwarenessEntry> entries, MemberId except);
  void publish_presence(std::int64_t now_ms, Actions& out);
  void flush_presence(std::int64_t now_ms, Actions& out);
  void owe(Member& member, Owed owed, std::int64_t now_ms, Actions& out);
  void acknowledge(Member& member, std::int64_t now_ms, Actions& out);
  void catch_up(Member& member, std::int64_t now_ms, Actions& out);
  void release_parts();
  bool overfills_pending(ByteView update) const;
  bool overfills_document(ByteView update, std::int64_t now_ms);
  void refuse(Member& member, const Error& error, std::int64_t now_ms, Actions& out);

  // What waits until the server's own edits are durable: an edit of its own, or a state that holds some.
  struct Held {
    std::uint64_t ticket = 0;   // number of appends that must be durable
    storage::SharedBytes edit;  // to all
    MemberId to = no_member;    // else to this member
    Frame state;
  };

  // room_events.cpp: what members without frames are told
  std::uint64_t seq_of(std::uint64_t appends) const { return base_seq_ + (appends - base_appended_); }
  Watch& watch(const std::string& root);
  Member* open_watcher(MemberId member);
  void remember_edits(const Member& member);
  void send_state(Member& member, const Frame& state, std::int64_t now_ms, Actions& out);
  void release_held(std::int64_t now_ms, Actions& out);
  void open_watcher(Member& member, std::int64_t now_ms, Actions& out);
  std::optional<TextDelta> since(const Member& member, Watch& watch) const;
  void tell_updated(MemberId by, std::uint64_t edit_id, Actions& out);
  void tell_people(std::int64_t now_ms, Actions& out);
  void tell_all(const RoomEvent& event, Actions& out);
  void show(Member& member, std::int64_t now_ms, Actions& out);
  void tick_watchers(std::int64_t now_ms, Actions& out);

  // room.cpp: its life
  void close(MemberId member, CloseCode code, const char* reason, std::int64_t now_ms, Actions& out);
  void close_all(CloseCode code, const char* reason, std::int64_t now_ms, Actions& out);
  void forget_document();
  void append(MemberId by, storage::SharedBytes update, std::string tags, Actions& out);
  void put_snapshot(std::int64_t now_ms, Actions& out);
  void put_farewell_snapshot(std::int64_t now_ms, Actions& out);
  void finish_drain(std::int64_t now_ms, Actions& out);
  std::string replay(const storage::LoadedDoc& stored, std::uint64_t client_id);  // empty, or why it cannot be

  // What each edit and each commit looks at stands together, as in Member.
  const Limits& limits_;
  State state_ = State::empty;
  bool draining_ = false;
  bool ends_turn_ = false;  // an EndTurn is under way
  std::optional<Doc> doc_;  // where the state is ready
  std::map<MemberId, Member> members_;
  News news_;
  std::size_t gathered_bytes_ = 0;  // of updates that nobody was told yet
  std::uint64_t appended_ = 0;      // appends made, ever
  std::uint64_t durable_ = 0;   // of them: reported (those that failed count as well; nobody waits for them any more)
  std::uint64_t base_seq_ = 0;  // of the log, when the document was loaded
  std::uint64_t base_appended_ = 0;  // appends made by then
  std::size_t tail_updates_ = 0;     // since the last snapshot
  std::size_t tail_bytes_ = 0;
  std::size_t state_bytes_ = 0;  // of the document when it was last measured, and of all updates since
  std::unique_ptr<FullState> full_state_;
  boost::container::devector<Held> held_;                  // by ticket
  std::map<std::string, std::unique_ptr<Watch>> watches_;  // of that document, by root
  // The rest is needed now and then.
  Presence presence_;
  std::set<std::uint64_t> presence_news_;         // clients of whom members are to be told
  MemberId news_from_ = no_member;                // all of that came from this member, who needs none of it
  std::optional<std::int64_t> presence_told_ms_;  // when members were last told
  bool wakes_ = false;                            // a Wake is under way
  bool people_changed_ = false;                   // and watchers were not told yet
  std::int64_t people_ms_ = 0;                    // when they last were
  std::map<MemberId, std::uint64_t> last_edits_;  // of watchers that have left, since the document was loaded
  std::uint64_t epoch_ = 0;                       // of this loading of the document
  std::int64_t snapshot_ms_ = 0;
  std::int64_t measured_ms_ = 0;
  std::int64_t since_ms_ = 0;  // ready: when the last member left; failed: when the load failed
};

}  // namespace stet::net
