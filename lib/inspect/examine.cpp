#include "inspect/examine.hpp"

#include "kube/managed_fields.hpp"
#include "plan/mark.hpp"

#include <utility>

namespace fedctl::inspect {
namespace {

using nlohmann::json;
using plan::Evidence;

json without_replicas(json object) {
  if (object.contains("spec") && object["spec"].is_object()) object["spec"].erase("replicas");
  return object;
}

Task<Result<kube::Applied>> dry_run(kube::Client& client, const plan::Change& change, bool force) {
  const kube::ApplyOptions options{.dry_run = true, .force = force};
  co_return co_await client.apply(*change.resource, *change.desired, options);
}

Task<Result<json>> read(kube::Client& client, const plan::Change& change) {
  co_return co_await client.get(*change.resource, change.key.name_space, change.key.name);
}

/// A dry run and a read as one kind of task, so that they can be awaited together.
struct Answer {
  Result<json> object = json();
  bool created = false;
};

Task<Answer> dry_run_answer(kube::Client& client, const plan::Change& change, bool force) {
  Result<kube::Applied> applied = co_await dry_run(client, change, force);
  if (!applied) co_return Answer{Failure{applied.error()}, false};
  co_return Answer{std::move(applied->object), applied->created};
}

Task<Answer> read_answer(kube::Client& client, const plan::Change& change) {
  Result<json> object = co_await read(client, change);
  co_return Answer{std::move(object), false};
}

void take_dry_run(Evidence& evidence, Answer& answer) {
  if (answer.object) {
    evidence.would_be = std::move(*answer.object);
  } else {
    evidence.refusal = answer.object.error();
  }
}

/// Known to be ours: read it and dry-run it at the same time.
Task<Evidence> examine_known(kube::Client& client, Item& item) {
  Evidence evidence;
  std::vector<Task<Answer>> tasks;
  if (item.desired->retain_replicas) {
    const auto live = co_await read(client, item.change);
    item.change.desired = object_to_send(item, live.value_or(item.listed));
  }
  tasks.push_back(read_answer(client, item.change));
  tasks.push_back(dry_run_answer(client, item.change, true));
  if (!kube::other_appliers(item.listed, kube::field_manager).empty()) tasks.push_back(dry_run_answer(client, item.change, false));
  std::vector<Answer> answers = co_await when_all(std::move(tasks));
  if (!answers[0].object && answers[0].object.error().code != Code::not_found) {
    evidence.live = item.listed;
    evidence.refusal = answers[0].object.error();
    co_return evidence;
  }
  evidence.live = answers[0].object.value_or(nullptr);
  take_dry_run(evidence, answers[1]);
  if (answers.size() > 2 && !answers[2].object && answers[2].object.error().code == Code::conflict) {
    evidence.field_conflict = answers[2].object.error();
  }
  co_return evidence;
}

/// Not found by our label: the dry run tells whether it exists; only then is it read.
Task<Evidence> examine_unlisted(kube::Client& client, Item& item) {
  Evidence evidence;
  Answer answer = co_await dry_run_answer(client, item.change, true);
  const bool is_new = answer.created || (!answer.object && kube::is_missing_namespace(answer.object.error()));
  take_dry_run(evidence, answer);
  if (is_new) co_return evidence;
  const auto live = co_await read(client, item.change);
  if (live) {
    evidence.live = *live;
  } else if (live.error().code != Code::not_found) {
    evidence.would_be.reset();
    evidence.refusal = live.error();
  }
  if (live && item.desired->retain_replicas && evidence.would_be) {
    item.change.desired = object_to_send(item, *live);
    Answer again = co_await dry_run_answer(client, item.change, true);
    evidence.would_be.reset();
    take_dry_run(evidence, again);
  }
  co_return evidence;
}

}  // namespace

std::string hash_of(const federation::DesiredObject& desired) {
  return desired.retain_replicas ? plan::hash_of(without_replicas(*desired.content->get())) : desired.content->digest();
}

std::shared_ptr<const json> object_to_send(const Item& item, const json& live) {
  const federation::Content& content = *item.desired->content;
  if (item.change.resource->type().api_version() == item.desired->api_version && !item.desired->retain_replicas) {
    const std::string& hash = item.change.hash;
    return content.shared([&content, &hash] { return plan::with_mark(*content.get(), hash); });
  }
  json object = *content.get();
  if (item.change.resource->type().api_version() != kube::string_at(object, "apiVersion")) {
    object["apiVersion"] = item.change.resource->type().api_version();
  }
  if (item.desired->retain_replicas && !live.is_null()) {
    object = without_replicas(std::move(object));
    const bool ours = kube::owns_path(kube::applied_fields(live, kube::field_manager), {"spec", "replicas"});
    const json spec = live.value("spec", json::object());
    if (ours && spec.contains("replicas")) object["spec"]["replicas"] = spec["replicas"];
  }
  return plan::with_mark(object, item.change.hash);
}

Task<Evidence> examine(kube::Client& client, Item& item) {
  item.change.desired = object_to_send(item, nullptr);
  if (item.listed.is_null()) co_return co_await examine_unlisted(client, item);
  co_return co_await examine_known(client, item);
}

}  // namespace fedctl::inspect
