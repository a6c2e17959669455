#include "net/http/stream_request.hpp"

#include <array>
#include <charconv>

#include "net/doc_name.hpp"
#include "stet/lib0.hpp"

namespace stet::net {
namespace {

HttpResponse refusal(unsigned status, const char* reason, std::string_view path) {
  return error_response({status, reason}, path);
}

}  // namespace

std::optional<std::variant<StreamRequest, HttpResponse>> check_stream(const HttpHead& head, const Limits& limits) {
  constexpr std::string_view all = "/api/events";
  StreamRequest request;
  std::vector<std::optional<std::string>> names;
  if (head.path == all) {
    names = query_values(head.query, "doc");
  } else if (const auto segment = doc_segment(head.path, "/events")) {
    names.push_back(percent_decode(*segment));
  } else {
    return std::nullopt;
  }
  if (head.method != "GET") {
    HttpResponse response = refusal(405, "events are read by GET", head.path);
    response.fields.emplace_back("Allow", "GET");
    return response;
  }
  if (names.size() > limits.stream_docs) return refusal(400, "too many documents for one stream", head.path);
  const std::vector<std::optional<Known>> known =
      parse_stream_position(head.field("last-event-id").value_or(""), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const char* fault = names[i] ? doc_name_fault(*names[i], limits) : "document name is not percent-encoded";
    if (fault) return refusal(400, fault, head.path);
    for (const StreamRequest::Doc& doc : request.docs) {
      if (doc.name == *names[i]) return refusal(400, "a document is named twice", head.path);
    }
    request.docs.push_back({*names[i], known[i]});
  }
  request.root = query_value(head.query, "root").value_or("text");
  if (request.root.size() > limits.doc_name_bytes || !valid_utf8(request.root)) {
    return refusal(400, "the root's name is too long, or not UTF-8", head.path);
  }
  return request;
}

std::string stream_position(const std::vector<std::optional<Known>>& known) {
  std::string out;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (i > 0) out += ',';
    if (!known[i]) continue;
    out += std::to_string(known[i]->version) + '.' + std::to_string(known[i]->epoch) + '.' +
           std::to_string(known[i]->durable);
  }
  return out;
}

std::vector<std::optional<Known>> parse_stream_position(std::string_view text, std::size_t docs) {
  std::vector<std::optional<Known>> known;
  while (known.size() < docs) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    std::array<std::uint64_t, 3> numbers{};
    const char* at = part.data();
    const char* end = part.data() + part.size();
    bool is_position = !part.empty();
    for (std::size_t i = 0; i < numbers.size() && is_position; ++i) {
      const auto [stop, fault] = std::from_chars(at, end, numbers[i]);
      const bool is_last = i + 1 == numbers.size();
      is_position = fault == std::errc{} && numbers[i] <= max_safe_integer &&
                    (is_last ? stop == end : stop != end && *stop == '.');
      at = stop + (is_last ? 0 : 1);
    }
    if (is_position) {
      known.emplace_back(Known{numbers[0], numbers[1], numbers[2]});
    } else {
      known.emplace_back();
    }
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return known;
}

}  // namespace stet::net
