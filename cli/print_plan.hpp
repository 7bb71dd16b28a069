#pragma once

#include "cli/common.hpp"
#include "plan/plan.hpp"

#include <string>
#include <string_view>
#include <vector>

/// A plan in the formats that people, forges and programs read.
namespace fedctl::cli {

std::vector<std::string> plan_formats();

/// How differences are shown in text: by fields, or as unified diffs.
void add_diff_flag(Program& program, CLI::App& command, std::string& diff);

/// Prints it in the format that the flags name. Errors: of the program that shows unified diffs.
Result<void> print_plan(const plan::Plan& plan, const OutputFlags& flags, const std::string& diff);

/// What others changed, as text; the other formats take the plan that plan::drift_of gives.
void print_drift_text(const plan::Plan& drift, const Style& style);

void print_plan_text(const plan::Plan& plan, const Style& style);

/// Live and wanted objects as files, compared by diff(1), or by the program that KUBECTL_EXTERNAL_DIFF names, as kubectl does it.
Result<void> print_unified(const plan::Plan& plan);

/// For a comment on a pull request: folded by cluster, and cut below GitHub's limit of 65,536 characters.
std::string plan_markdown(const plan::Plan& plan);

/// One page that needs nothing else: a matrix of objects by clusters, and each change below it.
std::string plan_html(const plan::Plan& plan);

/// A test suite a cluster, a test an object: conflicts and errors fail, pending changes are skipped.
std::string plan_junit(const plan::Plan& plan);

// What the formats share.

/// Every part of the plan that is shown: the host, where there is one, and the clusters.
std::vector<const plan::ClusterPlan*> parts_of(const plan::Plan& plan);

/// All that went wrong, each error once: what several clusters say names them.
std::vector<Error> errors_of(const plan::Plan& plan);

/// A field's value in one line, cut where it is long; "(none)" where there is none.
std::string value_text(const std::optional<nlohmann::json>& value);

/// A change's note, of an unknown with its reason before it: "forbidden: User …".
std::string note_text(const plan::Change& change);
/// "unreachable: no answer in 5s; check ..."
std::string problem_text(const Error& problem);

/// "spec.replicas: 7 -> 5"
std::string field_text(const plan::FieldChange& field);

/// "   changed by somebody at 2026-…", or nothing; of a conflict, who holds the field.
std::string drift_text(const plan::Change& change, const plan::FieldChange& field, bool with_time = false);

/// "kubectl-edit, 2026-…"; the name alone where the server keeps no time.
std::string writer_text(const kube::Writer& writer);

char sign_of(plan::Action action);

/// "2 to create, 1 unchanged": what there is of each, and nothing else.
std::string short_summary(const plan::Summary& summary);

}  // namespace fedctl::cli
