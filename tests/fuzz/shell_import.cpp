#include "fuzz.hpp"
#include "import/imported.hpp"

#include "../unit/import/sample.hpp"

using namespace fedctl;
using support::federated;

/// Failover scripts that somebody wrote.
void fuzz::run(std::string_view input) {
  static_cast<void>(import::read_script(input));
  const auto parsed = manifest::parse(source(federated));
  require(parsed.has_value(), "the federated object is read");
  const auto imported = import::import_scripts(parsed->items, {std::string{input}}, {});
  if (!is_good(imported)) return;
  const auto policy = yaml::parse(source(import::to_yaml(*imported)));
  require(policy.has_value(), "a policy is YAML", policy ? "" : describe(policy.error()));
}
