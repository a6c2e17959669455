// How the HTTP API answers: JSON, and errors as {"error":"one clear sentence"}.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "net/frame.hpp"
#include "net/http/http.hpp"
#include "net/limits.hpp"
#include "storage/store.hpp"

namespace stet::net {

HttpResponse json_response(unsigned status, const nlohmann::json& body);
HttpResponse failure(unsigned status, const std::string& sentence);
// `exists` is 409, `absent` 404, `deleted` and `pruned` 410; what is wrong with the storage is logged, and 503.
HttpResponse failure(const storage::StoreError& error);
// What a room refused: content that it cannot take is 400, a deleted document 410, what may go better later 503.
HttpResponse refused(CloseCode code, const std::string& reason);

// The document that a path below /api/docs/ names with its third segment; nothing if that cannot be one.
std::optional<std::string> doc_in_path(std::string_view path, const Limits& limits);

}  // namespace stet::net
