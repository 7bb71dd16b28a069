#include "base/text.hpp"
#include "cli/planning.hpp"

#include <fmt/format.h>

namespace fedctl::cli {
namespace {

using nlohmann::json;
using plan::Action;
using plan::Change;
using plan::ClusterPlan;

constexpr std::size_t longest_value = 160;

std::string shown(const std::optional<json>& value) {
  if (!value) return "(none)";
  const std::string text = value->is_string() ? value->get<std::string>() : value->dump();
  const bool plain = value->is_string() && !text.empty() && text.find('\n') == std::string::npos;
  return clipped(plain ? text : value->dump(-1, ' ', false, json::error_handler_t::replace), longest_value);
}

std::string sign_of(Action action) {
  switch (action) {
    case Action::create: return "+";
    case Action::update: return "~";
    case Action::remove: return "-";
    case Action::conflict: return "!";
    case Action::unknown: return "?";
    case Action::unchanged: break;
  }
  return "=";
}

std::string painted(const Style& style, Action action, const std::string& text) {
  switch (action) {
    case Action::create: return style.green(text);
    case Action::update: return style.yellow(text);
    case Action::remove:
    case Action::conflict: return style.red(text);
    default: return style.faint(text);
  }
}

void print_change(const Change& change, const Style& style) {
  const std::string line = fmt::format("  {} {:8}  {}", sign_of(change.action), to_string(change.action), kube::to_string(change.key));
  print(painted(style, change.action, line) + "\n");
  if (!change.note.empty()) print(fmt::format("        {}\n", style.faint(change.note)));
  if (change.action == Action::create) return;
  for (const plan::FieldChange& field : change.fields) {
    print(fmt::format("        {}: {} -> {}\n", field.path, shown(field.old_value), shown(field.new_value)));
  }
}

void print_cluster(const ClusterPlan& cluster, const Style& style) {
  const plan::Summary summary = summary_of(cluster);
  if (cluster.status == plan::ClusterStatus::unknown) {
    print(fmt::format("{}  {}\n  {}: {}\n", style.bold(cluster.name), style.red("unknown"), to_string(cluster.problem->code),
                      cluster.problem->message + (cluster.problem->hint.empty() ? "" : "; " + cluster.problem->hint)));
    print(style.faint(fmt::format("  {} not looked at\n", text::count(summary.unknown, "object"))));
    return;
  }
  const bool is_quiet = cluster.errors.empty() && summary.unchanged == cluster.changes.size();
  if (is_quiet) {
    print(fmt::format(
        "{}  {}\n", style.bold(cluster.name),
        style.faint(cluster.changes.empty() ? "nothing placed here" : text::count(cluster.changes.size(), "object") + " unchanged")));
    return;
  }
  print(style.bold(cluster.name) + "\n");
  for (const Change& change : cluster.changes) {
    if (change.action != Action::unchanged) print_change(change, style);
  }
  for (const Error& error : cluster.errors) print(fmt::format("  {} {}\n", style.red("error:"), describe(error)));
  if (summary.unchanged > 0) print(style.faint(fmt::format("  {} unchanged\n", text::count(summary.unchanged, "object"))));
}

json to_json(const plan::Summary& summary) {
  return {{"create", summary.create},       {"update", summary.update},     {"delete", summary.remove},
          {"unchanged", summary.unchanged}, {"conflict", summary.conflict}, {"unknown", summary.unknown}};
}

json to_json(const Error& error) {
  json result{{"code", to_string(error.code)}, {"message", error.message}};
  if (!error.place.empty()) result["place"] = error.place;
  if (!error.object.empty()) result["object"] = error.object;
  if (!error.hint.empty()) result["hint"] = error.hint;
  return result;
}

json to_json(const Change& change) {
  json fields = json::array();
  for (const plan::FieldChange& field : change.fields) {
    json item{{"path", field.path}};
    if (field.old_value) item["old"] = *field.old_value;
    if (field.new_value) item["new"] = *field.new_value;
    if (field.sensitive) item["sensitive"] = true;
    fields.push_back(std::move(item));
  }
  json object{{"apiVersion", change.api_version}, {"kind", change.key.kind}, {"name", change.key.name}};
  if (!change.key.name_space.empty()) object["namespace"] = change.key.name_space;
  json result{
      {"action", to_string(change.action)}, {"object", std::move(object)}, {"fields", std::move(fields)}, {"checked", change.checked}};
  if (!change.note.empty()) result["note"] = change.note;
  return result;
}

json to_json(const ClusterPlan& cluster) {
  json changes = json::array();
  for (const Change& change : cluster.changes) changes.push_back(to_json(change));
  json result{{"name", cluster.name},
              {"status", to_string(cluster.status)},
              {"changes", std::move(changes)},
              {"summary", to_json(summary_of(cluster))}};
  if (cluster.problem) {
    result["reason"] = to_string(cluster.problem->code);
    result["message"] = cluster.problem->message;
  }
  for (const Error& error : cluster.errors) result["errors"].push_back(to_json(error));
  return result;
}

}  // namespace

void print_plan_text(const plan::Plan& plan, const Style& style) {
  for (const std::string& notice : plan.notices) warn(notice);
  const plan::Summary summary = plan.summary();
  if (plan_exit(plan) == exit_done && !summary.has_changes()) {
    print(style.bold("No changes.") + (plan.clusters.empty() ? " The host is as wanted.\n" : " Every cluster is as wanted.\n\n"));
  }
  if (plan.host) print_cluster(*plan.host, style);
  for (const ClusterPlan& cluster : plan.clusters) print_cluster(cluster, style);
  for (const Error& error : plan.errors) print(fmt::format("{} {}\n", style.red("error:"), describe(error)));
  print(fmt::format("\n{}\n", style.bold(summary_line(summary))));
}

std::string plan_json(const plan::Plan& plan) {
  json clusters = json::array();
  for (const ClusterPlan& cluster : plan.clusters) clusters.push_back(to_json(cluster));
  json document{{"apiVersion", "fedctl.io/v1alpha1"},
                {"kind", "Plan"},
                {"clusters", std::move(clusters)},
                {"summary", to_json(plan.summary())},
                {"notices", plan.notices}};
  if (plan.host) document["host"] = to_json(*plan.host);
  for (const Error& error : plan.errors) document["errors"].push_back(to_json(error));
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace fedctl::cli
