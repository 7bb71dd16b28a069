#include "base/pointer.hpp"

#include "federation/override.hpp"
#include "fuzz.hpp"

using namespace fedctl;
using nlohmann::json;

namespace {

federation::Override override_of(const json& item) {
  federation::Override result{.path = string_at(item, "path"), .value = value_at(item, "value")};
  if (string_at(item, "op") == "add") result.operation = federation::Override::Operation::add;
  if (string_at(item, "op") == "remove") result.operation = federation::Override::Operation::remove;
  return result;
}

void look_at(const json& object, const std::string& path) {
  const auto keys = pointer::parse(path);
  if (!keys) {
    fuzz::require(!pointer::why_refused(path).empty(), "what is no pointer is refused for a reason", path);
    fuzz::require(pointer::find(object, path) == nullptr, "what is no pointer finds nothing", path);
    return;
  }
  fuzz::require(pointer::of(*keys) == path, "a pointer is made of its keys", path);
  static_cast<void>(pointer::find(object, path));
  static_cast<void>(federation::is_forbidden(path));
}

}  // namespace

/// {"object": ..., "overrides": [{"op": ..., "path": ..., "value": ...}]}: paths as users write them.
void fuzz::run(std::string_view input) {
  const json whole = parse_json(input);
  const json& object = value_at(whole, "object");
  std::vector<federation::Override> overrides;
  for (const json& item : list_at(whole, "overrides")) {
    look_at(object, string_at(item, "path"));
    // Reading refuses the others.
    if (pointer::parse(string_at(item, "path"))) overrides.push_back(override_of(item));
  }
  const auto changed = federation::apply_overrides(object, overrides);
  if (changed) {
    require(parse_json(to_text(*changed)) == *changed, "what comes out can be written");
  } else {
    require(changed.error().index < overrides.size() && !changed.error().message.empty(), "a problem says of which override it is");
  }
}
