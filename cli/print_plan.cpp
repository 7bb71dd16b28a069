#include "cli/print_plan.hpp"

#include "base/json.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "base/yaml.hpp"
#include "cli/planning.hpp"
#include "cli/terminal.hpp"
#include "plan/document.hpp"
#include "plan/drift.hpp"
#include "plan/shared_errors.hpp"

#include <fmt/format.h>

namespace fedctl::cli {
namespace {

using nlohmann::json;
using plan::Action;
using plan::Change;
using plan::ClusterPlan;

constexpr std::size_t longest_value = 160;
constexpr std::size_t longest_name = 500;

std::string painted(const Style& style, Action action, const std::string& text) {
  switch (action) {
    case Action::create: return style.green(text);
    case Action::update: return style.yellow(text);
    case Action::remove:
    case Action::conflict: return style.red(text);
    default: return style.faint(text);
  }
}

void print_change(const Change& change, const Style& style, bool with_time) {
  const std::string line = fmt::format("  {} {:8}  {}", sign_of(change.action), to_string(change.action), kube::to_string(change.key));
  print(painted(style, change.action, line) + "\n");
  if (!change.note.empty()) print(fmt::format("        {}\n", style.faint(note_text(change))));
  if (change.action == Action::create) return;
  for (const plan::FieldChange& field : change.fields) {
    print(fmt::format("        {}{}\n", field_text(field), style.faint(drift_text(change, field, with_time))));
  }
}

void print_cluster(const ClusterPlan& cluster, const Style& style, bool with_times = false) {
  const plan::Summary summary = summary_of(cluster);
  if (cluster.status == plan::ClusterStatus::unknown) {
    print(fmt::format("{}  {}\n  {}\n", style.bold(text::printable(cluster.name)), style.red("unknown"),
                      problem_text({.code = cluster.problem->code, .message = cluster.problem->message, .hint = cluster.problem->hint})));
    print(style.faint(fmt::format("  {} not looked at\n", text::count(summary.unknown, "object"))));
    return;
  }
  const bool is_quiet = cluster.errors.empty() && summary.unchanged == cluster.changes.size();
  if (is_quiet) {
    print(fmt::format(
        "{}  {}\n", style.bold(text::printable(cluster.name)),
        style.faint(cluster.changes.empty() ? "nothing placed here" : text::count(cluster.changes.size(), "object") + " unchanged")));
    return;
  }
  print(style.bold(text::printable(cluster.name)) + "\n");
  std::size_t refused = 0;
  for (const Change& change : cluster.changes) {
    if (is_explained(cluster, change)) {
      ++refused;
    } else if (change.action != Action::unchanged) {
      print_change(change, style, with_times);
    }
  }
  if (refused > 0) print(style.red(fmt::format("  {} with an error, told below\n", text::count(refused, "object"))));
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
  for (const Error& error : errors_of(plan)) print(fmt::format("{} {}\n", style.red("error:"), describe(error)));
  print(fmt::format("\n{}\n", style.bold(summary_line(summary))));
  if (const std::string unknown = unknown_line(plan); !unknown.empty()) print(unknown + "\n");
}

void print_drift_text(const plan::Plan& drift, const Style& style) {
  for (const std::string& notice : drift.notices) warn(notice);
  const plan::Summary summary = drift.summary();
  if (plan_exit(drift) == exit_done && !summary.has_changes()) print(style.bold("No drift.") + " Every cluster is as it was applied.\n\n");
  for (const ClusterPlan& cluster : drift.clusters) print_cluster(cluster, style, true);
  for (const Error& error : errors_of(drift)) print(fmt::format("{} {}\n", style.red("error:"), describe(error)));
  print(fmt::format("\n{}\n", style.bold(drift_line(summary))));
}

std::vector<const ClusterPlan*> parts_of(const plan::Plan& plan) {
  std::vector<const ClusterPlan*> parts;
  if (plan.host) parts.push_back(&*plan.host);
  for (const ClusterPlan& cluster : plan.clusters) parts.push_back(&cluster);
  return parts;
}

std::vector<Error> errors_of(const plan::Plan& plan) {
  std::vector<Error> errors = plan::shared_errors(plan);
  errors.insert(errors.end(), plan.errors.begin(), plan.errors.end());
  return errors;
}

std::string value_text(const std::optional<json>& value) {
  if (!value) return "(none)";
  const std::string text = value->is_string() ? value->get<std::string>() : std::string{};
  const bool plain = !text.empty() && text.find('\n') == std::string::npos;
  return text::shortened(plain ? text : fedctl::to_text(*value), longest_value);
}

std::string note_text(const Change& change) {
  const std::string note = text::shortened(change.note, longest_message);
  return change.reason && !note.empty() ? fmt::format("{}: {}", to_string(*change.reason), note) : note;
}

std::string problem_text(const Error& problem) { return fmt::format("{}: {}", to_string(problem.code), describe(problem)); }

std::string field_text(const plan::FieldChange& field) {
  const std::string reason = field.reason.empty() ? "" : " " + text::shortened(field.reason, longest_message);
  return fmt::format("{}: {} -> {}{}", text::shortened(field.path, longest_name), value_text(field.old_value), value_text(field.new_value),
                     reason);
}

std::string drift_text(const Change& change, const plan::FieldChange& field, bool with_time) {
  const bool is_conflict = change.action == Action::conflict;
  if (!field.changed_by) return field.drifted ? "   changed by somebody" : "";
  const std::string when = with_time && !field.changed_by->time.empty() ? " at " + field.changed_by->time : "";
  const std::string who = text::shortened(field.changed_by->manager + when, longest_name);
  return fmt::format("   {} by {}", is_conflict ? "held" : "changed", who);
}

std::string writer_text(const kube::Writer& writer) {
  return text::shortened(writer.time.empty() ? writer.manager : fmt::format("{}, {}", writer.manager, writer.time), longest_name);
}

char sign_of(Action action) {
  switch (action) {
    case Action::create: return '+';
    case Action::update: return '~';
    case Action::remove: return '-';
    case Action::conflict: return '!';
    case Action::unknown: return '?';
    case Action::unchanged: break;
  }
  return '=';
}

std::string short_summary(const plan::Summary& summary) {
  std::vector<std::string> parts;
  const auto add = [&](std::size_t number, const char* what) {
    if (number > 0) parts.push_back(fmt::format("{} {}", number, what));
  };
  add(summary.create, "to create");
  add(summary.update, "to update");
  add(summary.remove, "to delete");
  add(summary.conflict, "in conflict");
  add(summary.unknown, "unknown");
  add(summary.unchanged, "unchanged");
  return parts.empty() ? "nothing placed here" : text::join(parts, ", ");
}

std::vector<std::string> plan_formats() { return {"text", "json", "yaml", "markdown", "html", "junit"}; }

void add_diff_flag(Program& program, CLI::App& command, std::string& diff) {
  add_choice(program, command, "--diff", diff, {"fields", "unified"},
             "How text shows differences: fields, or unified (by diff, or what KUBECTL_EXTERNAL_DIFF names)")
      ->type_name("HOW")
      ->group("Output");
}

Result<void> print_plan(const plan::Plan& plan, const OutputFlags& flags, const std::string& diff) {
  const std::string& format = flags.output;
  if (format == "json") print(fedctl::to_text(plan::to_document(plan), 2) + "\n");
  if (format == "yaml") print(yaml::emit(plan::to_document(plan)));
  if (format == "markdown") print(plan_markdown(plan));
  if (format == "html") print(plan_html(plan));
  if (format == "junit") print(plan_junit(plan));
  if (!format.empty() && format != "text") return {};
  if (diff != "unified") {
    print_plan_text(plan, Style{flags.no_color});
    return {};
  }
  for (const std::string& notice : plan.notices) warn(notice);
  if (auto printed = print_unified(plan); !printed) return printed;
  print(fmt::format("\n{}\n", summary_line(plan.summary())));
  if (const std::string unknown = unknown_line(plan); !unknown.empty()) print(unknown + "\n");
  return {};
}

}  // namespace fedctl::cli
