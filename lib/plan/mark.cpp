#include "plan/mark.hpp"

#include "kube/managed_fields.hpp"

namespace fedctl::plan {

using nlohmann::json;

std::string hash_of(const json& desired) { return federation::digest_of(desired); }

std::shared_ptr<const json> with_mark(const json& desired, const std::string& hash) {
  json marked = desired;
  marked["metadata"]["annotations"][std::string{hash_annotation}] = hash;
  return std::make_shared<const json>(std::move(marked));
}

Ownership ownership_of(const json& live) {
  const std::string label = kube::metadata_entry(live, "labels", federation::managed_label);
  if (label == "false") return Ownership::hands_off;
  return label == "true" ? Ownership::ours : Ownership::foreign;
}

bool is_as_applied(const json& live, const json& desired, const std::string& hash, bool retain_replicas) {
  if (kube::metadata_entry(live, "annotations", hash_annotation) != hash) return false;
  if (kube::is_going(live)) return false;
  const json fields = kube::applied_fields(live, kube::field_manager);
  if (!retain_replicas) return kube::owns_all(fields, desired);
  json without = desired;
  if (without.contains("spec") && without["spec"].is_object()) without["spec"].erase("replicas");
  return kube::owns_all(fields, without);
}

}  // namespace fedctl::plan
