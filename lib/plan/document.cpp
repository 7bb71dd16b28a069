#include "plan/document.hpp"

#include <fmt/format.h>
#include <array>
#include <optional>

namespace fedctl::plan {
namespace {

using nlohmann::json;

constexpr const char* api_version = "fedctl.io/v1alpha1";

json to_document(const Summary& summary) {
  return {{"create", summary.create},       {"update", summary.update},     {"delete", summary.remove},
          {"unchanged", summary.unchanged}, {"conflict", summary.conflict}, {"unknown", summary.unknown}};
}

json to_document(const kube::Writer& writer) {
  return {{"manager", writer.manager}, {"operation", writer.operation}, {"time", writer.time}};
}

json to_document(const FieldChange& field) {
  json item{{"path", field.path}};
  if (field.old_value) item["old"] = *field.old_value;
  if (field.new_value) item["new"] = *field.new_value;
  if (field.sensitive) item["sensitive"] = true;
  if (field.drifted) item["drifted"] = true;
  if (field.changed_by) item["changedBy"] = to_document(*field.changed_by);
  if (!field.reason.empty()) item["reason"] = field.reason;
  return item;
}

void add_whole(json& result, const Change& change) {
  result["uid"] = change.uid;
  result["resourceVersion"] = change.resource_version;
  result["hash"] = change.hash;
  result["group"] = change.key.group;
  if (change.release) result["release"] = true;
  if (change.adopts) result["adopts"] = true;
  if (change.before) result["before"] = *change.before;
  if (change.after) result["after"] = *change.after;
  for (const kube::Writer& writer : change.writers) result["writers"].push_back(to_document(writer));
}

json to_document(const Change& change, Detail detail) {
  json fields = json::array();
  for (const FieldChange& field : change.fields) fields.push_back(to_document(field));
  json object{{"apiVersion", change.api_version}, {"kind", change.key.kind}, {"name", change.key.name}};
  if (!change.key.name_space.empty()) object["namespace"] = change.key.name_space;
  json result{
      {"action", to_string(change.action)}, {"object", std::move(object)}, {"fields", std::move(fields)}, {"checked", change.checked}};
  if (!change.note.empty()) result["note"] = change.note;
  if (change.reason) result["reason"] = to_string(*change.reason);
  if (detail == Detail::whole) add_whole(result, change);
  return result;
}

json to_document(const ClusterPlan& cluster, Detail detail) {
  json changes = json::array();
  for (const Change& change : cluster.changes) changes.push_back(to_document(change, detail));
  json result{{"name", cluster.name},
              {"status", to_string(cluster.status)},
              {"changes", std::move(changes)},
              {"summary", to_document(summary_of(cluster))}};
  if (cluster.problem) {
    result["reason"] = to_string(cluster.problem->code);
    result["message"] = cluster.problem->message;
  }
  if (detail == Detail::whole) result["identity"] = cluster.identity;
  for (const Error& error : cluster.errors) result["errors"].push_back(plan::to_document(error));
  return result;
}

template <typename Enum, std::size_t count>
Enum named(const json& object, const char* key, const std::array<Enum, count>& all) {
  const std::string name = object.at(key).get<std::string>();
  for (const Enum value : all) {
    if (to_string(value) == name) return value;
  }
  throw json::other_error::create(501, fmt::format("'{}' is no {}", name, key), &object);
}

Code code_of(std::string_view name) {
  for (int code = 0; code <= static_cast<int>(Code::internal); ++code) {
    if (to_string(static_cast<Code>(code)) == name) return static_cast<Code>(code);
  }
  return Code::internal;
}

Error read_error(const json& document) {
  Error error{.code = code_of(kube::string_at(document, "code"))};
  error.message = kube::string_at(document, "message");
  error.place = kube::string_at(document, "place");
  error.object = kube::string_at(document, "object");
  error.hint = kube::string_at(document, "hint");
  return error;
}

kube::Writer read_writer(const json& document) {
  return {kube::string_at(document, "manager"), kube::string_at(document, "operation"), kube::string_at(document, "time")};
}

FieldChange read_field(const json& document) {
  FieldChange field{.path = document.at("path").get<std::string>()};
  if (document.contains("old")) field.old_value = document["old"];
  if (document.contains("new")) field.new_value = document["new"];
  field.sensitive = document.value("sensitive", false);
  field.drifted = document.value("drifted", false);
  if (document.contains("changedBy")) field.changed_by = read_writer(document["changedBy"]);
  field.reason = kube::string_at(document, "reason");
  return field;
}

std::shared_ptr<const json> read_object(const json& document, const char* key) {
  return document.contains(key) ? std::make_shared<const json>(document[key]) : nullptr;
}

Change read_change(const json& document) {
  constexpr std::array actions{Action::create, Action::update, Action::remove, Action::unchanged, Action::conflict, Action::unknown};
  const json& object = document.at("object");
  Change change{.action = named(document, "action", actions)};
  change.key = {document.at("group").get<std::string>(), object.at("kind").get<std::string>(), kube::string_at(object, "namespace"),
                object.at("name").get<std::string>()};
  change.api_version = object.at("apiVersion").get<std::string>();
  for (const json& field : document.at("fields")) change.fields.push_back(read_field(field));
  change.note = kube::string_at(document, "note");
  if (document.contains("reason")) change.reason = code_of(kube::string_at(document, "reason"));
  change.checked = document.value("checked", true);
  change.before = read_object(document, "before");
  change.after = read_object(document, "after");
  for (const json& writer : kube::list_at(document, "writers")) change.writers.push_back(read_writer(writer));
  change.uid = kube::string_at(document, "uid");
  change.resource_version = kube::string_at(document, "resourceVersion");
  change.hash = kube::string_at(document, "hash");
  change.release = document.value("release", false);
  change.adopts = document.value("adopts", false);
  return change;
}

ClusterPlan read_cluster(const json& document) {
  constexpr std::array statuses{ClusterStatus::ok, ClusterStatus::unknown, ClusterStatus::error};
  ClusterPlan cluster{.name = document.at("name").get<std::string>(), .identity = kube::string_at(document, "identity")};
  cluster.status = named(document, "status", statuses);
  if (document.contains("reason")) {
    const json problem{{"code", document["reason"]}, {"message", kube::string_at(document, "message")}};
    cluster.problem = read_error(problem);
  }
  const json errors = kube::list_at(document, "errors");
  for (const json& error : errors) cluster.errors.push_back(read_error(error));
  for (const json& change : document.at("changes")) cluster.changes.push_back(read_change(change));
  return cluster;
}

}  // namespace

json to_document(const Error& error) {
  json result{{"code", to_string(error.code)}, {"message", error.message}};
  if (!error.place.empty()) result["place"] = error.place;
  if (!error.object.empty()) result["object"] = error.object;
  if (!error.hint.empty()) result["hint"] = error.hint;
  return result;
}

json to_document(const Plan& plan, Detail detail) {
  json clusters = json::array();
  for (const ClusterPlan& cluster : plan.clusters) clusters.push_back(to_document(cluster, detail));
  json document{{"apiVersion", api_version},
                {"kind", "Plan"},
                {"clusters", std::move(clusters)},
                {"summary", to_document(plan.summary())},
                {"notices", plan.notices}};
  for (const auto& [reason, count] : plan.unknown_reasons()) document["unknownReasons"][std::string{to_string(reason)}] = count;
  if (plan.host) document["host"] = to_document(*plan.host, detail);
  for (const Error& error : plan.errors) document["errors"].push_back(to_document(error));
  return document;
}

Result<Plan> from_document(const json& document) {
  try {
    Plan plan;
    if (document.contains("host")) plan.host = read_cluster(document["host"]);
    for (const json& cluster : document.at("clusters")) plan.clusters.push_back(read_cluster(cluster));
    const json errors = kube::list_at(document, "errors");
    for (const json& error : errors) plan.errors.push_back(read_error(error));
    plan.notices = document.value("notices", std::vector<std::string>{});
    return plan;
  } catch (const json::exception& problem) {
    return Failure{{Code::invalid_input, fmt::format("this is no plan that fedctl saved: {}", problem.what())}};
  }
}

}  // namespace fedctl::plan
