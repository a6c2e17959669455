#include "support.hpp"

namespace stet::fuzz {

Bytes sample_update() {
  return {
#include "sample_update.inc"
  };
}

}  // namespace stet::fuzz
