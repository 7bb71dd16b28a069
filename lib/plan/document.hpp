#pragma once

#include "base/error.hpp"
#include "plan/part.hpp"
#include "plan/plan.hpp"

#include <nlohmann/json.hpp>

namespace fedctl::plan {

/// What a document holds beside what a person sees.
enum class Detail {
  shown,  ///< `plan -o json`: actions, objects, fields.
  whole,  ///< And each object before and after, UIDs and resource versions: what a saved plan keeps.
};

/// The Plan as `plan -o json` prints it: {apiVersion, kind: Plan, host, clusters[], summary, errors[], notices[]}.
nlohmann::json to_document(const Plan& plan, Detail detail = Detail::shown);

/// The Plan that `to_document` with `Detail::whole` wrote, to be shown and compared; it lacks what only an apply needs.
/// Throws Damage.
Plan read_plan(const Part& document);

nlohmann::json to_document(const Error& error);

}  // namespace fedctl::plan
