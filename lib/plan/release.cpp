#include "plan/release.hpp"

#include "base/pointer.hpp"
#include "kube/managed_fields.hpp"
#include "kube/object.hpp"
#include "plan/mark.hpp"

#include <string>

namespace fedctl::plan {
namespace {

using nlohmann::json;

}  // namespace

json release_operations(const json& live) {
  const json metadata = kube::map_at(live, "metadata");
  json operations = json::array({{{"op", "test"}, {"path", "/metadata/uid"}, {"value", kube::string_at(metadata, "uid")}}});
  const auto drop = [&](std::string_view table, std::string_view key) {
    const std::string path = pointer::below(pointer::below("/metadata", table), key);
    if (kube::map_at(metadata, table).contains(key)) operations.push_back({{"op", "remove"}, {"path", path}});
  };
  drop("labels", federation::managed_label);
  drop("annotations", plan::hash_annotation);
  drop("annotations", federation::host_annotation);
  json others = json::array();
  for (const json& entry : kube::list_at(metadata, "managedFields")) {
    if (kube::string_at(entry, "manager") != kube::field_manager || kube::string_at(entry, "operation") != "Apply") others.push_back(entry);
  }
  if (others.size() != kube::list_at(metadata, "managedFields").size() && !others.empty()) {
    operations.push_back({{"op", "replace"}, {"path", "/metadata/managedFields"}, {"value", std::move(others)}});
  }
  return operations;
}

}  // namespace fedctl::plan
