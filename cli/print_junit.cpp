#include "base/printable.hpp"
#include "cli/print_plan.hpp"
#include "cli/terminal.hpp"
#include "plan/shared_errors.hpp"

#include <fmt/format.h>
#include <pugixml.hpp>
#include <sstream>

namespace fedctl::cli {
namespace {

using plan::Action;

/// XML has no way to write control characters.
void set_text(pugi::xml_node node, const std::string& text) {
  node.append_child(pugi::node_pcdata).set_value(text::printable_lines(text).c_str());
}

void set_attribute(pugi::xml_node node, const char* name, const std::string& value) {
  node.append_attribute(name).set_value(text::printable(text::shortened(value, longest_message)).c_str());
}

pugi::xml_node add_case(pugi::xml_node suite, const std::string& cluster, const std::string& name) {
  pugi::xml_node test = suite.append_child("testcase");
  set_attribute(test, "classname", cluster);
  set_attribute(test, "name", name);
  return test;
}

void add_outcome(pugi::xml_node test, const char* kind, std::string_view type, const std::string& message, const std::string& details) {
  pugi::xml_node outcome = test.append_child(kind);
  if (!type.empty()) set_attribute(outcome, "type", std::string{type});
  set_attribute(outcome, "message", message);
  if (!details.empty()) set_text(outcome, details);
}

struct Counts {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
};

void add_change(pugi::xml_node suite, const std::string& cluster, const plan::Change& change, Counts& counts) {
  const pugi::xml_node test = add_case(suite, cluster, kube::to_string(change.key));
  ++counts.tests;
  std::string details;
  for (const plan::FieldChange& field : change.fields) details += field_text(field) + "\n";
  switch (change.action) {
    case Action::unchanged: return;
    case Action::conflict: ++counts.failures; return add_outcome(test, "failure", "conflict", change.note, details);
    case Action::unknown:
      ++counts.errors;
      return add_outcome(test, "error", to_string(change.reason.value_or(Code::internal)), change.note, details);
    default: break;
  }
  ++counts.skipped;
  add_outcome(test, "skipped", "", fmt::format("{} is pending", to_string(change.action)), details);
}

void set_counts(pugi::xml_node node, const Counts& counts) {
  node.append_attribute("tests").set_value(counts.tests);
  node.append_attribute("failures").set_value(counts.failures);
  node.append_attribute("errors").set_value(counts.errors);
  node.append_attribute("skipped").set_value(counts.skipped);
}

Counts add_suite(pugi::xml_node suites, const plan::ClusterPlan& cluster) {
  pugi::xml_node suite = suites.append_child("testsuite");
  set_attribute(suite, "name", cluster.name);
  Counts counts;
  if (cluster.problem) {
    ++counts.tests;
    ++counts.errors;
    add_outcome(add_case(suite, cluster.name, "the cluster answers"), "error", to_string(cluster.problem->code), cluster.problem->message,
                "");
  }
  for (const Error& error : cluster.errors) {
    ++counts.tests;
    ++counts.failures;
    add_outcome(add_case(suite, cluster.name, error.object.empty() ? "the input fits" : error.object), "failure", to_string(error.code),
                describe(error), "");
  }
  for (const plan::Change& change : cluster.changes) {
    if (!cluster.problem && !is_explained(cluster, change)) add_change(suite, cluster.name, change, counts);
  }
  set_counts(suite, counts);
  return counts;
}

}  // namespace

std::string plan_junit(const plan::Plan& plan) {
  pugi::xml_document document;
  pugi::xml_node suites = document.append_child("testsuites");
  suites.append_attribute("name").set_value("fedctl plan");
  Counts total;
  for (const plan::ClusterPlan* cluster : parts_of(plan)) {
    const Counts counts = add_suite(suites, *cluster);
    total.tests += counts.tests;
    total.failures += counts.failures;
    total.errors += counts.errors;
    total.skipped += counts.skipped;
  }
  set_counts(suites, total);
  std::ostringstream out;
  document.save(out, "  ");
  return out.str();
}

}  // namespace fedctl::cli
