#include "cli/print_explanation.hpp"

#include "base/json.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/common.hpp"
#include "cli/terminal.hpp"
#include "kube/object.hpp"

#include <fmt/format.h>
#include <map>

namespace fedctl::cli {
namespace {

using nlohmann::json;
using plan::ClusterExplanation;
using plan::Explanation;
using plan::FieldOrigin;
using Rows = std::vector<std::vector<std::string>>;

std::string in_place(const std::string& text, const std::string& place) {
  return text::printable(place.empty() ? text : fmt::format("{} ({})", text, place));
}

std::string short_value(const json& value) {
  return text::shortened(value.is_string() ? value.get<std::string>() : fedctl::to_text(value), 40);
}

std::string source_of(const FieldOrigin& origin) {
  std::string text = in_place(origin.source, origin.place);
  if (origin.instead_of && origin.value) text += fmt::format("; the template has {}", short_value(*origin.instead_of));
  if (!origin.value) text += fmt::format(" takes away the template's {}", short_value(*origin.instead_of));
  if (origin.left_to_cluster) text += "; left to the cluster once it exists (retainReplicas)";
  return text;
}

/// "tokyo, ireland", "(all)" or "a, b and 7 more".
std::string names_of(const std::vector<std::string>& clusters, std::size_t all) {
  constexpr std::size_t most = 3;
  if (clusters.size() == all && all > 1) return "(all)";
  if (clusters.size() <= most) return text::join(clusters, ", ");
  return fmt::format("{} and {} more", text::join(std::span{clusters}.first(most - 1), ", "), clusters.size() - most + 1);
}

Rows cluster_rows(const Explanation& explanation) {
  Rows rows;
  for (const ClusterExplanation& cluster : explanation.clusters)
    rows.push_back({cluster.cluster, cluster.wanted ? "yes" : "no", in_place(cluster.reason, cluster.place)});
  return rows;
}

/// One row for each field and origin, in the order in which fields are met.
Rows field_rows(const Explanation& explanation) {
  struct Group {
    const FieldOrigin* origin;
    std::vector<std::string> clusters;
  };
  std::vector<std::string> fields;
  std::map<std::string, std::vector<Group>> groups;
  std::size_t all = 0;
  for (const ClusterExplanation& cluster : explanation.clusters) {
    all += cluster.wanted ? 1 : 0;
    for (const FieldOrigin& origin : cluster.fields) {
      auto& of_field = groups[origin.leaf.name];
      if (of_field.empty()) fields.push_back(origin.leaf.name);
      const auto same = std::find_if(of_field.begin(), of_field.end(), [&](const Group& group) {
        return group.origin->value == origin.value && source_of(*group.origin) == source_of(origin);
      });
      if (same == of_field.end()) {
        of_field.push_back({&origin, {cluster.cluster}});
      } else {
        same->clusters.push_back(cluster.cluster);
      }
    }
  }
  Rows rows;
  for (const std::string& field : fields) {
    for (const Group& group : groups[field]) {
      const bool is_first = &group == &groups[field].front();
      rows.push_back({is_first ? field : "", names_of(group.clusters, all), group.origin->value ? short_value(*group.origin->value) : "-",
                      source_of(*group.origin)});
    }
  }
  return rows;
}

json to_document(const FieldOrigin& origin) {
  json field{{"path", origin.leaf.name}, {"pointer", origin.leaf.pointer.to_string()}, {"source", origin.source}};
  if (origin.value) field["value"] = *origin.value;
  if (!origin.place.empty()) field["place"] = origin.place;
  if (origin.instead_of) field["insteadOf"] = *origin.instead_of;
  if (origin.left_to_cluster) field["leftToCluster"] = true;
  return field;
}

}  // namespace

void print_explanations(const std::vector<Explanation>& explanations, bool fields_only) {
  std::string text;
  for (const Explanation& explanation : explanations) {
    if (!text.empty()) text += "\n";
    const std::string key = kube::to_string(explanation.key);
    text += key == explanation.manifest ? in_place(key, explanation.place)
                                        : fmt::format("{}, from {}", key, in_place(explanation.manifest, explanation.place));
    text += "\n\n";
    if (!fields_only) text += table({"CLUSTER", "WANTED", "WHY"}, cluster_rows(explanation)) + "\n";
    text += table({"FIELD", "CLUSTER", "VALUE", "FROM"}, field_rows(explanation));
  }
  print(text);
}

json explanation_document(const std::vector<Explanation>& explanations) {
  json objects = json::array();
  for (const Explanation& explanation : explanations) {
    json clusters = json::array();
    for (const ClusterExplanation& cluster : explanation.clusters) {
      json fields = json::array();
      for (const FieldOrigin& origin : cluster.fields) fields.push_back(to_document(origin));
      clusters.push_back({{"name", cluster.cluster},
                          {"wanted", cluster.wanted},
                          {"reason", cluster.reason},
                          {"place", cluster.place},
                          {"fields", std::move(fields)}});
    }
    objects.push_back({{"group", explanation.key.group},
                       {"kind", explanation.key.kind},
                       {"namespace", explanation.key.name_space},
                       {"name", explanation.key.name},
                       {"manifest", explanation.manifest},
                       {"place", explanation.place},
                       {"clusters", std::move(clusters)}});
  }
  return {{"apiVersion", "fedctl.io/v1alpha1"}, {"kind", "Explanation"}, {"objects", std::move(objects)}};
}

}  // namespace fedctl::cli
