#include "storage/name_search.hpp"

#include <locale.h>
#include <clocale>
#include <cwchar>
#include <cwctype>

namespace stet::storage {
namespace {

// The locale in which this thread reads UTF-8, whatever the environment says, until the end of the scope.
class Utf8Scope {
 public:
  Utf8Scope() : before_(uselocale(utf8())) {}
  ~Utf8Scope() { uselocale(before_); }
  Utf8Scope(const Utf8Scope&) = delete;
  Utf8Scope& operator=(const Utf8Scope&) = delete;

 private:
  static locale_t utf8() {
    static const locale_t made = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return made;  // null where the system lacks it: uselocale() then keeps the thread's own
  }
  locale_t before_;
};

std::wstring fold(std::string_view text) {
  const Utf8Scope scope;
  std::wstring folded;
  folded.reserve(text.size());
  std::mbstate_t state{};
  while (!text.empty()) {
    wchar_t character = 0;
    const std::size_t read = std::mbrtowc(&character, text.data(), text.size(), &state);
    if (read == 0 || read > text.size()) {  // NUL, or not UTF-8
      state = {};
      folded.push_back(static_cast<unsigned char>(text.front()));
      text.remove_prefix(1);
      continue;
    }
    folded.push_back(static_cast<wchar_t>(std::towlower(static_cast<std::wint_t>(character))));
    text.remove_prefix(read);
  }
  return folded;
}

}  // namespace

NameSearch::NameSearch(std::string_view part) : part_(fold(part)) {}

bool NameSearch::matches(std::string_view name) const {
  return part_.empty() || fold(name).find(part_) != std::wstring::npos;
}

}  // namespace stet::storage
