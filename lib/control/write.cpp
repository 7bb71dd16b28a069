#include "control/write.hpp"

#include "base/text.hpp"
#include "control/names.hpp"
#include "http/rest.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>

namespace fedctl::control {
namespace {

/// A watch that ends at once must not make its waiter ask without a pause.
constexpr time::Duration between_watches{200};

}  // namespace

using nlohmann::json;

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::created: return "created";
    case Outcome::updated: return "updated";
    case Outcome::deleted: return "deleted";
    case Outcome::deleting: return "being deleted";
    case Outcome::unchanged: break;
  }
  return "unchanged";
}

Outcome outcome_of(const kube::Removal& removal) { return removal.is_gone ? Outcome::deleted : Outcome::deleting; }

std::string name_of(const kube::Resource& resource, const std::string& name) {
  const std::string kind = text::lower(resource.kind);
  return fmt::format("{}{}{}/{}", kind, resource.group.empty() ? "" : ".", resource.group, name);
}

std::string maker_of(const json& live) { return kube::metadata_entry(live, "annotations", made_by_annotation); }

Task<Result<Put>> put(kube::Client& client, kube::Resource resource, json object, PutOptions how) {
  const auto before = co_await client.get(resource, kube::namespace_of(object), kube::name_of(object), true);
  if (!before && before.error().code != Code::not_found) co_return Failure{before.error()};
  const std::string maker = before ? maker_of(*before) : how.made_by;
  if (!maker.empty()) object["metadata"]["annotations"][std::string{made_by_annotation}] = maker;
  const kube::ApplyOptions options{.dry_run = how.dry_run};
  auto applied = co_await client.apply(resource, object, options);
  if (!applied) co_return Failure{applied.error()};
  if (!before) co_return Put{std::move(applied->object), Outcome::created};
  const auto version = [](const json& one) { return kube::string_at(kube::map_at(one, "metadata"), "resourceVersion"); };
  const bool same = version(*before) == version(applied->object);
  co_return Put{std::move(applied->object), same ? Outcome::unchanged : Outcome::updated};
}

Task<Result<json>> wait_for(kube::Client& client, kube::Resource resource, std::string name_space, std::string name, Condition good,
                            time::Duration timeout, std::string what) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const kube::ListOptions only{.name_space = name_space, .field_selector = "metadata.name=" + name};
  while (true) {
    const auto left = std::chrono::duration_cast<time::Duration>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0 || client.loop().interrupted()) {
      const Code code = client.loop().interrupted() ? Code::cancelled : Code::timeout;
      co_return Failure{
          {code, fmt::format("{} within {}", what, time::format_duration(timeout)), "", client.cluster(), name_of(resource, name)}};
    }
    auto listed = co_await client.list(resource, only);
    if (!listed) co_return Failure{listed.error()};
    if (!listed->items.empty() && good(listed->items.front())) co_return std::move(listed->items.front());
    json found;
    const auto watched =
        co_await client.watch(resource, only, listed->resource_version, left, [&](const std::string& type, const json& object) {
          if (type == "ERROR") return false;
          if ((type != "ADDED" && type != "MODIFIED") || !good(object)) return true;
          found = object;
          return false;
        });
    if (!found.is_null()) co_return found;
    const http::Rest rest = co_await http::rest(client.loop(), between_watches);
    if (rest == http::Rest::interrupted) continue;
    if (!watched && watched.error().code != Code::unreachable && watched.error().code != Code::timeout) co_return Failure{watched.error()};
  }
}

bool has_condition(const json& object, std::string_view type) {
  return std::ranges::any_of(kube::list_at(kube::map_at(object, "status"), "conditions"), [&](const json& condition) {
    return kube::string_at(condition, "type") == type && kube::string_at(condition, "status") == "True";
  });
}

}  // namespace fedctl::control
