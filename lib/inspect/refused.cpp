#include "inspect/refused.hpp"

#include "base/pointer.hpp"
#include "base/text.hpp"
#include "federation/written.hpp"
#include "kube/field_problem.hpp"

#include <fmt/format.h>

namespace fedctl::inspect {
namespace {

using kube::FieldProblem;

std::string words_of(const FieldProblem& problem, const std::vector<std::string>& known) {
  if (!problem.is_unknown_field())
    return fmt::format("{}{} {}", problem.field, problem.words.starts_with("must be ") ? "" : ":", problem.words);
  const auto meant = text::nearest(problem.keys.back(), known);
  return fmt::format("{} {}{}", problem.words, problem.keys.back(), meant ? fmt::format(", did you mean {}?", *meant) : "");
}

}  // namespace

Task<std::vector<std::string>> Schemas::fields_in(kube::Client& client, kube::Resource resource, std::vector<std::string> keys) {
  co_await turns_.turn();
  const Turnstile::Stay stay{turns_};
  const std::string name = fmt::format("{} {}", resource.type().api_version(), resource.kind);
  auto found = read_.find(name);
  if (found == read_.end()) {
    auto schema = co_await kube::read_schema(client, resource);
    if (!schema) co_return std::vector<std::string>{};
    found = read_.insert_or_assign(name, std::move(*schema)).first;
  }
  co_return kube::fields_in(found->second, keys);
}

Task<std::vector<Error>> refused_fields(kube::Client& client, Schemas& schemas, Error refusal, const plan::Change& change,
                                        const federation::DesiredObject& desired) {
  std::vector<Error> errors;
  for (const FieldProblem& problem : kube::field_problems(refusal.message, *change.desired)) {
    std::vector<std::string> known;
    if (problem.is_unknown_field()) {
      const std::vector<std::string> parent{problem.keys.begin(), problem.keys.end() - 1};
      known = co_await schemas.fields_in(client, *change.resource, parent);
    }
    Error error = refusal;
    error.message = words_of(problem, known);
    const std::string part = federation::part_of_field(*desired.manifest, client.cluster(), pointer::of(problem.keys));
    error.place = desired.manifest->place(part);
    const bool is_unquoted = problem.words.starts_with("must be a string, not a ");
    if (is_unquoted && !problem.words.ends_with("map") && !problem.words.ends_with("list")) error.hint = "quote it";
    errors.push_back(std::move(error));
  }
  if (errors.empty()) errors.push_back(std::move(refusal));
  co_return errors;
}

}  // namespace fedctl::inspect
