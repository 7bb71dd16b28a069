#include "traffic/record.hpp"

#include "base/text.hpp"

namespace fedctl::traffic {
namespace {

std::string normal(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return text::lower(name);
}

}  // namespace

bool same_name(std::string_view one, std::string_view other) { return normal(one) == normal(other); }

Task<Result<Provider::Laid>> Provider::lay(std::vector<Record>, std::vector<std::string>, bool) { co_return Laid{}; }

}  // namespace fedctl::traffic
