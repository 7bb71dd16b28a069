#include "kube/departure.hpp"

#include "base/printable.hpp"
#include "base/text.hpp"
#include "http/rest.hpp"
#include "kube/discovery.hpp"

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
/// However little time is left, there is one look.
constexpr time::Duration shortest_look{1'000};
/// Of each of what keeps an object.
constexpr std::size_t longest_text = 300;

/// "NamespaceContentRemaining", "NamespaceFinalizersRemaining": what the namespace controller found in it.
std::vector<std::string> remaining_in(const json& name_space) {
  std::vector<std::string> found;
  for (const json& condition : list_at(value_at(name_space, "status"), "conditions")) {
    const bool remains = string_at(condition, "type").ends_with("Remaining") && string_at(condition, "status") == "True";
    if (remains) found.push_back(text::shortened(string_at(condition, "message"), longest_text));
  }
  return found;
}

bool is_passing(const Error& error) {
  return error.code == Code::unreachable || error.code == Code::timeout || error.code == Code::rejected;
}

std::string still_there(const std::string& what, bool is_going) {
  if (!is_going) return "it is still there, and nothing says that it is being deleted";
  return what.empty() ? "it is still being deleted" : fmt::format("it is still being deleted, kept by {}", what);
}

}  // namespace

std::string kept_by(const json& object) {
  if (string_at(object, "kind") == "Namespace") {
    if (const auto remaining = remaining_in(object); !remaining.empty()) return "what is in it: " + text::listed(remaining);
  }
  std::vector<std::string> names;
  for (const json& name : list_at(value_at(object, "metadata"), "finalizers")) {
    names.push_back(name.is_string() ? text::shortened(name.get<std::string>(), longest_text) : "?");
  }
  if (names.empty()) return "";
  return fmt::format("{} {}", names.size() == 1 ? "its finalizer" : "its finalizers", text::listed(names));
}

Task<Result<Done>> wait_until_gone(Client& client, Resource resource, std::string name_space, std::string name, std::string uid,
                                   time::Duration timeout, OnKept on_kept) {
  const auto deadline = Clock::now() + timeout;
  const bool is_whole = resource.kind == "Namespace";
  const std::string object = to_string(ObjectKey{resource.group, resource.kind, name_space, name});
  std::string kept;
  time::Duration pace = shortest_pace;
  while (true) {
    const auto left = std::chrono::duration_cast<time::Duration>(deadline - Clock::now());
    const auto live = co_await client.get(resource, name_space, name, !is_whole, std::max(left, shortest_look));
    if (!live && live.error().code == Code::not_found) {
      const auto absent = co_await confirm_absent(client, resource, name, live.error());
      if (absent || (!is_passing(absent.error()) && absent.error().code != Code::not_kubernetes) || left.count() <= 0) co_return absent;
    }
    const bool is_odd = !live && live.error().code == Code::not_found;
    if (!live && !is_odd && !is_passing(live.error())) co_return Failure{live.error()};
    const std::string found = live ? uid_of(*live) : uid;
    if (!uid.empty() && !found.empty() && found != uid) co_return Done{};
    const std::string now = live ? kept_by(*live) : kept;
    if (now != kept && on_kept) on_kept(now);
    kept = now;
    if (left.count() <= 0 && !live) co_return Failure{live.error()};
    if (left.count() <= 0)
      co_return Failure{
          {.code = Code::timeout, .message = still_there(kept, is_going(*live)), .cluster = client.cluster(), .object = object}};
    const http::Rest rest = co_await http::rest(client.loop(), std::min(pace, left));
    if (rest == http::Rest::interrupted)
      co_return Failure{{.code = Code::cancelled, .message = "interrupted", .cluster = client.cluster(), .object = object}};
    pace = std::min(pace * 2, longest_pace);
  }
}

}  // namespace fedctl::kube
