#include "net/doc_name.hpp"

#include <algorithm>

#include "net/text.hpp"
#include "stet/lib0.hpp"

namespace stet::net {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

bool has_dot_segment(std::string_view name) {
  while (true) {
    const std::size_t slash = name.find('/');
    const std::string_view segment = name.substr(0, slash);
    if (segment == "." || segment == "..") return true;
    if (slash == std::string_view::npos) return false;
    name.remove_prefix(slash + 1);
  }
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool query) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (query && text[i] == '+') {
      out.push_back(' ');
    } else if (text[i] == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_alphanumeric(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
  }
  return out;
}

const char* doc_name_fault(std::string_view name, const Limits& limits) {
  if (name.empty()) return "document name is empty";
  if (name.size() > limits.doc_name_bytes) return "document name is too long";
  if (!valid_utf8(name)) return "document name is not valid UTF-8";
  if (has_control_character(name)) return "document name has a control character";
  if (has_dot_segment(name)) return "document name has a . or .. segment";
  return nullptr;
}

std::optional<std::string_view> doc_segment(std::string_view path, std::string_view end) {
  constexpr std::string_view docs = "/api/docs/";
  if (path.size() <= docs.size() + end.size() || !path.starts_with(docs) || !path.ends_with(end)) return std::nullopt;
  path.remove_prefix(docs.size());
  path.remove_suffix(end.size());
  return path.find('/') == std::string_view::npos ? std::optional(path) : std::nullopt;
}

std::vector<std::optional<std::string>> query_values(std::string_view query, std::string_view key) {
  std::vector<std::optional<std::string>> values;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) == key) {
      values.push_back(
          percent_decode(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true));
    }
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return values;
}

std::optional<std::string> query_value(std::string_view query, std::string_view key) {
  const auto values = query_values(query, key);
  return values.empty() ? std::nullopt : values.front();
}

std::string clean_author(std::string name, const Limits& limits) {
  if (name.size() > limits.author_bytes || !valid_utf8(name) || has_control_character(name)) return {};
  return name;
}

}  // namespace stet::net
