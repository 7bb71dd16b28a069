#include "kube/departure.hpp"

#include "base/text.hpp"
#include "http/rest.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <chrono>
#include <vector>

namespace fedctl::kube {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr time::Duration shortest_pace{100};
constexpr time::Duration longest_pace{2'000};

/// "NamespaceContentRemaining", "NamespaceFinalizersRemaining": what the namespace controller found in it.
std::vector<std::string> remaining_in(const json& name_space) {
  std::vector<std::string> found;
  for (const json& condition : list_at(value_at(name_space, "status"), "conditions")) {
    const bool remains = string_at(condition, "type").ends_with("Remaining") && string_at(condition, "status") == "True";
    if (remains) found.push_back(string_at(condition, "message"));
  }
  return found;
}

bool is_passing(const Error& error) {
  return error.code == Code::unreachable || error.code == Code::timeout || error.code == Code::rejected;
}

Error still_there(const std::string& what) {
  return {Code::timeout, what.empty() ? "it is still being deleted" : fmt::format("it is still being deleted, kept by {}", what)};
}

}  // namespace

std::string kept_by(const json& object) {
  if (string_at(object, "kind") == "Namespace") {
    if (const auto remaining = remaining_in(object); !remaining.empty()) return "what is in it: " + text::join(remaining, "; ");
  }
  std::vector<std::string> names;
  for (const json& name : list_at(value_at(object, "metadata"), "finalizers"))
    names.push_back(name.is_string() ? name.get<std::string>() : "?");
  if (names.empty()) return "";
  return fmt::format("{} {}", names.size() == 1 ? "its finalizer" : "its finalizers", text::join(names, ", "));
}

Task<Result<Done>> wait_until_gone(Client& client, Resource resource, std::string name_space, std::string name, std::string uid,
                                   time::Duration timeout, OnKept on_kept) {
  const auto deadline = Clock::now() + timeout;
  const bool is_whole = resource.kind == "Namespace";
  std::string kept;
  time::Duration pace = shortest_pace;
  while (true) {
    const auto live = co_await client.get(resource, name_space, name, !is_whole);
    if (!live && live.error().code == Code::not_found) co_return Done{};
    if (!live && !is_passing(live.error())) co_return Failure{live.error()};
    const std::string found = live ? uid_of(*live) : uid;
    if (!uid.empty() && !found.empty() && found != uid) co_return Done{};
    const std::string now = live ? kept_by(*live) : kept;
    if (now != kept && on_kept) on_kept(now);
    kept = now;
    const auto left = std::chrono::duration_cast<time::Duration>(deadline - Clock::now());
    if (left.count() <= 0 && !live) co_return Failure{live.error()};
    if (left.count() <= 0) co_return Failure{in_cluster(still_there(kept), client.cluster())};
    const http::Rest rest = co_await http::rest(client.loop(), std::min(pace, left));
    if (rest == http::Rest::interrupted) co_return Failure{in_cluster({Code::cancelled, "interrupted"}, client.cluster())};
    pace = std::min(pace * 2, longest_pace);
  }
}

}  // namespace fedctl::kube
