#pragma once

#include "apply/apply.hpp"
#include "plan/plan.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

/// What became of an apply.
namespace fedctl::cli {

std::string result_table(const std::vector<apply::ClusterResult>& results);

/// The last line of `apply -o json`.
nlohmann::json result_json(const std::vector<apply::ClusterResult>& results);

/// `errors` are the host's.
int exit_of(const std::vector<apply::ClusterResult>& results, const std::vector<Error>& errors, const plan::Plan& plan);

/// After Ctrl-C: what is done and what is not.
void say_where_it_stands(const std::vector<apply::ClusterResult>& results);

}  // namespace fedctl::cli
