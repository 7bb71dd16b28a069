#include "apply/rollback.hpp"

#include "apply/order.hpp"
#include "apply/write.hpp"
#include "kube/departure.hpp"
#include "kube/managed_fields.hpp"
#include "kube/owned_part.hpp"
#include "kube/patch_as_read.hpp"
#include "kube/takeover.hpp"
#include "plan/mark.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::apply {
namespace {

using nlohmann::json;
using plan::Change;

/// How long what was created may take to go again.
constexpr time::Duration departure_patience{10'000};

Error made_again() { return {Code::conflict, "somebody deleted it and made it again meanwhile"}; }

Error changed_since_planned(std::string what) {
  return {.code = Code::conflict, .message = std::move(what) + " since it was planned", .hint = "plan again"};
}

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
  const bool is_as_planned = is_new == (change.action == plan::Action::create);
  if (!is_as_planned) co_return Failure{changed_since_planned(is_new ? "somebody deleted it" : "somebody made it")};
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

void Rollback::wrote(const Change& change, std::string created) {
  const auto found = std::ranges::find(kept_, &change, &Kept::change);
  if (found == kept_.end()) return;
  found->is_written = true;
  found->created = std::move(created);
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
  for (const Kept* kept : some) tasks.push_back(go_back_surely(*kept));
  const auto steps = co_await when_all(std::move(tasks));
  for (std::size_t i = 0; i < some.size(); ++i) {
    const Change& change = *some[i]->change;
    if (!steps[i]) {
      Error error = in_cluster(steps[i].error(), client_.cluster());
      error.object = kube::to_string(change.key);
      error.message = (error.uncertain ? "it may not have been rolled back: " : "it could not be rolled back: ") + error.message;
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

Task<Result<Rollback::Step>> Rollback::go_back_surely(const Kept& kept) {
  const auto first = co_await go_back(kept);
  if (first || !first.error().uncertain) co_return first;
  const auto second = co_await go_back(kept);
  // Nothing is left to do where the first one was done.
  if (second && *second == Step::nothing) co_return Step::restored;
  co_return second;
}

Task<Result<Rollback::Step>> Rollback::go_back(const Kept& kept) {
  if (!kept.is_written) co_return Step::nothing;
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
  if (!kept.created.empty() && metadata_of(live, "uid") != kept.created) co_return Step::nothing;
  if (kept.created.empty() && plan::ownership_of(live) != plan::Ownership::ours) co_return Step::nothing;
  if (kept.created.empty() && !is_ours_alone(live)) {
    co_return Failure{{Code::conflict, "no answer tells who created it, and others wrote it too, so it was left alone"}};
  }
  if (holds_others(change.key)) co_return Step::left;
  const kube::DeleteOptions options{.uid = metadata_of(live, "uid")};
  const auto removed = co_await client_.remove(*change.resource, change.key.name_space, change.key.name, options);
  if (!removed) co_return Failure{removed.error()};
  const auto gone =
      co_await kube::wait_until_gone(client_, *change.resource, change.key.name_space, change.key.name, options.uid, departure_patience);
  if (!gone) co_return Failure{gone.error()};
  co_return Step::restored;
}

Task<Result<Rollback::Step>> Rollback::restore(const Kept& kept, json live) {
  const Change& change = *kept.change;
  if (metadata_of(live, "resourceVersion") == metadata_of(kept.before, "resourceVersion")) co_return Step::nothing;
  if (metadata_of(live, "uid") != metadata_of(kept.before, "uid")) co_return Failure{made_again()};
  json object = as_it_was(change, kept.before, live);
  const auto applied = co_await client_.apply(*change.resource, std::move(object), {});
  if (!applied) co_return Failure{applied.error()};
  if (!change.takes_over) co_return Step::restored;
  co_return co_await give_back(kept);
}

Task<Result<Rollback::Step>> Rollback::give_back(const Kept& kept) {
  const Change& change = *kept.change;
  const kube::OperationsFor give = [&](const json& live) -> Result<json> {
    if (metadata_of(live, "uid") != metadata_of(kept.before, "uid")) return Failure{made_again()};
    return kube::give_back_operations(kept.before, live);
  };
  const auto given = co_await kube::patch_as_read(client_, *change.resource, change.key.name_space, change.key.name, give);
  if (!given) co_return Failure{given.error()};
  co_return Step::restored;
}

}  // namespace fedctl::apply
