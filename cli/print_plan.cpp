#include "base/text.hpp"
#include "cli/planning.hpp"
#include "plan/document.hpp"

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
    const std::string who = field.changed_by ? "   changed by " + field.changed_by->manager : field.drifted ? "   changed by somebody" : "";
    print(fmt::format("        {}: {} -> {}{}\n", field.path, shown(field.old_value), shown(field.new_value), style.faint(who)));
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

std::vector<std::string> plan_formats() { return {"text", "json"}; }

void print_plan(const plan::Plan& plan, const OutputFlags& flags) {
  if (flags.output == "json") {
    print(plan::to_document(plan).dump(2, ' ', false, json::error_handler_t::replace) + "\n");
  } else {
    print_plan_text(plan, Style{flags.no_color});
  }
}

}  // namespace fedctl::cli
