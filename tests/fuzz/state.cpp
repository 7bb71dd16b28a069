#include "failover/state.hpp"

#include "fuzz.hpp"

using namespace fedctl;

/// What is kept of a failover.
void fuzz::run(std::string_view input) {
  auto state = failover::state_from(parse_json(input));
  if (!is_good(state)) return;
  const nlohmann::json written = failover::to_json(*state);
  const auto again = failover::state_from(parse_json(to_text(written)));
  require(again && failover::to_json(*again) == written, "a state that is written reads the same", to_text(written));
  const std::vector<std::string> clusters{"tokyo", "ireland"};
  static_cast<void>(is_good(failover::check_clusters(*state, clusters)));
  if (state->run) {
    static_cast<void>(state->run->next());
    failover::file_away(*state, *state->run);
  }
  failover::keep_latest(*state);
  require(failover::state_from(failover::to_json(*state)).has_value(), "a run that is filed away leaves a state");
}
