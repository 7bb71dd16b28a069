#include "cli/html.hpp"
#include "cli/print_plan.hpp"
#include "plan/shared_errors.hpp"

#include <fmt/format.h>
#include <map>

namespace fedctl::cli {
namespace {

using plan::Action;
using plan::Change;
using plan::ClusterPlan;

constexpr const char* style = R"(
td.cell { text-align: center; } td.cell a { color: inherit; text-decoration: none; display: block; }
td.fields { white-space: normal; overflow-wrap: anywhere; font-family: ui-monospace, monospace; font-size: .85rem; }
.create { background: #2da44e33; } .update { background: #d4a72c33; } .delete { background: #cf222e33; }
.conflict { background: #cf222e66; } .unknown { background: #8250df33; } .unchanged, .none { color: var(--faint); }
details { margin: .3rem 0; } summary { cursor: pointer; padding: .15rem .5rem; border-radius: .3rem; }
details table { margin: .4rem 0 .8rem 1.2rem; }
)";

std::string anchor(std::size_t cluster, std::size_t change) { return fmt::format("c{}-{}", cluster, change); }

/// Objects by clusters.
void add_matrix(pugi::xml_node body, const std::vector<const ClusterPlan*>& parts) {
  std::map<kube::ObjectKey, std::map<std::size_t, std::size_t>> rows;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (std::size_t k = 0; k < parts[i]->changes.size(); ++k) rows[parts[i]->changes[k].key][i] = k;
  }
  pugi::xml_node matrix = add(add(body, "div", "", "scroll"), "table");
  pugi::xml_node head = add(matrix, "tr");
  add(head, "th", "object");
  for (const ClusterPlan* cluster : parts) add(head, "th", cluster->name);
  for (const auto& [key, cells] : rows) {
    pugi::xml_node row = add(matrix, "tr");
    add(row, "td", kube::to_string(key));
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const auto cell = cells.find(i);
      if (cell == cells.end()) {
        add(row, "td", "-", "cell none");
        continue;
      }
      const Action action = parts[i]->changes[cell->second].action;
      const std::string word{to_string(action)};
      pugi::xml_node place = add(row, "td", "", ("cell " + word).c_str());
      if (action == Action::unchanged) {
        place.append_child(pugi::node_pcdata).set_value("=");
      } else {
        add(place, "a", word).append_attribute("href").set_value(("#" + anchor(i, cell->second)).c_str());
      }
    }
  }
}

void add_change(pugi::xml_node body, const Change& change, const std::string& id, bool is_told) {
  const std::string word{to_string(change.action)};
  pugi::xml_node details = add(body, "details");
  details.append_attribute("id").set_value(id.c_str());
  if (change.action != Action::create) details.append_attribute("open").set_value("");
  add(details, "summary", fmt::format("{} {} {}", sign_of(change.action), word, kube::to_string(change.key)), word.c_str());
  if (!change.note.empty() && !is_told) add(details, "p", note_text(change), "note");
  if (change.fields.empty()) return;
  pugi::xml_node fields = add(details, "table");
  pugi::xml_node head = add(fields, "tr");
  for (const char* heading : {"field", "is", "will be", "changed by"}) add(head, "th", heading);
  for (const plan::FieldChange& field : change.fields) {
    pugi::xml_node row = add(fields, "tr");
    add(row, "td", field.path, "fields");
    add(row, "td", value_text(field.old_value), "fields");
    add(row, "td", value_text(field.new_value) + (field.reason.empty() ? "" : " " + field.reason), "fields");
    add(row, "td", field.changed_by ? writer_text(*field.changed_by) : "", "note");
  }
}

void add_cluster(pugi::xml_node body, const ClusterPlan& cluster, std::size_t number) {
  add(body, "h2",
      fmt::format("{}: {}", cluster.name, cluster.problem ? std::string{to_string(cluster.status)} : short_summary(summary_of(cluster))));
  if (cluster.problem) add(body, "p", fmt::format("{}: {}", to_string(cluster.problem->code), cluster.problem->message), "unknown");
  for (std::size_t i = 0; i < cluster.changes.size(); ++i) {
    if (cluster.changes[i].action != Action::unchanged)
      add_change(body, cluster.changes[i], anchor(number, i), is_explained(cluster, cluster.changes[i]));
  }
}

}  // namespace

std::string plan_html(const plan::Plan& plan) {
  HtmlPage page{"fedctl plan", style};
  pugi::xml_node body = page.body;
  add(body, "h1", summary_line(plan.summary()));
  if (const std::string unknown = unknown_line(plan); !unknown.empty()) add(body, "p", unknown, "unknown");
  for (const std::string& notice : plan.notices) add(body, "p", notice, "note");
  for (const Error& error : errors_of(plan)) add(body, "p", "error: " + describe(error), "conflict");
  const auto parts = parts_of(plan);
  add_matrix(body, parts);
  for (std::size_t i = 0; i < parts.size(); ++i) add_cluster(body, *parts[i], i);
  return page.text();
}

}  // namespace fedctl::cli
