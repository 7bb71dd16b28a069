#include "apply/rollback.hpp"

#include "apply/order.hpp"
#include "kube/managed_fields.hpp"
#include "kube/owned_part.hpp"
#include "kube/takeover.hpp"
#include "plan/mark.hpp"

#include <fmt/format.h>

namespace fedctl::apply {
namespace {

using nlohmann::json;
using plan::Change;

std::string metadata_of(const json& object, const char* key) { return kube::string_at(kube::map_at(object, "metadata"), key); }

bool holds_others(const kube::ObjectKey& key) { return is_definition(key) || (key.group.empty() && key.kind == "Namespace"); }

/// What was ours and what is ours now, as it was before.
json as_it_was(const Change& change, const json& before, const json& live) {
  const json was_ours = change.takes_over ? kube::fields_taken_over(before) : kube::applied_fields(before, kube::field_manager);
  const json is_ours = kube::applied_fields(live, kube::field_manager);
  json part = kube::owned_part(before, kube::united(was_ours, is_ours));
  part["metadata"]["uid"] = metadata_of(before, "uid");
  return part;
}

}  // namespace

Task<Result<Done>> Rollback::keep(const Change& change) {
  auto before = co_await client_.get(*change.resource, change.key.name_space, change.key.name);
  const bool is_new = !before && before.error().code == Code::not_found;
  if (!before && !is_new) co_return Failure{before.error()};
  Kept kept;
  kept.change = &change;
  if (before) {
    kept.before = std::move(*before);
    kept.before["apiVersion"] = change.resource->type().api_version();
    kept.before["kind"] = change.resource->kind;
  }
  kept_.push_back(std::move(kept));
  co_return Done{};
}

Task<Rollback::Outcome> Rollback::go_back() {
  Outcome outcome;
  std::vector<const Kept*> changed;
  std::vector<const Kept*> created;
  for (const Kept& kept : kept_) (kept.before.is_null() ? created : changed).push_back(&kept);
  // First nothing may lean any more on what is then taken away.
  co_await go_back_all(std::move(changed), outcome);
  co_await go_back_all(std::move(created), outcome);
  co_return outcome;
}

Task<Done> Rollback::go_back_all(std::vector<const Kept*> some, Outcome& outcome) {
  std::vector<Task<Result<Step>>> tasks;
  for (const Kept* kept : some) tasks.push_back(go_back(*kept));
  const auto steps = co_await when_all(std::move(tasks));
  for (std::size_t i = 0; i < some.size(); ++i) {
    const Change& change = *some[i]->change;
    if (!steps[i]) {
      Error error = in_cluster(steps[i].error(), client_.cluster());
      error.object = kube::to_string(change.key);
      error.message = "it could not be rolled back: " + error.message;
      outcome.errors.push_back(std::move(error));
      continue;
    }
    if (*steps[i] == Step::nothing) continue;
    if (*steps[i] == Step::restored) ++outcome.restored;
    const std::string message = *steps[i] == Step::left     ? "stays, since others may use it by now"
                                : some[i]->before.is_null() ? "deleted again"
                                                            : "as it was before";
    listener_(
        {.type = Event::Type::rolled_back, .cluster = client_.cluster(), .key = change.key, .action = change.action, .message = message});
  }
  co_return Done{};
}

Task<Result<Rollback::Step>> Rollback::go_back(const Kept& kept) {
  const Change& change = *kept.change;
  auto live = co_await client_.get(*change.resource, change.key.name_space, change.key.name);
  const bool is_gone = !live && live.error().code == Code::not_found;
  if (is_gone && kept.before.is_null()) co_return Step::nothing;
  if (is_gone) co_return Failure{{Code::not_found, "somebody deleted it meanwhile"}};
  if (!live) co_return Failure{live.error()};
  json found = std::move(*live);
  if (kept.before.is_null()) co_return co_await take_away(kept, std::move(found));
  co_return co_await restore(kept, std::move(found));
}

Task<Result<Rollback::Step>> Rollback::take_away(const Kept& kept, json live) {
  const Change& change = *kept.change;
  // The write itself may have failed, and somebody else made it.
  if (plan::ownership_of(live) != plan::Ownership::ours) co_return Step::nothing;
  if (holds_others(change.key)) co_return Step::left;
  const kube::DeleteOptions options{.uid = metadata_of(live, "uid")};
  const auto removed = co_await client_.remove(*change.resource, change.key.name_space, change.key.name, options);
  if (!removed) co_return Failure{removed.error()};
  co_return Step::restored;
}

Task<Result<Rollback::Step>> Rollback::restore(const Kept& kept, json live) {
  const Change& change = *kept.change;
  if (metadata_of(live, "resourceVersion") == metadata_of(kept.before, "resourceVersion")) co_return Step::nothing;
  if (metadata_of(live, "uid") != metadata_of(kept.before, "uid"))
    co_return Failure{{Code::conflict, "somebody deleted it and made it again meanwhile"}};
  json object = as_it_was(change, kept.before, live);
  const auto applied = co_await client_.apply(*change.resource, std::move(object), {});
  if (!applied) co_return Failure{applied.error()};
  if (!change.takes_over) co_return Step::restored;
  const json operations = kube::give_back_operations(kept.before, applied->object);
  const auto given = co_await client_.patch(*change.resource, change.key.name_space, change.key.name, operations);
  if (!given) co_return Failure{given.error()};
  co_return Step::restored;
}

}  // namespace fedctl::apply
