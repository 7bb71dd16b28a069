#include "federation/placement.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "federation/preference.hpp"
#include "federation/type_table.hpp"
#include "fleet/name.hpp"
#include "kube/object.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>

namespace fedctl::federation {
namespace {

using nlohmann::json;
using Labels = std::map<std::string, std::string>;

tl::unexpected<PlacementProblem> problem(std::string part, std::string message) {
  return tl::unexpected(PlacementProblem{std::move(part), std::move(message)});
}

/// What of a selector a cluster does not have, or nothing.
using Mismatch = std::optional<Choice>;

std::string label_of(const Labels& labels, const std::string& key) {
  const auto label = labels.find(key);
  return label == labels.end() ? fmt::format("it has no label {}", key) : fmt::format("its label {} is '{}'", key, label->second);
}

tl::expected<Mismatch, PlacementProblem> match_expression(const json& expression, const std::string& part, const Labels& labels) {
  const std::string key = kube::string_at(expression, "key");
  const std::string name = kube::string_at(expression, "operator");
  const json& values = kube::value_at(expression, "values");
  if (key.empty()) return problem(part, "a match expression needs a 'key'");
  const auto label = labels.find(key);
  const bool exists = label != labels.end();
  const auto judged = [&](bool matches) {
    const std::string wanted = values.empty() ? name : fmt::format("{} {}", name, fedctl::to_text(values));
    return matches ? Mismatch{} : Choice{false, part, fmt::format("the selector wants {} {}, and {}", key, wanted, label_of(labels, key))};
  };
  if (name == "Exists" || name == "DoesNotExist") {
    if (!values.empty()) return problem(part + "/values", fmt::format("the operator {} takes no values", name));
    return judged(exists == (name == "Exists"));
  }
  if (name != "In" && name != "NotIn")
    return problem(part, fmt::format("the operator '{}' is none of In, NotIn, Exists, DoesNotExist", name));
  if (!values.is_array() || values.empty()) return problem(part, fmt::format("the operator {} needs 'values'", name));
  const bool is_in = exists && std::ranges::find(values, json(label->second)) != values.end();
  return judged(is_in == (name == "In"));
}

/// The first mismatch; all of the selector is checked, whatever does not match before.
tl::expected<Mismatch, PlacementProblem> match(const json& selector, const Labels& labels) {
  if (!selector.is_object()) return problem("", "a cluster selector is a map");
  for (const auto& [key, value] : selector.items()) {
    if (key != "matchLabels" && key != "matchExpressions") {
      return problem("/" + key, fmt::format("unknown field '{}': a selector has matchLabels and matchExpressions", key));
    }
  }
  const json& wanted = kube::value_at(selector, "matchLabels");
  if (!wanted.is_null() && !wanted.is_object()) return problem("/matchLabels", "matchLabels is a map");
  Mismatch first;
  for (const auto& [key, value] : wanted.items()) {
    if (!value.is_string()) return problem("/matchLabels/" + key, "a label's value is a string; quote it");
    const auto label = labels.find(key);
    const bool is_same = label != labels.end() && label->second == value.get<std::string>();
    if (is_same || first) continue;
    const std::string message = fmt::format("the selector wants {}={}, and {}", key, value.get<std::string>(), label_of(labels, key));
    first = Choice{false, "/matchLabels/" + key, message};
  }
  const json& expressions = kube::value_at(selector, "matchExpressions");
  if (!expressions.is_null() && !expressions.is_array()) return problem("/matchExpressions", "matchExpressions is a list");
  for (std::size_t i = 0; i < expressions.size(); ++i) {
    auto mismatch = match_expression(expressions[i], fmt::format("/matchExpressions/{}", i), labels);
    if (!mismatch) return mismatch;
    if (!first) first = std::move(*mismatch);
  }
  return first;
}

}  // namespace

tl::expected<bool, PlacementProblem> matches(const json& selector, const Labels& labels) {
  const auto mismatch = match(selector, labels);
  if (!mismatch) return tl::unexpected(mismatch.error());
  return !mismatch->has_value();
}

tl::expected<Placement, PlacementProblem> place(const json& placement, const fleet::Fleet& fleet) {
  Placement result;
  if (placement.is_null()) return result;
  if (!placement.is_object()) return problem("", "placement is a map with clusters or a clusterSelector");
  const std::vector<std::string> known{"clusters", "clusterSelector"};
  for (const auto& [key, value] : placement.items()) {
    if (std::ranges::find(known, key) == known.end())
      return problem("/" + key, fmt::format("unknown field '{}'{}", key, text::did_you_mean(key, known)));
  }
  const json& clusters = kube::value_at(placement, "clusters");
  if (!clusters.is_null()) {
    if (!clusters.is_array()) return problem("/clusters", "placement.clusters is a list of {name: CLUSTER}");
    const auto in_fleet = fleet.name_set();
    for (std::size_t i = 0; i < clusters.size(); ++i) {
      const std::string name = kube::string_at(clusters[i], "name");
      if (name.empty()) return problem(fmt::format("/clusters/{}", i), "each cluster of a placement needs a name");
      if (auto refused = fleet::problem_of_name(name)) return problem(fmt::format("/clusters/{}/name", i), *std::move(refused));
      if (!in_fleet.contains(name)) {
        result.unknown.push_back(name);
      } else {
        result.clusters.insert(name);
      }
    }
    return result;
  }
  const json& selector = kube::value_at(placement, "clusterSelector");
  if (selector.is_null()) return result;
  for (const fleet::Cluster& cluster : fleet.clusters) {
    auto matched = matches(selector, cluster.labels);
    if (!matched) return problem("/clusterSelector" + matched.error().part, matched.error().message);
    if (*matched) result.clusters.insert(cluster.name);
  }
  return result;
}

fleet::Fleet fleet_named_in(std::span<const manifest::Manifest> manifests) {
  fleet::Fleet found;
  std::set<std::string> known{"", "*"};
  const auto add = [&](const std::string& name) {
    if (known.insert(name).second) found.clusters.push_back({name, name, std::nullopt, {}});
  };
  for (const manifest::Manifest& manifest : manifests) {
    const kube::GroupVersionKind type = kube::gvk_of(manifest.object);
    const json spec = kube::map_at(manifest.object, "spec");
    if (is_federated(type)) {
      for (const json& cluster : kube::list_at(kube::map_at(spec, "placement"), "clusters")) add(kube::string_at(cluster, "name"));
    }
    if (!is_preference(type)) continue;
    for (const char* map : {"clusters", "minReplicas", "maxReplicas"}) {
      const json by_cluster = kube::map_at(spec, map);
      for (const auto& [name, ignored] : by_cluster.items()) add(name);
    }
  }
  return found;
}

Choice choice_of(const json& placement, const fleet::Cluster& cluster) {
  const json& clusters = kube::value_at(placement, "clusters");
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    if (kube::string_at(clusters[i], "name") == cluster.name) return {true, fmt::format("/clusters/{}", i), "placement.clusters names it"};
  }
  if (!clusters.is_null()) return {false, "/clusters", "placement.clusters does not name it"};
  const json& selector = kube::value_at(placement, "clusterSelector");
  if (selector.is_null()) return {false, "", "there is neither placement.clusters nor a clusterSelector"};
  const auto mismatch = match(selector, cluster.labels);
  if (mismatch && *mismatch) return {false, "/clusterSelector" + (*mismatch)->part, (*mismatch)->reason};
  return {true, "/clusterSelector",
          selector.empty() ? "the clusterSelector is empty, so it selects all" : "its labels match the clusterSelector"};
}

std::string to_text(const json& selector) {
  std::vector<std::string> parts;
  const json labels = kube::map_at(selector, "matchLabels");
  for (const auto& [name, value] : labels.items()) parts.push_back(name + "=" + kube::string_at(labels, name));
  for (const json& expression : kube::list_at(selector, "matchExpressions")) {
    const std::string key = kube::string_at(expression, "key");
    const std::string operation = kube::string_at(expression, "operator");
    std::vector<std::string> values;
    for (const json& value : kube::list_at(expression, "values")) {
      if (value.is_string()) values.push_back(value.get<std::string>());
    }
    if (operation == "In" || operation == "NotIn")
      parts.push_back(fmt::format("{} {} ({})", key, operation == "In" ? "in" : "notin", text::join(values, ",")));
    if (operation == "Exists") parts.push_back(key);
    if (operation == "DoesNotExist") parts.push_back("!" + key);
  }
  return text::join(parts, ",");
}

}  // namespace fedctl::federation
