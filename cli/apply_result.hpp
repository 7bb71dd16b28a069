#pragma once

#include "apply/apply.hpp"
#include "plan/plan.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

/// What is asked before an apply, and what became of it.
namespace fedctl::cli {

std::string result_table(const std::vector<apply::ClusterResult>& results);

/// The last line of `apply -o json`.
nlohmann::json result_json(const std::vector<apply::ClusterResult>& results);

/// What is asked before anything is written: "Apply this to 3 clusters?"
std::string question_of_apply(const plan::Plan& plan);

/// "Delete 6 objects, 1 namespace with all in it, from 3 clusters?" What is left running as nobody's is named too.
std::string question_of_delete(const plan::Plan& plan);

/// Says what went wrong in the clusters, each error once; but for what the plan said of its objects, where that `was_shown`.
void say_errors(const std::vector<apply::ClusterResult>& results, const plan::Plan& plan, bool was_shown);

/// `errors` are the host's.
int exit_of(const std::vector<apply::ClusterResult>& results, const std::vector<Error>& errors, const plan::Plan& plan);

/// After Ctrl-C: what is done and what is not.
void say_where_it_stands(const std::vector<apply::ClusterResult>& results);

}  // namespace fedctl::cli
