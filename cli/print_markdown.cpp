#include "base/printable.hpp"
#include "base/text.hpp"
#include "cli/print_plan.hpp"
#include "plan/shared_errors.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace fedctl::cli {
namespace {

using plan::Action;
using plan::Change;
using plan::ClusterPlan;

/// GitHub takes 65,536 characters; some are left for what a workflow adds.
constexpr std::size_t most = 60'000;

/// By this a workflow finds the comment that it made before, to write it anew instead of adding one.
constexpr std::string_view marker = "<!-- fedctl plan -->";

/// A forge paints lines of a diff block by their first character.
char paint_of(Action action) {
  switch (action) {
    case Action::create: return '+';
    case Action::remove: return '-';
    case Action::unchanged: return ' ';
    default: return '!';
  }
}

/// One line in which nothing is HTML, a link, a picture or code.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text::printable(text)) {
    switch (c) {
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '&': result += "&amp;"; break;
      case '[':
      case ']':
      case '`': result += '\\'; [[fallthrough]];
      default: result += c;
    }
  }
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
  if (cluster.problem) lines += fmt::format("! {}\n", problem_text({.code = cluster.problem->code, .message = cluster.problem->message}));
  for (const Change& change : cluster.changes) {
    const bool is_told = change.action == Action::unchanged || cluster.problem || is_explained(cluster, change);
    if (!is_told) lines += change_lines(change);
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

std::string status_of(const ClusterPlan& cluster) {
  return cluster.status == plan::ClusterStatus::ok ? short_summary(summary_of(cluster)) : std::string{to_string(cluster.status)};
}

/// The clusters that there is something to say of, with it, and the names of those that stay as they are.
struct Parts {
  std::vector<std::pair<const ClusterPlan*, std::string>> told;
  std::vector<std::string> unchanged;
};

Parts divided(const plan::Plan& plan) {
  Parts parts;
  for (const ClusterPlan* cluster : parts_of(plan)) {
    std::string lines = cluster_lines(*cluster);
    if (lines.empty() && cluster->status == plan::ClusterStatus::ok) {
      parts.unchanged.push_back(cluster->name);
    } else {
      parts.told.emplace_back(cluster, std::move(lines));
    }
  }
  return parts;
}

}  // namespace

std::string plan_markdown(const plan::Plan& plan) {
  std::string page = fmt::format("{}\n### {}\n", marker, summary_line(plan.summary()));
  if (const std::string unknown = unknown_line(plan); !unknown.empty()) page += fmt::format("\n{}\n", unknown);
  for (const std::string& notice : plan.notices) page += fmt::format("\n> {}\n", escaped(notice));
  for (const Error& error : errors_of(plan)) page += fmt::format("\n> error: {}\n", escaped(describe(error)));
  page = cut(page, most / 4);
  const Parts parts = divided(plan);
  std::size_t left = parts.told.size();
  for (const auto& [cluster, lines] : parts.told) {
    const std::string frame =
        fmt::format("\n<details open><summary><b>{}</b>: {}</summary>\n", escaped(cluster->name), status_of(*cluster));
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
  if (!parts.unchanged.empty()) page += cut(fmt::format("\nUnchanged: {}\n", escaped(text::join(parts.unchanged, ", "))), most / 10);
  return page;
}

}  // namespace fedctl::cli
