#pragma once

#include "cli/common.hpp"
#include "inspect/inspect.hpp"
#include "plan/plan.hpp"

namespace fedctl::cli {

/// The flags that `plan` and `apply` share, and what they make of them.
struct PlanFlags {
  ClusterFlags clusters;
  OutputFlags output;
  InputFlags input;
  bool create_namespaces = false;
  bool adopt = false;
  bool force_conflicts = false;
};

void add_plan_flags(Program& program, CLI::App& command, PlanFlags& flags);

/// A plan, with all that must live as long as it.
struct Planned {
  Input input;
  fleet::Fleet fleet;
  fleet::Clients clients;
  federation::Rendered rendered;
  plan::Plan plan;
};

/// Reads the input, renders it, and asks the clusters. Errors: whatever keeps a plan from being made at all.
Result<std::unique_ptr<Planned>> make_plan(http::Loop& loop, const PlanFlags& flags);

/// The exit code that a plan alone amounts to: 0, or 1, 3, 4 for errors, unknowns and conflicts.
int plan_exit(const plan::Plan& plan);

void print_plan_text(const plan::Plan& plan, const Style& style);
std::string plan_json(const plan::Plan& plan);

}  // namespace fedctl::cli
