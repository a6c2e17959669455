#include "net/history/activity.hpp"

#include <algorithm>
#include <utility>

#include "net/rooms/utf16.hpp"

namespace stet::net {

namespace {

bool within(std::int64_t pause_ms, std::int64_t a_ms, std::int64_t b_ms) {
  return a_ms < b_ms ? b_ms - a_ms <= pause_ms : a_ms - b_ms <= pause_ms;
}

bool continues(const Authorship& run, const Authorship& next, std::int64_t pause_ms) {
  if (run.known != next.known) return false;
  if (!run.known) return true;
  return run.author == next.author && run.tags == next.tags &&
         (within(pause_ms, run.last_ms, next.first_ms) || within(pause_ms, run.first_ms, next.first_ms));
}

}  // namespace

void ActivityGroups::add(const Ledger& ledger, const Edit& edit) {
  std::size_t& group = open_[{edit.author, edit.tags}];
  if (group == 0 || !within(pause_ms_, groups_[group - 1].last_ms, edit.time_ms)) {
    Activity fresh;
    fresh.author = ledger.author(edit);
    fresh.tags = ledger.tags(edit);
    fresh.first_seq = edit.seq;
    fresh.first_ms = edit.time_ms;
    groups_.push_back(std::move(fresh));
    group = groups_.size();
  }
  Activity& at = groups_[group - 1];
  if (std::find(at.sessions.begin(), at.sessions.end(), edit.session) == at.sessions.end()) {
    at.sessions.push_back(edit.session);
  }
  at.last_seq = edit.seq;
  at.last_ms = edit.time_ms;
  ++at.edits;
  at.inserted += edit.inserted;
  at.deleted += edit.deleted;
}

std::vector<Activity> ActivityGroups::take() {
  std::sort(groups_.begin(), groups_.end(),
            [](const Activity& a, const Activity& b) { return a.last_seq > b.last_seq; });
  open_.clear();
  return std::move(groups_);
}

std::vector<Activity> activities(const Ledger& ledger, const EditFilter& filter, std::int64_t pause_ms) {
  ActivityGroups groups(pause_ms);
  for (const Edit& edit : ledger.edits()) {
    if (ledger.fits(edit, filter)) groups.add(ledger, edit);
  }
  return groups.take();
}

std::vector<Authorship> blame(const Ledger& ledger, const Text& text, std::int64_t pause_ms) {
  std::vector<Authorship> runs;
  for (const TextRun& run : text_runs(text)) {
    std::string_view rest = run.text;
    for (std::uint64_t at = 0; at < run.units.length;) {
      const Ledger::Made made = ledger.made_by(run.units.client, run.units.clock + at);
      Authorship part;
      part.length = std::min(made.length, run.units.length - at);
      const std::size_t bytes = bytes_of_units(rest, part.length);
      part.text = rest.substr(0, bytes);
      rest.remove_prefix(bytes);
      at += part.length;
      if (made.edit) {
        part.known = true;
        part.author = ledger.author(*made.edit);
        part.tags = ledger.tags(*made.edit);
        part.session = made.edit->session;
        part.first_seq = part.last_seq = made.edit->seq;
        part.first_ms = part.last_ms = made.edit->time_ms;
      }
      if (runs.empty() || runs.back().text.empty() || part.text.empty() || !continues(runs.back(), part, pause_ms)) {
        runs.push_back(std::move(part));
        continue;
      }
      Authorship& whole = runs.back();
      whole.text += part.text;
      whole.length += part.length;
      if (part.first_seq < whole.first_seq) whole.session = part.session;
      whole.first_seq = std::min(whole.first_seq, part.first_seq);
      whole.last_seq = std::max(whole.last_seq, part.last_seq);
      whole.first_ms = std::min(whole.first_ms, part.first_ms);
      whole.last_ms = std::max(whole.last_ms, part.last_ms);
    }
  }
  return runs;
}

}  // namespace stet::net
