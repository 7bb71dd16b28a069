#include "federation/role_mark.hpp"

#include "kube/object.hpp"

#include <fmt/format.h>
#include <charconv>

namespace fedctl::federation {
namespace {

constexpr std::string_view before_token = " token ";
constexpr std::string_view before_active = " active ";

/// The mark that one item of a cluster's overrides puts on the copy.
std::optional<RoleMark> mark_of_override(const nlohmann::json& item) {
  if (kube::string_at(item, "op") == "remove") return std::nullopt;
  const std::string path = kube::string_at(item, "path");
  if (path == failover_annotation_path) return parse_role_mark(kube::string_at(item, "value"));
  if (path == annotations_path) return parse_role_mark(kube::string_at(kube::map_at(item, "value"), failover_annotation));
  return std::nullopt;
}

}  // namespace

std::string to_string(const RoleMark& mark) {
  return fmt::format("{}{}{}{}{}", mark.policy, before_token, mark.token, before_active, mark.active);
}

std::optional<RoleMark> parse_role_mark(std::string_view text) {
  const auto token = text.find(before_token);
  if (token == std::string_view::npos) return std::nullopt;
  const auto active = text.find(before_active, token);
  if (active == std::string_view::npos || active < token + before_token.size()) return std::nullopt;
  RoleMark mark{.policy = std::string{text.substr(0, token)}, .active = std::string{text.substr(active + before_active.size())}};
  const std::string_view number = text.substr(token + before_token.size(), active - token - before_token.size());
  const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), mark.token);
  const bool is_number = problem == std::errc{} && end == number.data() + number.size() && mark.token > 0;
  if (!is_number || mark.policy.find(' ') != std::string::npos || mark.policy.empty() || mark.active.empty()) return std::nullopt;
  return mark;
}

std::map<std::string, RoleMark> role_marks(const nlohmann::json& object) {
  std::map<std::string, RoleMark> marks;
  if (!kube::string_at(object, "kind").starts_with("Federated")) {
    if (auto mark = parse_role_mark(kube::metadata_entry(object, "annotations", failover_annotation))) marks.emplace("", std::move(*mark));
    return marks;
  }
  for (const nlohmann::json& entry : kube::list_at(kube::map_at(object, "spec"), "overrides")) {
    for (const nlohmann::json& item : kube::list_at(entry, "clusterOverrides")) {
      // A later override of one path wins, as when it is rendered.
      if (auto mark = mark_of_override(item)) marks.insert_or_assign(kube::string_at(entry, "clusterName"), std::move(*mark));
    }
  }
  return marks;
}

}  // namespace fedctl::federation
