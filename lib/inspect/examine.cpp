#include "inspect/examine.hpp"

#include "kube/dry_run.hpp"
#include "kube/local_apply.hpp"
#include "kube/managed_fields.hpp"
#include "kube/secret_words.hpp"
#include "kube/takeover.hpp"
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

/// A Namespace that is somebody else's is used as it is, unless it is to be adopted.
bool takes_over(const plan::Change& change, const json& live, const Examination& how) {
  const bool stays_theirs =
      change.key.group.empty() && change.key.kind == "Namespace" && !how.adopts && plan::ownership_of(live) == plan::Ownership::foreign;
  return how.takes_over && !stays_theirs && kube::is_to_be_taken_over(live);
}

/// What a takeover gives up is judged by what the server says of the object without it. The apply's own dry run cannot tell: it was made
/// without the takeover, and may even be refused for that, as where a port that goes and one that comes share a name.
Task<Done> dry_run_takeover(kube::Client& client, const plan::Change& change, Evidence& evidence) {
  if (evidence.refusal && evidence.refusal->code != Code::rejected) co_return Done{};
  const json target = evidence.would_be ? kube::without_predecessors_fields(*evidence.would_be)
                                        : kube::applied_locally(evidence.live, *change.desired, kube::fields_only_ours(evidence.live));
  const json operations = kube::operations_between(evidence.live, target);
  auto answer = co_await kube::dry_run_patch(client, *change.resource, change.key.name_space, change.key.name, operations);
  evidence.would_be.reset();
  evidence.refusal.reset();
  evidence.takes_over = true;
  if (answer) {
    evidence.would_be = std::move(*answer);
  } else {
    evidence.refusal = answer.error();
  }
  co_return Done{};
}

/// Known to be ours: read it and dry-run it at the same time.
Task<Evidence> examine_known(kube::Client& client, Item& item, Examination how) {
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
  if (takes_over(item.change, evidence.live, how)) co_await dry_run_takeover(client, item.change, evidence);
  co_return evidence;
}

/// Not found by our label: the dry run tells whether it exists; only then is it read.
Task<Evidence> examine_unlisted(kube::Client& client, Item& item, Examination how) {
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
  if (live && takes_over(item.change, *live, how)) co_await dry_run_takeover(client, item.change, evidence);
  co_return evidence;
}

/// What was sent is hidden by the client already, but a server may quote what it has.
void hide_secrets(Evidence& evidence, const std::string& kind) {
  for (std::optional<Error>* error : {&evidence.refusal, &evidence.field_conflict}) {
    if (*error) *error = kube::without_secrets(std::move(**error), kind, evidence.live);
  }
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
    const json fields = kube::is_to_be_taken_over(live) ? kube::fields_taken_over(live) : kube::applied_fields(live, kube::field_manager);
    const json& spec = kube::map_at(live, "spec");
    if (kube::owns_path(fields, {"spec", "replicas"}) && spec.contains("replicas")) object["spec"]["replicas"] = spec["replicas"];
  }
  return plan::with_mark(object, item.change.hash);
}

Task<Evidence> examine(kube::Client& client, Item& item, Examination how) {
  item.change.desired = object_to_send(item, nullptr);
  Evidence evidence;
  if (item.listed.is_null()) {
    evidence = co_await examine_unlisted(client, item, how);
  } else {
    evidence = co_await examine_known(client, item, how);
  }
  hide_secrets(evidence, item.change.key.kind);
  co_return evidence;
}

}  // namespace fedctl::inspect
