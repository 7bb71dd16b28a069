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
  json document{{"manager", writer.manager}, {"operation", writer.operation}};
  if (!writer.time.empty()) document["time"] = writer.time;
  return document;
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
Enum enum_at(const Part& part, const char* key, const std::array<Enum, count>& all) {
  const std::string name = part.text(key);
  for (const Enum value : all) {
    if (to_string(value) == name) return value;
  }
  part.at(key).refuse(fmt::format("is '{}', which is no {}", name, key));
}

Code code_of(std::string_view name) {
  for (int code = 0; code <= static_cast<int>(Code::internal); ++code) {
    if (to_string(static_cast<Code>(code)) == name) return static_cast<Code>(code);
  }
  return Code::internal;
}

Error read_error(const Part& part) {
  Error error{.code = code_of(part.text("code"))};
  error.message = part.text("message");
  error.place = part.text("place", "");
  error.object = part.text("object", "");
  error.hint = part.text("hint", "");
  return error;
}

kube::Writer read_writer(const Part& part) { return {part.text("manager"), part.text("operation"), part.text("time", "")}; }

FieldChange read_field(const Part& part) {
  FieldChange field{.path = part.text("path")};
  if (part.has("old")) field.old_value = part.at("old").value();
  if (part.has("new")) field.new_value = part.at("new").value();
  field.sensitive = part.flag("sensitive", false);
  field.drifted = part.flag("drifted", false);
  if (part.has("changedBy")) field.changed_by = read_writer(part.at("changedBy"));
  field.reason = part.text("reason", "");
  return field;
}

std::shared_ptr<const json> read_object(const Part& part, const char* key) {
  return part.has(key) ? std::make_shared<const json>(part.at(key).map()) : nullptr;
}

Change read_change(const Part& part) {
  constexpr std::array actions{Action::create, Action::update, Action::remove, Action::unchanged, Action::conflict, Action::unknown};
  const Part object = part.at("object");
  Change change{.action = enum_at(part, "action", actions)};
  change.key = {part.text("group"), object.text("kind"), object.text("namespace", ""), object.text("name")};
  change.api_version = object.text("apiVersion");
  if (kube::gvk(change.api_version, change.key.kind).group != change.key.group)
    object.at("apiVersion").refuse(fmt::format("is '{}', which is not of the group '{}'", change.api_version, change.key.group));
  for (const Part& field : part.items("fields")) change.fields.push_back(read_field(field));
  change.note = part.text("note", "");
  if (part.has("reason")) change.reason = code_of(part.text("reason"));
  change.checked = part.flag("checked", true);
  change.before = read_object(part, "before");
  change.after = read_object(part, "after");
  for (const Part& writer : part.items_if_any("writers")) change.writers.push_back(read_writer(writer));
  change.uid = part.text("uid");
  change.resource_version = part.text("resourceVersion");
  change.hash = part.text("hash");
  change.release = part.flag("release", false);
  change.adopts = part.flag("adopts", false);
  return change;
}

ClusterPlan read_cluster(const Part& part) {
  constexpr std::array statuses{ClusterStatus::ok, ClusterStatus::unknown, ClusterStatus::error};
  ClusterPlan cluster{.name = part.text("name"), .identity = part.text("identity")};
  cluster.status = enum_at(part, "status", statuses);
  if (part.has("reason")) {
    cluster.problem = Error{.code = code_of(part.text("reason"))};
    cluster.problem->message = part.text("message");
  }
  for (const Part& error : part.items_if_any("errors")) cluster.errors.push_back(read_error(error));
  for (const Part& change : part.items("changes")) cluster.changes.push_back(read_change(change));
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

Plan read_plan(const Part& part) {
  Plan plan;
  if (part.has("host")) plan.host = read_cluster(part.at("host"));
  for (const Part& cluster : part.items("clusters")) plan.clusters.push_back(read_cluster(cluster));
  for (const Part& error : part.items_if_any("errors")) plan.errors.push_back(read_error(error));
  plan.notices = part.texts_if_any("notices");
  return plan;
}

}  // namespace fedctl::plan
