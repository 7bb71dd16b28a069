#pragma once

#include "plan/judge.hpp"

namespace fedctl::plan {

/// Does the refusal say no more than that a webhook of the cluster takes no part in dry runs?
bool cannot_dry_run(const Error& refusal);

/// What the live object would become as far as can be told without the server; of an object that is not there, what is wanted.
nlohmann::json expected_locally(const Evidence& evidence, const Change& change);

/// Judges an object that the server refused: some refusals say something about the live object, others about what we send. Where a
/// field cannot be changed, the change names it, with both values.
Result<Change> judge_refusal(Change change, const Evidence& evidence);

}  // namespace fedctl::plan
