#include "federation/placement.hpp"

#include "base/text.hpp"
#include "kube/object.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::federation {
namespace {

using nlohmann::json;
using Labels = std::map<std::string, std::string>;

tl::unexpected<PlacementProblem> problem(std::string part, std::string message) {
  return tl::unexpected(PlacementProblem{std::move(part), std::move(message)});
}

tl::expected<bool, PlacementProblem> match_expression(const json& expression, const std::string& part, const Labels& labels) {
  const std::string key = kube::string_at(expression, "key");
  const std::string name = kube::string_at(expression, "operator");
  const json values = expression.is_object() ? expression.value("values", json::array()) : json::array();
  if (key.empty()) return problem(part, "a match expression needs a 'key'");
  const auto label = labels.find(key);
  const bool exists = label != labels.end();
  if (name == "Exists" || name == "DoesNotExist") {
    if (!values.empty()) return problem(part + "/values", fmt::format("the operator {} takes no values", name));
    return exists == (name == "Exists");
  }
  if (name != "In" && name != "NotIn")
    return problem(part, fmt::format("the operator '{}' is none of In, NotIn, Exists, DoesNotExist", name));
  if (!values.is_array() || values.empty()) return problem(part, fmt::format("the operator {} needs 'values'", name));
  const bool is_in = exists && std::ranges::find(values, json(label->second)) != values.end();
  return is_in == (name == "In");
}

}  // namespace

tl::expected<bool, PlacementProblem> matches(const json& selector, const Labels& labels) {
  if (!selector.is_object()) return problem("", "a cluster selector is a map");
  for (const auto& [key, value] : selector.items()) {
    if (key != "matchLabels" && key != "matchExpressions") {
      return problem("/" + key, fmt::format("unknown field '{}': a selector has matchLabels and matchExpressions", key));
    }
  }
  const json wanted = selector.value("matchLabels", json());
  if (!wanted.is_null() && !wanted.is_object()) return problem("/matchLabels", "matchLabels is a map");
  bool all = true;
  for (const auto& [key, value] : wanted.items()) {
    if (!value.is_string()) return problem("/matchLabels/" + key, "a label's value is a string; quote it");
    const auto label = labels.find(key);
    all = all && label != labels.end() && label->second == value.get<std::string>();
  }
  const json expressions = selector.value("matchExpressions", json());
  if (!expressions.is_null() && !expressions.is_array()) return problem("/matchExpressions", "matchExpressions is a list");
  for (std::size_t i = 0; i < expressions.size(); ++i) {
    const auto matched = match_expression(expressions[i], fmt::format("/matchExpressions/{}", i), labels);
    if (!matched) return matched;
    all = all && *matched;
  }
  return all;
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
  const json clusters = placement.value("clusters", json());
  if (!clusters.is_null()) {
    if (!clusters.is_array()) return problem("/clusters", "placement.clusters is a list of {name: CLUSTER}");
    for (std::size_t i = 0; i < clusters.size(); ++i) {
      const std::string name = kube::string_at(clusters[i], "name");
      if (name.empty()) return problem(fmt::format("/clusters/{}", i), "each cluster of a placement needs a name");
      if (fleet.find(name) == nullptr) {
        result.unknown.push_back(name);
      } else {
        result.clusters.insert(name);
      }
    }
    return result;
  }
  const json selector = placement.value("clusterSelector", json());
  if (selector.is_null()) return result;
  for (const fleet::Cluster& cluster : fleet.clusters) {
    auto matched = matches(selector, cluster.labels);
    if (!matched) return problem("/clusterSelector" + matched.error().part, matched.error().message);
    if (*matched) result.clusters.insert(cluster.name);
  }
  return result;
}

}  // namespace fedctl::federation
