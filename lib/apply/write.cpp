#include "apply/write.hpp"

#include "http/rest.hpp"
#include "kube/answer.hpp"
#include "kube/managed_fields.hpp"
#include "kube/patch_as_read.hpp"
#include "kube/takeover.hpp"
#include "plan/mark.hpp"
#include "plan/release.hpp"

#include <chrono>

namespace fedctl::apply {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;
using plan::Action;
using plan::Change;

/// How long a type whose definition was just established may take until its requests are served.
constexpr std::chrono::seconds type_patience{15};

std::string hash_of(const json& object) { return kube::metadata_entry(object, "annotations", plan::hash_annotation); }

Awaited awaited_of(const json& object) { return {kube::uid_of(object), kube::integer_in(object, "/metadata/generation", 0)}; }

Task<Result<Written>> remove(kube::Client& client, const Change& change) {
  const kube::DeleteOptions options{.propagation = kube::Propagation::background, .uid = change.uid};
  const auto removed = co_await client.remove(*change.resource, change.key.name_space, change.key.name, options);
  if (!removed) co_return Failure{removed.error()};
  Written written;
  written.removal = *removed;
  co_return written;
}

/// What is gone already need not be let go.
Task<Result<Done>> release(kube::Client& client, const Change& change) {
  const kube::OperationsFor release = [](const json& live) { return Result<json>{plan::release_operations(live)}; };
  auto released = co_await kube::patch_as_read(client, *change.resource, change.key.name_space, change.key.name, release);
  if (!released && released.error().code == Code::not_found) co_return Done{};
  co_return released;
}

Task<Result<Done>> take_over(kube::Client& client, const Change& change) {
  const kube::OperationsFor take = [](const json& live) {
    return Result<json>{kube::has_predecessor(live) ? kube::takeover_operations(live) : json{}};
  };
  co_return co_await kube::patch_as_read(client, *change.resource, change.key.name_space, change.key.name, take);
}

/// A type whose definition was just established is waited for until its requests are served.
Task<Result<kube::Applied>> apply(kube::Client& client, const Change& change, const json& object, kube::ApplyOptions options) {
  const auto until = Clock::now() + type_patience;
  while (true) {
    auto applied = co_await client.apply(*change.resource, object, options);
    const bool is_new_type =
        !applied && !change.checked && applied.error().code == Code::not_found && !kube::is_missing_namespace(applied.error());
    if (!is_new_type || Clock::now() > until) co_return applied;
    const http::Rest rest = co_await http::rest(client.loop(), time::Duration{200});
    if (rest == http::Rest::interrupted) co_return applied;
  }
}

/// Takes our fields out of an object that somebody else made. They were added without force, so all others are as they were.
Task<Result<Written>> step_back(kube::Client& client, const Change& change, std::string uid) {
  json nothing{{"apiVersion", change.resource->type().api_version()},
               {"kind", change.resource->kind},
               {"metadata", {{"name", change.key.name}, {"uid", uid}}}};
  if (!change.key.name_space.empty()) nothing["metadata"]["namespace"] = change.key.name_space;
  const kube::ApplyOptions options{.force = false};
  const auto done = co_await client.apply(*change.resource, std::move(nothing), options);
  Error error{.code = Code::conflict, .message = "somebody made it since it was planned", .hint = "plan again; --adopt takes it over"};
  error.uncertain = !done;
  co_return Failure{std::move(error)};
}

Task<Result<Written>> create(kube::Client& client, const Change& change) {
  // What is to be created is nobody's yet, so there is nothing to take from anybody.
  const kube::ApplyOptions options{.force = false};
  const auto applied = co_await apply(client, change, *change.desired, options);
  if (!applied) co_return Failure{applied.error()};
  const std::string uid = kube::uid_of(applied->object);
  Written written;
  written.awaited = awaited_of(applied->object);
  if (applied->created) {
    written.created = uid;
    co_return written;
  }
  // It was there: by an attempt before this one, by another of our applies, or by somebody else.
  const bool is_of_others = !applied->is_repeated && !is_ours_alone(applied->object);
  if (is_of_others) co_return co_await step_back(client, change, uid);
  co_return written;
}

Task<Result<Written>> update(kube::Client& client, const Change& change) {
  if (change.takes_over) {
    const auto taken = co_await take_over(client, change);
    if (!taken) co_return Failure{taken.error()};
  }
  json object = *change.desired;
  // With its UID in it the server refuses to touch an object that was deleted and made again since.
  if (!change.uid.empty()) object["metadata"]["uid"] = change.uid;
  const kube::ApplyOptions options{};
  const auto applied = co_await apply(client, change, object, options);
  if (!applied) {
    Error error = applied.error();
    // Taking over was a write of its own.
    error.uncertain = error.uncertain || change.takes_over;
    co_return Failure{std::move(error)};
  }
  const std::string hash = hash_of(object);
  if (!hash.empty() && hash_of(applied->object) != hash) {
    Error error = kube::not_understood("an object that is not as it was written");
    error.uncertain = true;
    co_return Failure{std::move(error)};
  }
  Written written;
  written.awaited = awaited_of(applied->object);
  co_return written;
}

}  // namespace

bool is_ours_alone(const json& live) {
  return plan::ownership_of(live) == plan::Ownership::ours && kube::applied_entry(live, kube::field_manager) &&
         kube::writers(live, kube::field_manager).empty();
}

Task<Result<Written>> write(kube::Client& client, const Change& change) {
  const bool is_new = change.action == Action::create && !change.release && !change.takes_over;
  if (is_new) co_return co_await create(client, change);
  if (change.action == Action::remove) co_return co_await remove(client, change);
  if (!change.release) co_return co_await update(client, change);
  const auto released = co_await release(client, change);
  if (!released) co_return Failure{released.error()};
  co_return Written{};
}

}  // namespace fedctl::apply
