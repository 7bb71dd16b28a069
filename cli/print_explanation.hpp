#pragma once

#include "plan/explain.hpp"

#include <nlohmann/json.hpp>
#include <vector>

namespace fedctl::cli {

/// A table of clusters with reasons, and one of fields, in which clusters that agree share a row. `fields_only` leaves the first out.
void print_explanations(const std::vector<plan::Explanation>& explanations, bool fields_only);

nlohmann::json explanation_document(const std::vector<plan::Explanation>& explanations);

}  // namespace fedctl::cli
