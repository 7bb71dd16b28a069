#include "fuzz.hpp"
#include "kube/managed_fields.hpp"
#include "kube/owned_part.hpp"
#include "kube/takeover.hpp"
#include "plan/diff.hpp"

using namespace fedctl;
using nlohmann::json;

/// {"live": an object with its managed fields, "before": the same earlier, "fields": fieldsV1}.
void fuzz::run(std::string_view input) {
  const json whole = parse_json(input);
  const json& live = value_at(whole, "live");
  const json& before = value_at(whole, "before");
  const json& fields = value_at(whole, "fields");
  const json applied = kube::applied_fields(live, "fedctl");
  for (const std::string& other : kube::other_appliers(live, "fedctl")) require(other != "fedctl", "we are none of the others");
  for (const plan::FieldChange& change : plan::differences(before, live)) {
    require(!change.path.empty(), "a field has a path");
    static_cast<void>(kube::writer_of(live, change.where, "fedctl"));
    static_cast<void>(kube::owns_field(fields, change.where));
  }
  static_cast<void>(plan::shown(before, live));
  static_cast<void>(plan::fields_of_new(live));
  static_cast<void>(kube::writers(live, "fedctl"));
  static_cast<void>(kube::has_predecessor(live));
  static_cast<void>(kube::is_to_be_taken_over(live));
  static_cast<void>(kube::takeover_operations(live));
  static_cast<void>(kube::without_predecessors_fields(live));
  static_cast<void>(kube::fields_only_ours(live));
  static_cast<void>(kube::fields_taken_over(live));
  static_cast<void>(kube::give_back_operations(before, live));
  static_cast<void>(kube::owned_part(live, fields));
  static_cast<void>(kube::fields_less(fields, applied));
  json rest = live;
  kube::erase_fields(rest, fields);
  const json both = kube::united(fields, applied);
  if (kube::owns_all(fields, before)) require(kube::owns_all(both, before), "who owns more owns no less");
}
