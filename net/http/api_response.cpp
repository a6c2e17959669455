#include "net/http/api_response.hpp"

#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "net/doc_name.hpp"

namespace stet::net {

using storage::StoreError;

HttpResponse json_response(unsigned status, const nlohmann::json& body) {
  HttpResponse response;
  response.status = status;
  response.content_type = "application/json";
  response.body = body.dump();
  response.fields.emplace_back("Cache-Control", "no-store");
  return response;
}

HttpResponse failure(unsigned status, const std::string& sentence) {
  return json_response(status, {{"error", sentence}});
}

HttpResponse failure(const StoreError& error) {
  switch (error.kind) {
    case StoreError::Kind::exists:
      return failure(409, "that name is taken");
    case StoreError::Kind::absent:
      return failure(404, "there is no such document, or no such moment of it");
    case StoreError::Kind::deleted:
    case StoreError::Kind::pruned:
      return failure(410, error.what);
    default:
      spdlog::error("api: {}", error.what);
      return failure(503, "the storage does not answer now");
  }
}

HttpResponse refused(CloseCode code, const std::string& reason) {
  return failure(code == CloseCode::bad_content ? 400 : code == CloseCode::gone ? 410 : 503, reason);
}

std::optional<std::string> doc_in_path(std::string_view path, const Limits& limits) {
  constexpr std::string_view docs = "/api/docs/";
  if (!path.starts_with(docs)) return std::nullopt;
  path.remove_prefix(docs.size());
  const auto name = percent_decode(path.substr(0, path.find('/')));
  if (!name || doc_name_fault(*name, limits)) return std::nullopt;
  return name;
}

}  // namespace stet::net
