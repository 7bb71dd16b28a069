#include "base/text.hpp"
#include "cli/print_plan.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::cli {
namespace {

using plan::Action;
using plan::Change;
using plan::ClusterPlan;

/// GitHub takes 65,536 characters; some are left for what a workflow adds.
constexpr std::size_t most = 60'000;

/// A forge paints lines of a diff block by their first character.
char paint_of(Action action) {
  switch (action) {
    case Action::create: return '+';
    case Action::remove: return '-';
    case Action::unchanged: return ' ';
    default: return '!';
  }
}

std::string escaped(std::string text) {
  std::string result;
  for (const char c : text) result += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string{c};
  return result;
}

std::string change_lines(const Change& change) {
  std::string lines = fmt::format("{} {} {}\n", paint_of(change.action), to_string(change.action), kube::to_string(change.key));
  if (!change.note.empty()) lines += fmt::format("#     {}\n", note_text(change));
  if (change.action == Action::create) return lines;
  for (const plan::FieldChange& field : change.fields) lines += fmt::format("      {}{}\n", field_text(field), drift_text(change, field));
  return lines;
}

std::string cluster_lines(const ClusterPlan& cluster) {
  std::string lines;
  if (cluster.problem) lines += fmt::format("! {}: {}\n", to_string(cluster.problem->code), cluster.problem->message);
  for (const Error& error : cluster.errors) lines += fmt::format("! error: {}\n", describe(error));
  for (const Change& change : cluster.changes) {
    if (change.action != Action::unchanged && !cluster.problem) lines += change_lines(change);
  }
  return lines;
}

/// As many whole lines as fit.
std::string cut(const std::string& lines, std::size_t room) {
  if (lines.size() <= room) return lines;
  const auto end = lines.rfind('\n', room);
  const std::string kept = end == std::string::npos ? "" : lines.substr(0, end + 1);
  const auto left = static_cast<std::size_t>(std::count(lines.begin() + static_cast<std::ptrdiff_t>(kept.size()), lines.end(), '\n'));
  return kept + fmt::format("# ... and {} more\n", text::count(left, "line"));
}

}  // namespace

std::string plan_markdown(const plan::Plan& plan) {
  std::string page = fmt::format("### {}\n", summary_line(plan.summary()));
  if (const std::string unknown = unknown_line(plan); !unknown.empty()) page += fmt::format("\n{}\n", unknown);
  for (const std::string& notice : plan.notices) page += fmt::format("\n> {}\n", escaped(notice));
  for (const Error& error : plan.errors) page += fmt::format("\n> error: {}\n", escaped(describe(error)));
  page = cut(page, most / 4);
  const auto parts = parts_of(plan);
  std::size_t left = parts.size();
  for (const ClusterPlan* cluster : parts) {
    const std::string status =
        cluster->status == plan::ClusterStatus::ok ? short_summary(summary_of(*cluster)) : std::string{to_string(cluster->status)};
    const std::string frame = fmt::format("\n<details><summary><b>{}</b>: {}</summary>\n", escaped(cluster->name), status);
    const std::string lines = cluster_lines(*cluster);
    if (page.size() + frame.size() + 100 > most) {
      page += fmt::format("\n... and {} more\n", text::count(left, "cluster"));
      break;
    }
    // What one cluster does not need, the next ones may have.
    const std::size_t room = (most - page.size()) / left;
    page += frame;
    if (!lines.empty()) page += fmt::format("\n```diff\n{}```\n", cut(lines, room > frame.size() + 100 ? room - frame.size() - 100 : 0));
    page += "\n</details>\n";
    --left;
  }
  return page;
}

}  // namespace fedctl::cli
